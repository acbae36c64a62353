"""Spans of series as loggers send them, by hand."""

import numpy as np

from service.domain.instant import END_US, SECOND_US
from service.domain.profiles import Direction
from service.domain.series.crossings import Tracks, judged, together
from service.domain.series.quality import Quality
from service.domain.series.track import Track, held, track

ABOVE_60 = (Direction.ABOVE, -60.0)


def plain(values_c: list[float], from_s: int = 0) -> Track:
    """Numbers, a second apart."""
    values = np.array(values_c)
    return Track((np.arange(len(values)) + from_s) * SECOND_US, values, values)


def test_a_series_that_ends_warm_says_nothing_of_the_next_that_begins_warm() -> None:
    """Two freezers, one warm last and the other warm first, at the same instant: two excursions, not one."""
    found = judged(together([plain([-80, -40]), plain([-40, -80], from_s=1)]), [ABOVE_60], SECOND_US)
    certain = found.beyond[0].certain
    assert certain.of(0).tolist() == [[500_000, 1_000_000]]
    assert certain.of(1).tolist() == [[1_000_000, 1_500_000]]


def test_loggers_without_readings_are_found_nothing_of() -> None:
    """Probes that never spoke, first, last and in between, shift nothing."""
    silent = plain([])
    found = judged(
        together([silent, plain([-80, -40]), silent, silent, plain([-40, -40]), silent]), [ABOVE_60], SECOND_US
    )
    assert found.beyond[0].certain.starts.tolist() == [0, 0, 1, 1, 1, 2, 2]
    assert found.holes.starts.tolist() == [0] * 7


def test_no_series_at_all() -> None:
    """A container without loggers has neither holes nor excursions."""
    found = judged(together([]), [ABOVE_60], SECOND_US)
    assert len(found.holes.pairs) == 0
    assert found.beyond[0].possible.starts.tolist() == [0]


def test_a_lone_reading_between_two_holes_covers_nothing() -> None:
    """One warm reading, an hour from its neighbours: who knows for how long? It is one hole, and no excursion."""
    times_us = np.array([0, 3600, 7200]) * SECOND_US
    values = np.array([-80.0, -40.0, -80.0])
    found = judged(together([Track(times_us, values, values)]), [ABOVE_60], SECOND_US)
    assert found.holes.of(0).tolist() == [[0, 7200 * SECOND_US]]
    assert len(found.beyond[0].certain.pairs) == 0


def test_numbers_are_judged_once_for_both_bounds() -> None:
    """Certain and possible are one where no reading is HI or LO, whatever window it is looked at through."""
    times_us = np.arange(5) * SECOND_US
    temperatures_c = np.array([-80.0, -50.0, -50.0, -80.0, -80.0])
    numbers = track(times_us, temperatures_c, np.zeros(5, np.int16), None, None)
    for readings in (numbers, held(numbers, -SECOND_US, END_US, SECOND_US)):
        tracks = together([readings, readings])
        assert tracks.low_c is tracks.high_c
        beyond = judged(tracks, [ABOVE_60], SECOND_US).beyond[0]
        assert beyond.certain is beyond.possible
    hi = track(times_us, temperatures_c, np.array([0, Quality.HI, 0, 0, 0], np.int16), None, -40.0)
    beyond = judged(together([numbers, hi]), [(Direction.ABOVE, -30.0)], SECOND_US).beyond[0]
    assert [len(beyond.certain.of(0)), len(beyond.possible.of(0))] == [0, 0]
    assert [len(beyond.certain.of(1)), len(beyond.possible.of(1))] == [0, 1]


def test_readings_judged_in_place_are_left_as_they_were() -> None:
    """Judging reads; a caller's readings stay what they were."""
    values = np.array([-80.0, -40.0, -80.0])
    times_us = np.array([0, 1, 2]) * SECOND_US
    tracks = Tracks(times_us, values, values, np.array([0, 3]))
    for array in (times_us, values, tracks.starts):
        array.setflags(write=False)
    once, again = (judged(tracks, [ABOVE_60, (Direction.BELOW, -70.0)], SECOND_US, block=1) for _ in range(2))
    assert once.beyond[0].certain.pairs.tolist() == again.beyond[0].certain.pairs.tolist() == [[500_000, 1_500_000]]
    assert once.beyond[1].certain.pairs.tolist() == [[0, 250_000], [1_750_000, 2_000_000]]
