"""Calibrations, mended clocks and absences over HTTP."""

from typing import Any

import httpx
import pytest

from service.store.pool import Connection
from tests.acting import TESTER
from tests.cold_store import ago, all_of, evaluate, furnish, get, put, refusal, register_lot, send

LOGGER = "freezer-logger"
CALIBRATIONS, MENDS = f"/loggers/{LOGGER}/calibrations", f"/loggers/{LOGGER}/clock-mends"
ABSENCES = "/containers/freezer/attachments/freezer-attached/absences"


@pytest.fixture
def store(api: httpx.Client) -> httpx.Client:
    """The service, knowing a freezer with one logger, and a lot in it for an hour."""
    furnish(api, "freezer")
    register_lot(api, "lot", "freezer")
    return api


def calibration(calibration_id: str = "c1", minutes_ago: float = 30, /, **more: Any) -> dict[str, Any]:
    """A certificate's figures."""
    return {"id": calibration_id, "from": ago(minutes_ago), "certificate": "SCS 1", **more}


def test_readings_are_shown_as_they_were_judged(store: httpx.Client, connection: Connection) -> None:
    """What the page draws and what the verdict rests on are the same figures; what was stored stays."""
    send(store, LOGGER, [-80] * 12)
    put(store, CALIBRATIONS, calibration("c1", 60, offset_c=-2, slope=0.5))
    put(
        store,
        MENDS,
        {"id": "m1", "from": ago(31), "until": ago(0), "offset_s": -60, "reason": "ahead"},
    )
    [shown] = all_of(store, "/lots/lot/readings")
    assert shown["temperature_c"] == [-42] * 12
    assert shown["at"][5:8] == [ago(35), ago(31), ago(26)]
    stored = connection.execute("SELECT DISTINCT temperature_c FROM readings").fetchall()
    assert [row["temperature_c"] for row in stored] == [-80]
    evaluate(connection)
    assert get(store, "/lots/lot/status")["parts"]["above_s"] > 0


def test_a_calibration_is_told_as_recorded_and_ends_the_one_before(store: httpx.Client) -> None:
    """A probe has one calibration at a time."""
    first = put(store, CALIBRATIONS, calibration("c1", 50, as_found="pass", due_at=ago(-9_000)))
    assert first == {
        **calibration("c1", 50, as_found="pass", due_at=ago(-9_000)),
        "logger_id": LOGGER,
        "probe": "",
        "until": None,
        "slope": 1,
        "offset_c": 0,
        "lots": [],
        "recorded_by": TESTER.name,
        "recorded_at": first["recorded_at"],
    }
    put(store, CALIBRATIONS, calibration("c2", 20))
    assert [(x["id"], x["until"]) for x in all_of(store, CALIBRATIONS)] == [("c1", ago(20)), ("c2", None)]
    assert "another calibration" in refusal(store.post(f"/v1{CALIBRATIONS}", json=calibration("c3", 40)), 409)
    assert "'c2' exists already" in refusal(store.post(f"/v1{CALIBRATIONS}", json=calibration("c2", 10)), 409)
    assert [(x["id"], x["until"]) for x in all_of(store, CALIBRATIONS)] == [("c1", ago(20)), ("c2", None)]
    put(store, CALIBRATIONS, calibration("c4", 40, probe="top"))


def test_a_probe_found_wrong_lists_the_lots_to_look_back_at(store: httpx.Client) -> None:
    """All it stood for since it was last found right; a lot that came or left at another time is spared."""
    register_lot(store, "older", "freezer", minutes_ago=9_000)
    register_lot(store, "newer", "freezer", minutes_ago=5)
    found = put(store, CALIBRATIONS, calibration("c1", 4_000, as_found="fail"))["lots"]
    assert found == [{"lot_id": "older", "container_id": "freezer", "from": ago(9_000), "until": ago(4_000)}]
    put(store, CALIBRATIONS, calibration("c2", 3_000, as_found="pass"))
    assert put(store, CALIBRATIONS, calibration("c3", 2_000))["lots"] == []
    found = put(store, CALIBRATIONS, calibration("c4", 10, as_found="fail"))["lots"]
    assert [(lot["lot_id"], lot["from"], lot["until"]) for lot in found] == [
        ("lot", ago(60), ago(10)),
        ("older", ago(3_000), ago(10)),
    ]
    assert all_of(store, "/calibrations/c4/lots") == found
    refusal(store.get("/v1/calibrations/no/lots"), 404)


_WRONG: list[tuple[str, dict[str, Any], str]] = [
    (CALIBRATIONS, {"slope": 0.4}, "slope"),
    (CALIBRATIONS, {"slope": 2.1}, "slope"),
    (CALIBRATIONS, {"offset_c": -51}, "offset_c"),
    (CALIBRATIONS, {"from": ago(-60)}, "from"),
    (CALIBRATIONS, {"due_at": ago(100)}, "due_at"),
    (CALIBRATIONS, {"as_found": "good"}, "as_found"),
    (CALIBRATIONS, {"certificate": " "}, "certificate"),
    (MENDS, {"offset_s": 0}, "offset_s"),
    (MENDS, {"offset_s": 1e-7}, "offset_s"),
    (MENDS, {"offset_s": 7_200}, "offset_s"),
    (MENDS, {"until": ago(-60)}, "until"),
    (MENDS, {"until": ago(60)}, "until"),
    (ABSENCES, {"until": ago(-60)}, "until"),
    (ABSENCES, {"until": ago(60)}, "until"),
    (ABSENCES, {"from": ago(20_000)}, "from"),
    (ABSENCES, {"recorded_by": "A. Meier"}, "recorded_by"),
]


@pytest.mark.parametrize("number", range(len(_WRONG)))
def test_a_wrong_field_is_named(store: httpx.Client, number: int) -> None:
    """What cannot be meant is not recorded."""
    path, change, field = _WRONG[number]
    span = {"id": "x1", "from": ago(30), "until": ago(20), "reason": "summer time"}
    bodies = {CALIBRATIONS: calibration(), MENDS: {**span, "offset_s": 60}, ABSENCES: span}
    refusal(store.post(f"/v1{path}", json={**bodies[path], **change}), 422, field)
    assert all_of(store, path) == []


def test_a_clock_is_mended_once(store: httpx.Client) -> None:
    """Two people who mend the same hour would move it twice."""
    body = {
        "id": "m1",
        "from": ago(300),
        "until": ago(200),
        "offset_s": 3_600.5,
        "reason": "zone",
    }
    created = put(store, MENDS, body)
    said = {"logger_id": LOGGER, "recorded_by": TESTER.name, "recorded_at": created["recorded_at"]}
    assert created == {**body, **said}
    assert all_of(store, MENDS) == [created]
    assert "mended already" in refusal(store.post(f"/v1{MENDS}", json={**body, "id": "m2", "until": ago(250)}), 409)
    put(store, MENDS, {**body, "id": "m2", "from": ago(200), "until": ago(190)})


def test_an_absence_belongs_to_its_attachment(store: httpx.Client) -> None:
    """A probe can only be missing from where it was."""
    body = {"id": "x1", "from": ago(300), "until": ago(200), "reason": "battery"}
    created = put(store, ABSENCES, body)
    said = {"attachment_id": "freezer-attached", "recorded_by": TESTER.name, "recorded_at": created["recorded_at"]}
    assert created == {**body, **said}
    assert all_of(store, ABSENCES) == [created]
    refusal(store.post("/v1/containers/freezer/attachments/no/absences", json=body), 404)
    refusal(store.get("/v1/containers/freezer/attachments/no/absences"), 404)
    assert "version" in refusal(store.get("/v1/containers/freezer/attachments/a~x/absences"), 422, "attachment_id")
    refusal(store.post(f"/v1{ABSENCES}", json=body), 409)


def test_what_is_not_there_cannot_be_mended(store: httpx.Client) -> None:
    """A mistyped logger is told so."""
    mend = {"id": "m1", "from": ago(30), "until": ago(20), "offset_s": 60, "reason": "zone"}
    for thing, body in (("calibrations", calibration()), ("clock-mends", mend)):
        refusal(store.post(f"/v1/loggers/no/{thing}", json=body), 404)
        refusal(store.get(f"/v1/loggers/no/{thing}"), 404)
