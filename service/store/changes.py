"""Changes that wait for quality's signature: what is signed, which lots they touch, and what was signed."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import datetime
from typing import Any, Literal

from service.domain.corrections import told
from service.domain.identity.caller import Sites
from service.domain.instant import from_datetime, rfc3339
from service.domain.softening import Change, Changes, Kind, Reach
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, NotFoundError
from service.store.dirty import mark_lots
from service.store.felt import felt_until
from service.store.instants import or_beginning, or_end
from service.store.paging import NEWEST_FIRST, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, columns, one_row, tuples
from service.store.visible import visible, visible_at

State = Literal["unsigned", "signed"]

#: As many lots are named of a change; how many there are is told beside.
MOST_LOTS = 100

#: What is read as far apart as this may be one measured time: a change reaches so much farther.
_BESIDE = "(SELECT make_interval(secs => max((document->>'max_gap_s')::float8)) FROM profiles)"

#: A query: reaches of containers, those of series and loggers among them, as far as a change can be felt. Where a
#: clock was mended nobody says which of its readings lie where: they reach everywhere.
_THERE = f"""
    SELECT change_id, container_id, from_at - {_BESIDE} AS from_at, until_at + {_BESIDE} AS until_at
    FROM change_reaches WHERE container_id IS NOT NULL
    UNION ALL SELECT change_id, attachments.container_id,
        greatest(attachments.from_at, CASE WHEN moved THEN NULL ELSE reach.from_at - {_BESIDE} END),
        least(attachments.until_at, CASE WHEN moved THEN NULL ELSE reach.until_at + {_BESIDE} END)
    FROM (
        SELECT change_id, series.id AS series_id, series.logger_id, from_at, until_at, by_logger
        FROM change_reaches JOIN series ON series.id = series_id
        UNION ALL SELECT change_id, series.id, logger_id, from_at, until_at, by_logger
        FROM change_reaches JOIN series USING (logger_id)
    ) AS reach JOIN attachments USING (series_id)
    CROSS JOIN LATERAL (SELECT by_logger AND EXISTS (
        SELECT FROM clock_mends WHERE clock_mends.logger_id = reach.logger_id) AS moved) AS mended
    WHERE place <> 'ambient' AND commissioned_at IS NOT NULL
"""

#: A query: the lots that changes touch.
_TOUCHED = f"""
    SELECT change_id, lot_id FROM change_reaches WHERE lot_id IS NOT NULL
    UNION SELECT change_id, lot_id FROM ({_THERE}) AS there JOIN placements USING (container_id)
    JOIN lots ON lots.id = lot_id
    WHERE greatest(there.from_at, placements.from_at, life_starts_at)
        < coalesce(least(there.until_at, placements.until_at, life_ends_at), 'infinity')
"""


@dataclass(frozen=True, slots=True)
class Touched:
    """One thing that a change touches: a lot; or over [from_at, until_at) a container, or what a series or logger says.

    Attributes:
        from_at, until_at: None: without such a bound.
        by_logger: they are as the logger's clock said.
    """

    lot_id: str | None = None
    container_id: str | None = None
    series_id: int | None = None
    logger_id: str | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None
    by_logger: bool = False


@dataclass(frozen=True, slots=True)
class ChangeToSign:
    """A change that waits for its signature, or has it.

    Attributes:
        author: the id of who recorded it; recorded_by: the printed name.
        content: what is signed, as JSON; content_sha256: in hexadecimal.
        freed_by: the signature; None: it waits.
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
    lots: list[str]
    lot_count: int

    @property
    def state(self) -> State:
        """Whether it has its signature."""
        return "unsigned" if self.freed_at is None else "signed"


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
) -> int:
    """Have a change wait for a signature, and the lots it touches judged by that; returns its number.

    Call it inside the transaction of the act, once its rows are there.

    Args:
        what: what was recorded, dataclasses or JSON by name: this is signed, with who recorded it, when and why.
        site_id: whose change it is; None: it is told from what it touches.
    """
    touched = [_as_felt(connection, one) for one in touched]
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
        "content_sha256) VALUES (%(kind)s, %(row_id)s, %(author)s, %(recorded_by)s, %(recorded_at)s, %(reason)s, "
        "%(site_id)s, %(content)s, %(sha256)s) RETURNING id",
        {
            **asdict(acting),
            "kind": kind,
            "row_id": row_id,
            "content": content,
            "sha256": hashlib.sha256(content.encode()).digest(),
        },
    )
    _add_reaches(connection, change_id, touched)
    mark_lots(connection, lots_touched(connection, [change_id]), cause)
    return int(change_id)


def _as_felt(connection: Connection, touched: Touched) -> Touched:
    """What is touched of a series, as far as it can be felt; by the logger's own clock it is given so already."""
    if touched.series_id is None or touched.until_at is None or touched.by_logger:
        return touched
    return replace(touched, until_at=felt_until(connection, touched.series_id, touched.until_at))


def _add_reaches(connection: Connection, change_id: int, touched: Sequence[Touched]) -> None:
    names = columns(Touched)
    connection.execute(
        f"INSERT INTO change_reaches (change_id, {names}) SELECT %s, {names} FROM unnest("
        "%s::text[], %s::text[], %s::integer[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::boolean[]) "
        f"AS touched ({names})",
        [change_id, *([getattr(one, name.strip()) for one in touched] for name in names.split(","))],
    )


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


def lock_changes(connection: Connection, change_ids: Collection[int]) -> list[ChangeToSign]:
    """Changes that wait, by number, which nobody else signs until the end of this transaction.

    Raises:
        NotFoundError: there is none of a number.
        ConflictError: one has its signature.
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
    return [found[change_id] for change_id in sorted(found)]


def lots_touched(connection: Connection, change_ids: Collection[int]) -> list[str]:
    """The lots that any of these changes touches, by id."""
    return all_values(
        connection,
        f"SELECT DISTINCT lot_id FROM ({_TOUCHED}) AS touched WHERE change_id = ANY(%s) ORDER BY lot_id",
        [list(change_ids)],
    )


def lots_touched_by(connection: Connection, touched: Sequence[Touched]) -> list[str]:
    """The lots that this touches of what series measured, by id, as if it were a change that waits."""
    asked = [x for x in touched if x.series_id is not None]
    return all_values(
        connection,
        "SELECT DISTINCT lot_id FROM unnest(%s::integer[], %s::timestamptz[], %s::timestamptz[]) "
        "AS reach (series_id, first_at, last_at) JOIN attachments USING (series_id) "
        "JOIN placements USING (container_id) WHERE tstzrange(placements.from_at, placements.until_at) "
        "&& tstzrange(greatest(first_at, attachments.from_at), least(last_at, attachments.until_at), '[]') "
        "AND greatest(first_at, attachments.from_at) "
        "<= coalesce(least(last_at, attachments.until_at), 'infinity') ORDER BY lot_id",
        [[x.series_id for x in asked], [x.from_at for x in asked], [x.until_at for x in asked]],
    )


def told_changes(connection: Connection, lot_ids: Collection[str], container_ids: Collection[str]) -> Changes:
    """The changes to tell of where these lots and containers are concerned: those that wait, or whose author signed."""
    rows = tuples(
        connection,
        f"""
        WITH told AS MATERIALIZED (
            SELECT id, kind, recorded_by, recorded_at, freed_by_author FROM changes_to_sign
            WHERE freed_at IS NULL OR freed_by_author
        )
        SELECT told.*, lot_id, NULL AS container_id, NULL::timestamptz AS from_at, NULL::timestamptz AS until_at
        FROM change_reaches JOIN told ON told.id = change_id WHERE lot_id = ANY(%(lots)s)
        UNION ALL SELECT told.*, NULL, container_id, from_at, until_at FROM ({_THERE}) AS there
        JOIN told ON told.id = change_id WHERE container_id = ANY(%(containers)s)
        """,
        {"lots": list(lot_ids), "containers": list(container_ids)},
    )
    of_lots, there, known = [], [], dict[int, Change]()
    for change_id, kind, name, recorded_at, by_author, lot_id, container_id, from_at, until_at in rows:
        change = known.setdefault(change_id, Change(change_id, Kind(kind), name, from_datetime(recorded_at), by_author))
        if lot_id is not None:
            of_lots.append((lot_id, change))
        else:
            there.append((container_id, Reach(change, or_beginning(from_at), or_end(until_at))))
    return Changes(of_lots, there)


_SELECT = f"""
    SELECT id, kind, row_id, site_id, author, recorded_by, recorded_at, reason, content,
        encode(content_sha256, 'hex') AS content_sha256, freed_at, freed_by, freed_by_author,
        coalesce(lots, '{{}}') AS lots, lot_count
    FROM changes_to_sign CROSS JOIN LATERAL (
        SELECT (array_agg(lot_id ORDER BY lot_id))[:{MOST_LOTS}] AS lots, count(*) AS lot_count
        FROM ({_TOUCHED}) AS touched WHERE change_id = changes_to_sign.id
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


_IN_STATE = {"unsigned": "freed_at IS NULL", "signed": "freed_at IS NOT NULL", None: "true"}


def changes(connection: Connection, chosen: Chosen, part: Part = WHOLE, *, sites: Sites = None) -> list[ChangeToSign]:
    """Changes, newest first. `sites`: only those that may be seen at these."""
    of_lot = (
        f"id IN (SELECT change_id FROM ({_TOUCHED}) AS touched WHERE lot_id = %(lot)s)" if chosen.lot_id else "true"
    )
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
