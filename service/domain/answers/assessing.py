"""What quality's assessments make of the doubts about a lot's temperature.

In the answer an assessed stretch counts as the seconds accepted, never as more than is unknown of it; time certainly
beyond a limit counts in full, and so does unknown time outside the stretch. The verdict stays what it is.

An assessment is of what was there to assess: of a gap it counts while nobody measured, of a disputed stretch while
readings prove nothing. So readings that come later are a doubt of their own, if they are one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.domain import spans
from service.domain.answers.papers import Assessment, Finding
from service.domain.exposure.lot import Exposure, LimitExposure
from service.domain.exposure.thaw import ThawExposure, thaws
from service.domain.instant import SECOND_US, duration_text
from service.domain.profiles import Effect
from service.domain.severity import Severity
from service.domain.spans import Spans
from service.domain.verdicts import reasons
from service.domain.verdicts.reasons import Reason
from service.domain.verdicts.verdict import Judgement

#: Doubts that assessed time can take away, and what only tells beside them why nobody measured.
ABOUT_TIME = (
    frozenset({"limit_possibly_exceeded", "single_run_possibly_exceeded", "possibly_thawed_too_often"})
    | reasons.WHY_UNMEASURED
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
    """One limit with assessments counted, microseconds.

    Attributes:
        possible_us: time that may have been beyond it.
        longest_us: its longest run; last_us: the last one.
        last_until_us: when that ended; None: there is none.
    """

    possible_us: int
    longest_us: int
    last_us: int
    last_until_us: int | None


def assess(judgement: Judgement, assessments: Sequence[Assessment], now_us: int) -> Assessed:
    """The doubts of a judgement, and what quality's assessments take away of them."""
    about = [one for one in assessments if one.finding is not Finding.EXCURSION]
    notes = [_excursion(one) for one in assessments if one.finding is Finding.EXCURSION]
    exposure = judgement.exposure
    if not about or not judgement.doubting or slack_us(exposure, about) is None:
        return Assessed(judgement.doubting, tuple(notes), None)
    others = [reason for reason in judgement.doubting if reason.code not in ABOUT_TIME]
    # Judgements alone prove nothing: something of the life must have been measured.
    if not any(reason.code == "never_measured" for reason in others):
        others += reasons.never_measured(exposure)
    notes += [_stretch(one) for one in about if _unknown_within(exposure, one)]
    # What is unknown now may go on into a stretch that somebody says lies ahead of now.
    ahead_us = [one.from_us + 1 for one in about if one.from_us >= now_us]
    changes_us = min((*_passes_us(exposure, about, now_us), *ahead_us), default=None)
    return Assessed(tuple(others), tuple(notes), changes_us)


def slack_us(exposure: Exposure, assessments: Sequence[Assessment], closed: Spans = spans.NONE) -> int | None:
    """How much more time may have been beyond any limit before it is passed; None: one may have been passed already.

    Args:
        closed: unknown time that is taken to have been within all limits.
    """
    counts = _counts(exposure, assessments, closed)
    slack = min((one for found, used in counts for one in _left_us(found, used)), default=0)
    thaw = _thaw_with(exposure, assessments, closed)
    return None if slack < 0 or (thaw is not None and thaw.possibly_passed_us is not None) else slack


def counted(
    found: LimitExposure, gaps: Spans, assessments: Sequence[Assessment], closed: Spans = spans.NONE
) -> Counted:
    """How long a lot may have been beyond a limit, with assessed stretches counted as the seconds accepted.

    Where two assessments overlap, both are kept: neither stretch holds more than was accepted of it.
    """
    left = spans.subtract(found.possible, spans.union(found.certain, closed))
    accepted = []
    for one in sorted(assessments, key=lambda one: (one.accepted_us, one.from_us, one.id)):
        stretch = _assessed(one, left, gaps)
        left = spans.subtract(left, stretch)
        if len(stretch) and one.accepted_us:
            accepted.append((stretch, min(one.accepted_us, spans.total_us(stretch))))
    still = spans.union(found.certain, left)
    # A run of what may have been beyond holds at most what is left of it and all that is accepted in it. What is
    # accepted as none at all parts two runs.
    runs = spans.union(still, *(stretch for stretch, _ in accepted))
    lengths_us = [
        spans.total_us(spans.clip(still, from_us, until_us))
        + sum(min(length_us, spans.total_us(spans.clip(stretch, from_us, until_us))) for stretch, length_us in accepted)
        for from_us, until_us in runs.tolist()
    ]
    return Counted(
        found.carried_us + spans.total_us(still) + sum(length_us for _, length_us in accepted),
        max(lengths_us, default=0),
        lengths_us[-1] if lengths_us else 0,
        int(runs[-1, 1]) if len(runs) else None,
    )


def _assessed(one: Assessment, unknown: Spans, gaps: Spans) -> Spans:
    """What of unknown time an assessment is about."""
    within = spans.clip(unknown, one.from_us, one.until_us)
    return spans.intersect(within, gaps) if one.finding is Finding.GAP else spans.subtract(within, gaps)


def _counts(
    exposure: Exposure, assessments: Sequence[Assessment], closed: Spans
) -> list[tuple[LimitExposure, Counted]]:
    return [
        (found, counted(found, exposure.gaps, assessments, closed))
        for found in exposure.limits
        if found.limit.effect is Effect.CONDEMNS
    ]


def _left_us(found: LimitExposure, used: Counted) -> Iterator[int]:
    for allowed_s, used_us in ((found.limit.budget_s, used.possible_us), (found.limit.single_s, used.longest_us)):
        if allowed_s is not None:
            yield allowed_s * SECOND_US - used_us


def _thaw_with(exposure: Exposure, assessments: Sequence[Assessment], closed: Spans) -> ThawExposure | None:
    """The thaws there may have been; None: none condemns.

    Any second that is accepted may hide a thaw, so only stretches of which none is accepted count as frozen.
    """
    found = exposure.thaw
    if found is None or found.rule.effect is not Effect.CONDEMNS:
        return None
    unknown = spans.subtract(found.maybe_above, found.above)
    frozen = [_assessed(one, unknown, exposure.gaps) for one in assessments if not one.accepted_us]
    frozen.append(spans.intersect(unknown, closed))
    if not any(len(one) for one in frozen):
        return found
    maybe_above = spans.subtract(found.maybe_above, spans.union(*frozen))
    return thaws(exposure.life, found.above, maybe_above, exposure.pending, found.rule)


def _passes_us(exposure: Exposure, assessments: Sequence[Assessment], now_us: int) -> Iterator[int]:
    """When what grows now will have passed a limit, if it goes on growing."""
    for found, used in _counts(exposure, assessments, spans.NONE):
        if used.last_until_us != now_us:
            continue
        for allowed_s, used_us in ((found.limit.budget_s, used.possible_us), (found.limit.single_s, used.last_us)):
            if allowed_s is not None:
                yield now_us + allowed_s * SECOND_US - used_us + 1
    thaw = _thaw_with(exposure, assessments, spans.NONE)
    if thaw is not None and len(thaw.maybe_above) and int(thaw.maybe_above[-1, 1]) == now_us:
        waits_us = [*thaw.if_thawed_us, *(() if thaw.if_unmeasured_us is None else (thaw.if_unmeasured_us,))]
        yield from (now_us + wait_us for wait_us in waits_us)


def _unknown_within(exposure: Exposure, one: Assessment) -> bool:
    unknown = [spans.subtract(x.possible, x.certain) for x in exposure.limits]
    return len(_assessed(one, spans.union(exposure.gaps, *unknown), exposure.gaps)) > 0


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
