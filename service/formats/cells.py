"""A temperature as it is written in a cell or a text: a number, perhaps with its unit, HI, LO or nothing."""

import re
from typing import NamedTuple

from service.domain.series.quality import Quality, quality_of
from service.formats.units import Unit, unit_written

_NUMBER = re.compile(
    r"(?P<sign>[+\-−–‐]?)(?P<number>[0-9]{1,6}(?:[.,][0-9]{1,20})?|[.,][0-9]{1,20})(?P<power>[eE][+-]?[0-9]{1,2})?"
)
_RANGES: dict[str, Quality] = {
    **dict.fromkeys(("hi", "high", "over", "overrange", "over range", "over-range", "above range"), Quality.HI),
    **dict.fromkeys(("lo", "low", "under", "underrange", "under range", "under-range", "below range"), Quality.LO),
}
_NO_NUMBER = re.compile(
    r"|[-–—*?.]+|-+(\.-+)?|[-+]?(?:nan|inf(?:inity)?)|#?n/?a|null|none|nil|unavailable|unknown|undefined|missing|blank|invalid"
    r"|err(?:or)?\.?|#(?:value|num|ref|null|div/0)!|#name\?|fault|fail(?:ed)?|no (?:data|value|reading|sensor|probe)"
    r"|disconnected|sensor (?:error|fault|fail(?:ed|ure)?|disconnected)|probe (?:error|fault|disconnected)"
    r"|open(?: circuit)?",
    re.IGNORECASE,
)
_SAYS_A_NUMBER = re.compile(r"\W*[0-9]")


class Cell(NamedTuple):
    """What stands where a temperature belongs, its unit as it says itself.

    Attributes:
        quality: where there is no number, what stands there instead.
    """

    number: float | None
    unit: Unit | None
    quality: Quality


def in_celsius(number: float, unit: Unit) -> tuple[float, Quality]:
    """A number in °C and its quality; rounded to 1e-6 where converted, so that 46.4 °F is 8.0 °C, not a hair below."""
    if unit == "F":
        number = round((number - 32.0) / 1.8, 6)
    elif unit == "K":
        number = round(number - 273.15, 6)
    return number, quality_of(number)


def cell_of(text: str, *, decimal_comma: bool = False) -> Cell | None:
    """What a cell holds: a number with its own unit, if it says one, HI, LO or nothing; None: it cannot be read."""
    plain = text.strip()
    if (beyond := _RANGES.get(plain.lower())) is not None:
        return Cell(None, None, beyond)
    if _NO_NUMBER.fullmatch(plain):
        return Cell(None, None, Quality.MISSING)
    found = _NUMBER.match(plain)
    if found is None or ("," in found[0] and not decimal_comma):
        return None
    rest = plain[found.end() :].strip()
    unit = unit_written(rest)
    if rest and unit is None:
        return None
    number = float(found["number"].replace(",", ".") + (found["power"] or ""))
    return Cell(-number if found["sign"] in tuple("-−–‐") else number, unit, Quality.OK)


def is_word(text: str) -> bool:
    """Whether a text that cannot be read is a word, such as `probe lost 2`; `>60` and `5,3,1` say a number."""
    return bool(text.strip()) and not _SAYS_A_NUMBER.match(text)
