"""From the readings of one series, as stored, to a track that can be judged (by crossings.py).

Between two consecutive usable readings the temperature is taken as a straight line (docs/exposure.md). A reading is an
interval [low, high]: a point for a number, open to one side for "HI" and "LO", and to both for a number that the probe
cannot show.
*Certain* is what holds for every value in the intervals, *possible* what holds for some.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.domain.series.quality import Quality, counting

#: A lone reading this far from both neighbours, which agree with each other, is not believed.
SPIKE_C = 40.0

#: How near the two neighbours of a spike must be to one another.
SPIKE_NEIGHBOURS_C = 10.0


@dataclass(frozen=True, slots=True)
class Track:
    """The usable readings of one series, ready to be judged.

    Attributes:
        times_us: strictly ascending, int64, shape (n,).
        low_c, high_c: bounds of the temperature at each of them, float64, shape (n,); low ≤ high. One and the same
            array if every reading is a number, as is usual: then certain and possible are computed once.
    """

    times_us: NDArray[np.int64]
    low_c: NDArray[np.float64]
    high_c: NDArray[np.float64]


def track(
    times_us: NDArray[np.int64],
    temperatures_c: NDArray[np.float64],
    qualities: NDArray[np.int16],
    range_min_c: float | None,
    range_max_c: float | None,
) -> Track:
    """Bounds of the usable readings of a series, each for itself; the others are dropped.

    "HI" proves only ≥ `range_max_c` and "LO" only ≤ `range_min_c`; with that end unknown it proves nothing. An
    impossible number never does.
    """
    usable = counting(qualities)
    kinds = qualities[usable]
    low = temperatures_c[usable]
    if (kinds == Quality.OK).all():
        return Track(times_us[usable], low, low)
    high = low.copy()
    low[kinds == Quality.HI] = -np.inf if range_max_c is None else range_max_c
    high[kinds == Quality.HI] = np.inf
    low[kinds == Quality.LO] = -np.inf
    high[kinds == Quality.LO] = np.inf if range_min_c is None else range_min_c
    low[kinds == Quality.IMPOSSIBLE] = -np.inf
    high[kinds == Quality.IMPOSSIBLE] = np.inf
    return Track(times_us[usable], low, high)


def _with_spikes_doubted(readings: Track) -> Track:
    """A spike may be its own value or the line between its neighbours: its bounds become both."""
    times_us, values_c = readings.times_us, readings.low_c
    with np.errstate(invalid="ignore"):
        jumps = np.abs(values_c[1:] - values_c[:-1]) > SPIKE_C
    # Few readings lie between two jumps; only they are looked at closely.
    at = np.flatnonzero(jumps[:-1] & jumps[1:]) + 1
    # HI and LO have no number to compare with.
    around = np.column_stack((at - 1, at, at + 1))
    numbers = np.isfinite(values_c[around]) & (values_c[around] == readings.high_c[around])
    at = at[numbers.all(axis=1)]
    at = at[np.abs(values_c[at + 1] - values_c[at - 1]) <= SPIKE_NEIGHBOURS_C]
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
    inside = _with_spikes_doubted(_changed(readings, lambda column: column[first:last]))
    if first == last:
        return inside
    head = int(0 < inside.times_us[0] - from_us <= max_gap_us)
    tail = int(0 < until_us - inside.times_us[-1] <= max_gap_us)
    if not (head or tail):
        return inside
    longer = _changed(inside, lambda column: np.concatenate((column[:head], column, column[len(column) - tail :])))
    if head:
        longer.times_us[0] = from_us
    if tail:
        longer.times_us[-1] = until_us
    return longer


def _changed(readings: Track, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Track:
    """The same done to all columns of a track; bounds that are one array stay one."""
    low_c = change(readings.low_c)
    plain = readings.low_c is readings.high_c
    return Track(change(readings.times_us), low_c, low_c if plain else change(readings.high_c))
