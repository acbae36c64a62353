"""How far beyond a limit readings were, as far as they prove it: the peak of an excursion, and its area."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.domain.instant import SECOND_US
from service.domain.profiles import Direction, Limit
from service.domain.series.bounded import Bound, Bounded
from service.domain.series.track import Track
from service.domain.spans import Spans

_MINUTE_US = 60 * SECOND_US


def proven_c(track: Track, limit: Limit) -> NDArray[np.float64]:
    """The end of each reading's interval that is nearer to being within the limit."""
    return track.low_c if limit.direction is Direction.ABOVE else track.high_c


def _possible_c(track: Track, limit: Limit) -> NDArray[np.float64]:
    """The other end: how far beyond the limit it may have been."""
    return track.high_c if limit.direction is Direction.ABOVE else track.low_c


def _within(track: Track, inside: Spans) -> Track:
    """Of years of readings those inside, and those to which their lines lead."""
    if not len(inside):
        return Track(track.times_us[:0], track.low_c[:0], track.high_c[:0])
    first = max(0, int(track.times_us.searchsorted(inside[0, 0])) - 1)
    last = int(track.times_us.searchsorted(inside[-1, 1], side="right")) + 1
    low_c = track.low_c[first:last]
    plain = track.low_c is track.high_c
    return Track(track.times_us[first:last], low_c, low_c if plain else track.high_c[first:last])


@dataclass(frozen=True, slots=True)
class Peak:
    """How far from 0 °C readings were, in the direction of a limit: what they prove, and what they leave possible.

    Attributes:
        beyond_range: one of them is beyond a range that is known.
    """

    proven: float
    possible: float
    beyond_range: bool


def peak_of(track: Track, limit: Limit, inside: Spans) -> Peak | None:
    """How far beyond a limit the readings of a series inside some spans were; None: there is none."""
    track = _within(track, inside)
    sign = 1 if limit.direction is Direction.ABOVE else -1
    within = np.zeros(len(track.times_us), dtype=np.bool_)
    for from_us, until_us in inside.tolist():
        within |= (track.times_us >= from_us) & (track.times_us <= until_us)
    if not within.any():
        return None
    proven, possible = sign * proven_c(track, limit)[within], sign * _possible_c(track, limit)[within]
    beyond_range = bool((np.isfinite(proven) & np.isinf(possible)).any())
    return Peak(float(proven.max()), float(possible.max()), beyond_range)


def highest(peaks: Sequence[Peak], limit: Limit) -> Bounded | None:
    """The farthest of some peaks beyond a limit; None: none of them proves a number."""
    above = limit.direction is Direction.ABOVE
    proven = max((peak.proven for peak in peaks), default=-np.inf)
    if np.isinf(proven):
        return None
    peak_c = proven if above else -proven
    if all(peak.possible <= proven for peak in peaks):
        return Bounded(peak_c)
    beyond_range = any(peak.beyond_range for peak in peaks)
    return Bounded(peak_c, Bound.AT_LEAST if above else Bound.AT_MOST, disputed=not beyond_range)


@dataclass(frozen=True, slots=True)
class Area:
    """°C·min beyond a limit. `is_exact`: False: at least so much, for a reading that is no number lies in it."""

    degree_minutes: float
    is_exact: bool


def area_of(track: Track, limit: Limit, inside: Spans, max_gap_us: int) -> Area:
    """Area between a series and the limit, on the far side of it."""
    track = _within(track, inside)
    depth_c = proven_c(track, limit) - limit.threshold_c
    if limit.direction is Direction.BELOW:
        depth_c = -depth_c
    covered = np.diff(track.times_us) <= max_gap_us
    known = np.flatnonzero(covered & np.isfinite(depth_c[:-1]) & np.isfinite(depth_c[1:]))
    first_us, steps_us, first_c = track.times_us[known], np.diff(track.times_us)[known], depth_c[known]
    slopes = (depth_c[known + 1] - first_c) / steps_us
    total = 0.0
    for from_us, until_us in inside.tolist():
        opens_us, closes_us = np.maximum(first_us, from_us), np.minimum(first_us + steps_us, until_us)
        a, b = first_c + slopes * (opens_us - first_us), first_c + slopes * (closes_us - first_us)
        beyond, apart = np.maximum(a, 0) + np.maximum(b, 0), np.abs(a) + np.abs(b)
        counts = (closes_us > opens_us) & (apart > 0)
        # Two trapezoid sides, or the triangle that is left of them where the line crosses.
        areas = beyond[counts] ** 2 / apart[counts] / 2 * (closes_us - opens_us)[counts]
        total += float(areas.sum()) / _MINUTE_US
    return Area(total, not _is_bounded(track, covered, inside))


def _is_bounded(track: Track, covered: NDArray[np.bool_], inside: Spans) -> bool:
    """Whether some of the covered time inside rests on a reading that is no number."""
    if track.low_c is track.high_c:
        return False
    open_ended = track.low_c != track.high_c
    unsure = covered & (open_ended[:-1] | open_ended[1:])
    first_us, last_us = track.times_us[:-1][unsure], track.times_us[1:][unsure]
    return any(((first_us < until_us) & (from_us < last_us)).any() for from_us, until_us in inside.tolist())
