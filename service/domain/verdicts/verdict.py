"""The verdict on a lot, with its reasons: what its temperature proves.

Worst first: `nonviable` if time certainly beyond a condemning limit passes it; `unproven` if time possibly beyond
does, or where nothing can prove otherwise; `at_risk` past the warning fraction or while beyond; else `viable`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.domain import spans
from service.domain.clocks import CLOCKS_DISAGREE
from service.domain.exposure.figures import LimitFigures, figures
from service.domain.exposure.lot import Exposure
from service.domain.exposure.uncounted import UncountedProbe
from service.domain.profiles import Effect, Profile
from service.domain.severity import Severity
from service.domain.verdicts import reasons
from service.domain.verdicts.reasons import REASON_CODES, Reason
from service.domain.verdicts.uncounted_reasons import uncounted_reasons


class Verdict(StrEnum):
    """What the readings prove of a lot."""

    VIABLE = "viable"
    AT_RISK = "at_risk"
    UNPROVEN = "unproven"
    NONVIABLE = "nonviable"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with all that explains it.

    Attributes:
        condemning, doubting, warning: reasons why it is out of limits, not proven, at risk.
        notes: what is told beside.
        uncounted: probes that count for nothing where the lot was and nobody measured it.
    """

    verdict: Verdict
    condemning: tuple[Reason, ...]
    doubting: tuple[Reason, ...]
    warning: tuple[Reason, ...]
    notes: tuple[Reason, ...]
    limits: tuple[LimitFigures, ...]
    exposure: Exposure
    uncounted: tuple[UncountedProbe, ...] = ()

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All reasons, worst first."""
        return self.condemning + self.doubting + self.warning + self.notes

    @property
    def reason_codes(self) -> list[str]:
        """The codes of the reasons, each once, in a fixed order: with the verdict, what history tells changes of."""
        return sorted({reason.code for reason in self.reasons})


def judge(
    exposure: Exposure,
    profile: Profile,
    *,
    life_start_known: bool = True,
    behind_since_us: int | None = None,
    clocks: str | None = None,
    uncalibrated: spans.Spans = spans.NONE,
    without_range: Sequence[str] = (),
    lost_before: Sequence[Reason] = (),
    uncounted: Sequence[UncountedProbe] = (),
) -> Judgement:
    """The verdict on an exposure.

    Args:
        behind_since_us: since when readings wait for the evaluator, if they have waited too long; a verdict better
            than `unproven` is then not given: a dead evaluator must not leave an answer that looks fine.
        clocks: how the clocks of the service disagree, if they do; likewise.
        uncalibrated: measured time without a valid calibration; told where the verdict hangs on how warm it was.
        without_range: loggers that measured the lot and of which it is not recorded what they can show.
        lost_before: why it was out of limits before the life that is judged.
        uncounted: probes that count for nothing where it was and nobody measured it; told before what follows of that.
    """
    nonviable = list(lost_before)
    unproven: list[Reason] = []
    at_risk: list[Reason] = []
    notes: list[Reason] = []
    limits = tuple(figures(found) for found in exposure.limits)
    for found, used in zip(exposure.limits, limits, strict=True):
        condemns = found.limit.effect is Effect.CONDEMNS
        over = reasons.certainly_over(found, used) if condemns else []
        nonviable += over
        if condemns and not over:
            unproven += reasons.possibly_over(found, used, exposure)
        if not over:
            at_risk += reasons.budget_warnings(found, used, profile)
        if not condemns and used.certain_us:
            notes.append(reasons.was_beyond(found, used))
    if exposure.thaw is not None:
        condemns = exposure.thaw.rule.effect is Effect.CONDEMNS
        over = reasons.thawed_too_often(exposure.thaw)
        (nonviable if condemns else at_risk).extend(over)
        if condemns and not over:
            unproven += reasons.possibly_thawed_too_often(exposure.thaw)
        if not over:
            at_risk += reasons.thaws_nearly_used(exposure.thaw, profile)
    unproven += reasons.no_condemning_limit(profile) + reasons.not_judged_yet(exposure)
    unproven = unproven or reasons.never_measured(exposure)
    if unproven:
        unproven = uncounted_reasons(uncounted) + unproven
    if unproven and len(exposure.unplaced):
        unproven.append(reasons.in_no_container(exposure))
    if not life_start_known:
        unproven.append(Reason("history_before_unknown", REASON_CODES["history_before_unknown"], Severity.CRITICAL))
    unproven += _not_now(behind_since_us, clocks)
    verdict = _worst(nonviable, unproven, at_risk)
    if verdict is Verdict.VIABLE:
        notes.insert(0, reasons.within_limits(limits))
    notes += reasons.lacks_calibration(uncalibrated, limits, profile)
    notes += reasons.range_unknown(without_range)
    return Judgement(
        verdict, tuple(nonviable), tuple(unproven), tuple(at_risk), tuple(notes), limits, exposure, tuple(uncounted)
    )


def _not_now(behind_since_us: int | None, clocks: str | None) -> list[Reason]:
    """Why the service itself can give no good answer now."""
    found = []
    if behind_since_us is not None:
        found.append(Reason("evaluator_behind", REASON_CODES["evaluator_behind"], Severity.CRITICAL, behind_since_us))
    if clocks is not None:
        text = f"The clocks of this service disagree, so nobody knows until when it was measured: {clocks}."
        found.append(Reason(CLOCKS_DISAGREE, text, Severity.CRITICAL))
    return found


def _worst(nonviable: Sequence[Reason], unproven: Sequence[Reason], at_risk: Sequence[Reason]) -> Verdict:
    if nonviable:
        return Verdict.NONVIABLE
    if unproven:
        return Verdict.UNPROVEN
    return Verdict.AT_RISK if at_risk else Verdict.VIABLE
