"""What the tests of all dialects share: a moment, and a message as it came."""

import json

import pytest

from service.domain.instant import SECOND_US, from_datetime, to_datetime
from service.formats.dialect import Arrival, Clock, Dialect
from service.formats.reading import Decoded, Reading, Rejection
from tests.scenario import START

NOW_US = from_datetime(START)
CLOCK = Clock(earliest_us=1_420_070_400 * SECOND_US, ahead_us=600 * SECOND_US)

#: As from the vendors' documentation and FACTS: a topic and a payload of each dialect, and what must come of it.
EXAMPLES: dict[str, tuple[str, str, object, str, float]] = {
    "coldchain_v1": (
        "coldchain/v1/+/+/readings",
        "coldchain/v1/zurich/TAG-1/readings",
        {"measured_at": "2026-01-31T06:00:00Z", "temperature_c": -79.8},
        "TAG-1",
        -79.8,
    ),
    "thingsboard": (
        "v1/gateway/telemetry",
        "v1/gateway/telemetry",
        {"Device A": [{"ts": 1483228800000, "values": {"temperature": 42}}]},
        "thingsboard:Device A",
        42.0,
    ),
    "chirpstack": (
        "application/+/device/+/event/+",
        "application/ae3012c2-73a1-4c5e-ae4f-b4b1dba8a8d1/device/0102030405060708/event/up",
        {
            "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
            "time": "2026-01-02T10:00:00.000Z",
            "deviceInfo": {"deviceName": "f1", "devEui": "0102030405060708"},
            "fCnt": 10,
            "object": {"temperature": -79.8},
        },
        "chirpstack:0102030405060708",
        -79.8,
    ),
    "ttn": (
        "v3/+/devices/+/up",
        "v3/app1@tenant1/devices/dev1/up",
        {
            "end_device_ids": {"device_id": "dev1", "dev_eui": "0004A30B001C0530"},
            "received_at": "2026-01-02T15:15:45.787349127Z",
            "uplink_message": {"f_port": 2, "decoded_payload": {"BatV": 3.062, "TempC_DS": 27.81}},
        },
        "ttn:app1@tenant1/dev1",
        27.81,
    ),
    "tasmota": (
        "tele/+/SENSOR",
        "tele/freezer/SENSOR",
        {"Time": "2019-01-01T00:00:00", "DS18B20": {"Temperature": 49.7}, "TempUnit": "C"},
        "tasmota:freezer",
        49.7,
    ),
    "zigbee2mqtt": (
        "zigbee2mqtt/#",
        "zigbee2mqtt/fridge",
        {"temperature": 27.34, "humidity": 44.72},
        "zigbee2mqtt:fridge",
        27.34,
    ),
    "shelly": (
        "+/events/rpc",
        "shellyplusht-b8d61a8b17cc/events/rpc",
        {
            "src": "shellyplusht-b8d61a8b17cc",
            "method": "NotifyFullStatus",
            "params": {"ts": 1680962879.62, "temperature:0": {"id": 0, "tC": 19.8}},
        },
        "shelly:shellyplusht-b8d61a8b17cc",
        19.8,
    ),
}

#: Those whose example says no time: their readings are stamped on arrival.
SAYS_NO_TIME = frozenset({"tasmota", "zigbee2mqtt"})


class Spoken:
    """A dialect on one topic."""

    def __init__(self, decode: Dialect, topic: str) -> None:
        self._decode = decode
        self.topic = topic

    def decoded(self, message: object, *, topic: str | None = None, live: bool = False) -> Decoded:
        """What a message comes to; anything but bytes is sent as JSON."""
        payload = message if isinstance(message, bytes) else json.dumps(message).encode()
        return self._decode(payload, Arrival(topic or self.topic, NOW_US, live, CLOCK))

    def readings(self, message: object, *, topic: str | None = None, live: bool = False) -> list[Reading]:
        """The readings of a message of which nothing is refused."""
        found = self.decoded(message, topic=topic, live=live)
        assert found.rejection is None
        return found.readings

    def one(self, message: object, *, topic: str | None = None, live: bool = False) -> Reading:
        """The only reading of a message."""
        [reading] = self.readings(message, topic=topic, live=live)
        return reading

    def code(self, message: object, *, topic: str | None = None, live: bool = False) -> str:
        """Why a message is refused."""
        with pytest.raises(Rejection) as caught:
            self.decoded(message, topic=topic, live=live)
        return caught.value.code


def when(reading: Reading) -> str:
    """The time of a reading, in UTC."""
    return to_datetime(reading.measured_at_us).isoformat().replace("+00:00", "Z")
