"""What people record over HTTP has a line in the trail, in the name of who acted, with the reason they gave."""

import json
from datetime import UTC, datetime

import httpx

from service.answers.trail import tables_beside
from service.store.audit.kept_tables import Difference
from service.store.pool import Connection
from tests.acting import TESTER
from tests.cold_store import ago, attachment, furnish, put, register_container, register_logger, register_lot, send
from tests.rejected_messages import add_rejected
from tests.signing import QUALITY

_PROFILE = {
    "id": "own",
    "name": "Of our own",
    "limits": [{"direction": "above", "threshold_c": -60, "effect": "condemns", "budget_s": 3600}],
    "max_gap_s": 900,
    "source": "Stability study 2026-04.",
}


def _lines(connection: Connection) -> list[tuple[str, str, str, str | None]]:
    # That a change waits for a signature, and what it reaches, follows from it, and is no act of its own; quality signs
    # beside the test.
    rows = connection.execute(
        "SELECT table_name, operation, actor_name, reason FROM audit_trail "
        "WHERE actor NOT LIKE 'part:%%' AND operation <> 'before' "
        "AND table_name NOT IN ('changes_to_sign', 'change_reaches') "
        "AND actor <> %s ORDER BY id",
        [QUALITY.id],
    ).fetchall()
    return [(row["table_name"], row["operation"], row["actor_name"], row["reason"]) for row in rows]


def _differences(connection: Connection) -> list[Difference]:
    """Rows that are not what their newest lines say."""
    return [one for _, found in tables_beside(connection) for one in found or ()]


def test_whatever_is_recorded_has_its_line(api: httpx.Client, connection: Connection) -> None:
    """An inspector asks who did it: of registering, moving, correcting, calibrating and mending the trail says so."""
    before = len(_lines(connection))
    furnish(api, "f1", "f2")
    register_lot(api, "lot", "f1")
    put(api, "/profiles", _PROFILE)
    put(api, "/csv-mappings", {"model": "M", "temperature": "T"})
    send(api, "unheard", [-80])
    put(api, "/silences", {"container_id": "f1", "until": ago(-60), "reason": "service"})
    api.put("/v1/containers/f1/alerting", json={"instruction": "To f2.", "reason": "agreed"}).raise_for_status()
    put(api, "/containers/f1/move", {"to_id": "f2"})
    change = {"kind": "placement", "row_id": "lot-f1", "replacement": {"from": ago(50)}, "reason": "slip"}
    put(api, "/corrections", change)
    put(api, "/loggers/f1-logger/calibrations", {"id": "c", "from": ago(9), "certificate": "SCS 1"})
    span = {"from": ago(30), "until": ago(20)}
    put(api, "/loggers/f1-logger/clock-mends", {"id": "m", **span, "offset_s": 60, "reason": "zone"})
    put(api, "/containers/f1/attachments/f1-attached/absences", {"id": "x", **span, "reason": "battery"})
    put(api, "/lots/lot/disposition", {"decision": "quarantined", "reason": "looked into"})
    recall = put(api, "/recalls", {"lot_id": "lot", "reason": "a donor"})
    put(api, f"/recalls/{recall['id']}/lift", {"reason": "tested again"})
    assert set(_lines(connection)[before:]) == {
        ("sites", "insert", TESTER.name, None),
        ("products", "insert", TESTER.name, None),
        ("adoptions", "insert", TESTER.name, None),
        ("containers", "insert", TESTER.name, None),
        ("loggers", "insert", TESTER.name, None),
        ("series", "insert", TESTER.name, None),
        ("recorded_attachments", "insert", TESTER.name, None),
        ("lots", "insert", TESTER.name, None),
        ("recorded_placements", "insert", TESTER.name, None),
        ("profiles", "insert", TESTER.name, None),
        ("csv_mappings", "insert", TESTER.name, None),
        ("silences", "insert", TESTER.name, "service"),
        ("alerting", "insert", TESTER.name, "agreed"),
        ("moves", "insert", TESTER.name, None),
        ("recorded_placements", "update", TESTER.name, None),
        ("corrections", "insert", TESTER.name, "slip"),
        ("recorded_placements", "update", TESTER.name, "slip"),
        ("recorded_placements", "insert", TESTER.name, "slip"),
        ("recorded_calibrations", "insert", TESTER.name, "calibration, certificate SCS 1"),
        ("recorded_clock_mends", "insert", TESTER.name, "zone"),
        ("recorded_absences", "insert", TESTER.name, "battery"),
        ("origins", "insert", TESTER.name, None),
        ("dispositions", "insert", TESTER.name, "looked into"),
        ("recalls", "insert", TESTER.name, "a donor"),
        ("recall_lifts", "insert", TESTER.name, "tested again"),
        ("brought_readings", "insert", TESTER.name, None),
    }
    assert _differences(connection) == []


def test_what_is_changed_later_says_by_whom_and_why(api: httpx.Client, connection: Connection) -> None:
    """A probe confirmed and taken out, a range, a door grace, a silence ended, a message mended: all are kept."""
    furnish(api)
    register_container(api, "f1")
    register_logger(api, "tag", (None, 50))
    body = {**attachment("tag", "a"), "commissioned_at": None}
    put(api, "/containers/f1/attachments", body)
    silence = put(api, "/silences", {"container_id": "f1", "until": ago(-60), "reason": "service"})
    topic = "coldchain/v1/zurich/tag/readings"
    message = add_rejected(connection, topic=topic, payload=b"{", code="not_json", received_at=datetime.now(UTC))
    before = len(_lines(connection))
    sent = json.dumps({"measured_at": ago(1), "temperature_c": -80})
    for path, act in (
        ("containers/f1/commission", {"attachment_id": "a", "commissioned_at": ago(60), "reason": "it had settled"}),
        ("containers/f1/attachments/a/end", {"until": ago(1), "reason": "battery"}),
        ("loggers/tag/range", {"range_min_c": -90, "reason": "its data sheet"}),
        ("containers/f1/door-grace", {"door_grace_s": 60, "mapping_study": "MAP-1", "reason": "mapped"}),
        (f"silences/{silence['id']}/end", {"reason": "done"}),
        (f"rejected-messages/{message}/redrive", {"payload": sent, "reason": "cut off"}),
    ):
        api.post(f"/v1/{path}", json=act).raise_for_status()
    assert _lines(connection)[before:] == [
        ("recorded_attachments", "update", TESTER.name, "it had settled"),
        ("recorded_attachments", "update", TESTER.name, "battery"),
        ("loggers", "update", TESTER.name, "its data sheet"),
        ("containers", "update", TESTER.name, "mapped"),
        ("door_graces", "insert", TESTER.name, "mapped"),
        ("silences", "update", TESTER.name, "done"),
        ("origins", "insert", TESTER.name, "cut off"),
        ("brought_readings", "insert", TESTER.name, "cut off"),
        ("redrives", "insert", TESTER.name, "cut off"),
    ]
    assert _differences(connection) == []
