"""How alerts are answered: how long it takes, and how much each receiver is told."""

from datetime import datetime
from typing import Any

from service.store.pool import Connection


def times_to(connection: Connection, since: datetime) -> dict[str, Any]:
    """Median and longest time from firing to the first message, the first acknowledgement and the end, seconds.

    Of alerts that fired since then; what was past when it was heard of is left out, for nobody could answer it. The
    log is nobody who is told.
    """
    [row] = connection.execute(
        """
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
            WHERE fired_at >= %s AND NOT past
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
        [since],
    ).fetchall()
    return row


def told_receivers(connection: Connection, since: datetime) -> list[dict[str, Any]]:
    """By receiver: how many alerts it was told of since then, in how many messages, and how many it never took."""
    return connection.execute(
        """
        SELECT receiver, count(DISTINCT alert_id) FILTER (WHERE outcome = 'delivered') AS alerts,
               count(DISTINCT notifications.id) FILTER (WHERE outcome = 'delivered') AS messages,
               count(DISTINCT notifications.id) FILTER (WHERE outcome = 'failed') AS failed
        FROM notifications LEFT JOIN LATERAL unnest(alert_ids) AS alert_id ON true
        WHERE created_at >= %s AND reason <> 'taken' GROUP BY receiver ORDER BY receiver
        """,
        [since],
    ).fetchall()
