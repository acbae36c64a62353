"""From the lines between readings to the time they were beyond a threshold, for many series in one pass.

Most lines cross nothing, so reading the two arrays once is nearly all there is to do. They are gone through in
blocks that stay in the processor's cache; a comparison tells which lines cross, and only these need arithmetic.
A line that lies beyond at both its ends needs none: a span is known by its two edges.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.domain.profiles import Direction
from service.domain.series.track import Track
from service.domain.spans import Spans

#: Lines judged at a time: 2 MB for a column. Smaller blocks cost more calls, larger ones need more cache.
BLOCK = 262_144

#: Calculating all lines of a block in passing costs less than fetching the crossing ones, once they are this share.
DENSE = 0.25

_Instants = NDArray[np.int64]
_Temperatures = NDArray[np.float64]
#: Positions of readings or lines. Line i is the one from reading i to reading i + 1.
_Positions = NDArray[np.int64]
_Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Tracks:
    """The readings of k series, one series after the other.

    Attributes:
        times_us: strictly ascending within a series, int64, shape (n,).
        low_c, high_c: bounds of the temperature, float64, shape (n,); one and the same array if all are numbers.
        starts: series j is readings starts[j] to starts[j + 1], and may be empty; int64, shape (k + 1,), from 0 to n.
    """

    times_us: _Instants
    low_c: _Temperatures
    high_c: _Temperatures
    starts: _Positions


@dataclass(frozen=True, slots=True)
class SpansBySeries:
    """Spans of k series, one series after the other.

    Attributes:
        pairs: int64 microseconds, shape (m, 2); within a series in the form of `Spans`, over all of them in none.
        starts: series j has pairs starts[j] to starts[j + 1]; int64, shape (k + 1,), from 0 to m.
    """

    pairs: NDArray[np.int64]
    starts: _Positions

    def of(self, series: int) -> Spans:
        """The spans of one series, by its number."""
        return self.pairs[self.starts[series] : self.starts[series + 1]]


@dataclass(frozen=True, slots=True)
class Beyond:
    """Time beyond one threshold: `certain` ⊆ `possible`; one and the same object if all readings are numbers."""

    certain: SpansBySeries
    possible: SpansBySeries


@dataclass(frozen=True, slots=True)
class SeriesTimes:
    """What the readings of some series say.

    Attributes:
        holes: time between consecutive readings of a series more than `max_gap_us` apart. All else, from its first
            reading to its last, is covered.
        beyond: time strictly beyond each threshold, within covered time, in the order the thresholds were given in.
    """

    holes: SpansBySeries
    beyond: tuple[Beyond, ...]


def together(tracks: Sequence[Track]) -> Tracks:
    """Tracks of several series, to be judged in one pass; the readings of a single one are not copied."""
    starts = np.cumsum([0, *(len(t.times_us) for t in tracks)], dtype=np.int64)
    if len(tracks) == 1:
        return Tracks(tracks[0].times_us, tracks[0].low_c, tracks[0].high_c, starts)
    times_us = np.concatenate([np.empty(0, np.int64), *(t.times_us for t in tracks)])
    low_c = np.concatenate([np.empty(0), *(t.low_c for t in tracks)])
    if all(t.low_c is t.high_c for t in tracks):
        return Tracks(times_us, low_c, low_c, starts)
    return Tracks(times_us, low_c, np.concatenate([t.high_c for t in tracks]), starts)


def judged(
    tracks: Tracks,
    thresholds: Iterable[tuple[Direction, float]],
    max_gap_us: int,
    *,
    block: int = BLOCK,
    dense: float = DENSE,
) -> SeriesTimes:
    """Holes of every series, and its time beyond each threshold by both bounds.

    Each series is judged as if it were alone. `block`, the lines judged at a time, and `dense`, the share of them that
    must cross for all of them to be calculated, change nothing but the speed.
    """
    certain, possible = [], []
    for direction, threshold_c in thresholds:
        above = direction is Direction.ABOVE
        certain.append(_Bound(tracks.low_c if above else tracks.high_c, above, threshold_c))
        possible.append(_Bound(tracks.high_c if above else tracks.low_c, above, threshold_c))
    if tracks.low_c is tracks.high_c:
        possible = certain
    bounds = certain if possible is certain else certain + possible
    holes = _Edges(tracks, np.zeros(len(tracks.times_us), np.bool_))
    beyond = [_Edges(tracks, bound.passed(bound.values_c[:1])) for bound in bounds]
    for lines in _blocks(tracks, block, max_gap_us):
        holes.add(lines, *_holes(lines))
        for bound, edges in zip(bounds, beyond, strict=True):
            edges.add(lines, *_crossings(lines, bound, dense))
    found = [edges.spans() for edges in beyond]
    return SeriesTimes(holes.spans(), tuple(map(Beyond, found[: len(certain)], found[-len(possible) :])))


@dataclass(frozen=True, slots=True)
class _Bound:
    """One bound of the temperature, shape (n,), and the threshold it is compared with."""

    values_c: _Temperatures
    above: bool
    threshold_c: float

    def passed(self, values_c: _Temperatures) -> _Flags:
        """Which of some values are beyond the threshold."""
        return values_c > self.threshold_c if self.above else values_c < self.threshold_c


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of one block; all positions but `series` and `readings` are counted from its first reading.

    Attributes:
        readings: where in the tracks its readings are. The last of them is the first of the next block.
        series: which series begin in it; the first reading of a block belongs to the one before.
        times_us: of its readings, shape (lines + 1,).
        begins: its readings at which these series begin, ascending; an empty one begins where the next one does.
        holes: its lines that are too long, ascending. Nobody drew them, nor those that end where a series begins.
    """

    readings: slice
    series: slice
    times_us: _Instants
    begins: _Positions
    holes: _Positions


def _blocks(tracks: Tracks, block: int, max_gap_us: int) -> Iterator[_Lines]:
    """All lines of all tracks, and between them."""
    count = len(tracks.times_us)
    firsts = range(0, count - 1, block)
    # A start at 0 begins nothing that a block could see, a start at n nothing at all.
    series = np.searchsorted(tracks.starts, [*(first + 1 for first in firsts), count]).tolist()
    for first, begun in zip(firsts, pairwise(series), strict=True):
        readings = slice(first, min(first + block + 1, count))
        times_us = tracks.times_us[readings]
        long: _Flags = times_us[1:] - times_us[:-1] > max_gap_us
        begins = tracks.starts[slice(*begun)] - first
        long[begins - 1] = False
        yield _Lines(readings, slice(*begun), times_us, begins, np.flatnonzero(long))


def _holes(lines: _Lines) -> tuple[_Instants, _Positions]:
    """The edges of holes, and how many of them lie before each series that begins."""
    edges_us = lines.times_us[np.column_stack((lines.holes, lines.holes + 1)).reshape(-1)]
    return edges_us, 2 * np.searchsorted(lines.holes, lines.begins)


def _crossings(lines: _Lines, bound: _Bound, dense: float) -> tuple[_Instants, _Positions]:
    """The edges of time beyond a threshold, and how many of them lie before each series that begins."""
    times_us, values_c, threshold_c = lines.times_us, bound.values_c[lines.readings], bound.threshold_c
    beyond = bound.passed(values_c)
    before, after = beyond[:-1], beyond[1:]
    crosses = before != after
    breaks = np.concatenate((lines.begins - 1, lines.holes))
    breaks = np.unique(breaks[before[breaks] | after[breaks]])
    crosses[breaks] = False
    at = np.flatnonzero(crosses)
    if len(at) > dense * len(crosses):
        edges_us = _crossed_us(times_us[:-1], times_us[1:], values_c[:-1], values_c[1:], threshold_c)[crosses]
    else:
        edges_us = _crossed_us(times_us[at], times_us[at + 1], values_c[at], values_c[at + 1], threshold_c)
    counts = np.searchsorted(at, lines.begins)
    if len(breaks):
        # Being beyond ends at a break, and begins anew behind it. The edge at a reading comes after that in the line
        # before it, and before that in the line after it.
        readings = np.sort(np.concatenate((breaks[before[breaks]], breaks[after[breaks]] + 1)))
        counts += np.searchsorted(readings, lines.begins)
        edges_us = np.insert(edges_us, np.searchsorted(at, readings), times_us[readings])
    return edges_us, counts


def _crossed_us(
    before_us: _Instants, after_us: _Instants, before_c: _Temperatures, after_c: _Temperatures, threshold_c: float
) -> _Instants:
    """When lines are at the threshold, rounded once. (Nonsense for a line that does not cross it.)"""
    a, b = before_c - threshold_c, after_c - threshold_c
    with np.errstate(all="ignore"):
        share = np.divide(a, np.subtract(a, b, out=b), out=a)
        # An infinite first value makes ∞/∞; in the limit the crossing is at the second reading.
        share[np.isnan(share)] = 1.0
        crossed_us: _Instants = np.rint(np.multiply(after_us - before_us, share, out=share), out=share).astype(np.int64)
    crossed_us += before_us
    return crossed_us


class _Edges:
    """Edges of spans, block by block: in order of series and time they open and close a span in turn.

    Args:
        tracks: what is judged.
        open_at_first: whether a span is open at the very first reading, shape (1,); or (0,) if there is none.
    """

    def __init__(self, tracks: Tracks, open_at_first: _Flags) -> None:
        self._times_us = tracks.times_us
        self._ended = int(np.searchsorted(tracks.starts, len(tracks.times_us)))
        self._starts = np.zeros_like(tracks.starts)
        # One array that doubles, not one for each block: the system hands out large ones far faster than many small.
        self._edges_us = tracks.times_us[:1][open_at_first[:1]]
        self._count = len(self._edges_us)

    def add(self, lines: _Lines, edges_us: _Instants, before: _Positions) -> None:
        """The edges of one block, and how many of them lie before each series that begins in it."""
        np.add(before, self._count, out=self._starts[lines.series])
        self._append(edges_us)

    def spans(self) -> SpansBySeries:
        """All spans. One that is open at the very last reading ends there."""
        self._append(self._times_us[len(self._times_us) - self._count % 2 :])
        self._starts[self._ended :] = self._count
        return _tidy(self._edges_us[: self._count], self._starts)

    def _append(self, edges_us: _Instants) -> None:
        count = self._count + len(edges_us)
        if count > len(self._edges_us):
            longer = np.empty(2 * count, np.int64)
            longer[: self._count] = self._edges_us[: self._count]
            self._edges_us = longer
        self._edges_us[self._count : count] = edges_us
        self._count = count


def _tidy(edges_us: _Instants, starts: _Positions) -> SpansBySeries:
    """Spans without empty ones, and with those that touch joined: two edges of a series at one instant are none.

    Never three are: two lines meet in a reading, and each has one edge there at most.
    """
    same: _Flags = edges_us[1:] == edges_us[:-1]
    if same.any():
        # The last edge of one series and the first of the next have nothing to do with each other.
        same[starts[(starts > 0) & (starts < len(edges_us))] - 1] = False
        gone = np.append(same, False) | np.insert(same, 0, False)
        starts = starts - np.insert(np.cumsum(gone), 0, 0)[starts]
        edges_us = edges_us[~gone]
    return SpansBySeries(edges_us.reshape(-1, 2), starts >> 1)
