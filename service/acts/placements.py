"""Lots put into containers, as people record it: now, late, or for a time that has been judged."""

from datetime import datetime
from typing import Any, Literal

from service.acts import corrections
from service.domain.verdicts.causes import Cause
from service.errors import RefusedError
from service.store.corrections import Word, explained, note
from service.store.dirty import mark_lots
from service.store.lots import lots
from service.store.pool import Connection
from service.store.row_locks import lock_lots

#: What became of a lot after a stay that has an end, where it would have stayed on in the container before.
Then = Literal["back", "nowhere"]


def place(
    connection: Connection,
    *,
    placement_id: str,
    lot_id: str,
    container_id: str,
    from_at: datetime,
    until_at: datetime | None,
    word: Word,
    then: Then | None = None,
) -> None:
    """Place a lot in a container; this ends the placement it is in. Call it inside a transaction.

    Where that changes time already judged, it is listed with its reason, and the placement that ends keeps its old row.

    Raises:
        NotFoundError: no such lot.
        RefusedError: no such container; the past is changed and nobody says why; or nobody says what becomes of the
            lot at the end.
        ConflictError: the lot is placed elsewhere during that time, or the id is taken.
    """
    lots.lot(connection, lot_id)
    lock_lots(connection, [lot_id])
    known = lots.placements(connection, lot_id)
    ends: dict[str, Any] | None = next((row for row in known if row["until_at"] is None), None)
    if ends is not None and ends["from_at"] >= from_at:
        ends = None
    if any(row is not ends and _overlap(row, from_at, until_at) for row in known):
        # Before anybody is asked to explain what cannot be.
        raise lots.elsewhere(lot_id)
    _refuse_unclear(ends, until_at, then)
    said = explained(connection, [lot_id], from_at, word, completes=not known)
    correction_id = None
    if said is not None and ends is not None:
        correction_id = corrections.correct(
            connection,
            kind="placement",
            row_id=ends["id"],
            change={"until_at": from_at},
            reason=said.reason,
            recorded_by=said.by,
        )
    lots.add_placement(
        connection,
        placement_id=placement_id,
        lot_id=lot_id,
        container_id=container_id,
        from_at=from_at,
        until_at=until_at,
    )
    if said is not None and ends is None:
        becomes = {
            "id": placement_id,
            "lot_id": lot_id,
            "container_id": container_id,
            "from_at": from_at,
            "until_at": until_at,
        }
        correction_id = note(connection, "placement", placement_id, None, becomes, said)
        mark_lots(connection, [lot_id], Cause.PLACEMENT, correction_id)
    if ends is not None and until_at is not None and then == "back":
        lots.add_placement(
            connection,
            placement_id=corrections.next_id(connection, "placements", ends["id"]),
            lot_id=lot_id,
            container_id=ends["container_id"],
            from_at=until_at,
            until_at=None,
        )


def _overlap(row: dict[str, Any], from_at: datetime, until_at: datetime | None) -> bool:
    begins_before_end = until_at is None or row["from_at"] < until_at
    return begins_before_end and (row["until_at"] is None or row["until_at"] > from_at)


def _refuse_unclear(ends: dict[str, Any] | None, until_at: datetime | None, then: Then | None) -> None:
    """A stay with an end cuts an open one in two; what becomes of its rest is not for us to guess."""
    if ends is None or until_at is None:
        if then is not None:
            raise RefusedError("then", "it is said of a stay inside one without an end; this is none: leave it out")
    elif then is None:
        raise RefusedError(
            "then",
            f"the lot is recorded in {ends['container_id']!r} without an end: say whether it went `back` there after "
            "this stay, or `nowhere`; or leave `until` out",
        )
