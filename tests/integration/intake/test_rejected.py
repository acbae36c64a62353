"""Messages that could not be taken: read, mended and driven again, over HTTP and on the command line."""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from service.acts.redrive import redrive_many
from service.cli.acting import user_of_machine
from service.cli.main import command_line
from service.errors import NotFoundError
from service.formats.coldchain_v1 import take
from service.formats.dialect import LARGEST_PAYLOAD_BYTES, Dialect
from service.settings import Settings
from service.store.pool import Connection
from tests.acting import TESTER
from tests.cold_store import all_of, evaluate, furnish, get, refusal, register_lot
from tests.rejected_messages import add_rejected

TOPIC = "coldchain/v1/zurich/tag/readings"
ARRIVED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

Reject = Callable[..., int]


def sent(minutes: float = 0, temperature_c: Any = -80.0) -> dict[str, Any]:
    """A reading measured so many minutes after the moment all these messages arrived."""
    return {"measured_at": (ARRIVED + timedelta(minutes=minutes)).isoformat(), "temperature_c": temperature_c}


@pytest.fixture
def reject(connection: Connection) -> Reject:
    """Keep a message as ingest does when it cannot take it; gives its id."""

    def add(payload: Any, code: str = "not_json", topic: str = TOPIC, cap: int = 1 << 30) -> int:
        return add_rejected(
            connection,
            topic=topic,
            payload=payload if isinstance(payload, bytes) else json.dumps(payload).encode(),
            code=code,
            received_at=ARRIVED,
            storage_cap_bytes=cap,
        )

    return add


def redrive(api: httpx.Client, message_id: int, **mend: Any) -> httpx.Response:
    """POST it."""
    return api.post(f"/v1/rejected-messages/{message_id}/redrive", json=mend)


def stored(connection: Connection) -> list[dict[str, Any]]:
    """All readings, by time."""
    return connection.execute("SELECT measured_at, received_at, temperature_c FROM readings ORDER BY 1").fetchall()


def test_rejected_messages_can_be_read(api: httpx.Client, reject: Reject) -> None:
    """What a logger sent in vain is there to be mended: the bytes as they came, and why."""
    no_text, text, other, no_room = (
        reject(b"caf\xe9 \x00"),
        reject(b"hello"),
        reject(b"{}", "time_ahead", "zigbee2mqtt/lamp"),
        reject(b"no room", "x", cap=0),
    )
    messages = all_of(api, "/rejected-messages")
    assert [message["id"] for message in messages] == [no_room, other, text, no_text]
    assert [message["payload_size"] for message in messages] == [7, 2, 5, 6]
    assert [message["kept_size"] for message in messages] == [None, 2, 5, 6]
    wholes = [get(api, f"/rejected-messages/{message['id']}") for message in messages]
    assert [whole["payload"] for whole in wholes] == [None, "{}", "hello", None]
    assert [whole["payload_base64"] for whole in wholes] == [None, None, None, "Y2Fm6SAA"]
    assert all(whole.items() >= message.items() for whole, message in zip(wholes, messages, strict=True))
    assert (messages[2]["times"], len(messages[2]["sha256"]), messages[2]["state"]) == (1, 64, "rejected")
    refusal(api.get("/v1/rejected-messages/99"), 404)
    for message_id in ("0", "9" * 30, "one"):
        refusal(api.get(f"/v1/rejected-messages/{message_id}"), 422, "message_id")


def test_rejected_messages_are_found(api: httpx.Client, reject: Reject) -> None:
    """Who mends one cause wants to see its messages alone, however many there are of others."""
    ids = [reject(b"%d" % n, "wrong_type" if n % 2 else "not_json") for n in range(6)]
    lamp = reject(b"lamp", "topic_unknown", "zigbee2mqtt/lamp")

    def found(**parameters: Any) -> list[int]:
        return [message["id"] for message in get(api, "/rejected-messages", **parameters)["items"]]

    assert found(code="not_json") == [ids[4], ids[2], ids[0]]
    assert found(topic="zigbee2mqtt/") == [lamp]
    assert found(topic="%") == found(code="no_such") == found(state="redriven") == []
    assert found(limit=2) == [lamp, ids[5]]
    assert found(limit=2, after=ids[5]) == found(limit=2, before_id=ids[5]) == [ids[4], ids[3]]
    wrong = ({"limit": 0}, {"limit": 1001}, {"code": "\x00"}, {"topic": "\x00"}, {"state": "lost"}, {"after": "one"})
    for parameters in wrong:
        refusal(api.get("/v1/rejected-messages", params=parameters), 422, next(iter(parameters)))


def test_a_mended_message_is_taken_as_of_its_arrival(api: httpx.Client, reject: Reject, connection: Connection) -> None:
    """A reading mended weeks later was there all the time; the original stays as it came, beside the mended one."""
    furnish(api, "f1")
    lot_topic = "coldchain/v1/zurich/f1-logger/readings"
    message_id = reject({**sent(), "temperature_c": "-80,0"}, "temperature_unknown", lot_topic)
    original = get(api, f"/rejected-messages/{message_id}")
    mended = json.dumps(sent())
    answer = redrive(api, message_id, payload=mended, reason="decimal comma")
    assert answer.json() == {"stored": 1, "known": 0, "conflicting": 0}
    assert stored(connection) == [{"measured_at": ARRIVED, "received_at": ARRIVED, "temperature_c": -80.0}]
    assert connection.execute("SELECT count(*) AS n FROM dirty WHERE series_id IS NOT NULL").fetchall() == [{"n": 1}]

    after = get(api, f"/rejected-messages/{message_id}")
    redriven = after["redrive"]
    assert {**after, "redrive": None} == {**original, "state": "redriven", "redriven_at": redriven["redriven_at"]}
    assert redriven == {
        "redriven_at": redriven["redriven_at"],
        "reason": "decimal comma",
        "recorded_by": TESTER.name,
        "topic": None,
        "payload": mended,
        "stored": 1,
        "known": 0,
        "conflicting": 0,
    }
    assert [message["id"] for message in all_of(api, "/rejected-messages", state="redriven")] == [message_id]
    assert all_of(api, "/rejected-messages", state="rejected") == []


def test_a_mended_message_can_change_a_verdict(api: httpx.Client, reject: Reject, connection: Connection) -> None:
    """What a logger said in a broken form counts as much as what it said well."""
    furnish(api, "f1")
    register_lot(api, "lot", "f1", 10)
    now = datetime.now(UTC)
    warm = [
        {"measured_at": (now - timedelta(minutes=m)).isoformat(), "temperature_c": -20.0} for m in range(180, -1, -1)
    ]
    message_id = reject(json.dumps(warm).encode()[:-1], topic="coldchain/v1/zurich/f1-logger/readings")
    connection.execute("UPDATE rejected_messages SET first_received_at = now()")
    evaluate(connection)
    assert get(api, "/lots/lot/status")["verdict"] == "unproven"
    assert redrive(api, message_id, payload=json.dumps(warm)).json()["stored"] == 181
    evaluate(connection)
    assert get(api, "/lots/lot/status")["verdict"] == "at_risk"


def test_what_is_redriven_twice_counts_once(api: httpx.Client, reject: Reject, connection: Connection) -> None:
    """Two people mend the same message; the second learns of the first, and nothing is stored again."""
    message_id = reject(sent(), "cannot_store")
    assert redrive(api, message_id).json()["stored"] == 1
    assert "was redriven at" in refusal(redrive(api, message_id), 409)
    again = reject([sent(), sent(1)], "cannot_store")
    assert redrive(api, again).json() == {"stored": 1, "known": 1, "conflicting": 0}
    other = reject(sent(temperature_c=-20), "cannot_store")
    assert redrive(api, other).json() == {"stored": 0, "known": 0, "conflicting": 1}
    assert [row["temperature_c"] for row in stored(connection)] == [-80.0, -80.0]


def test_of_two_who_redrive_at_once_one_is_told(api: httpx.Client, reject: Reject, connection: Connection) -> None:
    """Two people press the button at one moment: one takes the message, the other learns of it, and neither waits."""
    for minute in range(10):
        message_id = reject([sent(minute), sent(minute, -20)], "cannot_store")
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda wanted: redrive(api, wanted), [message_id] * 2))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert [row["temperature_c"] for row in stored(connection)] == [-80.0] * 10
    assert connection.execute("SELECT count(*) AS n FROM redrives").fetchall() == [{"n": 10}]


def test_what_still_cannot_be_taken_changes_nothing(api: httpx.Client, reject: Reject, connection: Connection) -> None:
    """All of a message or nothing: half a mend would hide that the other half is missing."""
    half = [sent(), {**sent(1), "temperature_c": "cold"}]
    message_id = reject(half, "temperature_unknown")
    for mend, code in (
        ({}, "temperature_unknown"),
        ({"payload": "-80"}, "wrong_type"),
        ({"payload": ""}, "not_json"),
        ({"payload": json.dumps(sent()), "topic": "freezer/1"}, "topic_unknown"),
        ({"payload": json.dumps(sent()), "topic": "coldchain/v1/zurich/+/readings"}, "topic_unknown"),
        ({"payload": json.dumps(sent()), "topic": "coldchain/v1/zurich/tasmota:freezer/readings"}, "reserved_name"),
        ({"payload": json.dumps({**sent(), "measured_at": "2026-03-01T12:11:00Z"})}, "time_ahead"),
    ):
        answer = redrive(api, message_id, **mend)
        refusal(answer, 422)
        assert answer.json()["code"] == code
    for field, wrong in (
        ("topic", ""),
        ("topic", "nul\x00"),
        ("reason", "nul\x00"),
        ("payload", 5),
        ("payload", "x" * (1 << 21)),
    ):
        refusal(redrive(api, message_id, **{field: wrong}), 422, field)
    refusal(redrive(api, 99), 404)
    assert stored(connection) == []
    assert get(api, f"/rejected-messages/{message_id}")["state"] == "rejected"


def test_a_clock_that_was_ahead_is_ahead_still(api: httpx.Client, reject: Reject) -> None:
    """Waiting does not make a wrong time right: it is compared with when the message came, not with now."""
    message_id = reject(sent(11), "time_ahead")
    answer = redrive(api, message_id)
    refusal(answer, 422)
    assert answer.json()["code"] == "time_ahead"
    assert redrive(api, message_id, payload=json.dumps(sent(10))).json()["stored"] == 1


def test_a_value_the_database_refuses_is_told(api: httpx.Client, reject: Reject, connection: Connection) -> None:
    """The database has the last word, and the message waits for a better mend."""
    connection.execute("ALTER TABLE readings ADD CONSTRAINT no_hundred CHECK (temperature_c <> 100)")
    message_id = reject([sent(), sent(1, 100)], "cannot_store")
    answer = redrive(api, message_id)
    refusal(answer, 422)
    assert (answer.json()["code"], stored(connection)) == ("cannot_store", [])
    assert redrive(api, message_id, payload=json.dumps(sent())).json()["stored"] == 1


def test_what_was_not_kept_whole_needs_its_payload(api: httpx.Client, reject: Reject) -> None:
    """The beginning of a message must not pass for all of it."""
    large = json.dumps([sent()]).encode() + b" " * LARGEST_PAYLOAD_BYTES
    for message_id, kept in (
        (reject(large, "too_large"), "only the first 65536 bytes"),
        (reject(b"no room", cap=0), "nothing"),
    ):
        assert kept in refusal(redrive(api, message_id), 409)
        assert redrive(api, message_id, payload=json.dumps(sent())).is_success


def test_an_old_status_does_not_speak_for_today(api: httpx.Client, reject: Reject, connection: Connection) -> None:
    """Whether a logger is online is what was heard last, also when an older word is mended later."""
    message_id = reject(b"gone", "status_unknown", "coldchain/v1/zurich/tag/status")
    assert redrive(api, message_id, payload="offline").json()["stored"] == 0
    logger = get(api, "/loggers/tag")
    assert (logger["online"], datetime.fromisoformat(logger["online_since"])) == (False, ARRIVED)
    connection.execute("UPDATE loggers SET online_since = online_since + interval '1 min', online = true")
    redrive(api, reject(b"away", "status_unknown", "coldchain/v1/zurich/tag/status"), payload="offline")
    assert get(api, "/loggers/tag")["online"] is True


def test_many_are_redriven_after_a_setting_was_mended(api: httpx.Client, reject: Reject) -> None:
    """Messages that came before a dialect was set up, or a limit widened, need no mending one by one."""
    good = [reject(sent(n), "time_ahead") for n in range(3)]
    bad = reject({**sent(), "temperature_c": "cold"}, "time_ahead")
    elsewhere = reject(sent(9), "time_ahead", "coldchain/v1/boston/other/readings")
    other = reject(sent(8), "not_json")
    reject(sent(7), "time_ahead", cap=0)
    body = {"code": "time_ahead", "topic": "coldchain/v1/zurich/", "reason": "limit widened"}
    answer = api.post("/v1/rejected-messages/redrive", json=body).json()
    assert answer == {
        "redriven": 3,
        "readings": 3,
        "rejected": {"temperature_unknown": 1},
        "not_kept": 1,
        "next_after_id": None,
    }
    assert [row["id"] for row in all_of(api, "/rejected-messages", state="redriven")] == good[::-1]
    assert get(api, f"/rejected-messages/{good[0]}")["redrive"]["reason"] == "limit widened"
    assert get(api, f"/rejected-messages/{elsewhere}")["state"] == "rejected"
    again = api.post("/v1/rejected-messages/redrive", json={"after_id": bad}).json()
    assert (again["redriven"], again["not_kept"]) == (2, 1)
    assert get(api, f"/rejected-messages/{other}")["state"] == "redriven"
    refusal(api.post("/v1/rejected-messages/redrive", json={"codes": []}), 422, "codes")


def test_many_are_redriven_in_portions(reject: Reject, connection: Connection) -> None:
    """A hundred thousand messages do not hold up one request, and those that fail do not hold up the rest."""

    def ours(_topic: str) -> Dialect:
        return take

    for n in range(5):
        reject(sent(n) if n % 2 else b"{" * (n + 1), "not_json")
    clock = Settings().clock()
    after_id: int | None = 0
    portions = []
    while after_id is not None:
        done = redrive_many(connection, TESTER, ours, clock, after_id=after_id, most=2)
        portions.append((done.redriven, done.rejected["not_json"]))
        after_id = done.next_after_id
    assert portions == [(1, 1), (1, 1), (0, 1)]
    assert len(stored(connection)) == 2


def test_the_examples_of_mending_can_be_sent(api: httpx.Client, reject: Reject) -> None:
    """The documentation's own example mends a message."""
    document = api.get("/openapi.json").json()
    one, many = (document["components"]["schemas"][name]["examples"][0] for name in ("RedriveIn", "RedriveManyIn"))
    assert redrive(api, reject(b"hello"), **one).json()["stored"] == 1
    assert api.post("/v1/rejected-messages/redrive", json=many).json()["redriven"] == 0


@pytest.fixture
def rejected(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bytes]:
    """What `unbroken rejected` writes about this database; in this process, for it takes a second to start."""
    monkeypatch.setenv("UNBROKEN_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")
    commands = command_line(["rejected"])

    def run(*arguments: str) -> bytes:
        done = CliRunner().invoke(commands, ["rejected", *arguments], catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout_bytes

    return run


@pytest.mark.long
def test_messages_are_mended_on_the_command_line(
    rejected: Callable[..., bytes], reject: Reject, connection: Connection, tmp_path: Path
) -> None:
    """An operator without a browser reads, mends and redrives; what a stranger sent does not command the terminal."""
    assert rejected("list") == b"there are none\n"
    escape = reject(b'{"measured_at": "\x1b[2J"}', "not_json")
    plain = reject(sent(1), "topic_unknown", "freezer/1")
    kept = reject(sent(2), "time_ahead")
    listed = rejected("list").decode()
    assert [line.split()[0] for line in listed.splitlines()] == [str(kept), str(plain), str(escape)]

    arrived = "2026-03-01T12:00:00Z"
    assert {line.split()[1] for line in listed.splitlines()} == {arrived}

    shown = _started("show", str(escape)).stdout
    assert f"last_received_at   {arrived}\n".encode() in shown
    assert b"\\x1b[2J" in shown
    assert b"\x1b" not in shown
    assert b"not_json" in shown
    mended = tmp_path / "mended.json"
    mended.write_bytes(rejected("show", str(escape), "--payload").replace(b"\x1b[2J", b"2026-03-01T12:00:00Z"))
    again = _started("redrive", str(escape), "--payload", str(mended))
    assert (again.returncode, again.stdout) == (2, b"")
    assert b"unbroken: " in again.stderr
    mended.write_text(json.dumps(sent()))
    assert rejected("redrive", str(escape), "--payload", str(mended), "--reason", "decimal comma") == (
        b"taken: 1 new readings, 0 known, 0 conflicting\n"
    )
    redriven = rejected("show", str(escape))
    assert b"payload mended" in redriven
    assert user_of_machine().name.encode() in redriven
    rejected("redrive", str(plain), "--topic", TOPIC)
    assert rejected("redrive-all", "--code", "time_ahead") == b"taken: 1 messages with 1 new readings\n"
    assert rejected("list") == b"there are none\n"
    assert len(rejected("list", "--state", "redriven").splitlines()) == 3
    with pytest.raises(NotFoundError, match="there is no rejected message 99"):
        rejected("show", "99")
    assert len(stored(connection)) == 3


def _started(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """The same, as an operator starts it."""
    command = [sys.executable, "-m", "service", "rejected", *arguments]
    return subprocess.run(command, capture_output=True, check=False, timeout=60)
