"""Lots as people register them."""

from service.acts.retirement import refuse_retired_product
from service.domain.corrections import Word
from service.domain.softening import Kind, why_back_dated
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.dirty import mark_lots
from service.store.lots.lots import NewLot, add_lot, lot_of_number
from service.store.pool import Connection
from service.store.reaches import Touched


def register_lot(connection: Connection, lot: NewLot, word: Word) -> None:
    """Register a lot, pinned to its product's profile version. A life that began long ago waits for a signature.

    Raises:
        RefusedError: there is no such product.
        ConflictError: the id is taken, or the number within the product; or there are no new lots of the product.
    """
    with acting(connection, word.actor, word.reason):
        _refuse_second(connection, lot)
        add_lot(connection, lot)
        refuse_retired_product(connection, lot.product_id)
        mark_lots(connection, [lot.id], Cause.PLACEMENT)
        begins = lot.life_starts_at
        if begins is not None and why_back_dated(begins, word.now, word.scan_delay_s) is not None:
            note_change(connection, Kind.LIFE_START, lot.id, {"lot": lot}, [Touched(lot_id=lot.id)], Cause.PLACEMENT)


def _refuse_second(connection: Connection, new: NewLot) -> None:
    """One batch is one lot: whoever scans its label finds one answer."""
    known = lot_of_number(connection, new.product_id, new.lot_number)
    if known is not None and known != new.id:
        raise ConflictError(
            f"lot number {new.lot_number!r} of product {new.product_id!r} is lot {known!r} already; use that lot, or "
            "give the number that stands on the label"
        )
