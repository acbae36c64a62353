"""Readings over HTTP: the same messages as over MQTT, answered at once."""

import json
from typing import Any

import httpx
import pytest

from service.store.pool import Connection
from tests.cold_store import ago, all_of, evaluate, furnish, get, refusal, register_lot

COLD = {"measured_at": ago(10), "temperature_c": -79.8, "probe": "top", "seq": 17, "humidity_pct": 40, "battery_v": 3.6}


def post(api: httpx.Client, body: Any, **parameters: str) -> httpx.Response:
    """Send readings of the logger "tag"."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return api.post("/v1/readings", params={"logger_id": "tag", **parameters}, content=content)


def stored(connection: Connection) -> list[float | None]:
    """All temperatures there are, by time."""
    rows = connection.execute("SELECT temperature_c FROM readings ORDER BY measured_at").fetchall()
    return [row["temperature_c"] for row in rows]


def test_one_reading_is_stored_once(api: httpx.Client, connection: Connection) -> None:
    """A reading sent twice is known; one with another temperature is set aside, and the first stays."""
    assert post(api, COLD).json() == {"stored": 1, "known": 0, "conflicting": 0, "rejected": None}
    assert post(api, COLD).json() == {"stored": 0, "known": 1, "conflicting": 0, "rejected": None}
    assert post(api, {**COLD, "temperature_c": -20}).json()["conflicting"] == 1
    assert stored(connection) == [-79.8]
    assert get(api, "/loggers/tag")["probes"] == ["top"]


def test_nobody_speaks_for_a_device_of_another_dialect(api: httpx.Client, connection: Connection) -> None:
    """What one may not say over MQTT, one may not say over HTTP: a Tasmota's readings come from its own topic."""
    answer = post(api, COLD, logger_id="tasmota:freezer")
    refusal(answer, 422)
    assert (answer.json()["code"], stored(connection)) == ("reserved_name", [])


def test_an_array_and_a_wrapper_are_taken_alike(api: httpx.Client) -> None:
    """A logger that was out of reach sends its memory in one piece, and in the form it knows."""
    several = [{"measured_at": ago(minutes), "temperature_c": sent} for minutes, sent in ((3, -80), (2, "HI"))]
    assert post(api, several).json()["stored"] == 2
    assert post(api, {"readings": several}).json()["known"] == 2
    assert post(api, []).json() == post(api, {"readings": []}).json()
    assert post(api, {"measured_at": 1_769_839_200_000, "temperature_c": None}).json()["stored"] == 1


def test_of_an_array_the_good_readings_are_taken(api: httpx.Client, connection: Connection) -> None:
    """One broken element does not cost the night's record, and is told with its place."""
    bad = {"measured_at": ago(4), "temperature_c": "cold"}
    answer = post(api, [COLD, bad, {**COLD, "measured_at": ago(5)}])
    assert answer.status_code == 200
    found = answer.json()
    assert (found["stored"], found["rejected"]["code"]) == (2, "temperature_unknown")
    assert "1 of 3 elements; the first is [1]" in found["rejected"]["explanation"]
    assert stored(connection) == [-79.8, -79.8]


def test_what_is_no_reading_is_rejected_with_its_code(api: httpx.Client, connection: Connection) -> None:
    """Whoever builds a logger learns from the code what to mend; nothing of a rejected message is stored."""
    rejected: list[tuple[Any, str]] = [
        (b"", "not_json"),
        (b"hello", "not_json"),
        (b"\xff\xfe\x00", "not_json"),
        (b'{"measured_at": ', "not_json"),
        (b"[" * 100_000, "not_json"),
        (5, "wrong_type"),
        (None, "wrong_type"),
        ({}, "wrong_type"),
        ({"readings": 5}, "wrong_type"),
        ([[COLD]], "wrong_type"),
        ({**COLD, "temperature_c": True}, "wrong_type"),
        ({**COLD, "seq": -1}, "wrong_type"),
        ({**COLD, "seq": 2**63}, "wrong_type"),
        ({**COLD, "battery_v": 1e30}, "wrong_type"),
        ({**COLD, "measured_at": None}, "wrong_type"),
        ({**COLD, "measured_at": 1.5}, "wrong_type"),
        ({**COLD, "temperature_c": "cold"}, "temperature_unknown"),
        ({**COLD, "probe": "nul\x00"}, "bad_probe"),
        ({**COLD, "probe": "x" * 129}, "bad_probe"),
        ({**COLD, "measured_at": "yesterday"}, "time_unreadable"),
        ({**COLD, "measured_at": "2026-01-31T06:00:00"}, "time_unreadable"),
        ({**COLD, "measured_at": 0}, "time_too_early"),
        ({**COLD, "measured_at": "1970-01-01T00:00:00Z"}, "time_too_early"),
        ({**COLD, "measured_at": "0001-01-01T00:00:00+14:00"}, "time_too_early"),
        ({**COLD, "measured_at": -(2**63)}, "time_too_early"),
        ({**COLD, "measured_at": ago(-60)}, "time_ahead"),
        ({**COLD, "measured_at": "9999-12-31T23:59:59-14:00"}, "time_ahead"),
        ({**COLD, "measured_at": 2**63 - 1}, "time_ahead"),
        (b'{"measured_at": 1' + b"0" * 5000 + b', "temperature_c": 1}', "wrong_type"),
        (b'{"measured_at": 0, "temperature_c": 1e999}', "time_too_early"),
        (b'{"measured_at": 0, "temperature_c": NaN}', "time_too_early"),
        (b" " * (1 << 20) + b"{}", "too_large"),
        (b"[" + b"1," * (1 << 20) + b"1]", "too_large"),
    ]
    for body, code in rejected:
        answer = post(api, body)
        refusal(answer, 422)
        assert answer.json()["code"] == code, (str(body)[:100], answer.text)
    assert stored(connection) == []
    assert all_of(api, "/loggers") == []


def test_numbers_no_sensor_sends_are_stored_and_not_used(api: httpx.Client, connection: Connection) -> None:
    """A sensor's fault is kept as it came, and neither the answer nor the figures stumble over it."""
    furnish(api, "f1")
    register_lot(api, "lot", "f1", 60)
    odd = [-80, 85.0, -127.0, 327.67, -1e30, None, "HI", "LO", 1e30, 1e30, -80, -80, -80]
    body = [{"measured_at": ago(60 - 5 * i), "temperature_c": sent} for i, sent in enumerate(odd)]
    assert api.post("/v1/readings", params={"logger_id": "f1-logger"}, json=body).json()["stored"] == 13
    evaluate(connection)
    for path in ("", "/status", "/excursions", "/gaps", "/readings"):
        assert api.get(f"/v1/lots/lot{path}").status_code == 200
    assert get(api, "/lots/lot")["temperatures"]["readings"] == 13


@pytest.mark.parametrize("name", ["logger_id", "site_id"])
def test_a_readings_logger_and_site_have_names(api: httpx.Client, name: str) -> None:
    """What cannot be a level of a topic cannot be one in an address."""
    for sent in ("", "nul\x00", "tab\t", "x" * 129):
        refusal(api.post("/v1/readings", params={"logger_id": "tag", name: sent}, json=COLD), 422, name)
    assert all_of(api, "/loggers") == []


def test_readings_need_a_logger(api: httpx.Client) -> None:
    """A temperature of nobody knows what proves nothing."""
    refusal(api.post("/v1/readings", json=COLD), 422, "logger_id")


def test_a_logger_may_have_any_printable_name(api: httpx.Client) -> None:
    """Serial numbers have blanks, slashes and umlauts; every logger heard can be looked at."""
    for name in ("Kühlschrank 3/b", "..", "a%2Fb", "日本", " "):
        assert post(api, COLD, logger_id=name).json()["stored"] == 1
    assert {row["id"] for row in all_of(api, "/loggers")} == {"Kühlschrank 3/b", "..", "a%2Fb", "日本", " "}
    assert get(api, "/loggers/K%C3%BChlschrank%203%2Fb")["id"] == "Kühlschrank 3/b"
    assert get(api, "/loggers/a%252Fb")["id"] == "a%2Fb"
