"""What a lot went through: its life cut by placements, each piece judged by the container it was in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from service.domain import spans
from service.domain.exposure.container import Record, Threshold, is_unheard, opened_us, threshold_of
from service.domain.exposure.thaw import ThawExposure, thaws
from service.domain.instant import BEGINNING_US, SECOND_US
from service.domain.profiles import Direction, Limit, Profile
from service.domain.spans import Spans


@dataclass(frozen=True, slots=True)
class Stay:
    """One placement: the lot was in this container over [from, until)."""

    container_id: str
    from_us: int
    until_us: int


_NOTHING_CARRIED: Mapping[Threshold, int] = {}

#: A placement, and the part of the life spent in it.
PlacedSpan = tuple[Stay, Spans]


@dataclass(frozen=True, slots=True)
class LimitExposure:
    """Time beyond one limit within a lot's life: `certain` ⊆ `possible`.

    Attributes:
        beyond_since_us: since when it is beyond now, as its container was last heard; None: it is not.
        unheard: what was beyond then has been silent for longer than readings may be apart.
        unjudged: time where the lot was of which nobody has asked yet whether it was beyond; possible, all of it.
        carried_us: as long it was beyond before `from_us`, as was carried in: certain, in total, and in no span.
        from_us: where the life begins that is judged.
    """

    limit: Limit
    certain: Spans
    possible: Spans
    beyond_since_us: int | None
    unheard: bool
    unjudged: Spans
    carried_us: int = 0
    from_us: int = BEGINNING_US

    def total_us(self, beyond: Spans) -> int:
        """The length of certain or possible time, and of what was carried in."""
        return self.carried_us + spans.total_us(beyond)

    def reached_us(self, beyond: Spans, allowed_us: int) -> int | None:
        """The instant at which that total has just used up `allowed_us`, if it ever goes past it."""
        left_us = allowed_us - self.carried_us
        return self.from_us if left_us < 0 else spans.reached_at_us(beyond, left_us)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a life, microseconds. They sum to the life exactly."""

    in_range_us: int
    above_us: int
    below_us: int
    disputed_us: int
    gap_us: int
    pending_us: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """All that a verdict is made of.

    Attributes:
        life: the life so far: empty, or one span.
        gaps: time nobody measured, `unplaced` included.
        unplaced: time in no container.
        pending: the live tail, not yet long enough to be a gap.
        unjudged: time of which some limit, or the rule about thaws, has not been judged yet.
        thaw: None if the profile does not count thaws.
        placed: the lot's stays, each with the part of the life spent in it.
        present: the stay it is in now, if it lives; None: it is nowhere.
    """

    life: Spans
    limits: tuple[LimitExposure, ...]
    gaps: Spans
    unplaced: Spans
    pending: Spans
    unjudged: Spans
    parts: Parts
    placed: tuple[PlacedSpan, ...]
    present: Stay | None
    thaw: ThawExposure | None = None

    @property
    def measured(self) -> Spans:
        """The part of the life that some probe speaks for."""
        return spans.subtract(self.life, spans.union(self.gaps, self.pending))


def expose(
    life_from_us: int,
    life_until_us: int,
    stays: Sequence[Stay],
    records: Mapping[str, Record],
    profile: Profile,
    *,
    now_us: int,
    carried_us: Mapping[Threshold, int] = _NOTHING_CARRIED,
) -> Exposure:
    """The exposure of one lot as of `now_us`: its life, cut by its stays in containers (docs/exposure.md).

    Args:
        stays: disjoint, in order.
        records: by container id, judged with this profile's `max_gap_s`; a container without one was never measured.
        carried_us: by threshold, how long the lot was beyond it before this life.
    """
    life = spans.spans([(life_from_us, min(life_until_us, now_us))])
    placed = [(stay, spans.clip(life, stay.from_us, stay.until_us)) for stay in stays]
    anywhere = spans.union(*(there for _, there in placed))
    unplaced = spans.subtract(life, anywhere)
    gaps: list[Spans] = [unplaced]
    pending: list[Spans] = []
    for stay, there in placed:
        record = records.get(stay.container_id, Record())
        tail = spans.clip(there, record.measured_until_us, now_us)
        # The tail's length is judged before it is clipped to this lot's stay.
        (pending if now_us <= gap_at_us(record, profile) else gaps).append(tail)
        gaps.append(spans.intersect(record.gaps, there))
    gap, waiting = spans.union(*gaps), spans.union(*pending)
    living = spans.spans([(life_from_us, life_until_us)])
    present = next((stay for stay in stays if stay.from_us <= now_us < stay.until_us), None)
    if not spans.contains(living, now_us):
        present = None
    silent_before_us = now_us - profile.max_gap_s * SECOND_US
    found = tuple(
        replace(
            _limit_exposure(limit, placed, records, gap, present, now_us, silent_before_us),
            carried_us=carried_us.get(threshold_of(limit), 0),
            from_us=life_from_us,
        )
        for limit in profile.limits
    )
    thaw = None
    unjudged = [x.unjudged for x in found]
    if profile.thaw is not None:
        above = Limit(Direction.ABOVE, profile.thaw.threshold_c, profile.thaw.effect, budget_s=None)
        thawed = _limit_exposure(above, placed, records, gap, None, now_us, silent_before_us)
        thaw = thaws(life, thawed.certain, thawed.possible, waiting, profile.thaw)
        unjudged.append(thawed.unjudged)
    return Exposure(
        life=life,
        limits=found,
        gaps=gap,
        unplaced=unplaced,
        pending=waiting,
        unjudged=spans.union(*unjudged),
        parts=_parts(life, found, gap, waiting),
        placed=tuple(placed),
        present=present,
        thaw=thaw,
    )


def gap_at_us(record: Record, profile: Profile) -> int:
    """The last instant at which silence after the last reading is still *pending*."""
    return record.measured_until_us + profile.max_gap_s * SECOND_US


def _limit_exposure(
    limit: Limit,
    placed: Sequence[PlacedSpan],
    records: Mapping[str, Record],
    gap: Spans,
    present: Stay | None,
    now_us: int,
    silent_before_us: int,
) -> LimitExposure:
    key = threshold_of(limit)
    certain, disputed, unjudged = [], [], []
    for stay, there in placed:
        record = records.get(stay.container_id, Record())
        if key in record.beyond:
            certain.append(spans.intersect(record.beyond[key], there))
            disputed.append(spans.intersect(record.disputed.get(key, spans.NONE), there))
        else:
            unjudged.append(there)
    surely, unknown = spans.union(*certain), spans.union(*unjudged)
    since_us, unheard = None, False
    if present is not None:
        record = records.get(present.container_id, Record())
        here = spans.union(*(there for stay, there in placed if stay.container_id == present.container_id))
        if key in record.open_beyond:
            since_us = _open_since_us(opened_us(record, key), surely, here, now_us)
            unheard = is_unheard(record, key, silent_before_us)
    return LimitExposure(limit, surely, spans.union(surely, *disputed, unknown, gap), since_us, unheard, unknown)


def _open_since_us(since_us: int, surely: Spans, here: Spans, now_us: int) -> int:
    if len(surely) and surely[-1, 1] > since_us:
        return int(surely[-1, 0])
    # The lot came after its container had crossed the limit, however its placement there is cut.
    came_us = int(here[-1, 0]) if len(here) and here[-1, 1] == now_us else now_us
    return min(max(since_us, came_us), now_us)


def _parts(life: Spans, limits: Sequence[LimitExposure], gap: Spans, pending: Spans) -> Parts:
    """An instant that could be two things is beyond before it is a gap, and pending, and only then disputed."""
    above = spans.union(*(x.certain for x in limits if x.limit.direction is Direction.ABOVE))
    outside = spans.union(above, *(x.certain for x in limits if x.limit.direction is Direction.BELOW))
    unmeasured = spans.union(outside, gap)
    unheard = spans.union(unmeasured, pending)
    unsure = spans.union(unheard, *(x.possible for x in limits))
    # Each of these sets holds the one before it, so what it adds is the difference of their lengths.
    lengths_us = [0, *(spans.total_us(x) for x in (above, outside, unmeasured, unheard, unsure, life))]
    above_us, below_us, gap_us, pending_us, disputed_us, in_range_us = (b - a for a, b in pairwise(lengths_us))
    return Parts(in_range_us, above_us, below_us, disputed_us, gap_us, pending_us)
