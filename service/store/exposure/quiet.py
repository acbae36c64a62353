"""What the records of many containers say of readings that may change nothing but until when they are measured."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from service.domain.instant import SECOND_US
from service.domain.profiles import Direction
from service.store.arrays import numbers, texts
from service.store.exposure.records import lock_records
from service.store.pool import Connection
from service.store.rows import all_values, tuples


@dataclass(frozen=True, slots=True)
class Heads:
    """What is stored of n records beside their spans, those of one container side by side; columns of shape (n,).

    Attributes:
        above_c, below_c: what is between these is within all thresholds; infinite where there is none.
        may_be_beyond: whether the last readings may lie beyond a threshold.
    """

    container_ids: Sequence[str]
    max_gap_us: NDArray[np.int64]
    measured_until_us: NDArray[np.int64]
    above_c: NDArray[np.float64]
    below_c: NDArray[np.float64]
    may_be_beyond: NDArray[np.bool_]


def lock_heads_of(connection: Connection, container_ids: Collection[str]) -> Heads:
    """The records of these containers. Until the end of the transaction nobody else changes them."""
    lock_records(connection, container_ids)
    rows = tuples(
        connection,
        "SELECT container_id, max_gap_s, measured_until_us, thresholds::text, "
        "open_beyond <> '[]' OR open_possible <> '[]' FROM container_records "
        "WHERE container_id = ANY(%s::text[]) ORDER BY container_id, max_gap_s",
        [texts(container_ids)],
    )
    ids, max_gap_s, measured_until_us, thresholds, may_be_beyond = zip(*rows, strict=True) if rows else [()] * 5
    above_c, below_c = zip(*map(_within, thresholds), strict=True) if rows else [()] * 2
    return Heads(
        ids,
        np.array(max_gap_s, dtype=np.int64) * SECOND_US,
        np.array(measured_until_us, dtype=np.int64),
        np.array(above_c, dtype=np.float64),
        np.array(below_c, dtype=np.float64),
        np.array(may_be_beyond, dtype=np.bool_),
    )


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


def restless_containers(
    connection: Connection, container_ids: Sequence[str], since_us: NDArray[np.int64], causes: Collection[str]
) -> set[str]:
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
            {"ids": texts(container_ids), "since": numbers(since_us.tolist()), "causes": list(causes)},
        )
    )


def move_measured_until(connection: Connection, until_us: Mapping[str, int]) -> None:
    """All records of these containers are measured up to these instants, if they were not so far."""
    connection.execute(
        "UPDATE container_records SET measured_until_us = moved.until_us "
        "FROM unnest(%s::text[], %s::bigint[]) AS moved (container_id, until_us) "
        "WHERE container_records.container_id = moved.container_id AND measured_until_us < moved.until_us",
        [texts(until_us), numbers(until_us.values())],
    )
