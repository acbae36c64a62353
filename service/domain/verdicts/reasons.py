"""Why a verdict is what it is: documented codes, and a sentence with figures for each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from service.domain import spans
from service.domain.exposure.figures import LimitFigures, run_passed_at_us
from service.domain.exposure.lot import Exposure, LimitExposure
from service.domain.exposure.thaw import ThawExposure
from service.domain.instant import SECOND_US, duration_text
from service.domain.profiles import Direction, Effect, Profile, ThawRule, beyond_text
from service.domain.severity import Severity

#: Every reason code of a verdict there is, and what it says.
REASON_CODES = {
    "limit_exceeded": "The lot was beyond a condemning limit for longer in total than is allowed.",
    "single_run_exceeded": "The lot was beyond a condemning limit for longer without interruption than is allowed.",
    "limit_possibly_exceeded": "Unmeasured or disputed time is long enough to hide that a limit was passed.",
    "single_run_possibly_exceeded": "One unmeasured or disputed stretch is long enough to hide a limit passed.",
    "in_no_container": "For part of its life the lot was recorded in no container, so nothing measured it.",
    "history_before_unknown": "When the lot's life began is not recorded: what was before our readings is unknown.",
    "evaluator_behind": "Readings have arrived, or limits come, that are not evaluated yet: no good answer is given.",
    "clocks_disagree": "The clocks of this service disagree, so nobody knows until when it was measured.",
    "no_condemning_limit": "Its profile has no limit that condemns: there is nothing that could prove it fit for use.",
    "never_measured": "Nothing of the lot's life was measured by any probe.",
    "probe_not_commissioned": "A probe is attached where the lot is, but not commissioned: its readings do not count.",
    "probe_counts_later": "The probe where the lot is counts only from a later moment on.",
    "probe_only_ambient": "The only probe where the lot was hung beside it, as ambient: that proves nothing.",
    "uncalibrated": "Its limit is near, and for part of its life no probe that measured it had a valid calibration.",
    "range_unknown": "What a logger that measured it can show is not recorded, so a garbled number may pass for one.",
    "thawed_too_often": "The lot thawed more often than is allowed.",
    "possibly_thawed_too_often": "Unmeasured or disputed time is long enough to hide one thaw too many.",
    "budget_low": "A large part of the time allowed beyond a limit is used up.",
    "beyond_now": "The lot is beyond a limit now.",
    "was_beyond": "The lot was beyond a limit that warns; that alone does not condemn it.",
    "within_limits": "Every condemning limit is proven to be kept.",
}

#: Codes that only tell beside a doubt about time why nobody measured it: they come and go with it.
WHY_UNMEASURED = frozenset({"in_no_container", "probe_not_commissioned", "probe_counts_later", "probe_only_ambient"})

#: As many are named in one sentence.
_MOST_LOGGERS = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is what it is: a documented code, a sentence with figures, and since when."""

    code: str
    text: str
    severity: Severity
    since_us: int | None = None


def certainly_over(found: LimitExposure, used: LimitFigures) -> list[Reason]:
    """Time certainly beyond a limit is more than is allowed."""
    limit, reasons = found.limit, []
    if limit.budget_s is not None and used.certain_us > limit.budget_s * SECOND_US:
        since_us = found.reached_us(found.certain, limit.budget_s * SECOND_US)
        text = f"It was {limit.text} for {duration_text(used.certain_us)} in total; {_allowed(limit.budget_s)}."
        reasons.append(Reason("limit_exceeded", text, Severity.CRITICAL, since_us))
    if limit.single_s is not None and used.longest_certain_us > limit.single_s * SECOND_US:
        since_us = run_passed_at_us(found.certain, limit.single_s * SECOND_US)
        run = duration_text(used.longest_certain_us)
        text = f"It was {limit.text} for {run} at a stretch; {_allowed(limit.single_s)}."
        reasons.append(Reason("single_run_exceeded", text, Severity.CRITICAL, since_us))
    return reasons


def possibly_over(found: LimitExposure, used: LimitFigures, exposure: Exposure) -> list[Reason]:
    """Time possibly beyond a limit is more than is allowed."""
    limit, reasons = found.limit, []
    if limit.budget_s is not None and used.possible_us > limit.budget_s * SECOND_US:
        since_us = found.reached_us(found.possible, limit.budget_s * SECOND_US)
        text = _could_hide_text(found, used, exposure, limit.budget_s, "in total")
        reasons.append(Reason("limit_possibly_exceeded", text, Severity.CRITICAL, since_us))
    if limit.single_s is not None and used.longest_possible_us > limit.single_s * SECOND_US:
        since_us = run_passed_at_us(found.possible, limit.single_s * SECOND_US)
        text = _could_hide_text(found, used, exposure, limit.single_s, "at a stretch")
        reasons.append(Reason("single_run_possibly_exceeded", text, Severity.CRITICAL, since_us))
    return reasons


def _could_hide_text(found: LimitExposure, used: LimitFigures, exposure: Exposure, allowed_s: int, how: str) -> str:
    gap_us = spans.total_us(exposure.gaps)
    disputed_us = used.possible_us - found.total_us(spans.union(found.certain, exposure.gaps))
    unknown = " and ".join(
        part
        for part in (
            f"{duration_text(gap_us)} of its life was not measured" if gap_us else "",
            f"for {duration_text(disputed_us)} readings prove nothing, or a probe last heard there "
            f"{found.limit.text} was silent"
            if disputed_us
            else "",
        )
        if part
    )
    allowed = duration_text(allowed_s * SECOND_US)
    text = f"{unknown}: it may have been {found.limit.text} for more than the {allowed} allowed {how}."
    return text[0].upper() + text[1:]


def budget_warnings(found: LimitExposure, used: LimitFigures, profile: Profile) -> list[Reason]:
    """A large part of what a limit allows is used up, or the lot is beyond it now."""
    limit, reasons = found.limit, []
    for allowed_s, used_us, passed_at_us, how in (
        (limit.budget_s, used.certain_us, found.reached_us, "in total"),
        (limit.single_s, used.longest_certain_us, run_passed_at_us, "at a stretch"),
    ):
        if allowed_s is None or used_us < profile.warns_from_us(allowed_s):
            continue
        text = (
            f"{duration_text(used_us)} of the {duration_text(allowed_s * SECOND_US)} allowed "
            f"{limit.text} {how} is used up."
        )
        # At risk *from* that share on: one microsecond after what is just short of it.
        almost_us = passed_at_us(found.certain, profile.warns_from_us(allowed_s) - 1)
        reasons.append(Reason("budget_low", text, Severity.WARNING, None if almost_us is None else almost_us + 1))
    if found.beyond_since_us is not None:
        was = f"A probe there was {limit.text} when it was last heard, and nobody knows how it went on."
        text = was if found.unheard else f"It is {limit.text} now."
        reasons.append(Reason("beyond_now", text, Severity.WARNING, found.beyond_since_us))
    return reasons


def was_beyond(found: LimitExposure, used: LimitFigures) -> Reason:
    """A limit that only warns was passed once."""
    text = f"It was {found.limit.text} for {duration_text(used.certain_us)} in total."
    since_us = found.from_us if found.carried_us else int(found.certain[0, 0])
    return Reason("was_beyond", text, Severity.INFO, since_us)


def in_no_container(exposure: Exposure) -> Reason:
    """Time nobody could measure, because the lot was nowhere."""
    text = f"For {duration_text(spans.total_us(exposure.unplaced))} it was recorded in no container."
    return Reason("in_no_container", text, Severity.WARNING, int(exposure.unplaced[0, 0]))


def not_judged_yet(exposure: Exposure) -> list[Reason]:
    """A limit is new where the lot was, and the evaluator has not come to it."""
    lacking = exposure.unjudged
    if len(lacking) == 0:
        return []
    text = f"Of {duration_text(spans.total_us(lacking))} of its life not every limit is judged yet; wait for that."
    return [Reason("evaluator_behind", text, Severity.CRITICAL, int(lacking[0, 0]))]


def never_measured(exposure: Exposure) -> list[Reason]:
    """Neither a logger that is waited for nor a declared temperature proves anything."""
    if len(exposure.measured):
        return []
    since_us = int(exposure.life[0, 0]) if len(exposure.life) else None
    return [Reason("never_measured", REASON_CODES["never_measured"], Severity.CRITICAL, since_us)]


def no_condemning_limit(profile: Profile) -> list[Reason]:
    """A profile of warnings alone judges no lot."""
    if profile.condemns:
        return []
    text = f"Profile {profile.id!r}, version {profile.version}, has no limit that condemns: by it no lot can be judged."
    return [Reason("no_condemning_limit", text, Severity.CRITICAL)]


def lacks_calibration(lacking: spans.Spans, limits: Sequence[LimitFigures], profile: Profile) -> list[Reason]:
    """Measured time without a valid calibration, told where a probe a little wrong may decide."""
    if len(lacking) == 0 or not any(_used_in_part(used, profile) for used in limits):
        return []
    text = (
        f"For {duration_text(spans.total_us(lacking))} of its life no probe that measured it had a valid calibration."
    )
    return [Reason("uncalibrated", text, Severity.WARNING, int(lacking[0, 0]))]


def range_unknown(logger_ids: Sequence[str]) -> list[Reason]:
    """Loggers of which nobody recorded what they can show: to be asked for, whatever the verdict."""
    if not logger_ids:
        return []
    some = ", ".join(logger_ids[:_MOST_LOGGERS])
    if len(logger_ids) > _MOST_LOGGERS:
        some += f" and {len(logger_ids) - _MOST_LOGGERS} more"
    text = f"What logger {some} can measure is not recorded: a number it cannot show may have passed for a temperature."
    return [Reason("range_unknown", text, Severity.INFO)]


def _used_in_part(used: LimitFigures, profile: Profile) -> bool:
    limit = used.limit
    return limit.effect is Effect.CONDEMNS and any(
        allowed_s is not None and used_us >= profile.warns_from_us(allowed_s)
        for allowed_s, used_us in ((limit.budget_s, used.certain_us), (limit.single_s, used.longest_certain_us))
    )


def within_limits(limits: Sequence[LimitFigures]) -> Reason:
    """Every condemning limit is kept; how much of each was used."""
    said = [
        f"{duration_text(used.certain_us)} {used.limit.text} ({duration_text(used.limit.budget_s * SECOND_US)} allowed)"
        for used in limits
        if used.limit.effect is Effect.CONDEMNS and used.limit.budget_s is not None
    ]
    text = f"Within its limits: {', '.join(said)}." if said else REASON_CODES["within_limits"]
    return Reason("within_limits", text, Severity.INFO)


def thawed_too_often(found: ThawExposure) -> list[Reason]:
    """It certainly thawed more often than is allowed."""
    if found.passed_us is None:
        return []
    text = f"It thawed {_times(len(found.certain_us))}; {_thaws_allowed(found.rule)}."
    critical = found.rule.effect is Effect.CONDEMNS
    return [Reason("thawed_too_often", text, Severity.CRITICAL if critical else Severity.WARNING, found.passed_us)]


def possibly_thawed_too_often(found: ThawExposure) -> list[Reason]:
    """Unmeasured or disputed time could hide more thaws than are allowed."""
    if found.possibly_passed_us is None:
        return []
    text = (
        f"It thawed {_times(len(found.certain_us))} for certain, but time that was not measured, or whose readings "
        f"prove nothing, could hide more thaws; {_thaws_allowed(found.rule)}."
    )
    return [Reason("possibly_thawed_too_often", text, Severity.CRITICAL, found.possibly_passed_us)]


def thaws_nearly_used(found: ThawExposure, profile: Profile) -> list[Reason]:
    """Most of the thaws allowed are used up."""
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
    return f"{allowed} ({beyond_text(Direction.ABOVE, rule.threshold_c)} for more than {least})"


def _allowed(allowed_s: int) -> str:
    return f"{duration_text(allowed_s * SECOND_US)} is allowed" if allowed_s else "none is allowed"
