"""How alerts are answered: how long it takes, and how much each receiver is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.domain.identity.caller import Sites
from service.store.pool import Connection
from service.store.rows import all_rows
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class TimeTo:
    """How long something took after the alert fired, of the `count` alerts to which it happened; None: to none."""

    count: int
    median_s: float | None
    longest_s: float | None


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """How long it took until the first message, the first acknowledgement and the end; alerts: of how many."""

    alerts: int
    notify: TimeTo
    acknowledge: TimeTo
    resolve: TimeTo


def _response_times(*, alerts: int, **of: Any) -> ResponseTimes:
    return ResponseTimes(
        alerts,
        *(
            TimeTo(of[what], of[f"{what}_median_s"], of[f"{what}_longest_s"])
            for what in ("notify", "acknowledge", "resolve")
        ),
    )


def response_times(connection: Connection, since: datetime, seen_at: Sites = None) -> ResponseTimes:
    """How long alerts that fired since then took to be told, acknowledged and over.

    What was past when it was heard of is left out, for nobody could answer it. The log is nobody who is told.
    """
    [found] = all_rows(
        connection,
        _response_times,
        f"""
        WITH answered AS (
            SELECT extract(epoch FROM first_told - fired_at) AS notify_s,
                   extract(epoch FROM first_taken - fired_at) AS acknowledge_s,
                   extract(epoch FROM greatest(ended_at, fired_at) - fired_at) AS resolve_s
            FROM alerts
            LEFT JOIN LATERAL (SELECT min(finished_at) AS first_told FROM notifications
                WHERE alert_ids @> ARRAY[alerts.id] AND outcome = 'delivered'
                AND reason <> 'taken' AND kind IS DISTINCT FROM 'log') AS told ON true
            LEFT JOIN LATERAL (SELECT min(taken_at) AS first_taken FROM alert_steps
                WHERE alert_id = alerts.id AND becomes = 'acknowledged') AS taken ON true
            WHERE fired_at >= %(since)s AND NOT past AND {visible("alert", "alerts.id", seen_at)}
        )
        SELECT count(*) AS alerts,
               count(notify_s) AS notify, percentile_cont(0.5) WITHIN GROUP (ORDER BY notify_s) AS notify_median_s,
               max(notify_s)::float8 AS notify_longest_s,
               count(acknowledge_s) AS acknowledge,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY acknowledge_s) AS acknowledge_median_s,
               max(acknowledge_s)::float8 AS acknowledge_longest_s,
               count(resolve_s) AS resolve, percentile_cont(0.5) WITHIN GROUP (ORDER BY resolve_s) AS resolve_median_s,
               max(resolve_s)::float8 AS resolve_longest_s
        FROM answered
        """,
        {"since": since, **visible_at(seen_at)},
    )
    return found


@dataclass(frozen=True, slots=True)
class ReceiverCounts:
    """Of how many alerts a receiver was told, in how many messages, and how many messages it never took."""

    receiver: str
    alerts: int
    messages: int
    failed: int


def receiver_counts(connection: Connection, since: datetime, seen_at: Sites = None) -> list[ReceiverCounts]:
    """What each receiver was told since then, by name."""
    return all_rows(
        connection,
        ReceiverCounts,
        f"""
        SELECT receiver, count(DISTINCT alert_id) FILTER (WHERE outcome = 'delivered') AS alerts,
               count(DISTINCT notifications.id) FILTER (WHERE outcome = 'delivered') AS messages,
               count(DISTINCT notifications.id) FILTER (WHERE outcome = 'failed') AS failed
        FROM notifications LEFT JOIN LATERAL unnest(alert_ids) AS alert_id ON true
        WHERE created_at >= %(since)s AND reason <> 'taken'
        AND {visible("notification", "notifications.id", seen_at)} GROUP BY receiver ORDER BY receiver
        """,
        {"since": since, **visible_at(seen_at)},
    )
