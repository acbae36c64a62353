"""Ingest dies, or stands still, at every point between the broker and the acknowledgement."""

import random
import signal
import time

import pytest

from tests.acceptance.faults import KEEPALIVE_S, Rig
from tests.eventually import eventually

pytestmark = pytest.mark.acceptance


def test_killed_at_any_moment(rig: Rig, timing: random.Random) -> None:
    """A machine that dies under load costs no reading, wherever it was with it."""
    with rig.storm(rate_hz=2_000):
        for _ in range(2):
            time.sleep(timing.uniform(0, 0.4))
            rig.kill()
            time.sleep(timing.uniform(0, 0.2))
            rig.start()


def test_killed_before_copy(rig: Rig, timing: random.Random) -> None:
    """A batch that was received and not yet stored is delivered again."""
    with rig.storm():
        time.sleep(timing.uniform(0, 0.5))
        with rig.locked("readings"):
            eventually(rig.waits_for_a_lock, 30, "COPY waits")
            time.sleep(timing.uniform(0, 0.3))
            rig.kill()
        rig.start()


def test_killed_between_copy_and_commit(rig: Rig, timing: random.Random) -> None:
    """Readings without their mark would never be judged: both are stored, or neither."""
    with rig.storm():
        time.sleep(timing.uniform(0, 0.5))
        with rig.locked("dirty"):
            eventually(rig.waits_for_a_lock, 30, "the mark waits, after COPY")
            before = rig.stored()
            time.sleep(timing.uniform(0, 0.3))
            rig.kill()
        time.sleep(0.05)
        assert rig.stored() == before
        rig.start()


def test_killed_between_commit_and_acknowledgement(rig: Rig, timing: random.Random) -> None:
    """What was stored and not acknowledged comes again, and changes nothing."""
    rig.sql(
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NULL; END'"
    )
    rig.sql(
        "CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON dirty DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION hold()"
    )
    with rig.storm():
        time.sleep(timing.uniform(0, 0.5))
        with rig.connection() as connection:
            connection.execute("SELECT pg_advisory_lock(7)")
            eventually(rig.waits_for_a_lock, 30, "COMMIT waits")
            before = rig.stored()
            rig.signal(signal.SIGSTOP)
        eventually(lambda: rig.stored() > before, 30, "the server commits, and ingest does not hear of it")
        time.sleep(timing.uniform(0, 0.1))
        rig.kill()
        rig.start()


def test_stopped_for_longer_than_the_broker_waits(rig: Rig, timing: random.Random) -> None:
    """A machine that was suspended finds its connections gone, and goes on where it was."""
    with rig.storm():
        time.sleep(timing.uniform(0, 0.5))
        rig.signal(signal.SIGSTOP)
        time.sleep(1.5 * KEEPALIVE_S + timing.uniform(0.5, 1.5))
        rig.signal(signal.SIGCONT)
        time.sleep(timing.uniform(0, 0.3))


def test_vanished_in_the_middle_of_a_transaction(rig: Rig, timing: random.Random) -> None:
    """A machine that lost its power leaves no lock behind that stops the one taking its place."""
    with rig.storm():
        time.sleep(timing.uniform(0, 0.5))
        with rig.locked("dirty"):
            eventually(rig.waits_for_a_lock, 30, "a transaction is open")
            rig.signal(signal.SIGSTOP)
        vanished, rig.process = rig.process, None
        assert vanished is not None
        before = rig.stored()
        rig.start()
        eventually(lambda: rig.stored() > before, 30, "the next one gets past it")
        vanished.kill()
        vanished.wait()


def test_two_of_one_name(rig: Rig, timing: random.Random) -> None:
    """Two processes that use one session drive each other out once a second, and still store each reading once."""
    with rig.storm():
        first, rig.process = rig.process, None
        rig.start()
        time.sleep(1 + timing.uniform(0, 1))
        assert first is not None
        first.send_signal(signal.SIGTERM)
        assert first.wait(20) == 0
