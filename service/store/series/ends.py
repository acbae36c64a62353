"""The newest usable reading of each series, as it was sent: what a new one is told by without loading any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.domain import spans
from service.domain.exposure.quiet import Arrived, Ends
from service.domain.instant import BEGINNING_US
from service.domain.series.quality import Quality
from service.domain.series.sensor_range import SensorRange, sensor_range
from service.domain.spans import Spans
from service.store.arrays import numbers
from service.store.instants import parameter
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, tuples
from service.store.series.series import COUNTING

_MEASURED_US = "(extract(epoch FROM measured_at) * 1000000)::bigint"


@dataclass(frozen=True, slots=True)
class KnownSeries:
    """What is known of k series, in the order of their ids; columns of shape (k,).

    Attributes:
        low_c, high_c: what numbers a probe can show.
        is_put_right: whether there is a calibration of it, or a mend of its logger's clock, of whatever time.
    """

    ends: Ends
    low_c: NDArray[np.float64]
    high_c: NDArray[np.float64]
    is_put_right: NDArray[np.bool_]

    def of(self, places: NDArray[np.intp]) -> "KnownSeries":
        """Those of some of the series."""
        return KnownSeries(self.ends.of(places), self.low_c[places], self.high_c[places], self.is_put_right[places])


def load_known(connection: Connection, series_ids: NDArray[np.int64]) -> KnownSeries:
    """What is known of these series, whose ids ascend."""
    rows = tuples(
        connection,
        """
        SELECT series.id, measured_us, coldest_c, warmest_c, range_min_c, range_max_c, logger_id, probe, model,
               EXISTS (SELECT FROM calibrations WHERE calibrations.series_id = series.id)
               OR EXISTS (SELECT FROM clock_mends WHERE clock_mends.logger_id = series.logger_id)
        FROM series JOIN loggers ON loggers.id = logger_id JOIN series_ends ON series_ends.series_id = series.id
        WHERE series.id = ANY(%s::integer[])
        """,
        [numbers(series_ids.tolist())],
    )
    count = len(series_ids)
    found = KnownSeries(
        Ends(np.full(count, BEGINNING_US), np.full(count, np.nan), np.full(count, np.nan)),
        np.full(count, np.nan),
        np.full(count, np.nan),
        np.zeros(count, dtype=np.bool_),
    )
    if rows:
        ids, measured_us, coldest_c, warmest_c, *probes, is_put_right = zip(*rows, strict=True)
        at = np.searchsorted(series_ids, np.array(ids, dtype=np.int64))
        found.ends.measured_us[at] = measured_us
        # None becomes NaN.
        found.ends.coldest_c[at] = np.array(coldest_c, dtype=np.float64)
        found.ends.warmest_c[at] = np.array(warmest_c, dtype=np.float64)
        shown = [_shown(*probe) for probe in zip(*probes, strict=True)]
        found.low_c[at], found.high_c[at] = [x.low_c for x in shown], [x.high_c for x in shown]
        found.is_put_right[at] = is_put_right
    return found


@lru_cache(maxsize=100_000)
def _shown(range_min_c: float | None, range_max_c: float | None, logger_id: str, probe: str, model: str) -> SensorRange:
    return sensor_range(range_min_c, range_max_c, logger_id=logger_id, probe=probe, model=model)


def move_ends(connection: Connection, new: Arrived) -> None:
    """What arrived is evaluated without being loaded; it is still to be rolled up."""
    connection.execute(
        "UPDATE series_ends SET measured_us = new.until_us, coldest_c = new.coldest_c, warmest_c = new.warmest_c, "
        "unrolled_from_us = least(unrolled_from_us, new.from_us) "
        "FROM unnest(%s::integer[], %s::bigint[], %s::bigint[], %s::float8[], %s::float8[]) "
        "AS new (series_id, from_us, until_us, coldest_c, warmest_c) "
        "WHERE series_ends.series_id = new.series_id AND measured_us < new.until_us",
        [numbers(x.tolist()) for x in (new.series_ids, new.from_us, new.until_us, new.coldest_c, new.warmest_c)],
    )


def doubt_ends(connection: Connection, series_ids: Sequence[int]) -> None:
    """What follows these ends must be loaded too, until `find_ends` has been asked for them."""
    connection.execute(
        "UPDATE series_ends SET coldest_c = NULL, warmest_c = NULL WHERE series_id = ANY(%s::integer[])",
        [numbers(series_ids)],
    )


def find_ends(connection: Connection, changed: Mapping[int, Spans]) -> None:
    """Note the newest usable reading of series whose readings changed in these spans and were loaded.

    One that says something else of the same instant leaves no plain number.
    """
    if not changed:
        return
    wanted = {series_id: parameter(int(found[0, 0])) for series_id, found in changed.items()}
    least = parameter(min(int(found[0, 0]) for found in changed.values()))
    connection.execute(
        f"""
        INSERT INTO series_ends (series_id, measured_us, coldest_c, warmest_c)
        SELECT series_id, measured_us, number_c, number_c
        FROM unnest(%(series)s::integer[], %(from)s::timestamptz[]) AS wanted (series_id, from_at)
        CROSS JOIN LATERAL (
            SELECT {_MEASURED_US} AS measured_us, CASE WHEN quality = {Quality.OK:d} AND NOT EXISTS (
                SELECT FROM reading_conflicts AS other WHERE other.series_id = wanted.series_id
                AND other.measured_at = readings.measured_at AND {COUNTING.replace("quality", "other.quality")}
            ) THEN temperature_c END AS number_c
            FROM readings WHERE readings.series_id = wanted.series_id AND {COUNTING}
            AND measured_at >= from_at AND measured_at >= %(least)s::timestamptz
            ORDER BY measured_at DESC LIMIT 1
        ) AS newest
        ON CONFLICT (series_id) DO UPDATE
        SET measured_us = excluded.measured_us, coldest_c = excluded.coldest_c, warmest_c = excluded.warmest_c
        WHERE series_ends.measured_us <= excluded.measured_us
        """,
        {"series": list(wanted), "from": list(wanted.values()), "least": least},
        # A prepared plan may be one for any bound, which opens every chunk.
        prepare=False,
    )


@dataclass(frozen=True, slots=True)
class _Unrolled:
    series_id: int
    from_us: int
    until_us: int


def lock_unrolled(connection: Connection, before_us: int, most: int) -> dict[int, Spans]:
    """Readings of so many series that are not rolled up and were measured before an instant, as it was sent.

    Until the end of the transaction nobody else gets them, or rolls up anything of these series.
    """
    ours = all_values(
        connection,
        "SELECT id FROM series WHERE id = ANY(ARRAY(SELECT series_id FROM series_ends "
        "WHERE unrolled_from_us < %s ORDER BY unrolled_from_us LIMIT %s)) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
        [before_us, most],
    )
    if not ours:
        return {}
    rows = all_rows(
        connection,
        _Unrolled,
        "SELECT series_id, unrolled_from_us AS from_us, least(measured_us + 1, %(before)s::bigint) AS until_us "
        "FROM series_ends WHERE series_id = ANY(%(ours)s) AND unrolled_from_us < %(before)s "
        "ORDER BY series_id FOR NO KEY UPDATE",
        {"before": before_us, "ours": ours},
    )
    return {row.series_id: spans.spans([(row.from_us, row.until_us)]) for row in rows}


def note_rolled_up(connection: Connection, series_ids: Sequence[int], before_us: int) -> None:
    """What was measured of these series before an instant is rolled up."""
    wanted: dict[str, Any] = {"series": list(series_ids), "before": before_us}
    connection.execute(
        "UPDATE series_ends SET unrolled_from_us = CASE WHEN measured_us >= %(before)s THEN %(before)s::bigint END "
        "WHERE series_id = ANY(%(series)s)",
        wanted,
    )
