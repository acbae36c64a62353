"""What became of a move that a signed link recorded: somebody with an account says that it happened, or strikes it."""

from datetime import datetime

from service.acts.corrections import correct
from service.domain.identity.actor import Actor
from service.domain.lots.moves import Outcome, why_no_review
from service.domain.lots.placements import Placement
from service.domain.registry.nesting import Nesting
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError
from service.store.acting import acting
from service.store.dirty import mark_lots
from service.store.lots.moves import Move, add_review, move_of
from service.store.lots.placements import placements
from service.store.pool import Connection
from service.store.registry.nestings import nestings
from service.store.row_locks import lock_lots


def confirm(connection: Connection, actor: Actor, move_id: int) -> Move:
    """Say that it happened as it was recorded.

    Raises:
        NotFoundError: there is no such move.
        ConflictError: it was confirmed or struck already, or no link recorded it.
    """
    with acting(connection, actor, None):
        move = _reviewed(connection, move_id, "confirmed", None)
        mark_lots(connection, move.lot_ids, Cause.PLACEMENT)
        return move_of(connection, move_id)


def strike(connection: Connection, actor: Actor, move_id: int, reason: str) -> Move:
    """Say that it never happened: each lot stayed where it was before.

    What is struck changes time already judged: each placement is a correction, and waits for quality's signature.

    Raises:
        NotFoundError: there is no such move.
        ConflictError: it was confirmed or struck already, no link recorded it, or a placement of it was corrected.
    """
    with acting(connection, actor, reason):
        move = _reviewed(connection, move_id, "struck", reason)
        for lot_id in sorted(move.lot_ids):
            _undo(connection, actor, move, placements(connection, lot_id), lot_id, reason)
        for box_id in move.container_ids:
            _undo_box(connection, actor, move, nestings(connection, box_id), box_id, reason)
        return move_of(connection, move_id)


def _reviewed(connection: Connection, move_id: int, outcome: Outcome, reason: str | None) -> Move:
    lock_lots(connection, move_of(connection, move_id).lot_ids)
    # Once more: somebody may have said it meanwhile.
    move = move_of(connection, move_id)
    if why := why_no_review(by_link=move.by_link, outcome=move.outcome):
        raise ConflictError(f"there is nothing to say of move {move_id}: {why}")
    add_review(connection, move_id, outcome, reason)
    return move


def _undo(connection: Connection, actor: Actor, move: Move, known: list[Placement], lot_id: str, reason: str) -> None:
    moved = [one for one in known if (one.container_id, one.from_at) == (move.to_id, move.moved_at)]
    if not moved and move.container_ids and any(_goes_on(one, move.moved_at) for one in known):
        return  # A box took it along.
    if not moved:
        raise _corrected_since(f"lot {lot_id!r}")
    correct(connection, actor, kind="placement", row_id=moved[0].id, change=None, reason=reason)
    for before in known:
        if (before.container_id, before.until_at) == (move.container_id, move.moved_at):
            change = {"until_at": moved[0].until_at}
            correct(connection, actor, kind="placement", row_id=before.id, change=change, reason=reason)


def _undo_box(connection: Connection, actor: Actor, move: Move, known: list[Nesting], box_id: str, reason: str) -> None:
    moved = [one for one in known if (one.in_id, one.from_at) == (move.to_id, move.moved_at)]
    if not moved:
        raise _corrected_since(f"container {box_id!r}")
    correct(connection, actor, kind="nesting", row_id=moved[0].id, change=None, reason=reason)
    for before in known:
        if (before.in_id, before.until_at) == (move.container_id, move.moved_at):
            change = {"until_at": moved[0].until_at}
            correct(connection, actor, kind="nesting", row_id=before.id, change=change, reason=reason)


def _goes_on(one: Placement, at: datetime) -> bool:
    return one.from_at < at and (one.until_at is None or one.until_at > at)


def _corrected_since(thing: str) -> ConflictError:
    return ConflictError(
        f"where {thing} went by this move was corrected since; confirm the move, and mend the rest of it by "
        "POST /v1/corrections"
    )
