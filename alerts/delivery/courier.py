"""One receiver's messages: lease, send, record.

Nothing is sent inside a transaction, and it is recorded as delivered only after the receiver took it. A death in
between repeats the message with the same key; nothing is lost. While the database is away, what was sent is remembered
here and recorded later.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from alerts.delivery.backoff import FIRST_S, LONGEST_S
from alerts.delivery.fallback import Fallback
from alerts.messages.message_writer import MessageWriter, notification_of
from alerts.receivers.receiver import PermanentFailureError, Receiver, TemporaryFailureError
from service.store.alerting import outbox
from service.store.alerting.at_stake import departed_lots
from service.store.alerting.history import alerts_of
from service.store.pool import Connection
from service.store.retry import retried

log = structlog.get_logger()

#: A receiver that wants to be left alone for longer is asked again after this long.
_LONGEST_REST_S = 3_600.0

#: A message that is sent for the first time within this of being planned has not waited.
_AT_ONCE = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look, how long to wait after a failure, and how long a message is ours.

    Attributes:
        lease_s: longer than any receiver takes to answer; after a death its message waits that long at most.
    """

    poll_s: float = 1.0
    first_pause_s: float = FIRST_S
    longest_pause_s: float = LONGEST_S
    lease_s: float = 45.0

    def pause_s(self, attempts: int, retry_after_s: float | None) -> float:
        """How long to wait after that many attempts, and at least as long as the receiver asked for."""
        pause_s = min(self.first_pause_s * 2.0 ** min(attempts - 1, 16), self.longest_pause_s)
        return max(pause_s, min(retry_after_s or 0.0, _LONGEST_REST_S))


class Courier:
    """Serves one receiver over a connection of its own, so that no receiver waits for another."""

    def __init__(
        self,
        receiver: Receiver,
        who: str,
        writer: MessageWriter,
        pace: Pace,
        clock: Callable[[], datetime],
        stop: threading.Event,
    ) -> None:
        self._receiver = receiver
        self._who = who
        self._writer = writer
        self._fallback = Fallback(writer)
        self._pace = pace
        self._clock = clock
        self._stop = stop
        self._rests_until_s = float("-inf")
        self._unrecorded: dict[int, datetime] = {}

    def begin(self, connection: Connection) -> None:
        """Be woken from now on."""
        outbox.listen_for_messages(connection)

    def work(self, connection: Connection) -> None:
        """Send all there is to send, then wait for more."""
        self._record(connection)
        while not self._stop.is_set() and time.monotonic() >= self._rests_until_s:
            leased = self._lease(connection)
            if leased is None:
                break
            message, is_void = leased
            if not is_void:
                self._deliver(connection, message)
        outbox.wait_for_notify(connection, self._pace.poll_s)

    def _lease(self, connection: Connection) -> tuple[outbox.Message, bool] | None:
        """The next message, in words that are true now, for it may have waited; and whether it is void by now."""
        now = self._clock()
        with connection.transaction():
            message = outbox.lease(connection, self._receiver.name, self._who, now, self._pace.lease_s)
            if message is None:
                return None
            if not message.alert_ids or _is_fresh(message, now):
                return message, False
            gone = departed_lots(connection, message.alert_ids, now)
            alerts = [replace(alert, gone=gone.get(alert.id, ())) for alert in alerts_of(connection, message.alert_ids)]
            document = self._writer.rewrite(message.document, alerts, message.created_at, now)
            if document is None:
                outbox.void(connection, message.id, now)
                log.info("no longer to be told", receiver=self._receiver.name, key=message.key, reason=message.reason)
                return message, True
            if document != message.document:
                outbox.rewrite(connection, message.id, document)
            return replace(message, document=document), False

    def _deliver(self, connection: Connection, message: outbox.Message) -> None:
        line = log.bind(receiver=self._receiver.name, key=message.key, reason=message.reason, alerts=message.alert_ids)
        try:
            self._receiver.deliver(notification_of(message.document))
        except PermanentFailureError as error:
            line.error("refused for ever", error=str(error))
            retried(self._fallback.pass_on)(
                connection, message, self._receiver.name, self._who, str(error), self._clock()
            )
        except TemporaryFailureError as error:
            pause_s = self._put_off(connection, message, str(error), error.retry_after_s)
            line.warning("not delivered", error=str(error), again_in_s=pause_s)
        except Exception as error:
            pause_s = self._put_off(connection, message, f"{type(error).__name__}: {error}", None)
            line.exception("not delivered", again_in_s=pause_s)
        else:
            self._unrecorded[message.id] = self._clock()
            line.info("delivered")
            self._record(connection)

    def _put_off(
        self, connection: Connection, message: outbox.Message, error: str, retry_after_s: float | None
    ) -> float:
        pause_s = self._pace.pause_s(message.attempts, retry_after_s)
        if retry_after_s is not None:
            # It has had too many of us, not only of this one.
            self._rests_until_s = time.monotonic() + min(retry_after_s, _LONGEST_REST_S)
        not_before = self._clock() + timedelta(seconds=pause_s)
        retried(outbox.put_off)(connection, message.id, self._who, not_before, error)
        return pause_s

    def _record(self, connection: Connection) -> None:
        for notification_id, at in list(self._unrecorded.items()):
            retried(outbox.delivered)(connection, notification_id, at)
            del self._unrecorded[notification_id]


def _is_fresh(message: outbox.Message, now: datetime) -> bool:
    """Whether it was planned only just now, and is tried for the first time."""
    return message.attempts == 1 and abs(now - message.created_at) < _AT_ONCE
