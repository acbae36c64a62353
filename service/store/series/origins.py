"""Where readings came from that did not come live from a logger."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.domain.brought import Brought, Origin, Way
from service.domain.instant import SECOND_US, from_datetime
from service.store.arrays import INSTANT, INTEGER, columns_of
from service.store.instants import from_wire, parameters
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.rows import all_rows, one_value, tuples
from service.store.series.readings import New
from service.store.series.series import COUNTING, NEAR_US


@dataclass(frozen=True, slots=True)
class _Run:
    """Readings of a series no farther apart than readings may be, first and last, and how many."""

    series_id: int
    first_us: int
    last_us: int
    readings: int


def add_origin(connection: Connection, way: Way, sha256: bytes, change_id: int | None) -> int:
    """Somebody brought readings; returns the number of that. `change_id`: the change that waits for its signature."""
    added: int = one_value(
        connection,
        "INSERT INTO origins (kind, sha256, change_id) VALUES (%s, %s, %s) RETURNING id",
        [way, sha256, change_id],
    )
    return added


def add_brought(connection: Connection, origin_id: int, new: Sequence[New]) -> None:
    """These readings came from there."""
    largest_gap_s = _largest_gap_s(connection)
    runs = [run for one in new for run in _runs(one, largest_gap_s * SECOND_US)]
    connection.execute(
        f"""
        INSERT INTO brought_readings (origin_id, series_id, from_at, until_at, readings)
        SELECT %(origin)s, series_id, coalesce(before_at, first_at), coalesce(after_at, last_at), count
        FROM unnest(%(series)s::integer[], %(first)s::timestamptz[], %(last)s::timestamptz[], %(counts)s::integer[])
            AS run (series_id, first_at, last_at, count)
        CROSS JOIN LATERAL (SELECT max(measured_at) AS before_at FROM readings AS before
            WHERE before.series_id = run.series_id AND {COUNTING}
            AND measured_at < first_at AND measured_at >= first_at - make_interval(secs => %(gap)s)) AS nearest_before
        CROSS JOIN LATERAL (SELECT min(measured_at) AS after_at FROM readings AS after
            WHERE after.series_id = run.series_id AND {COUNTING}
            AND measured_at > last_at AND measured_at <= last_at + make_interval(secs => %(gap)s)) AS nearest_after
        """,
        {
            "origin": origin_id,
            "series": [run.series_id for run in runs],
            "first": parameters(run.first_us for run in runs),
            "last": parameters(run.last_us for run in runs),
            "counts": [run.readings for run in runs],
            "gap": largest_gap_s,
        },
    )


def _largest_gap_s(connection: Connection) -> float:
    return float(one_value(connection, "SELECT max((document->>'max_gap_s')::float8) FROM profiles") or 0)


def _runs(new: New, largest_gap_us: float) -> list[_Run]:
    if not len(new):
        return []
    apart = (np.diff(new.series_ids) != 0) | (np.diff(new.measured_at_us) > largest_gap_us)
    starts = np.concatenate(([0], np.flatnonzero(apart) + 1))
    ends = np.append(starts[1:], len(new)) - 1
    columns: list[NDArray[np.int64]] = [
        new.series_ids[starts],
        new.measured_at_us[starts],
        new.measured_at_us[ends],
        ends - starts + 1,
    ]
    return [_Run(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


@dataclass(frozen=True, slots=True)
class _Felt:
    series_id: int
    from_at: datetime
    until_at: datetime | None


def touched_by(connection: Connection, new: Sequence[New]) -> list[Touched]:
    """When readings that were brought can change what is so: from the second usable one before to the second behind.

    A probe that was beyond a limit when it fell silent may be so until it is heard again: where nothing follows, there
    is no end. These are times as the logger's clock said.
    """
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for one in new:
        for series_id in np.unique(one.series_ids).tolist():
            times_us = one.measured_at_us[one.series_ids == series_id]
            first[series_id] = min(first.get(series_id, int(times_us[0])), int(times_us[0]))
            last[series_id] = max(last.get(series_id, int(times_us[-1])), int(times_us[-1]))
    rows = all_rows(
        connection,
        _Felt,
        "SELECT asked.series_id, coalesce(before_at, first_at) AS from_at, after_at AS until_at "
        "FROM unnest(%(series)s::integer[], %(first)s::timestamptz[], %(last)s::timestamptz[]) "
        "AS asked (series_id, first_at, last_at) "
        "CROSS JOIN LATERAL (SELECT min(measured_at) AS before_at FROM (SELECT measured_at FROM readings "
        f"WHERE readings.series_id = asked.series_id AND {COUNTING} AND measured_at < first_at "
        "AND measured_at > first_at - make_interval(secs => %(near)s) "
        "ORDER BY measured_at DESC LIMIT 2) AS two) AS b "
        "LEFT JOIN LATERAL (SELECT measured_at AS after_at FROM readings "
        f"WHERE readings.series_id = asked.series_id AND {COUNTING} AND measured_at > last_at "
        "ORDER BY measured_at OFFSET 1 LIMIT 1) AS a ON true",
        {
            "series": list(first),
            "first": parameters(first.values()),
            "last": parameters(last[series_id] for series_id in first),
            "near": NEAR_US / SECOND_US,
        },
    )
    return [Touched(series_id=x.series_id, from_at=x.from_at, until_at=x.until_at, by_logger=True) for x in rows]


def brought_to(connection: Connection, container_ids: Collection[str]) -> dict[str, Brought]:
    """By container, when what it was measured rests on what was brought; without any it is absent."""
    found = columns_of(
        connection,
        "SELECT container_id, origin_id, lower(span) AS from_at, upper(span) AS until_at FROM ("
        "SELECT container_id, origin_id::bigint, unnest(range_agg(tstzrange(from_at, until_at))) AS span FROM ("
        "SELECT container_id, origin_id, greatest(brought.from_at, attachments.from_at, commissioned_at) AS from_at, "
        "least(brought.until_at, attachments.until_at) AS until_at "
        "FROM attachments JOIN brought_readings AS brought USING (series_id) "
        "WHERE container_id = ANY(%s) AND place <> 'ambient' AND commissioned_at IS NOT NULL) AS there "
        "WHERE from_at < until_at GROUP BY container_id, origin_id) AS apart ORDER BY container_id",
        [list(container_ids)],
        {"origin_id": INTEGER, "from_at": INSTANT, "until_at": INSTANT},
        names=["container_id"],
    )
    containers = found["container_id"]
    times = from_wire(found["from_at"]), from_wire(found["until_at"]), found["origin_id"]
    starts = [n for n in range(len(containers)) if n == 0 or containers[n] != containers[n - 1]]
    return {
        containers[start]: Brought(*(column[start:end] for column in times))
        for start, end in pairwise([*starts, len(containers)])
    }


def origins(connection: Connection, origin_ids: Collection[int]) -> dict[int, Origin]:
    """Origins, by number."""
    rows = tuples(
        connection,
        "SELECT id, kind, recorded_by, recorded_at, encode(sha256, 'hex') FROM origins WHERE id = ANY(%s)",
        [list(origin_ids)],
    )
    return {
        origin_id: Origin(origin_id, Way(kind), name, from_datetime(recorded_at), sha256)
        for origin_id, kind, name, recorded_at, sha256 in rows
    }
