"""Lots put into containers, as people record it: now, late, or for a time that has been judged."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from service.acts.assessments import strike_elsewhere
from service.acts.contents import refuse_taken
from service.acts.corrections import put_right
from service.acts.explanations import explained
from service.acts.own_time import refuse_not_its_own
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
from service.store.lots.assessments import lots_assessed
from service.store.lots.lots import lot
from service.store.lots.placements import (
    add_placement,
    add_placements,
    end_placement,
    end_placements,
    placements,
    placements_of,
)
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
        ConflictError: the lot is placed elsewhere during that time, its position or the id is taken, or the container
            is retired.
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


def put_all(connection: Connection, new: Sequence[Placement], at: datetime, word: Word) -> list[str]:
    """Place lots from `at` on, without an end, as a part of another act; returns those that wait for a signature.

    It takes as many statements for a thousand lots as for one. Call it inside a transaction.

    Raises:
        NotFoundError, RefusedError, ConflictError: as `put_there`, and nothing is placed.
    """
    lot_ids = [one.lot_id for one in new]
    lock_lots(connection, lot_ids)
    refuse_not_its_own(connection, new)
    known = placements_of(connection, lot_ids)
    for one in new:
        if why := why_elsewhere(known[one.lot_id], one):
            raise ConflictError(why)
    completes = not any(known.values())
    reason = explained(connection, lot_ids, at, word, completes=completes)
    ends = [found for one in new if (found := ended_by(known[one.lot_id], one)) is not None]
    if reason is None:
        end_placements(connection, [one.id for one in ends], at)
    else:
        for one in ends:
            put_right(connection, kind="placement", row_id=one.id, change={"until_at": at}, reason=reason)
    add_placements(connection, new)
    ended = {one.lot_id for one in ends}
    for one in new if reason is not None else ():
        if one.lot_id not in ended:
            note(connection, "placement", one.id, None, one, reason or "")
    for container_id in sorted({one.container_id for one in new}):
        refuse_retired_container(connection, container_id, None)
    for lot_id in lots_assessed(connection, lot_ids):
        strike_elsewhere(connection, lot_id, known[lot_id])
    mark_lots(connection, lot_ids, Cause.PLACEMENT)
    late = why_back_dated(at, word.now, word.scan_delay_s, explained=reason is not None)
    return [] if late is None else lot_ids


def put_there(connection: Connection, placement: Placement, word: Word, then: Then | None = None) -> str | None:
    """Do what `place` does, as a part of another act; why it waits for a signature, or None: it does not.

    Call it inside a transaction.
    """
    lot(connection, placement.lot_id)
    lock_lots(connection, [placement.lot_id])
    refuse_not_its_own(connection, [placement])
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
    refuse_taken(connection, placement.container_id, placement.position, placement.from_at, placement.until_at)
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
