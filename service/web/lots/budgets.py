"""What is left of the time a lot may spend beyond its limits, as a line and a bar."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from service.domain.clocks import CLOCKS_DISAGREE
from service.domain.exposure.figures import LimitFigures
from service.domain.instant import SECOND_US, duration_text
from service.domain.profiles import Effect, Limit
from service.domain.verdicts.verdict import Judgement

#: With one of these reasons the lot may have been beyond a limit for longer than any figure says.
_FIGURES_INCOMPLETE = frozenset({"history_before_unknown", "evaluator_behind", CLOCKS_DISAGREE})


#: From these shares on, in per cent, what is left is much, or at least some.
_MUCH, _SOME = 50.0, 20.0


class Left(StrEnum):
    """How much of a budget is left for certain: a bar's colour, and the mark beside it."""

    MUCH = "much"
    SOME = "some"
    LITTLE = "little"
    NONE = "none"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left for one limit. The two shares, in per cent of what is allowed, are of the bar to draw.

    Attributes:
        left_percent: left for certain.
        unsure_percent: left only if nothing happened while nobody measured.
        short: what is still allowed, in few words.
    """

    text: str
    left_percent: float
    unsure_percent: float
    short: str = ""

    @property
    def left(self) -> Left:
        """How much that is."""
        if self.left_percent > _MUCH:
            return Left.MUCH
        if self.unsure_percent and self.left_percent + self.unsure_percent > _SOME:
            return Left.UNSURE
        if self.left_percent > _SOME:
            return Left.SOME
        return Left.LITTLE if self.left_percent else Left.NONE


def budgets(judgement: Judgement) -> tuple[Budget, ...]:
    """What is left for each limit that condemns."""
    return budgets_of(judgement.limits, (reason.code for reason in judgement.reasons))


def budgets_of(limits: Iterable[LimitFigures], reason_codes: Iterable[str]) -> tuple[Budget, ...]:
    """What is left for each of these that condemns."""
    return tuple(_budgets(limits, not _FIGURES_INCOMPLETE.isdisjoint(reason_codes)))


def tightest(left: Iterable[Budget]) -> Budget | None:
    """Of which least is left for certain, and at most; None: there is none."""
    return min(left, key=lambda budget: (budget.left_percent, budget.unsure_percent), default=None)


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
        return Budget(f"No time is allowed {where}", 0, 0, f"none allowed {where}")
    allowed = f"of {duration_text(allowed_us)} left {where}"
    if most_us < SECOND_US:
        text, short = f"None {allowed}; {duration_text(certain_us)} used", "none"
    elif least_us < SECOND_US:
        text = f"At most {duration_text(most_us)} {allowed}, perhaps none"
        short = f"0 to {duration_text(most_us)}"
    elif least_us < most_us:
        short = f"{duration_text(least_us)} to {duration_text(most_us)}"
        text = f"{short} {allowed}"
    else:
        short = duration_text(most_us)
        text = f"{short} {allowed}"
    unsure = _percent(most_us - least_us, allowed_us)
    return Budget(text, _percent(least_us, allowed_us), unsure, f"{short} {where}")


def _percent(part_us: int, whole_us: int) -> float:
    return round(100 * part_us / whole_us, 1)
