"""The outbox: what was decided to be told of alerts, and the messages that are still to reach a receiver.

A message is leased before it is sent and recorded after, each in a transaction of its own: a death in between repeats
it with the same key once the lease has run out, and loses nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from service.domain.severity import Severity
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, columns, one_row, one_value

#: Whoever sends is woken by this; it is a hint, polling is the rule.
CHANNEL = "unbroken_outbox"

#: Nothing is put off for longer. What seems to be was by a clock that ran ahead and was set right since.
_LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is still to reach its receiver.

    Attributes:
        level: the stage of the chain of escalation that is reached with it, from 0.
        document: what is sent, as JSON; its text, its key and its incident are in it.
        attempts: how often it was tried, this time included.
    """

    id: int
    key: str
    receiver: str
    reason: str
    alert_ids: list[int]
    site_id: str | None
    level: int
    document: dict[str, Any]
    created_at: datetime
    attempts: int


def listen_for_messages(connection: Connection) -> None:
    """Ask to be woken by every new message."""
    connection.execute(f"LISTEN {CHANNEL}")


def wait_for_notify(connection: Connection, timeout_s: float) -> bool:
    """Sleep until something that was listened for happens, or the time is over; whether something did."""
    return bool(list(connection.notifies(timeout=timeout_s, stop_after=1)))


def unacknowledged_call(connection: Connection, receiver: str, alert_ids: Sequence[int]) -> int | None:
    """The newest message that called a receiver for one of these alerts; None: none did since it last was ``taken``."""
    message_id: int | None = one_value(
        connection,
        "SELECT max(id) FILTER (WHERE reason <> 'taken') FROM notifications "
        "WHERE receiver = %s AND alert_ids && %s::bigint[] "
        "AND reason NOT IN ('resolved', 'past') AND (reason = 'taken' OR coalesce(outcome, 'delivered') = 'delivered') "
        "HAVING max(id) FILTER (WHERE reason <> 'taken') > coalesce(max(id) FILTER (WHERE reason = 'taken'), 0)",
        [receiver, list(alert_ids)],
    )
    return message_id


def newest_pager_acknowledgement(
    connection: Connection, receiver: str, incident: str, alert_ids: Sequence[int]
) -> int | None:
    """The newest message by which a receiver heard that somebody is on this incident, or on one of these alerts."""
    message_id: int | None = one_value(
        connection,
        "SELECT max(id) FROM notifications WHERE receiver = %s AND reason = 'taken' "
        "AND (alert_ids && %s::bigint[] OR document->>'incident' = %s)",
        [receiver, list(alert_ids), incident],
    )
    return message_id


def incident_keys(connection: Connection, receiver: str, begins: str) -> list[str]:
    """The incidents whose key begins so, of all that a receiver was told of."""
    return all_values(
        connection,
        "SELECT DISTINCT document->>'incident' AS incident FROM notifications "
        "WHERE receiver = %s AND starts_with(document->>'incident', %s) ORDER BY incident",
        [receiver, begins],
    )


def add_notification(
    connection: Connection,
    *,
    receiver: str,
    alert_ids: Sequence[int],
    site_id: str | None,
    level: int,
    document: Mapping[str, Any],
    now: datetime,
    kind: str | None = None,
) -> bool:
    """Put a message into the outbox; False: this receiver has it already. `kind`: of the receiver.

    One about the same alerts, or fewer, that still waits for this receiver is not sent any more: whoever comes back
    after hours needs the newest, not every reminder. That somebody is on it (``taken``) takes the place of nothing.
    """
    connection.execute(
        "UPDATE notifications SET outcome = 'overtaken', finished_at = %(now)s "
        "WHERE outcome IS NULL AND receiver = %(receiver)s AND key <> %(key)s AND alert_ids <> '{}' "
        "AND alert_ids <@ %(ids)s::bigint[] AND %(reason)s::text <> 'taken' "
        "AND (leased_until IS NULL OR leased_until <= now())",
        {
            "now": now,
            "receiver": receiver,
            "key": document["key"],
            "reason": document["reason"],
            "ids": list(alert_ids),
        },
    )
    added = connection.execute(
        "INSERT INTO notifications (key, receiver, reason, alert_ids, site_id, level, severity, document, "
        "created_at, not_before, kind) VALUES (%(key)s, %(receiver)s, %(reason)s, %(ids)s, %(site)s, %(level)s, "
        "%(severity)s, %(document)s, %(now)s, %(now)s, %(kind)s) ON CONFLICT (key, receiver) DO NOTHING",
        {
            "key": document["key"],
            "receiver": receiver,
            "kind": kind,
            "reason": document["reason"],
            "ids": list(alert_ids),
            "site": site_id,
            "level": level,
            "severity": document["severity"],
            "document": Jsonb(dict(document)),
            "now": now,
        },
    )
    connection.execute(f"NOTIFY {CHANNEL}")
    return added.rowcount == 1


def lease(connection: Connection, receiver: str, who: str, now: datetime, lease_s: float) -> Message | None:
    """The most urgent message for a receiver, taken by `who` for `lease_s`; None: there is nothing to send.

    That somebody is on it, or that it is over, is not said before all that went before was. What was never tried is due
    whatever the clock.
    How long a message is whose goes by the database's clock: those of two machines may differ by more than a lease.
    """
    return one_row(
        connection,
        Message,
        "UPDATE notifications SET leased_by = %(who)s, leased_until = now() + %(lease)s, attempts = attempts + 1 "
        "WHERE id = (SELECT id FROM notifications AS due WHERE outcome IS NULL AND receiver = %(receiver)s "
        "AND (attempts = 0 OR not_before <= %(now)s OR not_before > %(now)s + %(longest)s) "
        "AND (leased_until IS NULL OR leased_until <= now()) AND NOT EXISTS "
        "(SELECT FROM notifications AS earlier WHERE earlier.outcome IS NULL AND earlier.receiver = %(receiver)s "
        "AND earlier.id < due.id AND earlier.alert_ids && due.alert_ids "
        "AND (due.reason IN ('resolved', 'taken') OR earlier.leased_until > now())) "
        "ORDER BY array_position(%(worst_first)s::text[], severity), "
        "reason IN ('resolved', 'past'), attempts, id LIMIT 1 FOR UPDATE SKIP LOCKED) "
        f"RETURNING {columns(Message)}",
        {
            "who": who,
            "lease": timedelta(seconds=lease_s),
            "receiver": receiver,
            "now": now,
            "longest": _LONGEST_WAIT,
            "worst_first": list(Severity)[::-1],
        },
    )


def rewrite(connection: Connection, notification_id: int, document: Mapping[str, Any]) -> None:
    """A message that waited says what is so now."""
    connection.execute(
        "UPDATE notifications SET document = %s WHERE id = %s AND outcome IS NULL",
        [Jsonb(dict(document)), notification_id],
    )


def void(connection: Connection, notification_id: int, now: datetime) -> None:
    """A message that waited has nothing to say any more."""
    connection.execute(
        "UPDATE notifications SET outcome = 'overtaken', finished_at = %s, leased_by = NULL, leased_until = NULL "
        "WHERE id = %s AND outcome IS NULL",
        [now, notification_id],
    )


def lease_unserved(connection: Connection, receivers: Sequence[str], who: str, lease_s: float) -> list[Message]:
    """All messages for receivers that are none of these, taken by `who` for `lease_s`."""
    return all_rows(
        connection,
        Message,
        "UPDATE notifications SET leased_by = %s, leased_until = now() + %s WHERE outcome IS NULL "
        "AND receiver <> ALL(%s) AND (leased_until IS NULL OR leased_until <= now()) "
        f"RETURNING {columns(Message)}",
        [who, timedelta(seconds=lease_s), list(receivers)],
    )


def delivered(connection: Connection, notification_id: int, at: datetime) -> None:
    """The receiver took it."""
    connection.execute(
        "UPDATE notifications SET outcome = 'delivered', finished_at = %s, error = NULL, leased_by = NULL, "
        "leased_until = NULL WHERE id = %s AND outcome IS DISTINCT FROM 'delivered'",
        [at, notification_id],
    )


def put_off(connection: Connection, notification_id: int, who: str, not_before: datetime, error: str) -> None:
    """The receiver did not take it now; unless somebody else has taken it over meanwhile.

    If a newer message of the same alerts has come meanwhile, that one is enough.
    """
    connection.execute(
        "UPDATE notifications SET not_before = %s, error = %s, leased_by = NULL, leased_until = NULL "
        "WHERE id = %s AND leased_by = %s AND outcome IS NULL",
        [not_before, error, notification_id, who],
    )
    connection.execute(
        "UPDATE notifications AS late SET outcome = 'overtaken', finished_at = newer.created_at "
        "FROM notifications AS newer WHERE late.id = %s AND late.outcome IS NULL AND late.leased_by IS NULL "
        "AND newer.receiver = late.receiver AND newer.id > late.id AND newer.outcome IS NULL "
        "AND newer.reason <> 'taken' AND late.alert_ids <> '{}' AND late.alert_ids <@ newer.alert_ids",
        [notification_id],
    )


def failed(connection: Connection, notification_id: int, who: str, at: datetime, error: str) -> bool:
    """The receiver will never take it; False: somebody else has taken it over meanwhile."""
    done = connection.execute(
        "UPDATE notifications SET outcome = 'failed', finished_at = %s, error = %s, leased_by = NULL, "
        "leased_until = NULL WHERE id = %s AND leased_by = %s AND outcome IS NULL",
        [at, error, notification_id, who],
    )
    return done.rowcount == 1
