"""Silences: what nobody is to be told of for a while, by whom and why. Maintenance is one that begins later."""

from datetime import datetime
from typing import Any

from service.errors import ConflictError, NotFoundError
from service.store.alerting.alerts import notify_changed
from service.store.new_rows import new_row
from service.store.pool import Connection

Row = dict[str, Any]

_SILENCE = (
    "SELECT id, site_id, container_id, cause, from_at, until_at, planned_until, reason, recorded_by, recorded_at, "
    "ended_by FROM silences "
)


def add_silence(
    connection: Connection,
    *,
    site_id: str | None,
    container_id: str | None,
    cause: str | None,
    from_at: datetime,
    until_at: datetime,
    reason: str,
    recorded_by: str,
) -> int:
    """Record a silence, and give its id. Call it inside a transaction.

    Args:
        site_id, container_id, cause: which alerts; None: any.

    Raises:
        RefusedError: there is no such site or container.
    """
    with new_row("silence", "", site_id=site_id or "", container_id=container_id or ""):
        [row] = connection.execute(
            "INSERT INTO silences (site_id, container_id, cause, from_at, until_at, reason, recorded_by) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id",
            [site_id, container_id, cause, from_at, until_at, reason, recorded_by],
        ).fetchall()
    notify_changed(connection)
    return int(row["id"])


def silences(connection: Connection, most: int = 500) -> list[Row]:
    """Silences, newest first."""
    return connection.execute(_SILENCE + "ORDER BY id DESC LIMIT %s", [most]).fetchall()


def silence(connection: Connection, silence_id: int) -> Row:
    """One silence.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = connection.execute(_SILENCE + "WHERE id = %s", [silence_id]).fetchone()
    if row is None:
        raise NotFoundError(f"there is no silence {silence_id}; GET /v1/silences lists them")
    return row


def end_silence(connection: Connection, silence_id: int, *, ended_by: str, at: datetime) -> None:
    """End a silence before its time; one that has not begun never will. Call it inside a transaction.

    Raises:
        NotFoundError: there is none of that id.
        ConflictError: it is over.
    """
    connection.execute("SELECT 1 FROM silences WHERE id = %s FOR UPDATE", [silence_id])
    row = silence(connection, silence_id)
    if row["ended_by"] is not None or row["until_at"] <= at:
        raise ConflictError(
            f"silence {silence_id} is over since {row['until_at'].isoformat()}; there is nothing to end"
        )
    connection.execute(
        # One that has not begun keeps a microsecond, which no alert meets: a silence ends after it begins.
        "UPDATE silences SET until_at = greatest(%(at)s, from_at + interval '1 microsecond'), "
        "planned_until = until_at, ended_by = %(by)s WHERE id = %(id)s",
        {"at": at, "by": ended_by, "id": silence_id},
    )
    notify_changed(connection)
