"""Lots as people register them."""

from datetime import datetime

from service.domain.verdicts.causes import Cause
from service.store.dirty import mark_lots
from service.store.lots.lots import add_lot
from service.store.pool import Connection


def register_lot(
    connection: Connection,
    *,
    lot_id: str,
    product_id: str,
    lot_number: str,
    units: int | None,
    life_starts_at: datetime | None,
    life_ends_at: datetime | None,
) -> None:
    """Register a lot, pinned to its product's profile version. Call it inside a transaction.

    Raises:
        RefusedError: there is no such product.
        ConflictError: the id is taken.
    """
    add_lot(
        connection,
        lot_id=lot_id,
        product_id=product_id,
        lot_number=lot_number,
        units=units,
        life_starts_at=life_starts_at,
        life_ends_at=life_ends_at,
    )
    mark_lots(connection, [lot_id], Cause.PLACEMENT)
