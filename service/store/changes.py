"""Changes that wait for quality's signature: what is signed, and what was."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from typing import Any, Literal

from service.domain.corrections import told
from service.domain.identity.caller import Sites
from service.domain.identity.signing import signed_so_far
from service.domain.instant import rfc3339
from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, NotFoundError
from service.store.dirty import mark_lots
from service.store.paging import NEWEST_FIRST, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.reaches import REPLACED, TOUCHED, Touched, add_reaches, as_felt, lots_touched
from service.store.rows import all_rows, all_values, one_row
from service.store.visible import visible, visible_at

State = Literal["unsigned", "signed", "void"]

#: As many lots are named of a change; how many there are is told beside.
MOST_LOTS = 100


@dataclass(frozen=True, slots=True)
class ChangeToSign:
    """A change that waits for its signature, or has it.

    Attributes:
        author: the id of who recorded it; recorded_by: the printed name.
        content: what is signed, as JSON; content_sha256: in hexadecimal.
        freed_by: the last signature that it needed; None: it waits.
        is_void: it counts no more, and is never signed: what it would have counted for was decided otherwise since.
        signatures_needed: as many accounts sign it; signed_by: who did so far, by printed name.
        lots: some of the lots it touches, by id; lot_count: how many there are.
    """

    id: int
    kind: Kind
    row_id: str
    site_id: str | None
    author: str
    recorded_by: str
    recorded_at: datetime
    reason: str | None
    content: str
    content_sha256: str
    freed_at: datetime | None
    freed_by: int | None
    freed_by_author: bool
    is_void: bool
    signatures_needed: int
    signed_by: list[str]
    lots: list[str]
    lot_count: int

    @property
    def state(self) -> State:
        """Whether it has its signatures, waits for them, or counts no more."""
        if self.freed_at is not None:
            return "signed"
        return "void" if self.is_void else "unsigned"

    @property
    def signed_text(self) -> str:
        """Who signed it so far, of how many."""
        return signed_so_far(self.signed_by, self.signatures_needed)


@dataclass(frozen=True, slots=True)
class _Acting:
    author: str
    recorded_by: str
    recorded_at: datetime
    reason: str | None
    site_id: str | None


_SITE = """
    coalesce(
        (SELECT id FROM sites WHERE id = %(site)s),
        (SELECT site_id FROM containers WHERE id = %(container)s),
        (SELECT site_id FROM placements JOIN containers ON containers.id = container_id
         WHERE lot_id = %(lot)s ORDER BY from_at DESC LIMIT 1),
        (SELECT coalesce(site_id, (SELECT id FROM sites WHERE id = topic_site)) FROM loggers
         WHERE id = coalesce(%(logger)s, (SELECT logger_id FROM series WHERE id = %(series)s)))
    )"""


def note_change(
    connection: Connection,
    kind: Kind,
    row_id: str,
    what: Mapping[str, Any],
    touched: Sequence[Touched],
    cause: Cause,
    site_id: str | None = None,
    *,
    signatures_needed: int = 1,
) -> int:
    """Have a change wait for a signature, and the lots it touches judged by that; returns its number.

    Call it inside the transaction of the act, once its rows are there.

    Args:
        what: what was recorded, dataclasses or JSON by name: this is signed, with what it touches, who recorded it,
            when and why.
        site_id: whose change it is; None: it is told from what it touches.
        signatures_needed: as many accounts sign it before it counts.
    """
    touched = as_felt(connection, touched)
    first = touched[0] if touched else Touched()
    [acting] = all_rows(
        connection,
        _Acting,
        "SELECT acting_as('actor') AS author, acting_as('actor_name') AS recorded_by, now() AS recorded_at, "
        f"nullif(current_setting('unbroken.reason', true), '') AS reason, {_SITE} AS site_id",
        {
            "site": site_id,
            "container": first.container_id,
            "lot": first.lot_id,
            "series": first.series_id,
            "logger": first.logger_id,
        },
    )
    content = json.dumps(
        {
            "kind": kind,
            "row_id": row_id,
            "what": {name: told(one) if is_dataclass(one) else one for name, one in what.items()},
            "touches": [one.told() for one in touched],
            "author": acting.author,
            "recorded_by": acting.recorded_by,
            "recorded_at": rfc3339(acting.recorded_at),
            "reason": acting.reason,
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    [change_id] = all_values(
        connection,
        "INSERT INTO changes_to_sign (kind, row_id, author, recorded_by, recorded_at, reason, site_id, content, "
        "content_sha256, signatures_needed) VALUES (%(kind)s, %(row_id)s, %(author)s, %(recorded_by)s, "
        "%(recorded_at)s, %(reason)s, %(site_id)s, %(content)s, %(sha256)s, %(needed)s) RETURNING id",
        {
            **asdict(acting),
            "kind": kind,
            "row_id": row_id,
            "content": content,
            "sha256": hashlib.sha256(content.encode()).digest(),
            "needed": signatures_needed,
        },
    )
    add_reaches(connection, change_id, touched)
    mark_lots(connection, lots_touched(connection, [change_id]), cause)
    return int(change_id)


def free(
    connection: Connection, change_ids: Collection[int], signature_id: int, *, by_author: bool = False
) -> list[int]:
    """What waited for this signature counts; returns the changes that waited. Their lots are judged by that.

    Call it inside the transaction of the signature.

    Args:
        by_author: whoever signed recorded them.
    """
    freed: list[int] = all_values(
        connection,
        "UPDATE changes_to_sign SET freed_at = now(), freed_by = %s, freed_by_author = %s "
        "WHERE id = ANY(%s) AND freed_at IS NULL RETURNING id",
        [signature_id, by_author, sorted(change_ids)],
    )
    mark_lots(connection, lots_touched(connection, freed), Cause.SIGNED)
    return sorted(freed)


def note_partly_signed(connection: Connection, change_id: int) -> None:
    """A change has one of several signatures that it needs: what is told of its lots says so."""
    mark_lots(connection, lots_touched(connection, [change_id]), Cause.SIGNED)


def lock_changes(connection: Connection, change_ids: Collection[int]) -> list[ChangeToSign]:
    """Changes that wait, by number, which nobody else signs until the end of this transaction.

    Raises:
        NotFoundError: there is none of a number.
        ConflictError: one has its signatures, or counts no more.
    """
    connection.execute("SELECT FROM changes_to_sign WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [sorted(change_ids)])
    found = {
        row.id: row
        for row in all_rows(connection, _change, f"{_SELECT} WHERE id = ANY(%(ids)s)", {"ids": sorted(change_ids)})
    }
    for change_id in sorted(change_ids):
        if change_id not in found:
            raise NotFoundError(f"there is no change {change_id}; give the number of one that is listed")
        if found[change_id].freed_at is not None:
            raise ConflictError(f"change {change_id} was signed already; leave it out")
        if found[change_id].is_void:
            raise ConflictError(
                f"change {change_id} counts no more: its lot was decided about otherwise since, or has passed a limit, "
                "or what it recorded was struck or recorded anew; leave it out"
            )
    return [found[change_id] for change_id in sorted(found)]


# A release is void that waited when the lot was decided about otherwise, or passed a limit; so is an assessment that
# was struck before it was signed, time carried in where another record took its place, and what a product is to ask for
# where quality adopted a later thing of its kind. Of profiles each counts.
_VOID = f"""(
    freed_at IS NULL AND kind = 'disposition' AND EXISTS (
        SELECT FROM dispositions AS decided WHERE decided.change_id = changes_to_sign.id AND decision = 'released' AND (
            EXISTS (SELECT FROM dispositions AS later WHERE later.lot_id = decided.lot_id AND later.id > decided.id)
            OR EXISTS (SELECT FROM release_lapses WHERE disposition_id = decided.id AND lot_id = decided.lot_id)))
    OR freed_at IS NULL AND kind = 'assessment' AND EXISTS (
        SELECT FROM assessments WHERE change_id = changes_to_sign.id AND struck_at IS NOT NULL)
    OR freed_at IS NULL AND kind = 'adoption' AND EXISTS (
        SELECT FROM adoptions AS replaced JOIN adoptions AS newer ON newer.product_id = replaced.product_id
            AND newer.kind = replaced.kind AND newer.id > replaced.id
        JOIN changes_to_sign AS its ON its.id = newer.change_id AND its.freed_at IS NOT NULL
        WHERE replaced.change_id = changes_to_sign.id AND replaced.kind <> 'profile')
    OR {REPLACED})"""

#: Who signed a row of changes_to_sign so far, by printed name.
SIGNED_BY = """
    ARRAY(SELECT printed_name FROM signatures WHERE record_kind = 'change' AND record_id = changes_to_sign.id::text
          ORDER BY signatures.id)"""

_SELECT = f"""
    SELECT id, kind, row_id, site_id, author, recorded_by, recorded_at, reason, content,
        encode(content_sha256, 'hex') AS content_sha256, freed_at, freed_by, freed_by_author,
        {_VOID} AS is_void, signatures_needed, {SIGNED_BY} AS signed_by,
        coalesce(lots, '{{}}') AS lots, lot_count
    FROM changes_to_sign CROSS JOIN LATERAL (
        SELECT (array_agg(lot_id ORDER BY lot_id))[:{MOST_LOTS}] AS lots, count(*) AS lot_count
        FROM ({TOUCHED}) AS touched WHERE change_id = changes_to_sign.id
    ) AS touched
"""


def _change(kind: str, **row: Any) -> ChangeToSign:
    return ChangeToSign(kind=Kind(kind), **row)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which changes are asked for; None: any."""

    state: State | None = None
    kind: Kind | None = None
    site_id: str | None = None
    lot_id: str | None = None


_IN_STATE = {
    "unsigned": f"freed_at IS NULL AND NOT {_VOID}",
    "signed": "freed_at IS NOT NULL",
    "void": _VOID,
    None: "true",
}


def changes(connection: Connection, chosen: Chosen, part: Part = WHOLE, *, sites: Sites = None) -> list[ChangeToSign]:
    """Changes, newest first. `sites`: only those that may be seen at these."""
    of_lot = f"id IN (SELECT change_id FROM ({TOUCHED}) AS touched WHERE lot_id = %(lot)s)" if chosen.lot_id else "true"
    return rows_of_part(
        connection,
        _change,
        f"{_SELECT} WHERE {_IN_STATE[chosen.state]} AND {of_lot} "
        f"AND {visible('change', 'changes_to_sign.id', sites)} AND (%(kind)s::text IS NULL OR kind = %(kind)s) "
        "AND (%(site)s::text IS NULL OR site_id = %(site)s)",
        {"kind": chosen.kind, "site": chosen.site_id, "lot": chosen.lot_id, **visible_at(sites)},
        NEWEST_FIRST,
        part,
    )


def change(connection: Connection, change_id: int) -> ChangeToSign:
    """One change.

    Raises:
        NotFoundError: there is none of that number.
    """
    found = one_row(connection, _change, f"{_SELECT} WHERE id = %(id)s", {"id": change_id})
    if found is None:
        raise NotFoundError(f"there is no change {change_id}; give the number of one that is listed")
    return found
