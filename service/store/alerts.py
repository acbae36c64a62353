"""Alerts, and which receiver has been told what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from service.store.pool import Connection

_ALERT = (
    "SELECT alerts.id, container_id, containers.name AS container_name, site_id, cause, state, severity, began_at, "
    "fired_at, resolved_at, summary, lot_ids FROM alerts JOIN containers ON containers.id = container_id "
)


def open_alerts(connection: Connection, container_ids: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Alerts not resolved; of some containers if asked."""
    return connection.execute(
        _ALERT + "WHERE state <> 'resolved' AND (%(ids)s::text[] IS NULL OR container_id = ANY(%(ids)s)) "
        "ORDER BY alerts.id",
        {"ids": None if container_ids is None else list(container_ids)},
    ).fetchall()


def alerts(connection: Connection, state: str | None = None, most: int = 500) -> list[dict[str, Any]]:
    """Alerts, newest first; in one state if asked. A pending one is nobody's business yet unless asked for."""
    return connection.execute(
        _ALERT + "WHERE CASE WHEN %(state)s::text IS NULL THEN state <> 'pending' ELSE state = %(state)s END "
        "ORDER BY alerts.id DESC LIMIT %(most)s",
        {"state": state, "most": most},
    ).fetchall()


def add_alert(
    connection: Connection,
    *,
    container_id: str,
    cause: str,
    state: str,
    severity: str,
    began_at: datetime,
    fired_at: datetime | None,
    summary: str,
    lot_ids: Sequence[str],
) -> None:
    """Open an alert; there is one open alert for a container and cause."""
    connection.execute(
        "INSERT INTO alerts (container_id, cause, state, severity, began_at, fired_at, summary, lot_ids) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [container_id, cause, state, severity, began_at, fired_at, summary, list(lot_ids)],
    )


def update_alert(
    connection: Connection,
    alert_id: int,
    *,
    state: str,
    severity: str,
    fired_at: datetime | None,
    resolved_at: datetime | None,
    summary: str,
    lot_ids: Sequence[str],
) -> None:
    """Bring an alert to where the evaluator found it."""
    connection.execute(
        "UPDATE alerts SET state = %s, severity = %s, fired_at = coalesce(fired_at, %s), resolved_at = %s, "
        "summary = %s, lot_ids = %s WHERE id = %s",
        [state, severity, fired_at, resolved_at, summary, list(lot_ids), alert_id],
    )


def delete_alert(connection: Connection, alert_id: int) -> None:
    """Forget a pending alert that came to nothing."""
    connection.execute("DELETE FROM alerts WHERE id = %s AND state = 'pending'", [alert_id])


def undelivered(
    connection: Connection, receiver: str, *, past_since: datetime, most: int = 100
) -> list[dict[str, Any]]:
    """Alerts a receiver may have to be told of, most urgent first; `told` are the events it knows of.

    What can still be mended comes before what is over, and critical before the rest. Alerts resolved before
    `past_since` of which the receiver never heard are left out. Pending ones are nobody's business yet.
    """
    return connection.execute(
        "SELECT alerts.id, container_id, containers.name AS container_name, site_id, sites.name AS site_name, "
        "time_zone, cause, state, severity, began_at, fired_at, resolved_at, summary, lot_ids, "
        "array_remove(ARRAY[firing.event], NULL) AS told FROM alerts "
        "JOIN containers ON containers.id = container_id JOIN sites ON sites.id = site_id "
        "LEFT JOIN notifications AS firing ON firing.alert_id = alerts.id AND firing.receiver = %(receiver)s "
        "AND firing.event = 'firing' "
        "LEFT JOIN notifications AS resolved ON resolved.alert_id = alerts.id AND resolved.receiver = %(receiver)s "
        "AND resolved.event = 'resolved' "
        "WHERE fired_at IS NOT NULL AND state <> 'pending' AND resolved.event IS NULL AND CASE state "
        "WHEN 'resolved' THEN firing.event IS NOT NULL OR resolved_at >= %(past_since)s "
        "ELSE firing.event IS NULL END "
        "ORDER BY state = 'resolved', severity <> 'critical', alerts.id LIMIT %(most)s",
        {"receiver": receiver, "past_since": past_since, "most": most},
    ).fetchall()


def record_delivery(connection: Connection, alert_id: int, receiver: str, event: str, at: datetime) -> None:
    """A receiver took a message; once is enough."""
    connection.execute(
        "INSERT INTO notifications (alert_id, receiver, event, delivered_at) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        [alert_id, receiver, event, at],
    )
