"""The trail of what people did is sealed, and whatever is done to it afterwards is named."""

import itertools
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from psycopg import Cursor
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import scalar_row
from typer.testing import CliRunner

from alerts.sealer import Sealer
from service.answers.trail import follow_chain
from service.cli.main import command_line
from service.domain.brought import Way
from service.domain.identity.actor import Actor, part
from service.domain.identity.trail import BEGINNING, Place
from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.errors import UnbrokenError
from service.store.acting import acting
from service.store.audit.checks import last_check
from service.store.changes import Chosen, changes, note_change
from service.store.documents import keep_document
from service.store.pool import Connection, connect, snapshot
from service.store.reaches import Touched
from service.store.series.origins import add_origin
from service.store.tables import PARTS
from tests.acting import TESTER
from tests.database_roles import connected_as
from tests.scenario import Scenario

NOW = datetime(2026, 3, 1, tzinfo=UTC)

#: As somebody does it who owns the tables.
_UNGUARDED = (
    "ALTER TABLE audit_trail DISABLE TRIGGER USER",
    "ALTER TABLE audit_seals DISABLE TRIGGER USER",
    "ALTER TABLE sites DISABLE TRIGGER USER",
)


def sealer() -> Sealer:
    """One that seals when a test says so."""
    return Sealer(lambda: NOW, wait=lambda _: None)


def record(connection: Connection, *names: str) -> None:
    """An act for each: a site is registered."""
    for name in names:
        with acting(connection, TESTER):
            connection.execute("INSERT INTO sites (id, name, time_zone) VALUES (%s, %s, 'UTC')", [name, name])


def chain(connection: Connection) -> list[int]:
    """The ids of the lines that are sealed, in their order."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("SELECT trail_id FROM audit_seals ORDER BY number").fetchall()


def lines(connection: Connection) -> list[int]:
    """The ids of all lines."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("SELECT id FROM audit_trail ORDER BY id").fetchall()


@pytest.fixture
def verify(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """`unbroken audit verify` on the fresh database: its exit status, and what it says."""

    def run(*options: str, url: str = database_url) -> tuple[int, str]:
        monkeypatch.setenv("UNBROKEN_DATABASE_URL", url)
        done = CliRunner().invoke(command_line(), ["audit", "verify", *options])
        if isinstance(done.exception, UnbrokenError):
            return 2, str(done.exception)
        return done.exit_code, done.output

    return run


Verify = Callable[..., tuple[int, str]]


def test_what_was_recorded_is_sealed_and_holds(connection: Connection, verify: Verify) -> None:
    """Every act is in the chain, once, and the head rests on all of them."""
    record(connection, "basel", "bern", "chur")
    sealing = sealer()
    assert sealing.seal(connection) == 3
    assert sealing.seal(connection) == 0
    assert chain(connection) == lines(connection)
    status, said = verify("--head", str(sealing.head))
    assert status == 0, said
    assert f"{len(lines(connection))} lines, each as it was sealed" in said
    assert f"; head {sealing.head}" in said
    assert "ok    tables" in said


@pytest.mark.parametrize("first", ["slow", "quick"])
def test_an_act_that_ends_later_is_waited_for(connection: Connection, database_url: str, first: str) -> None:
    """What is committed later never comes before what is sealed, whichever of the two began before the other."""
    sealing = sealer()
    sealing.seal(connection)
    before = len(chain(connection))
    with (
        connect(database_url, application="slow", actor=TESTER) as slow,
        connect(database_url, application="quick", actor=TESTER) as quick,
    ):
        with slow.transaction():
            with quick.transaction():
                for began in (slow, quick) if first == "slow" else (quick, slow):
                    began.execute("SELECT pg_current_xact_id()")
                record(slow, "basel")
                record(quick, "bern")
            assert sealing.seal(connection) == 0
            assert sealing.seal(connection) == 0
        assert sealing.seal(connection) == 2
    assert chain(connection) == lines(connection)
    assert len(chain(connection)) == before + 2


def test_fifty_at_once_have_one_past(connection: Connection, database_url: str) -> None:
    """While a whole ward records, and two processes seal, the chain has no fork and misses nobody."""
    written = threading.Event()

    def write(number: int) -> None:
        with connect(database_url, application="writer", actor=Actor(f"account:{number}", "N.", "password")) as own:
            for act in range(8):
                with own.transaction():
                    record(own, f"site-{number}-{act}")
                    own.execute("UPDATE sites SET name = 'moved' WHERE id = %s", [f"site-{number}-{act}"])

    def seal() -> None:
        sealing = sealer()
        with connect(database_url, application="sealer", actor=part("alerts")) as own:
            while not written.is_set():
                sealing.seal(own)
            while sealing.seal(own) or len(chain(own)) < len(lines(own)):
                pass

    writers = [threading.Thread(target=write, args=[number]) for number in range(50)]
    sealers = [threading.Thread(target=seal) for _ in range(2)]
    for thread in (*writers, *sealers):
        thread.start()
    for thread in writers:
        thread.join()
    written.set()
    for thread in sealers:
        thread.join(30)
    assert chain(connection) == lines(connection)
    assert len(chain(connection)) >= 50 * 8 * 2
    with snapshot(connection):
        assert isinstance(follow_chain(connection), Place)


def test_a_sealer_killed_at_any_statement_leaves_the_chain_right(connection: Connection) -> None:
    """A power cut in the middle seals nothing twice and nothing wrongly."""

    class KilledError(Exception):
        """As a power cut would."""

    class Mortal(Cursor[Any]):
        lives = 0

        def execute(self, *arguments: Any, **named: Any) -> Any:
            _lose_a_life()
            return super().execute(*arguments, **named)

        def copy(self, *arguments: Any, **named: Any) -> Any:
            _lose_a_life()
            return super().copy(*arguments, **named)

    def _lose_a_life() -> None:
        Mortal.lives -= 1
        if Mortal.lives < 0:
            raise KilledError

    usual = connection.cursor_factory
    for lives in itertools.count():
        record(connection, f"site-{lives}")
        Mortal.lives = lives
        connection.cursor_factory = Mortal
        try:
            sealer().seal(connection)
            survived = True
        except KilledError:
            survived = False
        connection.cursor_factory = usual
        with snapshot(connection):
            assert isinstance(follow_chain(connection), Place)
        if survived:
            break
    assert lives > 4
    assert chain(connection) == lines(connection)


#: What is done to the database, and what `verify` says then. There are six lines of sites, the third of them is "chur".
_TAMPERINGS = {
    "a line changed": (
        "UPDATE audit_trail SET actor = 'account:nobody' WHERE row_key = 'chur'",
        "WRONG trail: line {chur} was changed since it was sealed",
    ),
    "a time moved by a microsecond": (
        "UPDATE audit_trail SET recorded_at = recorded_at + interval '1 microsecond' WHERE row_key = 'chur'",
        "WRONG trail: line {chur} was changed",
    ),
    "a space more in what was recorded": (
        "UPDATE audit_trail SET new = (new::text || ' ')::json WHERE row_key = 'chur'",
        "WRONG trail: line {chur} was changed",
    ),
    "a line removed": (
        "DELETE FROM audit_trail WHERE row_key = 'chur'",
        "WRONG trail: line {chur}, sealed as number {number}, was removed",
    ),
    "a line removed with its seal": (
        "DELETE FROM audit_seals WHERE trail_id = {chur}; DELETE FROM audit_trail WHERE row_key = 'chur'",
        "WRONG trail: the seal of line number {number} was removed",
    ),
    "a line added between": (
        "ALTER TABLE audit_trail ALTER id SET GENERATED BY DEFAULT; "
        "UPDATE audit_trail SET id = 1000 + id WHERE id > {chur}; UPDATE audit_seals SET trail_id = 1000 + trail_id "
        "WHERE trail_id > {chur}; INSERT INTO audit_trail OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(one, "
        "jsonb_build_object('id', {chur} + 1))).* FROM audit_trail AS one WHERE row_key = 'chur'",
        "WRONG trail: line {next} was added: it is not sealed",
    ),
    "two lines that changed places": (
        "ALTER TABLE audit_trail ALTER id SET GENERATED BY DEFAULT; "
        "UPDATE audit_trail SET id = CASE id WHEN {chur} THEN 0 ELSE {chur} END WHERE id IN ({chur}, {next}); "
        "UPDATE audit_trail SET id = {next} WHERE id = 0",
        "WRONG trail: line {chur} was changed",
    ),
    "two seals that changed places": (
        "UPDATE audit_seals SET trail_id = 0 WHERE trail_id = {chur}; "
        "UPDATE audit_seals SET trail_id = {chur} WHERE trail_id = {next}; "
        "UPDATE audit_seals SET trail_id = {next} WHERE trail_id = 0",
        "WRONG trail: line {chur} was put elsewhere",
    ),
    "a seal that claims another time": (
        "UPDATE audit_seals SET sealed_at = sealed_at - interval '1 day' WHERE trail_id = {chur}",
        "WRONG trail: line {chur} was changed",
    ),
    "the trail emptied": ("TRUNCATE audit_trail", "WRONG trail: line {first}, sealed as number 1, was removed"),
    "the trail emptied with its seals": (
        "TRUNCATE audit_trail, audit_seals",
        "WRONG table sites: row basel was added, and the trail knows of no such act",
    ),
    "a row changed past the trail": (
        "UPDATE sites SET name = 'Genf' WHERE id = 'chur'",
        "WRONG table sites: row chur was changed, and the trail knows of no such act",
    ),
    "a row removed past the trail": (
        "DELETE FROM sites WHERE id = 'chur'",
        "WRONG table sites: row chur was removed, and the trail knows of no such act",
    ),
    "a row added past the trail": (
        "INSERT INTO sites (id, name, time_zone) VALUES ('genf', 'Genf', 'UTC')",
        "WRONG table sites: row genf was added, and the trail knows of no such act",
    ),
    "the trail of a table switched off": (
        "ALTER TABLE sites DISABLE TRIGGER trail_of_updates",
        "WRONG table sites: its trail is switched off",
    ),
    "the trail of a table taken away": (
        "DROP TRIGGER trail_of_inserts ON sites",
        "WRONG table sites: its trail is switched off",
    ),
}


@pytest.mark.parametrize("what", _TAMPERINGS)
def test_whoever_owns_the_database_changes_nothing_unseen(connection: Connection, verify: Verify, what: str) -> None:
    """With every trigger switched off meanwhile, the first line or row that is not what it was is named."""
    record(connection, "basel", "bern", "chur", "davos", "flims", "glarus")
    sealing = sealer()
    sealing.seal(connection)
    [row] = connection.execute(
        "SELECT trail_id AS chur, trail_id + 1 AS next, number, (SELECT min(id) FROM audit_trail) AS first "
        "FROM audit_seals JOIN audit_trail ON audit_trail.id = trail_id WHERE row_key = 'chur'"
    ).fetchall()
    statements, expected = (text.format(**row) for text in _TAMPERINGS[what])
    for statement in _UNGUARDED:
        connection.execute(statement)
    for statement in statements.split("; "):
        connection.execute(statement)
    if "TRIGGER" not in statements:
        for statement in _UNGUARDED:
            connection.execute(statement.replace("DISABLE", "ENABLE"))
    status, said = verify()
    assert status == 1, said
    assert expected in said
    assert "docs/audit.md" in said


@pytest.mark.parametrize("part_name", PARTS)
def test_no_part_of_the_service_changes_the_past(database_url: str, connection: Connection, part_name: str) -> None:
    """Whoever breaks into a part of the service has its role in the database, and that one rewrites nothing."""
    record(connection, "basel")
    with connected_as(database_url, "alerts") as sealing:
        assert sealer().seal(sealing) > 0, "that is what the role of alerts is for"
        sealer().check(sealing)
    with connected_as(database_url, part_name) as tampering:
        for statement in (
            "UPDATE audit_trail SET actor = 'x'",
            "DELETE FROM audit_trail",
            "TRUNCATE audit_trail",
            "INSERT INTO audit_trail OVERRIDING SYSTEM VALUE SELECT * FROM audit_trail",
            "UPDATE audit_seals SET hash = ''",
            "DELETE FROM audit_seals",
            "TRUNCATE audit_seals",
        ):
            with pytest.raises(InsufficientPrivilege):
                tampering.execute(statement)


def test_a_superuser_needs_no_trigger_switched_off_and_is_found_too(connection: Connection, verify: Verify) -> None:
    """As a replica, a session of a superuser meets no trigger at all."""
    record(connection, "basel", "bern")
    sealer().seal(connection)
    connection.execute("SET session_replication_role = replica")
    connection.execute("UPDATE audit_trail SET reason = 'they said so' WHERE row_key = 'bern'")
    connection.execute("UPDATE sites SET time_zone = 'Asia/Tokyo' WHERE id = 'basel'")
    status, said = verify()
    assert status == 1
    assert "was changed since it was sealed" in said
    assert "WRONG table sites: row basel was changed" in said


def test_what_a_change_touches_is_not_taken_from_it_unseen(connection: Connection, verify: Verify) -> None:
    """A lot would be freed before anybody signed: what a change reaches is in the trail, and in what is signed."""
    scenario = Scenario(connection)
    scenario.container("f1", loggers=["f1"])
    scenario.lot("lot", "f1")
    with acting(connection, TESTER):
        note_change(connection, Kind.LIFE_START, "lot", {}, [Touched(lot_id="lot", from_at=NOW)], Cause.PLACEMENT)
    assert '"touches":[{"from_at":"2026-03-01T00:00:00Z","lot_id":"lot"}]' in changes(connection, Chosen())[0].content
    sealer().seal(connection)
    assert verify()[0] == 0
    connection.execute("SET session_replication_role = replica")
    connection.execute("UPDATE change_reaches SET from_at = '2027-01-01' WHERE from_at = %s", [NOW])
    assert re.search(r"WRONG table change_reaches: row \d+ was changed", verify()[1])
    connection.execute("DELETE FROM change_reaches WHERE from_at = '2027-01-01'")
    assert re.search(r"WRONG table change_reaches: row \d+ was removed", verify()[1])


def test_kept_bytes_are_not_exchanged_unseen(connection: Connection, verify: Verify) -> None:
    """Evidence that an answer rests on is what was brought: another file under its name is found, and so is none."""
    with acting(connection, TESTER):
        kept = keep_document(connection, BytesIO(b"2026-03-01,-80.1"), 1_000).sha256
        add_origin(connection, Way.FILE, kept, None)
    sealer().seal(connection)
    assert verify()[0] == 0
    connection.execute("SET session_replication_role = replica")
    connection.execute("UPDATE documents SET content = '2026-03-01,-20.0'")
    assert f"WRONG documents: document {kept.hex()} is not what its SHA-256 says" in verify()[1]
    connection.execute("DELETE FROM documents")
    status, said = verify()
    assert (status, f"WRONG documents: document {kept.hex()} is gone, and origins rests on it" in said) == (1, True)


def test_a_chain_that_was_computed_anew_is_found_by_a_head_from_outside(connection: Connection, verify: Verify) -> None:
    """Whoever can do everything with the database cannot change what the monitor was told."""
    record(connection, "basel", "bern", "chur")
    sealing = sealer()
    sealing.seal(connection)
    outside = str(sealing.head)
    connection.execute("SET session_replication_role = replica")
    connection.execute("UPDATE audit_trail SET actor_name = 'Nobody' WHERE row_key = 'basel'")
    connection.execute("DELETE FROM audit_seals")
    sealer().seal(connection)
    assert verify()[0] == 0, "by itself the chain holds"
    status, said = verify("--head", outside)
    assert status == 1
    assert "once had another seal" in said


def test_a_head_that_is_none_is_refused(verify: Verify) -> None:
    """A head cut short by an editor is not taken for one that fails."""
    status, said = verify("--head", "1234:ab")
    assert status == 2
    assert "is no head of an audit trail" in said


def test_a_trail_that_nobody_sealed_yet_holds(connection: Connection, verify: Verify) -> None:
    """Before the first line is sealed there is nothing to be wrong."""
    connection.execute("SET session_replication_role = replica")
    connection.execute("DELETE FROM audit_seals")
    status, said = verify("--head", str(BEGINNING))
    assert status == 0, said
    assert "0 lines" in said
    assert "is not sealed yet" in said, "the built-in profiles were recorded by the migration"


def test_columns_that_came_later_are_no_difference(connection: Connection, verify: Verify) -> None:
    """A line of before an upgrade says nothing of what there was not yet."""
    record(connection, "basel")
    connection.execute("ALTER TABLE sites ADD COLUMN street text NOT NULL DEFAULT 'Marktplatz 1'")
    connection.execute("ALTER TABLE sites RENAME COLUMN time_zone TO zone")
    assert verify()[0] == 0


def test_what_a_logger_says_of_itself_is_no_difference(connection: Connection, verify: Verify) -> None:
    """A freezer's logger goes offline, and nobody tampered with it."""
    connection.execute("INSERT INTO loggers (id) VALUES ('l')")
    connection.execute("UPDATE loggers SET range_min_c = -90")
    connection.execute("SELECT set_config('unbroken.actor', 'part:ingest', false)")
    connection.execute("UPDATE loggers SET online = false, firmware = '2', topic_site = 'x', first_seen_at = now()")
    connection.execute("INSERT INTO loggers (id) VALUES ('heard')")
    assert verify()[0] == 0
    connection.execute("UPDATE loggers SET range_min_c = -100")
    assert "WRONG table loggers: row l was changed" in verify()[1]


def test_the_check_in_the_background_comes_to_everything(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tampering with a line of years ago is found by itself, within as many minutes as there are pieces."""
    monkeypatch.setattr("alerts.sealer._PIECE", 4)
    monkeypatch.setattr("alerts.sealer._NEWEST", 2)
    record(connection, *(f"site-{number}" for number in range(20)))
    sealing = sealer()
    sealing.seal(connection)
    for _ in range(8):
        sealing.check(connection)
    assert _broken(connection) == ""
    connection.execute("SET session_replication_role = replica")
    [row] = connection.execute("UPDATE audit_trail SET reason = 'x' WHERE row_key = 'site-7' RETURNING id").fetchall()
    for _ in range(8):
        sealing.check(connection)
    assert _broken(connection).startswith(f"line {row['id']} was changed")
    connection.execute("UPDATE audit_trail SET reason = NULL WHERE row_key = 'site-7'")
    sealing.check(connection)
    assert _broken(connection) == "", "it was put right from a backup"
    connection.execute("UPDATE audit_trail SET reason = 'x' WHERE row_key = 'site-7'")
    connection.execute("DELETE FROM audit_seals")
    assert sealer().seal(connection) > 20
    sealing.check(connection)
    assert "once had another seal" in _broken(connection), "whoever sealed before remembers the head"


def _broken(connection: Connection) -> str:
    check = last_check(connection)
    assert check is not None
    return check.broken
