"""Everything in a container moved to another, by one act."""

from datetime import datetime

from service.acts import placements as placing
from service.errors import ConflictError, NotFoundError, RefusedError
from service.store.corrections import Word
from service.store.lots import lots
from service.store.lots.moves import _MOVE, Row
from service.store.pool import Connection
from service.store.registry.containers import container
from service.store.row_locks import lock_lots


def move(connection: Connection, container_id: str, to_id: str, *, at: datetime, recorded_by: str, word: Word) -> Row:
    """Place every lot that is in a container now into another, from `at` on: all of them, or none.

    Call it inside a transaction. The same act once more changes nothing. Where it changes time already judged, it is
    listed for each lot.

    Raises:
        NotFoundError: there is no such container.
        RefusedError: there is no such container to move to, it is the same, or the past is changed without a reason.
        ConflictError: there is no lot in it, or one was not in it yet at that time.
    """
    if to_id == container_id:
        raise RefusedError("to", "the lots are in this container already; name the one they were moved to")
    container(connection, container_id)
    try:
        container(connection, to_id)
    except NotFoundError as error:
        raise RefusedError("to", str(error)) from error
    lock_lots(connection, lots.lots_now_in(connection, container_id))
    # Once more: a button pressed twice must find what the first press did, and somebody may have moved one of them.
    lot_ids = lots.lots_now_in(connection, container_id)
    if not lot_ids:
        done = connection.execute(
            _MOVE + "WHERE (container_id, to_id, moved_at) = (%s, %s, %s) ORDER BY id DESC LIMIT 1",
            [container_id, to_id, at],
        ).fetchone()
        if done is None:
            raise ConflictError(f"there is no lot in {container_id!r} now; nothing was moved")
        return done
    [row] = connection.execute(
        "INSERT INTO moves (container_id, to_id, moved_at, lot_ids, recorded_by) VALUES (%s, %s, %s, %s, %s) "
        "RETURNING id, container_id, to_id, moved_at, lot_ids, recorded_by, recorded_at",
        [container_id, to_id, at, lot_ids, recorded_by],
    ).fetchall()
    for number, lot_id in enumerate(lot_ids, 1):
        placing.place(
            connection,
            placement_id=f"move-{row['id']}-{number}",
            lot_id=lot_id,
            container_id=to_id,
            from_at=at,
            until_at=None,
            word=word,
        )
    return row
