"""What changed readings mean for containers: over which time the record of which container may no longer hold."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.answers.watches import PADDING, REACH
from service.domain import spans
from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.series.mending import Mending, mended_spans
from service.domain.spans import Spans
from service.store.dirty import Mark, changed_spans
from service.store.pool import Connection
from service.store.registry.attachments import containers_measured
from service.store.registry.containers import Container
from service.store.series.mended import TrueWindow, load_mended_windows, load_mendings
from service.store.series.series import StoredSeries


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
    if not by_series:
        return []
    mendings = load_mendings(connection, by_series)
    changed = [
        (series_id, from_us, until_us - 1)
        for series_id, found in by_series.items()
        for from_us, until_us in mended_spans(found, mendings[series_id].clock).tolist()
    ]
    return [
        Change(series_id, mendings[series_id], from_us, until_us, container_ids)
        for (series_id, from_us, until_us), container_ids in zip(
            changed, containers_measured(connection, changed), strict=True
        )
        if container_ids
    ]


def windows_of(
    connection: Connection, marks: Iterable[Mark], changes: Sequence[Change], containers: Mapping[str, Container]
) -> dict[str, Spans]:
    """By id of each of these containers, the time over which its record may no longer hold; mostly it is one window.

    Args:
        containers: at least those that the marks and changes are about.
    """
    windows: defaultdict[str, list[Spans]] = defaultdict(list)
    for mark in marks:
        if mark.container_id is not None:
            windows[mark.container_id].append(spans.ALWAYS)
    wanted = [TrueWindow(x.series_id, x.mending, x.from_us, x.until_us) for x in changes]
    beside = load_mended_windows(connection, wanted, PADDING, inside=False)
    for change, found in zip(changes, beside, strict=True):
        window = _window(found, change.from_us, change.until_us)
        for container_id in change.container_ids:
            windows[container_id].append(window)
    return {
        container_id: _widened(spans.union(*windows[container_id]), containers[container_id].door_grace_s * SECOND_US)
        for container_id in sorted(containers)
    }


def _widened(windows: Spans, grace_us: int) -> Spans:
    """Windows, and the grace on each side: a change can make an opened door of what was none, or the other way round.

    Either is shorter than the grace and touches the window; of what is longer nothing changes outside.
    """
    farther = windows + np.array([-grace_us, grace_us])
    return spans.clip(spans.union(farther), BEGINNING_US, END_US)


def _window(beside: StoredSeries, from_us: int, until_us: int) -> Spans:
    # Readings of one instant are judged as one.
    times_us = np.unique(beside.times_us)
    before = int(np.searchsorted(times_us, from_us, side="left"))
    after = int(np.searchsorted(times_us, until_us, side="right"))
    opens = int(times_us[before - REACH]) if before >= REACH else BEGINNING_US
    closes = int(times_us[after + REACH - 1]) if len(times_us) - after >= REACH else END_US
    return spans.spans([(opens, closes)])
