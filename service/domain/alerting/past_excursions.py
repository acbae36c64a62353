"""Which excursions that were over before they were heard of are worth telling: pure, from the spans of a container.

A door opened and shut is nobody's news. Many of them are: what they cost is summed before the short ones are left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.domain import spans
from service.domain.alerting.at_stake import is_condemning
from service.domain.alerting.details import PastExcursion, TimeBeyond
from service.domain.alerting.limit_rules import LATEST_SHARE
from service.domain.exposure.container import Record, Threshold, threshold_of
from service.domain.instant import BEGINNING_US, SECOND_US
from service.domain.profiles import Direction, Effect, Limit, Profile
from service.domain.spans import Spans

#: Excursions no farther apart are told of as one.
_TOGETHER_US = 6 * 3_600 * SECOND_US


@dataclass(frozen=True, slots=True)
class LookBack:
    """A threshold that is looked back at.

    Attributes:
        max_gap_s: of the record that tells of it.
        delay_s: what lasted for less is left out, unless there is much of it: as much as `small_s` in all.
        within: when it matters: where it is a limit of lots alone, while they were there.
    """

    limit: Limit
    max_gap_s: int
    delay_s: float
    small_s: float
    within: Spans


@dataclass(frozen=True, slots=True)
class BeyondSpans:
    """When a container may have been beyond a limit; `certain`: the part of it that is proven."""

    limit: Limit
    possible: Spans
    certain: Spans


def look_backs(own: Profile, delay_s: int | None, of_lots: Iterable[tuple[Profile, Spans]]) -> list[list[LookBack]]:
    """What is looked back at: the limits of a container's profile, and what lots that were in it can be lost by.

    In groups that are told of together: one side of a profile's limits each, the least serious first.

    Args:
        delay_s: in place of the limits' own, if that is recorded.
        of_lots: the profile of each lot, and when it was there.
    """
    of_lots = list(of_lots)
    others = sorted(
        {(profile.max_gap_s, limit) for profile, _ in of_lots for limit in _losing(profile)},
        key=lambda x: (x[0], *_seriousness(x[1])),
    )
    strictest: defaultdict[Threshold, list[Limit]] = defaultdict(list)
    there: defaultdict[Threshold, Spans] = defaultdict(lambda: spans.NONE)
    for profile, stay in of_lots:
        for limit in _losing(profile):
            strictest[threshold_of(limit)].append(limit)
            there[threshold_of(limit)] = spans.union(there[threshold_of(limit)], stay)
    mine = {threshold_of(limit) for limit in own.limits}
    wanted = [(0, own.max_gap_s, limit) for limit in own.limits]
    wanted += [(1, max_gap_s, limit) for max_gap_s, limit in others if threshold_of(limit) not in mine]
    groups: defaultdict[tuple[int, int, Direction], dict[Threshold, LookBack]] = defaultdict(dict)
    for rank, max_gap_s, limit in sorted(wanted, key=lambda x: (*x[:2], *_seriousness(x[2]))):
        group = groups[rank, max_gap_s, limit.direction]
        within = there[threshold_of(limit)] if rank else spans.ALWAYS
        group.setdefault(
            threshold_of(limit), _look_back(limit, max_gap_s, delay_s, strictest.get(threshold_of(limit), ()), within)
        )
    return [list(group.values()) for group in groups.values()]


def _losing(profile: Profile) -> Iterator[Limit]:
    yield from (limit for limit in profile.limits if is_condemning(limit))
    if profile.thaw is not None and profile.thaw.effect is Effect.CONDEMNS:
        yield Limit(Direction.ABOVE, profile.thaw.threshold_c, Effect.CONDEMNS, None, single_s=profile.thaw.min_s)


def _seriousness(limit: Limit) -> tuple[Direction, float]:
    return limit.direction, limit.threshold_c if limit.direction is Direction.ABOVE else -limit.threshold_c


def _look_back(limit: Limit, max_gap_s: int, delay_s: int | None, of_lots: Sequence[Limit], within: Spans) -> LookBack:
    allowed_s = [x for one in of_lots for x in (one.budget_s, one.single_s) if x is not None]
    least_s = min([limit.alarm_delay_s if delay_s is None else delay_s, *allowed_s])
    budgets_s = [one.budget_s for one in (limit, *of_lots) if one.budget_s is not None]
    return LookBack(
        limit, max_gap_s, least_s, max([least_s, *(LATEST_SHARE * x for x in sorted(budgets_s)[:1])]), within
    )


def beyond_spans(look_back: LookBack, records: Mapping[int, Record]) -> BeyondSpans:
    """What the record says; time that nobody measured is another matter."""
    record, key = records.get(look_back.max_gap_s, Record()), threshold_of(look_back.limit)
    certain = record.beyond.get(key, spans.NONE)
    # Where a room is declared to be beyond a limit nothing has happened.
    certain = certain[certain[:, 0] > BEGINNING_US]
    unsure = spans.subtract(record.disputed.get(key, spans.NONE), record.gaps)
    measured = spans.clip(unsure, int(unsure[0, 0]) if len(unsure) else 0, record.measured_until_us)
    certain = spans.intersect(certain, look_back.within)
    return BeyondSpans(look_back.limit, spans.union(certain, spans.intersect(measured, look_back.within)), certain)


def untold_spans(look_back: LookBack, found: Spans, told: Spans) -> Spans:
    """What of a limit's excursions is to be told, and was not."""
    delay_us = max(1, round(look_back.delay_s * SECOND_US))
    untold = lasting(spans.subtract(lasting(found, delay_us), told), delay_us)
    short = spans.spans((x, y) for x, y in found.tolist() if y - x < delay_us and not len(spans.clip(told, x, y)))
    much = [some for some in together(short) if spans.total_us(some) >= look_back.small_s * SECOND_US]
    return spans.union(untold, *much)


def lasting(some: Spans, at_least_us: int) -> Spans:
    """Those that last for at least this long."""
    return some[some[:, 1] - some[:, 0] >= at_least_us]


def together(some: Spans) -> list[Spans]:
    """In groups that are told of as one."""
    apart = (some[1:, 0] - some[:-1, 1] > _TOGETHER_US).nonzero()[0] + 1
    edges = [0, *apart.tolist(), len(some)]
    return [some[i:j] for i, j in pairwise(edges) if j > i]


def meeting(some: Spans, others: Spans) -> Spans:
    """Those of the spans, whole, that have time in common with the others."""
    return spans.spans((x, y) for x, y in some.tolist() if len(spans.clip(others, x, y)))


def past_details(beyond: Sequence[BeyondSpans], *, unmeasured: bool) -> PastExcursion:
    """What it was: beyond the nearest limit, and beyond the others with it; `unmeasured`: nobody measured on."""
    return PastExcursion(
        tuple(
            TimeBeyond(
                threshold_of(one.limit),
                spans.total_us(one.certain),
                len(one.certain),
                spans.total_us(one.possible),
                len(one.possible),
            )
            for one in beyond
        ),
        unmeasured,
    )
