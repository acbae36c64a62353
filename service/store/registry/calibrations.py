"""Calibrations of probes: recorded once, applied whenever readings are read."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from service.domain import spans
from service.domain.identity.caller import Sites
from service.domain.instant import from_datetime
from service.domain.spans import Spans
from service.errors import NotFoundError
from service.store.instants import or_end
from service.store.new_rows import new_row
from service.store.paging import IN_TIME, WHOLE, Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.registry.loggers import WITH_NAME
from service.store.rows import all_rows, all_values, columns, one_value
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class NewCalibration:
    """What a probe says, x, is `slope` · x + `offset_c` over [from_at, until_at)."""

    id: str
    logger_id: str
    probe: str
    from_at: datetime
    until_at: datetime | None
    slope: float
    offset_c: float
    certificate: str
    as_found: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Calibration(NewCalibration):
    """A calibration as recorded."""

    series_id: int
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class LookBack:
    """A lot that lay where a probe measured over [from_at, until_at), while nobody knew whether that was right."""

    lot_id: str
    container_id: str
    from_at: datetime
    until_at: datetime


def end_open_calibrations(connection: Connection, series_id: int, from_at: datetime) -> list[str]:
    """A calibration of the probe without an end ends where another begins; gives its id, if there is one."""
    return all_values(
        connection,
        "UPDATE calibrations SET until_at = %(from)s "
        "WHERE series_id = %(series)s AND until_at IS NULL AND from_at < %(from)s RETURNING id",
        {"series": series_id, "from": from_at},
    )


def insert_calibration(connection: Connection, series_id: int, calibration: NewCalibration) -> Calibration:
    """Record a calibration of a probe, and give it as recorded.

    Raises:
        ConflictError: the probe has another calibration during that time, or the id is taken.
    """
    overlaps = (
        f"probe {calibration.probe!r} of logger {calibration.logger_id!r} has another calibration during that time; "
        "end this one before it, or strike the other by a correction"
    )
    with new_row("calibration", calibration.id, overlaps=overlaps):
        [added] = all_rows(
            connection,
            Calibration,
            "WITH added AS (INSERT INTO calibrations "
            "(id, series_id, from_at, until_at, slope, offset_c, certificate, as_found, due_at) VALUES "
            "(%(id)s, %(series_id)s, %(from_at)s, %(until_at)s, %(slope)s, %(offset_c)s, %(certificate)s, "
            "%(as_found)s, %(due_at)s) RETURNING *) "
            f"SELECT {columns(Calibration)} FROM added {WITH_NAME}",
            asdict(calibration) | {"series_id": series_id},
        )
    return added


def note_ended_by(connection: Connection, ended_ids: Sequence[str], calibration_id: str) -> None:
    """Remember which calibration ended these: if it is struck, they are in force again."""
    connection.execute(
        "UPDATE recorded_calibrations SET ended_by = %s WHERE id = ANY(%s)", [calibration_id, list(ended_ids)]
    )


def reopen_ended_by(connection: Connection, calibration_id: str) -> None:
    """What a struck calibration had ended is in force again, up to the next one.

    Call it once it is superseded, with its series locked: of two struck at once the second must see what the first
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


def calibrations(connection: Connection, logger_id: str, part: Part = WHOLE) -> list[Calibration]:
    """Calibrations of a logger's probes, in order of time."""
    query = f"SELECT {columns(Calibration)} FROM calibrations {WITH_NAME} WHERE logger_id = %(logger)s"
    return rows_of_part(connection, Calibration, query, {"logger": logger_id}, IN_TIME, part)


def calibrations_at(connection: Connection, series_ids: Collection[int], now: datetime) -> dict[int, Calibration]:
    """By series, the calibration that is in force then; a probe without one is absent."""
    rows = all_rows(
        connection,
        Calibration,
        f"SELECT {columns(Calibration)} FROM calibrations {WITH_NAME} WHERE series_id = ANY(%s) "
        "AND from_at <= %s AND (until_at IS NULL OR until_at > %s)",
        [list(series_ids), now, now],
    )
    return {row.series_id: row for row in rows}


#: The order in which lots are listed that a probe stood for.
BY_LOT = Order({"lot_id": str, "from_at": datetime})


def look_back(connection: Connection, calibration_id: str, part: Part = WHOLE, seen_at: Sites = None) -> list[LookBack]:
    """Which lots lay where the probe measured, and when, since it was last found right before this calibration.

    Raises:
        NotFoundError: there is no such calibration.
    """
    if one_value(connection, "SELECT id FROM calibrations WHERE id = %s", [calibration_id]) is None:
        raise NotFoundError(f"there is no calibration {calibration_id!r}; give the id of one in force of a logger")
    return rows_of_part(
        connection,
        LookBack,
        f"""
        SELECT lot_id, stays.container_id,
               greatest(stays.from_at, attachments.from_at, passed.from_at) AS from_at,
               least(stays.until_at, attachments.until_at, this.from_at) AS until_at
        FROM calibrations AS this
        LEFT JOIN LATERAL (
            SELECT from_at FROM calibrations WHERE series_id = this.series_id AND from_at < this.from_at
            AND as_found = 'pass' ORDER BY from_at DESC LIMIT 1
        ) AS passed ON true
        JOIN attachments USING (series_id)
        JOIN stays USING (container_id)
        WHERE this.id = %(calibration)s AND place <> 'ambient'
          AND greatest(stays.from_at, attachments.from_at, passed.from_at)
            < least(stays.until_at, attachments.until_at, this.from_at)
          AND {visible("container", "stays.container_id", seen_at)} AND {visible("lot", "stays.lot_id", seen_at)}
        """,
        {"calibration": calibration_id, **visible_at(seen_at)},
        BY_LOT,
        part,
    )


@dataclass(frozen=True, slots=True)
class _Calibrated:
    container_id: str
    from_at: datetime
    until_at: datetime | None


def calibrated_spans(connection: Connection, container_ids: Collection[str]) -> dict[str, Spans]:
    """By container, the time in which a judged probe of it had a calibration that was not overdue."""
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in all_rows(
        connection,
        _Calibrated,
        "SELECT container_id, greatest(attachments.from_at, commissioned_at, calibrations.from_at) AS from_at, "
        "least(attachments.until_at, calibrations.until_at, due_at) AS until_at "
        "FROM attachments JOIN calibrations USING (series_id) "
        "WHERE container_id = ANY(%s) AND place <> 'ambient' AND commissioned_at IS NOT NULL",
        [list(container_ids)],
    ):
        found[row.container_id].append((from_datetime(row.from_at), or_end(row.until_at)))
    return {container_id: spans.spans(found[container_id]) for container_id in container_ids}
