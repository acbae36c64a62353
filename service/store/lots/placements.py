"""Placements: which lot was in which container, and when."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from service.domain.lots.placements import Placement, elsewhere_text
from service.store.new_rows import new_row
from service.store.paging import IN_TIME, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, columns, values


def placements(connection: Connection, lot_id: str, part: Part = WHOLE) -> list[Placement]:
    """Placements of a lot, in order of time."""
    query = f"SELECT {columns(Placement)} FROM placements WHERE lot_id = %(lot)s"
    return rows_of_part(connection, Placement, query, {"lot": lot_id}, IN_TIME, part)


@dataclass(frozen=True, slots=True)
class NamedStay:
    """A stay of a lot, with the names of the container and of its site. `until_at` None: it has not ended."""

    container_id: str
    container: str
    site: str
    from_at: datetime
    until_at: datetime | None


def named_stays(connection: Connection, lot_id: str) -> list[NamedStay]:
    """Where a lot was, in order of time."""
    return all_rows(
        connection,
        NamedStay,
        "SELECT container_id, containers.name AS container, sites.name AS site, from_at, until_at FROM placements "
        "JOIN containers ON containers.id = container_id JOIN sites ON sites.id = site_id "
        "WHERE lot_id = %s ORDER BY from_at",
        [lot_id],
    )


def add_placement(connection: Connection, placement: Placement, overlaps: str | None = None) -> None:
    """Add a placement.

    Args:
        overlaps: what to say where the lot is placed elsewhere during that time.

    Raises:
        RefusedError: no such container.
        ConflictError: the lot is placed elsewhere during that time, or the id is taken.
    """
    refused = new_row(
        "placement",
        placement.id,
        overlaps=overlaps or elsewhere_text(placement.lot_id),
        container_id=placement.container_id,
    )
    with refused, connection.transaction():
        connection.execute(
            f"INSERT INTO placements ({columns(Placement)}) VALUES ({values(Placement)})", asdict(placement)
        )


def placements_of(connection: Connection, lot_ids: Collection[str]) -> dict[str, list[Placement]]:
    """Placements of lots, by lot, each in order of time."""
    query = f"SELECT {columns(Placement)} FROM placements WHERE lot_id = ANY(%s) ORDER BY from_at"
    found: dict[str, list[Placement]] = {lot_id: [] for lot_id in lot_ids}
    for one in all_rows(connection, Placement, query, [list(lot_ids)]):
        found[one.lot_id].append(one)
    return found


def add_placements(connection: Connection, new: Sequence[Placement]) -> None:
    """Add placements without an end, all of them or none.

    Raises:
        RefusedError: no such container.
        ConflictError: a lot is placed elsewhere during that time, a position or an id is taken.
    """
    refused = new_row(
        "placement",
        new[0].id,
        overlaps="one of the lots is recorded elsewhere then, or a position is taken; look at what is there",
        container_id=new[0].container_id,
    )
    with refused, connection.transaction():
        connection.execute(
            "INSERT INTO placements (id, lot_id, container_id, from_at, position) SELECT * FROM unnest("
            "%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[])",
            [[getattr(one, name) for one in new] for name in ("id", "lot_id", "container_id", "from_at", "position")],
        )


def end_placements(connection: Connection, placement_ids: Collection[str], until_at: datetime) -> None:
    """Give placements their end."""
    connection.execute("UPDATE placements SET until_at = %s WHERE id = ANY(%s)", [until_at, list(placement_ids)])


def end_placement(connection: Connection, placement_id: str, until_at: datetime) -> None:
    """Give a placement its end."""
    connection.execute("UPDATE placements SET until_at = %s WHERE id = %s", [until_at, placement_id])


def place_parts(
    connection: Connection, lot_id: str, split_at: datetime, elsewhere: Sequence[tuple[str, str, str | None]] = ()
) -> None:
    """The parts that were split off a lot at an instant are where it was then, and as long as it was.

    Args:
        elsewhere: by part, the container it was put into at once, and its position there.

    Raises:
        RefusedError: there is no such container.
        ConflictError: the position is taken.
    """
    taken = "a position is taken, or named twice; look at what is in the container"
    with new_row("placement", lot_id, overlaps=taken), connection.transaction():
        connection.execute(
            "INSERT INTO placements (id, lot_id, container_id, from_at, position) "
            "SELECT 'split-' || part, part, container_id, %s, position "
            "FROM unnest(%s::text[], %s::text[], %s::text[]) AS put (part, container_id, position)",
            [split_at, *([one[place] for one in elsewhere] for place in range(3))],
        )
        connection.execute(
            "INSERT INTO placements (id, lot_id, container_id, from_at, until_at) "
            "SELECT 'split-' || part.id, part.id, container_id, split_at, until_at FROM lots AS part "
            "JOIN placements ON placements.lot_id = parent_id WHERE parent_id = %(lot)s AND split_at = %(at)s "
            "AND from_at <= split_at AND coalesce(until_at, 'infinity') > split_at "
            "AND NOT EXISTS (SELECT FROM placements AS its WHERE its.lot_id = part.id)",
            {"lot": lot_id, "at": split_at},
        )
