"""The lives of lots, cut by where they were, as exposure is computed from them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.domain.exposure.carried import CarriedIn
from service.domain.exposure.innermost import during
from service.domain.exposure.lot import Stay
from service.domain.instant import BEGINNING_US, SECOND_US, from_datetime
from service.domain.profiles import Direction
from service.store.instants import or_beginning, or_end
from service.store.pool import Connection
from service.store.registry.nestings import containers_that_judge
from service.store.rows import tuples


@dataclass(frozen=True, slots=True)
class LotLife:
    """A lot's life and where it was. `life_from_us` is BEGINNING_US where its start is not known.

    Attributes:
        stays: the containers that judge it, one at a time, its ancestors' up to the split among them.
        places: all containers that it was in, one within another.
        split_off: what it was split off, parent and farther back, and until when each counts.
        carried: what it had used before; with it the life that is judged begins where that ends.
        split_up_us: since when all of it is in parts of its own, which ends its life; None: something of it is left.
        parent_id: what it was split off itself; None: it is no part.
        began_us: when its life began, be it before what was carried in; BEGINNING_US: nobody knows.
    """

    id: str
    profile_key: tuple[str, int]
    life_from_us: int
    life_until_us: int
    stays: tuple[Stay, ...]
    carried: CarriedIn | None = None
    began_us: int = BEGINNING_US
    places: tuple[Stay, ...] = ()
    split_off: tuple[tuple[str, int], ...] = ()
    split_up_us: int | None = None
    parent_id: str | None = None

    @property
    def container_ids(self) -> frozenset[str]:
        """The containers that judge it."""
        return frozenset(stay.container_id for stay in self.stays)


def load_lives(connection: Connection, lot_ids: Sequence[str]) -> list[LotLife]:
    """The lives of lots, in the order of their ids; of an id that no lot has there is none."""
    if not lot_ids:
        return []
    put: defaultdict[str, list[Stay]] = defaultdict(list)
    around: defaultdict[str, list[Stay]] = defaultdict(list)
    for lot_id, container_id, from_at, until_at, level in tuples(
        connection,
        "SELECT lot_id, container_id, from_at, until_at, level FROM stays WHERE lot_id = ANY(%s) ORDER BY from_at",
        [list(lot_ids)],
    ):
        (around if level else put)[lot_id].append(Stay(container_id, or_beginning(from_at), or_end(until_at)))
    nested = {stay.container_id for lot_id in around for stay in put[lot_id]}
    judged_by = containers_that_judge(connection, nested) if nested else {}
    split_off: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for lot_id, ancestor_id, until_at in tuples(
        connection,
        "SELECT lot_id, ancestor_id, until_at FROM lineage WHERE lot_id = ANY(%s) ORDER BY until_at DESC",
        [list(lot_ids)],
    ):
        split_off[lot_id].append((ancestor_id, from_datetime(until_at)))
    lives = tuples(
        connection,
        "SELECT lots.id, profile_id, profile_version, coalesce(carried.until_at, life_starts_at), life_starts_at, "
        "least(life_ends_at, split_up_at), carried.until_at, used, carried.recorded_by, split_up_at, "
        "parent_id FROM lots LEFT JOIN LATERAL ("
        "SELECT until_at, used, recorded_by FROM carried_in WHERE lot_id = ANY(ARRAY[lots.id] || ARRAY("
        "SELECT ancestor_id FROM lineage WHERE lineage.lot_id = lots.id)) ORDER BY carried_in.id DESC LIMIT 1"
        ") AS carried ON true WHERE lots.id = ANY(%s) ORDER BY lots.id",
        [list(lot_ids)],
    )
    return [
        LotLife(
            lot_id,
            (profile_id, version),
            or_beginning(starts_at),
            or_end(ends_at),
            _judging(put[lot_id], judged_by),
            None if carried_at is None else _carried(carried_at, used, by),
            or_beginning(began_at),
            tuple(put[lot_id] + around.get(lot_id, [])),
            tuple(split_off.get(lot_id, ())),
            None if split_at is None else from_datetime(split_at),
            of_id,
        )
        for lot_id, profile_id, version, starts_at, began_at, ends_at, carried_at, used, by, split_at, of_id in lives
    ]


def _judging(put: Sequence[Stay], judged_by: Mapping[str, Sequence[Stay]]) -> tuple[Stay, ...]:
    found: list[Stay] = []
    for stay in put:
        who = judged_by.get(stay.container_id)
        found += [stay] if who is None else during(who, stay.from_us, stay.until_us)
    return tuple(found)


def _carried(until_at: datetime, used: Sequence[Mapping[str, Any]], by: str) -> CarriedIn:
    lengths_us = {
        (Direction(one["direction"]), float(one["threshold_c"])): round(one["used_s"] * SECOND_US) for one in used
    }
    return CarriedIn(from_datetime(until_at), lengths_us, by)
