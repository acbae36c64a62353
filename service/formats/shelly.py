"""Shelly Gen2 and later: ``{device}/events/rpc``, notifications with a time in seconds.

A component ``temperature:0`` is probe ``0``. A switch's own temperature is its chip's, and not taken.
https://shelly-api-docs.shelly.cloud/gen2/General/Notifications
"""

from typing import Any

from service.formats.dialect import Arrival
from service.formats.gathering import Gathering, Sample
from service.formats.json_fields import as_object, json_object, of_seconds, side
from service.formats.reading import Decoded, Rejection
from service.formats.temperature_names import look_alikes
from service.formats.units import Unit
from service.formats.wording import shown

#: No Shelly runs on less.
_EMPTY_BOX_V = 1.0
_WITH_STATUS = ("NotifyStatus", "NotifyFullStatus")


def decode(payload: bytes, arrival: Arrival) -> Decoded:
    """The readings of a notification; one about other components holds none."""
    levels = arrival.topic.split("/")
    if levels[-2:] != ["events", "rpc"]:
        return Decoded([])
    device = "/".join(levels[:-2])
    fields = json_object(payload)
    if fields.get("method") not in _WITH_STATUS:
        return Decoded([])
    params = as_object(fields.get("params"), "params")
    battery_v = _battery(_beside(params.get("devicepower:0")))
    gathering = Gathering(arrival)
    for name, component in params.items():
        kind, _, number = name.partition(":")
        if kind == "temperature" and isinstance(component, dict):
            with gathering.part(shown(name), f"shelly:{device}"):
                beside = _beside(params.get(f"humidity:{number}"))
                sample = Sample(
                    f"shelly:{device}",
                    of_seconds(params.get("ts"), "ts"),
                    side(beside.get("rh")),
                    battery_v,
                )
                sent, unit = _temperature(component)
                gathering.add(sample, number, sent, unit)
        else:
            gathering.pass_over(look_alikes({name: component}))
    return gathering.decoded()


def _beside(component: object) -> dict[str, Any]:
    """A component beside the thermometer; what is none costs the temperature nothing."""
    return component if isinstance(component, dict) else {}


def _battery(power: dict[str, Any]) -> float | None:
    """Its voltage; None: it runs on a cable, or its box is empty, where a volt may be left."""
    battery, external = _beside(power.get("battery")), _beside(power.get("external"))
    volts = side(battery.get("V"))
    return None if external.get("present") is True or volts is None or volts < _EMPTY_BOX_V else volts


def _temperature(component: dict[str, Any]) -> tuple[object, Unit]:
    if "tC" in component:
        return component["tC"], "C"
    if "tF" in component:
        return component["tF"], "F"
    raise Rejection("wrong_type", "a temperature has neither tC nor tF")
