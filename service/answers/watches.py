"""The readings of a container over a time, as they are judged."""

from collections.abc import Collection, Sequence

from service.domain.exposure.container import Watch
from service.domain.instant import SECOND_US
from service.domain.series.mending import Mending, at_one_instant
from service.domain.series.track import track
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
