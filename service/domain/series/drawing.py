"""What is drawn of a series: few points, and every peak among them."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from service.domain.series.quality import as_numbers
from service.domain.series.sensor_range import SensorRange


class Resolution(StrEnum):
    """What a drawing was made from."""

    RAW = "raw"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Outline:
    """How the readings in stretches of time went; arrays of shape (n,), ascending, of stretches with readings only.

    Attributes:
        from_us, until_us: each stretch, half-open.
        numbers, hi, lo: how many of the readings have a number, and are beyond each end of the logger's range.
        sum_c: of the numbers; NaN if there are none.
        coldest_c, warmest_c: the extremes; −∞ is "LO", +∞ is "HI", NaN if no reading is usable.
        first_us, last_us: the first and the last reading of all.
    """

    from_us: NDArray[np.int64]
    until_us: NDArray[np.int64]
    numbers: NDArray[np.int64]
    hi: NDArray[np.int64]
    lo: NDArray[np.int64]
    sum_c: NDArray[np.float64]
    coldest_c: NDArray[np.float64]
    warmest_c: NDArray[np.float64]
    first_us: NDArray[np.int64]
    last_us: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.from_us)

    @property
    def mean_c(self) -> NDArray[np.float64]:
        """Mean of the numbers, each counting the same; NaN where there are none."""
        return self.sum_c / np.where(self.numbers > 0, self.numbers, np.nan)


@dataclass(frozen=True, slots=True)
class Buckets(Outline):
    """The same with all figures.

    Attributes:
        readings: how many there are in all.
        coldest_us, warmest_us: when; the first instant of several, and the first reading if none is usable.
    """

    readings: NDArray[np.int64]
    coldest_us: NDArray[np.int64]
    warmest_us: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Readings to draw, each as it was measured.

    Attributes:
        times_us, temperatures_c: shape (n,), ascending; ±∞ beyond the logger's range, NaN where there is no number.
        buckets: what the readings stand for; None where they were thinned out of the raw ones.
        range_min_c, range_max_c: what the logger can show; None: it is not known.
    """

    resolution: Resolution
    times_us: NDArray[np.int64]
    temperatures_c: NDArray[np.float64]
    buckets: Buckets | None = None
    range_min_c: float | None = None
    range_max_c: float | None = None


def draw_readings(
    times_us: NDArray[np.int64], temperatures_c: NDArray[np.float64], qualities: NDArray[np.int16], points: int
) -> Drawing:
    """The coldest and the warmest reading of each of `points` / 2 equal runs; all, if they are few. Shapes (n,)."""
    values_c = as_numbers(temperatures_c, qualities)
    if len(times_us) > points:
        kept = np.unique(_extremes(values_c, values_c, _starts(len(times_us), points // 2)))
        times_us, values_c = times_us[kept], values_c[kept]
    return Drawing(Resolution.RAW, times_us, values_c)


def draw_buckets(buckets: Buckets, resolution: Resolution, points: int) -> Drawing:
    """The coldest and the warmest reading of each bucket; of more than `points` / 2 buckets, neighbours are joined."""
    if len(buckets) > points // 2:
        buckets = joined(buckets, points // 2)
    # The coldest of a bucket may be its warmest too: that is one reading.
    times_us, first = np.unique(np.concatenate((buckets.coldest_us, buckets.warmest_us)), return_index=True)
    values_c = np.concatenate((buckets.coldest_c, buckets.warmest_c))[first]
    return Drawing(resolution, times_us, values_c, buckets)


def not_shown(buckets: Outline, shown: SensorRange) -> NDArray[np.bool_]:
    """Which of them, shape (n,), hold a number that the probe cannot show: roll-ups hold whatever was sent."""
    found = np.zeros(len(buckets), dtype=np.bool_)
    for values_c in (buckets.coldest_c, buckets.warmest_c):
        found |= np.isfinite(values_c) & ((values_c < shown.low_c) | (values_c > shown.high_c))
    return found


def joined(buckets: Buckets, most: int) -> Buckets:
    """As many buckets as `most`, each of neighbours; there must be more of them than that."""
    starts = _starts(len(buckets), most)
    ends = np.append(starts[1:], len(buckets)) - 1
    coldest, warmest = _extremes(buckets.coldest_c, buckets.warmest_c, starts)
    return Buckets(
        from_us=buckets.from_us[starts],
        until_us=buckets.until_us[ends],
        readings=np.add.reduceat(buckets.readings, starts),
        numbers=np.add.reduceat(buckets.numbers, starts),
        hi=np.add.reduceat(buckets.hi, starts),
        lo=np.add.reduceat(buckets.lo, starts),
        sum_c=np.add.reduceat(np.where(buckets.numbers > 0, buckets.sum_c, 0.0), starts),
        coldest_c=buckets.coldest_c[coldest],
        coldest_us=buckets.coldest_us[coldest],
        warmest_c=buckets.warmest_c[warmest],
        warmest_us=buckets.warmest_us[warmest],
        first_us=buckets.first_us[starts],
        last_us=buckets.last_us[ends],
    )


def _starts(count: int, runs: int) -> NDArray[np.int64]:
    """Where each of `runs` equal runs of `count` things begins; `count` ≥ `runs`."""
    return np.arange(runs) * count // runs


def _extremes(
    coldest_c: NDArray[np.float64], warmest_c: NDArray[np.float64], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Indices of the coldest and of the warmest of each run, shape (2, runs); the first where there is none."""
    run = np.zeros(len(coldest_c), dtype=np.int64)
    run[starts[1:]] = 1
    run = np.cumsum(run)
    # Sorted by run, then by temperature, then in order of time; NaN comes last.
    return np.stack([np.lexsort((values_c, run))[starts] for values_c in (coldest_c, -warmest_c)])
