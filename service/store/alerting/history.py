"""Alerts as people look back at them: each with its steps, what was told of it, and what was moved because of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from service.errors import NotFoundError
from service.store.pool import Connection

Row = dict[str, Any]

_ALERT = """
    SELECT alerts.id, subject, alerts.name, alerts.container_id, alerts.site_id, sites.name AS site_name,
           coalesce(time_zone, 'UTC') AS time_zone, cause, state, severity, began_at, due_at, fired_at,
           calm_since, past, acknowledged_at, acknowledged_by, ended_at AS resolved_at,
           resolved_at AS closed_at, summary, lot_ids, figures
    FROM alerts LEFT JOIN sites ON sites.id = alerts.site_id
"""


def alerts_of(connection: Connection, alert_ids: Sequence[int]) -> list[Row]:
    """These alerts, by id; those that are not there are left out."""
    return connection.execute(_ALERT + "WHERE alerts.id = ANY(%s) ORDER BY alerts.id", [list(alert_ids)]).fetchall()


def alert(connection: Connection, alert_id: int) -> Row:
    """One alert.

    Raises:
        NotFoundError: there is none of that id.
    """
    found = alerts_of(connection, [alert_id])
    if not found:
        raise NotFoundError(f"there is no alert {alert_id}; GET /v1/alerts lists them")
    return found[0]


def alerts_listed(connection: Connection, state: str | None = None, most: int = 500) -> list[Row]:
    """Alerts, newest first; in one state if asked. A pending one is nobody's business yet unless asked for."""
    return connection.execute(
        _ALERT + "WHERE CASE WHEN %(state)s::text IS NULL THEN state <> 'pending' ELSE state = %(state)s END "
        "ORDER BY alerts.id DESC LIMIT %(most)s",
        {"state": state, "most": most},
    ).fetchall()


def alerts_told_of(connection: Connection, since: datetime, most: int) -> list[Row]:
    """Alerts that are open, then those that are over and fired since then: of each the newest first."""
    return connection.execute(
        _ALERT + "WHERE state IN ('firing', 'acknowledged') OR state = 'resolved' AND fired_at >= %s "
        "ORDER BY state = 'resolved', alerts.id DESC LIMIT %s",
        [since, most],
    ).fetchall()


def steps_of(connection: Connection, alert_ids: Sequence[int]) -> list[Row]:
    """What happened to these alerts, in order; `taken_by` is empty where the evaluator did it."""
    return connection.execute(
        "SELECT alert_id, taken_at, was, becomes, reason, taken_by, comment FROM alert_steps "
        "WHERE alert_id = ANY(%s) ORDER BY id",
        [list(alert_ids)],
    ).fetchall()


def notifications(connection: Connection, alert_id: int | None = None, most: int = 500) -> list[Row]:
    """Messages, newest first, whatever became of them; of one alert if asked."""
    return connection.execute(
        "SELECT id, alert_ids, reason, receiver, severity, level, document->>'subject' AS subject, "
        "document->>'text' AS text, created_at, attempts, error, outcome, finished_at FROM notifications "
        "WHERE %(alert)s::bigint IS NULL OR alert_ids @> ARRAY[%(alert)s::bigint] ORDER BY id DESC LIMIT %(most)s",
        {"alert": alert_id, "most": most},
    ).fetchall()
