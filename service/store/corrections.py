"""Changes of time already judged: listed with their reason and who acted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from service.domain.corrections import told
from service.domain.identity.caller import Sites
from service.store.paging import NEWEST_FIRST, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, columns, one_value
from service.store.visible import visible, visible_at

#: Whether a lot passed a limit at or after an instant: what was earlier, no act about that instant can undo.
_LOST_SINCE = """
    EXISTS (SELECT FROM jsonb_array_elements(
        (SELECT reasons FROM verdicts WHERE verdicts.lot_id = lots.id ORDER BY id DESC LIMIT 1)) AS reason
        WHERE reason->>'severity' = 'critical' AND (reason->>'since')::timestamptz >= %(at)s)
"""


@dataclass(frozen=True, slots=True)
class Correction:
    """A change of time already judged; `was` and `becomes`: as people read them, None: nothing."""

    id: int
    kind: str
    row_id: str
    was: dict[str, Any] | None
    becomes: dict[str, Any] | None
    reason: str
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of some lots: whether any was judged, has been known since before a time, or is condemned."""

    judged: bool
    known: bool
    condemned: bool


_SELECT = f"SELECT {columns(Correction)} FROM corrections "


def told_of(
    connection: Connection, lot_ids: Collection[str], *, known_before: datetime, verdicts: Collection[str], at: datetime
) -> Told:
    """What was told of these lots; condemned: one has one of these verdicts, for a limit passed at `at` or later."""
    [found] = all_rows(
        connection,
        Told,
        "SELECT coalesce(bool_or(verdict IS NOT NULL), false) AS judged, "
        "coalesce(bool_or(recorded_at < %(before)s), false) AS known, "
        f"coalesce(bool_or(verdict = ANY(%(verdicts)s) AND {_LOST_SINCE}), false) AS condemned "
        "FROM lots LEFT JOIN lot_states ON lot_id = lots.id WHERE lots.id = ANY(%(lots)s)",
        {"before": known_before, "verdicts": list(verdicts), "at": at, "lots": list(lot_ids)},
    )
    return found


def judged_in(connection: Connection, container_ids: Collection[str]) -> bool:
    """Whether a lot that was ever in one of these containers has been judged: then what measured it is no news."""
    found: bool = one_value(
        connection,
        "SELECT EXISTS (SELECT FROM stays JOIN lot_states USING (lot_id) "
        "WHERE container_id = ANY(%s) AND verdict IS NOT NULL)",
        [list(container_ids)],
    )
    return found


def note(connection: Connection, kind: str, row_id: str, was: Any, becomes: Any, reason: str) -> int:
    """List a change of time already judged; returns its number.

    Args:
        was, becomes: the row before and after, a dataclass; None: there was none, or there is none.
    """
    recorded: int = one_value(
        connection,
        "INSERT INTO corrections (kind, row_id, was, becomes, reason) VALUES (%s, %s, %s, %s, %s) RETURNING id",
        [
            kind,
            row_id,
            None if was is None else Jsonb(told(was)),
            None if becomes is None else Jsonb(told(becomes)),
            reason,
        ],
    )
    return recorded


def corrections(connection: Connection, part: Part, seen_at: Sites = None) -> list[Correction]:
    """Corrections, newest first."""
    query = f"{_SELECT} WHERE {visible('correction', 'corrections.id', seen_at)}"
    return rows_of_part(connection, Correction, query, visible_at(seen_at), NEWEST_FIRST, part)


def correction(connection: Connection, correction_id: int) -> Correction:
    """One correction that is listed."""
    [found] = all_rows(connection, Correction, _SELECT + "WHERE id = %s", [correction_id])
    return found
