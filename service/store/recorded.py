"""Rows that people record, with all their versions: one that was wrong stays, and says by what it was superseded."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from service.domain.custody.custody import Custody
from service.domain.lots.placements import Placement
from service.domain.registry.nesting import Nesting
from service.store.pool import Connection
from service.store.registry.absences import Absence
from service.store.registry.attachments import Attachment
from service.store.registry.calibrations import Calibration
from service.store.registry.clock_mends import ClockMend
from service.store.registry.loggers import WITH_NAME
from service.store.rows import columns, one_row, one_value

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """All versions are in `recorded_<name>`, those that count in the view `<name>`.

    Attributes:
        thing: what a row of it is called.
        joined: what else its rows are made of.
    """

    name: str
    thing: str
    row: type[R]
    joined: str = ""


PLACEMENTS = Table("placements", "placement", Placement)
NESTINGS = Table("nestings", "nesting", Nesting)
ATTACHMENTS = Table("attachments", "attachment", Attachment, WITH_NAME)
CALIBRATIONS = Table("calibrations", "calibration", Calibration, WITH_NAME)
CLOCK_MENDS = Table("clock_mends", "clock mend", ClockMend)
ABSENCES = Table("absences", "absence", Absence)
CUSTODY = Table("custody", "custody", Custody)

Recorded = Placement | Nesting | Attachment | Calibration | ClockMend | Absence | Custody


def version(connection: Connection, table: Table[R], row_id: str) -> R | None:
    """One version, superseded or not; None: there is none of that id."""
    return one_row(
        connection,
        table.row,
        f"SELECT {columns(table.row)} FROM recorded_{table.name} {table.joined} WHERE id = %s",
        [row_id],
    )


def latest_version(connection: Connection, table: Table[R], row_id: str) -> R | None:
    """What counts of a row, whichever version is named; None: it was struck, or never was."""
    return one_row(
        connection,
        table.row,
        f"SELECT {columns(table.row)} FROM {table.name} {table.joined} "
        "WHERE split_part(id, '~', 1) = split_part(%s, '~', 1) ORDER BY recorded_at DESC, id DESC LIMIT 1",
        [row_id],
    )


def next_id(connection: Connection, table: Table[R], row_id: str) -> str:
    """`x~2` for the second version of `x`; ids that people give have no `~` in them."""
    first = row_id.partition("~")[0]
    versions = one_value(
        connection, f"SELECT count(*) FROM recorded_{table.name} WHERE split_part(id, '~', 1) = %s", [first]
    )
    return f"{first}~{versions + 1}"


def lock_version(connection: Connection, table: Table[R], row_id: str) -> int | None:
    """Nobody else supersedes this version, until the end of this transaction; gives the correction that did already."""
    superseded_by: int | None = one_value(
        connection, f"SELECT superseded_by FROM recorded_{table.name} WHERE id = %s FOR UPDATE", [row_id]
    )
    return superseded_by


def supersede(connection: Connection, table: Table[R], row_id: str, correction_id: int) -> None:
    """A version does not count any more."""
    connection.execute(f"UPDATE recorded_{table.name} SET superseded_by = %s WHERE id = %s", [correction_id, row_id])
