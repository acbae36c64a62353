"""What is to be told now, decided by the policy and put into the outbox: one round, one transaction.

Of several processes one plans at a time; whichever does, reads what was planned before from the database.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from alerts.alert import Alert, Last, Planned, Reason
from alerts.delivery.answers import as_known_to, in_hand
from alerts.delivery.fall_back import FallBack
from alerts.messages.messages import Desk
from alerts.on_call.on_call import Config
from alerts.policy.policy import REMEMBERED, plan
from alerts.policy.silences import Silence
from alerts.policy.why import PAST_NEWS
from alerts.receivers.make import TAKES_ANSWERS
from service.store.alerting import outbox as notifications
from service.store.alerting import tellings
from service.store.alerting.at_stake import gone_from
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

    def __init__(self, desk: Desk, clock: Callable[[], datetime], poll_s: float, who: str = "planner") -> None:
        self._desk = desk
        self._who = who
        self._clock = clock
        self._poll_s = poll_s
        self._took_over_at: datetime | None = None
        self.succeeded_s = float("-inf")

    def begin(self, connection: Connection) -> None:
        """Be woken from now on."""
        tellings.listen_for_alerts(connection)

    def work(self, connection: Connection) -> None:
        """One round, then wait for the next."""
        retried(self.round)(connection)
        self.succeeded_s = time.monotonic()
        notifications.woken(connection, self._poll_s)

    def round(self, connection: Connection) -> list[Planned]:
        """Put into the outbox what is due now; nothing while another process does.

        Now and then what waits for receivers that are no longer there is given to others.
        """
        with connection.transaction():
            if not may_plan(connection):
                return []
            # The on-call file may be read anew meanwhile: one round goes by one.
            now, config = self._clock(), self._desk.config
            if self._took_over_at is None or not timedelta(0) <= now - self._took_over_at < _TAKES_OVER_EVERY:
                FallBack(self._desk).take_over(connection, self._who, now)
                self._took_over_at = now
            rows = tellings.told_alerts(connection, now - PAST_NEWS, now - REMEMBERED)
            alerts = [Alert(**row) for row in rows]
            if not alerts:
                return []
            last = {
                row.pop("alert_id"): _last(row)
                for row in tellings.last_told(connection, [alert.id for alert in alerts])
            }
            silences = [Silence(**row) for row in tellings.silences_in_force(connection, now, now - PAST_NEWS)]
            planned = self._with_gone(connection, plan(alerts, last, silences, config, now), now)
            for one in planned:
                self._put(connection, one, config, now)
            told_now = {alert.id for one in planned for alert in one.alerts}
            pagers = {one.name for one in config.receivers.values() if one.kind in TAKES_ANSWERS}
            for one in in_hand(alerts, last, pagers):
                if told_now.isdisjoint(alert.id for alert in one.alerts) and self._silence(
                    connection, one, config, now
                ):
                    planned.append(one)
        for one in planned:
            log.info("to be told", reason=one.reason, why=one.why, incident=one.incident, receivers=one.receivers)
        return planned

    def _with_gone(self, connection: Connection, planned: list[Planned], now: datetime) -> list[Planned]:
        """With what became of the lots that were at stake."""
        gone = (
            gone_from(connection, sorted({alert.id for one in planned for alert in one.alerts}), now) if planned else {}
        )
        return [
            replace(one, alerts=tuple(replace(alert, gone=gone.get(alert.id, ())) for alert in one.alerts))
            for one in planned
        ]

    def _put(self, connection: Connection, planned: Planned, config: Config, now: datetime) -> None:
        numbers = tellings.add_telling(
            connection,
            told_at=now,
            reason=planned.reason,
            level=planned.level,
            receivers=planned.receivers,
            told=[
                {
                    "id": alert.id,
                    "severity": alert.severity,
                    "lots": len(alert.lot_ids),
                    "budget_gone": alert.budget_gone,
                }
                for alert in planned.alerts
            ],
        )
        # The number of a telling is given once: nothing else that is told of this incident has this key.
        key = f"{planned.incident}:{planned.reason}:{max(numbers)}"
        for receiver in planned.receivers:
            self._send(connection, planned, receiver, key, config, now)

    def _silence(self, connection: Connection, taken: Planned, config: Config, now: datetime) -> bool:
        """Let a pager know that somebody is on it, once for what it was told last; whether there was anything to say.

        Nobody is told by that: it is no telling, and the policy does not remember it.
        """
        [receiver] = taken.receivers
        told_id = notifications.unanswered(connection, receiver, [alert.id for alert in taken.alerts])
        if told_id is None:
            return False
        return self._send(connection, taken, receiver, f"{taken.incident}:{taken.reason}:{told_id}", config, now)

    def _send(
        self, connection: Connection, planned: Planned, receiver: str, key: str, config: Config, now: datetime
    ) -> bool:
        kind = config.receivers[receiver].kind
        alert_ids = [alert.id for alert in planned.alerts]
        document = self._desk.written(planned, receiver, key, now)
        return notifications.add_notification(
            connection,
            receiver=receiver,
            alert_ids=alert_ids,
            site_id=planned.alerts[0].site_id,
            level=planned.level,
            document=as_known_to(connection, receiver, kind, document, alert_ids),
            now=now,
            kind=kind,
        )


def _last(row: dict[str, Any]) -> Last:
    return Last(
        **{
            **row,
            "reason": Reason(row["reason"]),
            "receivers": frozenset(row["receivers"] or ()),
            "ended": frozenset(row["ended"] or ()),
        },
    )
