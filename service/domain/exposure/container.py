"""What one container's judged series say together: beyond, disputed and gap spans, shared by every lot in it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from service.domain import spans
from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.profiles import Direction, Limit, Profile
from service.domain.series.crossings import judged, together
from service.domain.series.track import Track, held
from service.domain.spans import Spans

#: A threshold as spans are stored under it.
Threshold = tuple[Direction, float]


def threshold_of(limit: Limit) -> Threshold:
    """The key under which a limit's spans are stored; limits that differ only in budget share them."""
    return (limit.direction, limit.threshold_c)


@dataclass(frozen=True, slots=True)
class Watch:
    """One series judged for a container over [from, until), commissioning already counted in.

    Attributes:
        door_grace_s: what a door opened for less than this does to the air around the probe is no certain exposure.
            0 for all probes but those in the air of a container whose mapping study allows it.
    """

    readings: Track
    from_us: int
    until_us: int
    door_grace_s: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """The spans of one container for one `max_gap_s`.

    Attributes:
        beyond: per threshold, time certainly beyond it, by the worst series at each instant; without what may be
            nothing but an opened door.
        disputed: per threshold, time possibly but not certainly beyond it. Where a probe fell silent beyond it, that is
            all time until it is heard again or taken away; so it may have no end, and may hold time nobody measured.
        gaps: time before `measured_until_us` that no series covered; the first one starts at BEGINNING_US.
        measured_until_us: the last instant any series speaks for; what follows is the live tail.
        open_beyond: thresholds beyond which the last reading of a series still attached lies. Silence does not close
            them: that takes a reading within limits, or the end of the attachment.
        open_possible: thresholds beyond which such a reading may lie; those of `open_beyond` are among them.
    """

    beyond: dict[Threshold, Spans] = field(default_factory=dict)
    disputed: dict[Threshold, Spans] = field(default_factory=dict)
    gaps: Spans = field(default_factory=lambda: spans.NONE)
    measured_until_us: int = BEGINNING_US
    open_beyond: frozenset[Threshold] = frozenset()
    open_possible: frozenset[Threshold] = frozenset()


def judge_container(watches: Iterable[Watch], thresholds: Iterable[Threshold], max_gap_s: int) -> Record:
    """Union over the series: the worst at each *instant*, never the larger of two totals."""
    max_gap_us = max_gap_s * SECOND_US
    watches, thresholds = list(watches), list(thresholds)
    tracks = [held(w.readings, w.from_us, w.until_us, max_gap_us) for w in watches]
    measured_until_us = max((int(t.times_us[-1]) for t in tracks if len(t.times_us)), default=BEGINNING_US)
    found = judged(together(tracks), thresholds, max_gap_us)
    covered = [
        spans.subtract(spans.spans([(t.times_us[0], t.times_us[-1])]), found.holes.of(number))
        for number, t in enumerate(tracks)
        if len(t.times_us)
    ]
    silences = [_silences(w, t, found.holes.of(n)) for n, (w, t) in enumerate(zip(watches, tracks, strict=True))]
    certain: dict[Threshold, Spans] = {}
    disputed: dict[Threshold, Spans] = {}
    graced = any(watch.door_grace_s for watch in watches)
    for key, verdict in zip(thresholds, found.beyond, strict=True):
        surely = [verdict.certain.pairs]
        if graced:
            surely = [
                spans.subtract(
                    verdict.certain.of(n), _door_openings(watch, t, verdict.possible.of(n), found.holes.of(n))
                )
                for n, (watch, t) in enumerate(zip(watches, tracks, strict=True))
            ]
        certain[key] = spans.union(*surely)
        unheard = (silence.after_beyond(key) for silence in silences)
        disputed[key] = spans.subtract(spans.union(verdict.possible.pairs, *unheard), certain[key])
    attached = [t for w, t in zip(watches, tracks, strict=True) if w.until_us == END_US and len(t.times_us)]
    return Record(
        beyond=certain,
        disputed=disputed,
        gaps=spans.clip(spans.complement(spans.union(*covered)), BEGINNING_US, measured_until_us),
        measured_until_us=measured_until_us,
        open_beyond=frozenset(key for key in thresholds if any(_ends_beyond(t, key) for t in attached)),
        open_possible=frozenset(key for key in thresholds if any(_may_end_beyond(t, key) for t in attached)),
    )


@dataclass(frozen=True, slots=True)
class _Silences:
    """When a series was not heard, from a reading of its to the next one or to where its attachment ends.

    Attributes:
        spans: shape (n, 2).
        low_c, high_c: bounds of the temperature at the reading each begins with, shape (n,).
    """

    spans: Spans
    low_c: NDArray[np.float64]
    high_c: NDArray[np.float64]

    def after_beyond(self, threshold: Threshold) -> Spans:
        """Those that begin with a reading that may lie beyond a threshold: nobody has seen it come back."""
        direction, threshold_c = threshold
        above = direction is Direction.ABOVE
        return self.spans[self.high_c > threshold_c if above else self.low_c < threshold_c]


def _silences(watch: Watch, track: Track, holes: Spans) -> _Silences:
    times_us = track.times_us
    # A lone reading between two holes is inside of what was given as one.
    first, last = np.searchsorted(times_us, holes[:, 0]), np.searchsorted(times_us, holes[:, 1])
    followed = np.concatenate([np.arange(0), *map(np.arange, first, last)])
    newest = np.arange(len(times_us) - 1, len(times_us))[: len(times_us)]
    at = np.concatenate((followed, newest))
    following_us = np.concatenate((times_us[followed + 1], np.full_like(newest, watch.until_us)))
    return _Silences(np.column_stack((times_us[at], following_us)), track.low_c[at], track.high_c[at])


def _door_openings(watch: Watch, track: Track, possible: Spans, holes: Spans) -> Spans:
    """Excursions of one series that are known to be shorter than its grace: both ends are crossings.

    One that lasts at the newest reading is as long as it is by then. One that begins or ends in silence, or with the
    attachment, may have been longer.
    """
    if watch.door_grace_s == 0 or len(track.times_us) == 0:
        return spans.NONE
    cut_off = [holes[:, 0]] if watch.until_us == END_US else [holes[:, 0], track.times_us[-1:]]
    short = possible[:, 1] - possible[:, 0] < watch.door_grace_s * SECOND_US
    short &= ~np.isin(possible[:, 0], np.concatenate((track.times_us[:1], holes[:, 1])))
    short &= ~np.isin(possible[:, 1], np.concatenate(cut_off))
    return possible[short]


def opened_us(record: Record, threshold: Threshold) -> int:
    """Since when a container that is beyond a threshold now has been, as far as its spans tell."""
    beyond, disputed = (found.get(threshold, spans.NONE) for found in (record.beyond, record.disputed))
    # A door still open is disputed, until it has been open for long enough.
    if len(disputed) and (len(beyond) == 0 or disputed[-1, 1] > beyond[-1, 1]):
        beyond = spans.union(beyond, disputed)
    return int(beyond[-1, 0]) if len(beyond) else record.measured_until_us


def is_unheard(record: Record, threshold: Threshold, before_us: int) -> bool:
    """Whether what may be beyond a threshold now was last heard before an instant, as far as its spans tell."""
    disputed = record.disputed.get(threshold, spans.NONE)
    return len(disputed) > 0 and int(disputed[-1, 1]) == END_US and int(disputed[-1, 0]) < before_us


def left_beyond(record: Record) -> dict[Threshold, int]:
    """Thresholds beyond which a container may have been when all measuring of it ended, and until when.

    No probe that is attached says so, and none was heard since. Mostly the probe that said so was taken out; a last
    reading that is just at a threshold is the other way to it.
    """
    found: dict[Threshold, int] = {}
    for key in (record.beyond.keys() | record.disputed.keys()) - record.open_possible:
        last = [kind[key][-1, 1] for kind in (record.beyond, record.disputed) if len(kind.get(key, spans.NONE))]
        until_us = int(max(last, default=BEGINNING_US))
        if until_us >= record.measured_until_us and until_us > BEGINNING_US:
            found[key] = until_us
    return found


def with_left_open(record: Record, ends_us: Collection[int]) -> Record:
    """As if a probe that was beyond a threshold when it was taken out, at one of these instants, hung there."""
    left = {key for key, until_us in left_beyond(record).items() if until_us in ends_us}
    return replace(record, open_possible=record.open_possible | left) if left else record


def _ends_beyond(readings: Track, threshold: Threshold) -> bool:
    return _is_beyond(float(readings.low_c[-1]), float(readings.high_c[-1]), threshold)


def _may_end_beyond(readings: Track, threshold: Threshold) -> bool:
    return _is_beyond(float(readings.high_c[-1]), float(readings.low_c[-1]), threshold)


def _is_beyond(low_c: float, high_c: float, threshold: Threshold) -> bool:
    direction, threshold_c = threshold
    return low_c > threshold_c if direction is Direction.ABOVE else high_c < threshold_c


def with_declared(record: Record, declared_c: float | None) -> Record:
    """The record of a room with a declared temperature, united with what its probes say.

    The declaration is held against lots: where it is beyond a threshold, that is certain for all time. It measures
    nothing, so it proves nothing for them. None: there is none.
    """
    if declared_c is None:
        return record
    outside = {key for key in record.beyond if _is_beyond(declared_c, declared_c, key)}
    return replace(
        record,
        beyond={key: spans.ALWAYS if key in outside else found for key, found in record.beyond.items()},
        disputed={key: spans.NONE if key in outside else found for key, found in record.disputed.items()},
        open_beyond=record.open_beyond | outside,
        open_possible=record.open_possible | outside,
    )


def repaired(stored: Record, window: tuple[int, int], fresh: Record) -> Record:
    """The stored record with one window of it judged anew.

    `fresh` comes from the readings in and around `window`, and is right inside it. A window that is all of time
    replaces the record; any other can only move `measured_until_us` forward, because readings are never taken back.
    """
    if window == (BEGINNING_US, END_US):
        return fresh
    measured_until_us = max(stored.measured_until_us, fresh.measured_until_us)
    # What lies between the two ends was nobody's business so far; it is a gap unless the window says otherwise.
    gaps = spans.union(stored.gaps, spans.spans([(stored.measured_until_us, measured_until_us)]))
    fresh_gaps = spans.union(fresh.gaps, spans.spans([(fresh.measured_until_us, measured_until_us)]))
    return Record(
        beyond={
            key: spans.splice(stored.beyond.get(key, spans.NONE), window, found) for key, found in fresh.beyond.items()
        },
        disputed={
            key: spans.splice(stored.disputed.get(key, spans.NONE), window, found)
            for key, found in fresh.disputed.items()
        },
        gaps=spans.splice(gaps, window, spans.clip(fresh_gaps, BEGINNING_US, measured_until_us)),
        measured_until_us=measured_until_us,
        open_beyond=fresh.open_beyond if window[1] == END_US else stored.open_beyond,
        open_possible=fresh.open_possible if window[1] == END_US else stored.open_possible,
    )


def thresholds_of(profiles: Iterable[Profile]) -> list[Threshold]:
    """Every threshold any of the profiles has, each once, in a fixed order."""
    found: set[Threshold] = set()
    for profile in profiles:
        found |= {threshold_of(limit) for limit in profile.limits}
        if profile.thaw is not None:
            found.add((Direction.ABOVE, profile.thaw.threshold_c))
    return sorted(found)
