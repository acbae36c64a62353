"""Thaws as a limit of its own kind."""

from dataclasses import replace

import pytest

from service.domain import spans
from service.domain.answers.answer import Answer
from service.domain.exposure.container import Record, thresholds_of
from service.domain.exposure.lot import Stay, expose
from service.domain.instant import END_US, SECOND_US
from service.domain.profiles import CRYO_80, Direction, Effect, Limit, ThawRule
from service.domain.verdicts.verdict import Judgement, Verdict, judge
from tests.papers import by_temperature

MINUTE_US = 60 * SECOND_US
TWICE = ThawRule(threshold_c=-20.0, min_s=300, allowed=2, effect=Effect.CONDEMNS)


def judged(
    *thawed: tuple[float, float],
    gaps: tuple[tuple[float, float], ...] = (),
    rule: ThawRule = TWICE,
    limits: tuple[Limit, ...] = (),
) -> Judgement:
    """The verdict after ten hours in a freezer that was above −20 °C, or unmeasured, during these minutes."""
    profile = replace(CRYO_80, limits=limits, thaw=rule)
    now_us = 600 * MINUTE_US
    above, unmeasured = (
        spans.spans([(round(a * MINUTE_US), round(b * MINUTE_US)) for a, b in minutes]) for minutes in (thawed, gaps)
    )
    record = Record(dict.fromkeys(thresholds_of([profile]), above), {}, unmeasured, now_us)
    return judge(expose(0, END_US, [Stay("F", 0, END_US)], {"F": record}, profile, now_us=now_us), profile)


@pytest.mark.parametrize(
    ("thaws", "verdict", "code"),
    [
        (0, Verdict.VIABLE, "within_limits"),
        (1, Verdict.AT_RISK, "budget_low"),
        (2, Verdict.AT_RISK, "budget_low"),
        (3, Verdict.NONVIABLE, "thawed_too_often"),
    ],
)
def test_a_lot_may_thaw_so_often_and_no_more(thaws: int, verdict: Verdict, code: str) -> None:
    """Two thaws are allowed: half of them is a warning, the third condemns at the moment it counts as one."""
    judgement = judged(*[(100 * n, 100 * n + 10) for n in range(1, thaws + 1)])
    assert (judgement.verdict, judgement.reasons[0].code) == (verdict, code)
    if thaws == 3:
        assert by_temperature(judgement).answer is Answer.DO_NOT_USE
        assert judgement.reasons[0].since_us == 305 * MINUTE_US
        assert judgement.reasons[0].text == ("It thawed 3 times; twice is allowed (above −20 °C for more than 5 min).")


def test_a_short_rise_is_no_thaw_and_flutter_is_one() -> None:
    """Five minutes do not thaw a vial; a freezer that swings about the threshold thaws it once."""
    found = judged((10, 15), (100, 103), (104, 107), (108, 111), (115.9, 118)).exposure.thaw
    assert found is not None
    assert (len(found.certain_us), found.possible) == (1, 1)


def test_unmeasured_time_may_hide_thaws_but_joins_proven_ones() -> None:
    """Thawed, unmeasured, thawed: it may have stayed thawed, or have frozen and thawed as often as time allowed."""
    judgement = judged((100, 110), (200, 210), gaps=((110, 200),))
    found = judgement.exposure.thaw
    assert found is not None
    assert len(found.certain_us) == 1
    assert found.possible == 10
    assert (judgement.verdict, judgement.reasons[0].code) == (Verdict.UNPROVEN, "possibly_thawed_too_often")
    assert judgement.reasons[0].since_us == pytest.approx(130 * MINUTE_US, abs=2)


def test_a_rule_that_warns_never_condemns() -> None:
    """Where nobody knows how often is too often, staff are told and the lot may be used."""
    warns = replace(TWICE, allowed=0, effect=Effect.WARNS)
    condemns = Limit(Direction.ABOVE, -20.0, Effect.CONDEMNS, 36_000)
    judgement = judged((100, 110), gaps=((200, 600),), rule=warns, limits=(condemns,))
    assert (judgement.verdict, by_temperature(judgement).answer) == (Verdict.AT_RISK, Answer.USABLE)
    assert judgement.reasons[0].text == "It thawed once; that is not allowed (above −20 °C for more than 5 min)."


def test_a_threshold_of_thawing_is_watched_like_a_limit() -> None:
    """What is never looked at would be found never to have happened."""
    assert (Direction.ABOVE, -33.0) in thresholds_of([replace(CRYO_80, thaw=replace(TWICE, threshold_c=-33.0))])
