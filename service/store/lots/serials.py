"""Serial numbers of the vials of lots and parts, as ranges; and who holds a serial."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from service.domain.lots.serials import SerialRange, numbered
from service.store.new_rows import new_row
from service.store.paging import WHOLE, Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, one_value, tuples

BY_NUMBER = Order({"prefix": str, "first_number": int, "id": int})


@dataclass(frozen=True, slots=True)
class KeptSerials:
    """A range of serials of a lot, or of a part that took them along."""

    id: int
    lot_id: str
    prefix: str
    width: int
    first_number: int
    last_number: int

    @property
    def range(self) -> SerialRange:
        """The same as the domain has it."""
        return SerialRange(self.prefix, self.width, self.first_number, self.last_number)


_SELECT = "SELECT id, lot_id, prefix, width, first_number, last_number FROM serial_ranges"


def serials(connection: Connection, lot_id: str, part: Part = WHOLE) -> list[KeptSerials]:
    """The serials that a lot has or had, in their order; what parts took along is still of it."""
    query = f"{_SELECT} WHERE lot_id = %(lot)s"
    return rows_of_part(connection, KeptSerials, query, {"lot": lot_id}, BY_NUMBER, part)


def serials_of_parts(connection: Connection, lot_id: str) -> list[SerialRange]:
    """The serials that parts of a lot took along, or that were recorded of them."""
    found = all_rows(
        connection,
        KeptSerials,
        f"{_SELECT} WHERE product_id = (SELECT product_id FROM lots WHERE id = %(lot)s) AND parent_id = %(lot)s",
        {"lot": lot_id},
    )
    return [one.range for one in found]


def count_serials(connection: Connection, lot_id: str) -> int:
    """How many serials a lot has or had."""
    query = "SELECT coalesce(sum(last_number - first_number + 1), 0)::bigint FROM serial_ranges WHERE lot_id = %s"
    found: int = one_value(connection, query, [lot_id])
    return found


def add_serials(connection: Connection, ranges: Sequence[tuple[str, SerialRange]]) -> None:
    """Add serials of lots: by the id of each, a range.

    Raises:
        ConflictError: another lot of the product, or another part of the same lot, has one of them.
    """
    twice = "another lot or part of the product has one of these serials already; look at the labels again"
    with new_row("serials", "", overlaps=twice), connection.transaction():
        connection.execute(
            "INSERT INTO serial_ranges (lot_id, product_id, parent_id, prefix, width, first_number, last_number) "
            "SELECT lots.id, product_id, coalesce(lots.parent_id, ''), prefix, width, first_number, last_number "
            "FROM unnest(%s::text[], %s::text[], %s::smallint[], %s::bigint[], %s::bigint[]) "
            "AS new (lot_id, prefix, width, first_number, last_number) JOIN lots ON lots.id = new.lot_id",
            [
                [lot_id for lot_id, _ in ranges],
                [one.prefix for _, one in ranges],
                [one.width for _, one in ranges],
                [one.first for _, one in ranges],
                [one.last for _, one in ranges],
            ],
        )


def foreign_serials(connection: Connection, lot_id: str, ranges: Collection[SerialRange]) -> list[str]:
    """The lots that have one of these serials and are neither this lot nor what it was split off, nor parts of it."""
    return all_values(
        connection,
        """
        SELECT DISTINCT its.lot_id FROM unnest(%(prefixes)s::text[], %(firsts)s::bigint[], %(lasts)s::bigint[])
            AS asked (prefix, first_number, last_number)
        JOIN serial_ranges AS its ON its.prefix = asked.prefix
            AND its.last_number >= asked.first_number AND its.first_number <= asked.last_number
        WHERE its.product_id = (SELECT product_id FROM lots WHERE id = %(lot)s) AND its.lot_id <> %(lot)s
            AND NOT EXISTS (SELECT FROM lineage WHERE lineage.lot_id = %(lot)s AND ancestor_id = its.lot_id)
            AND NOT EXISTS (SELECT FROM lineage WHERE lineage.lot_id = its.lot_id AND ancestor_id = %(lot)s)
        ORDER BY its.lot_id LIMIT 3
        """,
        {
            "lot": lot_id,
            "prefixes": [one.prefix for one in ranges],
            "firsts": [one.first for one in ranges],
            "lasts": [one.last for one in ranges],
        },
    )


def holders_of(connection: Connection, gtin: str, serial: str) -> list[str]:
    """The lot or part that has a vial now: of all that have or had its serial the one that gave it to none of them.

    Args:
        gtin: of its product, 14 digits.
    """
    prefix, number = numbered(serial)
    rows = tuples(
        connection,
        "SELECT lot_id, parent_id, width FROM serial_ranges JOIN products ON products.id = product_id "
        "WHERE gtin = %s AND prefix = %s AND last_number >= %s AND first_number <= %s",
        [gtin, prefix, number, number],
    )
    having = {
        lot_id: parent_id
        for lot_id, parent_id, width in rows
        if SerialRange(prefix, width, number, number).serial(number) == serial
    }
    return sorted(having.keys() - set(having.values()))
