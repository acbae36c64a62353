"""What the records of many containers say of readings that may change nothing but until when they are measured."""

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from service.domain.profiles import Direction
from service.store.exposure.records import lock_records
from service.store.pool import Connection
from service.store.rows import all_values, tuples


@dataclass(frozen=True, slots=True)
class Head:
    """What is stored of one record beside its spans.

    Attributes:
        above_c, below_c: what is between these is within all its thresholds; infinite where there is none.
        may_be_beyond: whether its last readings may lie beyond a threshold.
    """

    container_id: str
    max_gap_s: int
    measured_until_us: int
    above_c: float
    below_c: float
    may_be_beyond: bool


def lock_heads(connection: Connection, container_ids: Collection[str]) -> list[Head]:
    """The records of these containers, by container. Until the end of the transaction nobody else changes them."""
    lock_records(connection, container_ids)
    return [
        Head(container_id, max_gap_s, measured_until_us, *_within(thresholds), may_be_beyond)
        for container_id, max_gap_s, measured_until_us, thresholds, may_be_beyond in tuples(
            connection,
            "SELECT container_id, max_gap_s, measured_until_us, thresholds::text, "
            "open_beyond <> '[]' OR open_possible <> '[]' FROM container_records "
            "WHERE container_id = ANY(%s) ORDER BY container_id, max_gap_s",
            [list(container_ids)],
        )
    ]


@lru_cache(maxsize=1_000)
def _within(thresholds: str) -> tuple[float, float]:
    above_c, below_c = math.inf, -math.inf
    try:
        for direction, threshold_c in json.loads(thresholds):
            if Direction(direction) is Direction.ABOVE:
                above_c = min(above_c, float(threshold_c))
            else:
                below_c = max(below_c, float(threshold_c))
    except (TypeError, ValueError):
        # One row that cannot be read keeps no other container waiting: nothing is within NaN.
        return math.nan, math.nan
    return above_c, below_c


def restless_containers(connection: Connection, since_us: Mapping[str, int], causes: Collection[str]) -> set[str]:
    """Those of some containers that were beyond a threshold or had a gap at an instant or after it, as far as their
    records say, or have an open alert of one of these causes."""
    return set(
        all_values(
            connection,
            """
            SELECT container_id FROM unnest(%(ids)s::text[], %(since)s::bigint[]) AS wanted (container_id, since_us)
            WHERE EXISTS (SELECT FROM threshold_spans AS spans
                          WHERE spans.container_id = wanted.container_id AND until_us >= since_us)
            OR EXISTS (SELECT FROM gap_spans AS gaps
                       WHERE gaps.container_id = wanted.container_id AND until_us >= since_us)
            OR EXISTS (SELECT FROM alerts WHERE subject = 'container:' || wanted.container_id
                       AND state <> 'resolved' AND cause = ANY(%(causes)s))
            """,
            {"ids": list(since_us), "since": list(since_us.values()), "causes": list(causes)},
        )
    )


def move_measured_until(connection: Connection, until_us: Mapping[str, int]) -> None:
    """All records of these containers are measured up to these instants, if they were not so far."""
    connection.execute(
        "UPDATE container_records SET measured_until_us = moved.until_us "
        "FROM unnest(%s::text[], %s::bigint[]) AS moved (container_id, until_us) "
        "WHERE container_records.container_id = moved.container_id AND measured_until_us < moved.until_us",
        [list(until_us), list(until_us.values())],
    )
