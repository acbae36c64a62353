"""What people change of a lot itself: its life, its expiry, how many there are, and the profile it is judged by."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from service.acts.parts import leave_if_split_up, refuse_part
from service.domain.corrections import Word
from service.domain.lots.changes import (
    LotFacts,
    why_end_softens,
    why_expiry_softens,
    why_not_so,
    why_start_softens,
)
from service.domain.lots.parts import why_ends_before_split, why_not_counted, why_not_of_part
from service.domain.registry.retirement import why_unchanged
from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, RefusedError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.dirty import mark_lots
from service.store.lots.lineage import split_so_far, whole_of
from service.store.lots.lots import lot, pin_lot, update_lot
from service.store.lots.serials import count_serials
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.adoptions import is_adopted
from service.store.registry.profiles import profile_named
from service.store.row_locks import lock_lots


def change_lot(connection: Connection, lot_id: str, change: Mapping[str, Any], word: Word) -> None:
    """Change what was recorded of a lot. What may make its answer better waits for a signature.

    Args:
        change: what is to be different, by the names of `LotFacts`; the rest stays.

    Raises:
        NotFoundError: there is no such lot.
        RefusedError: it changes nothing, or the life would end before it began.
    """
    if refused := why_unchanged(change):
        raise refused
    with acting(connection, word.actor, word.reason):
        lock_lots(connection, [lot_id])
        known = lot(connection, lot_id)
        split = split_so_far(connection, lot_id)
        if refused := why_not_of_part(lot_id, whole_of(connection, lot_id), change):
            raise refused
        was = LotFacts(known.life_starts_at, known.life_ends_at, known.expires_on, known.units)
        becomes = replace(was, **change)
        if refused := why_not_so(becomes) or why_unchanged({} if becomes == was else change):
            raise refused
        if refused := why_not_counted(becomes.units, split.units, count_serials(connection, lot_id)):
            raise refused
        if refused := why_ends_before_split(becomes.life_ends_at, split.last_at):
            raise refused
        update_lot(connection, lot_id, becomes)
        leave_if_split_up(connection, lot_id, word.now)
        mark_lots(connection, [lot_id], Cause.CORRECTION)
        what = {"lot": lot_id, "was": was, "becomes": becomes}
        softening = {
            Kind.LIFE_START: why_start_softens(was.life_starts_at, becomes.life_starts_at),
            Kind.LIFE_END: why_end_softens(was.life_ends_at, becomes.life_ends_at),
            Kind.EXPIRY: why_expiry_softens(was.expires_on, becomes.expires_on),
        }
        for kind, why in softening.items():
            if why is not None:
                note_change(connection, kind, lot_id, what, [Touched(lot_id=lot_id)], Cause.CORRECTION)


def repin_lot(
    connection: Connection, lot_id: str, word: Word, *, profile_version: int, profile_id: str | None = None
) -> None:
    """Have a lot judged by another version of its profile, or another profile, that its product has adopted.

    It may free the lot, so it waits for a signature: until then the lot is not proven.

    Raises:
        NotFoundError: there is no such lot.
        RefusedError: there is no such version, or quality has not adopted it for the product.
        ConflictError: the lot is pinned to it.
    """
    with acting(connection, word.actor, word.reason):
        lock_lots(connection, [lot_id])
        known = lot(connection, lot_id)
        refuse_part(connection, lot_id, "the profile it is judged by")
        profile = profile_named(connection, profile_id or known.profile_id, profile_version)
        pinned, becomes = (known.profile_id, known.profile_version), (profile.id, profile.version)
        named = f"version {profile.version} of profile {profile.id!r}"
        if becomes == pinned:
            raise ConflictError(f"lot {lot_id!r} is pinned to {named} already; leave it as it is")
        if not is_adopted(connection, known.product_id, becomes):
            raise RefusedError(
                "profile_version",
                f"quality has not adopted {named} for product {known.product_id!r}; have the product ask for it, and "
                "quality sign that, then pin the lot to it",
            )
        pin_lot(connection, lot_id, becomes)
        mark_lots(connection, [lot_id], Cause.PROFILE_REPINNED)
        what = {"lot": lot_id, "was": pinned, "becomes": becomes, "profile": asdict(profile)}
        note_change(connection, Kind.REPINNED, lot_id, what, [Touched(lot_id=lot_id)], Cause.PROFILE_REPINNED)
