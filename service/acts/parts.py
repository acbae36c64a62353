"""Lots split into parts, each of which is a lot of its own from then on; and the serials of their vials."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.acts.corrections import put_right
from service.acts.explanations import explained
from service.acts.retirement import refuse_retired_container
from service.domain.corrections import Word
from service.domain.identity.actor import Actor
from service.domain.lots.parts import NewPart, Splittable, why_no_serials, why_not_split, why_of_whole, with_own_widths
from service.domain.lots.serials import SerialRange, without
from service.domain.softening import Kind, why_back_dated
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, RefusedError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.corrections import note
from service.store.custody.custody import hand_parts_on
from service.store.dirty import mark_lots
from service.store.lots.lineage import add_parts, note_split_up, split_so_far, whole_of
from service.store.lots.lots import lot
from service.store.lots.placements import end_placement, place_parts, placements
from service.store.lots.serials import add_serials, foreign_serials, serials, serials_of_parts
from service.store.new_rows import new_row
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.containers import containers_by_id
from service.store.row_locks import lock_lots


@dataclass(frozen=True, slots=True)
class _Split:
    """A split as it is listed and signed."""

    lot_id: str
    at: datetime
    parts: list[NewPart]


def split(
    connection: Connection,
    lot_id: str,
    parts: Sequence[NewPart] | Callable[[Splittable, int], Sequence[NewPart]],
    at: datetime,
    word: Word,
) -> list[str]:
    """Split parts off a lot: until `at` its history is theirs, and from then on they lie where it lies then, or where
    each is put at once. Of what is recorded late quality signs each part, and the lot if nothing is left of it.

    Args:
        parts: the parts; or what makes them of the lot as it is, and of how many were split off it before.

    Returns:
        The ids of the parts.

    Raises:
        NotFoundError: there is no such lot.
        RefusedError: it has no such number of units or no such serials left, or was not there yet; there is no such
            container; or time already judged is changed and nobody says why.
        ConflictError: there is a lot of such an id; a position is taken; or a container is retired.
    """
    with acting(connection, word.actor, word.reason):
        lock_lots(connection, [lot_id])
        whole, known = _splittable(connection, lot_id), split_so_far(connection, lot_id)
        made = list(parts(whole, known.parts) if callable(parts) else parts)
        if refused := why_not_split(whole, made, at):
            raise refused
        new = [with_own_widths(one, whole) for one in made]
        _refuse_unknown(connection, new)
        reason = explained(connection, [lot_id], at, word)
        with new_row("lot", new[0].id, taken={"lots_pkey": _taken(new)}), connection.transaction():
            add_parts(connection, lot_id, [(part.id, part.units) for part in new], at)
        _add_serials(connection, lot_id, [(part.id, one) for part in new for one in part.serials])
        elsewhere = [(one.id, one.container_id, one.position) for one in new if one.container_id is not None]
        place_parts(connection, lot_id, at, elsewhere)
        hand_parts_on(connection, lot_id, at)
        for container_id in sorted({container_id for _, container_id, _ in elsewhere}):
            refuse_retired_container(connection, container_id, None)
        touched = [one.id for one in new]
        if (gone_at := note_split_up(connection, lot_id, at)) is not None:
            _leave(connection, lot_id, gone_at, reason)
            touched.append(lot_id)
        _tell(connection, _Split(lot_id, at, new), touched, word, reason)
    return [one.id for one in new]


def _tell(connection: Connection, made: _Split, touched: Sequence[str], word: Word, reason: str | None) -> None:
    """Have lot and parts judged, and what is recorded late listed and signed."""
    mark_lots(connection, [made.lot_id], Cause.PLACEMENT)
    if reason is not None:
        note(connection, "split", made.lot_id, None, made, reason)
    if why_back_dated(made.at, word.now, word.scan_delay_s, explained=reason is not None) is not None:
        reaches = [Touched(lot_id=one) for one in touched]
        note_change(connection, Kind.SPLIT, made.lot_id, {"split": made}, reaches, Cause.PLACEMENT)


def add_lot_serials(connection: Connection, actor: Actor, lot_id: str, new: SerialRange) -> None:
    """Record serials of the vials of a lot, or of a part whose lot has none.

    Raises:
        NotFoundError: there is no such lot.
        RefusedError: it has fewer units, or is a part of a lot that has no such serials.
        ConflictError: it is split already, or another lot or part has one of the serials.
    """
    with acting(connection, actor):
        lock_lots(connection, [lot_id])
        whole, known = _splittable(connection, lot_id), split_so_far(connection, lot_id)
        if refused := why_no_serials(whole, new, has_parts=known.parts > 0):
            raise refused
        parent_id = lot(connection, lot_id).parent_id
        its_lots = () if parent_id is None else tuple(one.range for one in serials(connection, parent_id))
        if its_lots and (missing := without([new], its_lots)):
            raise RefusedError("first", f"lot {parent_id!r} does not have {missing[0].text}; look at the labels again")
        _add_serials(connection, lot_id, [(lot_id, new)])


def refuse_part(connection: Connection, lot_id: str, what: str) -> None:
    """Refuse what is recorded of whole lots alone. `what`: it, with its article.

    Raises:
        ConflictError: the lot is a part.
    """
    if why := why_of_whole(lot_id, whole_of(connection, lot_id), what):
        raise ConflictError(why)


def leave_if_split_up(connection: Connection, lot_id: str, at: datetime) -> None:
    """Where nothing is left of a lot any more, it is in no container from `at` on. Call it inside a transaction."""
    if (gone_at := note_split_up(connection, lot_id, at)) is not None:
        _leave(connection, lot_id, gone_at, None)


def _splittable(connection: Connection, lot_id: str) -> Splittable:
    whole, known = lot(connection, lot_id), split_so_far(connection, lot_id)
    edges = [edge for one in placements(connection, lot_id) for edge in (one.from_at, one.until_at) if edge is not None]
    own = tuple(one.range for one in serials(connection, lot_id))
    left = without(own, serials_of_parts(connection, lot_id)) if own else []
    return Splittable(
        lot_id,
        whole.units,
        known.units,
        whole.split_at or whole.life_starts_at,
        whole.life_ends_at,
        max(edges, default=None),
        known.last_at,
        own,
        tuple(left),
    )


def _refuse_unknown(connection: Connection, parts: Sequence[NewPart]) -> None:
    there = containers_by_id(connection, {one.container_id for one in parts if one.container_id is not None})
    for number, one in enumerate(parts):
        if one.container_id is not None and one.container_id not in there:
            why = f"there is no container {one.container_id!r}; register it first"
            raise RefusedError(f"parts.{number}.container_id", why)
        if one.position is not None and one.container_id is None:
            raise RefusedError(f"parts.{number}.position", "name the container too; left out, it stays with its lot")


def _add_serials(connection: Connection, lot_id: str, ranges: Sequence[tuple[str, SerialRange]]) -> None:
    if not ranges:
        return
    if others := foreign_serials(connection, lot_id, [one for _, one in ranges]):
        raise ConflictError(f"lot {others[0]!r} of the same product has one of these serials; look at the labels again")
    add_serials(connection, ranges)


def _leave(connection: Connection, lot_id: str, at: datetime, reason: str | None) -> None:
    """Nothing of a lot is left to lie anywhere."""
    for one in placements(connection, lot_id):
        if one.from_at < at and (one.until_at is None or one.until_at > at):
            if reason is None:
                end_placement(connection, one.id, at)
            else:
                put_right(connection, kind="placement", row_id=one.id, change={"until_at": at}, reason=reason)


def _taken(parts: Sequence[NewPart]) -> str:
    ids = ", ".join(repr(part.id) for part in parts[:3])
    return f"one of the ids {ids}{' …' if len(parts) > 3 else ''} is that of another lot already; choose others"
