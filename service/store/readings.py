"""Readings in and out, in bulk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from service.formats.reading import Reading
from service.store.dirty import mark_series
from service.store.instants import POSTGRES_EPOCH_US, from_wire, parameter
from service.store.pool import Connection

_COLUMNS = (
    "series_id",
    "measured_at",
    "received_at",
    "temperature_c",
    "quality",
    "humidity_pct",
    "battery_v",
    "seq",
    "stamped_on_arrival",
)
_WIRE_TYPES = (">i4", ">i8", ">i8", ">f8", ">i2", ">f4", ">f4", ">i8", "?")
_NULLABLE = ("temperature_c", "humidity_pct", "battery_v", "seq", "stamped_on_arrival")
_COPY_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_TRAILER = b"\xff\xff"
_NULL_LENGTH = -1

#: (logger_id, probe) → series id. Only committed ids go in, so one may be kept for the life of a process.
SeriesIds = dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch: `new` + `known` + `conflicting` = the readings given."""

    new: int
    known: int
    conflicting: int


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """Readings of one series, ascending: microseconds, °C (NaN where there is no number), `Quality` values."""

    times_us: NDArray[np.int64]
    temperatures_c: NDArray[np.float64]
    qualities: NDArray[np.int16]


def ensure_series(
    connection: Connection, ids: SeriesIds, wanted: Iterable[tuple[str, str]], topic_site: dict[str, str]
) -> None:
    """Fill `ids` for every (logger_id, probe) wanted; a logger nobody registered is recorded as seen."""
    missing = sorted(set(wanted) - ids.keys())
    if not missing:
        return
    loggers = [logger_id for logger_id, _ in missing]
    probes = [probe for _, probe in missing]
    with connection.transaction():
        connection.execute(
            "INSERT INTO loggers (id, topic_site, first_seen_at) "
            "SELECT DISTINCT ON (id) id, site, now() FROM unnest(%s::text[], %s::text[]) AS seen (id, site) "
            "ORDER BY id ON CONFLICT (id) DO UPDATE "
            "SET topic_site = coalesce(loggers.topic_site, excluded.topic_site), "
            "first_seen_at = coalesce(loggers.first_seen_at, now())",
            [loggers, [topic_site.get(logger_id) for logger_id in loggers]],
        )
        connection.execute(
            "INSERT INTO series (logger_id, probe) SELECT * FROM unnest(%s::text[], %s::text[]) ON CONFLICT DO NOTHING",
            [loggers, probes],
        )
        rows = connection.execute(
            "SELECT id, logger_id, probe FROM series JOIN unnest(%s::text[], %s::text[]) AS wanted (logger_id, probe) "
            "USING (logger_id, probe)",
            [loggers, probes],
        ).fetchall()
    ids.update({(row["logger_id"], row["probe"]): row["id"] for row in rows})


def store_readings(
    connection: Connection, ids: SeriesIds, readings: Sequence[Reading], received_at_us: Sequence[int]
) -> Stored:
    """Store readings once each and mark what they touch as dirty. Call it inside a transaction.

    COPY goes straight into the table; only where it meets a reading already there is the batch staged.
    """
    if not readings:
        return Stored(0, 0, 0)
    batch = columns_of(ids, readings, received_at_us)
    try:
        with connection.transaction():
            copy_readings(connection, batch)
    except psycopg.errors.UniqueViolation:
        return _store_staged(connection, batch)
    _mark(connection, batch["series_id"], batch["measured_at"])
    return Stored(len(readings), 0, 0)


def columns_of(ids: SeriesIds, readings: Sequence[Reading], received_at_us: Sequence[int]) -> dict[str, NDArray[Any]]:
    """Columns of a batch, sorted by key so that two writers never wait for each other crosswise. NaN is NULL."""
    nan = float("nan")
    columns: dict[str, NDArray[Any]] = {
        "series_id": np.array([ids[r.logger_id, r.probe] for r in readings], dtype=np.int32),
        "measured_at": np.array([r.measured_at_us for r in readings], dtype=np.int64),
        "received_at": np.array(received_at_us, dtype=np.int64),
        "temperature_c": np.array([nan if r.temperature_c is None else r.temperature_c for r in readings]),
        "quality": np.array([r.quality for r in readings], dtype=np.int16),
        "humidity_pct": np.array([nan if r.humidity_pct is None else r.humidity_pct for r in readings]),
        "battery_v": np.array([nan if r.battery_v is None else r.battery_v for r in readings]),
        "seq": np.array([-1 if r.seq is None else r.seq for r in readings], dtype=np.int64),
        "stamped_on_arrival": np.array([r.stamped_on_arrival for r in readings], dtype=np.bool_),
    }
    order = np.lexsort((columns["measured_at"], columns["series_id"]))
    return {name: column[order] for name, column in columns.items()}


def copy_readings(connection: Connection, batch: dict[str, NDArray[Any]]) -> None:
    """COPY columns straight into the table; raises UniqueViolation where it meets a reading already there."""
    _copy(connection, "readings", batch)


def _copy(connection: Connection, table: str, batch: dict[str, NDArray[Any]]) -> None:
    missing = {name: np.isnan(batch[name]) for name in ("temperature_c", "humidity_pct", "battery_v")}
    missing |= {"seq": batch["seq"] < 0, "stamped_on_arrival": ~batch["stamped_on_arrival"]}
    pattern = sum(missing[name].astype(np.int8) << bit for bit, name in enumerate(_NULLABLE))
    parts = [_COPY_HEADER]
    for code in np.unique(pattern):
        rows = np.flatnonzero(pattern == code)
        nulls = tuple(name for bit, name in enumerate(_NULLABLE) if code >> bit & 1)
        parts.append(_wire_rows(batch, rows, nulls))
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT binary)") as copy,
    ):
        copy.write(b"".join([*parts, _COPY_TRAILER]))


@lru_cache(maxsize=32)
def _wire_dtype(nulls: tuple[str, ...]) -> np.dtype[Any]:
    fields = [("fields", ">i2")]
    for name, wire_type in zip(_COLUMNS, _WIRE_TYPES, strict=True):
        fields.append((f"{name}_length", ">i4"))
        if name not in nulls:
            fields.append((name, wire_type))
    return np.dtype(fields)


def _wire_rows(batch: dict[str, NDArray[Any]], rows: NDArray[np.int64], nulls: tuple[str, ...]) -> bytes:
    wire = np.empty(len(rows), dtype=_wire_dtype(nulls))
    wire["fields"] = len(_COLUMNS)
    for name, wire_type in zip(_COLUMNS, _WIRE_TYPES, strict=True):
        if name in nulls:
            wire[f"{name}_length"] = _NULL_LENGTH
            continue
        wire[f"{name}_length"] = np.dtype(wire_type).itemsize
        column = batch[name][rows]
        wire[name] = column - POSTGRES_EPOCH_US if name.endswith("_at") else column
    return wire.tobytes()


def _store_staged(connection: Connection, batch: dict[str, NDArray[Any]]) -> Stored:
    connection.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS staged (LIKE readings, place bigint GENERATED ALWAYS AS IDENTITY) "
        "ON COMMIT DELETE ROWS"
    )
    connection.execute("DELETE FROM staged")
    _copy(connection, "staged", batch)
    # Of two with the same key in one batch, the one that came first goes in.
    fresh = connection.execute(
        "INSERT INTO readings SELECT DISTINCT ON (series_id, measured_at) series_id, measured_at, received_at, "
        "temperature_c, quality, humidity_pct, battery_v, seq, stamped_on_arrival "
        "FROM staged ORDER BY series_id, measured_at, place "
        "ON CONFLICT DO NOTHING RETURNING series_id, (extract(epoch FROM measured_at) * 1000000)::bigint AS measured_us"
    ).fetchall()
    conflicting = connection.execute(
        "INSERT INTO reading_conflicts (series_id, measured_at, received_at, temperature_c, quality) "
        "SELECT series_id, measured_at, staged.received_at, staged.temperature_c, staged.quality "
        "FROM staged JOIN readings USING (series_id, measured_at) "
        "WHERE (staged.temperature_c, staged.quality) IS DISTINCT FROM (readings.temperature_c, readings.quality) "
        "ON CONFLICT DO NOTHING"
    ).rowcount
    if fresh:
        _mark(
            connection,
            np.array([row["series_id"] for row in fresh], dtype=np.int32),
            np.array([row["measured_us"] for row in fresh], dtype=np.int64),
        )
    return Stored(len(fresh), len(batch["series_id"]) - len(fresh) - conflicting, conflicting)


def _mark(connection: Connection, series_ids: NDArray[np.int32], measured_at_us: NDArray[np.int64]) -> None:
    """One dirty row a series: from its first to its last new reading."""
    order = np.lexsort((measured_at_us, series_ids))
    series_ids, measured_at_us = series_ids[order], measured_at_us[order]
    starts = np.flatnonzero(np.concatenate(([True], series_ids[1:] != series_ids[:-1])))
    ends = np.append(starts[1:], len(series_ids)) - 1
    mark_series(connection, series_ids[starts].tolist(), measured_at_us[starts].tolist(), measured_at_us[ends].tolist())


_RECORD = np.dtype([("measured_at", ">i8"), ("temperature_c", ">f8"), ("quality", ">i2")])
_AS_RECORD = "timestamptz_send(measured_at) || float8send(coalesce(temperature_c, 'NaN')) || int2send(quality)"


def load_series(connection: Connection, series_id: int, from_us: int, until_us: int, padding: int = 0) -> StoredSeries:
    """Readings of one series measured in [from_us, until_us], and up to `padding` usable ones on each side."""
    row = connection.execute(
        f"""
        SELECT string_agg({_AS_RECORD}, ''::bytea ORDER BY measured_at) AS records FROM (
            (SELECT * FROM readings WHERE series_id = %(series)s AND measured_at < %(from)s::timestamptz
                AND quality <= 2 ORDER BY measured_at DESC LIMIT %(padding)s)
            UNION ALL
            (SELECT * FROM readings WHERE series_id = %(series)s
                AND measured_at BETWEEN %(from)s::timestamptz AND %(until)s::timestamptz)
            UNION ALL
            (SELECT * FROM readings WHERE series_id = %(series)s AND measured_at > %(until)s::timestamptz
                AND quality <= 2 ORDER BY measured_at LIMIT %(padding)s)
        ) AS wanted
        """,
        {"series": series_id, "from": parameter(from_us), "until": parameter(until_us), "padding": padding},
        binary=True,
    ).fetchone()
    records = np.frombuffer((row and row["records"]) or b"", dtype=_RECORD)
    return StoredSeries(
        from_wire(records["measured_at"]),
        records["temperature_c"].astype(np.float64),
        records["quality"].astype(np.int16),
    )


def count_readings(connection: Connection, logger_id: str) -> int:
    """How many readings of a logger are stored, over all its probes."""
    row = connection.execute(
        "SELECT count(*) AS n FROM readings WHERE series_id IN (SELECT id FROM series WHERE logger_id = %s)",
        [logger_id],
    ).fetchone()
    return int(row["n"]) if row else 0


def last_readings(connection: Connection, logger_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The newest reading of each logger, by id; a logger never heard is absent."""
    rows = connection.execute(
        "SELECT DISTINCT ON (logger_id) logger_id, probe, measured_at, received_at, temperature_c, quality, battery_v, "
        "stamped_on_arrival IS TRUE AS stamped_on_arrival "
        "FROM series CROSS JOIN LATERAL (SELECT * FROM readings WHERE readings.series_id = series.id "
        "ORDER BY measured_at DESC LIMIT 1) AS newest WHERE logger_id = ANY(%s) ORDER BY logger_id, measured_at DESC",
        [list(logger_ids)],
    ).fetchall()
    return {row["logger_id"]: row for row in rows}
