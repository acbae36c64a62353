"""The newest usable reading of each series, as it was sent: what a new one is told by without loading any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.domain import spans
from service.domain.exposure.quiet import Arrived, Ends
from service.domain.instant import BEGINNING_US
from service.domain.series.quality import Quality
from service.domain.spans import Spans
from service.store.instants import parameter
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, tuples
from service.store.series.series import COUNTING

_MEASURED_US = "(extract(epoch FROM measured_at) * 1000000)::bigint"


def load_ends(connection: Connection, series_ids: NDArray[np.int64]) -> Ends:
    """The ends of series, in the order of these ids, which ascend."""
    rows = tuples(
        connection,
        "SELECT series_id, measured_us, coldest_c, warmest_c FROM series_ends WHERE series_id = ANY(%s)",
        [series_ids.tolist()],
    )
    found = Ends(
        np.full(len(series_ids), BEGINNING_US), np.full(len(series_ids), np.nan), np.full(len(series_ids), np.nan)
    )
    if rows:
        ids, measured_us, coldest_c, warmest_c = zip(*rows, strict=True)
        at = np.searchsorted(series_ids, np.array(ids, dtype=np.int64))
        found.measured_us[at] = measured_us
        # None becomes NaN.
        found.coldest_c[at] = np.array(coldest_c, dtype=np.float64)
        found.warmest_c[at] = np.array(warmest_c, dtype=np.float64)
    return found


def move_ends(connection: Connection, new: Arrived) -> None:
    """What arrived is evaluated without being loaded; it is still to be rolled up."""
    connection.execute(
        "UPDATE series_ends SET measured_us = new.until_us, coldest_c = new.coldest_c, warmest_c = new.warmest_c, "
        "unrolled_from_us = least(unrolled_from_us, new.from_us) "
        "FROM unnest(%s::integer[], %s::bigint[], %s::bigint[], %s::float8[], %s::float8[]) "
        "AS new (series_id, from_us, until_us, coldest_c, warmest_c) "
        "WHERE series_ends.series_id = new.series_id AND measured_us < new.until_us",
        [
            new.series_ids.tolist(),
            new.from_us.tolist(),
            new.until_us.tolist(),
            new.coldest_c.tolist(),
            new.warmest_c.tolist(),
        ],
    )


def doubt_ends(connection: Connection, series_ids: Sequence[int]) -> None:
    """What follows these ends must be loaded too, until `find_ends` has been asked for them."""
    connection.execute(
        "UPDATE series_ends SET coldest_c = NULL, warmest_c = NULL WHERE series_id = ANY(%s)", [list(series_ids)]
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
