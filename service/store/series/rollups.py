"""Hourly and daily figures of each series, so that ten years draw as fast as a day.

They hold raw values at raw times, as sent: a calibration or a mended clock is not in them. No verdict rests on them.
An hour is computed from its readings, a day from its hours, always whole and in order of time, so that they are the
same in whatever order the readings came. Hours and days are those of UTC.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import scalar_row

from service.domain import spans
from service.domain.instant import BEGINNING_US, END_US, SECOND_US, from_datetime
from service.domain.series.drawing import Buckets, Outline
from service.domain.spans import Spans
from service.store.instants import from_wire, or_end, parameter
from service.store.pool import Connection
from service.store.rows import all_rows, one_row, one_value

HOUR_S = 3_600
DAY_S = 86_400

#: Spans within a stretch of this length are rolled up in one statement: a statement opens every chunk between the first
#: of its spans and the last.
_TOGETHER_US = 28 * DAY_S * SECOND_US

_FIGURES = (
    "readings",
    "numbers",
    "hi",
    "lo",
    "sum_c",
    "coldest_c",
    "coldest_at",
    "warmest_c",
    "warmest_at",
    "first_at",
    "last_at",
)
_COLUMNS = ", ".join(("series_id", "length_s", "from_at", *_FIGURES))
_REPLACED = ", ".join(f"{name} = excluded.{name}" for name in _FIGURES)

_COUNT = (">i4", "int4send({}::integer)")
_INSTANT = (">i8", "timestamptz_send({})")
_NUMBER = (">f8", "float8send(coalesce({}, 'NaN'))")
_WIRE = {
    name: _INSTANT if name.endswith("_at") else _NUMBER if name.endswith("_c") else _COUNT
    for name in ("from_at", *_FIGURES)
}
_OUTLINE = ("from_at", "numbers", "hi", "lo", "sum_c", "coldest_c", "warmest_c", "first_at", "last_at")

#: The outermost bounds are there as well as those of each span: a planner that sees them leaves out other chunks.
#: Where no reading is usable, NULLS LAST makes the first reading stand for both extremes.
_HOURS = """
    SELECT series_id, date_bin('1 hour', measured_at, 'epoch') AS from_at,
           count(*) AS readings,
           count(*) FILTER (WHERE quality = 0) AS numbers,
           count(*) FILTER (WHERE quality = 1) AS hi,
           count(*) FILTER (WHERE quality = 2) AS lo,
           sum(temperature_c ORDER BY measured_at) FILTER (WHERE quality = 0) AS sum_c,
           min(value_c) AS coldest_c,
           (array_agg(measured_at ORDER BY value_c NULLS LAST, measured_at))[1] AS coldest_at,
           max(value_c) AS warmest_c,
           (array_agg(measured_at ORDER BY value_c DESC NULLS LAST, measured_at))[1] AS warmest_at,
           min(measured_at) AS first_at,
           max(measured_at) AS last_at
    FROM (
        SELECT series_id, measured_at, quality, temperature_c,
               CASE quality WHEN 0 THEN temperature_c WHEN 1 THEN 'Infinity' WHEN 2 THEN '-Infinity' END AS value_c
        FROM readings JOIN unnest(%(series)s::integer[], %(from)s::timestamptz[], %(until)s::timestamptz[])
             AS wanted (series_id, from_at, until_at) USING (series_id)
        WHERE measured_at >= wanted.from_at AND measured_at < wanted.until_at
              AND measured_at >= %(first)s::timestamptz AND measured_at < %(last)s::timestamptz
    ) AS chosen GROUP BY 1, 2
"""


def _combined(hours: str) -> str:
    return f"""
        SELECT series_id, date_bin(make_interval(secs => %(length_s)s), from_at, 'epoch') AS from_at,
               sum(readings) AS readings,
               sum(numbers) AS numbers,
               sum(hi) AS hi,
               sum(lo) AS lo,
               sum(sum_c ORDER BY from_at) AS sum_c,
               min(coldest_c) AS coldest_c,
               (array_agg(coldest_at ORDER BY coldest_c NULLS LAST, coldest_at))[1] AS coldest_at,
               max(warmest_c) AS warmest_c,
               (array_agg(warmest_at ORDER BY warmest_c DESC NULLS LAST, warmest_at))[1] AS warmest_at,
               min(first_at) AS first_at,
               max(last_at) AS last_at
        FROM ({hours}) AS hours GROUP BY 1, 2
    """


_STORED_HOURS = """
    SELECT rollups.* FROM rollups JOIN unnest(%(series)s::integer[], %(from)s::timestamptz[], %(until)s::timestamptz[])
        AS wanted (series_id, from_at, until_at) USING (series_id)
    WHERE length_s = 3600 AND rollups.from_at >= wanted.from_at AND rollups.from_at < wanted.until_at
"""


def roll_up(connection: Connection, touched: Mapping[int, Spans]) -> None:
    """Compute every hour and day anew that these spans touch, by series id. Call it inside a transaction."""
    for length_s, figures in ((HOUR_S, _HOURS), (DAY_S, _combined(_STORED_HOURS))):
        together: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for series_id, changed in touched.items():
            for from_us, until_us in _rounded_out(changed, length_s).tolist():
                together[from_us // _TOGETHER_US].append((series_id, from_us, until_us))
        for wanted in together.values():
            connection.execute(
                f"INSERT INTO rollups ({_COLUMNS}) "
                f"SELECT series_id, %(length_s)s, from_at, {', '.join(_FIGURES)} FROM ({figures}) AS fresh "
                f"ON CONFLICT (series_id, length_s, from_at) DO UPDATE SET {_REPLACED}",
                {**_asked(wanted), "length_s": length_s},
                # A prepared plan may be one for any bounds, which opens every chunk.
                prepare=False,
            )


def _asked(wanted: list[tuple[int, int, int]]) -> dict[str, Any]:
    series_ids, from_us, until_us = zip(*wanted, strict=True)
    return {
        "series": list(series_ids),
        "from": [parameter(t) for t in from_us],
        "until": [parameter(t) for t in until_us],
        "first": parameter(min(from_us)),
        "last": parameter(max(until_us)),
    }


def _rounded_out(changed: Spans, length_s: int) -> Spans:
    length_us = length_s * SECOND_US
    return spans.union(np.column_stack((changed[:, 0] // length_us, -(-changed[:, 1] // length_us))) * length_us)


@dataclass(frozen=True, slots=True)
class _NotRolledUp:
    """A series with readings from before the roll-ups; None: nothing of it is rolled up yet."""

    series_id: int
    until_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Reach:
    from_at: datetime | None
    until_at: datetime | None


def roll_up_some_waiting(connection: Connection, most_readings: int) -> bool:
    """Roll up about this many of the readings from before the roll-ups; False if none wait. It is one transaction."""
    with connection.transaction():
        waiting = one_row(
            connection,
            _NotRolledUp,
            "SELECT series_id, until_at FROM rollups_waiting ORDER BY series_id LIMIT 1 FOR UPDATE",
        )
        if waiting is None:
            return False
        reach = one_row(
            connection,
            _Reach,
            "SELECT date_bin('1 day', max(measured_at), 'epoch') + interval '1 day' AS until_at, "
            "date_bin('1 day', min(measured_at), 'epoch') AS from_at FROM ("
            "SELECT measured_at FROM readings WHERE series_id = %s AND measured_at < %s::timestamptz "
            "ORDER BY measured_at DESC LIMIT %s) AS newest",
            [waiting.series_id, parameter(or_end(waiting.until_at)), most_readings],
        )
        if reach is None or reach.from_at is None or reach.until_at is None:
            connection.execute("DELETE FROM rollups_waiting WHERE series_id = %s", [waiting.series_id])
            return True
        changed = spans.spans([(from_datetime(reach.from_at), from_datetime(reach.until_at))])
        roll_up(connection, {waiting.series_id: changed})
        connection.execute(
            "UPDATE rollups_waiting SET until_at = %s WHERE series_id = %s", [reach.from_at, waiting.series_id]
        )
        return True


@dataclass(frozen=True, slots=True)
class _Marked:
    series_id: int
    from_us: int
    until_us: int


def not_rolled_up(connection: Connection, series_ids: Collection[int], length_s: int) -> dict[int, Spans]:
    """When the hours or days of each of these series, whole ones, may not hold what is stored of it.

    Ask this first, and for roll-ups afterwards: what is rolled up in between is then found there.
    """
    # In one statement, for a pass may move what it finds from the one to the other.
    marks = all_rows(
        connection,
        _Marked,
        "SELECT series_id, from_us, until_us + 1 AS until_us FROM dirty WHERE series_id = ANY(%(series)s) UNION ALL "
        "SELECT series_id, unrolled_from_us, measured_us + 1 FROM series_ends "
        "WHERE series_id = ANY(%(series)s) AND unrolled_from_us IS NOT NULL UNION ALL "
        "SELECT series_id, %(beginning_us)s, coalesce((extract(epoch FROM until_at) * 1000000)::bigint, %(end_us)s) "
        "FROM rollups_waiting WHERE series_id = ANY(%(series)s)",
        {"series": list(series_ids), "beginning_us": BEGINNING_US, "end_us": END_US},
    )
    pairs: dict[int, list[tuple[int, int]]] = {series_id: [] for series_id in series_ids}
    for mark in marks:
        pairs[mark.series_id].append((mark.from_us, mark.until_us))
    return {series_id: _rounded_out(spans.spans(some), length_s) for series_id, some in pairs.items()}


def has_more_readings(connection: Connection, series_id: int, from_us: int, until_us: int, most: int) -> bool:
    """Whether a series has more than `most` readings in [from_us, until_us); reads no more rows than that."""
    found = one_value(
        connection,
        "SELECT true FROM readings WHERE series_id = %s AND measured_at >= %s::timestamptz "
        "AND measured_at < %s::timestamptz ORDER BY measured_at OFFSET %s LIMIT 1",
        [series_id, parameter(from_us), parameter(until_us), most],
    )
    return found is not None


def has_more_hours(connection: Connection, series_id: int, from_us: int, until_us: int, most: int) -> bool:
    """Whether a series has more than `most` hours with readings in [from_us, until_us), as far as rolled up."""
    found = one_value(
        connection,
        "SELECT true FROM rollups WHERE series_id = %s AND length_s = 3600 AND from_at >= %s::timestamptz "
        "AND from_at < %s::timestamptz ORDER BY from_at OFFSET %s LIMIT 1",
        [series_id, parameter(from_us), parameter(until_us), most],
    )
    return found is not None


def load_buckets(connection: Connection, series_id: int, from_us: int, until_us: int, length_s: int) -> Buckets:
    """The hours or days of a series, cut to [from_us, until_us).

    A bucket only partly inside is computed from its readings inside, and so is one whose readings wait to be rolled up.
    """
    return Buckets(**_load(connection, series_id, (from_us, until_us), length_s, tuple(_WIRE)))


def load_outline(connection: Connection, series_id: int, from_us: int, until_us: int, length_s: int) -> Outline:
    """What a chart needs of the same: of ten years of days, half of what there is to send."""
    return Outline(**_load(connection, series_id, (from_us, until_us), length_s, _OUTLINE))


def _load(
    connection: Connection, series_id: int, asked: tuple[int, int], length_s: int, names: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """Columns of the hours or days of a series."""
    from_us, until_us = asked
    length_us = length_s * SECOND_US
    outdated = not_rolled_up(connection, [series_id], length_s)[series_id]
    whole = spans.spans([(-(-from_us // length_us) * length_us, until_us // length_us * length_us)])
    ready = spans.subtract(whole, outdated)
    fresh = spans.subtract(spans.spans([asked]), ready)
    parts = [_stored(connection, series_id, span, length_s, names) for span in ready.tolist()]
    parts += [_fresh(connection, series_id, span, length_s, names) for span in fresh.tolist()]
    records = parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, dtype=_record(names)), *parts])
    if (records["from_at"][1:] < records["from_at"][:-1]).any():
        records = records[np.argsort(records["from_at"])]
    starts_us = from_wire(records["from_at"])
    found = {"from_us": np.maximum(starts_us, from_us), "until_us": np.minimum(starts_us + length_us, until_us)}
    for name in names[1:]:
        column = records[name]
        if name.endswith("_at"):
            found[f"{name.removesuffix('_at')}_us"] = from_wire(column)
        else:
            found[name] = column.astype(np.float64 if name.endswith("_c") else np.int64)
    return found


def _stored(
    connection: Connection, series_id: int, span: tuple[int, int], length_s: int, names: Sequence[str]
) -> NDArray[Any]:
    return _records(
        connection,
        "SELECT * FROM rollups WHERE series_id = %(series)s AND length_s = %(length_s)s "
        "AND from_at >= %(from)s::timestamptz AND from_at < %(until)s::timestamptz",
        {"series": series_id, "length_s": length_s, "from": parameter(span[0]), "until": parameter(span[1])},
        names,
    )


def _fresh(
    connection: Connection, series_id: int, span: tuple[int, int], length_s: int, names: Sequence[str]
) -> NDArray[Any]:
    return _records(connection, _combined(_HOURS), {**_asked([(series_id, *span)]), "length_s": length_s}, names)


def _records(connection: Connection, query: str, parameters: dict[str, Any], names: Sequence[str]) -> NDArray[Any]:
    record = " || ".join(_WIRE[name][1].format(name) for name in names)
    with connection.cursor(row_factory=scalar_row, binary=True) as cursor:
        cursor.execute(f"SELECT string_agg({record}, ''::bytea) FROM ({query}) AS wanted", parameters, prepare=False)
        return np.frombuffer(cursor.fetchone() or b"", dtype=_record(names))


def _record(names: Sequence[str]) -> np.dtype[Any]:
    return np.dtype([(name, _WIRE[name][0]) for name in names])
