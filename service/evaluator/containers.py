"""Judge containers anew where their readings changed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from service.domain import spans
from service.domain.container import Record, Watch, judge_container, repaired, thresholds_of
from service.domain.detector import track
from service.domain.instant import BEGINNING_US, END_US
from service.domain.profiles import Profile
from service.domain.spans import Spans
from service.store.attachments import containers_measured_by, judged_attachments
from service.store.dirty import Mark
from service.store.lots import profile_keys_in
from service.store.pool import Connection
from service.store.readings import load_series
from service.store.records import load_records, save_record

#: A changed reading can change the bounds of its neighbours (a spike is told by both of its), and theirs the
#: intervals beyond them: so a window runs from the second usable reading before a change to the second after it.
_REACH = 2

#: To judge a window's first interval as in the whole series takes one reading more.
_PADDING = _REACH + 1

_ALWAYS = spans.spans([(BEGINNING_US, END_US)])


def windows_of(connection: Connection, marks: Iterable[Mark]) -> dict[str, Spans]:
    """By container id, the time over which its record may no longer hold."""
    by_series: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    windows: defaultdict[str, list[Spans]] = defaultdict(list)
    for mark in marks:
        if mark.container_id is not None:
            windows[mark.container_id].append(_ALWAYS)
        elif mark.series_id is not None:
            # Half-open spans of closed ranges: one microsecond more, so that equal instants still meet.
            by_series[mark.series_id].append((mark.from_us, mark.until_us + 1))
    for series_id, changed in sorted(by_series.items()):
        for from_us, until_us in spans.spans(changed).tolist():
            containers = containers_measured_by(connection, series_id, from_us, until_us - 1)
            if containers:
                window = _window(connection, series_id, from_us, until_us - 1)
                for container_id in containers:
                    windows[container_id].append(window)
    return {container_id: spans.union(*parts) for container_id, parts in sorted(windows.items())}


def _window(connection: Connection, series_id: int, from_us: int, until_us: int) -> Spans:
    times_us = load_series(connection, series_id, from_us, until_us, padding=_PADDING).times_us
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
    stored = load_records(connection, [container_id])
    changed = False
    for max_gap_s, judged_by in sorted(wanted.items()):
        thresholds = thresholds_of(judged_by)
        old = stored.get((container_id, max_gap_s))
        # A threshold nobody asked about so far has no spans yet: that is not the same as having none.
        whole = old is None or not set(thresholds) <= old.beyond.keys()
        record = old or Record()
        for from_us, until_us in (_ALWAYS if whole else windows).tolist():
            watches = _watches(connection, container_id, from_us, until_us)
            record = repaired(record, (from_us, until_us), judge_container(watches, thresholds, max_gap_s))
        changed |= save_record(connection, container_id, max_gap_s, old, record)
    return changed


def _watches(connection: Connection, container_id: str, from_us: int, until_us: int) -> Sequence[Watch]:
    watches = []
    for attached in judged_attachments(connection, container_id):
        stored = load_series(connection, attached.series_id, from_us, until_us, padding=_PADDING)
        readings = track(
            stored.times_us, stored.temperatures_c, stored.qualities, attached.range_min_c, attached.range_max_c
        )
        watches.append(Watch(readings, attached.from_us, attached.until_us))
    return watches
