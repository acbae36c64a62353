"""What lots were split off, and what was split off them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.store.paging import WHOLE, Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.registry.contents import path_sql
from service.store.rows import all_rows, all_values, one_value

#: Parts as they are listed.
BY_ID = Order({"id": str})


@dataclass(frozen=True, slots=True)
class PartLot:
    """A part of a lot, or of a part of it. `units`: as many as it took along; `units_left`: in no part of its own."""

    id: str
    parent_id: str
    split_at: datetime
    units: int | None
    units_left: int | None
    container_id: str | None
    container_name: str | None
    position: str | None


def parts_of(connection: Connection, lot_ids: Collection[str]) -> list[str]:
    """The parts that were split off these lots, off those too, and so on; by id."""
    return all_values(
        connection,
        "SELECT DISTINCT lot_id FROM lineage WHERE ancestor_id = ANY(%s) ORDER BY lot_id",
        [list(lot_ids)],
    )


def whole_of(connection: Connection, lot_id: str) -> str | None:
    """The lot that a part was split off at first; None: it is no part."""
    found: str | None = one_value(
        connection,
        "SELECT (SELECT ancestor_id FROM lineage JOIN lots ON lots.id = ancestor_id "
        "WHERE lineage.lot_id = %s AND parent_id IS NULL)",
        [lot_id],
    )
    return found


@dataclass(frozen=True, slots=True)
class Split:
    """What was split off a lot so far: how many parts, with how many units, and when the last of them."""

    parts: int
    units: int
    last_at: datetime | None


def split_so_far(connection: Connection, lot_id: str) -> Split:
    """What was split off a lot itself."""
    [found] = all_rows(
        connection,
        Split,
        "SELECT count(*)::integer AS parts, coalesce(sum(units), 0)::integer AS units, max(split_at) AS last_at "
        "FROM lots WHERE parent_id = %s",
        [lot_id],
    )
    return found


def split_of(connection: Connection, lot_id: str) -> datetime | None:
    """When a lot was split off another; None: it is no part."""
    at: datetime | None = one_value(connection, "SELECT split_at FROM lots WHERE id = %s", [lot_id])
    return at


@dataclass(frozen=True, slots=True)
class OwnTime:
    """When a lot was split off another, and since when all of it is in parts; None: it was not, or is not."""

    lot_id: str
    split_at: datetime | None
    split_up_at: datetime | None


def own_times(connection: Connection, lot_ids: Collection[str]) -> dict[str, OwnTime]:
    """By lot, the time that is its own."""
    query = "SELECT id AS lot_id, split_at, split_up_at FROM lots WHERE id = ANY(%s)"
    return {one.lot_id: one for one in all_rows(connection, OwnTime, query, [sorted(lot_ids)])}


def add_parts(
    connection: Connection, parent_id: str, parts: Sequence[tuple[str, int | None]], split_at: datetime
) -> None:
    """Add parts of a lot, each with its id and units; all else is as of the lot.

    A part has the time before the split in common with its parent, and with all that it was split off.
    """
    asked_for = {
        "parent": parent_id,
        "at": split_at,
        "ids": [part_id for part_id, _ in parts],
        "units": [units for _, units in parts],
    }
    connection.execute(
        "INSERT INTO lots (id, product_id, lot_number, units, profile_id, profile_version, life_starts_at, expires_on, "
        "shares_number, parent_id, split_at) SELECT part_id, product_id, lot_number, part_units, profile_id, "
        "profile_version, life_starts_at, expires_on, shares_number, lots.id, %(at)s "
        "FROM lots, unnest(%(ids)s::text[], %(units)s::integer[]) AS part (part_id, part_units) "
        "WHERE lots.id = %(parent)s",
        asked_for,
    )
    connection.execute(
        "INSERT INTO lineage (lot_id, ancestor_id, until_at) SELECT part_id, %(parent)s, %(at)s::timestamptz "
        "FROM unnest(%(ids)s::text[]) AS part_id UNION ALL SELECT part_id, ancestor_id, until_at "
        "FROM lineage, unnest(%(ids)s::text[]) AS part_id WHERE lot_id = %(parent)s",
        asked_for,
    )
    connection.execute(
        "INSERT INTO lot_states (lot_id, reason_codes) SELECT part_id, '{}' FROM unnest(%(ids)s::text[]) AS part_id",
        asked_for,
    )


def note_split_up(connection: Connection, lot_id: str, at: datetime) -> datetime | None:
    """Since when nothing is left of a lot, as is noted: from its last split on, and not before `at`; None: something
    is left.
    """
    since: datetime | None = one_value(
        connection,
        "UPDATE lots SET split_up_at = (SELECT CASE WHEN sum(part.units) >= lots.units "
        "THEN coalesce(lots.split_up_at, greatest(max(part.split_at), %s)) END "
        "FROM lots AS part WHERE part.parent_id = lots.id) WHERE id = %s RETURNING split_up_at",
        [at, lot_id],
    )
    return since


_PARTS = f"""
    SELECT part.id, part.parent_id, part.split_at, part.units,
        part.units - (SELECT coalesce(sum(units), 0) FROM lots AS child WHERE child.parent_id = part.id)::integer
            AS units_left,
        here.container_id, {path_sql("here.container_id")} AS container_name, here.position
    FROM lineage JOIN lots AS part ON part.id = lineage.lot_id
    LEFT JOIN placements AS here ON here.lot_id = ANY(ARRAY[part.id]) AND here.until_at IS NULL
    WHERE ancestor_id = %(lot)s
"""


def parts_listed(connection: Connection, lot_id: str, part: Part = WHOLE) -> list[PartLot]:
    """The parts of a lot, and theirs, by id."""
    return rows_of_part(connection, PartLot, _PARTS, {"lot": lot_id}, BY_ID, part)


def parts_named(connection: Connection, lot_id: str, part_ids: Collection[str]) -> list[PartLot]:
    """Those of the parts of a lot that are named, by id."""
    query = f"{_PARTS} AND part.id = ANY(%(parts)s) ORDER BY part.id"
    return all_rows(connection, PartLot, query, {"lot": lot_id, "parts": list(part_ids)})
