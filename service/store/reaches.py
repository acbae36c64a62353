"""What changes that wait for a signature touch: lots, and times of containers, series and loggers."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from service.domain.instant import from_datetime, rfc3339
from service.domain.softening import PAPERS, Change, Changes, Kind, Reach
from service.store.felt import felt_until
from service.store.instants import or_beginning, or_end
from service.store.pool import Connection
from service.store.rows import all_values, columns, tuples

#: What is read as far apart as this may be one measured time: a change reaches so much farther.
_BESIDE = "(SELECT make_interval(secs => max((document->>'max_gap_s')::float8)) FROM profiles)"


def _there(reaches: str) -> str:
    """A query: of these reaches those of containers, of series and loggers among them, as far as they can be felt.

    Where a clock was mended nobody says which of its readings lie where: they reach everywhere.
    """
    return f"""
    SELECT change_id, container_id, from_at - {_BESIDE} AS from_at, until_at + {_BESIDE} AS until_at
    FROM {reaches} WHERE container_id IS NOT NULL
    UNION ALL SELECT change_id, attachments.container_id,
        greatest(attachments.from_at, CASE WHEN moved THEN NULL ELSE reach.from_at - {_BESIDE} END),
        least(attachments.until_at, CASE WHEN moved THEN NULL ELSE reach.until_at + {_BESIDE} END)
    FROM (
        SELECT change_id, series.id AS series_id, series.logger_id, from_at, until_at, by_logger
        FROM {reaches} JOIN series ON series.id = series_id
        UNION ALL SELECT change_id, series.id, logger_id, from_at, until_at, by_logger
        FROM {reaches} JOIN series USING (logger_id)
    ) AS reach JOIN attachments USING (series_id)
    CROSS JOIN LATERAL (SELECT by_logger AND EXISTS (
        SELECT FROM clock_mends WHERE clock_mends.logger_id = reach.logger_id) AS moved) AS mended
    WHERE place <> 'ambient' AND commissioned_at IS NOT NULL
"""


#: Whether a row of changes_to_sign waits of time carried in that another record took the place of: the newest counts.
REPLACED = """(
    freed_at IS NULL AND kind = 'carried_in' AND EXISTS (
        SELECT FROM carried_in AS replaced JOIN carried_in AS newer USING (lot_id)
        WHERE replaced.change_id = changes_to_sign.id AND newer.id > replaced.id))"""

#: A query: the lots that changes touch.
TOUCHED = f"""
    SELECT change_id, lot_id FROM change_reaches WHERE lot_id IS NOT NULL
    UNION SELECT change_id, lineage.lot_id FROM change_reaches JOIN lineage ON ancestor_id = change_reaches.lot_id
    UNION SELECT change_id, lots.id FROM change_reaches JOIN lots USING (product_id)
    UNION SELECT change_id, lot_id FROM ({_there("change_reaches")}) AS there JOIN stays USING (container_id)
    JOIN lots ON lots.id = lot_id
    WHERE greatest(there.from_at, stays.from_at, life_starts_at)
        < coalesce(least(there.until_at, stays.until_at, life_ends_at), 'infinity')
"""


@dataclass(frozen=True, slots=True)
class Touched:
    """One thing that a change touches: a lot; all lots of a product; a time of a container, or of what somebody says.

    That is a series or a logger, over [from_at, until_at).

    Attributes:
        from_at, until_at: None: without such a bound.
        by_logger: they are as the logger's clock said.
    """

    lot_id: str | None = None
    product_id: str | None = None
    container_id: str | None = None
    series_id: int | None = None
    logger_id: str | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None
    by_logger: bool = False

    def told(self) -> dict[str, Any]:
        """As it is signed: JSON by name, of what is given."""
        given = {name: one for name, one in asdict(self).items() if one is not None and one is not False}
        return {name: rfc3339(one) if isinstance(one, datetime) else one for name, one in given.items()}


def as_felt(connection: Connection, touched: Sequence[Touched]) -> list[Touched]:
    """What is touched, as far as it can be felt."""
    return [_as_felt(connection, one) for one in touched]


def _as_felt(connection: Connection, touched: Touched) -> Touched:
    """What is touched of a series reaches beyond its end; by the logger's own clock it is given so already."""
    if touched.series_id is None or touched.until_at is None or touched.by_logger:
        return touched
    return replace(touched, until_at=felt_until(connection, touched.series_id, touched.until_at))


def add_reaches(connection: Connection, change_id: int, touched: Sequence[Touched]) -> None:
    """Keep what a change touches, as it can be felt."""
    names = columns(Touched)
    connection.execute(
        f"INSERT INTO change_reaches (change_id, {names}) SELECT %s, {names} FROM unnest("
        "%s::text[], %s::text[], %s::text[], %s::integer[], %s::text[], "
        "%s::timestamptz[], %s::timestamptz[], %s::boolean[]) "
        f"AS touched ({names})",
        [change_id, *([getattr(one, name.strip()) for one in touched] for name in names.split(","))],
    )


def lots_touched(connection: Connection, change_ids: Collection[int]) -> list[str]:
    """The lots that any of these changes touches, by id."""
    return all_values(
        connection,
        f"SELECT DISTINCT lot_id FROM ({TOUCHED}) AS touched WHERE change_id = ANY(%s) ORDER BY lot_id",
        [list(change_ids)],
    )


def lots_touched_by(connection: Connection, touched: Sequence[Touched]) -> list[str]:
    """The lots that this touches of what series measured, by id, as if it were a change that waits."""
    asked = [x for x in touched if x.series_id is not None]
    return all_values(
        connection,
        "SELECT DISTINCT lot_id FROM unnest(%s::integer[], %s::timestamptz[], %s::timestamptz[]) "
        "AS reach (series_id, first_at, last_at) JOIN attachments USING (series_id) "
        "JOIN stays USING (container_id) WHERE tstzrange(stays.from_at, stays.until_at) "
        "&& tstzrange(greatest(first_at, attachments.from_at), least(last_at, attachments.until_at), '[]') "
        "AND greatest(first_at, attachments.from_at) "
        "<= coalesce(least(last_at, attachments.until_at), 'infinity') ORDER BY lot_id",
        [[x.series_id for x in asked], [x.from_at for x in asked], [x.until_at for x in asked]],
    )


def told_changes(connection: Connection, lot_ids: Collection[str], container_ids: Collection[str]) -> Changes:
    """The changes to tell of where these lots and containers are concerned: those that wait, or whose author signed."""
    # In this order: else every reach is held against every change, and the rules about times are asked for each pair.
    rows = tuples(
        connection,
        f"""
        WITH told AS MATERIALIZED (
            SELECT id, kind, recorded_by, recorded_at, freed_by_author FROM changes_to_sign
            WHERE (freed_at IS NULL OR freed_by_author) AND (freed_by_author OR kind <> ALL(%(papers)s))
            AND NOT {REPLACED}
        ), reaches AS MATERIALIZED (
            SELECT change_reaches.* FROM told JOIN change_reaches ON change_id = told.id
        ), there AS MATERIALIZED (
            SELECT * FROM ({_there("reaches")}) AS there WHERE container_id = ANY(%(containers)s)
        )
        SELECT told.*, lot_id, NULL AS container_id, NULL::timestamptz AS from_at, NULL::timestamptz AS until_at
        FROM reaches JOIN told ON told.id = change_id WHERE lot_id = ANY(%(lots)s)
        UNION ALL SELECT told.*, lineage.lot_id, NULL, NULL, NULL FROM reaches JOIN told ON told.id = change_id
        JOIN lineage ON ancestor_id = reaches.lot_id WHERE lineage.lot_id = ANY(%(lots)s)
        UNION ALL SELECT told.*, lots.id, NULL, NULL, NULL FROM reaches JOIN told ON told.id = change_id
        JOIN lots USING (product_id) WHERE lots.id = ANY(%(lots)s)
        UNION ALL SELECT told.*, NULL, container_id, from_at, until_at FROM there JOIN told ON told.id = change_id
        """,
        {"lots": list(lot_ids), "containers": list(container_ids), "papers": sorted(PAPERS)},
    )
    of_lots, there, known = [], [], dict[int, Change]()
    for change_id, kind, name, recorded_at, by_author, lot_id, container_id, from_at, until_at in rows:
        change = known.setdefault(change_id, Change(change_id, Kind(kind), name, from_datetime(recorded_at), by_author))
        if lot_id is not None:
            of_lots.append((lot_id, change))
        else:
            there.append((container_id, Reach(change, or_beginning(from_at), or_end(until_at))))
    return Changes(of_lots, there)
