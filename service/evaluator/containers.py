"""Judge containers anew where their readings changed."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from service.answers.watches import Source, sources_of, watches_of
from service.domain import spans
from service.domain.exposure.container import Record, Threshold, judge_container, repaired, thresholds_of, with_declared
from service.domain.instant import END_US, SECOND_US
from service.domain.profiles import Profile
from service.domain.spans import Spans
from service.evaluator.whole_records import MOST_READINGS, Judged, judge_whole_anew
from service.store.exposure.records import Head, load_heads, load_records_within, lock_records
from service.store.exposure.saving import forget_records, save_records
from service.store.lots.lots import profile_keys_in
from service.store.pool import Connection
from service.store.registry.containers import Container

#: Windows of together so much time of all series that are judged are loaded at once: a million readings a minute apart.
_MOST_US = 700 * 86_400 * SECOND_US


def judge_anew(
    connection: Connection,
    windows: Mapping[str, Spans],
    containers: Mapping[str, Container],
    profiles: Mapping[tuple[str, int], Profile],
    *,
    asked: Collection[str] | None = None,
    latest_us: int = END_US,
    most_readings: int = MOST_READINGS,
) -> dict[str, Spans]:
    """Bring the records of containers up to date, each in its windows.

    Nobody else changes these records until the end of the transaction; they are taken in the order of their ids.

    Args:
        asked: the containers of which it may have changed which profiles they are judged by: a lot came, or by a
            correction was never there. The others are judged by what they were judged by so far. None: all.
        latest_us: no reading of a window that closes with the end of time is much later than this.
        most_readings: of one series, this many are here at a time while a whole container is judged.

    Returns:
        By id of each container whose record changed so that it can matter to a lot, the time in which it did.
    """
    if not windows:
        return {}
    lock_records(connection, windows)
    heads = load_heads(connection, windows)
    known: defaultdict[str, dict[int, Head]] = defaultdict(dict)
    for (container_id, max_gap_s), head in heads.items():
        known[container_id][max_gap_s] = head
    wanted: dict[str, dict[int, Sequence[Threshold]]] = {
        container_id: {max_gap_s: sorted(head.thresholds) for max_gap_s, head in some.items()}
        for container_id, some in known.items()
    }
    unsure = [x for x in windows if asked is None or x in asked or x not in known]
    wanted |= _thresholds_asked(connection, unsure, profiles)
    # By a correction a container may be rid of a lot, and of its profile; a later one may bring it back.
    forget_records(connection, {key for key in heads if key[1] not in wanted[key[0]]})
    sources = sources_of(connection, windows)
    partly, whole = [], []
    for container_id, within in sorted(windows.items()):
        for max_gap_s, thresholds in sorted(wanted[container_id].items()):
            so_far = heads.get((container_id, max_gap_s))
            judged = Judged(
                (container_id, max_gap_s),
                thresholds,
                containers[container_id].declared_c,
                sources[container_id],
                so_far,
            )
            # A threshold nobody asked about so far has no spans yet: that is not the same as having none.
            if so_far is None or not so_far.thresholds.issuperset(thresholds) or np.array_equal(within, spans.ALWAYS):
                whole.append(judged)
            else:
                partly.append(judged)
    changed = dict.fromkeys(judge_whole_anew(connection, whole, most_readings), spans.ALWAYS)
    return _judge_windows_anew(connection, partly, windows, latest_us) | changed


def _thresholds_asked(
    connection: Connection, container_ids: Collection[str], profiles: Mapping[tuple[str, int], Profile]
) -> dict[str, dict[int, Sequence[Threshold]]]:
    """By container and largest gap, the thresholds it is to be judged by."""
    if not container_ids:
        return {}
    found: dict[str, dict[int, Sequence[Threshold]]] = {}
    for container_id, keys in profile_keys_in(connection, container_ids).items():
        by_gap: defaultdict[int, list[Profile]] = defaultdict(list)
        for key in sorted(keys):
            by_gap[profiles[key].max_gap_s].append(profiles[key])
        found[container_id] = {max_gap_s: thresholds_of(some) for max_gap_s, some in by_gap.items()}
    return found


def _judge_windows_anew(
    connection: Connection, partly: Sequence[Judged], windows: Mapping[str, Spans], latest_us: int
) -> dict[str, Spans]:
    here: defaultdict[str, list[Judged]] = defaultdict(list)
    for judged in partly:
        here[judged.key[0]].append(judged)
    heads = [judged.known for judged in partly if judged.known is not None]
    old = load_records_within(connection, heads, {container_id: windows[container_id] for container_id in here})
    found = {judged.key: _only(old[judged.key], judged.thresholds) for judged in partly}
    pieces = [
        (_watching(some[0].sources, *window), *window)
        for container_id, some in here.items()
        for window in windows[container_id].tolist()
    ]
    names = [container_id for container_id in here for _ in windows[container_id]]
    for first, last in _portions(pieces, latest_us):
        loaded = watches_of(connection, pieces[first:last])
        for container_id, (_, *window), watches in zip(names[first:last], pieces[first:last], loaded, strict=True):
            for judged in here[container_id]:
                fresh = judge_container(watches, judged.thresholds, judged.key[1])
                fresh = with_declared(fresh, judged.declared_c)
                found[judged.key] = repaired(found[judged.key], (window[0], window[1]), fresh)
    changed = save_records(connection, {key: (old[key], record) for key, record in found.items()})
    # From where it was measured until so far to where it is by now, time is of another kind as well.
    ends: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for key, record in found.items():
        ends[key[0]].append((old[key].measured_until_us, record.measured_until_us))
    return {x: spans.union(windows[x], spans.spans(ends[x])) for x in sorted(changed)}


def _only(record: Record, thresholds: Sequence[Threshold]) -> Record:
    """A record without the thresholds that nobody asks about any more."""
    return replace(
        record,
        beyond={key: record.beyond[key] for key in thresholds},
        disputed={key: record.disputed[key] for key in thresholds},
        open_beyond=record.open_beyond.intersection(thresholds),
        open_possible=record.open_possible.intersection(thresholds),
    )


def _watching(sources: Sequence[Source], from_us: int, until_us: int) -> list[Source]:
    """Those of which something can be in a window: what was attached only before or after it has no say in it."""
    return [(x, mending) for x, mending in sources if x.from_us <= until_us and x.until_us >= from_us]


def _portions(pieces: Sequence[tuple[Sequence[Source], int, int]], latest_us: int) -> Iterator[tuple[int, int]]:
    """Where each portion of these windows begins and ends of which the readings are loaded together."""
    first, sum_us = 0, 0
    for number, (sources, from_us, until_us) in enumerate(pieces):
        length_us = len(sources) * max(min(until_us, latest_us) - from_us, 0)
        if number > first and sum_us + length_us > _MOST_US:
            yield first, number
            first, sum_us = number, 0
        sum_us += length_us
    if first < len(pieces):
        yield first, len(pieces)
