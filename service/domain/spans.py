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


def spans(pairs: Iterable[tuple[int, int]]) -> Spans:
    """Spans of any (from, until) pairs: unsorted, overlapping and empty ones are welcome."""
    return union(np.array(list(pairs), dtype=np.int64).reshape(-1, 2))


def union(*parts: Spans) -> Spans:
    """Time in at least one of the parts, which need not be sorted or disjoint themselves."""
    pairs = np.concatenate(parts) if parts else NONE
    pairs = pairs[pairs[:, 1] > pairs[:, 0]]
    if len(pairs) == 0:
        return NONE
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    reached = np.maximum.accumulate(pairs[:, 1])
    opens = np.flatnonzero(np.concatenate(([True], pairs[1:, 0] > reached[:-1])))
    closes = np.append(opens[1:], len(pairs)) - 1
    return np.column_stack((pairs[opens, 0], reached[closes]))


def intersect(a: Spans, b: Spans) -> Spans:
    """Time in both."""
    if len(a) == 0 or len(b) == 0:
        return NONE
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
    return a if len(b) == 0 else intersect(a, complement(b))


def clip(a: Spans, from_us: int, until_us: int) -> Spans:
    """The part of `a` inside [from_us, until_us)."""
    cut = np.clip(a, from_us, until_us)
    return cut[cut[:, 1] > cut[:, 0]]


def contains(a: Spans, instant_us: int) -> bool:
    """Whether `instant_us` is in `a`."""
    return bool(((a[:, 0] <= instant_us) & (instant_us < a[:, 1])).any())


def total_us(a: Spans) -> int:
    """Length of all spans together, microseconds."""
    return int((a[:, 1] - a[:, 0]).sum())


def longest_us(a: Spans) -> int:
    """Length of the longest span, microseconds; 0 if there is none."""
    return int((a[:, 1] - a[:, 0]).max(initial=0))


def reached_at_us(a: Spans, duration_us: int) -> int | None:
    """The instant at which the running total has just used up `duration_us`, if it ever goes past it."""
    lengths = a[:, 1] - a[:, 0]
    used = np.cumsum(lengths)
    past = np.flatnonzero(used > duration_us)
    if len(past) == 0:
        return None
    i = past[0]
    return int(a[i, 0] + duration_us - (used[i] - lengths[i]))


def splice(stored: Spans, window: tuple[int, int], fresh: Spans) -> Spans:
    """`stored` with everything inside `window` replaced by `fresh`: how a late reading repairs a record."""
    return union(clip(stored, BEGINNING_US, window[0]), clip(fresh, *window), clip(stored, window[1], END_US))
