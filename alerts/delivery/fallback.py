"""Whom to tell instead when a receiver will never take a message."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from alerts.delivery.pager_acknowledgements import with_pager_keys
from alerts.messages.message_writer import MessageWriter
from alerts.on_call.config import Config, Target, stage_targets
from alerts.policy.quiet_hours import is_urgent, outside_quiet_hours
from service.domain.alerting.lifecycle import AlertState
from service.domain.alerting.notification import OVER, Reason
from service.store.alerting import outbox
from service.store.alerting.history import alerts_of
from service.store.alerting.notification_log import log_also_notified
from service.store.pool import Connection

log = structlog.get_logger()

#: Nothing is sent meanwhile.
_LEASE_S = 20.0

#: A message for people in their quiet hours is tried again after this long.
_QUIET_HOURS_PAUSE = timedelta(hours=1)


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
        targets = stage_targets(config, chain, later, now, without=receiver)
        yield Substitute(later, targets, f"stage {later + 1} of chain {chain.name}")


def _reachable(substitutes: Sequence[Substitute], document: Mapping[str, Any], now: datetime) -> list[Substitute]:
    """Of these, whoever is to hear of such a message at this hour."""
    urgent = any(is_urgent(alert["severity"], alert.get("used")) for alert in document["alerts"])
    reduced = [replace(one, targets=outside_quiet_hours(one.targets, now, urgent=urgent)) for one in substitutes]
    return [one for one in reduced if one.targets]


class Fallback:
    """Puts a refused message into the outbox for somebody else."""

    def __init__(self, writer: MessageWriter) -> None:
        self._writer = writer

    def pass_on(
        self, connection: Connection, message: outbox.Message, receiver: str, who: str, error: str, now: datetime
    ) -> None:
        """Record that a receiver refused a message for ever, and tell the next instead, in one transaction.

        Where all who could be told sleep and it can wait for them, the message is kept.
        """
        with connection.transaction():
            substitutes = self._substitutes(connection, message, receiver, now)
            reachable = _reachable(substitutes, message.document, now)
            if substitutes and not reachable:
                outbox.put_off(connection, message.id, who, now + _QUIET_HOURS_PAUSE, error)
                log.info("kept until quiet hours are over", key=message.key, refused_by=receiver)
                return
            if not outbox.failed(connection, message.id, who, now, error):
                return
            for substitute in reachable:
                names = [target.receiver for target in substitute.targets]
                told = [name for name in names if self._enqueue(connection, message, substitute.level, name, now)]
                if told:
                    log.warning(
                        "told instead", key=message.key, refused_by=receiver, receivers=told, why=substitute.why
                    )
                    return
        log.error("nobody is left to be told instead", key=message.key, refused_by=receiver)

    def pass_on_unserved(self, connection: Connection, who: str, now: datetime) -> None:
        """Tell others what waits for receivers that are no longer there."""
        for message in outbox.lease_unserved(connection, list(self._writer.config.receivers), who, _LEASE_S):
            self.pass_on(connection, message, message.receiver, who, "there is no such receiver any more", now)

    def _substitutes(
        self, connection: Connection, message: outbox.Message, receiver: str, now: datetime
    ) -> list[Substitute]:
        document = message.document
        if document["reason"] in (Reason.TEST, Reason.TAKEN):
            return []
        substitutes = list(same_person(self._writer.config, receiver, message.level))
        if _calls_others(connection, message):
            substitutes += later_stages(self._writer.config, receiver, message.level, document, now)
        return substitutes

    def _enqueue(
        self, connection: Connection, message: outbox.Message, level: int, receiver: str, now: datetime
    ) -> bool:
        kind = self._writer.config.receivers[receiver].kind
        document = self._writer.readdress(message.document, receiver, now)
        added = outbox.add_notification(
            connection,
            receiver=receiver,
            alert_ids=message.alert_ids,
            site_id=message.site_id,
            level=level,
            document=with_pager_keys(connection, receiver, kind, document, message.alert_ids),
            now=now,
            kind=kind,
        )
        if added:
            over = message.document["reason"] in OVER
            log_also_notified(connection, message.alert_ids, receiver, over=over)
        return added


def _calls_others(connection: Connection, message: outbox.Message) -> bool:
    """Whether others are called for it: not for what is over; for what somebody has in hand only if it got worse."""
    reason = message.document["reason"]
    if reason in OVER:
        return False
    calling = {AlertState.FIRING, AlertState.ACKNOWLEDGED} if reason == Reason.WORSENED else {AlertState.FIRING}
    return any(alert.state in calling for alert in alerts_of(connection, message.alert_ids))
