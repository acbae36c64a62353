"""The readings of one series, out in bulk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Cursor
from psycopg.rows import class_row

from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.series.quality import Quality
from service.store.instants import from_wire, parameter
from service.store.pool import Connection
from service.store.rows import all_values, one_value

#: Readings as they come, in binary: a record each.
RECORD = np.dtype([("measured_at", ">i8"), ("temperature_c", ">f8"), ("quality", ">i2")])
AS_RECORD = "timestamptz_send(measured_at) || float8send(coalesce(temperature_c, 'NaN')) || int2send(quality)"

#: Of stored readings, those that are judged.
COUNTING = f"quality IN ({Quality.OK:d}, {Quality.HI:d}, {Quality.LO:d}, {Quality.IMPOSSIBLE:d})"

#: How far from a window its neighbours are looked for first: asked without bounds, PostgreSQL opens every chunk.
NEAR_US = 86_400 * SECOND_US


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which readings are meant; `stamped_on_arrival` None: all of the series."""

    series_id: int
    stamped_on_arrival: bool | None


@dataclass(frozen=True, slots=True)
class _Found:
    records: bytes | None
    has_conflicts: bool


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """Readings of one series, ascending: microseconds, °C (NaN where there is no number), `Quality` values.

    Of an instant for which the logger said several things, all of them, what came first first.
    """

    times_us: NDArray[np.int64]
    temperatures_c: NDArray[np.float64]
    qualities: NDArray[np.int16]


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
    """Ask for readings of one series measured in [from_us, until_us], and up to `padding` usable ones on each side.

    What is returned gives them when it is called: in a pipeline the database reads them meanwhile. Usable readings that
    contradict those loaded come with them, in addition.

    Args:
        most: load at most this many of those in the window, the earliest; where that leaves some out, none follow them.
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
        inside, has_conflicts = _records(asked)
        parts, reach_us = [inside], [from_us, until_us]
        if padding and from_us > BEGINNING_US:
            before = _neighbours(connection, chosen, (from_us - NEAR_US, BEGINNING_US), from_us, padding)
            reach_us[0] = int(from_wire(before["measured_at"][:1])[0]) if len(before) == padding else BEGINNING_US
            parts.insert(0, before)
        if len(inside) == most:
            reach_us[1] = int(from_wire(inside["measured_at"][-1:])[0])
        elif padding and until_us < END_US:
            after = _neighbours(connection, chosen, (until_us + NEAR_US, END_US), until_us, padding)
            reach_us[1] = int(from_wire(after["measured_at"][-1:])[0]) if len(after) == padding else END_US
            parts.append(after)
        conflicts = _conflicts(connection, chosen, *reach_us) if has_conflicts else np.empty(0, dtype=RECORD)
        return stored_series(parts, conflicts)

    return take


def stored_series(parts: Sequence[NDArray[Any]], conflicts: NDArray[Any]) -> StoredSeries:
    """Records in order of time, and what contradicts any of them, as readings."""
    records = np.concatenate([*parts, conflicts])
    if len(conflicts):
        # Stable: the reading that was stored comes before what contradicts it.
        records = records[np.argsort(records["measured_at"], kind="stable")]
    return StoredSeries(
        from_wire(records["measured_at"]),
        records["temperature_c"].astype(np.float64),
        records["quality"].astype(np.int16),
    )


def has_conflicts(connection: Connection, series_id: int, from_us: int, until_us: int) -> bool:
    """Whether a logger said two things of an instant in [from_us, until_us]."""
    return bool(
        one_value(
            connection,
            "SELECT EXISTS (SELECT FROM reading_conflicts WHERE series_id = %s "
            "AND measured_at BETWEEN %s::timestamptz AND %s::timestamptz)",
            [series_id, parameter(from_us), parameter(until_us)],
        )
    )


def conflicting_stretches(
    connection: Connection, series_id: int, from_us: int, until_us: int, length_s: int
) -> list[datetime]:
    """When those stretches of so many seconds since 1970 begin in which a logger said two things of an instant."""
    return all_values(
        connection,
        "SELECT DISTINCT date_bin(make_interval(secs => %s), measured_at, 'epoch') FROM reading_conflicts "
        "WHERE series_id = %s AND measured_at >= %s::timestamptz AND measured_at < %s::timestamptz",
        [length_s, series_id, parameter(from_us), parameter(until_us)],
    )


def _neighbours(
    connection: Connection, chosen: _Chosen, as_far_as_us: Sequence[int], beside_us: int, count: int
) -> NDArray[Any]:
    """The usable readings nearest to an instant, on the side of it and as far as, in turn, the bounds say."""
    found = np.empty(0, dtype=RECORD)
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
            f"{within} AND {COUNTING} ORDER BY measured_at {order} LIMIT %(count)s",
            {"bound": parameter(bound_us), "beside": parameter(beside_us), "count": count},
        )
        found, _ = _records(asked)
        if len(found) == count:
            break
    return found


def _conflicts(connection: Connection, chosen: _Chosen, from_us: int, until_us: int) -> NDArray[Any]:
    """What contradicts the readings in [from_us, until_us] and can be used; a number that is none contradicts nothing.

    There is a reading at each of these instants, so they are as few as those.
    """
    asked = _ask(
        connection,
        chosen,
        f"{COUNTING} AND measured_at BETWEEN %(from)s::timestamptz AND %(until)s::timestamptz",
        {"from": parameter(from_us), "until": parameter(until_us)},
        "reading_conflicts",
    )
    return _records(asked)[0]


def _ask(
    connection: Connection, chosen: _Chosen, condition: str, parameters: dict[str, Any], table: str = "readings"
) -> Cursor[_Found]:
    """A query for readings, of which `_records` gives what it finds."""
    stamped = chosen.stamped_on_arrival
    if stamped is not None:
        condition = f"(stamped_on_arrival IS TRUE) = %(stamped)s AND {condition}"
    # Not closed here: in a pipeline its answer is still to come.
    return connection.cursor(row_factory=class_row(_Found), binary=True).execute(
        f"SELECT string_agg({AS_RECORD}, ''::bytea ORDER BY measured_at) AS records, "
        "EXISTS (SELECT FROM reading_conflicts WHERE series_id = %(series)s) AS has_conflicts FROM ("
        f"SELECT measured_at, temperature_c, quality FROM {table} WHERE series_id = %(series)s AND {condition}"
        ") AS wanted",
        {**parameters, "series": chosen.series_id, "stamped": stamped},
    )


def _records(asked: Cursor[_Found]) -> tuple[NDArray[Any], bool]:
    """Ascending; and whether anything that this series said contradicts anything else."""
    found = asked.fetchone()
    if found is None:
        return np.empty(0, dtype=RECORD), False
    return np.frombuffer(found.records or b"", dtype=RECORD), found.has_conflicts
