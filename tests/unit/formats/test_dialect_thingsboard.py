"""A ThingsBoard gateway's messages, as its documentation shows them."""

import pytest

from service.domain.series.quality import Quality
from service.formats.thingsboard import decode
from tests.dialects import NOW_US, Spoken, when

tb = Spoken(decode, "v1/gateway/telemetry")
DOCUMENTED = {
    "Device A": [
        {"ts": 1483228800000, "values": {"temperature": 42, "humidity": 80}},
        {"ts": 1483228801000, "values": {"temperature": 43, "humidity": 82}},
    ],
    "Device B": [{"ts": 1483228800000, "values": {"temperature": 42, "humidity": 80}}],
}


def test_a_gateway_speaks_for_many_loggers() -> None:
    """Each device of the message is a logger of its own."""
    found = tb.readings(DOCUMENTED)
    assert [(r.logger_id, when(r), r.temperature_c, r.humidity_pct) for r in found] == [
        ("thingsboard:Device A", "2017-01-01T00:00:00Z", 42.0, 80.0),
        ("thingsboard:Device A", "2017-01-01T00:00:01Z", 43.0, 82.0),
        ("thingsboard:Device B", "2017-01-01T00:00:00Z", 42.0, 80.0),
    ]


def test_without_a_time_only_a_live_message_is_taken() -> None:
    """Its documentation allows values without ts; then our clock stands in, and the reading says so."""
    message = {"Device A": [{"temperature": -79.5}, {"values": {"temperature_top": -78}}]}
    first, second = tb.readings(message, live=True)
    assert (first.measured_at_us, first.stamped_on_arrival, first.probe) == (NOW_US, True, "")
    assert (second.probe, second.temperature_c, second.stamped_on_arrival) == ("top", -78.0, True)
    assert tb.code(message) == "time_unknown"


def test_one_bad_element_costs_no_other() -> None:
    """Another device's broken clock is not our logger's fault."""
    found = tb.decoded({"A": [{"ts": 12, "values": {"temperature": 1}}], "B": DOCUMENTED["Device B"]})
    assert [reading.logger_id for reading in found.readings] == ["thingsboard:B"]
    assert found.rejection is not None
    assert found.rejection.code == "time_too_early"
    assert "'thingsboard:A'" in str(found.rejection)


def test_fahrenheit_is_said_in_the_name_or_beside() -> None:
    """46.4 °F is 8.0 °C, not a hair below."""
    at = {"ts": 1483228800000}
    assert tb.one({"A": [{**at, "values": {"temperature_f": 46.4}}]}).temperature_c == 8.0
    assert tb.one({"A": [{**at, "values": {"temperature": 46.4, "temperature_unit": "°F"}}]}).temperature_c == 8.0
    both = tb.one({"A": [{**at, "values": {"tempF": 46.0, "tempC": 7.8}}]})
    assert both.temperature_c == 7.8
    assert tb.one({"A": [{**at, "values": {"temp_f": 1.7e308}}]}).temperature_c == pytest.approx(9.4e307, rel=0.01)


def test_null_is_a_missing_reading_and_absence_is_none() -> None:
    """Neither is zero."""
    reading = tb.one({"A": [{"ts": 1483228800000, "values": {"temperature": None}}]})
    assert (reading.temperature_c, reading.quality) == (None, Quality.MISSING)
    assert tb.readings({"A": [{"ts": 1483228800000, "values": {"rssi": -70, "attempts": 3}}]}) == []


def test_connecting_is_not_measuring() -> None:
    """A gateway's other topics hold no readings."""
    assert tb.readings({"device": "Device A"}, topic="v1/gateway/connect") == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"", "not_json"),
        ([], "wrong_type"),
        ({"A": {"temperature": 1}}, "wrong_type"),
        ({"A": [1]}, "wrong_type"),
        ({"A": [{"ts": "soon", "values": {"temperature": 1}}]}, "time_unreadable"),
        ({"A": [{"ts": 1483228800000, "values": {"temperature": "warm"}}]}, "temperature_unknown"),
        ({"A": [{"ts": 1483228800000, "values": {"temperature": 300, "temperature_unit": "R"}}]}, "unit_unknown"),
        ({"A": [{"ts": 4102444800000, "values": {"temperature": 1}}]}, "time_ahead"),
        ({"x" * 128: [{"ts": 1483228800000, "values": {"temperature": 1}}]}, "bad_name"),
        ({"A": [{"ts": 1483228800000, "values": {"temperature_" + "x" * 129: 1}}]}, "bad_probe"),
        (b" " * ((1 << 20) + 1), "too_large"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name(message: object, expected: str) -> None:
    """Each with the word it is documented under."""
    assert tb.code(message) == expected
