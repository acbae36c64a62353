"""Tasmota's telemetry, as devices send it."""

import pytest

from service.domain.series.quality import Quality
from service.formats.tasmota import decode
from tests.dialects import NOW_US, Spoken, when

tasmota = Spoken(decode, "tele/freezer/SENSOR")
THREE = {
    "Time": "2020-01-26T17:45:30",
    "Epoch": 1580060730,
    "DS18B20-1": {"Id": "000008BD38BF", "Temperature": -26.1},
    "DS18B20-2": {"Id": "000008BD9714", "Temperature": -25.1},
    "SHT3X-0x44": {"Temperature": 22.1, "Humidity": 57.5, "DewPoint": 13.3},
    "TempUnit": "C",
}


def test_a_sensor_is_known_by_its_own_id() -> None:
    """Its number changes when another is plugged in; a freezer must not become its neighbour by that."""
    found = tasmota.readings(THREE)
    assert [(r.probe, r.temperature_c, r.humidity_pct) for r in found] == [
        ("000008BD38BF", -26.1, None),
        ("000008BD9714", -25.1, None),
        ("SHT3X-0x44", 22.1, 57.5),
    ]
    assert {(r.logger_id, when(r)) for r in found} == {("tasmota:freezer", "2020-01-26T17:45:30Z")}


def test_local_time_without_a_zone_names_no_instant() -> None:
    """So it is not used: a live message has our time, any other none."""
    message = {"Time": "2019-01-01T00:00:00", "DS18B20": {"Temperature": 49.7}, "TempUnit": "C"}
    reading = tasmota.one(message, live=True)
    assert (reading.probe, reading.temperature_c) == ("DS18B20", 49.7)
    assert (reading.measured_at_us, reading.stamped_on_arrival) == (NOW_US, True)
    assert tasmota.code(message) == "time_unknown"


@pytest.mark.parametrize("time", [1580060730, "2020-01-26T18:45:30+01:00", "2020-01-26T17:45:30Z"])
def test_a_time_that_names_an_instant_is_used(time: object) -> None:
    """`Time 3` sends seconds since 1970."""
    assert when(tasmota.one({"Time": time, "DS18B20": {"Temperature": 1}})) == "2020-01-26T17:45:30Z"


def test_a_clock_that_was_never_set_says_nothing() -> None:
    """Seconds since its start are not seconds since 1970."""
    message = {"Time": "1970-01-01T00:00:12", "Epoch": 12, "DS18B20": {"Temperature": 1}}
    assert tasmota.code(message) == "time_unknown"


def test_fahrenheit_is_honoured_and_faults_are_found_in_it() -> None:
    """185 °F is the power-on value of a DS18B20, as 85 °C is."""
    message = {"Epoch": 1580060730, "TempUnit": "F"}
    assert tasmota.one({**message, "DS18B20": {"Temperature": 46.4}}).temperature_c == 8.0
    assert tasmota.one({**message, "DS18B20": {"Temperature": 185}}).quality is Quality.FAULT


def test_a_sensor_that_fails_is_missing_not_zero() -> None:
    """Tasmota sends null for it, or leaves it out."""
    assert tasmota.one({"Epoch": 1580060730, "DS18B20": {"Temperature": None}}).quality is Quality.MISSING
    assert tasmota.readings({"Epoch": 1580060730, "ENERGY": {"Power": 0}, "Switch1": "OFF"}) == []


def test_the_topic_may_be_turned_round() -> None:
    """FullTopic is the owner's choice; what is not `tele` and `SENSOR` names the device."""
    topic = "building/freezer/tele/SENSOR"
    assert tasmota.one(THREE | {"DS18B20-2": {}, "SHT3X-0x44": {}}, topic=topic).logger_id == "tasmota:building/freezer"
    assert tasmota.readings(b"Online", topic="tele/freezer/LWT") == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"Offline", "not_json"),
        ([1], "wrong_type"),
        ({"Epoch": 1580060730, "DS18B20": {"Temperature": 1}, "TempUnit": "R"}, "unit_unknown"),
        ({"Epoch": 1580060730, "DS18B20": {"Temperature": "cold"}}, "temperature_unknown"),
        ({"Epoch": 1e300, "DS18B20": {"Temperature": 1}}, "time_ahead"),
        ({"Time": "99999-01-26T17:45:30Z", "DS18B20": {"Temperature": 1}}, "time_unreadable"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name(message: object, expected: str) -> None:
    """Each with the word it is documented under."""
    assert tasmota.code(message) == expected


@pytest.mark.parametrize(
    ("sensors", "expected"),
    [
        ({"DS18x20": [{"Id": "A1", "Temperature": -54.5}, {"Id": "A2", "Temperature": 4.5}]}, {"A1": -54.5, "A2": 4.5}),
        ({"DS18x20": {"DS1": {"Temperature": 4.5}}}, {"DS18x20 DS1": 4.5}),
        ({"ZbReceived": {"0x19D0": {"Device": "0x19D0", "Temperature": 4.5, "Endpoint": 2}}}, {"0x19D0 2": 4.5}),
        ({"0x19D0": {"Device": "0x19D0", "Name": "Top", "Temperature": 4.5, "Endpoint": 1}}, {"Top": 4.5}),
        ({"ATC1": {"mac": "a4c138", "Temperature": 4.5, "Humidity": 40.0}}, {"ATC1": 4.5}),
        ({"Temperature": 4.5}, {"": 4.5}),
    ],
)
def test_sensors_are_found_where_firmware_puts_them(sensors: dict[str, object], expected: object) -> None:
    """In arrays, in objects of objects, and behind a Zigbee bridge."""
    found = tasmota.readings({"Epoch": 1580060730, "TempUnit": "C", **sensors})
    assert {reading.probe: reading.temperature_c for reading in found} == expected


def test_the_heat_of_a_chip_and_a_set_point_are_no_readings() -> None:
    """They are counted."""
    found = tasmota.decoded({"Epoch": 1580060730, "ESP32": {"Temperature": 51.1}, "Thermostat": {"TempTargetSet": "5"}})
    assert (found.readings, found.rejection, found.unknown_fields) == ([], None, 2)
