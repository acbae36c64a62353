"""By which clock a file's times are: what it states itself, what the caller says, and the instants that follow."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from service.domain.instant import SECOND_US
from service.formats.reading import Rejection
from service.formats.wording import shown

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_UTC = ("UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu")
_HOUR_US = 3600 * SECOND_US
_LONGEST_NAME = 256
#: Of so many readings the usual step is found, and so many are worked on in one go.
_ENOUGH = 1 << 18

_OFFSET = r"(?P<sign>[+\-−])\s*(?P<hours>[01]?[0-9])(?::?(?P<minutes>[0-5][0-9]))?(?![0-9:])"
_OF_UTC = re.compile(rf"(?<![A-Za-z])(?:UTC|GMT|UT|Z|Zulu)(?![A-Za-z0-9])\s*(?:{_OFFSET})?", re.IGNORECASE)
_BARE = re.compile(r"(?<![0-9A-Za-z:])(?P<sign>[+\-−])(?P<hours>[01][0-9]):?(?P<minutes>[0-5][0-9])(?![0-9:])")
_PLACE = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+\-]+)+")
_SHORT = re.compile(r"(?<![A-Za-z])[A-Z]{3,4}(?![A-Za-z])")
_LONG = re.compile(r"(?:[A-Za-z.]+ )+(?:standard|daylight|summer|mean|universal) time", re.IGNORECASE)
_SUMMER = re.compile(r"(?<![A-Za-z])(?:DST|daylight|summer)(?![A-Za-z])", re.IGNORECASE)
_UNIVERSAL = re.compile(r"(?:coordinated universal|universal coordinated|greenwich mean|universal) time", re.IGNORECASE)

#: Hours ahead of UTC of what clocks call themselves, all year round. Several: nobody knows which is meant.
_ABBREVIATIONS: dict[str, tuple[float, ...]] = {
    "CET": (1,), "CEST": (2,), "MEZ": (1,), "MESZ": (2,), "WET": (0,), "WEST": (1,), "EET": (2,), "EEST": (3,),
    "EST": (-5, 10), "EDT": (-4,), "CST": (-6, 8), "CDT": (-5,), "MST": (-7, 8), "MDT": (-6,), "PST": (-8, 8),
    "PDT": (-7,), "AKST": (-9,), "AKDT": (-8,), "HST": (-10,), "JST": (9,), "KST": (9,), "HKT": (8,), "SGT": (8,),
    "AEST": (10,), "AEDT": (11,), "ACST": (9.5,), "ACDT": (10.5,), "AWST": (8,), "NZST": (12,), "NZDT": (13,),
    "BST": (1, 6), "IST": (5.5, 1, 2), "SAST": (2,), "MSK": (3,), "AST": (-4, 3), "ADT": (-3, 4), "BRT": (-3,),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stated:
    """A clock as a file states it; `zones`: those it may mean, none if it names one that we do not know."""

    text: str
    zones: tuple[tzinfo, ...]


def zone_of(name: str) -> tzinfo:
    """The zone of a name such as "Europe/Zurich", "UTC", "Etc/GMT-1" or "+01:00"."""
    name = name.strip()
    if found := re.fullmatch(r"([+\-−])([01][0-9]):?([0-5][0-9])", name):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        if offset <= timedelta(hours=14):
            return timezone(offset if found[1] == "+" else -offset)
    elif (zone := _place(name)) is not None:
        return zone
    raise Rejection(
        "zone_unknown", f"{shown(name)} is no known time zone. Give one such as Europe/Zurich, UTC or +01:00."
    )


def _place(name: str) -> tzinfo | None:
    if name in _UTC:
        return UTC
    # Not places: the machine's own zone would make the result depend on the machine; right/ counts leap seconds.
    if not name or name.startswith(("right/", "posix", "localtime", "Factory")):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def stated_in(name: str) -> tuple[list[Stated], str]:
    """The clocks that a name states, such as `Date Time, GMT-08:00`, and what else it says."""
    if len(name) > _LONGEST_NAME:
        return [], name
    text = re.sub(r"(?<=[a-z])(?=UTC|GMT|Utc|Gmt)", " ", unicodedata.normalize("NFKC", name))
    found: list[Stated] = []

    def take(match: re.Match[str]) -> str:
        stated = _stated(match)
        if stated is None:
            return match[0]
        found.append(stated)
        return " "

    for pattern in (_UNIVERSAL, _LONG, _SUMMER, _PLACE, _OF_UTC, _BARE, _SHORT):
        text = pattern.sub(take, text)
    return found, text


def _stated(match: re.Match[str]) -> Stated | None:
    text = match[0].strip()
    if match.re is _UNIVERSAL:
        return Stated(text, (UTC,))
    if match.re in (_LONG, _SUMMER):
        return Stated(text, ())
    if match.re is _PLACE:
        zone = _place(text)
        return None if zone is None else Stated(text, (zone,))
    if match.re is _SHORT:
        hours = _ABBREVIATIONS.get(text)
        return None if hours is None else Stated(text, tuple(timezone(timedelta(hours=one)) for one in hours))
    ahead = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    if ahead > timedelta(hours=14):
        return Stated(text, ())
    return Stated(text, (timezone(ahead if match["sign"] == "+" else -ahead),))


def one_stated(names: Sequence[str]) -> Stated | None:
    """The clock that names state, all the same if several do.

    Raises:
        Rejection: ``zone_contradicted``.
    """
    found = [stated for name in names for stated in stated_in(name)[0]]
    for other in found[1:]:
        if other.zones != found[0].zones:
            raise Rejection(
                "zone_contradicted",
                f"the times are said to be by {shown(found[0].text)} and by {shown(other.text)}. Export the file "
                "again, or leave one of them out of its column's name.",
            )
    return found[0] if found else None


def instants_of(
    faces: NDArray[np.int64], stated: Stated | None, asked: tzinfo | None, interval_us: int | None = None
) -> NDArray[np.int64]:
    """Instants of what one logger's clock showed, by what the file states or else by the zone asked for.

    Raises:
        Rejection: ``zone_required``; ``zone_contradicted`` where both are there and differ at any of these times; and
            what `to_utc` finds.
    """
    if stated is None or len(stated.zones) != 1:
        if asked is None:
            raise _zone_required(faces, stated)
        found = to_utc(asked, faces, interval_us)
        offsets_us = np.unique(faces - found)
        if stated and stated.zones and not {int(one) for one in offsets_us} <= {_fixed_us(one) for one in stated.zones}:
            raise _contradicted(stated, asked)
        return found
    found = to_utc(stated.zones[0], faces, interval_us)
    if asked is not None:
        refuse_other_clock(asked, faces, found, stated)
    return found


def refuse_other_clock(
    zone: tzinfo, faces: NDArray[np.int64], instants: NDArray[np.int64], stated: Stated, *, asked: bool = True
) -> None:
    """Refuse a zone that shows another time than was shown at any of these instants."""
    if not np.array_equal(offsets_at(zone, instants).astype(np.int64) * SECOND_US, faces - instants):
        raise _contradicted(stated, zone if asked else None)


def _contradicted(stated: Stated, zone: tzinfo | None) -> Rejection:
    other = "some of its times say another" if zone is None else f"the zone {shown(str(zone))} was given"
    return Rejection(
        "zone_contradicted",
        f"the file says that its times are by {shown(stated.text)}, but {other}. Leave the zone out, or mend the file.",
    )


def _zone_required(faces: NDArray[np.int64], stated: Stated | None) -> Rejection:
    if stated is not None:
        return Rejection(
            "zone_required",
            f"the file says that its times are by {shown(stated.text)}, which may mean several clocks or none we know. "
            "Give the time zone of the logger's clock, such as America/New_York or -05:00.",
        )
    return Rejection(
        "zone_required",
        f"the file's times, such as {_wall(int(faces[0])):%Y-%m-%d %H:%M}, carry no offset from UTC. "
        "Give the time zone of the logger's clock, such as Europe/Zurich.",
    )


def _wall(face_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=face_us)


def _fixed_us(zone: tzinfo) -> int:
    return (zone.utcoffset(None) or timedelta()) // _US


def to_utc(zone: tzinfo, faces: NDArray[np.int64], interval_us: int | None) -> NDArray[np.int64]:
    """Instants, shape (n,), of what one logger's clock showed, in the file's order (oldest or newest first).

    A time that the zone skips in spring cannot have been shown by a clock that follows it, and is refused. A time
    that it repeats in autumn is settled by its neighbours: where the clock goes back, the second hour begins; a
    part of the hour that is joined at the logging interval to the time before it is of the first, to the time after it
    of the second. Joined to both, the clock did not switch; to neither, nobody knows: both are refused.
    """
    if isinstance(zone, timezone):
        return faces - _fixed_us(zone)
    if np.count_nonzero(faces[1:] < faces[:-1]) > np.count_nonzero(faces[1:] > faces[:-1]):
        return to_utc(zone, faces[::-1], interval_us)[::-1]
    offsets, seconds = _offsets_shown(zone, faces, fold=0), _offsets_shown(zone, faces, fold=1)
    if len(skipped := np.flatnonzero(offsets < seconds)):
        raise Rejection(
            "time_not_in_zone",
            f"{_wall(int(faces[skipped[0]])):%Y-%m-%d %H:%M} does not exist in {zone}: its clocks went forward. The "
            "logger's own clock did not, so give its fixed offset as the time zone, such as "
            f"{_written(int(offsets[skipped[0]]))}.",
        )
    repeated = offsets != seconds
    if repeated.any():
        if interval_us is None:
            forward = np.diff(faces[:_ENOUGH])
            forward = forward[forward > 0]
            middle = len(forward) // 2
            interval_us = int(np.partition(forward, middle)[middle]) if len(forward) else 0
        for start, end in _runs(repeated):
            shift_us = int(offsets[start] - seconds[start]) * SECOND_US
            turn = _turn(faces, start, end, interval_us, shift_us)
            if turn is None:
                raise Rejection(
                    "time_ambiguous",
                    f"{_wall(int(faces[start])):%Y-%m-%d %H:%M} comes twice in {zone}, when its clocks go back, and "
                    "the rows around it do not show which is meant; most loggers' own clocks do not switch. Give the "
                    f"clock's fixed offset as the time zone, such as {_written(int(offsets[start]))}.",
                )
            offsets[turn:end] = seconds[turn:end]
    instants = np.empty_like(faces)
    for start in range(0, len(faces), _ENOUGH):
        piece = slice(start, start + _ENOUGH)
        instants[piece] = faces[piece] - offsets[piece].astype(np.int64) * SECOND_US
    return instants


def _offsets_shown(zone: tzinfo, faces: NDArray[np.int64], fold: int) -> NDArray[np.int32]:
    """Seconds ahead of UTC when a clock of the zone shows these times."""

    def offset_s(face_us: int) -> int:
        local = _wall(face_us).replace(tzinfo=zone, fold=fold)
        return (zone.utcoffset(local) or timedelta()) // timedelta(seconds=1)

    return _by_hour(faces, offset_s)


def offsets_at(zone: tzinfo, instants: NDArray[np.int64]) -> NDArray[np.int32]:
    """Seconds ahead of UTC of a zone at these instants."""

    def offset_s(instant_us: int) -> int:
        local = _wall(instant_us).astimezone(zone)
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


def _turn(faces: NDArray[np.int64], start: int, end: int, interval_us: int, shift_us: int) -> int | None:
    """From which index in a run of ambiguous times the clock had gone back; `end`: not in it. None: not known."""
    # A clock that goes back by an hour between readings an hour apart shows the same time twice.
    steps = np.diff(faces[start:end])
    back = np.flatnonzero((steps < 0) | ((steps == 0) & (interval_us >= shift_us)))
    if len(back):
        return start + 1 + int(back[0]) if len(back) == 1 else None
    near_us = interval_us * 3 // 2
    follows = start > 0 and 0 <= faces[start] - faces[start - 1] <= near_us
    precedes = end < len(faces) and 0 <= faces[end] - faces[end - 1] <= near_us
    if follows == precedes:
        return None
    return end if follows else start


def _written(offset_s: int) -> str:
    minutes = abs(offset_s) // 60
    return f"{'-' if offset_s < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
