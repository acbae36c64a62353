"""The figures beside a verdict: how cold and how warm it was, and in the mean, as far as that was measured."""

from collections.abc import Sequence

import numpy as np
import pytest

from service.domain.exposure.evidence import Course, Temperatures, temperatures
from service.domain.instant import SECOND_US
from service.domain.profiles import CRYO_80
from service.domain.series.bounded import Bound, Bounded
from service.domain.series.quality import Quality

_MINUTE_US = 60 * SECOND_US


def course(sent: Sequence[float | str], range_max_c: float | None = 0.0, range_min_c: float | None = -100.0) -> Course:
    """A probe that measured once a minute; words are qualities."""
    numbers = np.array([np.nan if isinstance(x, str) else x for x in sent], dtype=np.float64)
    qualities = np.array([Quality[x] if isinstance(x, str) else Quality.OK for x in sent], dtype=np.int16)
    times_us = np.arange(len(sent), dtype=np.int64) * _MINUTE_US
    return Course("freezer", 1, times_us, numbers, qualities, range_min_c, range_max_c)


def told(*courses: Course) -> Temperatures:
    """Of a lot in one freezer with these probes."""
    return temperatures([courses], CRYO_80)


def test_hi_is_the_warmest_and_in_no_mean() -> None:
    """Half a freezer's day was above its logger's range: at least 0 °C, and the mean says what it leaves out."""
    found = told(course([-80, -80, "HI", "HI", -80, -80]))
    assert (found.minimum, found.maximum) == (Bounded(-80), Bounded(0.0, Bound.AT_LEAST))
    assert (found.readings, found.without_number) == (6, 2)
    assert found.mean_c == pytest.approx(-80)
    assert found.mean_kinetic_c == pytest.approx(-80)
    assert found.left_out_us == 3 * _MINUTE_US


def test_no_line_is_drawn_through_hi_as_if_it_had_not_been_sent() -> None:
    """−80, HI, −20: nobody knows what it was between; a broken wire between the same two leaves a straight line."""
    found = told(course([-80, "HI", -20]))
    assert (found.mean_c, found.mean_kinetic_c, found.left_out_us) == (None, None, 2 * _MINUTE_US)
    faulty = told(course([-80, "FAULT", -20]))
    assert (faulty.mean_c, faulty.left_out_us) == (pytest.approx(-50), 0)


def test_of_a_range_nobody_knows_no_extreme_is_proven() -> None:
    """HI of a logger whose range was not recorded: the warmest number beside it is no maximum."""
    found = told(course([-80, "HI", -70, "LO"], None, None))
    assert found.maximum == Bounded(None, Bound.AT_LEAST)
    assert found.minimum == Bounded(None, Bound.AT_MOST)


def test_the_probe_that_says_hi_is_the_warmest() -> None:
    """One probe says HI all day and the other −80 °C: no mean of the cold one is told as the lot's."""
    found = told(course([-80] * 4), course(["HI"] * 4, None))
    assert (found.mean_c, found.mean_kinetic_c, found.left_out_us) == (None, None, 3 * _MINUTE_US)
    # LO is colder than what the other shows.
    assert told(course([-80] * 4), course(["LO"] * 4, range_min_c=None)).mean_c == pytest.approx(-80)
    # Once HI in a while does not make it the warmest, unless that alone does.
    assert told(course([-80, -80, -80]), course([-90, "HI", -90], -60.0)).mean_c == pytest.approx(-80)
    assert told(course([-80, -80, -80]), course([-90, "HI", -90], 40.0)).mean_c is None


def test_a_number_that_cannot_be_is_no_extreme() -> None:
    """A garbled 637 °C is neither the warmest nor in the mean."""
    found = told(course([-80, "IMPOSSIBLE", -80, -79]))
    assert (found.maximum, found.left_out_us) == (Bounded(-79), 2 * _MINUTE_US)


def test_nothing_measured_is_nothing_told() -> None:
    """A lot without a probe, or with one that never said anything, has no figures."""
    for found in (temperatures([], CRYO_80), told(course([])), told(course(["FAULT", "MISSING"]))):
        assert (found.minimum, found.maximum, found.mean_c, found.mean_kinetic_c) == (None,) * 4
        assert found.left_out_us == 0
