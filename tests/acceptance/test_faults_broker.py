"""The broker restarts, dies, forgets ingest, or says nothing at all."""

import random
import signal
import time
from datetime import timedelta
from itertools import pairwise

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.acceptance.faults import KEEPALIVE_S, Rig
from tests.acceptance.fleet import LOGGERS, Fleet
from tests.acceptance.network import HOST
from tests.eventually import eventually
from tests.scenario import Scenario, at_us

pytestmark = pytest.mark.acceptance


def test_restarted(rig: Rig, timing: random.Random) -> None:
    """A broker that is stopped in order and started again has kept all it acknowledged."""
    with rig.storm():
        time.sleep(timing.uniform(0, 0.5))
        rig.servers.broker.stop()
        time.sleep(timing.uniform(0, 0.3))
        rig.servers.broker.start()


def test_restarted_while_the_database_is_away(rig: Rig, timing: random.Random) -> None:
    """What waits here while the broker goes and comes is neither forgotten nor held without bound."""
    with rig.storm():
        time.sleep(timing.uniform(0, 0.3))
        rig.database.cut()
        time.sleep(timing.uniform(0, 0.3))
        rig.servers.broker.stop()
        rig.servers.broker.start()
        eventually(lambda: rig.said("connected to the broker") == 2, 30, "ingest is back at the broker")
        time.sleep(timing.uniform(0, 0.3))
        rig.database.mend()


def test_silent(rig: Rig, timing: random.Random) -> None:
    """A network that swallows everything leaves a connection that looks alive; within two keepalives it is given up."""
    with rig.storm():
        time.sleep(timing.uniform(0, 0.5))
        rig.broker.stall()
        took_s = eventually(lambda: rig.said("connection to the broker lost") > 0, 10, "the silence is noticed")
        assert took_s < 2 * KEEPALIVE_S + 1


def test_resets(rig: Rig, timing: random.Random) -> None:
    """Connections that break in the middle of a message, or of an acknowledgement, lose and double nothing."""
    with rig.storm(rate_hz=2_000):
        for _ in range(4):
            time.sleep(timing.uniform(0, 0.3))
            rig.broker.reset()


def test_session_lost(rig: Rig, timing: random.Random) -> None:
    """When our session is emptied, what is here is stored; who publishes meanwhile hears that nobody listens."""
    with rig.storm(rate_hz=300) as fleet:
        time.sleep(timing.uniform(0, 0.3))
        with rig.locked("readings"):
            eventually(rig.waits_for_a_lock, 30, "a batch waits")
            time.sleep(timing.uniform(0, 0.3))
            _pause_with_all_delivered(fleet)
            _empty_session(rig)
            fleet.resume()
            eventually(lambda: rig.said("session=new") >= 2, 30, "ingest is back with a new session")


def test_acknowledgements_of_a_lost_session(rig: Rig, timing: random.Random) -> None:
    """Message ids start anew with a session: a late acknowledgement must not end somebody else's message."""
    rig.environment["UNBROKEN_BATCH_AGE_S"] = "0.3"
    rig.sql(
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_advisory_xact_lock_shared(8); RETURN NEW; END'"
    )
    with rig.storm(rate_hz=300) as fleet:
        fleet.pause()
        eventually(lambda: rig.stored() == len(fleet.taken), 30, "all is stored")
        with rig.connection() as later:
            later.execute("SELECT pg_advisory_lock(8)")
            with rig.locked("readings") as earlier:
                # Ingest finds all of them at once: a pause between two would part them into batches.
                rig.signal(signal.SIGSTOP)
                fleet.resume()
                time.sleep(timing.uniform(0.02, 0.1))
                _pause_with_all_delivered(fleet)
                first = len(fleet.taken)
                rig.signal(signal.SIGCONT)
                eventually(rig.waits_for_a_lock, 30, "the batch of the first session waits")
                earlier.execute(
                    "CREATE TRIGGER hold BEFORE INSERT ON readings FOR EACH ROW "
                    f"WHEN (NEW.seq > {max(fleet.taken) // LOGGERS}) EXECUTE FUNCTION hold()"
                )
                _empty_session(rig)
                eventually(lambda: rig.said("session=new") >= 2, 30, "ingest is back with a new session")
                # As many again, so that they bear the same ids.
                wanted = 2 * len(fleet.taken) + 10
                fleet.resume()
                eventually(lambda: len(fleet.taken) >= wanted, 30, "the second session has messages")
                _pause_with_all_delivered(fleet)
            eventually(lambda: rig.stored() >= first, 30, "the batch of the first session is stored")
            eventually(rig.waits_for_a_lock, 30, "the batch of the second session waits")
            rig.kill()
        rig.start()
        fleet.resume()


def test_session_lost_and_connection_too(rig: Rig, timing: random.Random) -> None:
    """What only we still have is not thrown away because the session after it was resumed."""
    with rig.storm(rate_hz=300) as fleet:
        time.sleep(timing.uniform(0, 0.3))
        rig.database.cut()
        time.sleep(timing.uniform(0, 0.5))
        _pause_with_all_delivered(fleet)
        _empty_session(rig)
        fleet.resume()
        eventually(lambda: rig.said("session=new") >= 2, 30, "ingest is back with a new session")
        rig.broker.reset()
        eventually(lambda: rig.said("session=resumed") >= 1, 30, "ingest resumes that session")
        rig.database.mend()


def test_store_deleted(rig: Rig, timing: random.Random) -> None:
    """What ingest received from a broker that comes back with nothing is stored, though nobody can acknowledge it."""
    with rig.storm(rate_hz=300) as fleet:
        time.sleep(timing.uniform(0, 0.3))
        rig.database.cut()
        time.sleep(timing.uniform(0, 0.5))
        _pause_with_all_delivered(fleet)
        rig.servers.broker.stop()
        rig.servers.broker.saved.unlink()
        rig.servers.broker.start()
        fleet.resume()
        eventually(lambda: rig.said("session=new") >= 2, 30, "ingest is back with a new session")
        rig.database.mend()


def test_killed_while_the_database_is_away(rig: Rig, timing: random.Random) -> None:
    """What ingest has received outlives a broker that was killed before it was saved there."""
    with rig.storm(rate_hz=300) as fleet:
        time.sleep(timing.uniform(0, 0.3))
        rig.database.cut()
        time.sleep(timing.uniform(0, 0.5))
        _pause_with_all_delivered(fleet)
        rig.servers.broker.kill()
        rig.servers.broker.start()
        fleet.resume()
        eventually(lambda: rig.said("connected to the broker") == 2, 30, "ingest is back at the broker")
        rig.database.mend()


def test_killed_without_warning(rig: Rig, timing: random.Random) -> None:
    """What a broker had acknowledged since its last save is lost, is seen to be missing, and is a gap of the lot."""
    logger_id = f"{rig.name}-0"
    with rig.fleet(rate_hz=1_000, every=timedelta(minutes=1)) as fleet:
        rig.kill()
        saved = rig.servers.broker.saved
        before = saved.stat().st_mtime_ns
        eventually(lambda: saved.stat().st_mtime_ns > before, 5, "the broker saves")
        time.sleep(timing.uniform(0.4, 0.7))
        rig.servers.broker.kill()
        rig.servers.broker.start()
        rig.start()
    eventually(lambda: fleet.row(max(fleet.taken)) in rig.rows(), 20, "the last is stored")
    rig.stop()
    stored = set(rig.rows())
    assert stored < fleet.rows()
    seqs = sorted(seq for logger, _, _, seq in stored if logger == logger_id)
    missing = [(a, b) for a, b in pairwise(seqs) if b - a > 15]
    assert missing
    with rig.connection() as connection:
        scenario = Scenario(connection)
        scenario.container("freezer", loggers=[logger_id])
        scenario.lot("lot", "freezer")
        scenario.evaluate(seqs[-1])
        found = scenario.judged("lot", seqs[-1])
    assert found.judgement.exposure.gaps.tolist() == [[at_us(a), at_us(b)] for a, b in missing]
    assert found.answered.answer.value == "not_proven"


def _pause_with_all_delivered(fleet: Fleet) -> None:
    """All that was taken is with ingest: fewer than its window, so nothing waits at the broker."""
    fleet.pause()
    time.sleep(0.2)


def _empty_session(rig: Rig) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=rig.name, protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set(rig.address.username, rig.address.password)
    client.connect(HOST, rig.address.port, clean_start=True)
    until_s = time.monotonic() + 1
    while not client.is_connected() and time.monotonic() < until_s:
        client.loop(0.02)
    client.disconnect()
