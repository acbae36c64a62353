"""Loggers whose clock was wrong for a while, and by how much."""

from datetime import datetime
from typing import Any

import psycopg

from service.domain.instant import SECOND_US
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError
from service.store.corrections import Explained, judged_in, note
from service.store.dirty import mark_containers
from service.store.new_rows import new_row
from service.store.pool import Connection
from service.store.registry import loggers
from service.store.registry.attachments import containers_of
from service.store.row_locks import lock_logger


def add_clock_mend(
    connection: Connection,
    *,
    mend_id: str,
    logger_id: str,
    from_at: datetime,
    until_at: datetime,
    offset_us: int,
    reason: str,
    recorded_by: str,
) -> None:
    """Record that a logger's readings of a span were measured `offset_us` later than it says.

    Call it inside a transaction.

    Raises:
        NotFoundError: no such logger.
        ConflictError: part of the span is mended already, or the id is taken.
    """
    loggers.logger(connection, logger_id)
    lock_logger(connection, logger_id)
    try:
        with new_row("clock mend", mend_id), connection.transaction():
            connection.execute(
                "INSERT INTO clock_mends (id, logger_id, from_at, until_at, offset_us, reason, recorded_by) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [mend_id, logger_id, from_at, until_at, offset_us, reason, recorded_by],
            )
    except psycopg.errors.ExclusionViolation as error:
        raise ConflictError(
            f"part of that span of logger {logger_id!r} is mended already; "
            "leave it out, or withdraw the other mend by POST /v1/corrections"
        ) from error
    becomes: dict[str, Any] = {"id": mend_id, "logger_id": logger_id, "from_at": from_at, "until_at": until_at}
    becomes["offset_s"] = offset_us / SECOND_US
    correction_id = None
    if judged_in(connection, containers_of(connection, [logger_id])):
        correction_id = note(connection, "clock_mend", mend_id, None, becomes, Explained(reason, recorded_by))
    mark_mended(connection, logger_id, Cause.CLOCK_MEND, correction_id)


def mark_mended(connection: Connection, logger_id: str, cause: Cause, correction_id: int | None = None) -> None:
    """What a logger ever measured is to be judged anew: its readings may have moved to another container."""
    mark_containers(connection, containers_of(connection, [logger_id]), cause, correction_id)


def clock_mends(connection: Connection, logger_id: str) -> list[dict[str, Any]]:
    """All mends of a logger's clock, in order of the time it said."""
    return connection.execute(
        "SELECT id, logger_id, from_at, until_at, offset_us, reason, recorded_by, recorded_at FROM clock_mends "
        "WHERE logger_id = %s ORDER BY from_at",
        [logger_id],
    ).fetchall()
