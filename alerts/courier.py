"""One receiver's messages: read what it has yet to be told, send, and record what it took.

Sending comes before recording, and neither happens inside a transaction. A death in between repeats the message with
the same key; nothing is lost. While the database is away, what was sent is remembered here and recorded later.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from alerts import words
from alerts.backoff import FIRST_S, LONGEST_S, BackOff
from alerts.notification import Alert, Event, Notification
from alerts.policy import PAST_NEWS, Reason, why_notify
from alerts.receivers import DeliveryError, Receiver, UnreachableError
from service.store.alerts import record_delivery, undelivered
from service.store.pool import Connection, DatabaseAwayError, connect

log = structlog.get_logger()

_STATEMENT_TIMEOUT_S = 20
_LONGEST_DATABASE_PAUSE_S = 5.0

#: An alert and what is told of it.
Message = tuple[int, Event]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look for news, and how long to wait after a failure."""

    poll_s: float = 1.0
    first_pause_s: float = FIRST_S
    longest_pause_s: float = LONGEST_S

    def back_off(self) -> BackOff:
        """A pause of this pace."""
        return BackOff(self.first_pause_s, self.longest_pause_s)


class Courier:
    """Serves one receiver over a connection of its own, so that no receiver waits for another.

    A receiver that does not answer is left alone for a while; a message that it refuses waits alone, and the others
    are sent before it.
    """

    def __init__(self, receiver: Receiver, database_url: str, pace: Pace, clock: Callable[[], datetime]) -> None:
        self._receiver = receiver
        self._database_url = database_url
        self._pace = pace
        self._clock = clock
        self._away = pace.back_off()
        self._refused: dict[Message, BackOff] = {}
        self._unrecorded: dict[Message, datetime] = {}

    def run(self, stop: threading.Event) -> None:
        """Deliver until told to stop."""
        pause = BackOff(self._pace.first_pause_s, _LONGEST_DATABASE_PAUSE_S)
        while not stop.is_set():
            try:
                with connect(
                    self._database_url,
                    application=f"alerts {self._receiver.name}",
                    statement_timeout_s=_STATEMENT_TIMEOUT_S,
                ) as connection:
                    while not stop.is_set():
                        self._round(connection, stop)
                        pause.succeeded()
                        stop.wait(self._pace.poll_s)
            except DatabaseAwayError as error:
                pause.failed(time.monotonic())
                log.warning("database away, trying again", receiver=self._receiver.name, error=str(error).strip())
                stop.wait(pause.pause_s)
            except Exception:
                # A thread that dies tells nobody anything; better to complain and go on.
                pause.failed(time.monotonic())
                log.exception("alerts cannot be read, trying again", receiver=self._receiver.name)
                stop.wait(pause.pause_s)

    def _round(self, connection: Connection, stop: threading.Event) -> None:
        self._record(connection)
        if not self._away.over(time.monotonic()):
            return
        now = self._clock()
        rows = undelivered(connection, self._receiver.name, past_since=now - PAST_NEWS)
        due = [found for row in rows if (found := _due(row, now)) is not None]
        waiting = {(alert.id, reason.event) for alert, reason in due}
        self._refused = {message: pause for message, pause in self._refused.items() if message in waiting}
        # Those that never failed go first: a message that hangs the receiver must not hold up the rest.
        due.sort(key=lambda found: self._failures(found[0].id, found[1].event))
        for alert, reason in due:
            if stop.is_set() or not self._away.over(time.monotonic()):
                return
            pause = self._refused.get((alert.id, reason.event))
            if pause is None or pause.over(time.monotonic()):
                self._deliver(alert, reason)
                self._record(connection)

    def _failures(self, alert_id: int, event: Event) -> int:
        pause = self._refused.get((alert_id, event))
        return 0 if pause is None else pause.failures

    def _deliver(self, alert: Alert, reason: Reason) -> None:
        message = (alert.id, reason.event)
        line = log.bind(receiver=self._receiver.name, alert=alert.id, event_told=reason.event, reason=reason.value)
        try:
            self._receiver.deliver(Notification(reason.event, alert, words.text(reason, alert)))
        except DeliveryError as error:
            pause = self._put_off(message)
            if isinstance(error, UnreachableError):
                self._away.failed(time.monotonic())
            line.warning("not delivered", error=str(error), again_in_s=pause.pause_s)
        except Exception:
            pause = self._put_off(message)
            line.exception("not delivered", again_in_s=pause.pause_s)
        else:
            self._away.succeeded()
            self._refused.pop(message, None)
            self._unrecorded[message] = self._clock()
            line.info("delivered")

    def _put_off(self, message: Message) -> BackOff:
        pause = self._refused.setdefault(message, self._pace.back_off())
        pause.failed(time.monotonic())
        return pause

    def _record(self, connection: Connection) -> None:
        for (alert_id, event), at in list(self._unrecorded.items()):
            record_delivery(connection, alert_id, self._receiver.name, event, at)
            del self._unrecorded[alert_id, event]


def _due(row: dict[str, Any], now: datetime) -> tuple[Alert, Reason] | None:
    fields = dict(row)
    told = frozenset(Event(event) for event in fields.pop("told"))
    alert = Alert(**fields)
    reason = why_notify(told, alert, now)
    return None if reason is None else (alert, reason)
