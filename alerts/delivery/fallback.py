"""Whom to tell instead when a receiver will never take a message."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from alerts.alert import OVER, Reason
from alerts.delivery.pager_acknowledgements import with_pager_keys
from alerts.messages.message_writer import MessageWriter
from alerts.on_call.on_call import Config, Target, told_at
from service.domain.alerting.lifecycle import AlertState
from service.domain.severity import Severity
from service.store.alerting import history as alert_history
from service.store.alerting import notification_log, outbox
from service.store.pool import Connection

log = structlog.get_logger()

#: Nothing is sent meanwhile.
_LEASE_S = 20.0

#: A message that only sleepers could be told of is tried again after so long.
_ASLEEP = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Substitute:
    """Whom to tell instead of a receiver, at which level of the chain, and why these."""

    level: int
    targets: tuple[Target, ...]
    why: str


def same_person(config: Config, receiver: str, level: int) -> Iterator[Substitute]:
    """The other receivers of the same person, best first. They were to hear of it, whatever the hour is by now."""
    person, following = config.person_of(receiver), config.next_receiver(receiver)
    while person is not None and following is not None:
        yield Substitute(level, (Target(following),), f"the next receiver of {person.name}")
        following = config.next_receiver(following)


def later_stages(
    config: Config, receiver: str, level: int, document: Mapping[str, Any], now: datetime
) -> Iterator[Substitute]:
    """The stages that follow, those who sleep among them."""
    worst = document["alerts"][0]
    chain = config.chain_for(worst["site_id"], worst["severity"], worst["cause"])
    # A receiver that is no more does not stand for its stage: others may be named there now.
    first = level + 1 if receiver in config.receivers else level
    for later in range(first, len(chain.stages) + 1):
        # Past the last stage: whoever there is.
        targets = told_at(config, chain, later, now, without=receiver)
        yield Substitute(later, targets, f"stage {later + 1} of chain {chain.name}")


def outside_quiet_hours(
    substitutes: Sequence[Substitute], document: Mapping[str, Any], now: datetime
) -> list[Substitute]:
    """Of these, whoever is to hear of such a message at this hour."""
    if any(alert["severity"] == Severity.CRITICAL or (alert.get("used") or 0) >= 1 for alert in document["alerts"]):
        return list(substitutes)
    reduced = [
        Substitute(
            substitute.level,
            tuple(one for one in substitute.targets if one.person is None or not one.person.is_quiet(now)),
            substitute.why,
        )
        for substitute in substitutes
    ]
    return [substitute for substitute in reduced if substitute.targets]


class Fallback:
    """Puts a refused message into the outbox for somebody else."""

    def __init__(self, writer: MessageWriter) -> None:
        self._writer = writer

    def refused(
        self, connection: Connection, row: Mapping[str, Any], receiver: str, who: str, error: str, now: datetime
    ) -> None:
        """Record that a receiver refused a message for ever, and tell the next instead, in one transaction.

        Where all who could be told sleep and it can wait for them, the message is kept.
        """
        with connection.transaction():
            substitutes = self._substitutes(connection, row, receiver, now)
            reachable = outside_quiet_hours(substitutes, row["document"], now)
            if substitutes and not reachable:
                outbox.put_off(connection, row["id"], who, now + _ASLEEP, error)
                log.info("kept until quiet hours are over", key=row["key"], refused_by=receiver)
                return
            if not outbox.failed(connection, row["id"], who, now, error):
                return
            for substitute in reachable:
                names = [target.receiver for target in substitute.targets]
                told = [name for name in names if self._enqueue(connection, row, substitute.level, name, now)]
                if told:
                    log.warning("told instead", key=row["key"], refused_by=receiver, receivers=told, why=substitute.why)
                    return
        log.error("nobody is left to be told instead", key=row["key"], refused_by=receiver)

    def take_over(self, connection: Connection, who: str, now: datetime) -> None:
        """Tell others what waits for receivers that are no longer there."""
        for row in outbox.lease_unserved(connection, list(self._writer.config.receivers), who, _LEASE_S):
            self.refused(connection, row, row["receiver"], who, "there is no such receiver any more", now)

    def _substitutes(
        self, connection: Connection, row: Mapping[str, Any], receiver: str, now: datetime
    ) -> list[Substitute]:
        document = row["document"]
        if document["reason"] in (Reason.TEST, Reason.TAKEN):
            return []
        substitutes = list(same_person(self._writer.config, receiver, row["level"]))
        if _calls_others(connection, row):
            substitutes += later_stages(self._writer.config, receiver, row["level"], document, now)
        return substitutes

    def _enqueue(
        self, connection: Connection, row: Mapping[str, Any], level: int, receiver: str, now: datetime
    ) -> bool:
        kind = self._writer.config.receivers[receiver].kind
        document = self._writer.readdress(row["document"], receiver, now)
        added = outbox.add_notification(
            connection,
            receiver=receiver,
            alert_ids=row["alert_ids"],
            site_id=row["site_id"],
            level=level,
            document=with_pager_keys(connection, receiver, kind, document, row["alert_ids"]),
            now=now,
            kind=kind,
        )
        if added:
            over = row["document"]["reason"] in OVER
            notification_log.log_also_notified(connection, row["alert_ids"], receiver, over=over)
        return added


def _calls_others(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Whether others are called for it: not for what is over; for what somebody has in hand only if it got worse."""
    reason = row["document"]["reason"]
    if reason in OVER:
        return False
    calling = {AlertState.FIRING, AlertState.ACKNOWLEDGED} if reason == Reason.WORSENED else {AlertState.FIRING}
    return any(alert["state"] in calling for alert in alert_history.alerts_of(connection, row["alert_ids"]))
