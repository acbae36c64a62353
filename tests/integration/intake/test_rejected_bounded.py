"""Rejected messages, many of them: bounded, counted, and at a price that does not grow."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from os import environ
from pathlib import Path

from ingest.set_aside import SetAsideFolder
from service.acts.redrive import redrive_many
from service.domain.intake.room import Room
from service.formats.coldchain_v1 import take
from service.store.intake.keep_rejected import NewRejectedMessage, keep_rejected
from service.store.pool import Connection
from tests.acting import TESTER
from tests.dialects import CLOCK

ARRIVED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def bad(number: int, logger_id: str = "bad", payload: bytes | None = None) -> NewRejectedMessage:
    """A logger's message number so and so, a tenth of a second after the one before."""
    topic = f"coldchain/v1/site/{logger_id}/readings"
    at = ARRIVED + timedelta(seconds=number / 10)
    return NewRejectedMessage(topic, payload or b"no json %d" % number, "not_json", "no", at, {logger_id: "not_json"})


def totals(connection: Connection) -> tuple[int, int]:
    """Messages and bytes that are said to be kept."""
    [row] = connection.execute("SELECT messages, bytes FROM rejected_totals").fetchall()
    return row["messages"], row["bytes"]


def kept(connection: Connection) -> tuple[int, int]:
    """Messages and bytes that are kept."""
    [row] = connection.execute(
        "SELECT count(*) AS n, coalesce(sum(coalesce(octet_length(payload), 0) + octet_length(topic) "
        "+ octet_length(explanation)), 0) AS bytes FROM rejected_messages"
    ).fetchall()
    return row["n"], int(row["bytes"])


def test_a_flood_is_bounded_and_leaves_room_for_others(connection: Connection) -> None:
    """A logger that sends ten bad messages a second for a day leaves the one bad message of another to be mended."""
    connection.execute("INSERT INTO loggers (id) VALUES ('bad'), ('other')")
    most = Room(100, 1 << 20)
    counted = [keep_rejected(connection, [bad(n) for n in range(i, i + 20)], most) for i in range(0, 100, 20)]
    assert sum(counted) == 90
    assert keep_rejected(connection, [bad(0, "other")], most) == 0
    assert kept(connection) == totals(connection)
    assert kept(connection)[0] == 11
    # What is known already is counted where it is, and needs no room.
    assert keep_rejected(connection, [bad(0), bad(0)], most) == 0
    [row] = connection.execute(
        "SELECT times FROM rejected_messages WHERE topic LIKE '%/bad/%' AND times > 1"
    ).fetchall()
    assert row["times"] == 3


def test_one_content_is_kept_once_also_within_a_batch(connection: Connection) -> None:
    """A logger that repeats itself until it is answered costs one row."""
    most = Room(100, 1 << 20)
    keep_rejected(connection, [bad(n, payload=b"same") for n in range(50)], most)
    keep_rejected(connection, [bad(n, payload=b"same") for n in range(50)], most)
    [row] = connection.execute("SELECT times, first_received_at, last_received_at FROM rejected_messages").fetchall()
    assert row["times"] == 100
    assert row["last_received_at"] - row["first_received_at"] == timedelta(seconds=4.9)
    assert kept(connection) == totals(connection)


def test_what_is_kept_costs_a_further_one_nothing(connection: Connection) -> None:
    """After a bad day with hundreds of thousands kept, one more takes no longer, and no reading waits for it."""
    most = Room(10_000_000, 1 << 40)
    connection.execute("INSERT INTO loggers (id) VALUES ('bad')")
    few_s = _time_of(connection, 0, most)
    connection.execute(
        "INSERT INTO rejected_messages (sha256, topic, code, explanation, payload, payload_size, first_received_at, "
        "last_received_at) SELECT sha256(n::text::bytea), 't', 'not_json', '', 'x', 1, now(), now() "
        "FROM generate_series(1, 200000) AS n"
    )
    assert _time_of(connection, 10_000, most) < 5 * few_s + 0.05


def _time_of(connection: Connection, first: int, most: Room) -> float:
    """The median time that a message takes by itself, of those after this number."""
    times_s = []
    for number in range(first, first + 21):
        started_s = time.perf_counter()
        keep_rejected(connection, [bad(number)], most)
        times_s.append(time.perf_counter() - started_s)
    return sorted(times_s)[10]


def test_one_that_is_refused_in_words_nobody_knows_does_not_stop_a_redrive(connection: Connection) -> None:
    """Of hundreds driven again after a mend, one that the database refuses costs none of the others."""
    connection.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.temperature_c = 77 THEN "
        "RAISE EXCEPTION 'no' USING ERRCODE = 'UB042'; END IF; RETURN NEW; END $$"
    )
    connection.execute("CREATE TRIGGER refuse BEFORE INSERT ON readings FOR EACH ROW EXECUTE FUNCTION refuse()")
    payloads = [
        b'{"measured_at": "2026-03-01T11:5%d:00Z", "temperature_c": %d}' % (n, 77 if n == 2 else -80) for n in range(5)
    ]
    keep_rejected(connection, [bad(n, payload=x) for n, x in enumerate(payloads)], Room(1_000, 1 << 20))
    done = redrive_many(connection, TESTER, lambda _topic: take, CLOCK)
    assert (done.redriven, dict(done.rejected)) == (4, {"cannot_store": 1})


def test_messages_in_files_are_read_on_the_command_line(database_url: str, tmp_path: Path) -> None:
    """Whoever is told of them sees what they are, and gets the bytes as they came."""
    folder = SetAsideFolder(tmp_path / "aside")
    assert folder.keep("coldchain/v1/s/f/readings", b"\x1b[2J\nbytes", ARRIVED, "the database says no")
    environment = {**environ, "UNBROKEN_DATABASE_URL": database_url, "UNBROKEN_SET_ASIDE_DIR": str(tmp_path / "aside")}

    def unbroken(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "service", "rejected", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, check=False, timeout=60)

    listed = unbroken("set-aside").stdout.decode()
    assert "coldchain/v1/s/f/readings" in listed
    assert "the database says no" in listed
    assert unbroken("set-aside", "--payload", listed.split()[0]).stdout == b"\x1b[2J\nbytes"
    assert unbroken("set-aside", "--payload", "no-such").returncode == 2
    assert b"set-aside" in unbroken("list").stderr
