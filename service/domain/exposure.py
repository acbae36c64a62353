"""What a lot went through: its life cut by placements, each piece judged by the container it was in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.domain import spans
from service.domain.container import Record, threshold_of
from service.domain.instant import BEGINNING_US, SECOND_US
from service.domain.profiles import Direction, Limit, Profile
from service.domain.spans import Spans


@dataclass(frozen=True, slots=True)
class Stay:
    """One placement: the lot was in this container over [from, until)."""

    container_id: str
    from_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class LimitExposure:
    """Time beyond one limit within a lot's life: `certain` ⊆ `possible`."""

    limit: Limit
    certain: Spans
    possible: Spans
    beyond_since_us: int | None


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
        gaps: time nobody measured, `homeless` included.
        homeless: time in no container.
        pending: the live tail, not yet long enough to be a gap.
        changes_at_us: the next instant at which the passing of time alone can change a figure that matters.
    """

    life: Spans
    limits: tuple[LimitExposure, ...]
    gaps: Spans
    homeless: Spans
    pending: Spans
    parts: Parts
    changes_at_us: int | None


def expose(
    life_from_us: int,
    life_until_us: int,
    stays: Sequence[Stay],
    records: Mapping[str, Record],
    profile: Profile,
    *,
    now_us: int,
) -> Exposure:
    """The exposure of one lot as of `now_us` (DESIGN.md, "How exposure is computed", 4).

    Args:
        stays: disjoint, in order.
        records: by container id, judged with this profile's `max_gap_s`; a container without one was never measured.
    """
    life = spans.spans([(life_from_us, min(life_until_us, now_us))])
    homes = [(stay, spans.intersect(spans.spans([(stay.from_us, stay.until_us)]), life)) for stay in stays]
    housed = spans.union(*(home for _, home in homes))
    homeless = spans.subtract(life, housed)
    gaps: list[Spans] = [homeless]
    pending: list[Spans] = []
    ends: list[int] = []
    for stay, home in homes:
        record = records.get(stay.container_id, Record())
        tail = spans.spans([(record.measured_until_us, now_us)])
        gap_at_us = record.measured_until_us + profile.max_gap_s * SECOND_US
        # The tail's length is judged before it is clipped to this lot's stay.
        (pending if now_us <= gap_at_us else gaps).append(spans.intersect(tail, home))
        gaps.append(spans.intersect(record.gaps, home))
        if stay.from_us <= now_us < min(stay.until_us, life_until_us):
            ends.append(gap_at_us + 1)
    gap = spans.union(*gaps)
    found = tuple(_limit_exposure(limit, homes, records, gap, now_us) for limit in profile.limits)
    return Exposure(
        life=life,
        limits=found,
        gaps=gap,
        homeless=homeless,
        pending=spans.union(*pending),
        parts=_parts(life, found, gap, spans.union(*pending)),
        changes_at_us=_changes_at_us(found, gap, ends, min(life_until_us, _last_until(stays)), now_us),
    )


def _limit_exposure(
    limit: Limit,
    homes: Sequence[tuple[Stay, Spans]],
    records: Mapping[str, Record],
    gap: Spans,
    now_us: int,
) -> LimitExposure:
    key = threshold_of(limit)
    certain, disputed = [], []
    since_us = None
    for stay, home in homes:
        record = records.get(stay.container_id, Record())
        here = spans.intersect(record.beyond.get(key, spans.NONE), home)
        certain.append(here)
        disputed.append(spans.intersect(record.disputed.get(key, spans.NONE), home))
        still = len(here) and stay.from_us <= now_us < stay.until_us
        if still and here[-1, 1] >= min(record.measured_until_us, now_us):
            since_us = int(here[-1, 0])
    surely = spans.union(*certain)
    if since_us is not None and len(surely):
        since_us = int(surely[-1, 0])
    return LimitExposure(limit, surely, spans.union(surely, *disputed, gap), since_us)


def _parts(life: Spans, limits: Sequence[LimitExposure], gap: Spans, pending: Spans) -> Parts:
    """Where one instant could be two things, the order of `Parts` after `in_range` decides."""
    above = spans.union(*(x.certain for x in limits if x.limit.direction is Direction.ABOVE))
    below = spans.subtract(spans.union(*(x.certain for x in limits if x.limit.direction is Direction.BELOW)), above)
    unsure = spans.subtract(spans.union(*(x.possible for x in limits)), spans.union(above, below, gap))
    named = [spans.total_us(x) for x in (above, below, unsure, gap, pending)]
    return Parts(spans.total_us(life) - sum(named), *named)


def _last_until(stays: Sequence[Stay]) -> int:
    return stays[-1].until_us if stays else BEGINNING_US


def _changes_at_us(
    limits: Sequence[LimitExposure], gap: Spans, tail_ends: Sequence[int], until_us: int, now_us: int
) -> int | None:
    """The tail becomes a gap, or a growing gap uses up what is left of a limit."""
    ahead = [end_us for end_us in tail_ends if end_us > now_us]
    growing = len(gap) > 0 and gap[-1, 1] == now_us
    if growing:
        for found in limits:
            left = [
                allowed_s * SECOND_US - used_us
                for allowed_s, used_us in (
                    (found.limit.budget_s, spans.total_us(found.possible)),
                    (found.limit.single_s, spans.longest_us(found.possible)),
                )
                if allowed_s is not None
            ]
            ahead += [now_us + us + 1 for us in left if us >= 0]
    if growing or now_us < until_us:
        return min(ahead, default=None)
    return None
