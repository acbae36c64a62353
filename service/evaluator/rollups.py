"""Keep the roll-ups right: what is drawn, by the same marks as what is judged."""

from collections.abc import Mapping

from service.domain.instant import SECOND_US
from service.domain.spans import Spans
from service.store.pool import Connection
from service.store.series import rollups
from service.store.series.ends import lock_unrolled, note_rolled_up, note_unrolled
from service.store.series.rollups import HOUR_S

#: Readings from before there were roll-ups are worked off at most this many at a time: some tenths of a second.
_MOST_READINGS = 50_000

#: Series of which the last hour is rolled up in one transaction: some tens of milliseconds.
_MOST_SERIES = 100


def roll_up(connection: Connection, changed: Mapping[int, Spans], now_us: int) -> None:
    """Compute the hours and days anew whose readings changed. Call it in the transaction that deletes the marks.

    Of series that changed in the present hour alone it waits until that is over: nobody is told later for it.

    Args:
        changed: by series, whose rows are locked (of two that roll up the same hour, the later one would write what it
            had read before) and whose ends are found.
    """
    begun_us = _hour_of(now_us)
    present = {series_id: found for series_id, found in changed.items() if found[0, 0] >= begun_us}
    waiting = note_unrolled(connection, present)
    at_once = {series_id: found for series_id, found in changed.items() if series_id not in waiting}
    rollups.roll_up(connection, at_once)


def roll_up_ended(connection: Connection, now_us: int) -> bool:
    """Roll up some of what was evaluated without being loaded and whose hour is over; False if there is no more.

    Until then every new reading of a series would have its hour and its day computed anew.
    """
    ended_us = _hour_of(now_us)
    with connection.transaction():
        unrolled = lock_unrolled(connection, ended_us, _MOST_SERIES)
        if unrolled:
            rollups.roll_up(connection, unrolled)
            note_rolled_up(connection, list(unrolled), ended_us)
    return bool(unrolled)


def _hour_of(now_us: int) -> int:
    """When the present hour began."""
    hour_us = HOUR_S * SECOND_US
    return now_us // hour_us * hour_us


def roll_up_history(connection: Connection) -> bool:
    """Roll up some of the readings that were there before the roll-ups; False if there are no more."""
    return rollups.roll_up_some_waiting(connection, _MOST_READINGS)
