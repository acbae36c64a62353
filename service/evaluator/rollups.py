"""Keep the roll-ups right: what is drawn, by the same marks as what is judged."""

from collections import defaultdict
from collections.abc import Iterable

from service.domain import spans
from service.store import rollups
from service.store.dirty import Mark
from service.store.pool import Connection

#: Of what was there before there were roll-ups, so many readings are worked off at a time: some tenths of a second.
_MOST_READINGS = 50_000


def roll_up(connection: Connection, marks: Iterable[Mark]) -> None:
    """Compute the hours and days anew whose readings changed. Call it in the transaction that deletes the marks."""
    touched: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for mark in marks:
        if mark.series_id is not None:
            touched[mark.series_id].append((mark.from_us, mark.until_us + 1))
    rollups.roll_up(connection, {series_id: spans.spans(changed) for series_id, changed in sorted(touched.items())})


def roll_up_history(connection: Connection) -> bool:
    """Roll up some of the readings that were there before the roll-ups; False if there are no more."""
    return rollups.roll_up_some_waiting(connection, _MOST_READINGS)
