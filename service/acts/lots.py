"""Lots as people register them."""

from service.domain.corrections import Word
from service.domain.softening import Kind, why_back_dated
from service.domain.verdicts.causes import Cause
from service.store.acting import acting
from service.store.changes import note_change
from service.store.dirty import mark_lots
from service.store.lots.lots import NewLot, add_lot
from service.store.pool import Connection
from service.store.reaches import Touched


def register_lot(connection: Connection, lot: NewLot, word: Word) -> None:
    """Register a lot, pinned to its product's profile version. A life that began long ago waits for a signature.

    Raises:
        RefusedError: there is no such product.
        ConflictError: the id is taken.
    """
    with acting(connection, word.actor, word.reason):
        add_lot(connection, lot)
        mark_lots(connection, [lot.id], Cause.PLACEMENT)
        begins = lot.life_starts_at
        if begins is not None and why_back_dated(begins, word.now, word.scan_delay_s) is not None:
            note_change(connection, Kind.LIFE_START, lot.id, {"lot": lot}, [Touched(lot_id=lot.id)], Cause.PLACEMENT)
