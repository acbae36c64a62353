"""What bears a code: lots by what is printed on them, and whatever bears it as its id, its number or its alias."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal

from service.domain.identity.caller import Sites
from service.store.pool import Connection
from service.store.rows import all_rows, one_row
from service.store.visible import visible, visible_at

Kind = Literal["lot", "container", "logger"]


@dataclass(frozen=True, slots=True)
class NumberedLot:
    """A lot as its label names it. `time_zone`: of the site where it is; None: it is nowhere."""

    id: str
    gtin: str
    lot_number: str
    expires_on: date | None
    time_zone: str | None


@dataclass(frozen=True, slots=True)
class Thing:
    """What bears a code. `exact`: as it was read, or only in another case."""

    kind: Kind
    id: str
    exact: bool


@dataclass(frozen=True, slots=True)
class NumberedProduct:
    """A product that has a GTIN."""

    id: str
    name: str


def lots_numbered(
    connection: Connection, gtins: Collection[str], numbers: Collection[str], seen_at: Sites
) -> list[NumberedLot]:
    """The lots of products of these GTINs that bear one of these numbers, in any case. Not one in another case than the
    number is given, where a lot bears it exactly: that one is meant, though it may not be seen here. Of a lot with
    parts the lot alone is told, though only a part of it may be seen here: `holders` has which.
    """
    return all_rows(
        connection,
        NumberedLot,
        "SELECT lots.id, gtin, lot_number, expires_on, time_zone FROM products JOIN lots ON product_id = products.id "
        "LEFT JOIN placements AS here ON here.lot_id = ANY(ARRAY[lots.id]) AND here.until_at IS NULL "
        "LEFT JOIN containers ON containers.id = container_id LEFT JOIN sites ON sites.id = site_id "
        "WHERE gtin = ANY(%(gtins)s) "
        "AND lower(lot_number) = ANY(ARRAY(SELECT lower(number) FROM unnest(%(numbers)s::text[]) AS number)) "
        "AND (lot_number = ANY(%(numbers)s) OR NOT EXISTS (SELECT FROM lots AS other WHERE "
        "other.product_id = lots.product_id AND lower(other.lot_number) = lower(lots.lot_number) "
        "AND other.lot_number = ANY(%(numbers)s))) "
        f"AND lots.parent_id IS NULL AND ({visible('lot', 'lots.id', seen_at)} OR EXISTS (SELECT FROM lineage "
        f"WHERE ancestor_id = lots.id AND {visible('lot', 'lineage.lot_id', seen_at)})) ORDER BY lots.id",
        {"gtins": list(gtins), "numbers": list(numbers), **visible_at(seen_at)},
    )


@dataclass(frozen=True, slots=True)
class Holder:
    """A lot or part in which a vial may be.

    Attributes:
        units_left: as many as are in it and in no part of it; None: nobody counted them.
        has_serials: the serials of its vials are recorded.
        is_seen: it may be seen here.
    """

    id: str
    units_left: int | None
    has_serials: bool
    is_seen: bool


def holders(connection: Connection, lot_id: str, seen_at: Sites) -> list[Holder]:
    """A lot and its parts, each of which may hold a vial with its label; by id, the lot first."""
    return all_rows(
        connection,
        Holder,
        f"""
        SELECT lots.id, lots.units - (SELECT coalesce(sum(units), 0) FROM lots AS part WHERE part.parent_id = lots.id)
                ::integer AS units_left,
            EXISTS (SELECT FROM serial_ranges WHERE serial_ranges.lot_id = lots.id) AS has_serials,
            {visible("lot", "lots.id", seen_at)} AS is_seen
        FROM lots WHERE lots.id = %(lot)s OR lots.id IN (SELECT lot_id FROM lineage WHERE ancestor_id = %(lot)s)
        ORDER BY lots.id <> %(lot)s, lots.id
        """,
        {"lot": lot_id, **visible_at(seen_at)},
    )


def product_of_gtin(connection: Connection, gtin: str) -> NumberedProduct | None:
    """The product that has a GTIN of 14 digits; None: none has."""
    return one_row(connection, NumberedProduct, "SELECT id, name FROM products WHERE gtin = %s", [gtin])


def things_called(connection: Connection, codes: Collection[str], seen_at: Sites) -> list[Thing]:
    """What bears one of these codes: as its alias, its id, or a lot as its number; as for labels, in any case where no
    lot of the product bears it exactly.
    """
    return all_rows(
        connection,
        Thing,
        f"""
        WITH asked AS MATERIALIZED (SELECT ARRAY(SELECT lower(code) FROM unnest(%(codes)s::text[]) AS code) AS lowered)
        SELECT kind, id, bool_or(exact) AS exact FROM (
            SELECT CASE WHEN lot_id IS NOT NULL THEN 'lot' WHEN container_id IS NOT NULL THEN 'container'
                   ELSE 'logger' END AS kind, coalesce(lot_id, container_id, logger_id) AS id, true AS exact
            FROM aliases WHERE code = ANY(%(codes)s) AND struck_at IS NULL
            UNION ALL SELECT 'lot', id, id = ANY(%(codes)s) OR lot_number = ANY(%(codes)s) FROM lots
            WHERE (lower(id) = ANY((SELECT lowered FROM asked)::text[])
            OR parent_id IS NULL AND lower(lot_number) = ANY((SELECT lowered FROM asked)::text[]))
            AND (id = ANY(%(codes)s) OR lot_number = ANY(%(codes)s) OR NOT EXISTS (
                SELECT FROM lots AS other WHERE other.product_id = lots.product_id
                AND lower(other.lot_number) = lower(lots.lot_number) AND other.lot_number = ANY(%(codes)s)))
            UNION ALL SELECT 'container', id, id = ANY(%(codes)s) FROM containers
            WHERE lower(id) = ANY((SELECT lowered FROM asked)::text[])
            UNION ALL SELECT 'logger', id, id = ANY(%(codes)s) FROM loggers
            WHERE lower(id) = ANY((SELECT lowered FROM asked)::text[])
        ) AS named
        WHERE CASE kind WHEN 'lot' THEN {visible("lot", "named.id", seen_at)}
              WHEN 'container' THEN {visible("container", "named.id", seen_at)}
              ELSE {visible("logger", "named.id", seen_at)} END
        GROUP BY kind, id ORDER BY kind, id
        """,
        {"codes": list(codes), **visible_at(seen_at)},
    )
