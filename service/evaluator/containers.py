"""Judge containers anew where their readings changed."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from service.answers.watches import PADDING, REACH, Source, sources_of, watch_of, watches_of
from service.domain import spans
from service.domain.exposure.container import (
    Record,
    Threshold,
    Watch,
    judge_container,
    repaired,
    thresholds_of,
    with_declared,
)
from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.profiles import Profile
from service.domain.series.mending import Mending, mended_spans
from service.domain.series.quality import counting
from service.domain.spans import Spans
from service.store.dirty import Mark, changed_spans
from service.store.exposure.records import forget_record, known_thresholds, load_records, save_record
from service.store.lots.lots import profile_keys_in
from service.store.pool import Connection
from service.store.registry.attachments import Attached, containers_measured_by
from service.store.registry.containers import containers_by_id
from service.store.series.mended import ask_mended, load_mended, load_mendings
from service.store.series.series import StoredSeries

#: Of one series, readings that are here at a time while a whole container is judged: some 20 MB.
MOST_READINGS = 400_000


@dataclass(frozen=True, slots=True)
class Change:
    """Readings of a series that changed in [from_us, until_us], true times, and the containers it measured then."""

    series_id: int
    mending: Mending
    from_us: int
    until_us: int
    container_ids: Sequence[str]


#: A window of time, and the watches that judge it.
_Piece = tuple[tuple[int, int], list[Watch]]


@dataclass(frozen=True, slots=True)
class _Judged:
    """The record of a container for one max_gap_s, before its readings are looked at."""

    key: tuple[str, int]
    thresholds: Sequence[Threshold]
    declared_c: float | None
    sources: Sequence[Source]


def changes_of(connection: Connection, marks: Iterable[Mark]) -> list[Change]:
    """What the marks of series mean for containers; what no container was measured by is left out."""
    by_series = changed_spans(marks)
    mendings = load_mendings(connection, by_series)
    changes = []
    for series_id, changed in by_series.items():
        mending = mendings[series_id]
        for from_us, until_us in mended_spans(changed, mending.clock).tolist():
            container_ids = containers_measured_by(connection, series_id, from_us, until_us - 1)
            if container_ids:
                changes.append(Change(series_id, mending, from_us, until_us - 1, container_ids))
    return changes


def windows_of(connection: Connection, marks: Iterable[Mark], changes: Iterable[Change]) -> dict[str, Spans]:
    """By container id, the time over which its record may no longer hold."""
    windows: defaultdict[str, list[Spans]] = defaultdict(list)
    for mark in marks:
        if mark.container_id is not None:
            windows[mark.container_id].append(spans.ALWAYS)
    for change in changes:
        window = _window(connection, change.series_id, change.mending, change.from_us, change.until_us)
        for container_id in change.container_ids:
            windows[container_id].append(window)
    containers = containers_by_id(connection, windows)
    return {
        container_id: _widened(spans.union(*parts), containers[container_id].door_grace_s * SECOND_US)
        for container_id, parts in sorted(windows.items())
    }


def _widened(windows: Spans, grace_us: int) -> Spans:
    """Windows, and the grace on each side: a change can make an opened door of what was none, or the other way round.

    Either is shorter than the grace and touches the window; of what is longer nothing changes outside.
    """
    farther = windows + np.array([-grace_us, grace_us])
    return spans.clip(spans.union(farther), BEGINNING_US, END_US)


def _window(connection: Connection, series_id: int, mending: Mending, from_us: int, until_us: int) -> Spans:
    found = load_mended(connection, series_id, mending, from_us, until_us, padding=PADDING)
    # Readings of one instant are judged as one.
    times_us = np.unique(found.times_us)
    before = int(np.searchsorted(times_us, from_us, side="left"))
    after = int(np.searchsorted(times_us, until_us, side="right"))
    opens = int(times_us[before - REACH]) if before >= REACH else BEGINNING_US
    closes = int(times_us[after + REACH - 1]) if len(times_us) - after >= REACH else END_US
    return spans.spans([(opens, closes)])


def judge_anew(
    connection: Connection,
    windows: Mapping[str, Spans],
    profiles: Mapping[tuple[str, int], Profile],
    most_readings: int = MOST_READINGS,
) -> set[str]:
    """Bring the records of containers up to date, each in its windows; those whose changes can matter to a lot.

    Args:
        most_readings: of one series, this many are here at a time while a whole container is judged.
    """
    if not windows:
        return set()
    profile_keys = profile_keys_in(connection, windows)
    known = known_thresholds(connection, windows)
    containers = containers_by_id(connection, windows)
    sources = sources_of(connection, windows)
    changed, whole = set(), []
    for container_id, within in sorted(windows.items()):
        wanted: defaultdict[int, list[Profile]] = defaultdict(list)
        for key in sorted(profile_keys[container_id]):
            wanted[profiles[key].max_gap_s].append(profiles[key])
        # By a correction a container may be rid of a lot, and of its profile; a later one may bring it back.
        for max_gap_s in sorted(known[container_id].keys() - wanted.keys()):
            forget_record(connection, container_id, max_gap_s)
        for max_gap_s, judged_by in sorted(wanted.items()):
            key_here, declared_c = (container_id, max_gap_s), containers[container_id].declared_c
            judged = _Judged(key_here, thresholds_of(judged_by), declared_c, sources[container_id])
            known_here = known[container_id].get(max_gap_s, set())
            # A threshold nobody asked about so far has no spans yet: that is not the same as having none.
            if not known_here.issuperset(judged.thresholds) or np.array_equal(within, spans.ALWAYS):
                whole.append(judged)
            elif _judge_windows_anew(connection, judged, within):
                changed.add(container_id)
    return changed | _judge_whole_anew(connection, whole, most_readings)


def _judge_windows_anew(connection: Connection, judged: _Judged, windows: Spans) -> bool:
    container_id, max_gap_s = judged.key
    changed = False
    for from_us, until_us in windows.tolist():
        old = load_records(connection, [container_id], from_us, until_us)[judged.key]
        watches = watches_of(connection, judged.sources, from_us, until_us)
        fresh = with_declared(judge_container(watches, judged.thresholds, max_gap_s), judged.declared_c)
        changed |= save_record(connection, container_id, max_gap_s, old, repaired(old, (from_us, until_us), fresh))
    return changed


def _judge_whole_anew(connection: Connection, whole: Sequence[_Judged], most_readings: int) -> set[str]:
    """Judge all readings of containers; while those of one are being judged, the database reads the next one's."""
    changed: set[str] = set()
    if not whole:
        return changed
    old = load_records(connection, sorted({judged.key[0] for judged in whole}))
    with connection.pipeline():
        asked = [_ask_piece(connection, judged.sources, BEGINNING_US, most_readings) for judged in whole[:1]]
        for judged, following in zip_longest(whole, whole[1:]):
            take = asked.pop()
            if following is not None:
                asked.append(_ask_piece(connection, following.sources, BEGINNING_US, most_readings))
            record = with_declared(_whole(connection, judged, take, most_readings), judged.declared_c)
            container_id, max_gap_s = judged.key
            if save_record(connection, container_id, max_gap_s, old.get(judged.key), record):
                changed.add(container_id)
    return changed


def _whole(connection: Connection, judged: _Judged, take: Callable[[], _Piece], most_readings: int) -> Record:
    """The record of a container from all its readings, of which few are here at a time."""
    record = Record()
    while True:
        window, watches = take()
        if window[1] < END_US:
            take = _ask_piece(connection, judged.sources, window[1], most_readings)
        record = repaired(record, window, judge_container(watches, judged.thresholds, judged.key[1]))
        if window[1] == END_US:
            return record


def _ask_piece(
    connection: Connection, sources: Sequence[Source], from_us: int, most_readings: int
) -> Callable[[], _Piece]:
    """From an instant on, as much of time as enough readings are loaded for, with those that judge it."""
    asked = [
        (attached, _ask_stretch(connection, attached, mending, from_us, most_readings))
        for attached, mending in sources
        if attached.until_us > from_us
    ]

    def take() -> _Piece:
        loaded = [(attached, *take_stretch()) for attached, take_stretch in asked]
        until_us = min((reaches_us for _, _, reaches_us in loaded), default=END_US)
        return (from_us, until_us), [watch_of(attached, stored) for attached, stored, _ in loaded]

    return take


def _ask_stretch(
    connection: Connection, attached: Attached, mending: Mending, from_us: int, most_readings: int
) -> Callable[[], tuple[StoredSeries, int]]:
    """Readings of one attachment from an instant on, and until when they suffice to judge it."""
    # How long a door stood open is told from as much time on each side.
    grace_us = attached.door_grace_s * SECOND_US
    opens_us = max(from_us - grace_us, attached.from_us)
    # What lies outside the attachment has no say in it.
    padding = PADDING if opens_us > attached.from_us else 0

    def ask(most: int) -> Callable[[], StoredSeries]:
        return ask_mended(connection, attached.series_id, mending, opens_us, attached.until_us, padding, most)

    asked = ask(most_readings)

    def take() -> tuple[StoredSeries, int]:
        stored, most = asked(), most_readings
        while len(stored.times_us) >= most:
            usable_us = np.unique(stored.times_us[counting(stored.qualities) & (stored.times_us > from_us)])
            if len(usable_us) > PADDING and usable_us[-PADDING - 1] - grace_us > from_us:
                return stored, int(usable_us[-PADDING - 1] - grace_us)
            most *= 2
            stored = ask(most)()
        return stored, END_US

    return take
