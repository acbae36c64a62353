"""Temperatures among the fields of an object whose names a device's maker chose.

A field is a temperature if one of the words of its name is ``temp`` or ``temperature``; what else the name says is the
probe: ``temperature``, ``TempC_DS`` (probe ``DS``), ``externalTemperature2`` (probe ``external_2``). Its unit is what
its name says (``units``), the value itself, as ``"46.4 °F"`` and ``{"value": 46.4, "unit": "°F"}`` do, or a field
beside it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from service.formats.cells import cell_of
from service.formats.gathering import Gathering, Sample
from service.formats.json_fields import number_of, side, temperature
from service.formats.reading import Rejection
from service.formats.unit_hints import refuse_unit_hints
from service.formats.units import (
    Unit,
    channels_in,
    is_temperature_word,
    is_unit_field,
    named,
    one_unit,
    unit_in_name,
    unit_of,
    without_unit_word,
)
from service.formats.wording import shown

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
#: Words after that for the temperature that are its unit, and so no part of the probe's name.
_UNITS = {"c", "celsius", "f", "fahrenheit", "k", "kelvin"}
#: Names looked at lately, of which those of a device come again with each message.
_KEPT, _LONGEST_KEPT = 1 << 12, 256
_SAYS_NOTHING = {"sensor", "value"}
#: Fields about a temperature that are none.
_ABOUT = {"alarm", "calibration", "max", "min", "offset", "precision", "setpoint", "status", "threshold"}
_ABOUT |= {"unit", "units", "uom", "scale"}
_HUMIDITY = ("humidity", "Humidity", "humidity_pct")
_BATTERY = ("battery_v", "BatV", "batteryVoltage", "battery_voltage")


#: One temperature in whole °C and in whole °F is told at most this far apart.
_ROUNDED_C = 1.0


@dataclass(frozen=True, slots=True)
class _Found:
    """A temperature; `name` is all that names it, `unit` what its own object says."""

    name: str
    probe: str
    value: object
    unit: Unit | None = None


def humidity_in(fields: dict[str, Any]) -> float | None:
    """The relative humidity an object states, in percent."""
    return next((side(fields[name]) for name in _HUMIDITY if name in fields), None)


def battery_in(fields: dict[str, Any]) -> float | None:
    """The battery's voltage an object states; a device that sends runs on more than nothing."""
    volts = next((side(fields[name]) for name in _BATTERY if name in fields), None)
    return volts or None


def unit_in(fields: dict[str, Any]) -> Unit | None:
    """The unit that fields such as ``TempUnit``, ``unit`` or ``temperature_unit`` state for all of the object.

    Raises:
        Rejection: ``unit_unknown`` or ``unit_contradicted``.
    """
    return _units_beside(fields).get("")


def _units_beside(fields: dict[str, Any]) -> dict[str, Unit]:
    """What such fields state, by the probe they are about; "" is all of them."""
    found: dict[str, Unit] = {}
    for name, value in fields.items():
        if is_unit_field(name) and (unit := unit_of(value)):
            probe = _probe(without_unit_word(name)) or ""
            found[probe] = one_unit(found.get(probe), unit) or unit
    return found


def add_all(
    gathering: Gathering, sample: Sample, fields: dict[str, Any], unit: Unit | None = None, prefix: str = ""
) -> None:
    """Take every temperature among the fields; of one said in °C and in another unit, the °C.

    Of one said twice and differently both are taken: readings of one instant that contradict each other.

    `unit`: what is stated for all of them outside of these fields.

    Raises:
        Rejection: ``unit_unknown``, ``unit_contradicted`` or ``unit_ambiguous``.
    """
    all_found = list(_all(fields))
    if not all_found:
        return
    refuse_unit_hints(fields)
    beside = _units_beside(fields)
    astray = {probe for probe, said in beside.items() if said != "C"} - {found.probe for found in all_found} - {""}
    if astray:
        raise Rejection("unit_ambiguous", f"nobody knows which temperature the unit of {shown(min(astray))} is about")
    lettered = [found.name for found in all_found if any(named(found.name)[1:])]
    channels = channels_in(found.name for found in all_found) if lettered else frozenset()
    understood: list[tuple[Unit, str, object, str]] = []
    for found in all_found:
        probe = " ".join(part for part in (prefix, found.probe) if part)
        label = shown(f"{sample.logger_id} {probe}".strip(), 80)
        with gathering.part(label, sample.logger_id):
            cell = cell_of(found.value) if isinstance(found.value, str) else None
            stated = one_unit(unit, beside.get(""), beside.get(found.probe), found.unit, cell.unit if cell else None)
            own = unit_in_name(found.name, is_channel=found.name in channels, stated=stated)
            understood.append((own or "C", probe, found.value, label))
    heard: dict[str, float | None] = {}
    for own, probe, value, label in sorted(understood, key=lambda one: one[0]):
        with gathering.part(label, sample.logger_id):
            is_first = probe not in heard
            first_c = heard.setdefault(probe, None)
            number_c, _ = temperature(value, own)
            if is_first:
                heard[probe] = number_c
            if is_first or (first_c is not None and number_c is not None and abs(number_c - first_c) > _ROUNDED_C):
                gathering.add(sample, probe, value, own)


def _all(fields: dict[str, Any]) -> Iterator[_Found]:
    for name, value in fields.items():
        probe = _probe(name)
        if probe is None:
            continue
        if isinstance(value, list) and probe:
            # Probes of one kind. A plain `temperature` of several may as well be several moments.
            numbered = enumerate(value, 1)
            yield from (_Found(name, f"{probe}_{at}", element) for at, element in numbered if _is_temperature(element))
        elif not isinstance(value, dict):
            # A field called `temperature` must be one; what `temperature_mode` may be, only its maker knows.
            if not probe or _is_temperature(value):
                yield _Found(name, probe, value)
        elif "value" in value:
            yield _Found(name, probe, value["value"], unit_in(value))
        else:
            unit = unit_in(value)
            for channel, number in value.items():
                if number_of(number) is not None:
                    own = "_".join(part for part in (probe, channel) if part)
                    yield _Found(f"{name} {channel}", own, number, unit)


def _probe(name: str) -> str | None:
    """The probe that a field called a temperature is of; None: it is none."""
    return _known_probe(name) if len(name) <= _LONGEST_KEPT else _known_probe.__wrapped__(name)


@lru_cache(maxsize=_KEPT)
def _known_probe(name: str) -> str | None:
    words = list(_WORD.finditer(name))
    plain = [word[0].lower() for word in words]
    at = next((at for at, word in enumerate(plain) if is_temperature_word(word)), None)
    if at is None or not _ABOUT.isdisjoint(plain):
        return None
    end = at + 1
    if end < len(plain) and plain[end] in _UNITS:
        end += 1
    before, after = name[: words[at].start()], name[words[end - 1].end() :]
    return "_".join(
        part for part in (before.strip(" _-"), after.strip(" _-")) if part and part.lower() not in _SAYS_NOTHING
    )


def _is_temperature(value: object) -> bool:
    try:
        temperature(value, None)
    except Rejection:
        return False
    return True
