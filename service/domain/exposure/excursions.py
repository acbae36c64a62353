"""Excursions as people are shown them: flutter about a limit is one event, with its peak and what became of it.

For the eye only. What a lot is charged with is counted in `exposure.py`, from every span as it was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from service.domain import spans
from service.domain.exposure.container import Watch, threshold_of
from service.domain.exposure.lot import Exposure, LimitExposure
from service.domain.exposure.peaks import Peak, area_of, highest, peak_of, proven_c
from service.domain.instant import END_US, SECOND_US
from service.domain.profiles import Direction, Limit, Profile
from service.domain.series.bounded import Bound, Bounded
from service.domain.series.crossings import judged, together
from service.domain.series.track import Track, held
from service.domain.spans import Spans

#: A temperature that came back by no more than this has not come back: half a degree is a sensor's noise.
DEADBAND_C = 1.0

#: Beyond spans farther apart than this are two events, however near to the limit it stayed in between.
MOST_APART_S = 3_600


class Ended(StrEnum):
    """What became of an excursion: it was seen to come back, or nobody can tell."""

    RECOVERED = "recovered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Watched:
    """What the series of a container measured in some windows, at least one, which lie within one stay of the lot.

    Attributes:
        stay_until_us: when the lot left, or will leave, that container.
        watches: with at least one usable reading before and after each window, where there are any.
    """

    windows: Spans
    stay_until_us: int
    watches: Sequence[Watch]


@dataclass(frozen=True, slots=True)
class Excursion:
    """One stretch beyond a limit, from crossing to crossing.

    Attributes:
        certain_us: the part of it that counts as certainly beyond.
        crossings: how many beyond spans were joined to it.
        peak: the reading farthest beyond, as far as it is proven; None: no reading inside proves a number.
        degree_minutes: area beyond the limit, °C·min, under straight lines in covered time; where several series
            measured, the largest of theirs.
        degree_minutes_is: exact, or at least: what is no number counts with the least that it proves.
        ended: None while it lasts.
    """

    limit: Limit
    from_us: int
    until_us: int
    certain_us: int
    crossings: int
    peak: Bounded | None
    degree_minutes: float
    degree_minutes_is: Bound
    ended: Ended | None


@dataclass(frozen=True, slots=True)
class _MeasuredStay:
    """A `Watched` with its readings held to the edges of their attachments, and which of these still go on."""

    lived: Spans
    stay_until_us: int
    tracks: list[Track]
    attached: list[bool]


def excursions(
    exposure: Exposure,
    watched: Sequence[Watched],
    profile: Profile,
    *,
    now_us: int,
    deadband_c: float = DEADBAND_C,
) -> list[Excursion]:
    """The excursions of a lot, limit by limit, in order of time.

    Two beyond spans are one excursion if between them the warmest series (the coldest, for a limit below) stayed within
    `deadband_c` of the limit all the time, measured without a gap, for at most `MOST_APART_S`.

    Args:
        exposure: of the lot, at `now_us`.
        watched: at least wherever the lot was certainly or possibly beyond a limit, gaps apart.
    """
    max_gap_us = profile.max_gap_s * SECOND_US
    stays = [
        _MeasuredStay(
            spans.intersect(place.windows, exposure.life),
            place.stay_until_us,
            [held(w.readings, w.from_us, w.until_us, max_gap_us) for w in place.watches],
            [w.until_us == END_US for w in place.watches],
        )
        for place in watched
    ]
    began_us = np.array([place.windows[0, 0] for place in watched])
    over_us = np.array([place.windows[-1, 1] for place in watched])

    def touched(group: Spans) -> list[_MeasuredStay]:
        """Of a thousand stays those that an excursion touches: it asks each of them for its readings."""
        return [stays[i] for i in np.flatnonzero((began_us <= group[-1, 1]) & (over_us >= group[0, 0])).tolist()]

    return [
        _excursion(found, group, exposure, touched(group), max_gap_us, now_us)
        for found in exposure.limits
        for group in _groups(found, stays, max_gap_us, deadband_c)
    ]


def _groups(
    found: LimitExposure, stays: Sequence[_MeasuredStay], max_gap_us: int, deadband_c: float
) -> Iterator[Spans]:
    """The beyond spans of each excursion; short openings of a door, which `certain` leaves out, among them."""
    direction, threshold_c = threshold_of(found.limit)
    back_c = threshold_c - deadband_c if direction is Direction.ABOVE else threshold_c + deadband_c
    beyond, near = [found.certain], [found.certain]
    for stay in stays:
        if not len(spans.intersect(found.possible, stay.lived)):
            # It is there because of another limit.
            continue
        far, close = judged(together(stay.tracks), [(direction, threshold_c), (direction, back_c)], max_gap_us).beyond
        beyond.append(spans.intersect(spans.union(far.certain.pairs), stay.lived))
        near.append(spans.intersect(spans.union(close.certain.pairs), stay.lived))
    all_beyond, not_back = spans.union(*beyond), spans.union(*near)
    stretch = np.searchsorted(not_back[:, 0], all_beyond[:, 0], side="right")
    apart = all_beyond[1:, 0] - all_beyond[:-1, 1] > MOST_APART_S * SECOND_US
    begins = np.flatnonzero((stretch[1:] != stretch[:-1]) | apart) + 1
    return (group for group in np.split(all_beyond, begins) if len(group))


def _excursion(
    found: LimitExposure, group: Spans, exposure: Exposure, stays: Sequence[_MeasuredStay], max_gap_us: int, now_us: int
) -> Excursion:
    from_us, until_us = int(group[0, 0]), int(group[-1, 1])
    peaks: list[Peak] = []
    degree_minutes, is_exact = 0.0, True
    for stay in stays:
        inside = spans.clip(stay.lived, from_us, until_us)
        peaks += [peak for track in stay.tracks if (peak := peak_of(track, found.limit, inside)) is not None]
        areas = [area_of(track, found.limit, inside, max_gap_us) for track in stay.tracks]
        degree_minutes += max((area.degree_minutes for area in areas), default=0.0)
        is_exact = is_exact and all(area.is_exact for area in areas)
    return Excursion(
        limit=found.limit,
        from_us=from_us,
        until_us=until_us,
        certain_us=spans.total_us(spans.clip(found.certain, from_us, until_us)),
        crossings=len(group),
        peak=highest(peaks, found.limit),
        degree_minutes=degree_minutes,
        degree_minutes_is=Bound.EXACT if is_exact else Bound.AT_LEAST,
        ended=_ended(found, until_us, exposure, stays, max_gap_us, now_us),
    )


def _ended(
    found: LimitExposure,
    until_us: int,
    exposure: Exposure,
    stays: Sequence[_MeasuredStay],
    max_gap_us: int,
    now_us: int,
) -> Ended | None:
    if until_us == exposure.life[-1, 1]:
        # Beyond to this moment, or to the end of its life.
        return None if until_us == now_us else Ended.UNKNOWN
    for stay in stays:
        # That a lot was moved does not silence the logger it left behind.
        if not spans.contains(stay.lived, until_us - 1) or stay.stay_until_us == until_us:
            continue
        for track, attached in zip(stay.tracks, stay.attached, strict=True):
            if _falls_silent(track, found.limit, until_us, max_gap_us):
                waited_for = attached and until_us == track.times_us[-1] and now_us - until_us <= max_gap_us
                return None if waited_for else Ended.UNKNOWN
    unsure = spans.contains(found.possible, until_us) or spans.contains(exposure.pending, until_us)
    return Ended.UNKNOWN if unsure else Ended.RECOVERED


def _falls_silent(track: Track, limit: Limit, at_us: int, max_gap_us: int) -> bool:
    """Whether a series has a reading beyond the limit just then, and none to follow it up."""
    at = int(np.searchsorted(track.times_us, at_us))
    if at == len(track.times_us) or track.times_us[at] != at_us:
        return False
    bound_c = proven_c(track, limit)[at]
    beyond = bound_c > limit.threshold_c if limit.direction is Direction.ABOVE else bound_c < limit.threshold_c
    followed = at + 1 < len(track.times_us) and track.times_us[at + 1] - at_us <= max_gap_us
    return bool(beyond and not followed)
