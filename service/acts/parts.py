"""Lots split into parts, each of which is a lot of its own from then on."""

from collections.abc import Sequence
from datetime import datetime

from service.acts.explanations import explained
from service.domain.corrections import Word
from service.domain.lots.parts import NewPart, Splittable, why_not_split
from service.domain.verdicts.causes import Cause
from service.store.acting import acting
from service.store.dirty import mark_lots
from service.store.lots.lineage import add_parts, split_of, units_in_parts
from service.store.lots.lots import lot
from service.store.lots.placements import place_parts
from service.store.new_rows import new_row
from service.store.pool import Connection
from service.store.row_locks import lock_lots


def split(connection: Connection, lot_id: str, parts: Sequence[NewPart], at: datetime, word: Word) -> None:
    """Split parts off a lot: until `at` its history is theirs, and from then on they lie where it lies then.

    Raises:
        NotFoundError: there is no such lot.
        RefusedError: it has no such number of units left, or was not there yet; or time already judged is changed and
            nobody says why.
        ConflictError: there is a lot of such an id.
    """
    with acting(connection, word.actor, word.reason):
        lock_lots(connection, [lot_id])
        whole = lot(connection, lot_id)
        in_parts, begins = units_in_parts(connection, lot_id), split_of(connection, lot_id) or whole.life_starts_at
        if refused := why_not_split(Splittable(lot_id, whole.units, in_parts, begins), parts, at):
            raise refused
        explained(connection, [lot_id], at, word)
        with new_row("lot", parts[0].id, taken={"lots_pkey": _taken(parts)}), connection.transaction():
            add_parts(connection, lot_id, [(part.id, part.units) for part in parts], at)
        place_parts(connection, lot_id, at)
        mark_lots(connection, [lot_id], Cause.PLACEMENT)


def _taken(parts: Sequence[NewPart]) -> str:
    ids = ", ".join(repr(part.id) for part in parts[:3])
    return f"one of the ids {ids}{' …' if len(parts) > 3 else ''} is that of another lot already; choose others"
