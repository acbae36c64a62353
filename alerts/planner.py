"""What is to be told now, decided by the policy and put into the outbox: one round, one transaction.

Of several processes one plans at a time; whichever does, reads what was planned before from the database.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from alerts.delivery.fallback import Fallback
from alerts.delivery.pager_acknowledgements import acknowledged_incidents, with_pager_keys
from alerts.messages.message_writer import MessageWriter
from alerts.notification import Planned
from alerts.on_call.config import Config
from alerts.policy.plan import RESOLVED_KEPT_FOR, plan
from alerts.policy.why import PAST_TOLD_WITHIN
from alerts.receivers.make import PAGER_KINDS
from service.store.alerting import outbox
from service.store.alerting.alerts import listen_for_alerts
from service.store.alerting.at_stake import departed_lots
from service.store.alerting.history import alerts_to_consider
from service.store.alerting.notification_log import log_notification, notification_histories
from service.store.alerting.silences import silences_in_force
from service.store.locks import may_plan
from service.store.pool import Connection
from service.store.retry import retried

log = structlog.get_logger()

#: How often is looked for what waits for receivers that are no longer there.
_TAKES_OVER_EVERY = timedelta(minutes=1)


class Planner:
    """Plans whenever an alert changes, and once a while because time passes.

    Attributes:
        succeeded_s: when the last round came to its end, on the monotonic clock.
    """

    def __init__(
        self, writer: MessageWriter, clock: Callable[[], datetime], poll_s: float, who: str = "planner"
    ) -> None:
        self._writer = writer
        self._who = who
        self._clock = clock
        self._poll_s = poll_s
        self._took_over_at: datetime | None = None
        self.succeeded_s = float("-inf")

    def begin(self, connection: Connection) -> None:
        """Be woken from now on."""
        listen_for_alerts(connection)

    def work(self, connection: Connection) -> None:
        """One round, then wait for the next."""
        retried(self.round)(connection)
        self.succeeded_s = time.monotonic()
        outbox.wait_for_notify(connection, self._poll_s)

    def round(self, connection: Connection) -> list[Planned]:
        """Put into the outbox what is due now; nothing while another process does.

        Now and then what waits for receivers that are no longer there is given to others.
        """
        with connection.transaction():
            if not may_plan(connection):
                return []
            # The on-call file may be read anew meanwhile: one round goes by one.
            now, config = self._clock(), self._writer.config
            if self._took_over_at is None or not timedelta(0) <= now - self._took_over_at < _TAKES_OVER_EVERY:
                Fallback(self._writer).pass_on_unserved(connection, self._who, now)
                self._took_over_at = now
            alerts = alerts_to_consider(connection, now - PAST_TOLD_WITHIN, now - RESOLVED_KEPT_FOR)
            if not alerts:
                return []
            histories = notification_histories(connection, [alert.id for alert in alerts])
            silences = silences_in_force(connection, now, now - PAST_TOLD_WITHIN)
            planned = self._with_gone(connection, plan(alerts, histories, silences, config, now), now)
            for one in planned:
                self._enqueue(connection, one, config, now)
            told_now = {alert.id for one in planned for alert in one.alerts}
            pagers = {one.name for one in config.receivers.values() if one.kind in PAGER_KINDS}
            planned += [
                one
                for one in acknowledged_incidents(alerts, histories, pagers)
                if told_now.isdisjoint(alert.id for alert in one.alerts)
                and self._acknowledge_pager(connection, one, config, now)
            ]
        for one in planned:
            log.info("to be told", reason=one.reason, why=one.why, incident=one.incident, receivers=one.receivers)
        return planned

    def _with_gone(self, connection: Connection, planned: list[Planned], now: datetime) -> list[Planned]:
        """With what became of the lots that were at stake."""
        alert_ids = sorted({alert.id for one in planned for alert in one.alerts})
        gone = departed_lots(connection, alert_ids, now) if planned else {}
        return [
            replace(one, alerts=tuple(replace(alert, gone=gone.get(alert.id, ())) for alert in one.alerts))
            for one in planned
        ]

    def _enqueue(self, connection: Connection, planned: Planned, config: Config, now: datetime) -> None:
        number = log_notification(
            connection,
            told_at=now,
            reason=planned.reason,
            level=planned.level,
            receivers=planned.receivers,
            alerts=planned.alerts,
        )
        # The number of a telling is given once: nothing else that is told of this incident has this key.
        key = f"{planned.incident}:{planned.reason}:{number}"
        for receiver in planned.receivers:
            self._add_message(connection, planned, receiver, key, config, now)

    def _acknowledge_pager(self, connection: Connection, taken: Planned, config: Config, now: datetime) -> bool:
        """Let a pager know that somebody is on it, once for what it was told last; whether there was anything to say.

        Nobody is told by that: it is no telling, and the policy does not remember it.
        """
        [receiver] = taken.receivers
        told_id = outbox.unacknowledged_call(connection, receiver, [alert.id for alert in taken.alerts])
        if told_id is None:
            return False
        return self._add_message(connection, taken, receiver, f"{taken.incident}:{taken.reason}:{told_id}", config, now)

    def _add_message(
        self, connection: Connection, planned: Planned, receiver: str, key: str, config: Config, now: datetime
    ) -> bool:
        kind = config.receivers[receiver].kind
        alert_ids = [alert.id for alert in planned.alerts]
        document = self._writer.write(planned, receiver, key, now)
        return outbox.add_notification(
            connection,
            receiver=receiver,
            alert_ids=alert_ids,
            site_id=planned.alerts[0].site_id,
            level=planned.level,
            document=with_pager_keys(connection, receiver, kind, document, alert_ids),
            now=now,
            kind=kind,
        )
