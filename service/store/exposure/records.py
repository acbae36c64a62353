"""The records of containers, as the evaluator found them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from service.domain import spans
from service.domain.exposure.container import Record, Threshold
from service.domain.instant import BEGINNING_US, END_US
from service.domain.profiles import Direction
from service.domain.spans import Spans
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, tuples

#: A container and the largest gap it is judged by.
Key = tuple[str, int]

#: Records by container id and largest gap.
Records = dict[Key, Record]

#: Thresholds as they are stored: ``[["above", -60.0], …]``.
StoredThresholds = list[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Head:
    """What is stored of a record beside its spans."""

    container_id: str
    max_gap_s: int
    thresholds: frozenset[Threshold]
    measured_until_us: int
    open_beyond: frozenset[Threshold]
    open_possible: frozenset[Threshold]

    @property
    def key(self) -> Key:
        return self.container_id, self.max_gap_s


def head_of(
    *,
    thresholds: StoredThresholds,
    open_beyond: StoredThresholds,
    open_possible: StoredThresholds,
    **row: Any,
) -> Head:
    """A head from its columns."""
    return Head(
        thresholds=thresholds_of(thresholds),
        open_beyond=thresholds_of(open_beyond),
        open_possible=thresholds_of(open_possible),
        **row,
    )


def thresholds_of(stored: StoredThresholds) -> frozenset[Threshold]:
    """Thresholds from a column that holds them."""
    # A whole number comes out of JSON as an integer.
    return frozenset((Direction(direction), float(threshold_c)) for direction, threshold_c in stored)


#: The columns of a head.
HEAD = "container_id, max_gap_s, thresholds, measured_until_us, open_beyond, open_possible"


def load_heads(connection: Connection, container_ids: Collection[str]) -> dict[Key, Head]:
    """The heads of the records of some containers; of one never evaluated there is none."""
    found = all_rows(
        connection,
        head_of,
        f"SELECT {HEAD} FROM container_records WHERE container_id = ANY(%s) ORDER BY container_id, max_gap_s",
        [list(container_ids)],
    )
    return {head.key: head for head in found}


def lock_records(connection: Connection, container_ids: Collection[str]) -> None:
    """Nobody else changes these records until the end of this transaction (`store/row_locks.py`).

    Load them afterwards: a statement that had to wait does not see what was recorded first meanwhile.
    """
    locking = (
        "SELECT container_id FROM container_records WHERE container_id = ANY(%s) ORDER BY container_id, max_gap_s "
        "FOR NO KEY UPDATE"
    )
    new = sorted({*container_ids} - {*all_values(connection, locking, [list(container_ids)])})
    if new:
        # There was nothing to lock, and somebody else may be about to record it.
        connection.execute("SELECT FROM containers WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [new])
        connection.execute(locking, [new])


def load_records(
    connection: Connection, container_ids: Sequence[str], from_us: int = BEGINNING_US, until_us: int = END_US
) -> Records:
    """The stored records of some containers; one never evaluated is absent.

    Of each kind only the spans that overlap or touch [from_us, until_us] are loaded: that is what a repair inside that
    window can change, and ten years of history cost it nothing.
    """
    within = dict.fromkeys(container_ids, np.array([[from_us, until_us]], dtype=np.int64))
    found = _load_spans(connection, within)
    return _records(load_heads(connection, container_ids).values(), found)


def load_records_within(connection: Connection, heads: Iterable[Head], windows: Mapping[str, Spans]) -> Records:
    """The same of records whose heads are known: of each container, the spans that touch any of its windows."""
    return _records(heads, _load_spans(connection, windows))


#: Spans by container, largest gap, direction, threshold and whether they are disputed: None, None, None for gaps.
_Found = Mapping[tuple[Any, ...], list[tuple[int, int]]]


def _load_spans(connection: Connection, windows: Mapping[str, Spans]) -> _Found:
    found: defaultdict[tuple[Any, ...], list[tuple[int, int]]] = defaultdict(list)
    asked = [(container_id, *window) for container_id, some in windows.items() for window in some.tolist()]
    if not asked:
        return found
    container_ids, from_us, until_us = zip(*asked, strict=True)
    for *key, opens_us, closes_us in tuples(
        connection,
        """
        WITH asked AS MATERIALIZED (
            SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS asked (container_id, first_us, last_us)
        )
        SELECT container_id, max_gap_s, direction, threshold_c, disputed, from_us, until_us
        FROM asked JOIN threshold_spans USING (container_id) WHERE until_us >= first_us AND from_us <= last_us
        UNION ALL
        SELECT container_id, max_gap_s, NULL, NULL, NULL, from_us, until_us
        FROM asked JOIN gap_spans USING (container_id) WHERE until_us >= first_us AND from_us <= last_us
        ORDER BY from_us
        """,
        [list(container_ids), list(from_us), list(until_us)],
    ):
        here, pair = found[tuple(key)], (opens_us, closes_us)
        # One span may touch several windows.
        if not here or here[-1] != pair:
            here.append(pair)
    return found


def _records(heads: Iterable[Head], found: _Found) -> Records:
    records: Records = {}
    for head in heads:
        beyond, disputed = (
            {
                (direction, threshold_c): _array(found.get((*head.key, direction.value, threshold_c, unsure), []))
                for direction, threshold_c in sorted(head.thresholds)
            }
            for unsure in (False, True)
        )
        records[head.key] = Record(
            beyond,
            disputed,
            _array(found.get((*head.key, None, None, None), [])),
            head.measured_until_us,
            head.open_beyond,
            head.open_possible,
        )
    return records


def _array(pairs: list[tuple[int, int]]) -> Spans:
    return np.array(pairs, dtype=np.int64) if pairs else spans.NONE
