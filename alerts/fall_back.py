"""Whom to tell instead when a receiver will never take a message."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import structlog

from alerts.messages import Desk
from alerts.notification import Reason
from alerts.on_call import Config, told_at
from service.store import notifications
from service.store.pool import Connection

log = structlog.get_logger()

#: Nothing is sent meanwhile.
_LEASE_S = 20.0


def instead(
    config: Config, receiver: str, level: int, document: Mapping[str, Any], now: datetime
) -> Iterator[tuple[int, tuple[str, ...], str]]:
    """Whom to tell in the place of a receiver, best first: level of the chain, receivers, and why these."""
    if document["reason"] == Reason.TEST:
        return
    person, following = config.person_of(receiver), config.next_receiver(receiver)
    while person is not None and following is not None:
        yield level, (following,), f"the next receiver of {person.name}"
        following = config.next_receiver(following)
    if document["reason"] in (Reason.RESOLVED, Reason.PAST):
        # Nobody is got up for what is over.
        return
    worst = document["alerts"][0]
    chain = config.chain_for(worst["site_id"], worst["severity"], worst["cause"])
    # A receiver that is no more does not stand for its stage: others may be named there now.
    first = level + 1 if receiver in config.receivers else level
    for later in range(first, len(chain.stages) + 1):
        # Past the last stage: whoever there is.
        names = tuple(target.receiver for target in told_at(config, chain, later, now, without=receiver))
        yield later, names, f"stage {later + 1} of chain {chain.name}"


class FallBack:
    """Puts a refused message into the outbox for somebody else."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def refused(
        self, connection: Connection, row: Mapping[str, Any], receiver: str, who: str, error: str, now: datetime
    ) -> None:
        """Record that a receiver refused a message for ever, and tell the next instead, in one transaction."""
        with connection.transaction():
            if not notifications.failed(connection, row["id"], who, now, error):
                return
            document = row["document"]
            for level, names, why in instead(self._desk.config, receiver, row["level"], document, now):
                told = [name for name in names if self._told(connection, row, level, name, now)]
                if told:
                    log.warning("told instead", key=row["key"], refused_by=receiver, receivers=told, why=why)
                    return
        log.error("nobody is left to be told instead", key=row["key"], refused_by=receiver)

    def take_over(self, connection: Connection, who: str, now: datetime) -> None:
        """Tell others what waits for receivers that are no longer there."""
        for row in notifications.lease_unserved(connection, list(self._desk.config.receivers), who, now, _LEASE_S):
            self.refused(connection, row, row["receiver"], who, "there is no such receiver any more", now)

    def _told(self, connection: Connection, row: Mapping[str, Any], level: int, receiver: str, now: datetime) -> bool:
        added = notifications.add_notification(
            connection,
            receiver=receiver,
            alert_ids=row["alert_ids"],
            site_id=row["site_id"],
            level=level,
            document=self._desk.readdressed(row["document"], receiver, now),
            now=now,
        )
        if added:
            notifications.told_also(connection, row["alert_ids"], receiver)
        return added
