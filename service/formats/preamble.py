"""What a logger writes of itself above its table: its serial number, its unit, its clock."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.formats.reading import Rejection
from service.formats.units import Unit, named, unit_of, words_of
from service.formats.wording import shown
from service.formats.zones import Stated, one_stated

_LONGEST = 256
_SERIALS = {"serial", "serial number", "serial no", "serialnumber", "serial num", "s n", "sn", "logger sn"}
_SERIALS |= {"device serial number", "logger serial number", "device sn", "logger id", "device id"}
_SERIALS |= {"registration number", "seriennummer", "gerate nr"}
_REGISTRATION = "button registration number"  # an iButton's serial number
_UNITS = {"unit", "units", "temperature unit", "temperature units", "temp unit", "temp units", "einheit"}
_CLOCKS = {"time zone", "timezone", "zeitzone", "utc offset", "gmt offset"}


@dataclass(frozen=True, slots=True)
class Preamble:
    """What stands above a table; None: it says nothing of it.

    Attributes:
        rows: lines with something in them.
        stated: the clock.
    """

    rows: int = 0
    logger_id: str | None = None
    unit: Unit | None = None
    stated: Stated | None = None


def preamble_of(lines: Sequence[str]) -> Preamble:
    """What lines such as `Serial Number: 70005678` say.

    Raises:
        Rejection: ``several_loggers``, ``unit_contradicted``, ``zone_contradicted``: they say two things.
    """
    serials: dict[str, None] = {}
    units: dict[Unit, None] = {}
    clocks: list[str] = []
    for line in lines:
        name, value = _said(line)
        if not value:
            continue
        if name in _SERIALS or name.endswith(_REGISTRATION):
            serials[value] = None
        elif name in _UNITS:
            if (unit := _unit(value)) is not None:
                units[unit] = None
        elif name in _CLOCKS:
            clocks.append(value)
    if len(serials) > 1:
        one, other, *_ = serials
        raise Rejection(
            "several_loggers",
            f"above its table the file names two loggers, {shown(one)} and {shown(other)}. Give one file for each.",
        )
    if len(units) > 1:
        raise Rejection("unit_contradicted", "above its table the file states two units; export it again with one")
    return Preamble(len(lines), next(iter(serials), None), next(iter(units), None), one_stated(clocks))


def _said(line: str) -> tuple[str, str]:
    """The name in small words and its value, whatever stands between them."""
    found = re.match(r'\s*"?#?\s*([^:,;\t"=]{1,60})"?\s*[:,;\t=]\s*([^\r\n]*)', line[:_LONGEST])
    if not found:
        return "", ""
    value = found[2].strip(' ,;\t"')
    return " ".join(words_of(found[1])), re.sub(r"\s*-+$", "", value)


def _unit(value: str) -> Unit | None:
    try:
        return unit_of(value)
    except Rejection:
        said = named(value).units
        return next(iter(said)) if len(said) == 1 else None
