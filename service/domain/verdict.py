"""The verdict on a lot, with its reasons, and the answer a clinician reads.

Worst first: `nonviable` if time certainly beyond a condemning limit passes it; `unproven` if time possibly beyond
does, or the start of the lot's life is unknown; `at_risk` past the warning fraction or while beyond; else `viable`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.domain import spans
from service.domain.exposure import Exposure, LimitExposure
from service.domain.instant import SECOND_US, duration_text, temperature_text
from service.domain.profiles import Effect, Limit, Profile, ThawRule
from service.domain.thaw import ThawExposure


class Verdict(StrEnum):
    """What the readings prove of a lot."""

    VIABLE = "viable"
    AT_RISK = "at_risk"
    UNPROVEN = "unproven"
    NONVIABLE = "nonviable"


class Answer(StrEnum):
    """The one thing a clinician reads."""

    USABLE = "usable"
    NOT_PROVEN = "not_proven"
    DO_NOT_USE = "do_not_use"


class Severity(StrEnum):
    """How much a reason matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


#: Every reason code there is, and what it says.
REASON_CODES = {
    "limit_exceeded": "The lot was beyond a condemning limit for longer in total than is allowed.",
    "single_run_exceeded": "The lot was beyond a condemning limit for longer without interruption than is allowed.",
    "limit_possibly_exceeded": "Unmeasured or disputed time is long enough to hide that a limit was passed.",
    "single_run_possibly_exceeded": "One unmeasured or disputed stretch is long enough to hide a limit passed.",
    "in_no_container": "For part of its life the lot was recorded in no container, so nothing measured it.",
    "life_start_unknown": "When the lot's life began is not recorded, so its history cannot be complete.",
    "life_ended": "The lot's life has ended: it is used up or gone, and only its record stands.",
    "evaluator_behind": "Readings have arrived that are not evaluated yet, so no good answer can be given.",
    "uncalibrated": "Its limit is near, and for part of its life no probe that measured it had a valid calibration.",
    "thawed_too_often": "The lot thawed more often than is allowed.",
    "possibly_thawed_too_often": "Unmeasured or disputed time is long enough to hide one thaw too many.",
    "budget_low": "A large part of the time allowed beyond a limit is used up.",
    "beyond_now": "The lot is beyond a limit now.",
    "was_beyond": "The lot was beyond a limit that warns; that alone does not condemn it.",
    "within_limits": "Every condemning limit is proven to be kept.",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is what it is: a documented code, a sentence with figures, and since when."""

    code: str
    text: str
    severity: Severity
    since_us: int | None = None


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


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with all that explains it."""

    verdict: Verdict
    answer: Answer
    reasons: tuple[Reason, ...]
    limits: tuple[LimitFigures, ...]
    exposure: Exposure


def judge(
    exposure: Exposure,
    profile: Profile,
    *,
    life_start_known: bool = True,
    life_ended_us: int | None = None,
    behind_since_us: int | None = None,
    uncalibrated: spans.Spans = spans.NONE,
) -> Judgement:
    """The verdict on an exposure.

    Args:
        life_ended_us: when the lot's life ended, if it has: its record stands, but nothing of it may be used.
        behind_since_us: since when readings wait for the evaluator, if they have waited too long; a verdict better
            than `unproven` is then not given (DESIGN.md, 10).
        uncalibrated: measured time without a valid calibration; told where the verdict hangs on how warm it was.
    """
    nonviable: list[Reason] = []
    unproven: list[Reason] = []
    at_risk: list[Reason] = []
    notes: list[Reason] = []
    for found in exposure.limits:
        condemns = found.limit.effect is Effect.CONDEMNS
        over = _certainly_over(found) if condemns else []
        nonviable += over
        if condemns and not over:
            unproven += _possibly_over(found, exposure)
        if not over:
            at_risk += _near(found, profile)
        if not condemns and len(found.certain):
            notes.append(_was_beyond(found))
    if exposure.thaw is not None:
        condemns = exposure.thaw.rule.effect is Effect.CONDEMNS
        over = _thawed_too_often(exposure.thaw)
        (nonviable if condemns else at_risk).extend(over)
        if condemns and not over:
            unproven += _possibly_thawed_too_often(exposure.thaw)
        if not over:
            at_risk += _thaws_low(exposure.thaw, profile)
    if unproven and len(exposure.homeless):
        unproven.append(_in_no_container(exposure))
    if not life_start_known:
        unproven.append(Reason("life_start_unknown", REASON_CODES["life_start_unknown"], Severity.CRITICAL))
    if behind_since_us is not None:
        unproven.append(
            Reason("evaluator_behind", REASON_CODES["evaluator_behind"], Severity.CRITICAL, behind_since_us)
        )
    verdict = _worst(nonviable, unproven, at_risk)
    if verdict is Verdict.VIABLE:
        notes.insert(0, _within_limits(exposure))
    notes += _uncalibrated(uncalibrated, exposure, profile)
    ended = []
    if life_ended_us is not None:
        ended.append(Reason("life_ended", REASON_CODES["life_ended"], Severity.CRITICAL, life_ended_us))
    return Judgement(
        verdict,
        Answer.DO_NOT_USE if ended else answer_to(verdict),
        tuple(ended + nonviable + unproven + at_risk + notes),
        tuple(_figures(found) for found in exposure.limits),
        exposure,
    )


def answer_to(verdict: Verdict) -> Answer:
    """Deny by default: only what is proven may be used."""
    if verdict is Verdict.NONVIABLE:
        return Answer.DO_NOT_USE
    return Answer.USABLE if verdict in (Verdict.VIABLE, Verdict.AT_RISK) else Answer.NOT_PROVEN


def _worst(nonviable: Sequence[Reason], unproven: Sequence[Reason], at_risk: Sequence[Reason]) -> Verdict:
    if nonviable:
        return Verdict.NONVIABLE
    if unproven:
        return Verdict.UNPROVEN
    return Verdict.AT_RISK if at_risk else Verdict.VIABLE


def _figures(found: LimitExposure) -> LimitFigures:
    budget_s = found.limit.budget_s
    certain_us = spans.total_us(found.certain)
    return LimitFigures(
        limit=found.limit,
        certain_us=certain_us,
        possible_us=spans.total_us(found.possible),
        longest_certain_us=spans.longest_us(found.certain),
        longest_possible_us=spans.longest_us(found.possible),
        remaining_us=None if budget_s is None else max(0, budget_s * SECOND_US - certain_us),
        exceeded_at_us=_exceeded_at_us(found),
    )


def _exceeded_at_us(found: LimitExposure) -> int | None:
    instants = []
    if found.limit.budget_s is not None:
        instants.append(spans.reached_at_us(found.certain, found.limit.budget_s * SECOND_US))
    if found.limit.single_s is not None:
        instants.append(_run_passed_at_us(found.certain, found.limit.single_s * SECOND_US))
    return min((x for x in instants if x is not None), default=None)


def _run_passed_at_us(a: spans.Spans, allowed_us: int) -> int | None:
    long = a[a[:, 1] - a[:, 0] > allowed_us]
    return int(long[0, 0]) + allowed_us if len(long) else None


def _where(limit: Limit) -> str:
    return f"{limit.direction} {temperature_text(limit.threshold_c)}"


def _certainly_over(found: LimitExposure) -> list[Reason]:
    limit, reasons = found.limit, []
    used_us, run_us = spans.total_us(found.certain), spans.longest_us(found.certain)
    if limit.budget_s is not None and used_us > limit.budget_s * SECOND_US:
        since_us = spans.reached_at_us(found.certain, limit.budget_s * SECOND_US)
        text = f"It was {_where(limit)} for {duration_text(used_us)} in total; {_allowed(limit.budget_s)}."
        reasons.append(Reason("limit_exceeded", text, Severity.CRITICAL, since_us))
    if limit.single_s is not None and run_us > limit.single_s * SECOND_US:
        since_us = _run_passed_at_us(found.certain, limit.single_s * SECOND_US)
        text = f"It was {_where(limit)} for {duration_text(run_us)} at a stretch; {_allowed(limit.single_s)}."
        reasons.append(Reason("single_run_exceeded", text, Severity.CRITICAL, since_us))
    return reasons


def _allowed(allowed_s: int) -> str:
    return f"{duration_text(allowed_s * SECOND_US)} is allowed" if allowed_s else "none is allowed"


def _possibly_over(found: LimitExposure, exposure: Exposure) -> list[Reason]:
    limit, reasons = found.limit, []
    gap_us = spans.total_us(exposure.gaps)
    disputed_us = spans.total_us(found.possible) - spans.total_us(spans.union(found.certain, exposure.gaps))
    unknown = " and ".join(
        part
        for part in (
            f"{duration_text(gap_us)} of its life was not measured" if gap_us else "",
            f"{duration_text(disputed_us)} of readings prove nothing" if disputed_us else "",
        )
        if part
    )
    if limit.budget_s is not None and spans.total_us(found.possible) > limit.budget_s * SECOND_US:
        since_us = spans.reached_at_us(found.possible, limit.budget_s * SECOND_US)
        text = (
            f"{unknown}: it may have been {_where(limit)} for more than the "
            f"{duration_text(limit.budget_s * SECOND_US)} allowed in total."
        )
        reasons.append(Reason("limit_possibly_exceeded", text[0].upper() + text[1:], Severity.CRITICAL, since_us))
    if limit.single_s is not None and spans.longest_us(found.possible) > limit.single_s * SECOND_US:
        since_us = _run_passed_at_us(found.possible, limit.single_s * SECOND_US)
        text = (
            f"{unknown}: it may have been {_where(limit)} for more than the "
            f"{duration_text(limit.single_s * SECOND_US)} allowed at a stretch."
        )
        reasons.append(Reason("single_run_possibly_exceeded", text[0].upper() + text[1:], Severity.CRITICAL, since_us))
    return reasons


def _in_no_container(exposure: Exposure) -> Reason:
    text = f"For {duration_text(spans.total_us(exposure.homeless))} it was recorded in no container."
    return Reason("in_no_container", text, Severity.WARNING, int(exposure.homeless[0, 0]))


def _near(found: LimitExposure, profile: Profile) -> list[Reason]:
    limit, reasons = found.limit, []
    for allowed_s, used_us, passed_at_us, how in (
        (limit.budget_s, spans.total_us(found.certain), spans.reached_at_us, "in total"),
        (limit.single_s, spans.longest_us(found.certain), _run_passed_at_us, "at a stretch"),
    ):
        if allowed_s is None or used_us < profile.warns_from_us(allowed_s):
            continue
        text = (
            f"{duration_text(used_us)} of the {duration_text(allowed_s * SECOND_US)} allowed "
            f"{_where(limit)} {how} is used up."
        )
        # At risk *from* that share on: one microsecond after what is just short of it.
        almost_us = passed_at_us(found.certain, profile.warns_from_us(allowed_s) - 1)
        reasons.append(Reason("budget_low", text, Severity.WARNING, None if almost_us is None else almost_us + 1))
    if found.beyond_since_us is not None:
        text = f"It is {_where(limit)} now."
        reasons.append(Reason("beyond_now", text, Severity.WARNING, found.beyond_since_us))
    return reasons


def _used_in_part(found: LimitExposure, profile: Profile) -> bool:
    """Whether so much of what a condemning limit allows is used that a probe a little wrong may decide."""
    return found.limit.effect is Effect.CONDEMNS and any(
        allowed_s is not None and used_us >= profile.warns_from_us(allowed_s)
        for allowed_s, used_us in (
            (found.limit.budget_s, spans.total_us(found.certain)),
            (found.limit.single_s, spans.longest_us(found.certain)),
        )
    )


def _uncalibrated(uncalibrated: spans.Spans, exposure: Exposure, profile: Profile) -> list[Reason]:
    if len(uncalibrated) == 0 or not any(_used_in_part(found, profile) for found in exposure.limits):
        return []
    text = (
        f"For {duration_text(spans.total_us(uncalibrated))} of its life no probe that measured it "
        "had a valid calibration."
    )
    return [Reason("uncalibrated", text, Severity.WARNING, int(uncalibrated[0, 0]))]


def _thawed_too_often(found: ThawExposure) -> list[Reason]:
    if found.passed_us is None:
        return []
    text = f"It thawed {_times(len(found.certain_us))}; {_thaws_allowed(found.rule)}."
    critical = found.rule.effect is Effect.CONDEMNS
    return [Reason("thawed_too_often", text, Severity.CRITICAL if critical else Severity.WARNING, found.passed_us)]


def _possibly_thawed_too_often(found: ThawExposure) -> list[Reason]:
    if found.possibly_passed_us is None:
        return []
    text = (
        f"It thawed {_times(len(found.certain_us))} for certain, but time that was not measured, or whose readings "
        f"prove nothing, could hide more thaws; {_thaws_allowed(found.rule)}."
    )
    return [Reason("possibly_thawed_too_often", text, Severity.CRITICAL, found.possibly_passed_us)]


def _thaws_low(found: ThawExposure, profile: Profile) -> list[Reason]:
    count, from_count = len(found.certain_us), max(1, math.ceil(profile.warning_fraction * found.rule.allowed))
    if count < from_count:
        return []
    text = f"It thawed {_times(count)}; {_thaws_allowed(found.rule)}."
    return [Reason("budget_low", text, Severity.WARNING, found.certain_us[from_count - 1])]


def _times(count: int) -> str:
    return {0: "not once", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _thaws_allowed(rule: ThawRule) -> str:
    allowed = f"{_times(rule.allowed)} is allowed" if rule.allowed else "that is not allowed"
    least = duration_text(rule.min_s * SECOND_US)
    return f"{allowed} (above {temperature_text(rule.threshold_c)} for more than {least})"


def _was_beyond(found: LimitExposure) -> Reason:
    text = f"It was {_where(found.limit)} for {duration_text(spans.total_us(found.certain))} in total."
    return Reason("was_beyond", text, Severity.INFO, int(found.certain[0, 0]))


def _within_limits(exposure: Exposure) -> Reason:
    said = [
        f"{duration_text(spans.total_us(x.certain))} {_where(x.limit)} "
        f"({duration_text((x.limit.budget_s or 0) * SECOND_US)} allowed)"
        for x in exposure.limits
        if x.limit.effect is Effect.CONDEMNS and x.limit.budget_s is not None
    ]
    return Reason(
        "within_limits",
        f"Within its limits: {', '.join(said)}." if said else REASON_CODES["within_limits"],
        Severity.INFO,
    )
