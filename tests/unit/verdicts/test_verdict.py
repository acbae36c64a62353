"""Verdicts on single lots: the cases a person would try first."""

from dataclasses import replace

import numpy as np
import pytest

from service.domain.answers.answer import Answer
from service.domain.exposure.container import Record, Watch, judge_container, thresholds_of
from service.domain.exposure.lot import Exposure, Stay, expose
from service.domain.instant import END_US, SECOND_US
from service.domain.profiles import CRYO_80, Direction, Effect, Limit, Profile
from service.domain.series.track import track
from service.domain.verdicts.verdict import Judgement, Verdict, judge
from tests.papers import by_temperature

MINUTE_US = 60 * SECOND_US
COLD_C, WARM_C = -80.0, -40.0
#: Halfway from COLD_C to WARM_C, where CRYO_80 has its limit: a rise and a fall in the same minute cancel out.
LIMIT_C = -60.0


def freezer(celsius: list[float | None], step_us: int = MINUTE_US, profile: Profile = CRYO_80) -> Record:
    """A freezer's record of one reading a minute; None was not sent."""
    sent = [(i * step_us, x) for i, x in enumerate(celsius) if x is not None]
    readings = track(
        np.array([t for t, _ in sent], dtype=np.int64),
        np.array([x for _, x in sent], dtype=np.float64),
        np.zeros(len(sent), dtype=np.int16),
        None,
        None,
    )
    return judge_container([Watch(readings, 0, END_US)], thresholds_of([profile]), profile.max_gap_s)


def exposed(record: Record, now_us: int, profile: Profile = CRYO_80) -> Exposure:
    """A lot in that freezer since the beginning."""
    return expose(0, END_US, [Stay("F1", 0, END_US)], {"F1": record}, profile, now_us=now_us)


def judged(celsius: list[float | None], profile: Profile = CRYO_80) -> Judgement:
    """The verdict at the last reading."""
    record = freezer(celsius, profile=profile)
    return judge(exposed(record, (len(celsius) - 1) * MINUTE_US, profile), profile)


def codes(judgement: Judgement) -> list[str]:
    """Its reasons' codes."""
    return [reason.code for reason in judgement.reasons]


def warm_for(minutes: int) -> list[float | None]:
    """A freezer that is above −60 °C for exactly so many minutes, and then cold again."""
    return [COLD_C, COLD_C, *[WARM_C] * minutes, COLD_C, COLD_C]


@pytest.mark.parametrize(
    ("minutes", "verdict", "answer", "first"),
    [
        (0, Verdict.VIABLE, Answer.USABLE, "within_limits"),
        (29, Verdict.VIABLE, Answer.USABLE, "within_limits"),
        (30, Verdict.AT_RISK, Answer.USABLE, "budget_low"),
        (60, Verdict.AT_RISK, Answer.USABLE, "budget_low"),
        (61, Verdict.NONVIABLE, Answer.DO_NOT_USE, "limit_exceeded"),
    ],
)
def test_an_hour_above_the_limit(minutes: int, verdict: Verdict, answer: Answer, first: str) -> None:
    """An hour above −60 °C is allowed to the last second; half of it is a warning, and a minute more condemns."""
    judgement = judged(warm_for(minutes))
    assert judgement.limits[0].certain_us == minutes * MINUTE_US
    assert judgement.limits[0].remaining_us == max(0, 60 - minutes) * MINUTE_US
    assert (judgement.verdict, by_temperature(judgement).answer, judgement.reasons[0].code) == (verdict, answer, first)


def test_one_microsecond_over_the_budget_condemns() -> None:
    """What is allowed is allowed exactly: the next microsecond is too much."""
    at_budget = exposed(freezer([WARM_C] * 61), 60 * MINUTE_US)
    over = exposed(freezer([WARM_C] * 62), 60 * MINUTE_US + 1)
    assert judge(at_budget, CRYO_80).verdict is Verdict.AT_RISK
    judgement = judge(over, CRYO_80)
    assert judgement.verdict is Verdict.NONVIABLE
    assert judgement.limits[0].exceeded_at_us == judgement.reasons[0].since_us == 60 * MINUTE_US


def test_hours_add_up_over_a_life() -> None:
    """Two half hours a week apart are an hour."""
    judgement = judged([*warm_for(31), *[COLD_C] * 600, *warm_for(30)])
    assert judgement.verdict is Verdict.NONVIABLE
    assert judgement.limits[0].certain_us == 61 * MINUTE_US
    assert judgement.limits[0].longest_certain_us == 31 * MINUTE_US


def test_at_risk_since_the_share_was_reached() -> None:
    """The warning says when half of the hour was gone: here after 30 minutes of a rise that began at 1.5 min."""
    reason = judged(warm_for(40)).reasons[0]
    assert reason.code == "budget_low"
    assert reason.since_us == 90 * SECOND_US + 30 * MINUTE_US
    assert judged(warm_for(30)).reasons[0].since_us == 90 * SECOND_US + 30 * MINUTE_US


def test_a_lot_in_a_warm_freezer_is_at_risk_at_once() -> None:
    """Staff must hear while it can still be mended: the first warm minute makes a lot at risk, not the thirtieth."""
    judgement = judged([COLD_C, COLD_C, WARM_C])
    assert judgement.verdict is Verdict.AT_RISK
    assert codes(judgement) == ["beyond_now"]
    assert judgement.reasons[0].since_us == 90 * SECOND_US


def test_a_lot_put_into_a_warm_freezer_is_beyond_since_it_came() -> None:
    """The freezer has been warm for an hour, the lot for a minute."""
    record = freezer([WARM_C] * 61)
    came_us, now_us = 59 * MINUTE_US, 60 * MINUTE_US
    exposure = expose(came_us, END_US, [Stay("F1", came_us, END_US)], {"F1": record}, CRYO_80, now_us=now_us)
    assert exposure.limits[0].beyond_since_us == came_us
    later_us = 61 * MINUTE_US
    moved = [Stay("F2", 0, now_us + 1), Stay("F1", now_us + 1, later_us), Stay("F1", later_us, END_US)]
    records = {"F1": record, "F2": freezer([COLD_C] * 62)}
    assert expose(0, END_US, moved, records, CRYO_80, now_us=later_us).limits[0].beyond_since_us == now_us + 1
    # What it went through elsewhere, long before, is another story.
    records = {"F1": freezer([*[COLD_C] * 30, *[WARM_C] * 32]), "F2": freezer([*warm_for(5), *[COLD_C] * 60])}
    assert expose(0, END_US, moved, records, CRYO_80, now_us=later_us).limits[0].beyond_since_us == now_us + 1


def test_used_lots_are_not_beyond_a_limit_now() -> None:
    """A vial that was used is not in the freezer that warmed up afterwards."""
    record = freezer([COLD_C, COLD_C, WARM_C])
    exposure = expose(0, MINUTE_US, [Stay("F1", 0, END_US)], {"F1": record}, CRYO_80, now_us=2 * MINUTE_US)
    assert judge(exposure, CRYO_80).verdict is Verdict.VIABLE


def test_a_hole_is_not_proven_and_late_readings_mend_it() -> None:
    """Two hours without readings could hide anything; when the logger delivers them, the lot is fine again."""
    with_hole = judged([COLD_C, *[None] * 119, COLD_C])
    assert with_hole.verdict is Verdict.UNPROVEN
    assert by_temperature(with_hole).answer is Answer.NOT_PROVEN
    assert codes(with_hole) == ["limit_possibly_exceeded"] * 2
    assert with_hole.limits[0].certain_us == 0
    assert with_hole.limits[0].possible_us == 120 * MINUTE_US
    assert judged([COLD_C] * 121).verdict is Verdict.VIABLE


def test_a_short_hole_uses_what_may_have_been_used() -> None:
    """Twenty minutes nobody measured hide no hour above −60 °C, but they may hide five minutes above −20 °C."""
    judgement = judged([COLD_C, *[None] * 19, COLD_C])
    assert judgement.verdict is Verdict.UNPROVEN
    assert len(judgement.reasons) == 1
    assert "−20 °C" in judgement.reasons[0].text


def test_a_proven_excursion_outweighs_a_hole() -> None:
    """Readings that will never come cannot save a lot that is known to have been warm for too long."""
    judgement = judged([*warm_for(61), *[None] * 300, COLD_C])
    assert judgement.verdict is Verdict.NONVIABLE
    assert codes(judgement) == ["limit_exceeded", "limit_possibly_exceeded"]


def test_time_in_no_container_is_named() -> None:
    """A lot on nobody's shelf was measured by nobody."""
    record = freezer([COLD_C] * 100)
    stays = [Stay("F1", 0, 10 * MINUTE_US), Stay("F1", 20 * MINUTE_US, END_US)]
    judgement = judge(expose(0, END_US, stays, {"F1": record}, CRYO_80, now_us=99 * MINUTE_US), CRYO_80)
    assert codes(judgement) == ["limit_possibly_exceeded", "in_no_container"]
    assert judgement.reasons[1].since_us == 10 * MINUTE_US


def test_a_longest_run_is_judged_by_itself() -> None:
    """Forty minutes in two pieces may be fine where half an hour at a stretch is not."""
    profile = replace(CRYO_80, limits=(Limit(Direction.ABOVE, LIMIT_C, Effect.CONDEMNS, None, single_s=1_800),))
    pieces = judged([*warm_for(20), *warm_for(20)], profile)
    assert codes(pieces) == ["budget_low"]
    # Twenty of thirty minutes: at risk since fifteen of the first run.
    assert pieces.reasons[0].since_us == 90 * SECOND_US + 15 * MINUTE_US
    stretch = judged([*warm_for(20), *warm_for(31)], profile)
    assert codes(stretch) == ["single_run_exceeded"]
    assert stretch.reasons[0].since_us == stretch.limits[0].exceeded_at_us


@pytest.mark.parametrize(("minutes", "verdict"), [(14, Verdict.VIABLE), (15, Verdict.AT_RISK), (31, Verdict.AT_RISK)])
def test_what_warns_never_condemns_nor_is_forgotten(minutes: int, verdict: Verdict) -> None:
    """A warning limit used up is at least as worrying as one half used; it never makes a lot unusable."""
    condemning = Limit(Direction.ABOVE, 30.0, Effect.CONDEMNS, 36_000)
    profile = replace(CRYO_80, limits=(Limit(Direction.ABOVE, LIMIT_C, Effect.WARNS, 1_800), condemning))
    judgement = judged(warm_for(minutes), profile)
    assert judgement.verdict is verdict
    assert by_temperature(judgement).answer is Answer.USABLE
    assert "was_beyond" in codes(judgement)
    assert judged([COLD_C, COLD_C, *[None] * 300, COLD_C], profile).verdict is Verdict.VIABLE


def test_too_cold_is_told_and_does_not_condemn() -> None:
    """Below −90 °C a probe may be off or a compressor stuck; frozen exosomes do not mind."""
    judgement = judged([COLD_C, -95.0, *[-95.0] * 300, COLD_C, COLD_C])
    assert judgement.verdict is Verdict.VIABLE
    assert codes(judgement) == ["within_limits", "was_beyond"]
    assert judgement.exposure.parts.below_us > 300 * MINUTE_US
    assert judged([COLD_C, -95.0]).verdict is Verdict.AT_RISK


def test_a_steady_warm_freezer_is_judged_without_a_murmur() -> None:
    """Two equal readings above a limit cross nothing, and divide nothing by nothing."""
    judgement = judged([WARM_C, WARM_C, WARM_C])
    assert judgement.limits[0].certain_us == 2 * MINUTE_US
