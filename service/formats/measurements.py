"""Temperatures among the fields of an object whose names a device's maker chose.

A field is a temperature if one of the words of its name is ``temp`` or ``temperature``; what else the name says is the
probe: ``temperature``, ``TempC_DS`` (probe ``DS``), ``externalTemperature2`` (probe ``external_2``). A following word
``F`` or ``C`` is the unit, unless the value says its own, as ``"46.4 °F"`` or ``{"value": 46.4, "unit": "°F"}`` do.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from service.formats.berlinger import shown
from service.formats.dialect import Gathering, Sample, Unit, number_of, side, temperature, unit_of
from service.formats.reading import Rejection

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_TEMPERATURE = {"temp", "temperature", "tempc", "tempf"}
_UNITS: dict[str, Unit] = {"c": "C", "celsius": "C", "tempc": "C", "f": "F", "fahrenheit": "F", "tempf": "F"}
_SAYS_NOTHING = {"sensor", "value"}
#: Fields about a temperature that are none.
_ABOUT = {"alarm", "calibration", "max", "min", "offset", "precision", "setpoint", "status", "threshold", "unit"}
_UNIT_FIELDS = {"tempunit", "temperatureunit"}
_HUMIDITY = ("humidity", "Humidity", "humidity_pct")
_BATTERY = ("battery_v", "BatV", "batteryVoltage", "battery_voltage")


@dataclass(frozen=True, slots=True)
class _Found:
    probe: str
    value: object
    unit: Unit


def humidity_in(fields: dict[str, Any]) -> float | None:
    """The relative humidity an object states, in percent."""
    return next((side(fields[name]) for name in _HUMIDITY if name in fields), None)


def battery_in(fields: dict[str, Any]) -> float | None:
    """The battery's voltage an object states."""
    return next((side(fields[name]) for name in _BATTERY if name in fields), None)


def unit_in(fields: dict[str, Any]) -> Unit:
    """The unit a field such as ``TempUnit`` or ``temperature_unit`` states for all of the object; °C if none does.

    Raises:
        Rejection: ``unit_unknown``.
    """
    for name, value in fields.items():
        if name.replace("_", "").lower() in _UNIT_FIELDS:
            return unit_of(value)
    return "C"


def add_all(gathering: Gathering, sample: Sample, fields: dict[str, Any], unit: Unit = "C", prefix: str = "") -> None:
    """Take every temperature among the fields; of one said in °C and in °F, the °C.

    Raises:
        Rejection: ``unit_unknown``.
    """
    taken: set[str] = set()
    for found in sorted(_all(fields, unit), key=lambda found: found.unit):
        probe = " ".join(part for part in (prefix, found.probe) if part)
        if probe not in taken:
            taken.add(probe)
            with gathering.part(shown(f"{sample.logger_id} {probe}".strip(), 80)):
                gathering.add(sample, probe, found.value, found.unit)


def _all(fields: dict[str, Any], default: Unit) -> Iterator[_Found]:
    for name, value in fields.items():
        named = _named(name, default)
        if named is None:
            continue
        probe, unit = named
        if not isinstance(value, dict):
            # A field called `temperature` must be one; what `temperature_mode` may be, only its maker knows.
            if not probe or _is_temperature(value):
                yield _Found(probe, value, unit)
        elif "value" in value:
            yield _Found(probe, value["value"], unit_of(value.get("unit"), unit))
        else:
            for channel, number in value.items():
                if number_of(number) is not None:
                    yield _Found("_".join(part for part in (probe, channel) if part), number, unit)


def _named(name: str, unit: Unit) -> tuple[str, Unit] | None:
    """Probe and unit of a field that is called a temperature."""
    words = list(_WORD.finditer(name))
    plain = [word[0].lower() for word in words]
    at = next((at for at, word in enumerate(plain) if word in _TEMPERATURE), None)
    if at is None or not _ABOUT.isdisjoint(plain):
        return None
    end = at + 1
    if plain[at] in _UNITS:
        unit = _UNITS[plain[at]]
    elif end < len(plain) and plain[end] in _UNITS:
        unit, end = _UNITS[plain[end]], end + 1
    before, after = name[: words[at].start()], name[words[end - 1].end() :]
    probe = "_".join(
        part for part in (before.strip(" _-"), after.strip(" _-")) if part and part.lower() not in _SAYS_NOTHING
    )
    return probe, unit


def _is_temperature(value: object) -> bool:
    try:
        temperature(value, "C")
    except Rejection:
        return False
    return True
