"""From alert states to messages, over a real TimescaleDB and a real HTTP server."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alerts.courier import Pace
from alerts.notification import Notification
from alerts.receivers import DeliveryError, Receiver, UnreachableError, WebhookReceiver
from alerts.run import run
from service.domain.alarms import LIMIT_CROSSED
from service.local.servers import LocalServers
from service.store.alerts import add_alert, update_alert
from service.store.pool import Connection
from tests.ports import free_port
from tests.scenario import Scenario, at, course, reading
from tests.webhook import HANG, Webhook

QUICK = Pace(poll_s=0.02, first_pause_s=0.05, longest_pause_s=0.2)

#: Long enough for many rounds.
SOME_ROUNDS_S = 0.4


class Noted:
    """A receiver that keeps what it is told, but fails at what it is told to refuse."""

    def __init__(
        self, name: str = "log", refuses: tuple[str, ...] = (), error: type[Exception] = DeliveryError
    ) -> None:
        self.name = name
        self.refuses = refuses
        self.error = error
        self.tried: list[str] = []
        self.taken: list[Notification] = []

    def deliver(self, notification: Notification) -> None:
        self.tried.append(notification.key)
        if notification.key in self.refuses:
            raise self.error(f"{self.name} does not take {notification.key}")
        self.taken.append(notification)

    @property
    def keys(self) -> list[str]:
        return [notification.key for notification in self.taken]


@contextmanager
def telling(database_url: str, *receivers: Receiver) -> Iterator[None]:
    """The loop, in a thread, a quarter of an hour after the scenario's hour."""
    stop = threading.Event()
    thread = threading.Thread(
        target=run, args=(database_url, receivers, stop), kwargs={"pace": QUICK, "clock": lambda: at(60)}
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def until(condition: Callable[[], object], within_s: float = 15) -> None:
    """Wait for something to become true."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, "did not happen in time"
        time.sleep(0.01)


def warm_freezer(connection: Connection) -> Scenario:
    """A freezer with a lot in it, above −60 °C since minute three and a third, for which an alert fires."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80, -80, *[-50] * 6], every=2))
    scenario.evaluate(14)
    return scenario


def cool(scenario: Scenario) -> None:
    """The freezer is cold again."""
    scenario.store([reading("logger", 20, -80)])
    scenario.evaluate(20)


def told(connection: Connection, receiver: str) -> list[str]:
    """What is on record as told."""
    rows = connection.execute(
        "SELECT event FROM notifications WHERE receiver = %s ORDER BY alert_id, event", [receiver]
    ).fetchall()
    return [row["event"] for row in rows]


@contextmanager
def alerts_process(database_url: str, webhook_url: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """``python -m alerts`` as it runs in production."""
    environment = {
        **os.environ,
        "UNBROKEN_DATABASE_URL": database_url,
        "UNBROKEN_ALERT_WEBHOOK_URL": webhook_url,
        **more,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "alerts"],
        env=environment,
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_warm_freezer_is_told_once_and_its_end_once(connection: Connection, database_url: str) -> None:
    """One excursion is two messages: it began, it is over; each names the freezer, the limit and the lot."""
    scenario = warm_freezer(connection)
    log = Noted()
    with Webhook() as webhook, telling(database_url, log, WebhookReceiver(webhook.url, 5)):
        until(lambda: told(connection, "webhook") == ["firing"] == told(connection, "log"))
        time.sleep(SOME_ROUNDS_S)
        assert webhook.events == ["firing"]
        cool(scenario)
        until(lambda: told(connection, "webhook") == ["firing", "resolved"] == told(connection, "log"))
        time.sleep(SOME_ROUNDS_S)
    [alert] = connection.execute("SELECT * FROM alerts").fetchall()
    assert webhook.keys == log.keys == [f"alert-{alert['id']}-firing", f"alert-{alert['id']}-resolved"]
    firing, resolved = webhook.bodies
    assert firing["event"] == "firing"
    assert firing["deduplication_key"] == webhook.keys[0]
    assert firing["alert"]["lot_ids"] == ["lot"]
    assert firing["alert"]["began_at"] == "2026-03-01T00:03:20Z"
    assert firing["alert"]["resolved_at"] is None
    assert firing["text"].startswith(
        "CRITICAL since 2026-03-01 01:03 CET (00:03 UTC): Freezer (site) is above −60 °C; 1 lot: lot\n"
    )
    assert resolved["alert"]["resolved_at"] == "2026-03-01T00:20:00Z"
    assert resolved["text"].startswith("OVER since 2026-03-01 01:20 CET (00:20 UTC). The alert was: Freezer (site)")


@pytest.mark.parametrize("status", [500, 503, 404, 429, 302, 307])
def test_only_yes_is_yes(connection: Connection, database_url: str, status: int) -> None:
    """A webhook that stumbles, or points elsewhere, has told nobody: the freezer is told of again until a 2xx."""
    warm_freezer(connection)
    with Webhook(answers=[status] * 3) as webhook, telling(database_url, WebhookReceiver(webhook.url, 5)):
        until(lambda: told(connection, "webhook") == ["firing"])
        time.sleep(SOME_ROUNDS_S)
    assert webhook.calls == ["POST /alerts"] * 4
    assert len(set(webhook.keys)) == 1


def test_an_answer_that_comes_too_late_is_none(connection: Connection, database_url: str) -> None:
    """A webhook that hangs may or may not have told anybody; it is sent the same again, recognisably."""
    warm_freezer(connection)
    with Webhook(answers=[HANG]) as webhook, telling(database_url, WebhookReceiver(webhook.url, 0.3)):
        until(lambda: told(connection, "webhook") == ["firing"])
        time.sleep(SOME_ROUNDS_S)
    assert webhook.events == ["firing"] * 2
    assert len(set(webhook.keys)) == 1


def test_a_webhook_that_is_down_hears_of_it_when_it_is_back(connection: Connection, database_url: str) -> None:
    """The freezer outlasts the maintenance of the pager."""
    warm_freezer(connection)
    webhook = Webhook(port=free_port())
    with telling(database_url, WebhookReceiver(webhook.url, 5)):
        time.sleep(SOME_ROUNDS_S)
        assert told(connection, "webhook") == []
        with webhook:
            until(lambda: told(connection, "webhook") == ["firing"])
            time.sleep(SOME_ROUNDS_S)
            assert webhook.events == ["firing"]


def test_the_log_does_not_wait_for_a_webhook_that_hangs(connection: Connection, database_url: str) -> None:
    """Whoever reads the log learns of the freezer at once, however the pager fares; no transaction waits for it."""
    scenario = warm_freezer(connection)
    log = Noted()
    with Webhook(answers=[HANG]) as webhook, telling(database_url, log, WebhookReceiver(webhook.url, 30)):
        until(lambda: webhook.events == ["firing"])
        cool(scenario)
        until(lambda: told(connection, "log") == ["firing", "resolved"])
        session = connection.execute(
            "SELECT state, xact_start FROM pg_stat_activity WHERE application_name = 'unbroken alerts webhook' "
            "AND datname = current_database()"
        ).fetchone()
        assert session == {"state": "idle", "xact_start": None}
        assert told(connection, "webhook") == []
        webhook.released.set()
        until(lambda: told(connection, "webhook") == ["resolved"])
    assert [notification.event for notification in log.taken] == ["firing", "resolved"]


def test_what_came_and_went_unheard_is_one_message(connection: Connection, database_url: str) -> None:
    """A freezer that warmed and cooled while nobody could be told is told once, as over."""
    cool(warm_freezer(connection))
    with Webhook() as webhook, telling(database_url, WebhookReceiver(webhook.url, 5)):
        until(lambda: told(connection, "webhook"))
        time.sleep(SOME_ROUNDS_S)
    assert webhook.events == ["resolved"]
    assert webhook.bodies[0]["text"].startswith("OVER since 2026-03-01 01:20 CET (00:20 UTC), told only now.")


def test_a_crossing_within_the_delay_is_not_told(connection: Connection, database_url: str) -> None:
    """A freezer that has been warm for two minutes may only have been opened."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.store(course("logger", [-80, -50, -50], every=2))
    scenario.evaluate(4)
    assert [row["state"] for row in connection.execute("SELECT state FROM alerts").fetchall()] == ["pending"]
    log = Noted()
    with telling(database_url, log):
        time.sleep(SOME_ROUNDS_S)
    assert log.taken == []


def alert_for(connection: Connection, container: str, severity: str = "critical", resolved: float | None = None) -> int:
    """An alert as the evaluator leaves it."""
    told_of: dict[str, Any] = {
        "severity": severity,
        "fired_at": at(10),
        "summary": f"{container} is warm",
        "lot_ids": [],
    }
    add_alert(connection, container_id=container, cause=LIMIT_CROSSED, state="firing", began_at=at(0), **told_of)
    row = connection.execute("SELECT max(id) AS id FROM alerts").fetchone()
    assert row is not None
    if resolved is not None:
        update_alert(connection, row["id"], state="resolved", resolved_at=at(resolved), **told_of)
    return int(row["id"])


def test_what_can_still_be_mended_is_told_first(connection: Connection, database_url: str) -> None:
    """After an outage the freezer that thaws now comes before the one that recovered; last month's is left alone."""
    scenario = Scenario(connection)
    for name in ("over", "long-over", "chilly", "thawing"):
        scenario.container(name, loggers=())
    over = alert_for(connection, "over", resolved=30)
    alert_for(connection, "long-over", resolved=-30 * 24 * 60)
    chilly = alert_for(connection, "chilly", "warning")
    thawing = alert_for(connection, "thawing")
    log = Noted()
    with telling(database_url, log):
        until(lambda: len(told(connection, "log")) == 3)
        time.sleep(SOME_ROUNDS_S)
    assert log.keys == [f"alert-{thawing}-firing", f"alert-{chilly}-firing", f"alert-{over}-resolved"]


@pytest.mark.parametrize("error", [DeliveryError, UnreachableError, ZeroDivisionError])
def test_a_message_nobody_takes_does_not_keep_back_the_others(
    connection: Connection, database_url: str, error: type[Exception]
) -> None:
    """One freezer whose message a webhook refuses, or stumbles over, must not silence the freezer next to it."""
    scenario = Scenario(connection)
    scenario.container("odd", loggers=())
    odd = alert_for(connection, "odd")
    webhook = Noted("webhook", refuses=(f"alert-{odd}-firing",), error=error)
    with telling(database_url, webhook):
        until(lambda: len(webhook.tried) >= 3)
        scenario.container("plain", loggers=())
        plain = alert_for(connection, "plain")
        until(lambda: webhook.keys == [f"alert-{plain}-firing"])
        webhook.refuses = ()
        until(lambda: webhook.keys == [f"alert-{plain}-firing", f"alert-{odd}-firing"])
        time.sleep(SOME_ROUNDS_S)
    assert len(webhook.taken) == 2


class Broken:
    """A receiver with a mistake in it."""

    name = "broken"

    def deliver(self, notification: Notification) -> None:
        raise ZeroDivisionError(notification.key)


def test_a_mistake_in_one_receiver_is_not_everybodys(connection: Connection, database_url: str) -> None:
    """A freezer is told of by whatever still works."""
    warm_freezer(connection)
    log = Noted()
    with telling(database_url, Broken(), log):
        until(lambda: told(connection, "log") == ["firing"])
    assert told(connection, "broken") == []


def test_killed_between_sending_and_recording_it_repeats_with_the_same_key(
    connection: Connection, database_url: str
) -> None:
    """Better to be told twice of a warm freezer, recognisably, than never."""
    warm_freezer(connection)
    with Webhook() as webhook:
        with (
            connection.transaction(),
            alerts_process(database_url, webhook.url) as process,
        ):
            connection.execute("LOCK TABLE notifications IN EXCLUSIVE MODE")  # reading goes on, recording waits
            until(lambda: _waiting_to_record(connection) == 2)
            assert webhook.events == ["firing"]
            process.send_signal(signal.SIGKILL)
            process.wait()
            _end_sessions(connection)  # else the INSERT goes on when the lock is released
        assert told(connection, "webhook") == []
        with alerts_process(database_url, webhook.url):
            until(lambda: told(connection, "webhook") == ["firing"])
            time.sleep(SOME_ROUNDS_S)
        assert webhook.events == ["firing", "firing"]
        assert len(set(webhook.keys)) == 1


def _waiting_to_record(connection: Connection) -> int:
    """How many receivers have taken a message that the database does not know of yet."""
    row = connection.execute(
        "SELECT count(*) AS n FROM pg_locks JOIN pg_database ON pg_database.oid = database "
        "WHERE NOT granted AND relation = 'notifications'::regclass AND datname = current_database()"
    ).fetchone()
    assert row is not None
    return int(row["n"])


def _end_sessions(connection: Connection) -> None:
    """Take the database away from whoever delivers."""
    ended = connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) AS ended FROM pg_stat_activity "
        "WHERE application_name LIKE 'unbroken alerts%' AND datname = current_database()"
    ).fetchall()
    assert ended
    assert all(row["ended"] for row in ended)


def test_a_database_lost_between_sending_and_recording_repeats_nothing(
    connection: Connection, database_url: str
) -> None:
    """What was sent is remembered while the database is away, and recorded when it is back."""
    warm_freezer(connection)
    with Webhook() as webhook, telling(database_url, WebhookReceiver(webhook.url, 5)):
        with connection.transaction():
            connection.execute("LOCK TABLE notifications IN EXCLUSIVE MODE")
            until(lambda: _waiting_to_record(connection) == 1)
            _end_sessions(connection)
        until(lambda: told(connection, "webhook") == ["firing"])
        time.sleep(SOME_ROUNDS_S)
    assert webhook.events == ["firing"]


def test_a_database_that_is_not_there_yet_is_waited_for(
    connection: Connection, database_url: str, servers: LocalServers
) -> None:
    """After a power cut machines come back in any order; the freezer is told of when the database is there."""
    warm_freezer(connection)
    name = database_url.rsplit("/", 1)[1]
    connection.close()
    log = Noted()
    later = f"{name}_later"
    with telling(servers.database.url_for(later), log):
        time.sleep(SOME_ROUNDS_S)
        servers.database.create_database(later, name)
        try:
            until(lambda: len(log.taken) == 1)
        finally:
            servers.database.drop_database(later)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_promptly_even_while_a_webhook_hangs(
    connection: Connection, database_url: str, number: signal.Signals
) -> None:
    """An update of the service does not wait for a pager; the log has named freezer and lot by then."""
    warm_freezer(connection)
    with (
        Webhook(answers=[HANG]) as webhook,
        alerts_process(database_url, webhook.url, UNBROKEN_LOG_JSON="true") as process,
    ):
        until(lambda: webhook.events == ["firing"] and told(connection, "log") == ["firing"])
        process.send_signal(number)
        _, written = process.communicate(timeout=5)
        assert process.returncode == 0
    [line] = [line for line in written.splitlines() if '"event": "alert: ' in line]
    assert '"level": "critical"' in line
    assert '"role": "alerts"' in line
    assert "1 lot: lot" in line


@pytest.mark.parametrize(
    "url",
    [
        "pager.example/secret",
        "ftp://pager.example/secret",
        "https:///secret",
        "http://[::1/secret",
        "http://a:b/secret",
    ],
)
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    """A mistyped address must not be found out by the first warm freezer; and it may be a secret."""
    with alerts_process("postgresql://nobody@127.0.0.1:1/none", url) as process:
        _, written = process.communicate(timeout=10)
    assert process.returncode == 2
    assert "UNBROKEN_ALERT_WEBHOOK_URL" in written
    assert "secret" not in written
