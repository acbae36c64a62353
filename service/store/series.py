"""The readings of one series, out in bulk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Cursor
from psycopg.rows import DictRow

from service.domain.instant import BEGINNING_US, END_US, SECOND_US, from_datetime
from service.domain.quality import Quality
from service.domain.rules import Newest
from service.store.instants import from_wire, parameter
from service.store.pool import Connection

_RECORD = np.dtype([("measured_at", ">i8"), ("temperature_c", ">f8"), ("quality", ">i2")])
_AS_RECORD = "timestamptz_send(measured_at) || float8send(coalesce(temperature_c, 'NaN')) || int2send(quality)"

#: How far from a window its neighbours are looked for first: asked without bounds, PostgreSQL opens every chunk.
_NEAR_US = 86_400 * SECOND_US


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which readings are meant; `stamped_on_arrival` None: all of the series."""

    series_id: int
    stamped_on_arrival: bool | None


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """Readings of one series, ascending: microseconds, °C (NaN where there is no number), `Quality` values."""

    times_us: NDArray[np.int64]
    temperatures_c: NDArray[np.float64]
    qualities: NDArray[np.int16]


def load_series(
    connection: Connection, series_id: int, from_us: int, until_us: int, padding: int = 0, most: int | None = None
) -> StoredSeries:
    """Readings of one series measured in [from_us, until_us], and up to `padding` usable ones on each side.

    Args:
        most: load only so many of those in the window, the earliest; where that leaves some out, none follow them.
    """
    return ask_series(connection, series_id, from_us, until_us, padding, most)()


def ask_series(
    connection: Connection,
    series_id: int,
    from_us: int,
    until_us: int,
    padding: int = 0,
    most: int | None = None,
    *,
    stamped_on_arrival: bool | None = None,
) -> Callable[[], StoredSeries]:
    """What `load_series` loads, when it is called: in a pipeline the database reads it meanwhile.

    Args:
        stamped_on_arrival: only the readings that were, or only those that were not; None: all.
    """
    chosen = _Chosen(series_id, stamped_on_arrival)
    asked = _ask(
        connection,
        chosen,
        "measured_at BETWEEN %(from)s::timestamptz AND %(until)s::timestamptz ORDER BY measured_at LIMIT %(most)s",
        {"from": parameter(from_us), "until": parameter(until_us), "most": most},
    )

    def take() -> StoredSeries:
        inside = _records(asked)
        parts = [inside]
        if padding and from_us > BEGINNING_US:
            parts.insert(0, _neighbours(connection, chosen, (from_us - _NEAR_US, BEGINNING_US), from_us, padding))
        if padding and until_us < END_US and len(inside) != most:
            parts.append(_neighbours(connection, chosen, (until_us + _NEAR_US, END_US), until_us, padding))
        records = np.concatenate(parts)
        return StoredSeries(
            from_wire(records["measured_at"]),
            records["temperature_c"].astype(np.float64),
            records["quality"].astype(np.int16),
        )

    return take


def newest_of(connection: Connection, series_ids: Sequence[int], now_us: int) -> list[Newest]:
    """The newest usable reading of each of these series, calibrated, of those that have one within a day of an instant;
    the newest first."""
    rows = connection.execute(
        "SELECT measured_at, quality, range_min_c, range_max_c, "
        "coalesce(slope, 1) * temperature_c + coalesce(offset_c, 0) AS temperature_c "
        "FROM series JOIN loggers ON loggers.id = logger_id CROSS JOIN LATERAL ("
        "SELECT measured_at, quality, temperature_c FROM readings WHERE series_id = series.id AND quality <= 2 "
        "AND measured_at BETWEEN %(from)s AND %(until)s ORDER BY measured_at DESC LIMIT 1) AS newest "
        "LEFT JOIN calibrations ON calibrations.series_id = series.id AND measured_at >= calibrations.from_at "
        "AND (until_at IS NULL OR measured_at < until_at) "
        "WHERE series.id = ANY(%(series)s) ORDER BY measured_at DESC, series.id",
        {"series": list(series_ids), "from": parameter(now_us - _NEAR_US), "until": parameter(now_us + _NEAR_US)},
    )
    return [
        Newest(
            from_datetime(row["measured_at"]),
            row["temperature_c"] if row["quality"] == Quality.OK else None,
            Quality(row["quality"]),
            row["range_min_c"],
            row["range_max_c"],
        )
        for row in rows
    ]


def _neighbours(
    connection: Connection, chosen: _Chosen, as_far_as_us: Sequence[int], beside_us: int, count: int
) -> NDArray[Any]:
    """The usable readings nearest to an instant, on the side of it and as far as, in turn, the bounds say."""
    found = np.empty(0, dtype=_RECORD)
    for bound_us in as_far_as_us:
        before = bound_us < beside_us
        within, order = (
            ("measured_at >= %(bound)s AND measured_at < %(beside)s", "DESC")
            if before
            else ("measured_at <= %(bound)s AND measured_at > %(beside)s", "ASC")
        )
        asked = _ask(
            connection,
            chosen,
            f"{within} AND quality <= 2 ORDER BY measured_at {order} LIMIT %(count)s",
            {"bound": parameter(bound_us), "beside": parameter(beside_us), "count": count},
        )
        found = _records(asked)
        if len(found) == count:
            break
    return found


def _ask(connection: Connection, chosen: _Chosen, condition: str, parameters: dict[str, Any]) -> Cursor[DictRow]:
    """A query for readings, of which `_records` gives what it finds."""
    stamped = chosen.stamped_on_arrival
    if stamped is not None:
        condition = f"(stamped_on_arrival IS TRUE) = %(stamped)s AND {condition}"
    return connection.execute(
        f"SELECT string_agg({_AS_RECORD}, ''::bytea ORDER BY measured_at) AS records FROM ("
        f"SELECT measured_at, temperature_c, quality FROM readings WHERE series_id = %(series)s AND {condition}"
        ") AS wanted",
        {**parameters, "series": chosen.series_id, "stamped": stamped},
        binary=True,
    )


def _records(asked: Cursor[DictRow]) -> NDArray[Any]:
    """Ascending."""
    row = asked.fetchone()
    return np.frombuffer((row and row["records"]) or b"", dtype=_RECORD)
