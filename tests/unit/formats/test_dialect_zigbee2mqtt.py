"""Zigbee2MQTT's reports, as its documentation shows them."""

import pytest

from service.domain.series.quality import Quality
from service.formats.zigbee2mqtt import decode
from tests.dialects import NOW_US, Spoken, when

zigbee = Spoken(decode, "zigbee2mqtt/lab/fridge 1")
REPORT = {"battery": 100, "humidity": 44.72, "linkquality": 120, "pressure": 963, "temperature": 27.34, "voltage": 3025}


def test_a_live_report_has_our_time_and_says_so() -> None:
    """There is no time in it."""
    reading = zigbee.one(REPORT, live=True)
    assert reading.logger_id == "zigbee2mqtt:lab/fridge 1"
    assert (reading.temperature_c, reading.humidity_pct, reading.battery_v) == (27.34, 44.72, None)
    assert (reading.measured_at_us, reading.stamped_on_arrival) == (NOW_US, True)


def test_a_report_that_had_waited_is_refused() -> None:
    """Its time is unknown: an old temperature must not be taken for a new one."""
    assert zigbee.code(REPORT) == "time_unknown"


@pytest.mark.parametrize("seen", ["2022-07-18T09:34:15Z", "2022-07-18T11:34:15+02:00", 1658136855000])
def test_last_seen_is_a_time(seen: object) -> None:
    """With the option `last_seen` set, even a report that had waited is good."""
    reading = zigbee.one({**REPORT, "last_seen": seen})
    assert (when(reading), reading.stamped_on_arrival) == ("2022-07-18T09:34:15Z", False)


def test_a_unit_shown_on_a_display_is_not_the_report_s() -> None:
    """Zigbee reports °C, whatever the device shows on its face."""
    assert zigbee.one({**REPORT, "temperature_unit": "fahrenheit"}, live=True).temperature_c == 27.34


def test_null_is_missing() -> None:
    """After a restart the bridge does not know yet."""
    assert zigbee.one({"temperature": None}, live=True).quality is Quality.MISSING


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("zigbee2mqtt/bridge/state", b'{"state":"online"}'),
        ("zigbee2mqtt/bridge/devices", b'[{"definition":{"exposes":[{"name":"temperature"}]}}]'),
        ("zigbee2mqtt/bridge/logging", b"not JSON"),
        ("zigbee2mqtt/fridge/availability", b'{"state":"online"}'),
        ("zigbee2mqtt/fridge/availability", b"online"),
        ("zigbee2mqtt/fridge/get", b'{"temperature":""}'),
        ("zigbee2mqtt/fridge/temperature", b"27.34"),
        ("zigbee2mqtt/switch", b'{"action":"single"}'),
    ],
)
def test_what_is_no_report_holds_no_readings(topic: str, payload: bytes) -> None:
    """The bridge speaks of itself on topics of the same kind."""
    assert zigbee.readings(payload, topic=topic, live=True) == []


def test_two_bridges_may_have_devices_of_one_name() -> None:
    """The base topic keeps them apart."""
    assert zigbee.one(REPORT, topic="zigbee-lab2/fridge", live=True).logger_id == "zigbee2mqtt:zigbee-lab2/fridge"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"{temperature: 1}", "not_json"),
        ({"temperature": "hot"}, "temperature_unknown"),
        ({"temperature": 1, "last_seen": True}, "time_unreadable"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name(message: object, expected: str) -> None:
    """Each with the word it is documented under."""
    assert zigbee.code(message, live=True) == expected
