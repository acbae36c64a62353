"""ChirpStack v4 over MQTT: ``application/{id}/device/{devEui}/event/up``.

``object`` is what the device profile's codec made of the bytes; without a codec there is none, and nothing is taken.
https://www.chirpstack.io/docs/chirpstack/integrations/events.html
"""

from service.formats.dialect import Arrival
from service.formats.gathering import Gathering, Sample
from service.formats.json_fields import as_object, counter, instant_or_none, json_object
from service.formats.measurements import add_all, battery_in, humidity_in
from service.formats.reading import Decoded, Rejection
from service.formats.temperature_names import look_alikes


def decode(payload: bytes, arrival: Arrival) -> Decoded:
    """The readings of an uplink; other events (join, ack, status, …) hold none."""
    levels = arrival.topic.split("/")
    if levels[-1] != "up":
        return Decoded([])
    if len(levels) < 4 or levels[-2] != "event" or levels[-4] != "device":
        raise Rejection("topic_unknown", "the topic does not fit application/{id}/device/{devEui}/event/up")
    eui = levels[-3].lower()
    fields = json_object(payload)
    stated = as_object(fields.get("deviceInfo"), "deviceInfo").get("devEui", eui)
    if not isinstance(stated, str) or stated.lower() != eui:
        raise Rejection("device_mismatch", "the topic and deviceInfo.devEui name different devices")
    values = as_object(fields.get("object"), "object")
    gathering = Gathering(arrival)
    gathering.pass_over(look_alikes({name: value for name, value in fields.items() if name != "object"}))
    with gathering.part():
        at_us = instant_or_none(fields.get("time"), "time")
        sample = Sample(
            f"chirpstack:{eui}", at_us, humidity_in(values), battery_in(values), counter(fields.get("fCnt"))
        )
        add_all(gathering, sample, values)
    return gathering.decoded()
