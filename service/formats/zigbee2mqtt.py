"""Zigbee2MQTT: ``zigbee2mqtt/{friendly name}``, where the name may have slashes in it.

There is no time in it unless the option ``advanced.last_seen`` is set; without it the live rule holds.
https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html
"""

from service.formats.dialect import Arrival
from service.formats.gathering import Gathering, Sample
from service.formats.json_fields import instant_or_none, json_value
from service.formats.measurements import add_all, humidity_in
from service.formats.reading import Decoded
from service.formats.temperature_names import looks_like_one
from service.formats.units import is_unit_field

BASE = "zigbee2mqtt"
#: Topics below a device's own that are no report of it.
_OTHER = {"availability", "get", "set"}
#: What a device's display shows; what it sends is in °C whatever this says.
_OF_DISPLAY = "temperature_unit"


def decode(payload: bytes, arrival: Arrival) -> Decoded:
    """The readings of a device's report; the bridge's own messages, availability and commands hold none."""
    levels = arrival.topic.split("/")
    if "bridge" in levels[1:2] or levels[-1] in _OTHER:
        return Decoded([])
    # Two bridges have two base topics, and may give two devices the same name.
    device = "/".join(levels[1:] if levels[0] == BASE else levels)
    fields = json_value(payload)
    if not isinstance(fields, dict):
        return Decoded([])
    gathering = Gathering(arrival)
    with gathering.part():
        at_us = instant_or_none(fields.get("last_seen"), "last_seen")
        displayed = {name for name, value in fields.items() if _is_of_display(name, value)}
        gathering.pass_over(sum(map(looks_like_one, displayed)))
        measured = {name: value for name, value in fields.items() if name not in displayed}
        add_all(gathering, Sample(f"zigbee2mqtt:{device}", at_us, humidity_in(fields)), measured)
    return gathering.decoded()


def _is_of_display(name: str, value: object) -> bool:
    # `temperature_display_mode: fahrenheit`
    return name == _OF_DISPLAY or (isinstance(value, str) and "display" in name.lower() and not is_unit_field(name))
