"""Containers put into containers and taken out again: a box into a rack, a shipper into a van."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from service.acts.assessments import striking_elsewhere
from service.acts.contents import lots_in_nestings, lots_locked_in, nestings_known, refuse_not_nested, refuse_taken
from service.acts.corrections import put_right
from service.acts.explanations import explained
from service.acts.retirement import refuse_retired_container
from service.domain.corrections import Word
from service.domain.lots.placements import Then, why_unclear_after
from service.domain.registry.nesting import Nesting, nesting_ended_by
from service.domain.softening import Kind, why_back_dated
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, RefusedError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.corrections import note
from service.store.dirty import mark_containers, mark_lots
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.recorded import NESTINGS, next_id
from service.store.registry.containers import Container, container, containers_by_id
from service.store.registry.contents import follow_to_site
from service.store.registry.nestings import add_nesting, end_nesting, lock_nestings, nestings


def put_into(connection: Connection, new: Nesting, word: Word, then: Then | None = None) -> None:
    """Put a container into another, with all that is in it; this ends where it was before.

    What is carried about is from then on at the site of what it is in.

    Args:
        then: what became of it at the end, where it was in another without an end before.

    Raises:
        NotFoundError: there is no such container.
        RefusedError: there is none to put it into; it is not carried there; the past is changed and nobody says why;
            or nobody says what becomes of it at the end.
        ConflictError: it would be in itself, or in too many; it is elsewhere at that time; its position is taken; or
            one of them is retired.
    """
    with acting(connection, word.actor, word.reason):
        waiting = put_in_there(connection, new, word, then)
        _have_signed(connection, new, {"nesting": new, "then": then}, waiting)


def put_in_there(connection: Connection, new: Nesting, word: Word, then: Then | None = None) -> list[str]:
    """Do what `put_into` does, as a part of another act; the lots that wait for a signature of it.

    Call it inside a transaction.
    """
    lock_nestings(connection)
    known = nestings_known(connection, new)
    refuse_not_nested(connection, known, new)
    ends = nesting_ended_by(known, new)
    # What it ends reached beyond the end of the new one.
    window = new if ends is None or then == "back" else replace(new, until_at=None)
    lot_ids = lots_locked_in(connection, [window])
    if why := why_unclear_after(None if ends is None else ends.in_id, new.until_at, then, "the container"):
        raise RefusedError("then", why)
    reason = explained(connection, lot_ids, new.from_at, word) if lot_ids else None
    with striking_elsewhere(connection, lot_ids):
        if ends is not None:
            _end(connection, ends, new.from_at, reason)
        refuse_taken(connection, new.in_id, new.position, new.from_at, new.until_at)
        add_nesting(connection, new)
    refuse_retired_container(connection, new.container_id, new.until_at)
    refuse_retired_container(connection, new.in_id, new.until_at)
    if reason is not None and ends is None:
        note(connection, "nesting", new.id, None, new, reason)
    if ends is not None and new.until_at is not None and then == "back":
        back = replace(ends, id=next_id(connection, NESTINGS, ends.id), from_at=new.until_at, until_at=None)
        add_nesting(connection, back)
    follow_to_site(connection, new.container_id)
    return _follow(connection, new.container_id, new.from_at, lot_ids, word, reason)


def take_out(connection: Connection, container_id: str, until_at: datetime, word: Word) -> Nesting:
    """Record that a container is in no other from `until_at` on; the nesting that this ended.

    Raises:
        NotFoundError: there is no such container.
        ConflictError: it is in none.
        RefusedError: it was put there later, or the past is changed and nobody says why.
    """
    with acting(connection, word.actor, word.reason):
        lock_nestings(connection)
        container(connection, container_id)
        inside = next((one for one in nestings(connection, container_id) if one.until_at is None), None)
        if inside is None:
            raise ConflictError(f"container {container_id!r} is in no other now; leave it as it is")
        if until_at <= inside.from_at:
            raise RefusedError("until", f"it was put there at {inside.from_at:%Y-%m-%d %H:%M} UTC; give a later time")
        lot_ids = lots_locked_in(connection, [replace(inside, from_at=until_at)])
        reason = explained(connection, lot_ids, until_at, word) if lot_ids else None
        ended = _end(connection, inside, until_at, reason)
        waiting = _follow(connection, container_id, until_at, lot_ids, word, reason)
        _have_signed(connection, ended, {"nesting": ended}, waiting)
        return ended


def come_out(
    connection: Connection,
    container_ids: Collection[str],
    at: datetime,
    word: Word,
    *,
    stays_in: Callable[[Container], bool],
) -> list[str]:
    """Take containers out of whatever they are in, from `at` on, as a part of another act; the lots that wait for a
    signature of it. Call it inside a transaction.

    Args:
        stays_in: whether one stays in what it is in.
    """
    lock_nestings(connection)
    now = [one for container_id in sorted(container_ids) for one in nestings(connection, container_id)]
    now = [one for one in now if one.until_at is None and one.from_at < at]
    around = containers_by_id(connection, {one.in_id for one in now})
    ends = [one for one in now if not stays_in(around[one.in_id])]
    lots_locked_in(connection, [replace(one, from_at=at) for one in ends])
    waiting: set[str] = set()
    for one in ends:
        lot_ids = lots_in_nestings(connection, [replace(one, from_at=at)])
        reason = explained(connection, lot_ids, at, word) if lot_ids else None
        _end(connection, one, at, reason)
        waiting.update(_follow(connection, one.container_id, at, lot_ids, word, reason))
    return sorted(waiting)


def _end(connection: Connection, nesting: Nesting, until_at: datetime, reason: str | None) -> Nesting:
    """Give a nesting its end; where that changes what was judged, its old row is kept. Returns what counts."""
    if reason is None:
        end_nesting(connection, nesting.id, until_at)
        return replace(nesting, until_at=until_at)
    done = put_right(connection, kind="nesting", row_id=nesting.id, change={"until_at": until_at}, reason=reason)
    if not isinstance(done.becomes, Nesting):
        raise TypeError("what a nesting becomes is one")
    return done.becomes


def _follow(
    connection: Connection, container_id: str, at: datetime, lot_ids: list[str], word: Word, reason: str | None
) -> list[str]:
    """Have all that lies in the container judged anew; the lots whose answers wait for a signature."""
    mark_lots(connection, lot_ids, Cause.PLACEMENT)
    mark_containers(connection, [container_id], Cause.PLACEMENT)
    late = why_back_dated(at, word.now, word.scan_delay_s, explained=reason is not None)
    return [] if late is None else lot_ids


def _have_signed(connection: Connection, nesting: Nesting, what: dict[str, object], lot_ids: Collection[str]) -> None:
    if lot_ids:
        touched = [Touched(lot_id=lot_id) for lot_id in lot_ids]
        note_change(connection, Kind.PLACEMENT, nesting.id, what, touched, Cause.PLACEMENT)
