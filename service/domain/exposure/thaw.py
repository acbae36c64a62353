"""How often a lot thawed: the fewest thaws its readings prove, and the most they leave room for.

A thaw is time above the threshold, more than `min_s` of it in total, between stretches of at least `min_s` frozen. So
flutter about the threshold is one thaw, and a moment above it is none. Time that was not measured, or whose readings
prove nothing, may have been either: it never makes two proven thaws of one, and it may hide as many as fit into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from service.domain import spans
from service.domain.instant import SECOND_US
from service.domain.profiles import ThawRule
from service.domain.spans import Spans


@dataclass(frozen=True, slots=True)
class ThawExposure:
    """The thaws of a lot.

    Attributes:
        certain_us: when each proven thaw had used up `min_s`, in order.
        possible: how many there may have been.
        possibly_passed_us: when there may have been one more than allowed; None: there cannot have been.
        if_unmeasured_us: after how much more time that nobody measures there may be; None: there may have been already.
        if_thawed_us: after how much more time above the threshold a count may rise.
        above, maybe_above: the time that was, and that may have been, above the threshold.
    """

    rule: ThawRule
    certain_us: tuple[int, ...]
    possible: int
    possibly_passed_us: int | None
    if_unmeasured_us: int | None
    if_thawed_us: tuple[int, ...]
    above: Spans = field(compare=False)
    maybe_above: Spans = field(compare=False)

    @property
    def passed_us(self) -> int | None:
        """When it had thawed more often than is allowed, if it has."""
        return self.certain_us[self.rule.allowed] if len(self.certain_us) > self.rule.allowed else None


def thaws(life: Spans, certain: Spans, possible: Spans, pending: Spans, rule: ThawRule) -> ThawExposure:
    """Count the thaws within a life so far: empty, or one span.

    Args:
        certain, possible: time above the threshold, certain ⊆ possible ⊆ life.
        pending: time not heard of yet: nothing is held against it, and it does not prove that anything froze.
    """
    min_us = rule.min_s * SECOND_US
    groups = _unparted(certain, min_us)
    used_up = [(int(g[0, 0]), at_us) for g in groups if (at_us := spans.reached_at_us(g, min_us)) is not None]
    frozen = spans.subtract(life, spans.union(possible, pending))
    frozen = frozen[frozen[:, 1] - frozen[:, 0] >= min_us]
    # Two that nothing proves to have been parted may have been one: the first of them counts.
    _, firsts = np.unique(np.searchsorted(frozen[:, 0], [from_us for from_us, _ in used_up]), return_index=True)
    most = _Most(min_us, rule.allowed)
    for from_us, until_us, sure in _pieces(life, certain, possible):
        most.add(from_us, until_us, sure=sure)
    lasting_us = 0
    if groups and life[-1, 1] - groups[-1][-1, 1] < min_us:
        lasting_us = spans.total_us(groups[-1])
    return ThawExposure(
        rule=rule,
        certain_us=tuple(used_up[i][1] for i in firsts.tolist()),
        possible=most.count,
        possibly_passed_us=most.passed_us,
        if_unmeasured_us=most.if_unmeasured_us(),
        if_thawed_us=tuple(min_us + 1 - x for x in (lasting_us, most.thawed_us) if x <= min_us),
        above=certain,
        maybe_above=possible,
    )


def _unparted(certain: Spans, min_us: int) -> list[Spans]:
    """Time above the threshold in groups, within which nothing can have stayed frozen for long enough."""
    parted = np.flatnonzero(certain[1:, 0] - certain[:-1, 1] >= min_us) + 1
    return [group for group in np.split(certain, parted) if len(group)]


def _pieces(life: Spans, certain: Spans, possible: Spans) -> Sequence[tuple[int, int, bool | None]]:
    """The life in order: above the threshold for sure (True), perhaps (None), or not as far as is known (False)."""
    kinds = ((certain, True), (spans.subtract(possible, certain), None), (spans.subtract(life, possible), False))
    return sorted(((int(a), int(b), sure) for found, sure in kinds for a, b in found), key=lambda piece: piece[0])


class _Most:
    """The history that fits what is known and has the most thaws: where free to, it thaws until that counts as a thaw,
    then freezes until the next can begin. (To do either sooner never makes fewer.)
    """

    def __init__(self, min_us: int, allowed: int) -> None:
        self._min_us = min_us
        self._allowed = allowed
        self._frozen_us = 0
        self.thawed_us = 0
        self.count = 0
        self.passed_us: int | None = None

    def add(self, from_us: int, until_us: int, *, sure: bool | None) -> None:
        """What comes next in time: above the threshold, perhaps (None), or not."""
        if sure is None:
            self._add_free(from_us, until_us)
        elif sure:
            self._thaw(from_us, until_us - from_us)
        else:
            self._freeze(until_us - from_us)

    def if_unmeasured_us(self) -> int | None:
        """After how much more free time one thaw too many fits in."""
        lacking = self._allowed + 1 - self.count
        if lacking <= 0:
            return None
        first_us = self._to_thaw_us() if self._to_thaw_us() > 0 else self._to_freeze_us() + self._min_us + 1
        return first_us + (lacking - 1) * (2 * self._min_us + 1)

    def _to_thaw_us(self) -> int:
        return self._min_us + 1 - self.thawed_us

    def _to_freeze_us(self) -> int:
        return self._min_us - self._frozen_us

    def _add_free(self, from_us: int, until_us: int) -> None:
        while from_us < until_us:
            if self._to_thaw_us() > 0:
                step_us = min(self._to_thaw_us(), until_us - from_us)
                self._thaw(from_us, step_us)
            elif times := (until_us - from_us) // (2 * self._min_us + 1):
                # Years in which anything may have happened, at once.
                self._counted(times, from_us + self._to_freeze_us() + self._min_us, 2 * self._min_us + 1)
                step_us = times * (2 * self._min_us + 1)
            else:
                step_us = min(self._to_freeze_us(), until_us - from_us)
                self._freeze(step_us)
            from_us += step_us

    def _thaw(self, from_us: int, length_us: int) -> None:
        lacking_us = self._to_thaw_us()
        self.thawed_us += length_us
        self._frozen_us = 0
        if 0 < lacking_us <= length_us:
            self._counted(1, from_us + lacking_us - 1, 0)

    def _freeze(self, length_us: int) -> None:
        self._frozen_us += length_us
        if self._frozen_us >= self._min_us:
            self.thawed_us = 0

    def _counted(self, times: int, first_us: int, period_us: int) -> None:
        if self.count <= self._allowed < self.count + times:
            self.passed_us = first_us + (self._allowed - self.count) * period_us
        self.count += times
