"""The service's own parts, judged here: an alert still gets out when ingest or the evaluator is dead."""

import socket
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.watch.on_call_watch import OnCallWatch
from alerts.watch.trail_watch import TrailWatch
from alerts.watch.unjudged_watch import what_is_not_judged
from service.domain.alerting.rule_table import (
    NOT_JUDGED,
    ON_CALL_UNUSABLE,
    SERVICE_RULES,
    TRAIL_BROKEN,
    TRAIL_UNSEALED,
)
from service.domain.alerting.rules import ServiceFacts, outcome_of
from service.domain.clocks import CLOCK_TOLERANCE_US, CLOCKS_DISAGREE
from service.domain.instant import from_datetime, to_datetime
from service.domain.intake.ingest_work import not_working
from service.domain.shares import what_nobody_does
from service.evaluator.alerting.findings import Subject, apply_findings
from service.store import dirty
from service.store.alerting.alerts import open_alerts
from service.store.alerting.deliveries import failing_receivers
from service.store.clocks import tell, whose_is_wrong
from service.store.intake import heartbeats
from service.store.locks import may_watch_service, shares_of_nobody
from service.store.pool import Connection
from service.store.retry import retried

EVERY_S = 10.0

#: A receiver is failing after this long without a delivery.
_DELIVERY_FAILS = timedelta(minutes=5)

_RECEIVER = "receiver:"


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the service: the subject of its alert, the rule that judges it, and what is known of it."""

    subject: Subject
    cause: str
    facts: ServiceFacts


class ServiceWatch:
    """Looks at every part now and then, and keeps its alert.

    Attributes:
        behind: what was not well at the last look; None: nobody has looked yet.
        looked_s: when that was, on the monotonic clock.
    """

    def __init__(
        self,
        receivers: Collection[str],
        evaluator_behind_s: float,
        clock: Callable[[], datetime],
        wait: Callable[[float], object],
        on_call: OnCallWatch | None = None,
        *,
        own_clock: Callable[[], datetime] = _utc_now,
        clock_tolerance_us: int = CLOCK_TOLERANCE_US,
    ) -> None:
        """`clock`: when what is found is recorded; `own_clock`: what this machine says, against the others'."""
        self._receivers = receivers
        self._on_call = on_call
        self._behind = timedelta(seconds=evaluator_behind_s)
        self._clock = clock
        self._wait = wait
        self._own_clock = own_clock
        self._tolerance_us = clock_tolerance_us
        self._unattended_since: dict[int, datetime] = {}
        self._watching_since: datetime | None = None
        self._set_aside_since: datetime | None = None
        self._disagree_since: datetime | None = None
        self._trail = TrailWatch()
        self.behind: tuple[str, ...] | None = None
        self.looked_s = float("-inf")

    def begin(self, connection: Connection) -> None:
        """Nothing wakes it but time."""

    def work(self, connection: Connection) -> None:
        """Look once, then wait."""
        retried(self.look)(connection)
        self.looked_s = time.monotonic()
        self._wait(EVERY_S)

    def look(self, connection: Connection) -> None:
        """Judge all parts, and bring their alerts to where they belong; of several processes one does at a time."""
        now = self._clock()
        if self._on_call is not None:
            self._on_call.look(connection, now)
            self._receivers = [receiver.name for receiver in self._on_call.receivers]
        with connection.transaction():
            parts = [self._ingest(connection, now), self._evaluator(connection, now), self._clocks(connection, now)]
            parts += self._deliveries(connection, now)
            self.behind = tuple(part.subject.key for part in parts if part.facts.since_us is not None)
            if self._on_call is not None:
                # People are told of it as it was before: that is no reason for a monitor outside to call them.
                told = self._on_call
                parts.append(_part("service:on_call", "The on-call file", ON_CALL_UNUSABLE, told.since, told.trouble))
            # Somebody is to look at these, and nothing else stands still for them.
            parts.append(self._set_aside(connection, now))
            parts += [Part(subject, NOT_JUDGED, facts) for subject, facts in what_is_not_judged(connection)]
            parts += self._audit_trail(connection, now)
            if may_watch_service(connection):
                for part in parts:
                    judged = [
                        outcome_of(rule, part.facts, from_datetime(now))
                        for rule in SERVICE_RULES
                        if rule.cause == part.cause
                    ]
                    apply_findings(connection, part.subject, judged, from_datetime(now))

    def _ingest(self, connection: Connection, now: datetime) -> Part:
        processes = [heartbeat.work() for heartbeat in heartbeats.heartbeats(connection)]
        found = not_working(processes, from_datetime(now))
        if self._watching_since is None:
            self._watching_since = now
        # After a pause of everything, ingest is given the time to begin: its alert is pending meanwhile.
        since = None if found is None else max(to_datetime(found.since_us), self._watching_since)
        return _part("service:ingest", "Ingest", "ingest_behind", since, "" if found is None else found.why)

    def _set_aside(self, connection: Connection, now: datetime) -> Part:
        """Messages of which nothing is in the database: somebody must look at their files."""
        found = heartbeats.heartbeats(connection)
        count = sum(heartbeat.set_aside for heartbeat in found)
        logged = sum(heartbeat.counters.get("unkept", {}).get("no_room_aside", 0) for heartbeat in found)
        if (count or logged) and self._set_aside_since is None:
            self._set_aside_since = now
        elif not count and not logged:
            self._set_aside_since = None
        detail = f"{count} in files, to be read with `unbroken rejected set-aside`"
        if logged:
            detail += f"; {logged} in ingest's log alone, since its folder is full or cannot be written"
        return _part("service:set-aside", "Ingest", "messages_set_aside", self._set_aside_since, detail)

    def _evaluator(self, connection: Connection, now: datetime) -> Part:
        waiting = dirty.kept_waiting_since(connection)
        known = self._unattended_since
        self._unattended_since = {share: known.get(share, now) for share in shares_of_nobody(connection)}
        unattended = {share: since for share, since in self._unattended_since.items() if now - since > self._behind}
        since, details = None, []
        if unattended:
            since = min(unattended.values())
            details.append(f"no evaluator {what_nobody_does(unattended)}")
        if waiting is not None and now - waiting > self._behind:
            since = waiting
            details.append("readings have been waiting for it since then")
        detail = "; ".join(details)
        return _part("service:evaluator", "The evaluator", "evaluator_behind", since, detail)

    def _clocks(self, connection: Connection, now: datetime) -> Part:
        part, own = f"alerts on {socket.gethostname()}", self._own_clock()
        tell(connection, part, own)
        detail = whose_is_wrong(connection, part, own, self._tolerance_us)
        if detail is None:
            self._disagree_since = None
        elif self._disagree_since is None:
            self._disagree_since = now
        return _part("service:clocks", "The clocks", CLOCKS_DISAGREE, self._disagree_since, detail or "")

    def _audit_trail(self, connection: Connection, now: datetime) -> list[Part]:
        unsealed, broken = self._trail.look(connection, now)
        return [
            _part("service:trail-seals", "The audit trail", TRAIL_UNSEALED, unsealed.since, unsealed.detail),
            _part("service:trail", "The audit trail", TRAIL_BROKEN, broken.since, broken.detail),
        ]

    def _deliveries(self, connection: Connection, now: datetime) -> list[Part]:
        failing = {
            one.receiver: one
            for one in failing_receivers(connection, now - _DELIVERY_FAILS)
            if one.for_ever or now - one.since > _DELIVERY_FAILS
        }
        alerted = {
            alert.subject.removeprefix(_RECEIVER)
            for alert in open_alerts(connection)
            if alert.subject.startswith(_RECEIVER)
        }
        return [
            _part(
                f"{_RECEIVER}{name}",
                f"Receiver {name}",
                "delivery_failing",
                failing[name].since if name in failing and name in self._receivers else None,
                (failing[name].error or "nobody has sent it") if name in failing else "",
            )
            for name in sorted({*self._receivers, *alerted})
        ]


def _part(key: str, name: str, cause: str, since: datetime | None, detail: str) -> Part:
    return Part(Subject(key, name), cause, ServiceFacts(key, None if since is None else from_datetime(since), detail))
