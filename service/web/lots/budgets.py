"""What is left of the time a lot may spend beyond its limits, as a line and a bar."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.domain.clocks import CLOCKS_DISAGREE
from service.domain.exposure.figures import LimitFigures
from service.domain.instant import SECOND_US, duration_text
from service.domain.profiles import Effect, Limit
from service.domain.verdicts.verdict import Judgement

#: With one of these reasons the lot may have been beyond a limit for longer than any figure says.
_FIGURES_INCOMPLETE = frozenset({"history_before_unknown", "evaluator_behind", CLOCKS_DISAGREE})


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left for one limit. The two shares, in per cent of what is allowed, are of the bar to draw.

    Attributes:
        left_percent: left for certain.
        unsure_percent: left only if nothing happened while nobody measured.
    """

    text: str
    left_percent: float
    unsure_percent: float


def budgets(judgement: Judgement) -> tuple[Budget, ...]:
    """What is left for each limit that condemns."""
    return budgets_of(judgement.limits, (reason.code for reason in judgement.reasons))


def budgets_of(limits: Iterable[LimitFigures], reason_codes: Iterable[str]) -> tuple[Budget, ...]:
    """What is left for each of these that condemns."""
    return tuple(_budgets(limits, not _FIGURES_INCOMPLETE.isdisjoint(reason_codes)))


def _budgets(limits: Iterable[LimitFigures], incomplete: bool) -> Iterable[Budget]:
    for figures in limits:
        limit = figures.limit
        if limit.effect is not Effect.CONDEMNS:
            continue
        if limit.budget_s is not None:
            yield _budget(limit, limit.budget_s, "", figures.certain_us, figures.possible_us, incomplete)
        if limit.single_s is not None:
            longest = figures.longest_certain_us, figures.longest_possible_us
            yield _budget(limit, limit.single_s, " at a stretch", *longest, incomplete)


def _budget(limit: Limit, allowed_s: int, how: str, certain_us: int, possible_us: int, incomplete: bool) -> Budget:
    allowed_us = allowed_s * SECOND_US
    most_us = max(0, allowed_us - certain_us)
    least_us = 0 if incomplete else max(0, allowed_us - possible_us)
    where = limit.text + how
    if not allowed_us:
        return Budget(f"No time is allowed {where}", 0, 0)
    allowed = f"of {duration_text(allowed_us)} left {where}"
    if most_us < SECOND_US:
        text = f"None {allowed}; {duration_text(certain_us)} used"
    elif least_us < SECOND_US:
        text = f"At most {duration_text(most_us)} {allowed}, perhaps none"
    elif least_us < most_us:
        text = f"{duration_text(least_us)} to {duration_text(most_us)} {allowed}"
    else:
        text = f"{duration_text(most_us)} {allowed}"
    return Budget(text, _percent(least_us, allowed_us), _percent(most_us - least_us, allowed_us))


def _percent(part_us: int, whole_us: int) -> float:
    return round(100 * part_us / whole_us, 1)
