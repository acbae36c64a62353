"""Loggers whose clock was wrong for a while, and by how much."""

from dataclasses import asdict, dataclass
from datetime import datetime

from service.store.new_rows import new_row
from service.store.paging import IN_TIME, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, columns, values


@dataclass(frozen=True, slots=True)
class NewClockMend:
    """What a logger says it measured over [from_at, until_at) was measured `offset_us` later than it says."""

    id: str
    logger_id: str
    from_at: datetime
    until_at: datetime
    offset_us: int
    reason: str


@dataclass(frozen=True, slots=True)
class ClockMend(NewClockMend):
    """A mended clock as recorded."""

    recorded_by: str
    recorded_at: datetime


def insert_clock_mend(connection: Connection, mend: NewClockMend) -> ClockMend:
    """Record by how much a clock was wrong, and give it as recorded.

    Raises:
        ConflictError: part of the span is mended already, or the id is taken.
    """
    overlaps = (
        f"part of that span of logger {mend.logger_id!r} is mended already; "
        "leave it out, or strike the other mend by a correction"
    )
    with new_row("clock mend", mend.id, overlaps=overlaps):
        [added] = all_rows(
            connection,
            ClockMend,
            f"INSERT INTO clock_mends ({columns(NewClockMend)}) VALUES ({values(NewClockMend)}) "
            f"RETURNING {columns(ClockMend)}",
            asdict(mend),
        )
    return added


def clock_mends(connection: Connection, logger_id: str, part: Part = WHOLE) -> list[ClockMend]:
    """Mends of a logger's clock, in order of the time it said."""
    query = f"SELECT {columns(ClockMend)} FROM clock_mends WHERE logger_id = %(logger)s"
    return rows_of_part(connection, ClockMend, query, {"logger": logger_id}, IN_TIME, part)
