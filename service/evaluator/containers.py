"""Judge containers anew where their readings changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from service.domain import spans
from service.domain.container import Record, Threshold, Watch, judge_container, repaired, thresholds_of, with_declared
from service.domain.detector import track
from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.mending import Mending, at_one_instant, mended_spans
from service.domain.profiles import Profile
from service.domain.quality import Quality
from service.domain.spans import Spans
from service.store import registry
from service.store.attachments import Attached, containers_measured_by, judged_attachments
from service.store.dirty import Mark, changed_spans
from service.store.lots import profile_keys_in
from service.store.mending import load_mended, load_mendings
from service.store.pool import Connection
from service.store.records import forget_record, known_thresholds, load_records, save_record
from service.store.registry import door_graces_s
from service.store.series import StoredSeries

#: A changed reading can change the bounds of its neighbours (a spike is told by both of its), and theirs the
#: intervals beyond them: so a window runs from the second usable reading before a change to the second after it.
_REACH = 2

#: To judge a window's first interval as in the whole series takes one reading more.
_PADDING = _REACH + 1

#: Of one series, readings that are here at a time while a whole container is judged: some 20 MB.
_MOST_READINGS = 400_000


@dataclass(frozen=True, slots=True)
class Change:
    """Readings of a series that changed in [from_us, until_us], true times, and the containers it measured then."""

    series_id: int
    mending: Mending
    from_us: int
    until_us: int
    container_ids: Sequence[str]


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
    graces_s = door_graces_s(connection, windows)
    return {
        container_id: _widened(spans.union(*parts), graces_s[container_id] * SECOND_US)
        for container_id, parts in sorted(windows.items())
    }


def _widened(windows: Spans, grace_us: int) -> Spans:
    """Windows, and so much on each side: a change can make an opened door of what was none, or the other way round.

    Either is shorter than the grace and touches the window; of what is longer nothing changes outside.
    """
    farther = windows + np.array([-grace_us, grace_us])
    return spans.clip(spans.union(farther), BEGINNING_US, END_US)


def _window(connection: Connection, series_id: int, mending: Mending, from_us: int, until_us: int) -> Spans:
    found = load_mended(connection, series_id, mending, from_us, until_us, padding=_PADDING)
    # What a mended clock put on one instant is one reading.
    times_us = np.unique(found.times_us)
    before = int(np.searchsorted(times_us, from_us, side="left"))
    after = int(np.searchsorted(times_us, until_us, side="right"))
    opens = int(times_us[before - _REACH]) if before >= _REACH else BEGINNING_US
    closes = int(times_us[after + _REACH - 1]) if len(times_us) - after >= _REACH else END_US
    return spans.spans([(opens, closes)])


def judge_anew(
    connection: Connection, container_id: str, windows: Spans, profiles: dict[tuple[str, int], Profile]
) -> bool:
    """Bring a container's records up to date; True if what changed can matter to a lot."""
    wanted: defaultdict[int, list[Profile]] = defaultdict(list)
    for key in sorted(profile_keys_in(connection, container_id)):
        wanted[profiles[key].max_gap_s].append(profiles[key])
    known = known_thresholds(connection, container_id)
    declared_c = registry.container(connection, container_id)["declared_c"]
    changed = False
    # By a correction a container may be rid of a lot, and of its profile; a later one may bring it back.
    for max_gap_s in sorted(known.keys() - wanted.keys()):
        forget_record(connection, container_id, max_gap_s)
    for max_gap_s, judged_by in sorted(wanted.items()):
        thresholds = thresholds_of(judged_by)
        key_here = (container_id, max_gap_s)
        # A threshold nobody asked about so far has no spans yet: that is not the same as having none.
        if not set(thresholds) <= known.get(max_gap_s, set()) or np.array_equal(windows, spans.ALWAYS):
            old = load_records(connection, [container_id]).get(key_here) if max_gap_s in known else None
            record = with_declared(_whole(connection, *key_here, thresholds), declared_c)
            changed |= save_record(connection, container_id, max_gap_s, old, record)
            continue
        for from_us, until_us in windows.tolist():
            old = load_records(connection, [container_id], from_us, until_us)[key_here]
            watches = watches_over(connection, container_id, from_us, until_us)
            fresh = with_declared(judge_container(watches, thresholds, max_gap_s), declared_c)
            record = repaired(old, (from_us, until_us), fresh)
            changed |= save_record(connection, container_id, max_gap_s, old, record)
    return changed


def _whole(connection: Connection, container_id: str, max_gap_s: int, thresholds: Sequence[Threshold]) -> Record:
    """The record of a container from all its readings, of which few are here at a time."""
    record = Record()
    for window, watches in _stretches(connection, container_id):
        record = repaired(record, window, judge_container(watches, thresholds, max_gap_s))
    return record


def _stretches(connection: Connection, container_id: str) -> Iterator[tuple[tuple[int, int], list[Watch]]]:
    """All of time, cut where enough readings are loaded, with the readings that judge each piece of it."""
    attachments = judged_attachments(connection, container_id)
    mendings = load_mendings(connection, {a.series_id for a in attachments})
    from_us = BEGINNING_US
    while from_us < END_US:
        judged = [a for a in attachments if a.until_us > from_us]
        loaded = [(a, *_stretch(connection, a, mendings[a.series_id], from_us)) for a in judged]
        until_us = min((reaches_us for _, _, reaches_us in loaded), default=END_US)
        yield (from_us, until_us), [_watch(attached, stored) for attached, stored, _ in loaded]
        from_us = until_us


def _stretch(connection: Connection, attached: Attached, mending: Mending, from_us: int) -> tuple[StoredSeries, int]:
    """Readings of one attachment from an instant on, and until when they suffice to judge it."""
    # How long a door stood open is told from as much time on each side.
    grace_us = attached.door_grace_s * SECOND_US
    opens_us, most = max(from_us - grace_us, attached.from_us), _MOST_READINGS
    while True:
        # What lies outside the attachment has no say in it.
        padding = _PADDING if opens_us > attached.from_us else 0
        stored = load_mended(connection, attached.series_id, mending, opens_us, attached.until_us, padding, most)
        if len(stored.times_us) < most:
            return stored, END_US
        usable_us = np.unique(stored.times_us[(stored.qualities <= Quality.LO) & (stored.times_us > from_us)])
        if len(usable_us) > _PADDING and usable_us[-_PADDING - 1] - grace_us > from_us:
            return stored, int(usable_us[-_PADDING - 1] - grace_us)
        most *= 2


def watches_over(connection: Connection, container_id: str, from_us: int, until_us: int) -> list[Watch]:
    """The judged series of a container, with their readings in [from_us, until_us] and enough on each side."""
    attachments = judged_attachments(connection, container_id)
    mendings = load_mendings(connection, {a.series_id for a in attachments})
    watches = []
    for attached in attachments:
        grace_us = attached.door_grace_s * SECOND_US
        opens_us, closes_us = from_us - grace_us, until_us + grace_us
        mending = mendings[attached.series_id]
        stored = load_mended(connection, attached.series_id, mending, opens_us, closes_us, padding=_PADDING)
        watches.append(_watch(attached, stored))
    return watches


def _watch(attached: Attached, stored: StoredSeries) -> Watch:
    readings = track(
        stored.times_us, stored.temperatures_c, stored.qualities, attached.range_min_c, attached.range_max_c
    )
    return Watch(at_one_instant(readings), attached.from_us, attached.until_us, attached.door_grace_s)
