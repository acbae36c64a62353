"""What became of messages: what was delivered, what is still to be, and which receivers fail."""

from dataclasses import dataclass
from datetime import datetime

from service.domain.identity.caller import Sites
from service.store.paging import NEWEST_FIRST, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, columns, one_row
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far a message has come. `outcome`: None: it is still to be delivered; error: what went wrong last."""

    outcome: str | None
    error: str | None
    attempts: int


def delivery(connection: Connection, key: str, receiver: str) -> Delivery | None:
    """What became of a message; None: there is no such message."""
    return one_row(
        connection,
        Delivery,
        f"SELECT {columns(Delivery)} FROM notifications WHERE key = %s AND receiver = %s",
        [key, receiver],
    )


@dataclass(frozen=True, slots=True)
class FailingReceiver:
    """A receiver that took nothing since a message failed.

    Attributes:
        error: the newest; None: nothing but that nobody has sent it.
        for_ever: it said of a message that it will never take it.
    """

    receiver: str
    since: datetime
    error: str | None
    for_ever: bool


def failing_receivers(connection: Connection, unsent_since: datetime) -> list[FailingReceiver]:
    """Receivers that took nothing since a message failed, by name.

    What has been waiting since `unsent_since` without an error counts too: whoever is to send it hangs, or dies of it.
    """
    return all_rows(
        connection,
        FailingReceiver,
        "WITH whose AS (SELECT receiver, coalesce((SELECT max(finished_at) FROM notifications AS taken "
        "WHERE taken.receiver = known.receiver AND outcome = 'delivered'), '-infinity') AS taken_at "
        "FROM (SELECT DISTINCT receiver FROM notifications WHERE outcome IS DISTINCT FROM 'delivered') AS known) "
        "SELECT receiver, min(created_at) AS since, "
        "(array_agg(error ORDER BY id DESC) FILTER (WHERE error IS NOT NULL))[1] AS error, "
        "coalesce(bool_or(outcome = 'failed'), false) AS for_ever "
        "FROM whose JOIN notifications USING (receiver) WHERE outcome IS DISTINCT FROM 'delivered' "
        "AND (finished_at IS NULL OR finished_at > taken_at) AND (attempts > 0 AND error IS NOT NULL "
        "OR outcome IS DISTINCT FROM 'failed' AND created_at <= %s) GROUP BY receiver ORDER BY receiver",
        [unsent_since],
    )


@dataclass(frozen=True, slots=True)
class RecordedMessage:
    """A message as it was sent, or is to be, and what became of it. `outcome`: None: it is still to be delivered."""

    id: int
    alert_ids: list[int]
    reason: str
    receiver: str
    severity: str
    level: int
    subject: str
    text: str
    created_at: datetime
    attempts: int
    error: str | None
    outcome: str | None
    finished_at: datetime | None


def messages(connection: Connection, alert_id: int | None, part: Part, seen_at: Sites = None) -> list[RecordedMessage]:
    """Messages, newest first, whatever became of them; of one alert if asked."""
    return rows_of_part(
        connection,
        RecordedMessage,
        "SELECT id, alert_ids, reason, receiver, severity, level, document->>'subject' AS subject, "
        "document->>'text' AS text, created_at, attempts, error, outcome, finished_at FROM notifications "
        "WHERE (%(alert)s::bigint IS NULL OR alert_ids @> ARRAY[%(alert)s::bigint]) "
        f"AND {visible('notification', 'notifications.id', seen_at)}",
        {"alert": alert_id, **visible_at(seen_at)},
        NEWEST_FIRST,
        part,
    )
