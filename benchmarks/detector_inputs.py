"""Readings such as loggers send, many at a time: what the detector's benchmark judges."""

import numpy as np
from numpy.typing import NDArray

from service.domain.series.crossings import Tracks

MINUTE_US = 60_000_000

#: What a freezer of the benchmark is held at, and the limit it is judged by.
HELD_C = -80.0
LIMIT_C = -60.0

#: An excursion rises from −80 °C to −40 °C and returns, half a sine; two thirds of it lie above −60 °C.
EXCURSION_READINGS = 75
EXCURSION_C = 40.0
#: One such in so many readings: 1 % of them beyond.
READINGS_AN_EXCURSION = 5_000

#: Mean distance of holes, in readings, and how long one lasts.
READINGS_A_HOLE = 4_000
HOLE_US = 120 * MINUTE_US


def times_us(series: int, readings: int, chance: np.random.Generator) -> NDArray[np.int64]:
    """A reading a minute, give or take two seconds, with a hole now and then; shape (series * readings,)."""
    minutes = np.tile(np.arange(readings, dtype=np.int64) * MINUTE_US, (series, 1))
    minutes += chance.integers(-2_000_000, 2_000_000, minutes.shape)
    minutes += np.cumsum(chance.random(minutes.shape) < 1 / READINGS_A_HOLE, axis=1) * HOLE_US
    # Each logger was started when it was started: a series may begin before the one in front of it ends.
    minutes += chance.integers(0, 30 * 24 * 60, (series, 1)) * MINUTE_US
    return minutes.reshape(-1)


def rare_c(count: int, chance: np.random.Generator) -> NDArray[np.float64]:
    """A freezer that cycles by a kelvin and is opened now and then; 1 % of the readings above −60 °C."""
    values_c = HELD_C + np.sin(np.arange(count) / 5) + chance.normal(0, 0.2, count)
    rise_c = EXCURSION_C * np.sin(np.linspace(0, np.pi, EXCURSION_READINGS))
    starts = np.arange(0, count - READINGS_AN_EXCURSION + 1, READINGS_AN_EXCURSION)
    starts += chance.integers(0, READINGS_AN_EXCURSION - EXCURSION_READINGS, len(starts))
    values_c[starts[:, None] + np.arange(EXCURSION_READINGS)] += rise_c
    return values_c


def dense_c(count: int, chance: np.random.Generator) -> NDArray[np.float64]:
    """Every line crosses −60 °C, by steps too small to be taken for spikes."""
    return LIMIT_C + np.where(np.arange(count) % 2, 15.0, -15.0) + chance.normal(0, 1, count).clip(-4, 4)


def numbers(series: int, times: NDArray[np.int64], values_c: NDArray[np.float64]) -> Tracks:
    """As many series of equal length, all readings numbers."""
    return Tracks(times, values_c, values_c, np.linspace(0, len(times), series + 1).astype(np.int64))


def with_hi(tracks: Tracks, range_max_c: float) -> Tracks:
    """The same readings of loggers that say HI from `range_max_c` on: two bounds, in two arrays."""
    hi = tracks.low_c >= range_max_c
    low_c = np.where(hi, range_max_c, tracks.low_c)
    return Tracks(tracks.times_us, low_c, np.where(hi, np.inf, tracks.low_c), tracks.starts)
