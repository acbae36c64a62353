"""When a probe was not in the container it is attached to: a battery change, a calibration."""

from dataclasses import asdict, dataclass
from datetime import datetime

from service.store.new_rows import new_row
from service.store.paging import IN_TIME, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, columns, values


@dataclass(frozen=True, slots=True)
class NewAbsence:
    """A probe was not in its container over [from_at, until_at)."""

    id: str
    attachment_id: str
    from_at: datetime
    until_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Absence(NewAbsence):
    """An absence as recorded; its attachment under the id it was first given."""

    recorded_by: str
    recorded_at: datetime


def insert_absence(connection: Connection, absence: NewAbsence) -> Absence:
    """Record an absence, and give it as recorded; an attachment that is corrected keeps it.

    Raises:
        ConflictError: the id is taken.
    """
    with new_row("absence", absence.id):
        [added] = all_rows(
            connection,
            Absence,
            f"INSERT INTO absences ({columns(NewAbsence)}) VALUES ({values(NewAbsence)}) RETURNING {columns(Absence)}",
            asdict(absence) | {"attachment_id": absence.attachment_id.partition("~")[0]},
        )
    return added


def absences(connection: Connection, attachment_id: str, part: Part = WHOLE) -> list[Absence]:
    """Absences of an attachment, in order of time."""
    query = f"SELECT {columns(Absence)} FROM absences WHERE attachment_id = split_part(%(attachment)s, '~', 1)"
    return rows_of_part(connection, Absence, query, {"attachment": attachment_id}, IN_TIME, part)


def absences_in(connection: Connection, container_id: str, most: int) -> list[Absence]:
    """Absences of the probes of a container, the newest first."""
    return all_rows(
        connection,
        Absence,
        f"SELECT {columns(Absence)} FROM absences WHERE attachment_id IN ("
        "SELECT split_part(id, '~', 1) FROM attachments WHERE container_id = %s) ORDER BY from_at DESC, id LIMIT %s",
        [container_id, most],
    )
