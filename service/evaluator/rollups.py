"""Keep the roll-ups right: what is drawn, by the same marks as what is judged."""

from collections.abc import Iterable

from service.domain.instant import SECOND_US
from service.store.dirty import Mark, changed_spans
from service.store.pool import Connection
from service.store.row_locks import lock_several_series
from service.store.series import rollups
from service.store.series.ends import lock_unrolled, note_rolled_up
from service.store.series.rollups import HOUR_S

#: Readings from before there were roll-ups are worked off at most this many at a time: some tenths of a second.
_MOST_READINGS = 50_000

#: Series of which the last hour is rolled up in one transaction: some tens of milliseconds.
_MOST_SERIES = 100


def roll_up(connection: Connection, marks: Iterable[Mark]) -> None:
    """Compute the hours and days anew whose readings changed. Call it in the transaction that deletes the marks."""
    changed = changed_spans(marks)
    # Of two that roll up the same hour, the later one would write what it had read before.
    lock_several_series(connection, changed)
    rollups.roll_up(connection, changed)


def roll_up_ended(connection: Connection, now_us: int) -> bool:
    """Roll up some of what was evaluated without being loaded and whose hour is over; False if there is no more.

    Until then every new reading of a series would have its hour and its day computed anew.
    """
    hour_us = HOUR_S * SECOND_US
    ended_us = now_us // hour_us * hour_us
    with connection.transaction():
        unrolled = lock_unrolled(connection, ended_us, _MOST_SERIES)
        if unrolled:
            rollups.roll_up(connection, unrolled)
            note_rolled_up(connection, list(unrolled), ended_us)
    return bool(unrolled)


def roll_up_history(connection: Connection) -> bool:
    """Roll up some of the readings that were there before the roll-ups; False if there are no more."""
    return rollups.roll_up_some_waiting(connection, _MOST_READINGS)
