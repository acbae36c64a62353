"""Lots put into containers for tests, without anybody who explains why it is recorded only now."""

from datetime import datetime

from service.domain.lots.placements import Placement, ended_by
from service.domain.verdicts.causes import Cause
from service.store.dirty import mark_lots
from service.store.lots.placements import add_placement, end_placement, placements
from service.store.pool import Connection


def put(
    connection: Connection,
    placement_id: str,
    lot_id: str,
    container_id: str,
    from_at: datetime,
    until_at: datetime | None = None,
) -> None:
    """Put a lot into a container; that ends the placement it is in. Call it inside a transaction."""
    placement = Placement(placement_id, lot_id, container_id, from_at, until_at)
    ends = ended_by(placements(connection, lot_id), placement)
    if ends is not None:
        end_placement(connection, ends.id, from_at)
    add_placement(connection, placement)
    mark_lots(connection, [lot_id], Cause.PLACEMENT)
