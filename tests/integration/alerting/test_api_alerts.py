"""Alerts, silences, alerting and moves over HTTP."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from psycopg.types.json import Jsonb

from service.acts.acknowledgements import acknowledge
from service.auth.links import sign
from service.store.alerting.alert_changes import change_states
from service.store.pool import Connection
from tests.acting import TESTER, person
from tests.alarms import add_message, add_warm, forget_alerts
from tests.alarms import ago as instant
from tests.cold_store import ago, all_of, evaluate, furnish, get, put, refusal, register_container, register_lot, send


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """The service, knowing three freezers that are cold, and two lots in one of them."""
    furnish(api, "freezer", "cold", "silent")
    for lot_id in ("lot-1", "lot-2"):
        register_lot(api, lot_id, "freezer")
    send(api, "freezer-logger", [-80] * 13)
    send(api, "cold-logger", [-80] * 13)
    send(api, "silent-logger", [-80] * 5)
    evaluate(connection)
    forget_alerts(connection)
    return api


def warm(connection: Connection, container_id: str = "freezer", **more: Any) -> int:
    """An alert of a container of that store."""
    return add_warm(connection, container_id, **{"site_id": "zurich", **more})


def test_an_alert_is_told_whole(store: httpx.Client, connection: Connection) -> None:
    """What a pager, a dashboard or an auditor needs: since when, whose, how much is left, and every step."""
    alert_id = warm(connection, lot_ids=["lot-1", "lot-2"])
    with connection.transaction():
        acknowledge(connection, person("B. Frei"), [alert_id], comment="On my way", at=instant(5))
    [listed] = all_of(store, "/alerts")
    assert listed == {
        "id": alert_id,
        "subject": "container:freezer",
        "name": "Freezer",
        "container_id": "freezer",
        "site_id": "zurich",
        "cause": "limit_crossed",
        "state": "acknowledged",
        "severity": "critical",
        "began_at": listed["began_at"],
        "due_at": listed["due_at"],
        "fired_at": listed["fired_at"],
        "acknowledged_at": listed["acknowledged_at"],
        "acknowledged_by": "B. Frei",
        "resolved_at": None,
        "past": False,
        "summary": "Freezer (zurich) is above −60 °C; 2 lots: lot-1, lot-2",
        "lot_ids": ["lot-1", "lot-2"],
        "figures": {"now_c": -48.26, "now_is": "exact", "remaining_s": 2420, "used": None, "forecast": None},
    }
    whole = get(store, f"/alerts/{alert_id}")
    steps = whole.pop("steps")
    assert whole == listed
    assert [(x["was"], x["becomes"], x["taken_by"], x["comment"]) for x in steps] == [
        (None, "firing", "", None),
        ("firing", "acknowledged", "B. Frei", "On my way"),
    ]
    refusal(store.get("/v1/alerts/4711"), 404)


def test_alerts_are_listed_by_state(store: httpx.Client, connection: Connection) -> None:
    """What waits for its delay is nobody's business unless asked for; an alert of the service has no container."""
    pending = warm(connection, state="pending", fired_at=None)
    firing = warm(connection, "cold")
    service = add_warm(connection, None, subject="service:ingest", site_id=None)
    assert [x["id"] for x in all_of(store, "/alerts")] == [service, firing]
    assert [x["id"] for x in all_of(store, "/alerts", state="pending")] == [pending]
    assert all_of(store, "/alerts", state="resolved") == []
    assert get(store, f"/alerts/{service}")["container_id"] is None


def test_somebody_takes_an_alert_over(store: httpx.Client, connection: Connection) -> None:
    """The first to answer has it; a second is told whose it is; what is over or does not fire yet is nobody's."""
    alert_id = warm(connection)
    path = f"/v1/alerts/{alert_id}/acknowledge"
    taken = store.post(path, json={"comment": "Ten minutes."}).json()
    assert (taken["state"], taken["acknowledged_by"], len(taken["steps"])) == ("acknowledged", TESTER.name, 2)
    again = store.post(path, json={})
    assert again.status_code == 200
    assert again.json() == taken
    change_states(connection, {alert_id: "resolved"}, datetime.now(UTC))
    assert "is over since" in refusal(store.post(path, json={}), 409)
    pending = warm(connection, "cold", state="pending", fired_at=None)
    assert "does not fire yet" in refusal(store.post(f"/v1/alerts/{pending}/acknowledge", json={}), 409)
    refusal(store.post("/v1/alerts/4711/acknowledge", json={}), 404)
    assert "leave it out" in refusal(store.post(path, json={"recorded_by": "A. Keller"}), 422, "recorded_by")


def test_somebody_who_was_called_cannot_come(store: httpx.Client, connection: Connection) -> None:
    """What they had in hand is nobody's again, and the trail says whose it was and why; what is over calls nobody."""
    alert_id = warm(connection)
    assert store.post(f"/v1/alerts/{alert_id}/acknowledge", json={}).is_success
    path = f"/v1/alerts/{alert_id}/pass-on"
    passed = store.post(path, json={"comment": "In theatre until two."}).json()
    assert (passed["state"], passed["acknowledged_by"]) == ("firing", None)
    assert (passed["steps"][-1]["taken_by"], passed["steps"][-1]["comment"]) == (TESTER.name, "In theatre until two.")
    [trail] = connection.execute("SELECT reason FROM audit_trail ORDER BY id DESC LIMIT 1").fetchall()
    assert trail["reason"] == "In theatre until two."
    change_states(connection, {alert_id: "resolved"}, datetime.now(UTC))
    assert "is over since" in refusal(store.post(path, json={}), 409)


def silence(**more: Any) -> dict[str, Any]:
    """Two hours of silence for a container."""
    return {"container_id": "freezer", "until": ago(-120), "reason": "Service of the compressor.", **more}


def test_a_silence_has_an_end_an_author_and_a_reason(store: httpx.Client) -> None:
    """From now on, or later: then it is maintenance. Ended early, it says by whom and until when it was to be."""
    now = put(store, "/silences", silence())
    assert (now["state"], now["until"], now["reason"], now["recorded_by"]) == (
        "in_force",
        ago(-120),
        "Service of the compressor.",
        TESTER.name,
    )
    later = put(store, "/silences", silence(**{"from": ago(-60), "site_id": "zurich", "cause": "logger_silent"}))
    assert (later["state"], later["from"]) == ("planned", ago(-60))
    assert [x["id"] for x in all_of(store, "/silences")] == [later["id"], now["id"]]
    assert [x["id"] for x in all_of(store, "/silences", state="planned")] == [later["id"]]
    for one in (now, later):
        ended = store.post(f"/v1/silences/{one['id']}/end", json={"reason": "done"}).json()
        assert (ended["state"], ended["ended_by"], ended["planned_until"]) == ("over", TESTER.name, ago(-120))
        assert "is over since" in refusal(store.post(f"/v1/silences/{one['id']}/end", json={}), 409)
    assert all_of(store, "/silences", state="in_force") == []
    refusal(store.post("/v1/silences/4711/end", json={}), 404)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"until": ago(1)}, "until"),
        ({"until": ago(-31 * 1_440)}, "until"),
        ({"from": ago(-120), "until": ago(-60)}, "until"),
        ({"from": ago(120), "until": ago(60)}, "until"),
        ({"container_id": None}, "site_id"),
        ({"container_id": "nowhere"}, "container_id"),
        ({"site_id": "nowhere"}, "site_id"),
        ({"cause": "bad_luck"}, "cause"),
        ({"reason": ""}, "reason"),
        ({"recorded_by": "A. Keller"}, "recorded_by"),
        ({"until": None}, "until"),
    ],
)
def test_a_silence_that_cannot_be_meant_is_refused(store: httpx.Client, more: dict[str, Any], field: str) -> None:
    """None is over before it begins, lasts for months, or keeps everything everywhere quiet."""
    refusal(store.post("/v1/silences", json=silence(**more)), 422, field)
    assert all_of(store, "/silences") == []


def test_what_differs_at_a_container_is_versioned(store: httpx.Client) -> None:
    """Who changed when people are called, and why; the same sent twice is one version."""
    path = "/v1/containers/freezer/alerting"
    empty = get(store, "/containers/freezer/alerting")
    assert (empty["version"], empty["overrides"], empty["instruction"]) == (0, {}, "")
    body = {
        "overrides": {"limit_crossed": {"delay_s": 300}, "battery_low": {"off": True}},
        "instruction": "Ring the caretaker: 4711",
        "due_at": ago(-60),
        "reason": "The door is opened often.",
    }
    for _ in range(2):
        first = store.put(path, json=body).json()
    assert (first["version"], first["instruction"], first["due_at"]) == (1, "Ring the caretaker: 4711", ago(-60))
    nothing = {"severity": None, "delay_s": None, "recovers_s": None, "at": None, "off": None}
    assert first["overrides"] == {
        "limit_crossed": {**nothing, "delay_s": 300},
        "battery_low": {**nothing, "off": True},
    }
    second = store.put(path, json={**body, "overrides": {}}).json()
    assert (second["version"], second["overrides"]) == (2, {})
    assert get(store, "/containers/freezer/alerting") == second


def test_what_differs_for_a_profile(store: httpx.Client) -> None:
    """It holds for all its containers; a profile arrives nowhere."""
    body = {"overrides": {"logger_silent": {"severity": "warning"}}, "reason": "Far away."}
    changed = store.put("/v1/profiles/cryo-80/alerting", json=body).json()
    assert (changed["version"], changed["overrides"]["logger_silent"]["severity"]) == (1, "warning")
    assert get(store, "/profiles/cryo-80/alerting") == changed
    assert get(store, "/containers/freezer/alerting")["version"] == 0
    refusal(store.put("/v1/profiles/cryo-80/alerting", json={**body, "due_at": ago(-60)}), 422, "due_at")


@pytest.mark.parametrize("path", ["containers/nowhere", "profiles/nowhere"])
def test_what_is_not_there_has_no_alerting(store: httpx.Client, path: str) -> None:
    """A mistyped id is told so."""
    refusal(store.get(f"/v1/{path}/alerting"), 404)
    refusal(store.put(f"/v1/{path}/alerting", json={"reason": "so"}), 404)


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"bad_luck": {"off": True}}, "overrides.bad_luck"),
        ({"delivery_failing": {"off": True}}, "overrides.delivery_failing"),
        ({"limit_crossed": {"at": 5}}, "overrides.limit_crossed.at"),
        ({"limit_crossed": {"delay_s": -1}}, "overrides.limit_crossed.delay_s"),
        ({"limit_crossed": {"severity": "loud"}}, "overrides.limit_crossed.severity"),
        ({"limit_crossed": {"delay": 1}}, "overrides.limit_crossed.delay"),
    ],
)
def test_an_override_that_cannot_be_is_named(store: httpx.Client, overrides: dict[str, Any], field: str) -> None:
    """A slip must not pass for a change."""
    body = {"overrides": overrides, "reason": "so"}
    refusal(store.put("/v1/containers/freezer/alerting", json=body), 422, field)


def test_lots_go_where_it_is_cold_for_certain(store: httpx.Client, connection: Connection) -> None:
    """Not to a container that is silent, was never measured, is warm, has an alert, or is of another kind."""
    register_container(store, "new")
    register_container(store, "fridge", "lyophilised-2-8")
    [only] = all_of(store, "/containers/freezer/alternatives")
    assert (only["container_id"], only["same_site"], only["lots"]) == ("cold", True, 0)
    low = warm(connection, "cold", cause="battery_low", severity="info")
    assert len(all_of(store, "/containers/freezer/alternatives")) == 1
    connection.execute("UPDATE alerts SET severity = 'warning' WHERE id = %s", [low])
    assert all_of(store, "/containers/freezer/alternatives") == []
    change_states(connection, {low: "resolved"}, datetime.now(UTC))
    send(store, "cold-logger", [-50], minutes_ago=-1)
    evaluate(connection)
    forget_alerts(connection)
    assert all_of(store, "/containers/freezer/alternatives") == []
    refusal(store.get("/v1/containers/nowhere/alternatives"), 404)


def test_the_own_site_comes_first(store: httpx.Client, connection: Connection) -> None:
    """Nobody drives across town for what stands next door."""
    put(store, "/sites", {"id": "aarau", "name": "Aarau", "time_zone": "Europe/Zurich"})
    connection.execute("UPDATE containers SET site_id = 'aarau' WHERE id = 'cold'")
    send(store, "silent-logger", [-80] * 8, minutes_ago=35)
    evaluate(connection)
    found = all_of(store, "/containers/freezer/alternatives")
    assert [(x["container_id"], x["same_site"]) for x in found] == [("silent", True), ("cold", False)]


def test_everything_is_moved_by_one_act(store: httpx.Client) -> None:
    """Every lot is placed anew from then on; the same act sent twice is one."""
    body = {"to_id": "cold", "at": ago(10)}
    moved = put(store, "/containers/freezer/move", body)
    assert moved == {
        "id": moved["id"],
        "container_id": "freezer",
        "to_id": "cold",
        "at": ago(10),
        "lot_ids": ["lot-1", "lot-2"],
        "container_ids": [],
        "recorded_by": TESTER.name,
        "recorded_at": moved["recorded_at"],
    }
    assert put(store, "/containers/freezer/move", body) == moved
    for lot_id in ("lot-1", "lot-2"):
        found = get(store, f"/lots/{lot_id}")["placements"]
        assert [(x["container_id"], x["from"], x["until"]) for x in found] == [
            ("freezer", ago(60), ago(10)),
            ("cold", ago(10), None),
        ]
    assert "no lot" in refusal(store.post("/v1/containers/freezer/move", json={**body, "at": ago(5)}), 409)


@pytest.mark.parametrize(
    ("container", "more", "status", "field"),
    [
        ("freezer", {"to_id": "nowhere"}, 422, "to_id"),
        ("freezer", {"to_id": "freezer"}, 422, "to_id"),
        ("freezer", {"at": ago(-60)}, 422, "at"),
        ("freezer", {"at": ago(600)}, 409, None),
        ("nowhere", {}, 404, None),
        ("silent", {}, 409, None),
    ],
)
def test_a_move_that_cannot_be_is_refused(
    store: httpx.Client, container: str, more: dict[str, Any], status: int, field: str | None
) -> None:
    """To nowhere, in the future, from before the lots were there, or of nothing: no lot is touched."""
    refusal(store.post(f"/v1/containers/{container}/move", json={"to_id": "cold", **more}), status, field)
    assert len(get(store, "/lots/lot-1")["placements"]) == 1


def test_every_message_is_accounted_for(store: httpx.Client, connection: Connection) -> None:
    """Why, to whom, and what became of it, the newest first."""
    first, second = warm(connection), warm(connection, "cold")
    add_message(connection, [first, second])
    add_message(connection, [first], "bea", outcome="failed", error="550 no such mailbox", attempts=3)
    add_message(connection, [second], "bea", outcome=None, reason="escalated")
    add_message(connection, [second], "pager", reason="taken")
    taken, waiting, failed, delivered = all_of(store, "/notifications")
    assert (taken["receiver"], taken["reason"], taken["outcome"]) == ("pager", "taken", "delivered")
    assert (waiting["outcome"], waiting["reason"], waiting["finished_at"]) == (None, "escalated", None)
    assert (failed["outcome"], failed["attempts"], failed["error"]) == ("failed", 3, "550 no such mailbox")
    assert (delivered["receiver"], delivered["title"]) == ("ana", "CRITICAL: Freezer")
    assert all_of(store, "/notifications", alert_id=first) == [failed, delivered]
    assert all_of(store, "/notifications", alert_id=4711) == []


def test_a_message_that_was_sent_can_be_read_but_not_answered_from(store: httpx.Client, connection: Connection) -> None:
    """Who looks up what was told to ana does not get her link with it."""
    alert_id = warm(connection)
    token = sign([b"a secret of the service"], [alert_id], "ana", 1_780_000_000)
    text = "CRITICAL: {0}\nTo answer: {0}"
    link = f"https://cold.example/a/{token}"
    document = {"subject": link, "text": text.format(link)}
    add_message(connection, [alert_id], document=Jsonb(document))
    [told] = all_of(store, "/notifications")
    assert told["text"] == text.format("https://cold.example/alerts")
    assert token not in str(told)


def test_how_soon_alerts_are_answered(store: httpx.Client, connection: Connection) -> None:
    """Half are told within so long, and the slowest took so long; what was past when heard of does not count."""
    fast, slow, past = (
        warm(connection, name, state="resolved", fired_at=instant(60), resolved_at=instant(30), **more)
        for name, more in (("freezer", {}), ("cold", {}), ("silent", {"past": True}))
    )
    add_message(connection, [fast, past], created_at=instant(60), finished_at=instant(59))
    add_message(connection, [slow], created_at=instant(60), finished_at=instant(57))
    add_message(connection, [slow], "bea", outcome="failed")
    # That a pager hears that somebody is on it tells nobody.
    add_message(connection, [slow], "ana", reason="taken", created_at=instant(60), finished_at=instant(59.5))
    warm(connection, "cold", subject="container:old", state="resolved", fired_at=instant(60 * 24 * 31))
    found = get(store, "/alerts/figures")
    assert found["alerts"] == 2
    assert found["notify"]["count"] == 2
    assert found["notify"]["median_s"] == pytest.approx(120, abs=5)
    assert found["notify"]["longest_s"] == pytest.approx(180, abs=5)
    assert found["acknowledge"] == {"count": 0, "median_s": None, "longest_s": None}
    assert found["resolve"]["longest_s"] == pytest.approx(1_800, abs=5)
    assert [(x["receiver"], round(x["alerts_a_week"], 2), x["failed"]) for x in found["receivers"]] == [
        ("ana", 0.7, 0),
        ("bea", 0, 1),
    ]
    assert found["since"] < ago(29 * 1_440)


def test_the_examples_can_be_sent_as_they_stand(store: httpx.Client, connection: Connection) -> None:
    """A page of documentation that does not work teaches the wrong thing; only the times of a silence must be moved."""
    schemas = store.get("/openapi.json").json()["components"]["schemas"]
    example = {name: schemas[name]["examples"][0] for name in ("AcknowledgeIn", "SilenceIn", "EndSilenceIn", "MoveIn")}
    alert_id = warm(connection)
    assert store.post(f"/v1/alerts/{alert_id}/acknowledge", json=example["AcknowledgeIn"]).is_success
    register_container(store, "freezer-1")
    register_container(store, "freezer-2")
    times = {"from": ago(-60), "until": ago(-120)}
    silenced = put(store, "/silences", {**example["SilenceIn"], **times})
    assert store.post(f"/v1/silences/{silenced['id']}/end", json=example["EndSilenceIn"]).is_success
    lot = {"id": "lot-3", "product_id": "exo-a", "lot_number": "LOT-3", "life_starts_at": "2026-01-30T00:00:00Z"}
    put(store, "/lots", lot)
    put(store, "/lots/lot-3/placements", {"id": "p", "container_id": "freezer-1", "from": "2026-01-30T00:00:00Z"})
    assert put(store, "/containers/freezer-1/move", example["MoveIn"])["lot_ids"] == ["lot-3"]
