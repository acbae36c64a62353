"""Lots as they are registered, and which of them are or were in a container."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime

from service.domain.lots.changes import LotFacts
from service.domain.spans import Spans
from service.errors import RefusedError
from service.store.instants import parameters
from service.store.lots.answers import add_lot_state
from service.store.new_rows import new_row
from service.store.pool import Connection
from service.store.registry.adoptions import PINNED
from service.store.registry.contents import path_sql
from service.store.rows import all_values, found, one_row, one_value, tuples


@dataclass(frozen=True, slots=True)
class Lot:
    """A manufacturing batch or a part of one, pinned to a version of a profile, and the container it is in now; None:
    it is in none.

    Attributes:
        parent_id, split_at: of a part, what it was split off, and when.
        split_up_at: since when all of it is in parts of its own; None: something of it is left.
        units_left: those of its units that are in no part of its own; None: nobody counted them.
        part_count: how many parts were split off it itself.
    """

    id: str
    lot_number: str
    product_id: str
    product_name: str
    units: int | None
    profile_id: str
    profile_version: int
    life_starts_at: datetime | None
    life_ends_at: datetime | None
    expires_on: date | None
    container_id: str | None
    container_name: str | None
    site_id: str | None
    parent_id: str | None
    split_at: datetime | None
    split_up_at: datetime | None
    units_left: int | None
    part_count: int


#: For each row of a list `=` would take the slow index of the constraint against overlaps.
SELECT_LOT = f"""
    SELECT lots.id, lot_number, product_id, products.name AS product_name, lots.units, lots.profile_id,
           lots.profile_version, life_starts_at, life_ends_at, expires_on, current.container_id,
           {path_sql("current.container_id")} AS container_name, containers.site_id, parent_id, split_at, split_up_at,
           lots.units - split_off.units AS units_left, split_off.parts AS part_count
    FROM lots JOIN products ON products.id = product_id
    LEFT JOIN placements AS current ON current.lot_id = ANY(ARRAY[lots.id]) AND current.until_at IS NULL
    LEFT JOIN containers ON containers.id = current.container_id
    CROSS JOIN LATERAL (SELECT count(*)::integer AS parts, coalesce(sum(part.units), 0)::integer AS units
                        FROM lots AS part WHERE part.parent_id = lots.id) AS split_off
"""


_PARTS = "SELECT lot_id FROM lineage WHERE ancestor_id = %(id)s"


@dataclass(frozen=True, slots=True)
class NewLot:
    """A lot as somebody registers it. `life_starts_at`: None: nobody knows."""

    id: str
    product_id: str
    lot_number: str
    units: int | None = None
    life_starts_at: datetime | None = None
    life_ends_at: datetime | None = None
    expires_on: date | None = None


def lot_of_number(connection: Connection, product_id: str, lot_number: str) -> str | None:
    """The lot of a product that has this number; None: none has."""
    lot_id: str | None = one_value(
        connection,
        "SELECT id FROM lots WHERE (product_id, lot_number) = (%s, %s) AND parent_id IS NULL "
        "ORDER BY shares_number LIMIT 1",
        [product_id, lot_number],
    )
    return lot_id


def add_lot(connection: Connection, lot: NewLot) -> None:
    """Add a lot, pinned to the profile that its product asks for: not proven, as nobody has judged it.

    Raises:
        RefusedError: there is no such product.
        ConflictError: the id is taken, or the number within the product.
    """
    number = f"lot number {lot.lot_number!r} is that of another lot of product {lot.product_id!r}; use that lot"
    with new_row("lot", lot.id, taken={"lots_by_number": number}):
        added = connection.execute(
            "INSERT INTO lots "
            "(id, product_id, lot_number, units, profile_id, profile_version, life_starts_at, life_ends_at, expires_on)"
            f" SELECT %s, id, %s, %s, pinned.profile_id, pinned.profile_version, %s, %s, %s FROM products "
            f"CROSS JOIN LATERAL ({PINNED}) AS pinned WHERE id = %s",
            [
                lot.id,
                lot.lot_number,
                lot.units,
                lot.life_starts_at,
                lot.life_ends_at,
                lot.expires_on,
                lot.product_id,
            ],
        )
    if added.rowcount == 0:
        raise RefusedError("product_id", f"there is no product {lot.product_id!r}; register it first")
    add_lot_state(connection, lot.id)


def lot(connection: Connection, lot_id: str) -> Lot:
    """One lot.

    Raises:
        NotFoundError: there is none of that id.
    """
    return found(one_row(connection, Lot, SELECT_LOT + "WHERE lots.id = %s", [lot_id]), "lot", lot_id)


def update_lot(connection: Connection, lot_id: str, facts: LotFacts) -> None:
    """What is recorded of a lot itself is this from now on; its parts have its start of life and its expiry."""
    connection.execute(
        "UPDATE lots SET life_starts_at = %(life_starts_at)s, life_ends_at = %(life_ends_at)s, "
        "expires_on = %(expires_on)s, units = %(units)s WHERE id = %(id)s",
        asdict(facts) | {"id": lot_id},
    )
    connection.execute(
        "UPDATE lots SET life_starts_at = %(life_starts_at)s, expires_on = %(expires_on)s "
        f"WHERE id IN ({_PARTS}) AND (life_starts_at, expires_on) IS DISTINCT FROM "
        "(%(life_starts_at)s::timestamptz, %(expires_on)s::date)",
        asdict(facts) | {"id": lot_id},
    )


def pin_lot(connection: Connection, lot_id: str, profile: tuple[str, int]) -> None:
    """A lot and its parts are judged by this version of a profile from now on."""
    connection.execute(
        "UPDATE lots SET profile_id = %(profile)s, profile_version = %(version)s "
        f"WHERE id = %(id)s OR id IN ({_PARTS})",
        {"profile": profile[0], "version": profile[1], "id": lot_id},
    )


def all_lot_ids(connection: Connection) -> list[str]:
    """Ids of all lots there ever were, in order."""
    return all_values(connection, "SELECT id FROM lots ORDER BY id")


def lots_there(connection: Connection, times: Mapping[str, Spans]) -> list[str]:
    """Ids of the lots that were in any of these containers at any of its times and whose life had not ended by then."""
    asked = [(container_id, *span) for container_id, some in times.items() for span in some.tolist()]
    if not asked:
        return []
    container_ids, from_us, until_us = zip(*asked, strict=True)
    return all_values(
        connection,
        "SELECT DISTINCT lot_id FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) "
        "AS asked (container_id, first_at, last_at) JOIN stays USING (container_id) JOIN lots ON lots.id = lot_id "
        "WHERE coalesce(until_at, 'infinity') >= first_at AND from_at <= last_at "
        "AND coalesce(life_ends_at, 'infinity') >= first_at ORDER BY lot_id",
        [list(container_ids), parameters(from_us), parameters(until_us)],
    )


def containers_of_lots(connection: Connection, lot_ids: Collection[str]) -> list[str]:
    """The containers that any of these lots is recorded to have been in, or was until somebody corrected it."""
    return all_values(
        connection,
        "SELECT container_id FROM recorded_placements WHERE lot_id = ANY(%(lots)s) "
        "UNION SELECT container_id FROM stays WHERE lot_id = ANY(%(lots)s) ORDER BY container_id",
        {"lots": list(lot_ids)},
    )


def lots_now_in(connection: Connection, container_id: str, now: datetime | None = None) -> list[str]:
    """Ids of the lots that are in a container now and whose life has not ended.

    Args:
        now: what time it is; None: what the database's clock says.
    """
    return all_values(
        connection,
        "SELECT lot_id FROM stays JOIN lots ON lots.id = lot_id, "
        "LATERAL (SELECT coalesce(%s::timestamptz, now()) AS at) AS asked WHERE container_id = %s AND from_at <= at "
        "AND (until_at IS NULL OR until_at > at) AND (life_ends_at IS NULL OR life_ends_at > at) ORDER BY lot_id",
        [now, container_id],
    )


def lots_put_into(connection: Connection, container_id: str) -> list[str]:
    """Ids of the lots that are in a container now, and in nothing that is in it, and whose life has not ended."""
    return all_values(
        connection,
        "SELECT lot_id FROM placements JOIN lots ON lots.id = lot_id WHERE container_id = %s AND from_at <= now() "
        "AND (until_at IS NULL OR until_at > now()) AND (life_ends_at IS NULL OR life_ends_at > now()) ORDER BY lot_id",
        [container_id],
    )


def lots_in_during(connection: Connection, container_id: str, from_at: datetime, until_at: datetime) -> list[str]:
    """Ids of the lots that were in a container at any time in [from_at, until_at], while they lived."""
    return all_values(
        connection,
        "SELECT DISTINCT lot_id FROM stays JOIN lots ON lots.id = lot_id WHERE container_id = %(container)s "
        "AND from_at <= %(until)s AND coalesce(until_at, 'infinity') > %(from)s "
        "AND coalesce(life_ends_at, 'infinity') > %(from)s ORDER BY lot_id",
        {"container": container_id, "from": from_at, "until": until_at},
    )


def lots_ever_in(connection: Connection, container_id: str) -> list[str]:
    """Ids of the lots that were ever in a container."""
    return all_values(
        connection, "SELECT DISTINCT lot_id FROM stays WHERE container_id = %s ORDER BY lot_id", [container_id]
    )


def profile_keys_in(connection: Connection, container_ids: Collection[str]) -> dict[str, set[tuple[str, int]]]:
    """By container, (id, version) of the profiles it is judged by: its own, and those of every lot it ever held."""
    rows = tuples(
        connection,
        "SELECT id, profile_id, profile_version FROM containers WHERE id = ANY(%(ids)s) UNION "
        "SELECT container_id, lots.profile_id, lots.profile_version FROM stays JOIN lots ON lots.id = lot_id "
        "WHERE container_id = ANY(%(ids)s)",
        {"ids": list(container_ids)},
    )
    keys: dict[str, set[tuple[str, int]]] = {container_id: set() for container_id in container_ids}
    for container_id, profile_id, profile_version in rows:
        keys[container_id].add((profile_id, profile_version))
    return keys
