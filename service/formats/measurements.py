"""Temperatures among the fields of an object whose names a device's maker chose.

A field is a temperature if one of the words of its name is ``temp`` or ``temperature``; what else the name says is the
probe: ``temperature``, ``TempC_DS`` (probe ``DS``), ``externalTemperature2`` (probe ``external_2``). In an object, the
names of the objects around it come first. Its unit is what its name says (``units``), the value itself, as
``"46.4 °F"`` and ``{"value": 46.4, "unit": "°F"}`` do, or a field beside it. What looks like a temperature and is taken
for none is counted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from service.formats.cells import cell_of
from service.formats.gathering import Gathering, Sample
from service.formats.json_fields import side, temperature
from service.formats.reading import Rejection
from service.formats.temperature_names import is_about, look_alikes, looks_like_one, name_in, probe_of, says_a_time
from service.formats.unit_hints import refuse_unit_hints
from service.formats.units import (
    Unit,
    channels_in,
    is_unit_field,
    named,
    one_unit,
    unit_in_name,
    unit_of,
    without_unit_word,
)
from service.formats.wording import shown

#: How many objects deep a temperature is looked for; deeper ones are counted.
_DEEPEST = 6
#: Where the number is beside its name, and what tells the objects of an array apart.
_VALUES = ("value", "v", "val", "measurementValue", "measurement_value", "reading")
_OWN = ("Id", "id", "ID", "Address", "address", "serial", "mac", "channel", "probe", "port", "Name", "name", "label")
#: From the names around, the key, and the object itself, to the name of a probe.
NameOf = Callable[[str, str, dict[str, Any]], str]
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
            probe = probe_of(without_unit_word(name)) or ""
            found[probe] = one_unit(found.get(probe), unit) or unit
    return found


def by_path(prefix: str, key: str, inner: dict[str, Any]) -> str:  # noqa: ARG001  other names look into the object
    """The names of the objects around a temperature, outermost first."""
    return f"{prefix} {key}".strip()


def add_all(
    gathering: Gathering,
    sample: Sample,
    fields: dict[str, Any],
    unit: Unit | None = None,
    prefix: str = "",
    name_of: NameOf = by_path,
    depth: int = _DEEPEST,
) -> None:
    """Take every temperature among the fields, and in the objects and arrays among them.

    Args:
        unit: what is stated for all of them outside of these fields.
        prefix: what the probe is called outside of them.

    Raises:
        Rejection: ``unit_unknown``, ``unit_contradicted`` or ``unit_ambiguous``.
    """
    _add_own(gathering, sample, fields, unit, prefix)
    inner = {n: v for n, v in fields.items() if isinstance(v, dict | list) and probe_of(n) is None and look_alikes(v)}
    if inner:
        refuse_unit_hints(fields)
        add_objects(gathering, sample, inner, one_unit(unit, unit_in(fields)), prefix, name_of, depth)


def _add_own(gathering: Gathering, sample: Sample, fields: dict[str, Any], unit: Unit | None, prefix: str) -> None:
    """Take every temperature that is a field of this object; of one said in °C and in another unit, the °C.

    Of one said twice and differently both are taken: readings of one instant that contradict each other.
    """
    all_found = list(_all(gathering, fields))
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


def _all(gathering: Gathering, fields: dict[str, Any]) -> Iterator[_Found]:
    """Temperatures of one object; what looks like one and is none is counted."""
    for name, value in fields.items():
        probe = probe_of(name)
        if probe is not None:
            yield from _under(gathering, name, probe, value, None, _DEEPEST)
        elif looks_like_one(name):
            gathering.pass_over()
    if (text := name_in(fields)) is not None:
        key, probe = next((key for key in _VALUES if key in fields), None), probe_of(text)
        if key is None or probe is None:
            gathering.pass_over()
        else:
            yield _Found(text, probe, fields[key])


def _under(
    gathering: Gathering, name: str, probe: str, value: object, unit: Unit | None, depth: int
) -> Iterator[_Found]:
    """What a field called a temperature holds: one, channels by their names, or probes of one kind by their places."""
    if isinstance(value, dict):
        own = one_unit(unit, unit_in(value))
        if "value" in value:
            yield _Found(name, probe, value["value"], own)
            return
        channels = {channel: one for channel, one in value.items() if not is_unit_field(channel)}
        if not channels:
            gathering.pass_over()
        for channel, one in channels.items():
            if is_about(channel) or says_a_time(channel) or channel.lower() == "id":
                gathering.pass_over()
            else:
                whole = "_".join(part for part in (probe, channel) if part)
                yield from _element(gathering, f"{name} {channel}", whole, one, own, depth)
    elif isinstance(value, list) and probe and value:
        # Probes of one kind. A plain `temperature` of several may as well be several moments.
        for at, one in enumerate(value, 1):
            yield from _element(gathering, name, f"{probe}_{at}", one, unit, depth)
    # A field called `temperature` must be one; what `temperature_mode` may be, only its maker knows.
    elif not probe or _is_temperature(value):
        yield _Found(name, probe, value, unit)
    else:
        gathering.pass_over()


def _element(
    gathering: Gathering, name: str, probe: str, value: object, unit: Unit | None, depth: int
) -> Iterator[_Found]:
    if isinstance(value, dict | list) and depth:
        yield from _under(gathering, name, probe, value, unit, depth - 1)
    elif _is_temperature(value):
        yield _Found(name, probe, value, unit)
    else:
        gathering.pass_over()


def add_objects(
    gathering: Gathering,
    sample: Sample,
    fields: dict[str, Any],
    unit: Unit | None = None,
    prefix: str = "",
    name_of: NameOf = by_path,
    depth: int = _DEEPEST,
) -> None:
    """Take every temperature of the objects and arrays among the fields.

    Args:
        name_of: what a probe is called by the objects around it, its key and its own object.
    """
    for name, value in fields.items():
        if not isinstance(value, dict | list) or not (count := look_alikes(value)):
            continue
        if not depth or is_about(name):
            gathering.pass_over(count)
            continue
        for key, inner in _objects(name, value):
            if not look_alikes(inner):
                continue
            whole = name_of(prefix, key, inner)
            with gathering.part(shown(f"{sample.logger_id} {whole}", 80), sample.logger_id):
                if any(map(says_a_time, inner)):
                    raise Rejection(
                        "time_unknown",
                        "it says a time of its own beside the temperature, which is not read here, so nobody knows "
                        "when it was measured; it needs a dialect of its own (docs/dialects.md)",
                    )
                beside = replace(sample, humidity_pct=humidity_in(inner))
                add_all(gathering, beside, inner, unit, whole, name_of, depth - 1)


def _objects(name: str, value: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects under a name, each with its own: of an array what they say themselves, else their places."""
    if isinstance(value, dict):
        yield name, value
    elif isinstance(value, list):
        for at, one in enumerate(value, 1):
            place = f"{name}_{at}"
            if isinstance(one, list):
                yield from _objects(place, one)
            elif isinstance(one, dict):
                said = (one[key] for key in _OWN if key in one)
                own = next((str(text) for text in said if _is_own_name(text)), None)
                yield own or ("" if name_in(one) else place), one


def _is_own_name(sent: object) -> bool:
    if isinstance(sent, str):
        return bool(sent) and not looks_like_one(sent)
    return isinstance(sent, int) and not isinstance(sent, bool)


def _is_temperature(value: object) -> bool:
    try:
        temperature(value, None)
    except Rejection:
        return False
    return True
