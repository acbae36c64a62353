"""Readings in, in bulk, each once."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.rows import tuple_row

from service.domain.instant import to_datetime
from service.domain.series.quality import Quality, as_numbers
from service.formats.columns import Columns
from service.store.dirty import mark_series
from service.store.instants import POSTGRES_EPOCH_US
from service.store.pool import Connection
from service.store.rows import all_rows

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
_KEY = "series_id, (extract(epoch FROM measured_at) * 1000000)::bigint AS measured_us"

#: (logger_id, probe) → series id. Only committed ids go in, so one may be kept for the life of a process.
SeriesIds = dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch: `new` + `known` + `conflicting` = the readings given."""

    new: int
    known: int
    conflicting: int


@dataclass(frozen=True, slots=True)
class New:
    """Readings by series and instant, ascending; columns of shape (n,)."""

    series_ids: NDArray[np.int64]
    measured_at_us: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.series_ids)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch, and which of its readings are new, and which are new or contradict what was there."""

    stored: Stored
    new: New
    changed: New


@dataclass(frozen=True, slots=True)
class _Series:
    id: int
    logger_id: str
    probe: str


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
        found = all_rows(
            connection,
            _Series,
            "SELECT id, logger_id, probe FROM series JOIN unnest(%s::text[], %s::text[]) AS wanted (logger_id, probe) "
            "USING (logger_id, probe)",
            [loggers, probes],
        )
    ids.update({(series.logger_id, series.probe): series.id for series in found})


@dataclass(frozen=True, slots=True)
class Rows:
    """Readings as PostgreSQL takes them, sorted so that two writers never wait for each other crosswise.

    Attributes:
        keys: (logger_id, probe) in order, each once.
        key, measured_at_us: of each row, shape (n,), ascending: by series, then by time.
        coldest_c, warmest_c: of each key, HI and LO as infinities; NaN where no reading is usable.
        step_us: of each key, the widest step between two of its readings, if all are numbers; None: they are not.
        parts: which rows have the same fields NULL, and their bytes but for the series id.
        received_us: when the last of them arrived.
    """

    keys: list[tuple[str, str]]
    key: NDArray[np.int64]
    measured_at_us: NDArray[np.int64]
    coldest_c: NDArray[np.float64]
    warmest_c: NDArray[np.float64]
    step_us: NDArray[np.object_]
    parts: list[tuple[NDArray[np.int64], NDArray[Any]]]
    received_us: int

    def __len__(self) -> int:
        return len(self.key)


def rows_of(columns: Columns) -> Rows:
    """Rows of readings. It knows no series id, so ingest does it while the database is busy with other rows."""
    keys = sorted(columns.keys)
    place = {key: number for number, key in enumerate(keys)}
    key = np.array([place[name] for name in columns.keys], dtype=np.int64)[columns.key]
    # Stable: of two readings for one instant, the one that came first stays first.
    order = np.lexsort((columns.by_name["measured_at"], key))
    batch = {name: column[order] for name, column in columns.by_name.items()}
    # Of each key that has rows, where its first one is.
    present, first = np.unique(key[order], return_index=True)
    coldest_c, warmest_c = np.full(len(keys), np.nan), np.full(len(keys), np.nan)
    coldest_c[present], warmest_c[present] = _extremes_c(first, batch["temperature_c"], batch["quality"])
    step_us = np.full(len(keys), None, dtype=object)
    step_us[present] = _steps_us(first, batch["measured_at"], batch["quality"])
    received_us = int(batch["received_at"].max(initial=0))
    return Rows(keys, key[order], batch["measured_at"], coldest_c, warmest_c, step_us, _parts(batch), received_us)


def _extremes_c(
    first: NDArray[np.int64], temperature_c: NDArray[np.float64], quality: NDArray[np.int16]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    usable_c = as_numbers(temperature_c, quality)
    return np.fmin.reduceat(usable_c, first), np.fmax.reduceat(usable_c, first)


def _steps_us(
    first: NDArray[np.int64], measured_at_us: NDArray[np.int64], quality: NDArray[np.int16]
) -> NDArray[np.object_]:
    steps_us = np.diff(measured_at_us, prepend=measured_at_us[:1])
    steps_us[first] = 0
    widest_us = np.maximum.reduceat(steps_us, first).astype(object)
    widest_us[~np.logical_and.reduceat(quality == Quality.OK, first)] = None
    return widest_us


def store_readings(connection: Connection, ids: SeriesIds, rows: Rows) -> Stored:
    """Store readings once each and mark what they touch as dirty. Call it inside a transaction.

    COPY goes straight into the table; only where it meets a reading already there is the batch staged.
    """
    return take_readings(connection, ids, rows).stored


def take_readings(connection: Connection, ids: SeriesIds, rows: Rows) -> Taken:
    """Likewise; it says which readings were new."""
    if not len(rows):
        return Taken(Stored(0, 0, 0), _NOTHING, _NOTHING)
    try:
        with connection.transaction():
            copy_readings(connection, ids, rows)
    except psycopg.errors.UniqueViolation:
        return _store_staged(connection, ids, rows)
    series_id = _series_id(ids, rows)
    _mark(connection, ids, rows, series_id, rows.measured_at_us, all_new=True)
    new = New(series_id.astype(np.int64), rows.measured_at_us)
    return Taken(Stored(len(rows), 0, 0), new, new)


def copy_readings(connection: Connection, ids: SeriesIds, rows: Rows) -> None:
    """COPY rows straight into the table; raises UniqueViolation where it meets a reading already there."""
    _copy(connection, "readings", ids, rows)


def _series_id(ids: SeriesIds, rows: Rows) -> NDArray[np.int32]:
    return _of_keys(ids, rows)[rows.key]


def _of_keys(ids: SeriesIds, rows: Rows) -> NDArray[np.int32]:
    return np.array([ids[key] for key in rows.keys], dtype=np.int32)


def _parts(batch: dict[str, NDArray[Any]]) -> list[tuple[NDArray[np.int64], NDArray[Any]]]:
    missing = {name: np.isnan(batch[name]) for name in ("temperature_c", "humidity_pct", "battery_v")}
    missing |= {"seq": batch["seq"] < 0, "stamped_on_arrival": ~batch["stamped_on_arrival"]}
    pattern = sum(missing[name].astype(np.int8) << bit for bit, name in enumerate(_NULLABLE))
    parts = []
    for code in np.unique(pattern):
        rows = np.flatnonzero(pattern == code)
        nulls = tuple(name for bit, name in enumerate(_NULLABLE) if code >> bit & 1)
        parts.append((rows, _wire(batch, rows, nulls)))
    return parts


@lru_cache(maxsize=32)
def _wire_dtype(nulls: tuple[str, ...]) -> np.dtype[Any]:
    fields = [("fields", ">i2")]
    for name, wire_type in zip(_COLUMNS, _WIRE_TYPES, strict=True):
        fields.append((f"{name}_length", ">i4"))
        if name not in nulls:
            fields.append((name, wire_type))
    return np.dtype(fields)


def _wire(batch: dict[str, NDArray[Any]], rows: NDArray[np.int64], nulls: tuple[str, ...]) -> NDArray[Any]:
    wire = np.empty(len(rows), dtype=_wire_dtype(nulls))
    wire["fields"] = len(_COLUMNS)
    for name, wire_type in zip(_COLUMNS, _WIRE_TYPES, strict=True):
        if name in nulls:
            wire[f"{name}_length"] = _NULL_LENGTH
            continue
        wire[f"{name}_length"] = np.dtype(wire_type).itemsize
        if name in batch:
            column = batch[name][rows]
            wire[name] = column - POSTGRES_EPOCH_US if name.endswith("_at") else column
    return wire


def _copy(connection: Connection, table: str, ids: SeriesIds, rows: Rows, *, in_order: bool = False) -> None:
    series_id = _series_id(ids, rows)
    for places, wire in rows.parts:
        wire["series_id"] = series_id[places]
    body = _in_order(rows) if in_order else [wire.tobytes() for _, wire in rows.parts]
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT binary)") as copy,
    ):
        copy.write(b"".join([_COPY_HEADER, *body, _COPY_TRAILER]))


def _in_order(rows: Rows) -> list[bytes]:
    """Each row for itself, in order; the parts have those with the same fields together."""
    body = np.empty(len(rows), dtype=object)
    for places, wire in rows.parts:
        body[places] = wire.view(f"V{wire.dtype.itemsize}").tolist()
    found: list[bytes] = body.tolist()
    return found


def _store_staged(connection: Connection, ids: SeriesIds, rows: Rows) -> Taken:
    connection.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS staged (LIKE readings, place bigint GENERATED ALWAYS AS IDENTITY) "
        "ON COMMIT DELETE ROWS"
    )
    connection.execute("DELETE FROM staged")
    _copy(connection, "staged", ids, rows, in_order=True)
    # There may be as many of them as in a batch: so they come as plain tuples. What they hold is written at `_KEY`.
    with connection.cursor(row_factory=tuple_row) as cursor:
        # Of two with the same key in one batch, the one that came first goes in.
        fresh = cursor.execute(
            "INSERT INTO readings SELECT DISTINCT ON (series_id, measured_at) series_id, measured_at, received_at, "
            "temperature_c, quality, humidity_pct, battery_v, seq, stamped_on_arrival "
            f"FROM staged ORDER BY series_id, measured_at, place ON CONFLICT DO NOTHING RETURNING {_KEY}"
        ).fetchall()
        conflicting = cursor.execute(
            "INSERT INTO reading_conflicts "
            "(series_id, measured_at, received_at, temperature_c, quality, stamped_on_arrival) "
            "SELECT series_id, measured_at, staged.received_at, staged.temperature_c, staged.quality, "
            "staged.stamped_on_arrival FROM staged JOIN readings USING (series_id, measured_at) "
            "WHERE (staged.temperature_c, staged.quality) IS DISTINCT FROM (readings.temperature_c, readings.quality) "
            f"ORDER BY place ON CONFLICT DO NOTHING RETURNING {_KEY}"
        ).fetchall()
    # Where a logger contradicts itself, what was judged by its first word is to be judged again.
    changed = _new(fresh + conflicting)
    if len(changed):
        _mark(connection, ids, rows, changed.series_ids.astype(np.int32), changed.measured_at_us, all_new=False)
    stored = Stored(len(fresh), len(rows) - len(fresh) - len(conflicting), len(conflicting))
    return Taken(stored, _new(fresh), changed)


def _new(rows: list[tuple[Any, ...]]) -> New:
    found = np.array(rows, dtype=np.int64).reshape(-1, 2)
    found = found[np.lexsort((found[:, 1], found[:, 0]))]
    return New(found[:, 0], found[:, 1])


_NOTHING = New(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


def _mark(
    connection: Connection,
    ids: SeriesIds,
    rows: Rows,
    series_ids: NDArray[np.int32],
    measured_at_us: NDArray[np.int64],
    *,
    all_new: bool,
) -> None:
    """One dirty row a series: from its first to its last changed reading. They come by series, ascending.

    `all_new`: they are all that is in the rows.
    """
    starts = np.flatnonzero(np.concatenate(([True], series_ids[1:] != series_ids[:-1])))
    ends = np.append(starts[1:], len(series_ids)) - 1
    of_keys = _of_keys(ids, rows)
    order = np.argsort(of_keys)
    key = order[np.searchsorted(of_keys[order], series_ids[starts])]
    mark_series(
        connection,
        series_ids[starts].tolist(),
        measured_at_us[starts].tolist(),
        measured_at_us[ends].tolist(),
        rows.coldest_c[key].tolist(),
        rows.warmest_c[key].tolist(),
        rows.step_us[key].tolist() if all_new else [None] * len(key),
        to_datetime(rows.received_us),
    )
