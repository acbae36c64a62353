"""Alerts, as the evaluator finds them and people change them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from service.domain import spans
from service.domain.instant import from_datetime, to_datetime
from service.domain.spans import Spans
from service.store.instants import or_end
from service.store.pool import Connection
from service.store.rows import all_rows, columns

#: Whoever tells of alerts is woken by this; it is a hint, polling is the rule.
CHANNEL = "unbroken_alerts"

Row = dict[str, Any]

_ALERT = (
    "SELECT alerts.id, subject, alerts.name, container_id, containers.name AS container_name, alerts.site_id, cause, "
    "state, severity, began_at, due_at, fired_at, calm_since, past, acknowledged_at, acknowledged_by, resolved_at, "
    "summary, lot_ids, figures, direction, threshold_c "
    "FROM alerts LEFT JOIN containers ON containers.id = container_id "
)


def open_alerts(connection: Connection, subjects: Collection[str] | None = None) -> list[Row]:
    """Alerts not resolved; of some subjects if asked."""
    return connection.execute(
        _ALERT + "WHERE state <> 'resolved' AND (%(subjects)s::text[] IS NULL OR subject = ANY(%(subjects)s)) "
        "ORDER BY alerts.id",
        {"subjects": None if subjects is None else list(subjects)},
    ).fetchall()


def alarmed_containers(connection: Connection, causes: Collection[str], due_by: datetime | None = None) -> list[str]:
    """Containers with open alerts of these causes; only with pending ones that are due, if a time is given."""
    rows = connection.execute(
        "SELECT DISTINCT container_id FROM alerts WHERE state <> 'resolved' AND cause = ANY(%(causes)s) "
        "AND container_id IS NOT NULL "
        "AND (%(due_by)s::timestamptz IS NULL OR (state = 'pending' AND due_at <= %(due_by)s)) ORDER BY container_id",
        {"causes": list(causes), "due_by": due_by},
    )
    return [row["container_id"] for row in rows]


def told_spans(connection: Connection, subject: str, cause: str, from_us: int, until_us: int) -> Spans:
    """The time in [from_us, until_us] that alerts of a subject and cause tell of; an open one tells of all to come."""
    rows = connection.execute(
        "SELECT began_at, resolved_at FROM alerts WHERE (subject, cause) = (%s, %s) AND began_at <= %s "
        "AND (resolved_at IS NULL OR resolved_at >= %s)",
        [subject, cause, to_datetime(until_us), to_datetime(from_us)],
    )
    return spans.spans([(from_datetime(row["began_at"]), or_end(row["resolved_at"])) for row in rows])


def add_alert(
    connection: Connection,
    *,
    subject: str,
    name: str,
    container_id: str | None,
    site_id: str | None,
    cause: str,
    state: str,
    severity: str,
    began_at: datetime,
    due_at: datetime | None,
    fired_at: datetime | None,
    summary: str,
    lot_ids: Sequence[str],
    figures: dict[str, Any],
    direction: str | None = None,
    threshold_c: float | None = None,
    resolved_at: datetime | None = None,
    past: bool = False,
) -> int:
    """Open an alert, and give its id; there is one open alert for a subject and cause."""
    [row] = connection.execute(
        "INSERT INTO alerts (subject, name, container_id, site_id, cause, state, severity, began_at, due_at, fired_at, "
        "summary, lot_ids, figures, direction, threshold_c, resolved_at, past) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
        [
            subject,
            name,
            container_id,
            site_id,
            cause,
            state,
            severity,
            began_at,
            due_at,
            fired_at,
            summary,
            list(lot_ids),
            Jsonb(figures),
            direction,
            threshold_c,
            resolved_at,
            past,
        ],
    ).fetchall()
    return int(row["id"])


def update_finding(
    connection: Connection,
    alert_id: int,
    *,
    severity: str,
    due_at: datetime | None,
    summary: str,
    lot_ids: Sequence[str],
    figures: dict[str, Any],
    direction: str | None,
    threshold_c: float | None,
) -> None:
    """What an alert says now. It is so: whatever calm there was is over."""
    connection.execute(
        "UPDATE alerts SET severity = %s, due_at = %s, summary = %s, lot_ids = %s, figures = %s, direction = %s, "
        "threshold_c = %s, calm_since = NULL WHERE id = %s",
        [severity, due_at, summary, list(lot_ids), Jsonb(figures), direction, threshold_c, alert_id],
    )


def note_calm(connection: Connection, alert_id: int, since: datetime, summary: str | None = None) -> None:
    """What an alert tells of is no longer so, and may come back; `summary`: what is so instead."""
    connection.execute(
        "UPDATE alerts SET calm_since = %s, summary = coalesce(%s, summary) WHERE id = %s", [since, summary, alert_id]
    )


def change_state(connection: Connection, alert_id: int, state: str, at: datetime, by: str | None = None) -> None:
    """Bring an alert to its next state, `by` whoever takes it over; one taken back from them is nobody's again."""
    connection.execute(
        "UPDATE alerts SET state = %(state)s, "
        "fired_at = CASE WHEN %(state)s = 'firing' THEN coalesce(fired_at, %(at)s) ELSE fired_at END, "
        "acknowledged_at = CASE %(state)s WHEN 'firing' THEN NULL WHEN 'acknowledged' THEN %(at)s "
        "ELSE acknowledged_at END, acknowledged_by = CASE %(state)s WHEN 'firing' THEN NULL "
        "WHEN 'acknowledged' THEN %(by)s::text ELSE acknowledged_by END, "
        "resolved_at = CASE WHEN %(state)s = 'resolved' THEN %(at)s END WHERE id = %(id)s",
        {"state": state, "at": at, "by": by, "id": alert_id},
    )


@dataclass(frozen=True, slots=True)
class AlertInState:
    """An alert, and where it is in its life."""

    id: int
    state: str


def lock_alerts(connection: Connection, alert_ids: Sequence[int]) -> list[AlertInState]:
    """These alerts, by id, which nobody else changes until the transaction is over."""
    return all_rows(
        connection,
        AlertInState,
        f"SELECT {columns(AlertInState)} FROM alerts WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
        [list(alert_ids)],
    )


def delete_alert(connection: Connection, alert_id: int) -> None:
    """Forget a pending alert that came to nothing."""
    connection.execute("DELETE FROM alerts WHERE id = %s AND state = 'pending'", [alert_id])


def add_step(
    connection: Connection,
    alert_id: int,
    *,
    at: datetime,
    was: str | None,
    becomes: str,
    reason: str,
    taken_by: str = "",
    comment: str | None = None,
) -> None:
    """One step of an alert's life, and who took it: empty for the evaluator."""
    connection.execute(
        "INSERT INTO alert_steps (alert_id, taken_at, was, becomes, reason, taken_by, comment) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [alert_id, at, was, becomes, reason, taken_by, comment],
    )


def notify_changed(connection: Connection) -> None:
    """Let whoever tells of alerts look now; they hear of it at the commit."""
    connection.execute(f"NOTIFY {CHANNEL}")


def listen_for_alerts(connection: Connection) -> None:
    """Ask to be woken by every change of an alert."""
    connection.execute(f"LISTEN {CHANNEL}")
