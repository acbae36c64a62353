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
from service.store.arrays import FLAG, INTEGER, NUMBER, columns_of
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


_KNOWN = {
    "id": INTEGER,
    "measured_us": INTEGER,
    "coldest_c": NUMBER,
    "warmest_c": NUMBER,
    "range_min_c": NUMBER,
    "range_max_c": NUMBER,
    "is_put_right": FLAG,
}


def load_known(connection: Connection, series_ids: NDArray[np.int64]) -> KnownSeries:
    """What is known of these series, whose ids ascend."""
    found = columns_of(
        connection,
        """
        SELECT series.id, measured_us, coldest_c, warmest_c, range_min_c, range_max_c,
               EXISTS (SELECT FROM calibrations WHERE calibrations.series_id = series.id)
               OR EXISTS (SELECT FROM clock_mends WHERE clock_mends.logger_id = series.logger_id) AS is_put_right
        FROM series JOIN loggers ON loggers.id = logger_id JOIN series_ends ON series_ends.series_id = series.id
        WHERE series.id = ANY(%s)
        """,
        [series_ids],
        _KNOWN,
    )
    at = np.searchsorted(series_ids, found["id"])
    low_c, high_c = _shown(connection, found["id"], found["range_min_c"], found["range_max_c"])

    def of_all(known: NDArray[Any], unknown: float | bool) -> NDArray[Any]:
        whole = np.full(len(series_ids), unknown, dtype=known.dtype)
        whole[at] = known
        return whole

    return KnownSeries(
        Ends(
            of_all(found["measured_us"], BEGINNING_US),
            of_all(found["coldest_c"], np.nan),
            of_all(found["warmest_c"], np.nan),
        ),
        of_all(low_c, np.nan),
        of_all(high_c, np.nan),
        of_all(found["is_put_right"], unknown=False),
    )


def _shown(
    connection: Connection, series_ids: NDArray[np.int64], least_c: NDArray[np.float64], most_c: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What numbers these series can show, by what their makers declare (NaN: nothing) and else by their names."""
    low_c, high_c = least_c.copy(), most_c.copy()
    unknown = np.isnan(least_c) | np.isnan(most_c)
    if unknown.any():
        place = dict(zip(series_ids[unknown].tolist(), np.flatnonzero(unknown).tolist(), strict=True))
        for series_id, *probe in tuples(
            connection,
            "SELECT series.id, range_min_c, range_max_c, logger_id, probe, model "
            "FROM series JOIN loggers ON loggers.id = logger_id WHERE series.id = ANY(%s)",
            [series_ids[unknown]],
        ):
            shown = _by_names(*probe)
            low_c[place[series_id]], high_c[place[series_id]] = shown.low_c, shown.high_c
    return low_c, high_c


@lru_cache(maxsize=100_000)
def _by_names(
    range_min_c: float | None, range_max_c: float | None, logger_id: str, probe: str, model: str
) -> SensorRange:
    return sensor_range(range_min_c, range_max_c, logger_id=logger_id, probe=probe, model=model)


def move_ends(connection: Connection, new: Arrived) -> None:
    """What arrived is evaluated without being loaded; it is still to be rolled up."""
    connection.execute(
        "UPDATE series_ends SET measured_us = new.until_us, coldest_c = new.coldest_c, warmest_c = new.warmest_c, "
        "unrolled_from_us = least(unrolled_from_us, new.from_us) "
        "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::float8[], %s::float8[]) "
        "AS new (series_id, from_us, until_us, coldest_c, warmest_c) "
        "WHERE series_ends.series_id = new.series_id AND measured_us < new.until_us",
        [new.series_ids, new.from_us, new.until_us, new.coldest_c, new.warmest_c],
    )


def doubt_ends(connection: Connection, series_ids: NDArray[np.int64]) -> None:
    """What follows these ends must be loaded too, until `find_ends` has been asked for them."""
    connection.execute(
        "UPDATE series_ends SET coldest_c = NULL, warmest_c = NULL WHERE series_id = ANY(%s)", [series_ids]
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


def note_unrolled(connection: Connection, changed: Mapping[int, Spans]) -> set[int]:
    """What changed of these series in these spans is still to be rolled up; of which series it is noted.

    It is not of one whose newest usable reading is older than what changed last: up to that one it is rolled up later.
    """
    if not changed:
        return set()
    return set(
        all_values(
            connection,
            "UPDATE series_ends SET unrolled_from_us = least(unrolled_from_us, changed.from_us) "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS changed (series_id, from_us, until_us) "
            "WHERE series_ends.series_id = changed.series_id AND measured_us + 1 >= changed.until_us "
            "RETURNING series_ends.series_id",
            [
                np.array(list(changed), dtype=np.int64),
                np.array([found[0, 0] for found in changed.values()], dtype=np.int64),
                np.array([found[-1, 1] for found in changed.values()], dtype=np.int64),
            ],
        )
    )


def note_rolled_up(connection: Connection, series_ids: Sequence[int], before_us: int) -> None:
    """What was measured of these series before an instant is rolled up."""
    wanted: dict[str, Any] = {"series": list(series_ids), "before": before_us}
    connection.execute(
        "UPDATE series_ends SET unrolled_from_us = CASE WHEN measured_us >= %(before)s THEN %(before)s::bigint END "
        "WHERE series_id = ANY(%(series)s)",
        wanted,
    )
