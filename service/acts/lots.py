"""Lots as people register them."""

from service.domain.identity.actor import Actor
from service.domain.verdicts.causes import Cause
from service.store.acting import acting
from service.store.dirty import mark_lots
from service.store.lots.lots import NewLot, add_lot
from service.store.pool import Connection


def register_lot(connection: Connection, actor: Actor, lot: NewLot) -> None:
    """Register a lot, pinned to its product's profile version.

    Raises:
        RefusedError: there is no such product.
        ConflictError: the id is taken.
    """
    with acting(connection, actor):
        add_lot(connection, lot)
        mark_lots(connection, [lot.id], Cause.PLACEMENT)
