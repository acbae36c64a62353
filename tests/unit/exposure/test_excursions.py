"""Excursions as people are shown them."""

import numpy as np
import pytest

from service.domain.exposure.container import Watch, judge_container, thresholds_of
from service.domain.exposure.excursions import Ended, Excursion, Watched, excursions
from service.domain.exposure.lot import Stay, expose
from service.domain.instant import END_US, SECOND_US
from service.domain.profiles import Direction, Effect, Limit, Profile
from service.domain.series.bounded import Bound, Bounded
from service.domain.series.quality import Quality
from service.domain.series.track import track
from service.domain.spans import ALWAYS, spans, total_us

MINUTE_US = 60 * SECOND_US
ABOVE_60 = Limit(Direction.ABOVE, -60.0, Effect.CONDEMNS, budget_s=3_600)
PROFILE = Profile("p", 1, "P", (ABOVE_60,), max_gap_s=600)
BELOW_2 = Profile("p", 1, "P", (Limit(Direction.BELOW, 2.0, Effect.CONDEMNS, budget_s=3_600),), max_gap_s=600)

Sent = float | str | None


def probe(
    celsius: list[Sent],
    until_us: int = END_US,
    range_max_c: float | None = None,
    first: int = 0,
    range_min_c: float | None = None,
) -> Watch:
    """A probe that measured once a minute; None was not sent."""
    sent = [((first + i) * MINUTE_US, x) for i, x in enumerate(celsius) if x is not None]
    readings = track(
        np.array([t for t, _ in sent], dtype=np.int64),
        np.array([np.nan if isinstance(x, str) else x for _, x in sent], dtype=np.float64),
        np.array([Quality[x] if isinstance(x, str) else Quality.OK for _, x in sent], dtype=np.int16),
        range_min_c,
        range_max_c,
    )
    return Watch(readings, 0, until_us)


def shown(*probes: Watch, minutes: float, profile: Profile = PROFILE, life_until_us: int = END_US) -> list[Excursion]:
    """The excursions of a lot in one container watched by these probes, so many minutes into its life."""
    record = judge_container(probes, thresholds_of([profile]), profile.max_gap_s)
    now_us = round(minutes * MINUTE_US)
    exposure = expose(0, life_until_us, [Stay("F", 0, END_US)], {"F": record}, profile, now_us=now_us)
    found = excursions(exposure, [Watched(ALWAYS, END_US, probes)], profile, now_us=now_us)
    assert sum(one.certain_us for one in found) == total_us(exposure.limits[0].certain)
    return found


def test_an_excursion_starts_and_ends_at_the_crossing() -> None:
    """−70 to −50 in a minute is above −60 after half of it; the peak, and 10 degrees for a minute, are told."""
    [found] = shown(probe([-70, -50, -50, -70]), minutes=3)
    assert (found.from_us, found.until_us) == (30 * SECOND_US, 150 * SECOND_US)
    assert (found.certain_us, found.crossings, found.peak) == (120 * SECOND_US, 1, Bounded(-50))
    assert found.degree_minutes == pytest.approx(10 * 1 + 2 * (10 * 0.5 / 2))
    assert found.degree_minutes_is is Bound.EXACT
    assert found.ended is Ended.RECOVERED


def test_too_cold_has_its_peak_at_the_coldest() -> None:
    """A refrigerator that froze is told with its coldest reading."""
    [found] = shown(probe([4, 0, -1, 4]), minutes=3, profile=BELOW_2)
    assert found.peak == Bounded(-1)
    assert found.degree_minutes == pytest.approx(0.5 * 2 / 2 + (2 + 3) / 2 + 0.6 * 3 / 2)


def test_flutter_is_one_excursion_and_is_charged_as_it_was() -> None:
    """A freezer that hangs at its limit for ten minutes is one event, not five; its cold half minutes stay free."""
    [found] = shown(probe([-70, *[-59.5, -60.5] * 5, -70]), minutes=11)
    assert found.crossings == 5
    assert found.certain_us < found.until_us - found.from_us


def test_what_came_back_by_more_than_a_degree_has_come_back() -> None:
    """A freezer that cooled down between two openings of its door had two excursions."""
    assert len(shown(probe([-70, -55, -61.5, -55, -70]), minutes=4)) == 2
    assert len(shown(probe([-70, -55, -61.0, -55, -70]), minutes=4)) == 1


def test_two_hours_just_below_the_limit_are_no_flutter() -> None:
    """What was warm in the morning and is warm again in the afternoon is told as two events."""
    assert len(shown(probe([-70, -59, *[-60.5] * 59, -59, -70]), minutes=63)) == 1
    assert len(shown(probe([-70, -59, *[-60.5] * 120, -59, -70]), minutes=124)) == 2


def test_two_probes_hot_in_turn_are_one_excursion() -> None:
    """While the top shelf cools down the bottom one is still warm: the freezer has not come back."""
    top, bottom = probe([-70, -50, -70, -70, -70]), probe([-70, -70, -60.5, -50, -70])
    [one, other] = shown(top, bottom, minutes=4)
    assert one.ended is other.ended is Ended.RECOVERED
    [found] = shown(top, probe([-70, -60.5, -60.5, -50, -70]), minutes=4)
    assert found.crossings == 2


def test_a_hole_is_never_bridged() -> None:
    """Warm before the silence and warm after it: what was in between, nobody knows, so it is not told as one."""
    before, after = shown(probe([-70, -59, *[None] * 15, -59, -70]), minutes=18)
    assert (before.ended, after.ended) == (Ended.UNKNOWN, Ended.RECOVERED)
    assert (before.until_us, after.from_us) == (MINUTE_US, 17 * MINUTE_US)


def test_an_excursion_is_open_until_its_logger_falls_silent() -> None:
    """While it lasts it has no end; then, unmeasured for too long, it ended at the last reading, unknown how."""
    assert shown(probe([-70, -50, -50]), minutes=2)[0].ended is None
    assert shown(probe([-70, -50, -50]), minutes=12)[0].ended is None
    [silent] = shown(probe([-70, -50, -50]), minutes=12.01)
    assert (silent.ended, silent.until_us) == (Ended.UNKNOWN, 2 * MINUTE_US)


def test_a_second_logger_does_not_end_the_excursion_of_one_that_fell_silent() -> None:
    """The cold probe at the bottom says nothing about the warm shelf at the top."""
    bottom = probe([-70] * 41)
    assert shown(probe([-70, -50, -50]), bottom, minutes=5)[0].ended is None
    assert shown(probe([-70, -50, -50]), bottom, minutes=40)[0].ended is Ended.UNKNOWN
    assert shown(probe([-70, -50, -50], until_us=3 * MINUTE_US), bottom, minutes=5)[0].ended is Ended.UNKNOWN


def test_a_lot_moved_out_of_a_warm_freezer_recovers_in_a_cold_one() -> None:
    """The alarm of the freezer goes on; the excursion of the lot is over, unless nobody measured it since."""
    warm, cold = probe([-70, *[-50] * 10]), probe([-70] * 11)
    records = {"W": judge_container([warm], thresholds_of([PROFILE]), 600)}
    records["C"] = judge_container([cold], thresholds_of([PROFILE]), 600)
    moved_us, now_us = 5 * MINUTE_US, 10 * MINUTE_US
    for stays, ended in (
        ([Stay("W", 0, moved_us), Stay("C", moved_us, END_US)], Ended.RECOVERED),
        ([Stay("W", 0, moved_us)], Ended.UNKNOWN),
    ):
        exposure = expose(0, END_US, stays, records, PROFILE, now_us=now_us)
        [found] = excursions(exposure, [Watched(spans([(0, moved_us)]), moved_us, [warm])], PROFILE, now_us=now_us)
        assert (found.until_us, found.ended) == (moved_us, ended)


def test_a_life_that_ended_warm_did_not_recover() -> None:
    """A vial used up while its box was warm never came back."""
    [found] = shown(probe([-70, *[-50] * 10]), minutes=10, life_until_us=5 * MINUTE_US)
    assert (found.until_us, found.ended) == (5 * MINUTE_US, Ended.UNKNOWN)


def test_beyond_the_range_of_the_logger_the_least_is_told() -> None:
    """HI of a logger that reaches −40 °C: at least −40, and at least that area."""
    [found] = shown(probe([-70, -50, "HI", -50, -70], range_max_c=-40), minutes=4)
    assert found.peak == Bounded(-40, Bound.AT_LEAST)
    assert found.degree_minutes == pytest.approx(2 * 2.5 + 2 * 15)
    assert found.degree_minutes_is is Bound.AT_LEAST


def test_a_refrigerator_colder_than_its_logger_can_show_is_told_as_at_most() -> None:
    """LO of a logger that reaches −5 °C: it froze to −5 or colder."""
    [found] = shown(probe([4, 0, "LO", 0, 4], range_min_c=-5), minutes=4, profile=BELOW_2)
    assert found.peak == Bounded(-5, Bound.AT_MOST)
    assert found.degree_minutes_is is Bound.AT_LEAST


@pytest.mark.parametrize("doubted", ["HI", "IMPOSSIBLE", 20.0])
def test_a_peak_beside_a_reading_that_proves_nothing_is_not_told_as_if_it_were_the_highest(doubted: Sent) -> None:
    """HI of a logger without a range, a number that no probe shows, a lone jump: it may have been warmer than −50."""
    [found] = shown(probe([-70, -50, -50, -50, -70]), probe([-70, -70, doubted, -70, -70]), minutes=4)
    assert found.peak == Bounded(-50, Bound.AT_LEAST, disputed=True)
    assert found.degree_minutes_is is Bound.AT_LEAST


def test_an_excursion_ends_where_its_only_probe_proves_nothing() -> None:
    """What the stretch before proves is exact; the reading that proves nothing is told as possibly beyond."""
    before, after = shown(probe([-70, -50, -50, "HI", -50, -45, -70]), minutes=6)
    assert (before.peak, after.peak) == (Bounded(-50), Bounded(-45))


def test_what_is_beyond_the_other_end_leaves_the_peak_as_it_is() -> None:
    """A freezer that was warm, and then colder than its logger can show: how warm it was is known."""
    warm, *_ = shown(probe([-70, -50, -70, "LO", -70], range_min_c=-100), minutes=4)
    assert (warm.peak, warm.degree_minutes_is) == (Bounded(-50), Bound.EXACT)


def test_a_probe_that_says_hi_makes_the_number_of_another_the_least() -> None:
    """At the top the logger shows HI, above −40 °C; at the bottom another shows −30 °C: at least that."""
    top, bottom = probe([-70, "HI", "HI", -70], range_max_c=-40), probe([-70, -30, -30, -70])
    [found] = shown(top, bottom, minutes=3)
    assert found.peak == Bounded(-30, Bound.AT_LEAST)


def test_what_follows_cannot_be_told_from_a_reading_that_proves_nothing() -> None:
    """HI of a logger whose range nobody wrote down: it may still be warm."""
    [found] = shown(probe([-70, -50, -50, "HI", "HI"]), minutes=4)
    assert (found.until_us, found.ended) == (2 * MINUTE_US, Ended.UNKNOWN)
