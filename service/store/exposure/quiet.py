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
from service.store.arrays import FLAG, INTEGER, columns_of, texts
from service.store.hints import hint_of_containers
from service.store.pool import Connection
from service.store.rows import all_values


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


def lock_records_of(connection: Connection, series_ids: NDArray[np.int64]) -> set[str]:
    """Until the end of the transaction nobody else changes the records of where these series are; of which containers.

    Load them afterwards, as with `lock_records`. Of a container that has none, none is locked.
    """
    return set(
        all_values(
            connection,
            "SELECT container_id FROM container_records WHERE container_id IN "
            "(SELECT container_id FROM attachments WHERE series_id = ANY(%s) AND until_at IS NULL) "
            "ORDER BY container_id, max_gap_s FOR NO KEY UPDATE",
            [series_ids],
        )
    )


def heads_of(connection: Connection, container_ids: Collection[str]) -> Heads:
    """The records of these containers."""
    found = columns_of(
        connection,
        "SELECT container_id, max_gap_s, measured_until_us, thresholds::text AS thresholds, "
        "open_beyond <> '[]' OR open_possible <> '[]' AS may_be_beyond FROM container_records "
        "WHERE container_id = ANY(%s::text[]) ORDER BY container_id, max_gap_s",
        [texts(container_ids)],
        {"max_gap_s": INTEGER, "measured_until_us": INTEGER, "may_be_beyond": FLAG},
        ["container_id", "thresholds"],
    )
    within = np.array([_within(one) for one in found["thresholds"]], dtype=np.float64).reshape(-1, 2)
    return Heads(
        found["container_id"],
        found["max_gap_s"] * SECOND_US,
        found["measured_until_us"],
        within[:, 0],
        within[:, 1],
        found["may_be_beyond"],
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
            {"ids": texts(container_ids), "since": since_us, "causes": list(causes)},
        )
    )


def move_measured_until(connection: Connection, until_us: Mapping[str, int]) -> None:
    """All records of these containers are measured up to these instants, if they were not so far."""
    connection.execute(
        "UPDATE container_records SET measured_until_us = moved.until_us "
        "FROM unnest(%s::text[], %s::bigint[]) AS moved (container_id, until_us) "
        "WHERE container_records.container_id = moved.container_id AND measured_until_us < moved.until_us",
        [texts(until_us), np.array(list(until_us.values()), dtype=np.int64)],
    )
    hint_of_containers(connection, until_us.keys())
