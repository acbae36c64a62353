"""What the records of containers end with: how it is there now, since when, and since when it is silent."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from service.domain import spans
from service.domain.exposure.container import Record, Threshold
from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.store.exposure.records import HEAD, Head, Key, Records, StoredThresholds, head_of, thresholds_of
from service.store.pool import Connection
from service.store.rows import all_rows, tuples

#: At most this many spans of a kind are looked at to tell since when a container may have been beyond a threshold.
_LAST_SPANS = 100


@dataclass(frozen=True, slots=True)
class _Last:
    """A head, with the thresholds of the spans that last to the end of all that was measured."""

    head: Head
    lasting: frozenset[Threshold]


def _last(*, lasting: StoredThresholds, **head: Any) -> _Last:
    return _Last(head_of(**head), thresholds_of(lasting))


def load_ends(connection: Connection, container_ids: Sequence[str], left_from_us: int = END_US) -> Records:
    """As `load_records`, but of all spans only the last of each kind beyond each threshold that may be open: enough of
    them to tell since when it may have been without a break, though its readings prove it only now and then.

    Args:
        left_from_us: those as well that are not open and last to the end of all that was measured, if that is no
            earlier than this.
    """
    # The largest gap is no condition: with it, the planner may prefer the primary key, and read all spans of ten years.
    lasts = all_rows(
        connection,
        _last,
        f"""
        SELECT {HEAD}, CASE WHEN measured_until_us < %s THEN '[]'::jsonb ELSE (
            SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_array(direction, threshold_c))
                FILTER (WHERE spans.max_gap_s = container_records.max_gap_s), '[]'::jsonb)
            FROM threshold_spans AS spans
            WHERE spans.container_id = container_records.container_id AND until_us >= measured_until_us
        ) END AS lasting FROM container_records WHERE container_id = ANY(%s) ORDER BY container_id, max_gap_s
        """,
        [left_from_us, list(container_ids)],
    )
    thresholds = {one.head.key: one.head.open_possible | one.lasting for one in lasts}
    found = _last_spans(
        connection,
        [
            (*key, direction.value, threshold_c)
            for key, some in thresholds.items()
            for direction, threshold_c in sorted(some)
        ],
    )
    records: Records = {}
    for one in lasts:
        key = one.head.key
        beyond, disputed = (
            {x: _array(found.get((*key, *x, unsure), [])) for x in sorted(thresholds[key])} for unsure in (False, True)
        )
        records[key] = Record(
            beyond,
            disputed,
            measured_until_us=one.head.measured_until_us,
            open_beyond=one.head.open_beyond,
            open_possible=one.head.open_possible,
        )
    return records


def _last_spans(
    connection: Connection, asked: Sequence[tuple[str, int, str, float]]
) -> dict[tuple[Any, ...], list[tuple[int, int]]]:
    """The last spans beyond each (container, largest gap, direction, threshold), and whether they are disputed."""
    found: defaultdict[tuple[Any, ...], list[tuple[int, int]]] = defaultdict(list)
    if not asked:
        return found
    for *key, from_us, until_us in tuples(
        connection,
        """
        SELECT asked.container_id, asked.max_gap_s, asked.direction, asked.threshold_c, unsure, last.*
        FROM unnest(%s::text[], %s::integer[], %s::text[], %s::float8[])
            AS asked (container_id, max_gap_s, direction, threshold_c) CROSS JOIN (VALUES (false), (true)) AS v (unsure)
        CROSS JOIN LATERAL (
            SELECT from_us, until_us FROM threshold_spans AS spans
            WHERE spans.container_id = asked.container_id AND spans.max_gap_s = asked.max_gap_s
                AND spans.direction = asked.direction AND spans.threshold_c = asked.threshold_c AND disputed = unsure
            ORDER BY from_us DESC LIMIT %s
        ) AS last ORDER BY from_us
        """,
        [*(list(column) for column in zip(*asked, strict=True)), _LAST_SPANS],
    ):
        found[tuple(key)].append((from_us, until_us))
    return found


def _array(pairs: list[tuple[int, int]]) -> spans.Spans:
    return np.array(pairs, dtype=np.int64) if pairs else spans.NONE


@dataclass(frozen=True, slots=True)
class WithinSince:
    """When a container came back within some thresholds.

    Attributes:
        beyond_until_us: when it was last beyond any of them, for all that its readings prove.
        measured_from_us: since when it has been measured again after that.
    """

    beyond_until_us: int
    measured_from_us: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A container, its largest gap, and thresholds that it may have come back within, at `from_us` or later."""

    container_id: str
    max_gap_s: int
    thresholds: Sequence[Threshold]
    from_us: int


@dataclass(frozen=True, slots=True)
class _Since(WithinSince):
    number: int


def within_since(connection: Connection, asked: Sequence[Asked]) -> list[WithinSince]:
    """When containers came back within these thresholds; all instants at least `from_us`."""
    # Without any threshold, it never was beyond one.
    rows = [
        (number, one.container_id, one.max_gap_s, one.from_us, str(direction), float(threshold_c))
        for number, one in enumerate(asked)
        for direction, threshold_c in one.thresholds or (("", 0.0),)
    ]
    if not rows:
        return []
    return all_rows(
        connection,
        _Since,
        """
        WITH last AS (
            SELECT number, asked.container_id, asked.max_gap_s,
                   greatest(max(found.until_us), min(asked.from_us)) AS at_us
            FROM unnest(%s::integer[], %s::text[], %s::integer[], %s::bigint[], %s::text[], %s::float8[])
                AS asked (number, container_id, max_gap_s, from_us, direction, threshold_c)
            CROSS JOIN LATERAL (
                SELECT max(until_us) AS until_us FROM threshold_spans AS spans
                WHERE spans.container_id = asked.container_id AND spans.direction = asked.direction
                    AND spans.threshold_c = asked.threshold_c
            ) AS found GROUP BY number, asked.container_id, asked.max_gap_s
        )
        SELECT at_us AS beyond_until_us, coalesce((
            SELECT max(until_us) FROM gap_spans AS gaps WHERE gaps.container_id = last.container_id
            AND gaps.max_gap_s = last.max_gap_s AND from_us <= at_us AND until_us > at_us
        ), at_us) AS measured_from_us, number FROM last ORDER BY number
        """,
        [list(column) for column in zip(*rows, strict=True)],
    )


@dataclass(frozen=True, slots=True)
class _Silent:
    container_id: str
    max_gap_s: int
    silent_after_us: int


def silent_containers(connection: Connection, container_ids: Sequence[str], now_us: int) -> dict[Key, int]:
    """Those of some containers that are silent for longer than readings may be apart: any reading ends a gap.

    By container and largest gap, the last instant at which the silence was none yet. One that nothing ever measured was
    never heard.
    """
    rows = all_rows(
        connection,
        _Silent,
        "SELECT * FROM (SELECT container_id, max_gap_s, "
        f"measured_until_us + max_gap_s * {SECOND_US}::bigint AS silent_after_us FROM container_records "
        "WHERE container_id = ANY(%s) AND measured_until_us > %s) AS heard_of WHERE silent_after_us < %s",
        [list(container_ids), BEGINNING_US, now_us],
    )
    return {(row.container_id, row.max_gap_s): row.silent_after_us for row in rows}
