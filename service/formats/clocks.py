"""Instants of what a logger's clock showed, by the zone that the file states or the caller gives."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import numpy as np
from numpy.typing import NDArray

from service.domain.instant import SECOND_US
from service.formats.reading import Rejection
from service.formats.wording import shown
from service.formats.zones import Stated

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_HOUR_US = 3600 * SECOND_US
#: From this many readings the usual step is found, and this many are worked on in one go.
_ENOUGH = 1 << 18


def instants_of(
    local_us: NDArray[np.int64], stated: Stated | None, asked: tzinfo | None, interval_us: int | None = None
) -> NDArray[np.int64]:
    """Instants of what one logger's clock showed, by what the file states or else by the zone asked for.

    Raises:
        Rejection: ``zone_required``; ``zone_contradicted`` where both are there and differ at any of these times; and
            what `to_utc` finds.
    """
    if stated is None or len(stated.zones) != 1:
        if asked is None:
            raise _zone_required(local_us, stated)
        found = to_utc(asked, local_us, interval_us)
        offsets_us = np.unique(local_us - found)
        if stated and stated.zones and not {int(one) for one in offsets_us} <= {_fixed_us(one) for one in stated.zones}:
            raise _contradicted(stated, asked)
        return found
    found = to_utc(stated.zones[0], local_us, interval_us)
    if asked is not None:
        refuse_other_clock(asked, local_us, found, stated)
    return found


def refuse_other_clock(
    zone: tzinfo, local_us: NDArray[np.int64], instants: NDArray[np.int64], stated: Stated, *, asked: bool = True
) -> None:
    """Refuse a zone that shows another time than was shown at any of these instants."""
    if not np.array_equal(offsets_at(zone, instants).astype(np.int64) * SECOND_US, local_us - instants):
        raise _contradicted(stated, zone if asked else None)


def _contradicted(stated: Stated, zone: tzinfo | None) -> Rejection:
    other = "some of its times say another" if zone is None else f"the zone {shown(str(zone))} was given"
    return Rejection(
        "zone_contradicted",
        f"the file says that its times are by {shown(stated.text)}, but {other}. Leave the zone out, or mend the file.",
    )


def _zone_required(local_us: NDArray[np.int64], stated: Stated | None) -> Rejection:
    if stated is not None:
        return Rejection(
            "zone_required",
            f"the file says that its times are by {shown(stated.text)}, which may mean several clocks or none we know. "
            "Give the time zone of the logger's clock, such as America/New_York or -05:00.",
        )
    return Rejection(
        "zone_required",
        f"the file's times, such as {_time(int(local_us[0])):%Y-%m-%d %H:%M}, carry no offset from UTC. "
        "Give the time zone of the logger's clock, such as Europe/Zurich.",
    )


def _time(local_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=local_us)


def _fixed_us(zone: tzinfo) -> int:
    return (zone.utcoffset(None) or timedelta()) // _US


def to_utc(zone: tzinfo, local_us: NDArray[np.int64], interval_us: int | None) -> NDArray[np.int64]:
    """Instants, shape (n,), of what one logger's clock showed, in the file's order (oldest or newest first).

    A time that the zone skips in spring cannot have been shown by a clock that follows it, and is refused. A time
    that it repeats in autumn is settled by its neighbours: where the clock goes back, the second hour begins; a
    part of the hour that is joined at the logging interval to the time before it is of the first, to the time after it
    of the second. Joined to both, the clock did not switch; to neither, nobody knows: both are refused.
    """
    if isinstance(zone, timezone):
        return local_us - _fixed_us(zone)
    if np.count_nonzero(local_us[1:] < local_us[:-1]) > np.count_nonzero(local_us[1:] > local_us[:-1]):
        return to_utc(zone, local_us[::-1], interval_us)[::-1]
    offsets, seconds = _offsets_shown(zone, local_us, fold=0), _offsets_shown(zone, local_us, fold=1)
    if len(skipped := np.flatnonzero(offsets < seconds)):
        raise Rejection(
            "time_not_in_zone",
            f"{_time(int(local_us[skipped[0]])):%Y-%m-%d %H:%M} does not exist in {zone}: its clocks went forward. The "
            "logger's own clock did not, so give its fixed offset as the time zone, such as "
            f"{_written(int(offsets[skipped[0]]))}.",
        )
    repeated = offsets != seconds
    if repeated.any():
        if interval_us is None:
            forward = np.diff(local_us[:_ENOUGH])
            forward = forward[forward > 0]
            middle = len(forward) // 2
            interval_us = int(np.partition(forward, middle)[middle]) if len(forward) else 0
        for start, end in _runs(repeated):
            shift_us = int(offsets[start] - seconds[start]) * SECOND_US
            turn = _turn(local_us, start, end, interval_us, shift_us)
            if turn is None:
                raise Rejection(
                    "time_ambiguous",
                    f"{_time(int(local_us[start])):%Y-%m-%d %H:%M} comes twice in {zone}, when its clocks go back, and "
                    "the rows around it do not show which is meant; most loggers' own clocks do not switch. Give the "
                    f"clock's fixed offset as the time zone, such as {_written(int(offsets[start]))}.",
                )
            offsets[turn:end] = seconds[turn:end]
    instants = np.empty_like(local_us)
    for start in range(0, len(local_us), _ENOUGH):
        piece = slice(start, start + _ENOUGH)
        instants[piece] = local_us[piece] - offsets[piece].astype(np.int64) * SECOND_US
    return instants


def _offsets_shown(zone: tzinfo, local_us: NDArray[np.int64], fold: int) -> NDArray[np.int32]:
    """Seconds ahead of UTC when a clock of the zone shows these times."""

    def offset_s(local_us: int) -> int:
        local = _time(local_us).replace(tzinfo=zone, fold=fold)
        return (zone.utcoffset(local) or timedelta()) // timedelta(seconds=1)

    return _by_hour(local_us, offset_s)


def offsets_at(zone: tzinfo, instants: NDArray[np.int64]) -> NDArray[np.int32]:
    """Seconds ahead of UTC of a zone at these instants."""

    def offset_s(instant_us: int) -> int:
        local = _time(instant_us).astimezone(zone)
        return (local.utcoffset() or timedelta()) // timedelta(seconds=1)

    return _by_hour(instants, offset_s)


def _by_hour(times_us: NDArray[np.int64], offset_s: Callable[[int], int]) -> NDArray[np.int32]:
    """An offset for each time, looked up once for all times of an hour in which it does not change."""
    offsets = np.empty(len(times_us), dtype=np.int32)
    known: dict[int, tuple[int, int]] = {}
    for first in range(0, len(times_us), _ENOUGH):
        hours = times_us[first : first + _ENOUGH] // _HOUR_US
        starts = np.flatnonzero(np.concatenate(([True], hours[1:] != hours[:-1])))
        ends = np.append(starts[1:], len(hours))
        for hour, start, end in zip(hours[starts].tolist(), starts.tolist(), ends.tolist(), strict=True):
            if hour not in known:
                known[hour] = offset_s(hour * _HOUR_US), offset_s(hour * _HOUR_US + _HOUR_US - 1)
            opens, closes = known[hour]
            if opens == closes:
                offsets[first + start : first + end] = opens
            else:
                for at in range(first + start, first + end):
                    offsets[at] = offset_s(int(times_us[at]))
    return offsets


def _runs(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Half-open index ranges of neighbouring true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _turn(local_us: NDArray[np.int64], start: int, end: int, interval_us: int, shift_us: int) -> int | None:
    """From which index in a run of ambiguous times the clock had gone back; `end`: not in it. None: not known."""
    # A clock that goes back by an hour between readings an hour apart shows the same time twice.
    steps = np.diff(local_us[start:end])
    back = np.flatnonzero((steps < 0) | ((steps == 0) & (interval_us >= shift_us)))
    if len(back):
        return start + 1 + int(back[0]) if len(back) == 1 else None
    near_us = interval_us * 3 // 2
    follows = start > 0 and 0 <= local_us[start] - local_us[start - 1] <= near_us
    precedes = end < len(local_us) and 0 <= local_us[end] - local_us[end - 1] <= near_us
    if follows == precedes:
        return None
    return end if follows else start


def _written(offset_s: int) -> str:
    minutes = abs(offset_s) // 60
    return f"{'-' if offset_s < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
