"""Judge containers from all their readings, of which few are here at a time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from service.answers.watches import PADDING, Source, watch_of
from service.domain import spans
from service.domain.exposure.container import Record, Threshold, Watch, judge_container, repaired, with_declared
from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.series.mending import Mending
from service.domain.series.quality import counting
from service.store.exposure.records import Head, Key, load_records_within
from service.store.exposure.saving import save_records
from service.store.pool import Connection
from service.store.registry.attachments import Attached
from service.store.series.mended import ask_mended
from service.store.series.series import StoredSeries

#: Of one series, readings that are here at a time while a whole container is judged: some 20 MB.
MOST_READINGS = 400_000


@dataclass(frozen=True, slots=True)
class Judged:
    """The record of a container for one max_gap_s, before its readings are looked at.

    Attributes:
        known: what is stored of it so far beside its spans; None: nothing.
    """

    key: Key
    thresholds: Sequence[Threshold]
    declared_c: float | None
    sources: Sequence[Source]
    known: Head | None


#: A window of time, and the watches that judge it.
_Piece = tuple[tuple[int, int], list[Watch]]


def judge_whole_anew(connection: Connection, whole: Sequence[Judged], most_readings: int) -> set[str]:
    """Judge all readings of containers; while those of one are being judged, the database reads the next one's."""
    changed: set[str] = set()
    if not whole:
        return changed
    heads: Iterable[Head] = [judged.known for judged in whole if judged.known is not None]
    old = load_records_within(connection, heads, dict.fromkeys((head.container_id for head in heads), spans.ALWAYS))
    with connection.pipeline():
        asked = [_ask_piece(connection, judged.sources, BEGINNING_US, most_readings) for judged in whole[:1]]
        for judged, following in zip_longest(whole, whole[1:]):
            take = asked.pop()
            if following is not None:
                asked.append(_ask_piece(connection, following.sources, BEGINNING_US, most_readings))
            record = with_declared(_whole(connection, judged, take, most_readings), judged.declared_c)
            changed |= save_records(connection, {judged.key: (old.get(judged.key), record)})
    return changed


def _whole(connection: Connection, judged: Judged, take: Callable[[], _Piece], most_readings: int) -> Record:
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
