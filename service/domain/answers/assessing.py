"""What quality's assessments make of the doubts about a lot's temperature.

In the answer an assessed stretch counts as the seconds accepted, never as more than is unknown of it; time certainly
beyond a limit counts in full, and so does unknown time outside the stretch. The verdict stays what it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.domain import spans
from service.domain.answers.papers import Assessment, Finding
from service.domain.exposure.lot import Exposure, LimitExposure
from service.domain.exposure.thaw import ThawExposure
from service.domain.instant import SECOND_US, duration_text
from service.domain.profiles import Effect
from service.domain.severity import Severity
from service.domain.spans import Spans
from service.domain.verdicts.reasons import Reason
from service.domain.verdicts.verdict import Judgement

#: Doubts that assessed time can take away; `in_no_container` only tells beside them where the time was spent.
_ABOUT_TIME = frozenset(
    {"limit_possibly_exceeded", "single_run_possibly_exceeded", "possibly_thawed_too_often", "in_no_container"}
)


@dataclass(frozen=True, slots=True)
class Assessed:
    """What is left once assessments count.

    Attributes:
        doubts: why the temperature is not proven even so.
        notes: what is told of the assessments.
        good_until_us: until then time alone changes neither; None: for ever, as far as assessments are concerned.
    """

    doubts: tuple[Reason, ...]
    notes: tuple[Reason, ...]
    good_until_us: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """One limit with assessments counted, microseconds: time that may have been beyond it, and its longest run."""

    possible_us: int
    longest_us: int


def assess(judgement: Judgement, assessments: Sequence[Assessment], now_us: int) -> Assessed:
    """The doubts of a judgement, and what quality's assessments take away of them."""
    about = [one for one in assessments if one.finding is not Finding.EXCURSION]
    notes = [_excursion(one) for one in assessments if one.finding is Finding.EXCURSION]
    if not about or not judgement.doubting:
        return Assessed(judgement.doubting, tuple(notes), None)
    exposure = judgement.exposure
    others = [reason for reason in judgement.doubting if reason.code not in _ABOUT_TIME]
    counts = [(found, counted(found, about)) for found in exposure.limits if found.limit.effect is Effect.CONDEMNS]
    freed = not any(_is_over(found, used) for found, used in counts) and not _may_have_thawed(exposure.thaw)
    if not freed:
        return Assessed(judgement.doubting, tuple(notes), None)
    notes += [_stretch(one) for one in about if _unknown_within(exposure, one)]
    return Assessed(tuple(others), tuple(notes), _passes_us(counts, now_us))


def counted(found: LimitExposure, assessments: Sequence[Assessment]) -> Counted:
    """How long a lot may have been beyond a limit, with assessed stretches counted as the seconds accepted."""
    unknown = spans.subtract(found.possible, found.certain)
    left, accepted = unknown, []
    for one in sorted(assessments, key=lambda one: (one.accepted_us, one.from_us, one.id)):
        stretch = spans.clip(left, one.from_us, one.until_us)
        left = spans.subtract(left, stretch)
        if len(stretch):
            accepted.append((stretch, min(one.accepted_us, spans.total_us(stretch))))
    still = spans.union(found.certain, left)
    total_us = found.carried_us + spans.total_us(still) + sum(length_us for _, length_us in accepted)
    # A run of what may have been beyond holds at most what is left of it and all that is accepted in it.
    longest_us = max(
        (
            spans.total_us(spans.clip(still, from_us, until_us))
            + sum(
                min(length_us, spans.total_us(spans.clip(stretch, from_us, until_us)))
                for stretch, length_us in accepted
            )
            for from_us, until_us in found.possible.tolist()
        ),
        default=0,
    )
    return Counted(total_us, longest_us)


def _is_over(found: LimitExposure, used: Counted) -> bool:
    limit = found.limit
    return any(
        allowed_s is not None and used_us > allowed_s * SECOND_US
        for allowed_s, used_us in ((limit.budget_s, used.possible_us), (limit.single_s, used.longest_us))
    )


def _may_have_thawed(found: ThawExposure | None) -> bool:
    """Whether one thaw too many may be hidden: seconds that are accepted may hide one."""
    return found is not None and found.rule.effect is Effect.CONDEMNS and found.possibly_passed_us is not None


def _passes_us(counts: Sequence[tuple[LimitExposure, Counted]], now_us: int) -> int | None:
    """Before then no limit can be passed, even if all time from now on is beyond it."""
    left_us = [
        allowed_s * SECOND_US - used_us
        for found, used in counts
        for allowed_s, used_us in ((found.limit.budget_s, used.possible_us), (found.limit.single_s, used.longest_us))
        if allowed_s is not None
    ]
    return min((now_us + one + 1 for one in left_us), default=None)


def _unknown_within(exposure: Exposure, one: Assessment) -> bool:
    unknown: Spans = spans.union(exposure.gaps, *(x.possible for x in exposure.limits))
    return bool(np.any(spans.clip(unknown, one.from_us, one.until_us)))


def _stretch(one: Assessment) -> Reason:
    what = "that was not measured" if one.finding is Finding.GAP else "of which readings prove nothing"
    text = (
        f"{duration_text(one.until_us - one.from_us)} {what}: {one.by} accepted {duration_text(one.accepted_us)} of it "
        f"as beyond the limits (deviation {one.deviation})."
    )
    return Reason("assessed", text, Severity.INFO, one.from_us)


def _excursion(one: Assessment) -> Reason:
    text = f"{one.by} assessed an excursion of {duration_text(one.until_us - one.from_us)} (deviation {one.deviation})."
    return Reason("excursion_assessed", text, Severity.INFO, one.from_us)
