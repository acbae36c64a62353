"""A ThingsBoard gateway: ``v1/gateway/telemetry``, one message for many devices.

``{"Device A": [{"ts": 1483228800000, "values": {"temperature": 42}}], "Device B": …}``, times in Unix milliseconds.
https://thingsboard.io/docs/reference/gateway-api/telemetry/
"""

from service.formats.dialect import Arrival
from service.formats.gathering import Gathering, Sample
from service.formats.json_fields import as_object, instant_or_none, json_object
from service.formats.measurements import add_all, battery_in, humidity_in, unit_in
from service.formats.reading import Decoded, Rejection
from service.formats.temperature_names import look_alikes
from service.formats.wording import shown


def decode(payload: bytes, arrival: Arrival) -> Decoded:
    """The readings of a gateway's message. The topic names no device, so the payload's own names count."""
    if not arrival.topic.endswith("telemetry"):
        return Decoded([])
    gathering = Gathering(arrival)
    for device, elements in json_object(payload).items():
        logger_id = f"thingsboard:{device}"
        if not isinstance(elements, list):
            with gathering.part(shown(device), logger_id):
                raise Rejection("wrong_type", "send an array of {ts, values} under each device's name")
            continue
        for index, element in enumerate(elements):
            with gathering.part(f"{shown(device)}[{index}]", logger_id):
                fields = as_object(element, "an element")
                values = as_object(fields["values"], "values") if "values" in fields else fields
                at_us = instant_or_none(fields.get("ts"), "ts")
                sample = Sample(logger_id, at_us, humidity_in(values), battery_in(values))
                if values is not fields:
                    gathering.pass_over(look_alikes({**fields, "values": None}))
                add_all(gathering, sample, values, unit_in(fields))
    return gathering.decoded()
