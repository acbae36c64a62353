"""Placements: which lot was in which container, and when."""

from datetime import datetime

from service.domain.lots.placements import Placement, elsewhere_text
from service.store.new_rows import new_row
from service.store.paging import IN_TIME, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import columns


def placements(connection: Connection, lot_id: str, part: Part = WHOLE) -> list[Placement]:
    """Placements of a lot, in order of time."""
    query = f"SELECT {columns(Placement)} FROM placements WHERE lot_id = %(lot)s"
    return rows_of_part(connection, Placement, query, {"lot": lot_id}, IN_TIME, part)


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
            f"INSERT INTO placements ({columns(Placement)}) VALUES (%s, %s, %s, %s, %s)",
            [placement.id, placement.lot_id, placement.container_id, placement.from_at, placement.until_at],
        )


def end_placement(connection: Connection, placement_id: str, until_at: datetime) -> None:
    """Give a placement its end."""
    connection.execute("UPDATE placements SET until_at = %s WHERE id = %s", [until_at, placement_id])
