"""Shelly's notifications, as a Shelly Plus H&T sends them when it wakes."""

from typing import Any

import pytest

from service.domain.series.quality import Quality
from service.formats.shelly import decode
from tests.dialects import NOW_US, Spoken, when

shelly = Spoken(decode, "shellyplusht-b8d61a8b17cc/events/rpc")
FULL: dict[str, Any] = {
    "src": "shellyplusht-b8d61a8b17cc",
    "dst": "shellyplusht-b8d61a8b17cc/events",
    "method": "NotifyFullStatus",
    "params": {
        "ts": 1680962879.62,
        "ble": {},
        "cloud": {"connected": False},
        "devicepower:0": {"id": 0, "battery": {"V": 5.43, "percent": 84}, "external": {"present": False}},
        "ht_ui": {},
        "humidity:0": {"id": 0, "rh": 42.2},
        "mqtt": {"connected": True},
        "sys": {"mac": "B8D61A8B17CC", "time": None, "unixtime": None, "uptime": 3, "wakeup_period": 600},
        "temperature:0": {"id": 0, "tC": 19.8, "tF": 67.6},
        "wifi": {"status": "got ip", "rssi": -60},
        "ws": {"connected": False},
    },
}


def notified(method: str = "NotifyStatus", **params: object) -> dict[str, object]:
    return {"src": "shelly", "dst": "shelly/events", "method": method, "params": params}


def test_a_full_status_is_read() -> None:
    """With what stands beside the temperature, at the device's time to the microsecond."""
    reading = shelly.one(FULL)
    assert (reading.logger_id, reading.probe) == ("shelly:shellyplusht-b8d61a8b17cc", "0")
    assert (reading.temperature_c, reading.humidity_pct, reading.battery_v) == (19.8, 42.2, 5.43)
    assert (when(reading), reading.stamped_on_arrival) == ("2023-04-08T14:07:59.620000Z", False)


def test_each_component_is_a_probe() -> None:
    """An add-on has several; of one that says only °F, that counts."""
    components = {"temperature:100": {"id": 100, "tC": -79.9}, "temperature:101": {"id": 101, "tF": 46.4}}
    found = shelly.readings(notified(ts=1680962879.62, **components))
    assert [(reading.probe, reading.temperature_c) for reading in found] == [("100", -79.9), ("101", 8.0)]


def test_a_probe_that_fails_is_missing() -> None:
    """The component says null and why."""
    failed = {"id": 100, "tC": None, "tF": None, "errors": ["read"]}
    assert shelly.one(notified(ts=1680962879.62, **{"temperature:100": failed})).quality is Quality.MISSING


@pytest.mark.parametrize("ts", [{}, {"ts": None}, {"ts": 2.55}])
def test_without_a_set_clock_only_a_live_message_is_taken(ts: dict[str, object]) -> None:
    """A device that woke without the network counts from its start."""
    message = notified(**ts, **{"temperature:0": {"id": 0, "tC": 4.5}})
    reading = shelly.one(message, live=True)
    assert (reading.measured_at_us, reading.stamped_on_arrival) == (NOW_US, True)
    assert shelly.code(message) == "time_unknown"


@pytest.mark.parametrize(
    "message",
    [
        notified(ts=1680962879.62, **{"switch:0": {"id": 0, "temperature": {"tC": 51.2, "tF": 124.1}}}),
        notified("NotifyEvent", ts=1680962879.62, events=[{"component": "sys", "event": "sleep"}]),
        {"id": 1, "src": "shelly", "result": {}},
        {"method": ["NotifyStatus"]},
    ],
)
def test_other_components_hold_no_readings(message: object) -> None:
    """A switch's chip is warm; no vial is in it."""
    assert shelly.readings(message, live=True) == []
    assert shelly.readings(b"true", topic="shelly/online") == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"", "not_json"),
        (b"true", "wrong_type"),
        (notified(ts=1680962879.62, **{"temperature:0": {"id": 0}}), "wrong_type"),
        (notified(ts=-5, **{"temperature:0": {"tC": 1}}), "time_too_early"),
        (notified(ts=1e308, **{"temperature:0": {"tC": 1}}), "time_unreadable"),
        (notified(ts=4e9, **{"temperature:0": {"tC": 1}}), "time_ahead"),
        ({"method": "NotifyStatus", "params": 5}, "wrong_type"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name(message: object, expected: str) -> None:
    """Each with the word it is documented under."""
    assert shelly.code(message) == expected


@pytest.mark.parametrize(
    ("power", "expected"),
    [
        ({"battery": {"V": 5.1, "percent": 60}, "external": {"present": False}}, 5.1),
        ({"battery": {"V": 2.1, "percent": 0}, "external": {"present": False}}, 2.1),
        ({"battery": {"V": 5.1, "percent": 60}, "external": {"present": True}}, None),
        ({"battery": {"V": 0.0, "percent": 0}}, None),
        ({"battery": {"V": 0.43, "percent": None}, "external": None}, None),
        ({"battery": None}, None),
        ({"battery": 5}, None),
        ("failed", None),
    ],
)
def test_only_a_battery_that_the_device_runs_on_is_one(power: object, expected: float | None) -> None:
    """An empty box on a cable must wake nobody for a new battery; a battery that runs down must."""
    message = notified(ts=1680962879.62, **{"temperature:0": {"id": 0, "tC": 4.5}, "devicepower:0": power})
    assert shelly.one(message).battery_v == expected
