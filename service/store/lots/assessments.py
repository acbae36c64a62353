"""Assessments of stretches of time, of one lot or of all that were in a container, as people record them."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from service.domain.answers.papers import Finding
from service.store.changes import SIGNED_BY
from service.store.paging import NEWEST_FIRST, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_values, found, one_row, one_value, tuples

State = Literal["waits", "counts", "struck"]


@dataclass(frozen=True, slots=True)
class NewAssessment:
    """Quality's judgement of one stretch: of a lot, or of all that were in a container; the other is None.

    Attributes:
        accepted_s: so much of it counts as beyond each limit.
        deviation: its number in quality's own system.
    """

    lot_id: str | None
    container_id: str | None
    finding: Finding
    from_at: datetime
    until_at: datetime
    accepted_s: float
    evidence: str
    document_sha256: str | None
    deviation: str


def lots_assessed(connection: Connection, lot_ids: Collection[str]) -> list[str]:
    """Those of these lots of which a stretch was assessed, by id."""
    return all_values(
        connection,
        "SELECT DISTINCT lot_id FROM assessments WHERE lot_id = ANY(%s) ORDER BY lot_id",
        [list(lot_ids)],
    )


def assessed_places(connection: Connection, lot_ids: Collection[str]) -> dict[int, str]:
    """Of each assessment of these lots that is not struck, in which containers the lot is recorded during its time.

    It is a text to compare with that of another moment.
    """
    rows = tuples(
        connection,
        "SELECT id, coalesce(string_agg(concat_ws(' ', container_id, level, times), ', ' ORDER BY level, container_id, "
        "times), '') FROM (SELECT one.id, stays.container_id, level, range_agg("
        "tstzrange(greatest(stays.from_at, one.from_at), least(stays.until_at, one.until_at)))::text AS times "
        "FROM assessments AS one LEFT JOIN stays ON stays.lot_id = one.lot_id AND stays.from_at < one.until_at "
        "AND coalesce(stays.until_at, 'infinity') > one.from_at WHERE struck_at IS NULL AND one.lot_id = ANY(%s) "
        "GROUP BY one.id, stays.container_id, level) AS place GROUP BY id",
        [sorted(lot_ids)],
    )
    return dict(rows)


@dataclass(frozen=True, slots=True)
class KeptAssessment:
    """An assessment as it is kept.

    Attributes:
        signed_at: since when it counts; None: it waits.
        struck_at: since when it counts no more; None: it was not struck.
    """

    id: int
    lot_id: str | None
    container_id: str | None
    finding: Finding
    from_at: datetime
    until_at: datetime
    accepted_s: float
    evidence: str
    document_sha256: str | None
    deviation: str
    reason: str | None
    recorded_by: str
    recorded_at: datetime
    change_id: int
    signed_by: Sequence[str]
    signed_at: datetime | None
    struck_at: datetime | None
    struck_reason: str | None

    @property
    def state(self) -> State:
        """Whether it counts."""
        if self.struck_at is not None:
            return "struck"
        return "waits" if self.signed_at is None else "counts"


_SELECT = f"""
    SELECT assessments.id, lot_id, container_id, finding, from_at, until_at, accepted_s, evidence,
        encode(sha256, 'hex') AS document_sha256, deviation, changes_to_sign.reason, assessments.recorded_by,
        assessments.recorded_at, change_id, {SIGNED_BY} AS signed_by, freed_at AS signed_at, struck_at, struck_reason
    FROM assessments JOIN changes_to_sign ON changes_to_sign.id = change_id
"""

#: Those of a lot, and those of containers: of what there is an id of.
_OF = "(lot_id = %(lot)s OR container_id = ANY(%(containers)s))"


def _assessment(finding: str, **row: Any) -> KeptAssessment:
    return KeptAssessment(finding=Finding(finding), **row)


def add_assessment(connection: Connection, new: NewAssessment, change_id: int) -> int:
    """Keep an assessment that waits for the signature of a change; returns its number."""
    number: int = one_value(
        connection,
        "INSERT INTO assessments (lot_id, container_id, finding, from_at, until_at, accepted_s, evidence, sha256, "
        "deviation, change_id) VALUES (%(lot_id)s, %(container_id)s, %(finding)s, %(from_at)s, %(until_at)s, "
        "%(accepted_s)s, %(evidence)s, decode(%(document_sha256)s, 'hex'), %(deviation)s, %(change_id)s) RETURNING id",
        {**asdict(new), "change_id": change_id},
    )
    return number


def strike_assessment(connection: Connection, number: int, reason: str) -> None:
    """It counts no more."""
    connection.execute(
        "UPDATE assessments SET struck_at = now(), struck_reason = %s WHERE id = %s AND struck_at IS NULL",
        [reason, number],
    )


def assessments(
    connection: Connection, *, lot_id: str | None = None, container_ids: Collection[str] = (), part: Part = WHOLE
) -> list[KeptAssessment]:
    """Assessments of a lot, and of containers, newest first."""
    given = {"lot": lot_id, "containers": list(container_ids)}
    return rows_of_part(connection, _assessment, f"{_SELECT} WHERE {_OF}", given, NEWEST_FIRST, part)


def assessment(
    connection: Connection, number: int, *, lot_id: str | None = None, container_id: str | None = None
) -> KeptAssessment:
    """One assessment of a lot, or of a container.

    Raises:
        NotFoundError: it has none of that number.
    """
    given = {"lot": lot_id, "containers": [container_id], "number": number}
    row = one_row(connection, _assessment, f"{_SELECT} WHERE {_OF} AND assessments.id = %(number)s", given)
    return found(row, "assessment", number)
