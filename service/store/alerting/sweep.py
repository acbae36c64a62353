"""What the sweep looks at, of all containers at once: the newest readings of what measures them.

Few queries, whose number does not grow with the containers. All readings are asked for within bounds of time: without
them every chunk would be opened.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import class_row

from service.domain.alerting.logger_rules import CYCLING_KINDS, usual_interval_s
from service.domain.instant import SECOND_US, from_datetime
from service.domain.series.health import Heard
from service.domain.series.mending import Calibration, calibrated
from service.domain.series.quality import Quality
from service.domain.series.sensor_range import doubted, sensor_range
from service.store.instants import from_wire, or_beginning, or_end, parameter
from service.store.pool import Connection
from service.store.rows import all_rows, one_row

#: This many of a probe's newest readings are loaded.
NEWEST = 30

_HOUR_US = 3_600 * SECOND_US

#: How far back readings are looked for, of those not found nearer; then back to where the attachment began.
_NEAR_US, _FAR_US = 12 * _HOUR_US, 35 * 24 * _HOUR_US

#: How far back a probe that stands still is followed, and uploads are counted.
_STILL_US, _UPLOADS_US = 49 * _HOUR_US, 72 * _HOUR_US

#: Ingest says every few seconds that it works: one that has not for this long does not hear.
_COUNTS_US = 60 * SECOND_US

#: A logger's clock may be this far ahead: what is farther ahead is rejected at the door.
_AHEAD_US = _HOUR_US

_RECORD = np.dtype(
    [
        ("measured_at", ">i8"),
        ("received_at", ">i8"),
        ("temperature_c", ">f8"),
        ("quality", ">i2"),
        ("battery_v", ">f4"),
        ("stamped", "?"),
    ]
)
_AS_RECORD = (
    "timestamptz_send(measured_at) || timestamptz_send(received_at) || float8send(coalesce(temperature_c, 'NaN')) "
    "|| int2send(quality) || float4send(coalesce(battery_v, 'NaN')) || boolsend(coalesce(stamped_on_arrival, false))"
)

_NONE = np.empty(0, dtype=_RECORD)

#: Readings by series, ascending by their logger's clock.
_Records = dict[int, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Watching:
    """A judged probe that is attached now, and its newest readings there, ascending by its own clock.

    Attributes:
        heard: its readings for their logger's health; `seq` is not loaded.
        arrived_us: when its readings arrived; may go back farther than they.
        temperatures_c: calibrated; NaN where there is no number.
        qualities: of numbers that it cannot show IMPOSSIBLE.
        range_min_c, range_max_c: what its logger can show; None: it is not known.
    """

    logger_id: str
    probe: str
    calibration_due_us: int | None
    heard: Heard
    arrived_us: NDArray[np.int64]
    temperatures_c: NDArray[np.float64]
    qualities: NDArray[np.int16]
    range_min_c: float | None
    range_max_c: float | None


def interpret_queries(connection: Connection) -> None:
    """Until the end of this transaction queries are not compiled: for these that takes longer than to run them."""
    connection.execute("SET LOCAL jit = off")


@dataclass(frozen=True, slots=True)
class _Attached:
    series_id: int
    container_id: str
    kind: str
    logger_id: str
    probe: str
    place: str
    model: str
    range_min_c: float | None
    range_max_c: float | None
    from_at: datetime
    calibrated_from: datetime | None
    calibrated_until: datetime | None
    slope: float | None
    offset_c: float | None
    due_at: datetime | None


def watching_now(connection: Connection, now_us: int) -> dict[str, list[Watching]]:
    """By container, the judged probes attached to it now and not away, in order of their names.

    Of one in the air of a container that cycles, whose readings all show one number, comes also the reading with which
    that began, as far back as `_STILL_US`; elsewhere, and buffered, a probe may well stand still.
    """
    attached = all_rows(
        connection,
        _Attached,
        """
        SELECT attachments.series_id, container_id, kind, logger_id, probe, place, model, range_min_c, range_max_c,
               greatest(attachments.from_at, commissioned_at, back.at) AS from_at,
               calibrations.from_at AS calibrated_from, calibrations.until_at AS calibrated_until,
               slope, offset_c, due_at
        FROM attachments JOIN series ON series.id = attachments.series_id
        JOIN loggers ON loggers.id = logger_id
        JOIN containers ON containers.id = container_id
        LEFT JOIN calibrations ON calibrations.series_id = attachments.series_id
             AND calibrations.from_at <= %(now)s AND coalesce(calibrations.until_at, 'infinity') > %(now)s
        LEFT JOIN LATERAL (
            SELECT max(until_at) AS at, bool_or(until_at > %(now)s) AS away FROM absences
            WHERE attachment_id = split_part(attachments.id, '~', 1) AND from_at <= %(now)s
        ) AS back ON true
        WHERE place <> 'ambient' AND commissioned_at <= %(now)s AND attachments.from_at <= %(now)s
              AND coalesce(attachments.until_at, 'infinity') > %(now)s AND away IS NOT TRUE
        ORDER BY container_id, logger_id, probe
        """,
        {"now": parameter(now_us)},
    )
    from_us = {one.series_id: from_datetime(one.from_at) for one in attached}
    newest = _newest(connection, from_us, now_us)
    cycling = {one.series_id for one in attached if one.kind in CYCLING_KINDS and one.place == "air"}
    still = _since_still(connection, {x: newest[x] for x in cycling & newest.keys()}, from_us, now_us)
    uploads = _uploads(connection, newest, now_us)
    found: defaultdict[str, list[Watching]] = defaultdict(list)
    for one in attached:
        records = newest.get(one.series_id, _NONE)
        earlier = still.get(one.series_id, _NONE)
        arrived_us = from_wire(uploads.get(one.series_id, records)["received_at"])
        found[one.container_id].append(_watching(one, np.concatenate([earlier, records]), arrived_us))
    return dict(found)


def _watching(one: _Attached, records: NDArray[Any], arrived_us: NDArray[np.int64]) -> Watching:
    heard = Heard(
        from_wire(records["measured_at"]),
        from_wire(records["received_at"]),
        np.full(len(records), -1, dtype=np.int64),
        records["battery_v"].astype(np.float64),
        records["stamped"].astype(np.bool_),
    )
    temperatures_c = records["temperature_c"].astype(np.float64)
    shown = sensor_range(one.range_min_c, one.range_max_c, logger_id=one.logger_id, probe=one.probe, model=one.model)
    qualities = doubted(temperatures_c, records["quality"].astype(np.int16), shown)
    if one.slope is not None and one.offset_c is not None:
        valid = or_beginning(one.calibrated_from), or_end(one.calibrated_until)
        calibration = Calibration(*valid, one.slope, one.offset_c)
        temperatures_c = calibrated(heard.measured_us, temperatures_c, qualities, [calibration])
    due_us = None if one.due_at is None else from_datetime(one.due_at)
    said = arrived_us, temperatures_c, qualities
    return Watching(one.logger_id, one.probe, due_us, heard, *said, one.range_min_c, one.range_max_c)


def _newest(connection: Connection, from_us: Mapping[int, int], now_us: int) -> _Records:
    """The newest readings of series, of each from an instant on; one without any is absent."""
    ahead_us = now_us + _AHEAD_US
    wanted = f"SELECT * FROM readings WHERE {_WITHIN} ORDER BY measured_at DESC LIMIT {NEWEST}"
    found: _Records = {}
    for bound_us in (now_us - _NEAR_US, now_us - _FAR_US, min(from_us.values(), default=now_us)):
        missing = [_Wanted(x, at_us, ahead_us) for x, at_us in from_us.items() if x not in found]
        found |= _ask(connection, wanted, missing, bound_us, ahead_us)
    return found


def _since_still(connection: Connection, newest: _Records, from_us: Mapping[int, int], now_us: int) -> _Records:
    """Of series whose newest readings all show one number: the reading with which that began, if it is older."""
    still = [
        _Wanted(x, from_us[x], int(from_wire(found["measured_at"][:1])[0]), float(found["temperature_c"][0]))
        for x, found in newest.items()
        if len(found) == NEWEST
        and (found["quality"] == Quality.OK).all()
        and (found["temperature_c"] == found["temperature_c"][0]).all()
    ]
    usable = f"FROM readings WHERE {_WITHIN} AND quality <= {Quality.LO:d}"
    wanted = f"""
        SELECT * {usable} AND measured_at > coalesce((
            SELECT measured_at {usable} AND (quality, temperature_c) <> ({Quality.OK:d}, wanted.number_c)
            ORDER BY measured_at DESC LIMIT 1
        ), '-infinity') ORDER BY measured_at LIMIT 1
    """
    return _ask(connection, wanted, still, now_us - _STILL_US, now_us)


def _uploads(connection: Connection, newest: _Records, now_us: int) -> _Records:
    """When readings arrived, of series whose newest came in too few uploads to tell how often it uploads."""
    together = [
        _Wanted(x, now_us - _UPLOADS_US, now_us)
        for x, found in newest.items()
        if len(found) == NEWEST
        and usual_interval_s(from_wire(found["measured_at"]), from_wire(found["received_at"])) is None
    ]
    wanted = f"SELECT DISTINCT ON (received_at) * FROM readings WHERE {_WITHIN}"
    return _ask(connection, wanted, together, now_us - _UPLOADS_US, now_us)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Readings of a series over [from_us, until_us); of a still one its number."""

    series_id: int
    from_us: int
    until_us: int
    number_c: float | None = None


@dataclass(frozen=True, slots=True)
class _Packed:
    """Readings of a series, one after the other as `_RECORD` has them."""

    id: int
    records: bytes


#: The bounds of all are there as well as those of each series: a planner that sees them leaves out other chunks.
_WITHIN = (
    "series_id = wanted.id AND measured_at >= wanted.from_at AND measured_at < wanted.until_at "
    "AND measured_at >= %(bound)s::timestamptz AND measured_at < %(ahead)s::timestamptz"
)


def _ask(connection: Connection, readings: str, asked: Sequence[_Wanted], bound_us: int, ahead_us: int) -> _Records:
    """What a query finds of each of these series; one of which there is nothing is absent."""
    if not asked:
        return {}
    query = f"""
        SELECT wanted.id, string_agg({_AS_RECORD}, ''::bytea ORDER BY measured_at) AS records
        FROM unnest(%(series)s::integer[], %(from)s::timestamptz[], %(until)s::timestamptz[], %(number)s::float8[])
             AS wanted (id, from_at, until_at, number_c)
        CROSS JOIN LATERAL ({readings}) AS found GROUP BY wanted.id
    """
    parameters = {
        "series": [one.series_id for one in asked],
        "from": [parameter(one.from_us) for one in asked],
        "until": [parameter(one.until_us) for one in asked],
        "number": [one.number_c for one in asked],
        "bound": parameter(bound_us),
        "ahead": parameter(ahead_us),
    }
    with connection.cursor(binary=True, row_factory=class_row(_Packed)) as cursor:
        # A prepared plan may be one for any bounds, which opens every chunk.
        packed = cursor.execute(query, parameters, prepare=False).fetchall()
    return {one.id: np.frombuffer(one.records, dtype=_RECORD) for one in packed}


@dataclass(frozen=True, slots=True)
class _Ingest:
    up_since: datetime | None
    processes: int


def ingest_up_since_us(connection: Connection, now_us: int) -> int | None:
    """Since when ingest has been able to hear loggers; None: nothing is known of ingest. `now_us`: it does not now.

    Of several processes that hear now, the one that has heard for longest counts.
    """
    ingest = one_row(
        connection,
        _Ingest,
        "SELECT min(coalesce(works_since, started_at)) FILTER (WHERE NOT stopped "
        "AND coalesce(works_until, CASE WHEN trouble = '' THEN updated_at END) >= %s) AS up_since, "
        "count(*) AS processes FROM ingest_tallies",
        [parameter(now_us - _COUNTS_US)],
    )
    if ingest is None or not ingest.processes:
        return None
    return now_us if ingest.up_since is None else from_datetime(ingest.up_since)
