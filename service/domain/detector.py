"""From the readings of one series to the time it was beyond a threshold, and the time it was measured.

Between two consecutive usable readings the temperature is taken as a straight line (DESIGN.md, "How exposure is
computed", 1). A reading is an interval [low, high]: a point for a number, open to one side for "HI" and "LO".
*Certain* is what holds for every value in the intervals, *possible* what holds for some.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.domain.profiles import Direction
from service.domain.quality import Quality
from service.domain.spans import Spans, union

#: A lone reading this far from both neighbours, which agree with each other, is not believed.
SPIKE_C = 40.0

#: How near the two neighbours of a spike must be to one another.
SPIKE_NEIGHBOURS_C = 10.0


@dataclass(frozen=True, slots=True)
class Track:
    """The usable readings of one series, ready to be judged.

    Attributes:
        times_us: strictly ascending, int64, shape (n,).
        low_c, high_c: bounds of the temperature at each of them, float64, shape (n,); low ≤ high.
    """

    times_us: NDArray[np.int64]
    low_c: NDArray[np.float64]
    high_c: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Beyond:
    """Time beyond one threshold: `certain` ⊆ `possible`."""

    certain: Spans
    possible: Spans


def track(
    times_us: NDArray[np.int64],
    temperatures_c: NDArray[np.float64],
    qualities: NDArray[np.int16],
    range_min_c: float | None,
    range_max_c: float | None,
) -> Track:
    """Bounds of the usable readings of a series, each for itself; the others are dropped (DESIGN.md, 6 and 7).

    "HI" proves only ≥ `range_max_c` and "LO" only ≤ `range_min_c`; with that end unknown it proves nothing.
    """
    usable = (qualities == Quality.OK) | (qualities == Quality.HI) | (qualities == Quality.LO)
    kinds = qualities[usable]
    low, high = temperatures_c[usable], temperatures_c[usable]
    low[kinds == Quality.HI] = -np.inf if range_max_c is None else range_max_c
    high[kinds == Quality.HI] = np.inf
    low[kinds == Quality.LO] = -np.inf
    high[kinds == Quality.LO] = np.inf if range_min_c is None else range_min_c
    return Track(times_us[usable], low, high)


def _with_spikes_doubted(readings: Track) -> Track:
    """A spike may be its own value or the line between its neighbours: its bounds become both."""
    times_us, values_c = readings.times_us, readings.low_c
    if len(values_c) < 3:
        return readings
    # HI and LO have no number to compare with.
    numbers = np.isfinite(values_c) & (values_c == readings.high_c)
    values_c = np.where(numbers, values_c, 0.0)
    before, here, after = values_c[:-2], values_c[1:-1], values_c[2:]
    alone = (
        numbers[:-2]
        & numbers[1:-1]
        & numbers[2:]
        & (np.minimum(np.abs(here - before), np.abs(here - after)) > SPIKE_C)
        & (np.abs(after - before) <= SPIKE_NEIGHBOURS_C)
    )
    at = np.flatnonzero(alone) + 1
    if len(at) == 0:
        return readings
    share = (times_us[at] - times_us[at - 1]) / (times_us[at + 1] - times_us[at - 1])
    line = values_c[at - 1] + share * (values_c[at + 1] - values_c[at - 1])
    low, high = readings.low_c.copy(), readings.high_c.copy()
    low[at], high[at] = np.minimum(values_c[at], line), np.maximum(values_c[at], line)
    return Track(times_us, low, high)


def held(readings: Track, from_us: int, until_us: int, max_gap_us: int) -> Track:
    """The track inside [from_us, until_us), its first and last reading held to the edges of that window.

    Lone spikes among these readings are doubted here, so that a reading outside an attachment has no say inside it.
    An edge farther than `max_gap_us` from its reading is not held at all: like a hole between two readings, it
    is a gap in full. (With it held for `max_gap_us`, the Fridge-tag of the tests would be credited with more
    time above its limit than the device itself counted.)
    """
    first = int(np.searchsorted(readings.times_us, from_us, side="left"))
    last = int(np.searchsorted(readings.times_us, until_us, side="left"))
    inside = _with_spikes_doubted(
        Track(readings.times_us[first:last], readings.low_c[first:last], readings.high_c[first:last])
    )
    times, low, high = inside.times_us, inside.low_c, inside.high_c
    if len(times) == 0:
        return inside
    if 0 < times[0] - from_us <= max_gap_us:
        times, low, high = (
            np.insert(times, 0, from_us),
            np.insert(low, 0, low[0]),
            np.insert(high, 0, high[0]),
        )
    if 0 < until_us - times[-1] <= max_gap_us:
        times, low, high = np.append(times, until_us), np.append(low, low[-1]), np.append(high, high[-1])
    return Track(times, low, high)


def covered(readings: Track, max_gap_us: int) -> Spans:
    """Time between consecutive readings at most `max_gap_us` apart."""
    times = readings.times_us
    breaks = np.flatnonzero(np.diff(times) > max_gap_us)
    if len(times) == 0:
        return union()
    opens = times[np.concatenate(([0], breaks + 1))]
    closes = times[np.concatenate((breaks, [len(times) - 1]))]
    return union(np.column_stack((opens, closes)))


def beyond(readings: Track, direction: Direction, threshold_c: float, max_gap_us: int) -> Beyond:
    """Time strictly beyond `threshold_c`, within covered time, with both bounds."""
    if direction is Direction.ABOVE:
        nearest, farthest, threshold = readings.low_c, readings.high_c, threshold_c
    else:
        nearest, farthest, threshold = -readings.high_c, -readings.low_c, -threshold_c
    certain = _above(readings.times_us, nearest, threshold, max_gap_us)
    if np.array_equal(nearest, farthest):
        return Beyond(certain, certain)
    return Beyond(certain, _above(readings.times_us, farthest, threshold, max_gap_us))


def _above(times_us: NDArray[np.int64], values_c: NDArray[np.float64], threshold_c: float, max_gap_us: int) -> Spans:
    hot = values_c > threshold_c
    # Most intervals touch no threshold; only those that do need arithmetic.
    i = np.flatnonzero(hot[:-1] | hot[1:])
    i = i[times_us[i + 1] - times_us[i] <= max_gap_us]
    before, after = times_us[i], times_us[i + 1]
    a, b = values_c[i] - threshold_c, values_c[i + 1] - threshold_c
    with np.errstate(divide="ignore", invalid="ignore"):
        share = a / (a - b)
    # Two equal values make x/0, but then both are hot and nothing is crossed. An infinite first value makes ∞/∞;
    # in the limit the crossing is at the second reading.
    share[np.isnan(share)] = 1.0
    crossing = before + np.rint((after - before) * np.clip(share, 0.0, 1.0)).astype(np.int64)
    return union(np.column_stack((np.where(hot[i], before, crossing), np.where(hot[i + 1], after, crossing))))
