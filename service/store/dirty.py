"""What waits to be evaluated: append-only marks, worked off by id.

A mark of a series that knows how far its readings are apart (`step_us`) is *plain*: it may change nothing but until
when a container is measured, and is looked at first (evaluator/quiet.py). What is not plain, or turns out not to be
quiet, is to be loaded.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from service.domain import spans
from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.spans import Spans
from service.domain.verdicts.causes import Cause
from service.store.arrays import INSTANT, INTEGER, NUMBER, columns_of, numbers
from service.store.claims import EVERYTHING, Claim, Subject
from service.store.instants import from_wire
from service.store.pool import Connection
from service.store.rows import all_rows, columns, one_value

#: Listeners are woken by this; it is a hint, polling is the rule.
CHANNEL = "unbroken_dirty"

#: Changes of a series no farther apart are taken as one: each costs queries of its own.
_TOGETHER_US = 600 * SECOND_US

#: Marks looked at when a pass is chosen, and worked off in one: behind by more, the evaluator is no slower to choose.
MOST_MARKS = 20_000

_BY_SUBJECT = """
    SELECT series_id, container_id, lot_id, min(id) AS first_id, max(until_us) AS until_us,
           min(coldest_c) AS coldest_c, max(warmest_c) AS warmest_c
    FROM (SELECT * FROM dirty WHERE {} AND {} ORDER BY id {} LIMIT %(most_marks)s) AS waiting
    GROUP BY series_id, container_id, lot_id
"""

#: All marks of the rows `chosen`, also those that stand behind so many others that nobody looked at them. Of a fleet
#: whose loggers take turns, those that were looked at may be one or two of each.
_ALL_OF_CHOSEN = " UNION ALL ".join(
    f"SELECT * FROM dirty WHERE {column} = ANY(ARRAY(SELECT {column} FROM chosen))"
    for column in ("series_id", "container_id", "lot_id")
)

#: Of a row of `dirty`: it is not plain, or was found not to be quiet.
_TO_LOAD = "step_us IS NULL"

#: A container's thresholds are kept as [["above", -60.0], …].
_NEWLY_BEYOND = """
    SELECT FROM attachments JOIN container_records USING (container_id), jsonb_array_elements(thresholds) AS threshold
    WHERE attachments.series_id = subjects.series_id
          AND (attachments.until_at IS NULL OR attachments.until_at > now())
          AND NOT open_possible @> jsonb_build_array(threshold)
          AND CASE threshold->>0 WHEN 'above' THEN warmest_c > (threshold->1)::float8
                                 ELSE coldest_c < (threshold->1)::float8 END
"""


#: Of a row of `dirty`: nobody has tried in vain to judge what it is about.
NOT_UNJUDGED = " AND ".join(
    f"NOT EXISTS (SELECT FROM unjudged WHERE unjudged.{column} = dirty.{column})"
    for column in ("series_id", "container_id", "lot_id")
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing to evaluate again: a series over [from_us, until_us], a whole container, or a lot.

    The instants of a series are as its logger's clock said. `cause`: the word of a `Cause`, None where readings
    arrived; `received_at`: when; `marked_at`: since when it waits.
    """

    id: int
    series_id: int | None
    container_id: str | None
    lot_id: str | None
    from_us: int
    until_us: int
    cause: str | None = None
    received_at: datetime | None = None
    marked_at: datetime | None = None

    @property
    def subject(self) -> Subject:
        """What it is a mark of."""
        return Subject(self.series_id, self.container_id, self.lot_id)


@dataclass(frozen=True, slots=True)
class PlainMarks:
    """New readings of series, all of them numbers; each column of shape (n,), one a mark, in the order of their ids.

    Attributes:
        from_us, until_us, coldest_c, warmest_c: the first and the last of a mark, and what they are between, as sent.
        step_us: the widest step between two of them, each later than the last; 0: there is one.
        received_us: when the last of them arrived; before all times: nobody knows.
    """

    id: NDArray[np.int64]
    series_id: NDArray[np.int64]
    from_us: NDArray[np.int64]
    until_us: NDArray[np.int64]
    coldest_c: NDArray[np.float64]
    warmest_c: NDArray[np.float64]
    step_us: NDArray[np.int64]
    received_us: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.id)


_PLAIN = {
    "id": INTEGER,
    "series_id": INTEGER,
    "from_us": INTEGER,
    "until_us": INTEGER,
    "coldest_c": NUMBER,
    "warmest_c": NUMBER,
    "step_us": INTEGER,
    "received_at": INSTANT,
}


def mark_series(
    connection: Connection,
    series_ids: Sequence[int],
    from_us: Sequence[int],
    until_us: Sequence[int],
    coldest_c: Sequence[float],
    warmest_c: Sequence[float],
    step_us: Sequence[int | None],
    received_at: datetime | None = None,
) -> None:
    """Readings of these series changed between (and at) these instants, and lie between these temperatures.

    HI and LO count as infinities; NaN: no reading is usable. `received_at`: when the last of them arrived.

    Args:
        step_us: the widest step between two of them, if all are new and numbers; None: they are not.
    """
    connection.execute(
        "INSERT INTO dirty (series_id, from_us, until_us, coldest_c, warmest_c, step_us, received_at) "
        "SELECT series_id, from_us, until_us, nullif(coldest_c, 'NaN'), nullif(warmest_c, 'NaN'), step_us, %s "
        "FROM unnest(%s::integer[], %s::bigint[], %s::bigint[], %s::float8[], %s::float8[], %s::bigint[]) "
        "AS changed (series_id, from_us, until_us, coldest_c, warmest_c, step_us)",
        [received_at, *map(numbers, (series_ids, from_us, until_us, coldest_c, warmest_c, step_us))],
    )
    connection.execute(f"NOTIFY {CHANNEL}")


def mark_containers(connection: Connection, container_ids: Collection[str], cause: Cause) -> None:
    """Everything about these containers is to be judged anew."""
    _mark_whole(connection, "container_id", container_ids, cause)


def mark_lots(connection: Connection, lot_ids: Collection[str], cause: Cause) -> None:
    """These lots' lives or placements changed, or what they rest on."""
    _mark_whole(connection, "lot_id", lot_ids, cause)


def _mark_whole(connection: Connection, column: str, ids: Collection[str], cause: Cause) -> None:
    connection.execute(
        f"INSERT INTO dirty ({column}, from_us, until_us, cause) SELECT id, %s, %s, %s FROM unnest(%s::text[]) AS id",
        [BEGINNING_US, END_US, cause, list(ids)],
    )
    connection.execute(f"NOTIFY {CHANNEL}")


def plain_marks(connection: Connection, most: int, claim: Claim = EVERYTHING) -> PlainMarks:
    """So many of the plain marks, those that have waited longest."""
    found = columns_of(
        connection,
        "SELECT id, series_id, from_us, until_us, coldest_c, warmest_c, step_us, "
        "coalesce(received_at, '-infinity') AS received_at FROM dirty "
        f"WHERE step_us IS NOT NULL AND {claim.takes_marks_of('dirty')} AND {claim.has_share_of('dirty')} "
        "ORDER BY id LIMIT %(most)s",
        {"most": most, **claim.parameters},
        _PLAIN,
    )
    return PlainMarks(received_us=from_wire(found.pop("received_at")), **found)


def load_instead(connection: Connection, ids: NDArray[np.int64]) -> None:
    """These marks are not plain any more: their readings are to be loaded."""
    connection.execute("UPDATE dirty SET step_us = NULL WHERE id = ANY(%s)", [ids])


def some_are_to_be_loaded(connection: Connection) -> bool:
    """Whether there is a mark that is not plain, or not any more."""
    return _wait(connection, 0)


def oldest_marks(connection: Connection, most: int, claim: Claim = EVERYTHING) -> list[Mark]:
    """The marks to load of so many series, containers and lots: of those that have waited longest."""
    marks = _marks(connection, "ASC", "true", claim, {"most": most, "most_marks": MOST_MARKS})
    if marks or claim.is_of_all_shares or not _wait(connection, MOST_MARKS):
        return marks
    # Another evaluator is behind by so many, and its marks stand before ours: ours do not wait for it.
    return _marks(connection, "ASC", "true", claim, {"most": most, "most_marks": None})


def _wait(connection: Connection, more_than: int) -> bool:
    return bool(one_value(connection, "SELECT EXISTS (SELECT FROM dirty WHERE step_us IS NULL OFFSET %s)", [more_than]))


def urgent_marks(
    connection: Connection,
    most: int,
    since_us: int,
    claim: Claim = EVERYTHING,
    *,
    newest: int = MOST_MARKS,
    plain: bool = False,
) -> list[Mark]:
    """Marks to load of so many series with readings after an instant beyond a limit their container was not beyond.

    It compares temperatures as they were sent, and so is a hint: whatever is not found here has its turn.

    Args:
        newest: look at so many marks, from the newest on.
        plain: look at plain marks as well.
    """
    urgent = f"until_us > %(since)s AND EXISTS ({_NEWLY_BEYOND})"
    wanted = {"most": most, "most_marks": newest, "since": since_us}
    return _marks(connection, "DESC", urgent, claim, wanted, "true" if plain else _TO_LOAD)


def marks_of(connection: Connection, subject: Subject) -> list[Mark]:
    """All marks of one subject."""
    return all_rows(
        connection,
        Mark,
        f"SELECT {columns(Mark)} FROM dirty WHERE ({columns(Subject)}) IS NOT DISTINCT FROM "
        "(%s::integer, %s::text, %s::text) ORDER BY id",
        astuple(subject),
    )


def _marks(
    connection: Connection,
    order: str,
    condition: str,
    claim: Claim,
    wanted: Mapping[str, int | None],
    which: str = _TO_LOAD,
) -> list[Mark]:
    subjects = _BY_SUBJECT.format(which, claim.takes_marks_of("dirty"), order)
    return all_rows(
        connection,
        Mark,
        f"WITH subjects AS ({subjects}), chosen AS (SELECT * FROM subjects "
        f"WHERE {condition} AND {claim.has_share_of('subjects')} ORDER BY first_id LIMIT %(most)s) "
        f"SELECT {columns(Mark)} FROM ({_ALL_OF_CHOSEN}) AS marks ORDER BY id LIMIT %(at_once)s",
        {"at_once": MOST_MARKS, **wanted, **claim.parameters},
    )


def changed_spans(marks: Iterable[Mark]) -> dict[int, Spans]:
    """By series, when its readings changed, as its logger's clock said; what lies close together is one change."""
    found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for mark in marks:
        if mark.series_id is not None:
            # Half-open spans of closed ranges: one microsecond more, so that equal instants still meet.
            found[mark.series_id].append((mark.from_us, mark.until_us + 1))
    return {series_id: spans.joined(spans.spans(changed), _TOGETHER_US) for series_id, changed in sorted(found.items())}


def delete_marks(connection: Connection, ids: Sequence[int] | NDArray[np.int64]) -> None:
    """Remove exactly these marks: others may have been written meanwhile, with lower ids too."""
    connection.execute("DELETE FROM dirty WHERE id = ANY(%s)", [np.asarray(ids, dtype=np.int64)])


def waiting_since(connection: Connection) -> datetime | None:
    """When the longest-waiting mark was written; None if nothing waits."""
    since: datetime | None = one_value(connection, "SELECT min(marked_at) FROM dirty")
    return since


def kept_waiting_since(connection: Connection) -> datetime | None:
    """Likewise, but for what cannot be judged: of that people are told by alerts of its own."""
    since: datetime | None = one_value(connection, f"SELECT min(marked_at) FROM dirty WHERE {NOT_UNJUDGED}")
    return since


def listen(connection: Connection) -> None:
    """Ask to be woken when something is marked."""
    connection.execute(f"LISTEN {CHANNEL}")


def wait_for_mark(connection: Connection, timeout_s: float) -> None:
    """Sleep until something is marked, or the time is over."""
    for _ in connection.notifies(timeout=timeout_s, stop_after=1):
        pass
