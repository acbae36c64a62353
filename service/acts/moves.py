"""Several things moved to a container by one act: all that is in another, or those that are named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.acts.contents import lots_locked_in
from service.acts.nestings import put_in_there
from service.acts.placements import put_there
from service.domain.corrections import Word
from service.domain.lots.placements import Placement, why_no_move
from service.domain.registry.nesting import Nesting
from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, NotFoundError, RefusedError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.lots.lots import lots_now_in, lots_put_into
from service.store.lots.moves import Move, add_move, last_move
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.containers import container
from service.store.registry.contents import boxes_put_into, paths
from service.store.row_locks import lock_lots


def move(connection: Connection, container_id: str, to_id: str, *, at: datetime, word: Word) -> Move:
    """Place all that is in a container now into another, from `at` on: every lot, and every box with what is in it.

    All of them, or none. The same act once more changes nothing. Where it changes time already judged, it is listed for
    each lot; recorded late, it waits for a signature.

    Raises:
        NotFoundError: there is no such container.
        RefusedError: there is no such container to move to, it is the same, or the past is changed without a reason.
        ConflictError: there is nothing in it, or something was not in it yet at that time.
    """
    if why := why_no_move(container_id, to_id):
        raise RefusedError("to_id", why)
    with acting(connection, word.actor, word.reason):
        container(connection, container_id)
        _refuse_unknown(connection, to_id)
        _lock(connection, lots_put_into(connection, container_id), _boxes(connection, container_id, to_id), to_id, at)
        # Once more: a button pressed twice must find what the first press did, and somebody may have moved one of them.
        lot_ids, box_ids = lots_put_into(connection, container_id), _boxes(connection, container_id, to_id)
        if not lot_ids and not box_ids:
            done = last_move(connection, container_id, to_id, at)
            if done is None:
                raise ConflictError(f"there is no lot in {container_id!r} now; nothing was moved")
            return done
        moved = add_move(
            connection,
            container_id=container_id,
            to_id=to_id,
            moved_at=at,
            lot_ids=sorted({*lot_ids, *(lot_id for box_id in box_ids for lot_id in lots_now_in(connection, box_id))}),
            container_ids=box_ids,
        )
        things = [Thing("lot", lot_id) for lot_id in lot_ids] + [Thing("container", box_id) for box_id in box_ids]
        _put_each(connection, f"move-{moved.id}", things, to_id, at, word, {"move": moved})
        return moved


@dataclass(frozen=True, slots=True)
class Thing:
    """Something to be moved. `kind`: ``lot`` or ``container``; `position`: where it comes to be."""

    kind: str
    id: str
    position: str | None = None


def move_things(
    connection: Connection, move_id: str, things: Sequence[Thing], to_id: str, *, at: datetime, word: Word
) -> None:
    """Put these things into a container, from `at` on: all of them, or none.

    Args:
        move_id: the beginning of the ids of what is recorded, each with a number behind it.

    Raises:
        NotFoundError: there is no such thing.
        RefusedError: there is no such container to move to, something is named twice, or the past is changed without a
            reason.
        ConflictError: something cannot be there, or the id is taken.
    """
    named = [(thing.kind, thing.id) for thing in things]
    if twice := next((one for one in named if named.count(one) > 1), None):
        raise RefusedError("items", f"{twice[0]} {twice[1]!r} is named twice; name each thing once")
    with acting(connection, word.actor, word.reason):
        _refuse_unknown(connection, to_id)
        lots, boxes = ([thing.id for thing in things if thing.kind == kind] for kind in ("lot", "container"))
        _lock(connection, lots, boxes, to_id, at)
        told = {"things": [[thing.kind, thing.id, thing.position] for thing in things], "to_id": to_id}
        _put_each(connection, move_id, things, to_id, at, word, told)


def _refuse_unknown(connection: Connection, to_id: str) -> None:
    try:
        container(connection, to_id)
    except NotFoundError as error:
        raise RefusedError("to_id", str(error)) from error


def _boxes(connection: Connection, container_id: str, to_id: str) -> list[str]:
    """The boxes to be moved: not the one that all is to be put into, nor what that is in."""
    around = {step.id for step in paths(connection, [to_id])[to_id]}
    return [box_id for box_id in boxes_put_into(connection, container_id) if box_id not in around]


def _lock(connection: Connection, lot_ids: Sequence[str], box_ids: Sequence[str], to_id: str, at: datetime) -> None:
    if box_ids:
        lots_locked_in(connection, [Nesting("", box_id, to_id, at, None) for box_id in box_ids], lot_ids)
    else:
        lock_lots(connection, lot_ids)


def _put_each(
    connection: Connection,
    move_id: str,
    things: Sequence[Thing],
    to_id: str,
    at: datetime,
    word: Word,
    told: Mapping[str, Any],
) -> None:
    waiting: list[str] = []
    for number, thing in enumerate(things, 1):
        row_id = f"{move_id}-{number}"
        if thing.kind == "container":
            new = Nesting(row_id, thing.id, to_id, at, None, thing.position)
            waiting += put_in_there(connection, new, word)
        elif put_there(connection, Placement(row_id, thing.id, to_id, at, None, thing.position), word) is not None:
            waiting.append(thing.id)
    if waiting:
        # One act is signed once, however many lots it moves.
        touched = [Touched(lot_id=lot_id) for lot_id in sorted(set(waiting))]
        note_change(connection, Kind.PLACEMENT, move_id, told, touched, Cause.PLACEMENT)
