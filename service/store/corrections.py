"""Acts that change time already judged: with a reason and a name, listed with what they did to verdicts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from service.domain.corrections import why_rewriting
from service.domain.instant import SECOND_US, duration_text, from_datetime, rfc3339, to_datetime
from service.errors import ClocksDisagreeError, RefusedError
from service.store.clocks import times
from service.store.pool import Connection

#: Columns under the names people know; None: of no use to them.
_TOLD_AS = {
    "from_at": "from",
    "until_at": "until",
    "series_id": None,
    "recorded_at": None,
    "superseded_by": None,
    "ended_by": None,
}


#: Whether a lot passed a limit at or after an instant: what was earlier, no act about that instant can undo.
_LOST_SINCE = """
    EXISTS (SELECT FROM jsonb_array_elements(
        (SELECT reasons FROM verdicts WHERE verdicts.lot_id = lots.id ORDER BY id DESC LIMIT 1)) AS reason
        WHERE reason->>'severity' = 'critical' AND (reason->>'since')::timestamptz >= %(at)s)
"""


@dataclass(frozen=True, slots=True)
class Word:
    """When something is recorded, and why and by whom, if somebody says so.

    Attributes:
        scan_delay_s: how late a scan may be.
        clock_tolerance_s: how far `now` may be from what the database's clock says.
        lost_since: since when lots concerned are out of limits as they are told now, kept by a pass or not.
    """

    now: datetime
    scan_delay_s: float
    clock_tolerance_s: float
    reason: str | None = None
    by: str | None = None
    lost_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """Why time already judged is changed, and who says so."""

    reason: str
    by: str


def explained(
    connection: Connection,
    lot_ids: Collection[str],
    at: datetime,
    word: Word,
    *,
    completes: bool = False,
    silences: bool = False,
) -> Explained | None:
    """What explains an act about `at` and later that concerns these lots; None: it changes nothing judged.

    Args:
        completes: what is recorded belongs to the registration of lots that have just been registered.
        silences: it takes back what a probe said, which may be all that keeps a lot from being proven.

    Raises:
        RefusedError: it changes time already judged, and nobody says why, or who.
        ClocksDisagreeError: nobody knows whether it does.
    """
    ahead_us = from_datetime(word.now) - times(connection).database_us
    if abs(ahead_us) > word.clock_tolerance_s * SECOND_US:
        raise ClocksDisagreeError(
            f"our clock and that of the database differ by {duration_text(abs(ahead_us))}, so nobody knows what is "
            "past; have them set right (`unbroken doctor`), then record it again"
        )
    recorded_before = to_datetime(from_datetime(word.now) - round(word.scan_delay_s * SECOND_US))
    [lots] = connection.execute(
        f"SELECT coalesce(bool_or(recorded_at < %(before)s OR (verdict IS NOT NULL AND NOT %(completes)s)), false) "
        f"AS told, "
        f"coalesce(bool_or(verdict = ANY(%(bad)s) AND NOT %(completes)s AND {_LOST_SINCE}), false) AS condemned "
        "FROM lots LEFT JOIN lot_states ON lot_id = lots.id WHERE lots.id = ANY(%(lots)s)",
        {
            "before": recorded_before,
            "completes": completes,
            "bad": ["nonviable", "unproven"] if silences else ["nonviable"],
            "at": at,
            "lots": list(lot_ids),
        },
    ).fetchall()
    if word.lost_since is not None and word.lost_since >= at and not completes:
        lots["condemned"] = True
    scan_delay_us = round(word.scan_delay_s * SECOND_US)
    why = why_rewriting(from_datetime(at), from_datetime(word.now), scan_delay_us=scan_delay_us, **lots)
    if why is None:
        return None
    for field, given in (("reason", word.reason), ("recorded_by", word.by)):
        if not given:
            raise RefusedError(
                field,
                f"{why}: say why it is recorded otherwise in `reason`, and in `recorded_by` who says so; it is listed",
            )
    return Explained(str(word.reason), str(word.by))


def judged_in(connection: Connection, container_ids: Collection[str]) -> bool:
    """Whether a lot that was ever in one of these containers has been judged: then what measured it is no news."""
    row = connection.execute(
        "SELECT FROM placements JOIN lot_states USING (lot_id) WHERE container_id = ANY(%s) LIMIT 1",
        [list(container_ids)],
    ).fetchone()
    return row is not None


def note(
    connection: Connection,
    kind: str,
    row_id: str,
    was: Mapping[str, Any] | None,
    becomes: Mapping[str, Any] | None,
    said: Explained,
) -> int:
    """List a change of time already judged; returns its number, for the marks that it makes."""
    [recorded] = connection.execute(
        "INSERT INTO corrections (kind, row_id, was, becomes, reason, recorded_by) VALUES (%s, %s, %s, %s, %s, %s) "
        "RETURNING id",
        [
            kind,
            row_id,
            None if was is None else Jsonb(_told(connection, was)),
            None if becomes is None else Jsonb(_told(connection, becomes)),
            said.reason,
            said.by,
        ],
    ).fetchall()
    return int(recorded["id"])


def _told(connection: Connection, row: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        name: rfc3339(value) if isinstance(value, datetime) else value
        for column, value in row.items()
        if (name := _TOLD_AS.get(column, column)) is not None
    }
    if "series_id" in row:
        [named] = connection.execute("SELECT logger_id, probe FROM series WHERE id = %s", [row["series_id"]]).fetchall()
        told |= named
    return told


def add_effect(
    connection: Connection, correction_id: int, lot_id: str, was: str, verdict: str, decided_at: datetime
) -> None:
    """A lot's verdict is another since the evaluator knows of a change of time already judged."""
    connection.execute(
        "INSERT INTO improvements (correction_id, lot_id, was, verdict, decided_at) VALUES (%s, %s, %s, %s, %s) "
        "ON CONFLICT (correction_id, lot_id) DO UPDATE "
        "SET verdict = excluded.verdict, decided_at = excluded.decided_at",
        [correction_id, lot_id, was, verdict, decided_at],
    )
