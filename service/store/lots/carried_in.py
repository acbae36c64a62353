"""What lots had used of their limits before our readings begin, as people record it: the newest counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Json

from service.domain.answers.standing import Document
from service.domain.exposure.container import Threshold
from service.domain.profiles import Direction
from service.store.changes import SIGNED_BY
from service.store.paging import NEWEST_FIRST, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import found, one_row, one_value


@dataclass(frozen=True, slots=True)
class NewCarriedIn:
    """What a lot had used before `until_at`. `used`: seconds beyond each threshold."""

    lot_id: str
    until_at: datetime
    used: Sequence[tuple[Threshold, float]]
    evidence: str
    document_sha256: str | None


@dataclass(frozen=True, slots=True)
class KeptCarriedIn:
    """The same as it is kept.

    Attributes:
        counts: it is the newest.
        signed_at: None: it counts, and waits, so that its lot is not proven.
    """

    id: int
    lot_id: str
    until_at: datetime
    used: Sequence[tuple[Threshold, float]]
    evidence: str
    document_sha256: str | None
    reason: str | None
    recorded_by: str
    recorded_at: datetime
    change_id: int
    signed_by: Sequence[str]
    signed_at: datetime | None
    counts: bool


_SELECT = f"""
    SELECT carried_in.id, lot_id, until_at, used, evidence, encode(sha256, 'hex') AS document_sha256,
        changes_to_sign.reason, carried_in.recorded_by, carried_in.recorded_at, change_id, {SIGNED_BY} AS signed_by,
        freed_at AS signed_at,
        NOT EXISTS (SELECT FROM carried_in AS newer WHERE newer.lot_id = carried_in.lot_id AND newer.id > carried_in.id)
            AS counts
    FROM carried_in JOIN changes_to_sign ON changes_to_sign.id = change_id
"""


def _carried_in(used: list[dict[str, Any]], **row: Any) -> KeptCarriedIn:
    read = tuple(((Direction(one["direction"]), float(one["threshold_c"])), float(one["used_s"])) for one in used)
    return KeptCarriedIn(used=read, **row)


def used_document(used: Sequence[tuple[Threshold, float]]) -> list[Document]:
    """As it is kept, and signed."""
    return [
        {"direction": direction.value, "threshold_c": threshold_c, "used_s": used_s}
        for (direction, threshold_c), used_s in used
    ]


def add_carried_in(connection: Connection, new: NewCarriedIn, change_id: int) -> int:
    """Keep what a lot had used; returns its number."""
    number: int = one_value(
        connection,
        "INSERT INTO carried_in (lot_id, until_at, used, evidence, sha256, change_id) "
        "VALUES (%s, %s, %s, %s, decode(%s, 'hex'), %s) RETURNING id",
        [new.lot_id, new.until_at, Json(used_document(new.used)), new.evidence, new.document_sha256, change_id],
    )
    return number


def carried_in(connection: Connection, lot_id: str, part: Part = WHOLE) -> list[KeptCarriedIn]:
    """What was recorded of a lot, newest first."""
    query = f"{_SELECT} WHERE lot_id = %(lot)s"
    return rows_of_part(connection, _carried_in, query, {"lot": lot_id}, NEWEST_FIRST, part)


def carried_in_of(connection: Connection, number: int) -> KeptCarriedIn:
    """One of them.

    Raises:
        NotFoundError: there is none of that number.
    """
    row = one_row(connection, _carried_in, f"{_SELECT} WHERE carried_in.id = %s", [number])
    return found(row, "time carried in", number)
