"""The database dies, fails over, fills up, refuses, or says nothing at all."""

import os
import random
import signal
import time

import pytest

from service.store.pool import DatabaseAwayError
from tests.acceptance.faults import Rig
from tests.acceptance.network import Proxy
from tests.eventually import eventually

pytestmark = pytest.mark.acceptance

#: What a database may say although nothing is wrong with any reading.
STATES = {
    "53100": "disk full",
    "53200": "out of memory",
    "53300": "too many connections",
    "40P01": "deadlock",
    "40001": "serialization failure",
    "55P03": "lock not available",
    "57014": "statement timeout",
    "57P01": "the administrator shuts down",
    "57P03": "starting up",
    "25006": "read-only",
    "42501": "no privilege",
    "42P01": "no such table",
    "23505": "an identity was set back",
    "2200H": "identities are used up",
    "XX000": "internal error",
    "UB042": "a state nobody knows",
}


def test_killed_and_recovered(rig: Rig, timing: random.Random) -> None:
    """A database that crashes has all that was acknowledged when it is back."""
    with rig.storm():
        time.sleep(timing.uniform(0, 0.5))
        rig.servers.database.stop("immediate")
        time.sleep(timing.uniform(0, 0.5))
        rig.servers.database.start()


def test_one_of_its_processes_is_killed(rig: Rig, timing: random.Random) -> None:
    """One dying backend makes PostgreSQL send all clients away and recover."""
    with rig.storm():
        time.sleep(timing.uniform(0, 0.5))
        [killed] = rig.backends()
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: _others(rig, killed), 30, "the database is back, and ingest too")


def _others(rig: Rig, killed: int) -> bool:
    try:
        return any(pid != killed for pid in rig.backends())
    except DatabaseAwayError:
        return False


def test_failover_to_another_host(rig: Rig, timing: random.Random) -> None:
    """Of several hosts in the address, the one that takes writes is found again each time it changes."""
    other = Proxy(rig.servers.database.port)
    other.cut()
    address = rig.through(rig.database, other, options="?target_session_attrs=read-write")
    rig.environment["UNBROKEN_DATABASE_URL"] = address
    with rig.storm():
        for dies, takes_over in ((rig.database, other), (other, rig.database)):
            time.sleep(timing.uniform(0, 0.4))
            dies.cut()
            time.sleep(timing.uniform(0, 0.2))
            takes_over.mend()
            before = rig.stored()
            eventually(lambda before=before: rig.stored() > before, 30, "the other host is used")
    other.close()


def test_read_only(rig: Rig, timing: random.Random) -> None:
    """A primary that became a standby refuses writes, not readings: they wait."""
    with rig.storm():
        time.sleep(timing.uniform(0, 0.4))
        rig.sql(f"ALTER DATABASE {rig.name} SET default_transaction_read_only = on")
        rig.send_clients_away()
        eventually(lambda: rig.said("ReadOnlySqlTransaction") > 0, 30, "ingest meets it")
        time.sleep(timing.uniform(0, 0.4))
        with rig.connection() as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f"ALTER DATABASE {rig.name} RESET default_transaction_read_only")
        rig.send_clients_away()


def test_disk_full(rig: Rig, timing: random.Random, tiny_disk: str) -> None:
    """With no room for another page nothing is acknowledged; with room again all is stored."""
    rig.sql(f"SELECT attach_tablespace('{tiny_disk}', 'readings')")
    rig.sql(f"CREATE TABLE ballast (filling text) TABLESPACE {tiny_disk}")
    with rig.storm(rate_hz=2_000):
        with pytest.raises(DatabaseAwayError, match="No space left"):
            _fill(rig)
        eventually(lambda: rig.said("DiskFull") > 0, 30, "ingest meets the full disk")
        time.sleep(timing.uniform(0, 0.5))
        rig.sql("DROP TABLE ballast")


def _fill(rig: Rig) -> None:
    for _ in range(1_000):
        rig.sql("INSERT INTO ballast SELECT repeat('x', 1000) FROM generate_series(1, 200)")


def test_restored_from_a_backup(rig: Rig, timing: random.Random) -> None:
    """A database that came back older numbers its series otherwise; no reading goes to another logger for that."""
    with rig.fleet() as fleet:
        time.sleep(timing.uniform(0, 0.3))
        fleet.pause()
        eventually(lambda: rig.stored() == len(fleet.taken), 30, "all is stored")
        before = set(fleet.taken)
        # As a restore does it: no trigger refuses anything, and nobody acts.
        rig.sql(
            "SET session_replication_role = replica; TRUNCATE readings, loggers, series RESTART IDENTITY CASCADE; "
            "INSERT INTO loggers (id) VALUES ('other'); "
            "INSERT INTO series (logger_id, probe) SELECT 'other', n::text FROM generate_series(1, 5) AS n"
        )
        rig.send_clients_away()
        fleet.resume()
        time.sleep(timing.uniform(0.1, 0.3))
    expected = sorted(fleet.row(number) for number in fleet.taken - before)
    eventually(lambda: rig.stored() >= len(expected), 30, "the others are stored")
    rig.stop()
    assert rig.rows() == expected


def test_slow(rig: Rig, timing: random.Random) -> None:
    """A slow database makes messages wait with the broker, not in our memory."""
    with rig.storm(rate_hz=1_000):
        rig.database.slow(timing.uniform(0.1, 0.2))
        time.sleep(1.5)
        rig.database.mend()


def test_silent(rig: Rig, timing: random.Random) -> None:
    """A network that swallows everything looks alive on both sides; the connection is given up and made anew."""
    with rig.storm():
        time.sleep(timing.uniform(0, 0.5))
        rig.database.stall()
        eventually(lambda: rig.said("its connection is cut") > 0, 30, "the silence is noticed")


def test_resets(rig: Rig, timing: random.Random) -> None:
    """Connections that break in the middle of a word store nothing twice."""
    with rig.storm(rate_hz=2_000):
        for _ in range(8):
            time.sleep(timing.uniform(0, 0.25))
            rig.database.reset()


def test_every_state_of_its_own(rig: Rig, timing: random.Random) -> None:
    """Whatever the database says of itself, no reading is rejected for it."""
    rig.sql("CREATE TABLE fault (state text)")
    rig.sql(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'DECLARE wanted text; BEGIN "
        "SELECT state INTO wanted FROM fault; IF FOUND THEN RAISE EXCEPTION USING ERRCODE = wanted; END IF; "
        "RETURN NULL; END'"
    )
    rig.sql("CREATE TRIGGER fail AFTER INSERT ON dirty FOR EACH STATEMENT EXECUTE FUNCTION fail()")
    states = timing.sample(sorted(STATES), 6)
    with rig.storm():
        for state in states:
            failed = rig.said("not stored")
            rig.sql("INSERT INTO fault VALUES (%s)", state)
            eventually(lambda failed=failed: rig.said("not stored") > failed, 10, f"ingest meets {STATES[state]}")
            rig.sql("DELETE FROM fault")
            before = rig.stored()
            eventually(lambda before=before: rig.stored() > before, 10, f"ingest gets over {STATES[state]}")
