"""Sets of half-open time spans.

`Spans` is an int64 array of shape (n, 2), microseconds: sorted, disjoint, not touching, each of positive
length. Every function here takes and returns that form; only `union` accepts anything else.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from service.domain.instant import BEGINNING_US, END_US

Spans = NDArray[np.int64]

NONE: Spans = np.empty((0, 2), dtype=np.int64)
NONE.setflags(write=False)

#: All time.
ALWAYS: Spans = np.array([[BEGINNING_US, END_US]], dtype=np.int64)
ALWAYS.setflags(write=False)


def spans(pairs: Iterable[tuple[int, int]]) -> Spans:
    """Spans of any (from, until) pairs: unsorted, overlapping and empty ones are welcome."""
    return union(np.array(list(pairs), dtype=np.int64).reshape(-1, 2))


def union(*parts: Spans) -> Spans:
    """Time in at least one of the parts, which need not be sorted or disjoint themselves."""
    some = [part for part in parts if len(part)]
    if not some:
        return NONE
    pairs = some[0] if len(some) == 1 else np.concatenate(some)
    # Mostly it is one set, and a set already: to see that costs a third of making it one.
    if len(some) == 1 and _is_set(pairs):
        return pairs
    pairs = pairs[pairs[:, 1] > pairs[:, 0]]
    if len(pairs) == 0:
        return NONE
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    reached = np.maximum.accumulate(pairs[:, 1])
    opens = np.flatnonzero(np.concatenate(([True], pairs[1:, 0] > reached[:-1])))
    closes = np.append(opens[1:], len(pairs)) - 1
    return np.column_stack((pairs[opens, 0], reached[closes]))


def _is_set(pairs: Spans) -> bool:
    if len(pairs) == 1:
        return bool(pairs[0, 1] > pairs[0, 0])
    edges = pairs.reshape(-1)
    return bool((edges[1:] > edges[:-1]).all())


def intersect(a: Spans, b: Spans) -> Spans:
    """Time in both."""
    if len(a) == 0 or len(b) == 0:
        return NONE
    if len(a) == 1:
        return clip(b, int(a[0, 0]), int(a[0, 1]))
    if len(b) == 1:
        return clip(a, int(b[0, 0]), int(b[0, 1]))
    first = np.searchsorted(b[:, 1], a[:, 0], side="right")
    count = np.searchsorted(b[:, 0], a[:, 1], side="left") - first
    i = np.repeat(np.arange(len(a)), count)
    j = np.arange(len(i)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    return np.column_stack((np.maximum(a[i, 0], b[j, 0]), np.minimum(a[i, 1], b[j, 1])))


def complement(a: Spans) -> Spans:
    """All time, from BEGINNING_US to END_US, that is not in `a`."""
    edges = np.concatenate(([BEGINNING_US], a.reshape(-1), [END_US])).reshape(-1, 2)
    return edges[edges[:, 1] > edges[:, 0]]


def subtract(a: Spans, b: Spans) -> Spans:
    """Time in `a` and not in `b`."""
    return a if len(a) == 0 or len(b) == 0 else intersect(a, complement(b))


def clip(a: Spans, from_us: int, until_us: int) -> Spans:
    """The part of `a` inside [from_us, until_us)."""
    first = int(a[:, 1].searchsorted(from_us, side="right"))
    last = int(a[:, 0].searchsorted(until_us, side="left"))
    if first >= last or from_us >= until_us:
        return NONE
    cut = a[first:last]
    if cut[0, 0] >= from_us and cut[-1, 1] <= until_us:
        return cut
    cut = cut.copy()
    cut[0, 0], cut[-1, 1] = max(int(cut[0, 0]), from_us), min(int(cut[-1, 1]), until_us)
    return cut


def contains(a: Spans, instant_us: int) -> bool:
    """Whether `instant_us` is in `a`."""
    started = int(a[:, 0].searchsorted(instant_us, side="right"))
    return started > 0 and instant_us < int(a[started - 1, 1])


def joined(a: Spans, apart_us: int) -> Spans:
    """`a`, and the time between those of its spans that are no farther apart."""
    reach = np.array([0, apart_us])
    found: Spans = union(a + reach) - reach
    return found


def total_us(a: Spans) -> int:
    """Length of all spans together, microseconds."""
    return int((a[:, 1] - a[:, 0]).sum()) if len(a) else 0


def before_us(a: Spans, instants_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """How much of `a` lies before each of some instants, an array of shape (n,); microseconds."""
    if len(a) == 0:
        return np.zeros(len(instants_us), dtype=np.int64)
    until = np.concatenate(([0], (a[:, 1] - a[:, 0]).cumsum()))
    begun = a[:, 0].searchsorted(instants_us, side="right")
    # Of the last span that has begun, what is still to come; where none has, its place is taken by the last of all.
    to_come = np.where(begun > 0, np.maximum(a[begun - 1, 1] - instants_us, 0), 0)
    lengths: NDArray[np.int64] = until[begun] - to_come
    return lengths


def longest_us(a: Spans) -> int:
    """Length of the longest span, microseconds; 0 if there is none."""
    return int((a[:, 1] - a[:, 0]).max()) if len(a) else 0


def reached_at_us(a: Spans, duration_us: int) -> int | None:
    """The instant at which the running total has just used up `duration_us`, if it ever goes past it."""
    used = (a[:, 1] - a[:, 0]).cumsum()
    i = int(used.searchsorted(duration_us, side="right"))
    return None if i == len(a) else int(a[i, 1] - (used[i] - duration_us))


def splice(stored: Spans, window: tuple[int, int], fresh: Spans) -> Spans:
    """`stored` with everything inside `window` replaced by `fresh`: how a late reading repairs a record."""
    return union(clip(stored, BEGINNING_US, window[0]), clip(fresh, *window), clip(stored, window[1], END_US))
