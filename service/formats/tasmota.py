"""Tasmota: ``tele/{topic}/SENSOR``, an object a sensor, and ``TempUnit`` for all of them.

``Time`` is the device's local time without a zone, which names no instant. ``Time 2`` on its console adds ``Epoch``,
which does; without it the live rule holds.
https://tasmota.github.io/docs/Commands/ and /JSON-Status-Responses/
"""

import re
from typing import Any

from service.formats.dialect import Arrival
from service.formats.gathering import Gathering, Sample
from service.formats.json_fields import instant_or_none, json_object, of_seconds, side
from service.formats.measurements import add_all, unit_in
from service.formats.reading import Decoded

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
        unit = unit_in(fields)
        at_us = _time(fields)
        for sensor, values in fields.items():
            if isinstance(values, dict):
                sample = Sample(f"tasmota:{device}", at_us, side(values.get("Humidity")))
                # A sensor's place changes when another is added before it; its own Id stays.
                own = values.get("Id")
                add_all(gathering, sample, values, unit, own if isinstance(own, str) and own else sensor)
    return gathering.decoded()


def _time(fields: dict[str, Any]) -> int | None:
    for name in ("Epoch", "Time"):
        sent = fields.get(name)
        if isinstance(sent, str) and _HAS_OFFSET.search(sent):
            if (at_us := instant_or_none(sent, name)) is not None:
                return at_us
        elif (at_us := of_seconds(sent, name)) is not None:
            return at_us
    return None
