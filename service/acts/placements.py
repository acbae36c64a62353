"""Lots put into containers, as people record it: now, late, or for a time that has been judged."""

from dataclasses import replace

from service.acts.assessments import strike_elsewhere
from service.acts.corrections import put_right
from service.acts.explanations import explained
from service.acts.retirement import refuse_retired_container
from service.domain.corrections import Word
from service.domain.lots.placements import Placement, Then, back_after, ended_by, why_elsewhere, why_unclear
from service.domain.softening import Kind, why_back_dated
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, RefusedError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.corrections import note
from service.store.dirty import mark_lots
from service.store.lots.lots import lot
from service.store.lots.placements import add_placement, end_placement, placements
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.recorded import PLACEMENTS, next_id
from service.store.row_locks import lock_lots


def place(connection: Connection, placement: Placement, word: Word, then: Then | None = None) -> None:
    """Place a lot in a container; this ends the placement it is in.

    Where that changes time already judged, it is listed with its reason, and the placement that ends keeps its old row.
    What is recorded late waits for a signature.

    Args:
        then: what became of the lot at the end, where it was in a container without an end before.

    Raises:
        NotFoundError: no such lot.
        RefusedError: no such container; the past is changed and nobody says why; or nobody says what becomes of the
            lot at the end.
        ConflictError: the lot is placed elsewhere during that time, the id is taken, or the container is retired.
    """
    with acting(connection, word.actor, word.reason):
        if put_there(connection, placement, word, then) is not None:
            note_change(
                connection,
                Kind.PLACEMENT,
                placement.id,
                {"placement": placement, "then": then},
                [Touched(lot_id=placement.lot_id)],
                Cause.PLACEMENT,
            )


def put_there(connection: Connection, placement: Placement, word: Word, then: Then | None = None) -> str | None:
    """Do what `place` does, as a part of another act; why it waits for a signature, or None: it does not.

    Call it inside a transaction.
    """
    lot(connection, placement.lot_id)
    lock_lots(connection, [placement.lot_id])
    known = placements(connection, placement.lot_id)
    ends = ended_by(known, placement)
    # Before anybody is asked to explain what cannot be.
    if why := why_elsewhere(known, placement):
        raise ConflictError(why)
    if why := why_unclear(ends, placement, then):
        raise RefusedError("then", why)
    reason = explained(connection, [placement.lot_id], placement.from_at, word, completes=not known)
    if ends is not None and reason is not None:
        change = {"until_at": placement.from_at}
        put_right(connection, kind="placement", row_id=ends.id, change=change, reason=reason)
    elif ends is not None:
        end_placement(connection, ends.id, placement.from_at)
    add_placement(connection, placement)
    refuse_retired_container(connection, placement.container_id, placement.until_at)
    if reason is not None and ends is None:
        note(connection, "placement", placement.id, None, placement, reason)
    back = back_after(ends, placement, then)
    if back is not None:
        add_placement(connection, replace(back, id=next_id(connection, PLACEMENTS, back.id)))
    strike_elsewhere(connection, placement.lot_id, known)
    mark_lots(connection, [placement.lot_id], Cause.PLACEMENT)
    return why_back_dated(placement.from_at, word.now, word.scan_delay_s, explained=reason is not None)
