"""What a chart shows of a series: of each stretch of time the coldest, the warmest and the mean; no peak is lost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.domain.series.drawing import Outline


@dataclass(frozen=True, slots=True)
class Strip:
    """Stretches of time with usable readings; arrays of shape (n,), ascending.

    Attributes:
        first_us, last_us: the first and the last reading of each.
        coldest_c, warmest_c: −∞ is "LO", +∞ is "HI".
        sum_c, numbers: of the readings that have a number: NaN and 0 where none has.
        left_out: how many are "HI" or "LO": in no sum, so in no mean.
    """

    first_us: NDArray[np.int64]
    last_us: NDArray[np.int64]
    coldest_c: NDArray[np.float64]
    warmest_c: NDArray[np.float64]
    sum_c: NDArray[np.float64]
    numbers: NDArray[np.int64]
    left_out: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first_us)

    @property
    def mean_c(self) -> NDArray[np.float64]:
        """Of the numbers, each counting the same; NaN where there are none."""
        return self.sum_c / np.where(self.numbers > 0, self.numbers, np.nan)


NO_STRIP = Strip(*(np.empty(0, kind) for kind in (np.int64, np.int64, float, float, float, np.int64, np.int64)))


def of_readings(times_us: NDArray[np.int64], values_c: NDArray[np.float64]) -> Strip:
    """Each usable reading by itself. `values_c`, shape (n,): ±∞ beyond the logger's range, NaN where it is unusable."""
    usable = ~np.isnan(values_c)
    times_us, values_c = times_us[usable], values_c[usable]
    return Strip(times_us, times_us, values_c, values_c, *_sums(values_c))


def of_buckets(buckets: Outline, slope: float = 1.0, offset_c: float = 0.0) -> Strip:
    """Hours or days, as a calibration has them: `slope` · x + `offset_c`, of numbers alone; `slope` is positive."""
    usable = ~np.isnan(buckets.coldest_c)
    numbers = buckets.numbers[usable]
    coldest_c, warmest_c = (
        np.where(np.isfinite(raw_c), slope * raw_c + offset_c, raw_c)
        for raw_c in (buckets.coldest_c[usable], buckets.warmest_c[usable])
    )
    sum_c = np.where(numbers > 0, slope * buckets.sum_c[usable] + offset_c * numbers, 0.0)
    left_out = (buckets.hi + buckets.lo)[usable]
    return Strip(buckets.first_us[usable], buckets.last_us[usable], coldest_c, warmest_c, sum_c, numbers, left_out)


def after_each_other(strips: Sequence[Strip]) -> Strip:
    """Strips of one series, put in order of time."""
    if not strips:
        return NO_STRIP
    columns = [np.concatenate([getattr(strip, name) for strip in strips]) for name in Strip.__slots__]
    order = np.argsort(columns[0], kind="stable")
    return Strip(*(column[order] for column in columns))


def on_grid(strip: Strip, from_us: int, width_us: int) -> Strip:
    """Stretches that begin in the same `width_us` since `from_us`, as one."""
    return by(strip, (strip.first_us - from_us) // width_us)


def by(strip: Strip, kinds: NDArray[np.int64]) -> Strip:
    """Neighbours of the same kind, an array of shape (n,), as one stretch."""
    if len(strip) == 0:
        return strip
    starts = np.flatnonzero(np.diff(kinds, prepend=kinds[0] - 1))
    ends = np.append(starts[1:], len(strip)) - 1
    return Strip(
        strip.first_us[starts],
        strip.last_us[ends],
        np.minimum.reduceat(strip.coldest_c, starts),
        np.maximum.reduceat(strip.warmest_c, starts),
        np.add.reduceat(strip.sum_c, starts),
        np.add.reduceat(strip.numbers, starts),
        np.add.reduceat(strip.left_out, starts),
    )


def _sums(values_c: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    finite = np.isfinite(values_c)
    return np.where(finite, values_c, 0.0), finite.astype(np.int64), (~finite).astype(np.int64)
