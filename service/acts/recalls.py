"""Lots called back, at once; and the end of a recall, once another account of quality has signed it."""

from service.domain.answers.recalling import why_not_lifted, why_not_recalled
from service.domain.identity.actor import Actor
from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.dirty import mark_lots
from service.store.lots.lots import lot
from service.store.lots.recalls import KeptRecall, add_lift, add_recall, recall, recalls
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.row_locks import lock_lots


def recall_lot(connection: Connection, actor: Actor, lot_id: str, reason: str) -> KeptRecall:
    """Call a lot back.

    Raises:
        NotFoundError: there is no such lot.
        ConflictError: it is recalled already.
    """
    with acting(connection, actor, reason):
        lot(connection, lot_id)
        lock_lots(connection, [lot_id])
        known = recalls(connection, lot_id=lot_id, is_open=True)
        if why := why_not_recalled(known[0].id if known else None):
            raise ConflictError(f"lot {lot_id!r} cannot be recalled: {why}")
        added = add_recall(connection, lot_id, reason)
        mark_lots(connection, [lot_id], Cause.PAPERS)
        return recall(connection, added)


def lift(connection: Connection, actor: Actor, recall_id: int, reason: str) -> KeptRecall:
    """Have the end of a recall wait for its signature. Until then the recall counts.

    Raises:
        NotFoundError: there is no such recall.
        ConflictError: it is lifted already, or that waits for its signature.
    """
    with acting(connection, actor, reason):
        lock_lots(connection, [recall(connection, recall_id).lot_id])
        known = recall(connection, recall_id)
        if why := why_not_lifted(known.lift_change_id, lifted=known.lifted_at is not None):
            raise ConflictError(f"recall {recall_id} cannot be lifted: {why}")
        what = {
            "recall_id": recall_id,
            "lot_id": known.lot_id,
            "lot_number": known.lot_number,
            "product_id": known.product_id,
            "recalled_for": known.reason,
            "recalled_by": known.recorded_by,
        }
        touched = [Touched(lot_id=known.lot_id)]
        change_id = note_change(connection, Kind.RECALL_LIFT, str(recall_id), what, touched, Cause.PAPERS)
        add_lift(connection, recall_id, reason, change_id)
        return recall(connection, recall_id)
