"""The Things Network and The Things Stack v3: ``v3/{application}@{tenant}/devices/{device}/up``.

The time is the network server's, of when it received the uplink. Fields that are empty or zero are left out of these
messages; what is left out is missing, never zero. A simulated uplink is none.
https://www.thethingsindustries.com/docs/integrations/data-formats/
"""

from service.formats.dialect import Arrival
from service.formats.gathering import Gathering, Sample
from service.formats.json_fields import as_object, counter, instant_or_none, json_object
from service.formats.measurements import add_all, battery_in, humidity_in
from service.formats.reading import Decoded, Rejection
from service.formats.temperature_names import look_alikes


def decode(payload: bytes, arrival: Arrival) -> Decoded:
    """The readings of an uplink; other messages (join, down, location, …) hold none."""
    levels = arrival.topic.split("/")
    if levels[-1] != "up":
        return Decoded([])
    if len(levels) != 5 or levels[0] != "v3" or levels[2] != "devices":
        raise Rejection("topic_unknown", "the topic does not fit v3/{application}@{tenant}/devices/{device}/up")
    application, device = levels[1], levels[3]
    fields = json_object(payload)
    if as_object(fields.get("end_device_ids"), "end_device_ids").get("device_id", device) != device:
        raise Rejection("device_mismatch", "the topic and end_device_ids.device_id name different devices")
    uplink = as_object(fields.get("uplink_message"), "uplink_message")
    values = as_object(uplink.get("decoded_payload"), "decoded_payload")
    if fields.get("simulated"):
        return Decoded([])
    gathering = Gathering(arrival)
    beside = {name: value for name, value in uplink.items() if name != "decoded_payload"}
    gathering.pass_over(look_alikes({**fields, "uplink_message": beside}))
    with gathering.part():
        said = (instant_or_none(place.get("received_at"), "received_at") for place in (uplink, fields))
        at_us = next((at_us for at_us in said if at_us is not None), None)
        sample = Sample(
            f"ttn:{application}/{device}", at_us, humidity_in(values), battery_in(values), counter(uplink.get("f_cnt"))
        )
        add_all(gathering, sample, values)
    return gathering.decoded()
