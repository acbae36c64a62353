"""When a lot is a lot of its own: since it was split off another, and until all of it is in parts."""

from collections.abc import Sequence

from service.domain.lots.parts import why_before_split, why_nothing_left
from service.domain.lots.placements import Placement
from service.errors import ConflictError, RefusedError
from service.store.lots.lineage import own_times
from service.store.pool import Connection


def refuse_not_its_own(connection: Connection, new: Sequence[Placement], field: str = "from") -> None:
    """Refuse to put lots anywhere while they were a part of another still, or once they are all in parts.

    Args:
        field: the name of that which says since when.

    Raises:
        RefusedError: a lot was not split off yet.
        ConflictError: nothing is left of a lot.
    """
    known = own_times(connection, {one.lot_id for one in new})
    for one in new:
        own = known.get(one.lot_id)
        if own is None:
            continue
        if why := why_nothing_left(one.lot_id, own.split_up_at, one.until_at):
            raise ConflictError(why)
        if why := why_before_split(one.lot_id, own.split_at, one.from_at):
            raise RefusedError(field, why)
