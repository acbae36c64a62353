"""The numbers of a limit: how long a lot was beyond it, in total and at a stretch, and what is left."""

from dataclasses import dataclass

from service.domain import spans
from service.domain.exposure.lot import LimitExposure
from service.domain.instant import SECOND_US
from service.domain.profiles import Limit


@dataclass(frozen=True, slots=True)
class LimitFigures:
    """The numbers of one limit, microseconds; `remaining_us` and `exceeded_at_us` count certain time."""

    limit: Limit
    certain_us: int
    possible_us: int
    longest_certain_us: int
    longest_possible_us: int
    remaining_us: int | None
    exceeded_at_us: int | None


def figures(found: LimitExposure) -> LimitFigures:
    """The numbers of one limit."""
    budget_s = found.limit.budget_s
    certain_us = found.total_us(found.certain)
    return LimitFigures(
        limit=found.limit,
        certain_us=certain_us,
        possible_us=found.total_us(found.possible),
        longest_certain_us=spans.longest_us(found.certain),
        longest_possible_us=spans.longest_us(found.possible),
        remaining_us=None if budget_s is None else max(0, budget_s * SECOND_US - certain_us),
        exceeded_at_us=_exceeded_at_us(found),
    )


def _exceeded_at_us(found: LimitExposure) -> int | None:
    instants = []
    if found.limit.budget_s is not None:
        instants.append(found.reached_us(found.certain, found.limit.budget_s * SECOND_US))
    if found.limit.single_s is not None:
        instants.append(run_passed_at_us(found.certain, found.limit.single_s * SECOND_US))
    return min((x for x in instants if x is not None), default=None)


def run_passed_at_us(a: spans.Spans, allowed_us: int) -> int | None:
    """The instant at which a span has lasted `allowed_us`, of the first that goes past it."""
    long = a[a[:, 1] - a[:, 0] > allowed_us]
    return int(long[0, 0]) + allowed_us if len(long) else None
