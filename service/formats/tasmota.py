"""Tasmota: ``tele/{topic}/SENSOR``, an object a sensor, and ``TempUnit`` for all of them.

``Time`` is the device's local time without a zone, which names no instant. ``Time 2`` on its console adds ``Epoch``,
which does; without it the live rule holds.
https://tasmota.github.io/docs/Commands/ and /JSON-Status-Responses/
"""

import re
from typing import Any

from service.formats.dialect import Arrival
from service.formats.gathering import Gathering, Sample
from service.formats.json_fields import instant_or_none, json_object, of_seconds
from service.formats.measurements import add_all, add_objects, by_path, unit_in
from service.formats.reading import Decoded
from service.formats.temperature_names import look_alikes, looks_like_one

#: An ESP32's own heat.
_CHIP = "ESP32"
_HAS_OFFSET = re.compile(r"(?:Z|[+-][0-9]{2}:[0-9]{2})$")


def decode(payload: bytes, arrival: Arrival) -> Decoded:
    """The readings of all sensors of one device; a probe is named by its own Id, else by its place in the message."""
    levels = arrival.topic.split("/")
    if levels[-1] != "SENSOR":
        return Decoded([])
    device = "/".join(level for level in levels[:-1] if level != "tele")
    fields = json_object(payload)
    gathering = Gathering(arrival)
    with gathering.part():
        sample = Sample(f"tasmota:{device}", _time(fields))
        add_all(gathering, sample, {name: one for name, one in fields.items() if _is_own(name, one)})
        sensors = {name: one for name, one in fields.items() if not name.startswith(_CHIP)}
        gathering.pass_over(look_alikes({name: one for name, one in fields.items() if name not in sensors}))
        if look_alikes(sensors):
            add_objects(gathering, sample, sensors, unit_in(fields), name_of=_name)
    return gathering.decoded()


def _is_own(name: str, value: object) -> bool:
    """Whether a field is the device's, and not a sensor's."""
    return not isinstance(value, dict | list) or (looks_like_one(name) and not look_alikes(value))


def _name(prefix: str, key: str, values: dict[str, Any]) -> str:
    """A sensor's place changes when another is added before it; its own Id or Address stays.

    Of what a Zigbee bridge hears, the name that its owner gave stays, else its address; another endpoint is another
    sensor.
    """
    for field in ("Id", "Address"):
        if isinstance(own := values.get(field), str) and own:
            return own
    name = values.get("Name") or values.get("Device")
    if "Device" in values and isinstance(name, str) and name:
        endpoint = values.get("Endpoint")
        return name if endpoint in (None, 1) else f"{name} {endpoint}"
    return by_path(prefix, key, values)


def _time(fields: dict[str, Any]) -> int | None:
    for name in ("Epoch", "Time"):
        sent = fields.get(name)
        if isinstance(sent, str) and _HAS_OFFSET.search(sent):
            if (at_us := instant_or_none(sent, name)) is not None:
                return at_us
        elif (at_us := of_seconds(sent, name)) is not None:
            return at_us
    return None
