"""The readings of a container over a time, as they are judged."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from service.domain.exposure.container import Watch
from service.domain.instant import BEGINNING_US, SECOND_US
from service.domain.series.mending import Mending, at_one_instant
from service.domain.series.track import track
from service.domain.spans import Spans
from service.store.pool import Connection
from service.store.registry.attachments import Attached, judged_attachments
from service.store.series.mended import TrueWindow, load_mended_windows, load_mendings
from service.store.series.series import StoredSeries

#: A changed reading can change the bounds of its neighbours (a spike is told by both of its), and theirs the
#: intervals beyond them: so a window runs from the second usable reading before a change to the second after it.
REACH = 2

#: To judge a window's first interval as in the whole series takes one reading more.
PADDING = REACH + 1

#: Part of a judged attachment, and what was put right of its series.
Source = tuple[Attached, Mending]

#: By container, what `sources_of` found for it.
Sources = Mapping[str, Sequence[Source]]


def watches_over(connection: Connection, container_id: str, from_us: int, until_us: int) -> list[Watch]:
    """The judged series of a container, with their readings in [from_us, until_us] and enough on each side."""
    [watches] = watches_of(connection, [(sources_of(connection, [container_id])[container_id], from_us, until_us)])
    return watches


def watches_of(connection: Connection, windows: Sequence[tuple[Sequence[Source], int, int]]) -> list[list[Watch]]:
    """The same of many windows at once: of each, what `sources_of` found for its container, its begin and its end."""
    wanted = [
        TrueWindow(attached.series_id, mending, from_us - grace_us, until_us + grace_us)
        for sources, from_us, until_us in windows
        for attached, mending in sources
        for grace_us in (attached.door_grace_s * SECOND_US,)
    ]
    loaded = iter(load_mended_windows(connection, wanted, PADDING))
    return [[watch_of(attached, next(loaded)) for attached, _ in sources] for sources, _, _ in windows]


def watches_within(
    connection: Connection, asked: Sequence[tuple[Sequence[Source], Spans]], max_gap_us: int
) -> list[list[Watch]]:
    """The judged series of containers, each once, with their readings in some windows and enough around each of them.

    However many years the windows lie apart, that is mostly one statement.

    Args:
        asked: what `sources_of` found for a container, and its windows.
        max_gap_us: of the profile they are judged by: readings farther apart are a gap.
    """
    touched = [
        [(attached, mending, there) for attached, mending in sources if len(there := _touched(attached, windows))]
        for sources, windows in asked
    ]
    wanted = [
        TrueWindow(attached.series_id, mending, from_us, until_us)
        for some in touched
        for attached, mending, there in some
        for from_us, until_us in there.tolist()
    ]
    # Readings that come as often as they should are enough within so long; else there is a gap beside a window.
    loaded = iter(load_mended_windows(connection, wanted, PADDING, near_us=PADDING * max_gap_us))
    return [
        [watch_of(attached, _in_order([next(loaded) for _ in there])) for attached, _, there in some]
        for some in touched
    ]


def _touched(attached: Attached, windows: Spans) -> Spans:
    """Those of some windows in which an attachment counts, with as much around them as its door may have been open."""
    there = windows[(windows[:, 1] >= attached.from_us) & (windows[:, 0] <= attached.until_us)]
    grace_us = attached.door_grace_s * SECOND_US
    widened: Spans = there + np.array([-grace_us, grace_us])
    return widened


def _in_order(parts: Sequence[StoredSeries]) -> StoredSeries:
    """What was loaded of one series in windows that follow each other; what lies around two of them comes once."""
    cut, last_us = [], BEGINNING_US
    for part in parts:
        later = part.times_us > last_us
        cut.append(StoredSeries(part.times_us[later], part.temperatures_c[later], part.qualities[later]))
        last_us = max(last_us, *part.times_us[-1:].tolist())
    return StoredSeries(
        *(np.concatenate([getattr(part, name) for part in cut]) for name in ("times_us", "temperatures_c", "qualities"))
    )


def sources_of(connection: Connection, container_ids: Collection[str]) -> dict[str, list[Source]]:
    """By container, the parts of its judged attachments, each with what was put right of its series."""
    attachments = judged_attachments(connection, container_ids)
    mendings = load_mendings(connection, {a.series_id for some in attachments.values() for a in some})
    return {
        container_id: [(attached, mendings[attached.series_id]) for attached in some]
        for container_id, some in attachments.items()
    }


def watch_of(attached: Attached, stored: StoredSeries) -> Watch:
    """Readings of an attachment as they are judged."""
    readings = track(
        stored.times_us, stored.temperatures_c, stored.qualities, attached.range_min_c, attached.range_max_c
    )
    return Watch(at_one_instant(readings), attached.from_us, attached.until_us, attached.door_grace_s)
