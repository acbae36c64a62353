"""Everything in a container moved to another, by one act."""

from datetime import datetime

from service.acts.placements import put_there
from service.domain.corrections import Word
from service.domain.lots.placements import Placement, why_no_move
from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, NotFoundError, RefusedError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.lots.lots import lots_put_into
from service.store.lots.moves import Move, add_move, last_move
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.containers import container
from service.store.row_locks import lock_lots


def move(connection: Connection, container_id: str, to_id: str, *, at: datetime, word: Word) -> Move:
    """Place every lot that is in a container now into another, from `at` on: all of them, or none.

    The same act once more changes nothing. Where it changes time already judged, it is listed for each lot; recorded
    late, it waits for a signature.

    Raises:
        NotFoundError: there is no such container.
        RefusedError: there is no such container to move to, it is the same, or the past is changed without a reason.
        ConflictError: there is no lot in it, or one was not in it yet at that time.
    """
    if why := why_no_move(container_id, to_id):
        raise RefusedError("to_id", why)
    with acting(connection, word.actor, word.reason):
        container(connection, container_id)
        try:
            container(connection, to_id)
        except NotFoundError as error:
            raise RefusedError("to_id", str(error)) from error
        lock_lots(connection, lots_put_into(connection, container_id))
        # Once more: a button pressed twice must find what the first press did, and somebody may have moved one of them.
        lot_ids = lots_put_into(connection, container_id)
        if not lot_ids:
            done = last_move(connection, container_id, to_id, at)
            if done is None:
                raise ConflictError(f"there is no lot in {container_id!r} now; nothing was moved")
            return done
        moved = add_move(connection, container_id=container_id, to_id=to_id, moved_at=at, lot_ids=lot_ids)
        waiting = [
            lot_id
            for number, lot_id in enumerate(lot_ids, 1)
            if put_there(connection, Placement(f"move-{moved.id}-{number}", lot_id, to_id, at, None), word) is not None
        ]
        if waiting:
            # One act is signed once, however many lots it moves.
            touched = [Touched(lot_id=lot_id) for lot_id in waiting]
            note_change(connection, Kind.PLACEMENT, f"move-{moved.id}", {"move": moved}, touched, Cause.PLACEMENT)
        return moved
