"""Where lots were, worked out anew from what people recorded: what the database keeps must be the same."""

from datetime import UTC, datetime

from service.store.pool import Connection
from service.store.rows import tuples

_END = datetime.max.replace(tzinfo=UTC)

#: Lot, container, from, until, level.
Stay = tuple[str, str, datetime, datetime, int]
_Nesting = tuple[str, str, datetime, datetime]


def stays_kept(connection: Connection) -> list[Stay]:
    """As the triggers keep them."""
    rows = tuples(connection, "SELECT lot_id, container_id, from_at, until_at, level FROM stays")
    return sorted((lot_id, inside, begins, ends or _END, level) for lot_id, inside, begins, ends, level in rows)


def stays_anew(connection: Connection) -> list[Stay]:
    """As they follow from placements, nestings and lineage."""
    put = [
        (lot_id, inside, begins, ends or _END)
        for lot_id, inside, begins, ends in tuples(
            connection, "SELECT lot_id, container_id, from_at, until_at FROM placements"
        )
    ]
    inherited = [
        (part_id, inside, begins, min(ends, split_at))
        for part_id, ancestor_id, split_at in tuples(connection, "SELECT lot_id, ancestor_id, until_at FROM lineage")
        for lot_id, inside, begins, ends in put
        if lot_id == ancestor_id and begins < split_at
    ]
    nestings = [
        (inner, outer, begins, ends or _END)
        for inner, outer, begins, ends in tuples(
            connection, "SELECT container_id, in_id, from_at, until_at FROM nestings"
        )
    ]
    return sorted(stay for lot_id, *there in put + inherited for stay in _around(lot_id, *there, 0, nestings))


def _around(
    lot_id: str, inside: str, begins: datetime, ends: datetime, level: int, nestings: list[_Nesting]
) -> list[Stay]:
    found = [(lot_id, inside, begins, ends, level)]
    for inner, outer, first, last in nestings:
        if inner == inside and max(first, begins) < min(last, ends):
            found += _around(lot_id, outer, max(first, begins), min(last, ends), level + 1, nestings)
    return found
