"""Whether ingest is well is told by what it hears and stores: `/readyz`, and whoever is on call."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from alerts.watch.service_watch import ServiceWatch
from service.local.broker import Broker
from service.store.intake.heartbeats import Heartbeat, save_heartbeat
from service.store.pool import Connection
from tests.alarms import alerts_in_words
from tests.eventually import eventually
from tests.ingest_process import Site
from tests.throwaway import throwaway_servers


@pytest.fixture
def own_broker() -> Iterator[Broker]:
    """One that may be halted while nobody else uses it."""
    with throwaway_servers("-well") as servers:
        yield servers.broker


def said(api: httpx.Client) -> tuple[int, str]:
    """What `/readyz` answers, and of ingest."""
    answer = api.get("/readyz")
    return answer.status_code, answer.json().get("ingest", "nothing")


def alerted(connection: Connection, ahead_s: float) -> dict[str, str]:
    """What is open of the service after somebody has looked for so long."""
    now = [datetime.now(UTC)]
    watch = ServiceWatch(("log",), 15, lambda: now[0], wait=lambda _: None)
    watch.look(connection)
    now[0] += timedelta(seconds=ahead_s)
    watch.look(connection)
    rows = alerts_in_words(connection, "WHERE state <> 'resolved'")
    return {row["cause"]: f"{row['state']}: {row['summary']}" for row in rows}


@pytest.mark.long
def test_a_broker_that_is_halted_is_told(
    own_broker: Broker, database_url: str, connection: Connection, api: httpx.Client, tmp_path: Path
) -> None:
    """It keeps its connections and answers nothing: ingest hears no freezer, although all looks open."""
    site = Site(own_broker.url, database_url, tmp_path)
    assert said(api) == (200, "nothing"), "nobody ingests here yet"
    with site.ingesting():
        eventually(lambda: said(api) == (200, "ok"), 15, "it works")
        os.kill(own_broker.pid, signal.SIGSTOP)
        try:
            eventually(lambda: said(api) == (503, "behind"), 60, "it is not ready")
            assert "ingest is behind" in api.get("/readyz").json()["detail"]
            assert alerted(connection, 61)["ingest_behind"].startswith("firing: Ingest is behind")
        finally:
            os.kill(own_broker.pid, signal.SIGCONT)
        eventually(lambda: said(api) == (200, "ok"), 40, "it works again")


def test_an_ingest_that_was_stopped_is_missed(
    broker: Broker, database_url: str, connection: Connection, api: httpx.Client, tmp_path: Path
) -> None:
    """Whoever stops it for an upgrade and forgets it hears of that before the loggers are called silent."""
    site = Site(broker.url, database_url, tmp_path)
    with site.ingesting():
        eventually(lambda: said(api) == (200, "ok"), 15, "it works")
    assert said(api) == (503, "behind")
    assert "it was stopped at" in alerted(connection, 61)["ingest_behind"]


def test_after_a_pause_of_everything_nobody_is_called_before_ingest_could_begin(connection: Connection) -> None:
    """A service that was off for the night does not wake people because it was off."""
    long_ago = datetime.now(UTC) - timedelta(hours=9)
    save_heartbeat(connection, Heartbeat("ingest", long_ago, long_ago, {}))
    assert alerted(connection, 30)["ingest_behind"].startswith("pending")
    assert alerted(connection, 61)["ingest_behind"].startswith("firing")


def test_messages_in_files_are_told_until_they_are_taken_away(connection: Connection) -> None:
    """What the database takes in no form waits for a person, who has to know."""
    now = datetime.now(UTC)
    tally = Heartbeat("ingest", now, now, {}, works_since=now, works_until=now, set_aside=3)
    save_heartbeat(connection, tally)
    assert "3 in files" in alerted(connection, 1)["messages_set_aside"]
    save_heartbeat(connection, replace(tally, set_aside=0, counters={"unkept": {"no_room_aside": 2}}))
    assert "2 in ingest's log alone" in alerted(connection, 1)["messages_set_aside"], "there is no room for files"
    save_heartbeat(connection, replace(tally, set_aside=0))
    assert "messages_set_aside" not in alerted(connection, 1)
