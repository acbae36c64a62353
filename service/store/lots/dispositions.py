"""What quality decided about lots, and releases that have lapsed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from service.domain.answers.deciding import Standing, standing
from service.domain.answers.papers import Decision
from service.domain.answers.standing import Document
from service.store.changes import SIGNED_BY
from service.store.paging import NEWEST_FIRST, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_values, found, one_row, one_value


@dataclass(frozen=True, slots=True)
class KeptDisposition:
    """A decision about a lot.

    Attributes:
        status: what was told of the lot when it was decided.
        content_sha256: of what is signed, in hexadecimal; signed_by: who did so far, by printed name.
        signed_at: when it had all its signatures; None: it lacks some.
        lapse_reason: why it lapsed.
    """

    id: int
    lot_id: str
    decision: Decision
    standing: Standing
    reason: str
    status: Document
    recorded_by: str
    recorded_at: datetime
    change_id: int
    content_sha256: str
    signatures_needed: int
    signed_by: list[str]
    signed_at: datetime | None
    lapsed_at: datetime | None
    lapse_reason: str | None


_SELECT = f"""
    SELECT decided.id, decided.lot_id, decision, decided.reason, status, decided.recorded_by, decided.recorded_at,
        change_id, encode(content_sha256, 'hex') AS content_sha256, signatures_needed, {SIGNED_BY} AS signed_by,
        freed_at AS signed_at, lapsed_at, release_lapses.reason AS lapse_reason,
        EXISTS (
            SELECT FROM dispositions AS later WHERE later.lot_id = decided.lot_id AND later.id > decided.id
        ) AS followed,
        EXISTS (
            SELECT FROM dispositions AS later JOIN changes_to_sign AS its ON its.id = later.change_id
            WHERE later.lot_id = decided.lot_id AND later.id > decided.id
            AND (later.decision <> 'released' OR its.freed_at IS NOT NULL)
        ) AS followed_in_force
    FROM dispositions AS decided JOIN changes_to_sign ON changes_to_sign.id = change_id
    LEFT JOIN release_lapses ON disposition_id = decided.id AND release_lapses.lot_id = decided.lot_id
"""


def _disposition(decision: str, *, followed: bool, followed_in_force: bool, **row: Any) -> KeptDisposition:
    what = Decision(decision)
    its = standing(
        what,
        signed=row["signed_at"] is not None,
        lapsed=row["lapsed_at"] is not None,
        followed=followed,
        followed_in_force=followed_in_force,
    )
    return KeptDisposition(decision=what, standing=its, **row)


def dispositions(connection: Connection, lot_id: str, part: Part = WHOLE) -> list[KeptDisposition]:
    """What was decided about a lot, newest first."""
    query = f"{_SELECT} WHERE decided.lot_id = %(lot)s"
    return rows_of_part(connection, _disposition, query, {"lot": lot_id}, NEWEST_FIRST, part)


def disposition_of_change(connection: Connection, change_id: int) -> KeptDisposition:
    """The decision that the signatures of a change are of.

    Raises:
        NotFoundError: it is none of a decision.
    """
    row = one_row(connection, _disposition, f"{_SELECT} WHERE change_id = %s", [change_id])
    return found(row, "decision of change", change_id)


def lots_decided_about(connection: Connection, change_ids: Collection[int]) -> list[str]:
    """The lots about which it is decided by these changes, those that are of a decision; by id."""
    return all_values(
        connection,
        "SELECT DISTINCT lot_id FROM dispositions WHERE change_id = ANY(%s) ORDER BY lot_id",
        [sorted(change_ids)],
    )


def add_disposition(
    connection: Connection, lot_id: str, decision: Decision, reason: str, status: Document, change_id: int
) -> int:
    """Keep a decision; returns its number."""
    added: int = one_value(
        connection,
        "INSERT INTO dispositions (lot_id, decision, reason, status, change_id) VALUES (%s, %s, %s, %s, %s) "
        "RETURNING id",
        [lot_id, decision, reason, Jsonb(status), change_id],
    )
    return added


def lapse_releases(connection: Connection, lost: Mapping[str, str], at: datetime) -> list[str]:
    """The newest decision of each of these lots lapses, if it is a release; returns the lots of which it did just now.

    Of a part so do those of what it was split off: for it alone.

    Args:
        lost: by lot, which limit was passed.
    """
    return all_values(
        connection,
        """
        WITH lapsed AS (
            INSERT INTO release_lapses (disposition_id, lot_id, lapsed_at, reason)
            SELECT newest.id, lost.lot_id, %s, lost.reason FROM unnest(%s::text[], %s::text[]) AS lost (lot_id, reason)
            CROSS JOIN LATERAL (
                SELECT lost.lot_id AS of_id UNION ALL SELECT ancestor_id FROM lineage WHERE lot_id = lost.lot_id
            ) AS family
            CROSS JOIN LATERAL (
                SELECT id, decision FROM dispositions WHERE dispositions.lot_id = of_id ORDER BY id DESC LIMIT 1
            ) AS newest
            WHERE newest.decision = 'released'
            ON CONFLICT DO NOTHING RETURNING lot_id
        ) SELECT DISTINCT lot_id FROM lapsed
        """,
        [at, list(lost), list(lost.values())],
    )
