"""The lives of lots, cut by where they were, as exposure is computed from them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.exposure.lot import Stay
from service.store.instants import or_beginning, or_end
from service.store.pool import Connection
from service.store.rows import tuples


@dataclass(frozen=True, slots=True)
class LotLife:
    """A lot's life and where it was. `life_from_us` is BEGINNING_US where its start is not known."""

    id: str
    profile_key: tuple[str, int]
    life_from_us: int
    life_until_us: int
    stays: tuple[Stay, ...]


def load_lives(connection: Connection, lot_ids: Sequence[str]) -> list[LotLife]:
    """The lives of lots, in the order of their ids; of an id that no lot has there is none."""
    if not lot_ids:
        return []
    stays: defaultdict[str, list[Stay]] = defaultdict(list)
    for lot_id, container_id, from_at, until_at in tuples(
        connection,
        "SELECT lot_id, container_id, from_at, until_at FROM placements WHERE lot_id = ANY(%s) ORDER BY from_at",
        [list(lot_ids)],
    ):
        stays[lot_id].append(Stay(container_id, or_beginning(from_at), or_end(until_at)))
    lives = tuples(
        connection,
        "SELECT id, profile_id, profile_version, life_starts_at, life_ends_at FROM lots WHERE id = ANY(%s) ORDER BY id",
        [list(lot_ids)],
    )
    return [
        LotLife(lot_id, (profile_id, version), or_beginning(starts_at), or_end(ends_at), tuple(stays[lot_id]))
        for lot_id, profile_id, version, starts_at, ends_at in lives
    ]
