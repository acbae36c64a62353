"""Lots, and where they were."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from service.domain.exposure.lot import Stay
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, NotFoundError, RefusedError
from service.store.dirty import mark_lots
from service.store.instants import or_beginning, or_end
from service.store.new_rows import new_row
from service.store.pool import Connection
from service.store.row_locks import lock_lots


@dataclass(frozen=True, slots=True)
class StoredLot:
    """A lot and its life, as the domain wants it; `life_from_us` is BEGINNING_US where the start is unknown."""

    id: str
    profile_key: tuple[str, int]
    life_from_us: int
    life_until_us: int
    stays: tuple[Stay, ...]


def add_lot(
    connection: Connection,
    *,
    lot_id: str,
    product_id: str,
    lot_number: str,
    units: int | None,
    life_starts_at: datetime | None,
    life_ends_at: datetime | None,
) -> None:
    """Register a lot, pinned to its product's profile version. Call it inside a transaction."""
    product = connection.execute(
        "SELECT profile_id, profile_version FROM products WHERE id = %s", [product_id]
    ).fetchone()
    if product is None:
        raise RefusedError("product_id", f"there is no product {product_id!r}; register it first")
    with new_row("lot", lot_id, product_id=product_id):
        connection.execute(
            "INSERT INTO lots "
            "(id, product_id, lot_number, units, profile_id, profile_version, life_starts_at, life_ends_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                lot_id,
                product_id,
                lot_number,
                units,
                product["profile_id"],
                product["profile_version"],
                life_starts_at,
                life_ends_at,
            ],
        )
    mark_lots(connection, [lot_id], Cause.PLACEMENT)


_LOT = """
    SELECT lots.id, lot_number, product_id, products.name AS product_name, units, lots.profile_id,
           lots.profile_version, life_starts_at, life_ends_at, current.container_id, containers.name AS container_name,
           containers.site_id
    FROM lots JOIN products ON products.id = product_id
    LEFT JOIN placements AS current ON current.lot_id = lots.id AND current.until_at IS NULL
    LEFT JOIN containers ON containers.id = current.container_id
"""


def lots(
    connection: Connection, *, container_id: str | None = None, site_id: str | None = None, text: str | None = None
) -> list[dict[str, Any]]:
    """Lots with the container they are in now, by id; filtered by it, its site, or part of a name."""
    return connection.execute(
        _LOT + "WHERE (%(container)s::text IS NULL OR current.container_id = %(container)s) "
        "AND (%(site)s::text IS NULL OR containers.site_id = %(site)s) "
        "AND (%(text)s::text IS NULL OR strpos(lower(lots.id || ' ' || lot_number || ' ' || products.name), "
        "lower(%(text)s)) > 0) ORDER BY lots.id",
        {"container": container_id, "site": site_id, "text": text},
    ).fetchall()


def lot(connection: Connection, lot_id: str) -> dict[str, Any]:
    """One lot.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = connection.execute(_LOT + "WHERE lots.id = %s", [lot_id]).fetchone()
    if row is None:
        raise NotFoundError(f"there is no lot {lot_id!r}; GET /v1/lots lists them")
    return row


def add_placement(
    connection: Connection,
    *,
    placement_id: str,
    lot_id: str,
    container_id: str,
    from_at: datetime,
    until_at: datetime | None,
) -> None:
    """Place a lot in a container; this ends the placement it is in. Call it inside a transaction.

    Raises:
        NotFoundError: no such lot.
        RefusedError: no such container, or the time is before the present placement began.
        ConflictError: the lot is placed elsewhere during that time.
    """
    lot(connection, lot_id)
    lock_lots(connection, [lot_id])
    if connection.execute("SELECT 1 FROM placements WHERE id = %s", [placement_id]).fetchone():
        raise ConflictError(f"placement {placement_id!r} exists already; choose another id, or leave it as it is")
    last = connection.execute(
        "SELECT id, container_id, from_at FROM placements WHERE lot_id = %s AND until_at IS NULL", [lot_id]
    ).fetchone()
    if last and last["from_at"] < from_at:
        connection.execute("UPDATE placements SET until_at = %s WHERE id = %s", [from_at, last["id"]])
    try:
        with new_row("placement", placement_id, container_id=container_id), connection.transaction():
            connection.execute(
                "INSERT INTO placements (id, lot_id, container_id, from_at, until_at) VALUES (%s, %s, %s, %s, %s)",
                [placement_id, lot_id, container_id, from_at, until_at],
            )
    except psycopg.errors.ExclusionViolation as error:
        raise elsewhere(lot_id) from error
    mark_lots(connection, [lot_id], Cause.PLACEMENT)


def elsewhere(lot_id: str) -> ConflictError:
    """What is said to who places a lot in two containers at once."""
    return ConflictError(
        f"lot {lot_id!r} is recorded in another container during that time; "
        "give a time after its present placement began, or an end before it"
    )


def placements(connection: Connection, lot_id: str) -> list[dict[str, Any]]:
    """All placements of a lot, in order of time."""
    return connection.execute(
        "SELECT id, lot_id, container_id, from_at, until_at FROM placements WHERE lot_id = %s ORDER BY from_at",
        [lot_id],
    ).fetchall()


def load_lots(connection: Connection, lot_ids: Sequence[str]) -> list[StoredLot]:
    """Lots with their lives and stays, in the order of their ids."""
    stays: defaultdict[str, list[Stay]] = defaultdict(list)
    for row in connection.execute(
        "SELECT lot_id, container_id, from_at, until_at FROM placements WHERE lot_id = ANY(%s) ORDER BY from_at",
        [list(lot_ids)],
    ):
        stays[row["lot_id"]].append(Stay(row["container_id"], or_beginning(row["from_at"]), or_end(row["until_at"])))
    rows = connection.execute(
        "SELECT id, profile_id, profile_version, life_starts_at, life_ends_at FROM lots WHERE id = ANY(%s) ORDER BY id",
        [list(lot_ids)],
    )
    return [
        StoredLot(
            row["id"],
            (row["profile_id"], row["profile_version"]),
            or_beginning(row["life_starts_at"]),
            or_end(row["life_ends_at"]),
            tuple(stays[row["id"]]),
        )
        for row in rows
    ]


def all_lot_ids(connection: Connection) -> list[str]:
    """Ids of all lots there ever were, in order."""
    return [row["id"] for row in connection.execute("SELECT id FROM lots ORDER BY id")]


def lots_ever_in(connection: Connection, container_ids: Sequence[str]) -> list[str]:
    """Ids of the lots that were ever placed in any of these containers."""
    rows = connection.execute(
        "SELECT DISTINCT lot_id FROM placements WHERE container_id = ANY(%s) ORDER BY lot_id", [list(container_ids)]
    )
    return [row["lot_id"] for row in rows]


def lots_now_in(connection: Connection, container_id: str, now: datetime | None = None) -> list[str]:
    """Ids of the lots that are in a container now and whose life has not ended. `now`: by whose clock; None: ours."""
    rows = connection.execute(
        "SELECT lot_id FROM placements JOIN lots ON lots.id = lot_id, "
        "LATERAL (SELECT coalesce(%s::timestamptz, now()) AS at) AS asked WHERE container_id = %s AND from_at <= at "
        "AND (until_at IS NULL OR until_at > at) AND (life_ends_at IS NULL OR life_ends_at > at) ORDER BY lot_id",
        [now, container_id],
    )
    return [row["lot_id"] for row in rows]


def profile_keys_in(connection: Connection, container_ids: Collection[str]) -> dict[str, set[tuple[str, int]]]:
    """By container, (id, version) of the profiles it is judged by: its own, and those of every lot it ever held."""
    rows = connection.execute(
        "SELECT id, profile_id, profile_version FROM containers WHERE id = ANY(%(ids)s) UNION "
        "SELECT container_id, lots.profile_id, lots.profile_version FROM placements JOIN lots ON lots.id = lot_id "
        "WHERE container_id = ANY(%(ids)s)",
        {"ids": list(container_ids)},
    )
    found: dict[str, set[tuple[str, int]]] = {container_id: set() for container_id in container_ids}
    for row in rows:
        found[row["id"]].add((row["profile_id"], row["profile_version"]))
    return found


def lots_in_during(connection: Connection, container_id: str, from_at: datetime, until_at: datetime) -> list[str]:
    """Ids of the lots that were in a container at any time in [from_at, until_at], while they lived."""
    rows = connection.execute(
        "SELECT DISTINCT lot_id FROM placements JOIN lots ON lots.id = lot_id WHERE container_id = %(container)s "
        "AND from_at <= %(until)s AND coalesce(until_at, 'infinity') > %(from)s "
        "AND coalesce(life_ends_at, 'infinity') > %(from)s ORDER BY lot_id",
        {"container": container_id, "from": from_at, "until": until_at},
    )
    return [row["lot_id"] for row in rows]
