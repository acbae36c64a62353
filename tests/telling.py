"""An alerts process inside a test: receivers that note what they are told, and a loop in a thread."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from alerts.delivery.courier import Pace
from alerts.messages.message_writer import Links, MessageWriter
from alerts.messages.templates import BUILT_IN
from alerts.notification import Notification
from alerts.on_call.config import Chain, Config, Stage
from alerts.receivers.make import make_receiver
from alerts.receivers.receiver import Receiver, ReceiverSetting, TemporaryFailureError
from alerts.threads import run_threads
from service.acts.containers import add_container
from service.domain.alerting.lifecycle import Figures
from service.settings import Settings
from service.store.alerting.alert_changes import NewAlert, add_alerts, notify_changed
from service.store.alerting.alerts import LatestFinding
from service.store.pool import Connection
from service.store.registry import sites
from tests.acting import TESTER
from tests.alarms import ABOVE_60
from tests.database_roles import url_as
from tests.scenario import Scenario, at, course
from tests.webhook import Webhook

QUICK = Pace(poll_s=0.02, first_pause_s=0.05, longest_pause_s=0.2, lease_s=2)

#: Long enough for many rounds.
SOME_ROUNDS_S = 0.4


class Noted:
    """A receiver that keeps what it is told, but fails at alerts that it is told to refuse."""

    def __init__(self, name: str = "log", refuses: tuple[int, ...] = (), error: Exception | None = None) -> None:
        self.name = name
        self.refuses = refuses
        self.error = error or TemporaryFailureError(f"{name} does not take this")
        self.tried: list[str] = []
        self.taken: list[Notification] = []

    def deliver(self, notification: Notification) -> None:
        """Keep it, or refuse."""
        self.tried.append(notification.key)
        if any(alert["id"] in self.refuses for alert in notification.alerts):
            raise self.error
        self.taken.append(notification)

    @property
    def keys(self) -> list[str]:
        """Of what it took, in order."""
        return [notification.key for notification in self.taken]

    @property
    def told(self) -> list[tuple[str, tuple[str, ...]]]:
        """Reason and containers of what it took, in order."""
        return [
            (notification.reason.value, tuple(str(alert["container_id"]) for alert in notification.alerts))
            for notification in self.taken
        ]


def all_at_once(*names: str) -> Config:
    """Everybody is told of everything at once, and nothing waits for others of its site."""
    return in_turn((0.0, names), names=names)


def in_turn(*stages: tuple[float, tuple[str, ...]], names: tuple[str, ...]) -> Config:
    """One chain for all alerts."""
    return Config(
        receivers={name: ReceiverSetting(name, "log", {}) for name in names},
        people={},
        rotas={},
        chains={"all": Chain("all", tuple(Stage(*stage) for stage in stages))},
        default_chain="all",
        group_window_s=0,
        group_interval_s=0,
    )


class Clock:
    """A time of day that a test sets, and that goes on from there."""

    def __init__(self, now: datetime) -> None:
        self.set(now)

    def set(self, now: datetime) -> None:
        """It is that time now."""
        self._from, self._since_s = now, time.monotonic()

    def __call__(self) -> datetime:
        """What time it is."""
        return self._from + timedelta(seconds=time.monotonic() - self._since_s)


@contextmanager
def telling(
    database_url: str,
    *receivers: Receiver,
    config: Config | None = None,
    clock: Callable[[], datetime] | None = None,
    links: Links | None = None,
) -> Iterator[None]:
    """The loop, in a thread, an hour after the scenario's start."""
    stop = threading.Event()
    writer = MessageWriter(
        config or all_at_once(*(receiver.name for receiver in receivers)), BUILT_IN, links or Links()
    )
    thread = threading.Thread(
        target=run_threads,
        args=(url_as(database_url, "alerts"), writer, receivers, stop),
        kwargs={"pace": QUICK, "clock": clock or Clock(at(60))},
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def until(condition: Callable[[], object], within_s: float = 30) -> None:
    """Wait for something to become true."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, "did not happen in time"
        time.sleep(0.01)


def delivered(connection: Connection, receiver: str) -> list[str]:
    """The reasons of what is on record as delivered to a receiver, in order."""
    rows = connection.execute(
        "SELECT reason FROM notifications WHERE receiver = %s AND outcome = 'delivered' ORDER BY finished_at, id",
        [receiver],
    ).fetchall()
    return [row["reason"] for row in rows]


def webhook_receiver(webhook: Webhook, timeout_s: float = 5, name: str = "webhook") -> Receiver:
    """The receiver as production makes it."""
    return make_receiver(ReceiverSetting(name, "webhook", {"url": webhook.url, "timeout_s": timeout_s}), Settings())


def warm_freezer(connection: Connection) -> Scenario:
    """A freezer with a lot in it, above −60 °C since minute three and a third, for which an alert fires."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80, -80, *[-50] * 6], every=2))
    scenario.evaluate(14)
    return scenario


def in_hand(connection: Connection, alerts: int) -> bool:
    """Whether so many alerts were planned, and nothing waits to be sent."""
    row = connection.execute("SELECT count(DISTINCT alert_id) AS n FROM tellings").fetchone()
    return row is not None and row["n"] >= alerts and waiting(connection) == 0


def waiting(connection: Connection) -> int:
    """How many messages wait to be sent."""
    row = connection.execute("SELECT count(*) AS n FROM notifications WHERE outcome IS NULL").fetchone()
    assert row is not None
    return int(row["n"])


def alert_for(
    connection: Connection,
    container: str,
    severity: str = "critical",
    site: str = "site",
    lots: tuple[str, ...] = ("lot",),
) -> int:
    """A firing alert as the evaluator leaves it."""
    alert = NewAlert(
        subject=f"container:{container}",
        name=container.capitalize(),
        container_id=container,
        site_id=site,
        cause="limit_crossed",
        state="firing",
        began_at=at(0),
        fired_at=at(10),
        found=LatestFinding(severity, at(10), ABOVE_60, len(lots), lots[:3], lots, Figures(now_c=-50.0)),
    )
    [alert_id] = add_alerts(connection, [alert])
    notify_changed(connection)
    return alert_id


def fleet(connection: Connection, *names: str) -> None:
    """Containers that nothing watches, each at a site of its own, so that nothing is told together."""
    for name in names:
        sites.add_site(connection, f"at-{name}", f"Where {name} is", "Europe/Zurich")
        add_container(connection, TESTER, name, f"at-{name}", name.capitalize(), "freezer", "cryo-80")
