"""Calibrations of probes: recorded once, applied whenever readings are read."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

import psycopg

from service.domain import spans
from service.domain.instant import BEGINNING_US, END_US
from service.domain.spans import Spans
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, NotFoundError
from service.store.corrections import Explained, judged_in, note
from service.store.dirty import mark_containers
from service.store.instants import or_beginning, or_end
from service.store.new_rows import new_row
from service.store.pool import Connection
from service.store.registry import loggers
from service.store.registry.attachments import containers_measured_by, series_of
from service.store.row_locks import lock_series


def add_calibration(
    connection: Connection,
    *,
    calibration_id: str,
    logger_id: str,
    probe: str,
    from_at: datetime,
    until_at: datetime | None,
    slope: float,
    offset_c: float,
    certificate: str,
    as_found: str | None,
    due_at: datetime | None,
    recorded_by: str,
) -> None:
    """Record a calibration; it ends an earlier one without an end. Call it inside a transaction.

    Raises:
        NotFoundError: no such logger.
        ConflictError: the probe has another calibration during that time, or the id is taken.
    """
    loggers.logger(connection, logger_id)
    series_id = series_of(connection, logger_id, probe)
    lock_series(connection, series_id)
    try:
        with new_row("calibration", calibration_id), connection.transaction():
            ended = connection.execute(
                "UPDATE calibrations SET until_at = %(from)s "
                "WHERE series_id = %(series)s AND until_at IS NULL AND from_at < %(from)s RETURNING id",
                {"series": series_id, "from": from_at},
            ).fetchall()
            connection.execute(
                "INSERT INTO calibrations (id, series_id, from_at, until_at, slope, offset_c, certificate, as_found, "
                "due_at, recorded_by) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    calibration_id,
                    series_id,
                    from_at,
                    until_at,
                    slope,
                    offset_c,
                    certificate,
                    as_found,
                    due_at,
                    recorded_by,
                ],
            )
            connection.execute(
                "UPDATE recorded_calibrations SET ended_by = %s WHERE id = ANY(%s)",
                [calibration_id, [row["id"] for row in ended]],
            )
    except psycopg.errors.ExclusionViolation as error:
        raise ConflictError(
            f"probe {probe!r} of logger {logger_id!r} has another calibration during that time; "
            "end this one before it, or withdraw the other by POST /v1/corrections"
        ) from error
    becomes: dict[str, Any] = {
        "id": calibration_id,
        "logger_id": logger_id,
        "probe": probe,
        "from_at": from_at,
        "until_at": until_at,
    }
    becomes |= {"slope": slope, "offset_c": offset_c, "certificate": certificate}
    said = Explained(f"calibration, certificate {certificate}", recorded_by)
    correction_id = None
    if judged_in(connection, containers_measured_by(connection, series_id, BEGINNING_US, END_US)):
        correction_id = note(connection, "calibration", calibration_id, None, becomes, said)
    mark_calibrated(connection, series_id, Cause.CALIBRATION, correction_id)


def reopen_ended_by(connection: Connection, calibration_id: str) -> None:
    """What a withdrawn calibration had ended is in force again, up to the next one.

    Call it once it is superseded, with its series locked: of two withdrawn at once the second must see what the first
    reopened.
    """
    connection.execute(
        """
        UPDATE recorded_calibrations AS this SET (until_at, ended_by) = (
            SELECT next.from_at, next.id FROM (SELECT) AS always LEFT JOIN (
                SELECT id, from_at FROM calibrations
                WHERE series_id = this.series_id AND from_at > this.from_at ORDER BY from_at LIMIT 1
            ) AS next ON true
        ) WHERE ended_by = %s AND superseded_by IS NULL
        """,
        [calibration_id],
    )


def mark_calibrated(connection: Connection, series_id: int, cause: Cause, correction_id: int | None = None) -> None:
    """What a probe ever measured is to be judged anew."""
    measured = containers_measured_by(connection, series_id, BEGINNING_US, END_US)
    mark_containers(connection, measured, cause, correction_id)


def calibrations(connection: Connection, logger_id: str) -> list[dict[str, Any]]:
    """All calibrations of a logger's probes, in order of time."""
    return connection.execute(
        "SELECT calibrations.id, logger_id, probe, from_at, until_at, slope, offset_c, certificate, as_found, due_at, "
        "recorded_by, recorded_at FROM calibrations JOIN series ON series.id = series_id "
        "WHERE logger_id = %s ORDER BY from_at, calibrations.id",
        [logger_id],
    ).fetchall()


def look_back(connection: Connection, calibration_id: str) -> list[dict[str, Any]]:
    """Which lots lay where the probe measured, and when, since it was last found right before this calibration.

    Raises:
        NotFoundError: there is no such calibration.
    """
    if connection.execute("SELECT 1 FROM calibrations WHERE id = %s", [calibration_id]).fetchone() is None:
        raise NotFoundError(
            f"there is no calibration {calibration_id!r}; GET /v1/loggers/…/calibrations lists those of a logger"
        )
    return connection.execute(
        """
        SELECT lot_id, placements.container_id,
               greatest(placements.from_at, attachments.from_at, passed.from_at) AS from_at,
               least(placements.until_at, attachments.until_at, this.from_at) AS until_at
        FROM calibrations AS this
        LEFT JOIN LATERAL (
            SELECT from_at FROM calibrations WHERE series_id = this.series_id AND from_at < this.from_at
            AND as_found = 'pass' ORDER BY from_at DESC LIMIT 1
        ) AS passed ON true
        JOIN attachments USING (series_id)
        JOIN placements USING (container_id)
        WHERE this.id = %s AND place <> 'ambient'
          AND greatest(placements.from_at, attachments.from_at, passed.from_at)
            < least(placements.until_at, attachments.until_at, this.from_at)
        ORDER BY lot_id, 3
        """,
        [calibration_id],
    ).fetchall()


def calibrated_spans(connection: Connection, container_ids: Collection[str]) -> dict[str, Spans]:
    """By container, the time in which a judged probe of it had a calibration that was not overdue."""
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in connection.execute(
        "SELECT container_id, greatest(attachments.from_at, commissioned_at, calibrations.from_at) AS from_at, "
        "least(attachments.until_at, calibrations.until_at, due_at) AS until_at "
        "FROM attachments JOIN calibrations USING (series_id) "
        "WHERE container_id = ANY(%s) AND place <> 'ambient' AND commissioned_at IS NOT NULL",
        [list(container_ids)],
    ):
        found[row["container_id"]].append((or_beginning(row["from_at"]), or_end(row["until_at"])))
    return {container_id: spans.spans(found[container_id]) for container_id in container_ids}
