"""Acts that may make a lot look better, over HTTP: nothing is usable that rests on one before quality has signed it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from service.store.pool import Connection
from tests.cold_store import (
    ago,
    all_of,
    attachment,
    evaluate,
    get,
    put,
    refusal,
    register_container,
    register_logger,
    register_lot,
    register_site,
    send,
)
from tests.signing import sign_all


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """A lot that lay in a cold freezer for two hours, all of it signed; from here on nobody signs by himself."""
    register_site(api)
    for name in ("f1", "f2"):
        register_container(api, name)
        register_logger(api, f"{name}-logger")
        put(api, f"/containers/{name}/attachments", attachment(f"{name}-logger", f"{name}-attached"))
        send(api, f"{name}-logger", [-80] * 25, minutes_ago=120)
    register_lot(api, "lot", "f1", minutes_ago=120)
    evaluate(connection)
    assert answer(api) == "usable"
    api.event_hooks["response"].clear()
    return api


def answer(api: httpx.Client, lot_id: str = "lot") -> str:
    """May it be used?"""
    found: str = get(api, f"/lots/{lot_id}/status")["answer"]
    return found


def kinds(api: httpx.Client, **chosen: Any) -> list[str]:
    """What waits, newest first."""
    return [change["kind"] for change in all_of(api, "/changes", state="unsigned", **chosen)]


def calibrated(api: httpx.Client) -> None:
    put(api, "/loggers/f1-logger/calibrations", {"id": "c", "from": ago(90), "offset_c": -1, "certificate": "SCS 1"})


def mended(api: httpx.Client) -> None:
    body = {"id": "m", "from": ago(90), "until": ago(60), "offset_s": 5, "reason": "five seconds slow"}
    put(api, "/loggers/f1-logger/clock-mends", body)


def absent(api: httpx.Client) -> None:
    body = {"id": "a", "from": ago(92), "until": ago(91), "reason": "battery"}
    put(api, "/containers/f1/attachments/f1-attached/absences", body)


def graced(api: httpx.Client) -> None:
    body = {"door_grace_s": 60, "mapping_study": "MAP-1", "reason": "mapped"}
    assert api.post("/v1/containers/f1/door-grace", json=body).is_success


def moved(api: httpx.Client) -> None:
    put(api, "/lots/lot/placements", {"id": "p", "container_id": "f2", "from": ago(60), "reason": "found there"})


def all_moved(api: httpx.Client) -> None:
    body = {"to_id": "f2", "at": ago(60), "reason": "found there"}
    assert api.post("/v1/containers/f1/move", json=body).is_success


def corrected(api: httpx.Client) -> None:
    replacement = {"from": ago(119)}
    put(api, "/corrections", {"kind": "placement", "row_id": "lot-f1", "replacement": replacement, "reason": "slip"})


def attached(api: httpx.Client) -> None:
    register_logger(api, "second")
    put(api, "/containers/f1/attachments", attachment("second", "second", reason="it was there all the while"))


def brought(api: httpx.Client) -> None:
    send(api, "f1-logger", [-80], minutes_ago=62.5)


def send_file(api: httpx.Client) -> None:
    """A file of the freezer's logger with a reading between two that came live."""
    lines = f"time,temperature_c\n{ago(62.5)},-80.0\n"
    answered = api.post(
        "/v1/imports", data={"logger_id": "f1-logger", "time_zone": "UTC"}, files={"file": ("log.csv", lines.encode())}
    )
    assert answered.is_success, answered.text


ACTS: dict[str, tuple[Callable[[httpx.Client], None], list[str]]] = {
    "calibration": (calibrated, ["calibration"]),
    "clock mend": (mended, ["clock_mend"]),
    "absence": (absent, ["absence"]),
    "door grace": (graced, ["door_grace"]),
    "placement": (moved, ["placement"]),
    "move": (all_moved, ["placement"]),
    "correction": (corrected, ["correction"]),
    "attachment": (attached, ["attachment"]),
    "readings": (brought, ["readings"]),
    "import": (send_file, ["import"]),
}


@pytest.mark.parametrize("name", ACTS)
def test_what_may_soften_waits_for_quality(store: httpx.Client, connection: Connection, name: str) -> None:
    """Between the act and the signature nobody reads that the vial may be used: before the pass, after it, in lists."""
    act, expected = ACTS[name]
    act(store)
    assert answer(store) == "not_proven"
    assert kinds(store, lot_id="lot") == expected
    evaluate(connection)
    status = get(store, "/lots/lot/status")
    assert (status["answer"], status["verdict"]) == ("not_proven", "viable")
    assert "unsigned_change" in [reason["code"] for reason in status["reasons"]]
    [listed] = [lot for lot in all_of(store, "/lots") if lot["id"] == "lot"]
    assert (listed["answer"], listed["verdict"]) == ("not_proven", "viable")
    assert "waits for a signature" in listed["reason"]
    assert sign_all(connection)
    assert answer(store) == "not_proven"
    evaluate(connection)
    assert answer(store) == "usable"


def test_what_is_recorded_in_time_waits_for_nobody(store: httpx.Client, connection: Connection) -> None:
    """Who scans a rack within the quarter of an hour in which a scan may come is believed."""
    register_lot(store, "new", "f2", minutes_ago=10)
    put(store, "/lots/lot/placements", {"id": "p", "container_id": "f2", "from": ago(5)})
    assert kinds(store) == []
    evaluate(connection)
    assert answer(store, "new") == "usable"


def test_a_life_and_a_place_given_for_long_ago_wait(store: httpx.Client, connection: Connection) -> None:
    """That a lot was filled yesterday, and lay in the cold since, somebody says today: another looks at that."""
    register_lot(store, "late", "f2", minutes_ago=100)
    assert kinds(store, lot_id="late") == ["placement", "life_start"]
    evaluate(connection)
    assert answer(store, "late") == "not_proven"
    assert answer(store) == "usable"


def test_an_offset_recorded_before_the_warm_night_is_caught(store: httpx.Client, connection: Connection) -> None:
    """When it is recorded, it improves nothing: the freezer is at −80 °C. By morning it hides what happened."""
    put(store, "/loggers/f1-logger/calibrations", {"id": "c", "from": ago(0), "offset_c": -40, "certificate": "X"})
    register_lot(store, "next", "f1", minutes_ago=0)
    evaluate(connection)
    assert answer(store, "next") == "not_proven"
    assert "next" in all_of(store, "/changes", state="unsigned")[0]["lots"]


def test_what_certainly_makes_nothing_better_counts_at_once(store: httpx.Client, connection: Connection) -> None:
    """A shorter grace, a probe beside the lots, a calibration that changes nothing: nobody is kept waiting."""
    graced(store)
    put(store, "/loggers/f1-logger/calibrations", {"id": "c1", "from": ago(90), "certificate": "X"})
    sign_all(connection)
    body = {"door_grace_s": 30, "mapping_study": "MAP-1", "reason": "mapped again"}
    assert store.post("/v1/containers/f1/door-grace", json=body).is_success
    register_logger(store, "beside")
    put(store, "/containers/f1/attachments", attachment("beside", "beside", place="ambient"))
    put(store, "/loggers/f1-logger/calibrations", {"id": "c2", "from": ago(30), "certificate": "X"})
    assert kinds(store) == []
    evaluate(connection)
    assert answer(store) == "usable"


def test_a_declared_room_waits(store: httpx.Client) -> None:
    """Nobody measured it."""
    room = {"id": "room", "site_id": "zurich", "name": "Room", "kind": "ambient", "profile_id": "cryo-80"}
    put(store, "/containers", {**room, "declared_c": 21})
    assert kinds(store) == ["declared_room"]


def test_files_of_a_sites_own_loggers_count_where_quality_has_said_so(
    store: httpx.Client, connection: Connection
) -> None:
    """A site whose shippers are read out each day signs that once, and not each file."""
    body = {"rule": "accepts_files", "is_on": True, "reason": "shippers are read out every day"}
    rule = store.post("/v1/sites/zurich/signing-rules", json=body).json()
    assert kinds(store) == ["site_rule"]
    assert get(store, f"/changes/{rule['change_id']}")["site_id"] == "zurich"
    sign_all(connection)
    send_file(store)
    assert kinds(store) == []
    evaluate(connection)
    status = get(store, "/lots/lot/status")
    assert status["answer"] == "usable"
    [origin] = [x for x in status["brought"] if x["way"] == "file"]
    assert (origin["way"], origin["recorded_by"], origin["rests_s"]) == ("file", "T. Tester", 300)
    assert origin["text"].startswith("5 min from a file, brought by T. Tester on ")
    assert all_of(store, "/sites/zurich/signing-rules")[0]["is_on"]
    assert store.post("/v1/sites/zurich/signing-rules", json={**body, "is_on": False}).is_success
    lines = f"time,temperature_c\n{ago(57.5)},-80.0\n".encode()
    data = {"logger_id": "f1-logger", "time_zone": "UTC"}
    assert store.post("/v1/imports", data=data, files={"file": ("log.csv", lines)}).is_success
    assert kinds(store) == ["import"]
    refusal(store.post("/v1/sites/nowhere/signing-rules", json=body), 404)


def test_what_was_brought_is_told_with_who_and_how_much(store: httpx.Client, connection: Connection) -> None:
    """An hour that nobody measured live is from a file: whoever defends the answer years later knows whose."""
    put(store, "/lots/lot/placements", {"id": "p", "container_id": "f2", "from": ago(0)})
    send(store, "f2-logger", [-80] * 5, minutes_ago=180, every=10)
    sign_all(connection)
    register_lot(store, "old", "f2", minutes_ago=180)
    sign_all(connection)
    evaluate(connection)
    own = [x for x in get(store, "/lots/old/status")["brought"] if x["rests_s"] == 40 * 60]
    assert [(x["way"], x["recorded_by"]) for x in own] == [("http", "T. Tester")]
    rows = connection.execute(
        "SELECT encode(sha256, 'hex') AS sha256, content FROM documents JOIN origins USING (sha256) "
        "ORDER BY id DESC LIMIT 1"
    ).fetchall()
    assert rows[0]["sha256"] == own[0]["sha256"]
    assert b"-80" in rows[0]["content"]
    assert store.get(f"/v1/documents/{own[0]['sha256']}").content == rows[0]["content"]
    assert {"T. Tester"} == {kept["recorded_by"] for kept in all_of(store, "/documents")}
    refusal(store.get(f"/v1/documents/{'0' * 64}"), 404)


@pytest.mark.parametrize("name", ["absence", "calibration", "clock mend"])
def test_a_change_reaches_as_far_as_the_probe_was_silent(api: httpx.Client, connection: Connection, name: str) -> None:
    """A probe fell silent while it was warm: a lot put there hours later is freed by whoever explains that away."""
    register_site(api)
    register_container(api, "f1")
    for logger_id in ("silent", "cold"):
        register_logger(api, logger_id)
        put(api, "/containers/f1/attachments", attachment(logger_id, f"{logger_id}-attached"))
    send(api, "cold", [-80] * 61, minutes_ago=300)
    send(api, "silent", [-80] * 5 + [-20] * 2, minutes_ago=300)
    send(api, "silent", [-80] * 10, minutes_ago=45)
    register_lot(api, "later", "f1", minutes_ago=200)
    sign_all(connection)
    evaluate(connection)
    assert answer(api, "later") == "not_proven"
    api.event_hooks["response"].clear()
    times = {"from": ago(278), "until": ago(268)}
    if name == "absence":
        body = {"id": "a", **times, "reason": "battery"}
        put(api, "/containers/f1/attachments/silent-attached/absences", body)
    elif name == "calibration":
        put(api, "/loggers/silent/calibrations", {"id": "c", **times, "offset_c": -50, "certificate": "X"})
    else:
        put(api, "/loggers/silent/clock-mends", {"id": "m", **times, "offset_s": -1_200, "reason": "reset"})
        put(api, "/containers/f1/attachments/silent-attached/absences", {"id": "a", **times, "reason": "battery"})
    evaluate(connection)
    assert answer(api, "later") == "not_proven"
    assert "later" in all_of(api, "/changes", state="unsigned")[-1]["lots"]
