"""Keep the roll-ups right: what is drawn, by the same marks as what is judged."""

from collections.abc import Iterable

from service.store.dirty import Mark, changed_spans
from service.store.pool import Connection
from service.store.series import rollups

#: Readings from before there were roll-ups are worked off at most this many at a time: some tenths of a second.
_MOST_READINGS = 50_000


def roll_up(connection: Connection, marks: Iterable[Mark]) -> None:
    """Compute the hours and days anew whose readings changed. Call it in the transaction that deletes the marks."""
    rollups.roll_up(connection, changed_spans(marks))


def roll_up_history(connection: Connection) -> bool:
    """Roll up some of the readings that were there before the roll-ups; False if there are no more."""
    return rollups.roll_up_some_waiting(connection, _MOST_READINGS)
