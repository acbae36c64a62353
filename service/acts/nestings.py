"""Containers put into containers and taken out again: a box into a rack, a shipper into a van."""

from datetime import datetime

from service.acts.explanations import explained
from service.acts.retirement import refuse_retired_container
from service.domain.corrections import Word
from service.domain.registry.nesting import Nesting, nesting_ended_by, why_not_nested
from service.domain.softening import Kind, why_back_dated
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, RefusedError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.corrections import note
from service.store.dirty import mark_containers, mark_lots
from service.store.lots.lots import lots_in_during
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.containers import container
from service.store.registry.nestings import (
    add_nesting,
    end_nesting,
    lock_contents,
    lock_nestings,
    nestings_around,
)
from service.store.row_locks import lock_lots


def put_into(connection: Connection, new: Nesting, word: Word) -> None:
    """Put a container into another, with all that is in it; this ends where it was before.

    Raises:
        NotFoundError: there is no such container.
        RefusedError: there is none to put it into, or the past is changed and nobody says why.
        ConflictError: it would be in itself, or in too many; it is elsewhere at that time; its place is taken; or one
            of them is retired.
    """
    with acting(connection, word.actor, word.reason):
        lock_nestings(connection)
        container(connection, new.container_id)
        known = sorted(
            {*nestings_around(connection, new.container_id), *nestings_around(connection, new.in_id)},
            key=lambda one: (one.container_id, one.from_at),
        )
        if why := why_not_nested(known, new):
            raise ConflictError(why)
        lot_ids = _lock_lots_in(connection, new.container_id, new.from_at, word)
        reason = explained(connection, lot_ids, new.from_at, word) if lot_ids else None
        ends = nesting_ended_by(known, new)
        if ends is not None:
            end_nesting(connection, ends.id, new.from_at)
        add_nesting(connection, new)
        refuse_retired_container(connection, new.container_id, new.until_at)
        refuse_retired_container(connection, new.in_id, new.until_at)
        _follow(connection, new, lot_ids, word, reason)


def take_out(connection: Connection, container_id: str, until_at: datetime, word: Word) -> None:
    """Record that a container is in no other from `until_at` on.

    Raises:
        NotFoundError: there is no such container.
        ConflictError: it is in none.
        RefusedError: it was put there later, or the past is changed and nobody says why.
    """
    with acting(connection, word.actor, word.reason):
        lock_nestings(connection)
        container(connection, container_id)
        known = nestings_around(connection, container_id)
        inside = next((one for one in known if one.container_id == container_id and one.until_at is None), None)
        if inside is None:
            raise ConflictError(f"container {container_id!r} is in no other now; leave it as it is")
        if until_at <= inside.from_at:
            raise RefusedError("until", f"it was put there at {inside.from_at:%Y-%m-%d %H:%M} UTC; give a later time")
        lot_ids = _lock_lots_in(connection, container_id, until_at, word)
        reason = explained(connection, lot_ids, until_at, word) if lot_ids else None
        end_nesting(connection, inside.id, until_at)
        _follow(connection, inside, lot_ids, word, reason, from_at=until_at)


def _lock_lots_in(connection: Connection, container_id: str, from_at: datetime, word: Word) -> list[str]:
    lot_ids = lots_in_during(connection, container_id, from_at, max(from_at, word.now))
    lock_lots(connection, lot_ids)
    lock_contents(connection, container_id)
    # Once more: somebody may have put another lot into it until it was locked.
    return lots_in_during(connection, container_id, from_at, max(from_at, word.now))


def _follow(
    connection: Connection,
    nesting: Nesting,
    lot_ids: list[str],
    word: Word,
    reason: str | None,
    from_at: datetime | None = None,
) -> None:
    """Have all that lies in the container judged anew, and what is recorded late signed."""
    begins = from_at or nesting.from_at
    if reason is not None:
        note(connection, "nesting", nesting.id, None, nesting, reason)
    mark_lots(connection, lot_ids, Cause.PLACEMENT)
    mark_containers(connection, [nesting.container_id], Cause.PLACEMENT)
    if why_back_dated(begins, word.now, word.scan_delay_s, explained=reason is not None) is not None and lot_ids:
        touched = [Touched(lot_id=lot_id) for lot_id in lot_ids]
        note_change(connection, Kind.PLACEMENT, nesting.id, {"nesting": nesting}, touched, Cause.PLACEMENT)
