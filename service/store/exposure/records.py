"""The spans of containers, as the evaluator found them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from service.domain import spans
from service.domain.exposure.container import Record, Threshold
from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.profiles import Direction
from service.domain.spans import Spans
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, columns, tuples

#: At most this many spans of a kind are looked at to tell since when a container may have been beyond a threshold.
_LAST_SPANS = 100

#: Records by (container id, max_gap_s).
Records = dict[tuple[str, int], Record]

#: Thresholds as they are stored: ``[["above", -60.0], …]``.
_Stored = list[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class _Head:
    """What is stored of a record beside its spans."""

    container_id: str
    max_gap_s: int
    thresholds: _Stored
    measured_until_us: int
    open_beyond: _Stored
    open_possible: _Stored


def _heads(connection: Connection, container_ids: Collection[str]) -> list[_Head]:
    query = f"SELECT {columns(_Head)} FROM container_records WHERE container_id = ANY(%s)"
    return all_rows(connection, _Head, query, [list(container_ids)])


@dataclass(frozen=True, slots=True)
class _LastHead(_Head):
    """With the thresholds of the spans that last to the end of all that was measured."""

    lasting: _Stored


@dataclass(frozen=True, slots=True)
class WithinSince:
    """When a container came back within some thresholds.

    Attributes:
        beyond_until_us: when it was last beyond any of them, for all that its readings prove.
        measured_from_us: since when it has been measured again after that.
    """

    beyond_until_us: int
    measured_from_us: int


def load_records(
    connection: Connection, container_ids: Sequence[str], from_us: int = BEGINNING_US, until_us: int = END_US
) -> Records:
    """The stored records of some containers; one never evaluated is absent.

    Of each kind only the spans that overlap or touch [from_us, until_us] are loaded: that is what a repair inside that
    window can change, and ten years of history cost it nothing.
    """
    wanted = {"ids": list(container_ids), "from": from_us, "until": until_us}
    within = "WHERE container_id = ANY(%(ids)s) AND until_us >= %(from)s AND from_us <= %(until)s ORDER BY from_us"
    found: dict[tuple[Any, ...], list[tuple[int, int]]] = defaultdict(list)
    for *key, opens_us, closes_us in tuples(
        connection,
        "SELECT container_id, max_gap_s, direction, threshold_c, disputed, from_us, until_us FROM threshold_spans "
        + within,
        wanted,
    ):
        found[tuple(key)].append((opens_us, closes_us))
    gaps: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    query = "SELECT container_id, max_gap_s, from_us, until_us FROM gap_spans " + within
    for container_id, max_gap_s, opens_us, closes_us in tuples(connection, query, wanted):
        gaps[container_id, max_gap_s].append((opens_us, closes_us))
    records: Records = {}
    for stored in _heads(connection, container_ids):
        key_here = (stored.container_id, stored.max_gap_s)
        thresholds = _thresholds(stored.thresholds)
        beyond, disputed = (
            {
                threshold: _array(found[(*key_here, threshold[0].value, threshold[1], unsure)])
                for threshold in thresholds
            }
            for unsure in (False, True)
        )
        records[key_here] = Record(
            beyond,
            disputed,
            _array(gaps[key_here]),
            stored.measured_until_us,
            frozenset(_thresholds(stored.open_beyond)),
            frozenset(_thresholds(stored.open_possible)),
        )
    return records


def known_thresholds(connection: Connection, container_ids: Collection[str]) -> dict[str, dict[int, set[Threshold]]]:
    """By container and max_gap_s, the thresholds it was judged by so far."""
    found: dict[str, dict[int, set[Threshold]]] = {container_id: {} for container_id in container_ids}
    for stored in _heads(connection, container_ids):
        found[stored.container_id][stored.max_gap_s] = set(_thresholds(stored.thresholds))
    return found


def load_ends(connection: Connection, container_ids: Sequence[str], left_from_us: int = END_US) -> Records:
    """As `load_records`, but of all spans only the last of each kind beyond each threshold that may be open: enough of
    them to tell since when it may have been without a break, though its readings prove it only now and then.

    Args:
        left_from_us: those as well that are not open and last to the end of all that was measured, if that is no
            earlier than this.
    """
    records: Records = {}
    for stored in _last_heads(connection, container_ids, left_from_us):
        key_here = (stored.container_id, stored.max_gap_s)
        open_possible = frozenset(_thresholds(stored.open_possible))
        thresholds = open_possible.union(_thresholds(stored.lasting))
        beyond, disputed = (
            {threshold: _last_spans(connection, key_here, threshold, unsure) for threshold in thresholds}
            for unsure in (False, True)
        )
        records[key_here] = Record(
            beyond,
            disputed,
            measured_until_us=stored.measured_until_us,
            open_beyond=frozenset(_thresholds(stored.open_beyond)),
            open_possible=open_possible,
        )
    return records


def _last_heads(connection: Connection, container_ids: Collection[str], left_from_us: int) -> list[_LastHead]:
    # The largest gap is no condition: with it, the planner may prefer the primary key, and read all spans of ten years.
    query = f"""
        SELECT {columns(_Head)}, CASE WHEN measured_until_us < %s THEN '[]'::jsonb ELSE (
            SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_array(direction, threshold_c))
                FILTER (WHERE spans.max_gap_s = container_records.max_gap_s), '[]'::jsonb)
            FROM threshold_spans AS spans
            WHERE spans.container_id = container_records.container_id AND until_us >= measured_until_us
        ) END AS lasting FROM container_records WHERE container_id = ANY(%s)"""
    return all_rows(connection, _LastHead, query, [left_from_us, list(container_ids)])


def _last_spans(connection: Connection, key_here: tuple[str, int], threshold: Threshold, disputed: bool) -> Spans:
    last_first = tuples(
        connection,
        "SELECT from_us, until_us FROM threshold_spans WHERE (container_id, max_gap_s, direction, "
        "threshold_c, disputed) = (%s, %s, %s, %s, %s) ORDER BY from_us DESC LIMIT %s",
        [*key_here, threshold[0].value, threshold[1], disputed, _LAST_SPANS],
    )
    return _array(last_first[::-1])


def within_since(
    connection: Connection, container_id: str, max_gap_s: int, thresholds: Collection[Threshold], from_us: int
) -> WithinSince:
    """When a container came back within these thresholds; both instants at least `from_us`."""
    [since] = all_rows(
        connection,
        WithinSince,
        """
        WITH last AS (
            SELECT greatest(max(until_us), %(from)s) AS at_us FROM threshold_spans WHERE container_id = %(id)s
            AND (direction, threshold_c) IN (SELECT * FROM unnest(%(directions)s::text[], %(thresholds)s::float8[]))
        )
        SELECT max(at_us) AS beyond_until_us, coalesce(max(until_us), max(at_us)) AS measured_from_us
        FROM last LEFT JOIN gap_spans ON (container_id, max_gap_s) = (%(id)s, %(max_gap)s)
            AND from_us <= at_us AND until_us > at_us
        """,
        {
            "id": container_id,
            "max_gap": max_gap_s,
            "from": from_us,
            "directions": [x.value for x, _ in thresholds],
            "thresholds": [x for _, x in thresholds],
        },
    )
    return since


def silent_containers(connection: Connection, container_ids: Sequence[str], now_us: int) -> set[str]:
    """Those of some containers that are silent for longer than readings may be apart: any reading ends a gap."""
    return set(
        all_values(
            connection,
            "SELECT DISTINCT container_id FROM container_records "
            "WHERE container_id = ANY(%s) AND measured_until_us + max_gap_s * %s::bigint < %s",
            [list(container_ids), SECOND_US, now_us],
        )
    )


def _thresholds(stored: _Stored) -> list[Threshold]:
    return [(Direction(direction), threshold_c) for direction, threshold_c in stored]


def _array(pairs: list[tuple[int, int]]) -> Spans:
    return np.array(pairs, dtype=np.int64).reshape(-1, 2) if pairs else spans.NONE


def save_record(connection: Connection, container_id: str, max_gap_s: int, old: Record | None, new: Record) -> bool:
    """Replace a container's record, writing only the spans that differ; True if that can matter to a lot."""
    with connection.pipeline():
        return _save(connection, container_id, max_gap_s, old, new)


def _save(connection: Connection, container_id: str, max_gap_s: int, old: Record | None, new: Record) -> bool:
    thresholds = sorted(new.beyond)
    reopened = old is None or (old.open_beyond, old.open_possible) != (new.open_beyond, new.open_possible)
    connection.execute(
        "INSERT INTO container_records "
        "(container_id, max_gap_s, thresholds, measured_until_us, open_beyond, open_possible) "
        "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (container_id, max_gap_s) DO UPDATE "
        "SET thresholds = excluded.thresholds, measured_until_us = excluded.measured_until_us, "
        "open_beyond = excluded.open_beyond, open_possible = excluded.open_possible",
        [
            container_id,
            max_gap_s,
            Jsonb([list(threshold) for threshold in thresholds]),
            new.measured_until_us,
            Jsonb([list(threshold) for threshold in sorted(new.open_beyond)]),
            Jsonb([list(threshold) for threshold in sorted(new.open_possible)]),
        ],
    )
    key = [container_id, max_gap_s]
    for direction, threshold_c in sorted(old.beyond.keys() - new.beyond.keys()) if old else []:
        # Nobody asks about it any more; what lies outside the repaired window would never be brought up to date.
        connection.execute(
            "DELETE FROM threshold_spans WHERE (container_id, max_gap_s, direction, threshold_c) = (%s, %s, %s, %s)",
            [*key, direction.value, threshold_c],
        )
    gone, come = _changes(_spans_of(old) if old else set(), _spans_of(new))
    if gone:
        connection.execute(
            "DELETE FROM threshold_spans USING unnest(%s::text[], %s::float8[], %s::boolean[], %s::bigint[], "
            "%s::bigint[]) AS gone (direction, threshold_c, disputed, from_us, until_us) "
            "WHERE (container_id, max_gap_s) = (%s, %s) AND (threshold_spans.direction, threshold_spans.threshold_c, "
            "threshold_spans.disputed, threshold_spans.from_us) "
            "= (gone.direction, gone.threshold_c, gone.disputed, gone.from_us)",
            [*_columns(gone), *key],
        )
    if come:
        connection.execute(
            "INSERT INTO threshold_spans SELECT %s, %s, * "
            "FROM unnest(%s::text[], %s::float8[], %s::boolean[], %s::bigint[], %s::bigint[])",
            [*key, *_columns(come)],
        )
    changed = reopened or bool(gone or come)
    gone, come = _changes(_pairs(old.gaps) if old else set(), _pairs(new.gaps))
    if gone:
        connection.execute(
            "DELETE FROM gap_spans WHERE (container_id, max_gap_s) = (%s, %s) AND from_us = ANY(%s)",
            [*key, _columns(gone)[0]],
        )
    if come:
        connection.execute(
            "INSERT INTO gap_spans SELECT %s, %s, * FROM unnest(%s::bigint[], %s::bigint[])", [*key, *_columns(come)]
        )
    return changed or bool(gone or come)


def forget_record(connection: Connection, container_id: str, max_gap_s: int) -> None:
    """Delete a record that no lot in the container is judged by any more: nothing would keep it right."""
    for table in ("threshold_spans", "gap_spans", "container_records"):
        connection.execute(f"DELETE FROM {table} WHERE (container_id, max_gap_s) = (%s, %s)", [container_id, max_gap_s])


def _spans_of(record: Record) -> set[tuple[Any, ...]]:
    """(direction, threshold, disputed, from, until) of every span of a record but its gaps."""
    return {
        (direction.value, threshold_c, disputed, *pair)
        for disputed, kind in ((False, record.beyond), (True, record.disputed))
        for (direction, threshold_c), found in kind.items()
        for pair in _pairs(found)
    }


def _pairs(found: Spans) -> set[tuple[Any, ...]]:
    return set(map(tuple, found.tolist()))


def _changes(before: set[tuple[Any, ...]], after: set[tuple[Any, ...]]) -> tuple[list[Any], list[Any]]:
    return sorted(before - after), sorted(after - before)


def _columns(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
