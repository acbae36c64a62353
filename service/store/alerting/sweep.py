"""What the sweep looks at, of all containers at once: the newest readings of what measures them, and the lots in them.

Few queries, whose number does not grow with the containers. All readings are asked for within bounds of time: without
them every chunk would be opened.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.domain.alerting.logger_rules import CYCLING_KINDS, usual_interval_s
from service.domain.instant import SECOND_US, from_datetime
from service.domain.series.health import Heard
from service.domain.series.mending import Calibration, calibrated
from service.domain.series.quality import Quality
from service.domain.series.sensor_range import doubted, sensor_range
from service.store.instants import from_wire, or_beginning, or_end, parameter
from service.store.pool import Connection

#: So many of a probe's newest readings are loaded.
NEWEST = 30

_HOUR_US = 3_600 * SECOND_US

#: How far back readings are looked for, of those not found nearer; then back to where the attachment began.
_NEAR_US, _FAR_US = 12 * _HOUR_US, 35 * 24 * _HOUR_US

#: How far back a probe that stands still is followed, and uploads are counted.
_STILL_US, _UPLOADS_US = 49 * _HOUR_US, 72 * _HOUR_US

#: Ingest says every few seconds that it works: one that has not for so long does not hear.
_COUNTS_US = 60 * SECOND_US

#: So far ahead a logger's clock may be: what is farther ahead is rejected at the door.
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
    """

    logger_id: str
    probe: str
    calibration_due_us: int | None
    heard: Heard
    arrived_us: NDArray[np.int64]
    temperatures_c: NDArray[np.float64]
    qualities: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class LotNowhere:
    """A lot that lives and is in no container; `site_id`: where it was last, if anywhere."""

    lot_id: str
    lot_number: str
    profile_id: str
    site_id: str | None
    since_us: int


def interpret_queries(connection: Connection) -> None:
    """Until the end of this transaction queries are not compiled: for these that takes longer than to run them."""
    connection.execute("SET LOCAL jit = off")


def watching_now(connection: Connection, now_us: int) -> dict[str, list[Watching]]:
    """By container, the judged probes attached to it now and not away, in order of their names.

    Of one in the air of a restless container whose readings all show one number comes also the reading with which that
    began, as far back as `_STILL_US`; elsewhere, and buffered, a probe may well stand still.
    """
    rows = connection.execute(
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
    ).fetchall()
    from_us = {row["series_id"]: from_datetime(row["from_at"]) for row in rows}
    newest = _newest(connection, from_us, now_us)
    restless = {row["series_id"] for row in rows if row["kind"] in CYCLING_KINDS and row["place"] == "air"}
    still = _since_still(connection, {x: newest[x] for x in restless & newest.keys()}, from_us, now_us)
    uploads = _uploads(connection, newest, now_us)
    found: defaultdict[str, list[Watching]] = defaultdict(list)
    for row in rows:
        records = newest.get(row["series_id"], _NONE)
        earlier = still.get(row["series_id"], _NONE)
        arrived_us = from_wire(uploads.get(row["series_id"], records)["received_at"])
        found[row["container_id"]].append(_watching(row, np.concatenate([earlier, records]), arrived_us))
    return dict(found)


def _watching(row: Mapping[str, Any], records: NDArray[Any], arrived_us: NDArray[np.int64]) -> Watching:
    heard = Heard(
        from_wire(records["measured_at"]),
        from_wire(records["received_at"]),
        np.full(len(records), -1, dtype=np.int64),
        records["battery_v"].astype(np.float64),
        records["stamped"].astype(np.bool_),
    )
    temperatures_c = records["temperature_c"].astype(np.float64)
    shown = sensor_range(
        row["range_min_c"], row["range_max_c"], logger_id=row["logger_id"], probe=row["probe"], model=row["model"]
    )
    qualities = doubted(temperatures_c, records["quality"].astype(np.int16), shown)
    if row["slope"] is not None:
        valid = or_beginning(row["calibrated_from"]), or_end(row["calibrated_until"])
        calibration = Calibration(*valid, row["slope"], row["offset_c"])
        temperatures_c = calibrated(heard.measured_us, temperatures_c, qualities, [calibration])
    due_us = None if row["due_at"] is None else from_datetime(row["due_at"])
    return Watching(row["logger_id"], row["probe"], due_us, heard, arrived_us, temperatures_c, qualities)


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


#: The bounds of all are there as well as those of each series: a planner that sees them leaves out other chunks.
_WITHIN = (
    "series_id = wanted.id AND measured_at >= wanted.from_at AND measured_at < wanted.until_at "
    "AND measured_at >= %(bound)s::timestamptz AND measured_at < %(ahead)s::timestamptz"
)


def _ask(connection: Connection, readings: str, asked: Sequence[_Wanted], bound_us: int, ahead_us: int) -> _Records:
    """What a query finds of each of these series; one of which there is nothing is absent."""
    if not asked:
        return {}
    rows = connection.execute(
        f"""
        SELECT wanted.id, string_agg({_AS_RECORD}, ''::bytea ORDER BY measured_at) AS records
        FROM unnest(%(series)s::integer[], %(from)s::timestamptz[], %(until)s::timestamptz[], %(number)s::float8[])
             AS wanted (id, from_at, until_at, number_c)
        CROSS JOIN LATERAL ({readings}) AS found GROUP BY wanted.id
        """,
        {
            "series": [one.series_id for one in asked],
            "from": [parameter(one.from_us) for one in asked],
            "until": [parameter(one.until_us) for one in asked],
            "number": [one.number_c for one in asked],
            "bound": parameter(bound_us),
            "ahead": parameter(ahead_us),
        },
        binary=True,
        # A prepared plan may be one for any bounds, which opens every chunk.
        prepare=False,
    )
    return {row["id"]: np.frombuffer(row["records"], dtype=_RECORD) for row in rows}


def hearing_since_us(connection: Connection, now_us: int) -> int | None:
    """Since when ingest has been able to hear loggers; None: nothing is known of ingest. `now_us`: it does not now.

    Of several processes that hear now, the one that has heard for longest counts.
    """
    row = connection.execute(
        "SELECT min(coalesce(works_since, started_at)) FILTER (WHERE NOT stopped "
        "AND coalesce(works_until, CASE WHEN trouble = '' THEN updated_at END) >= %s) AS hears_since, "
        "count(*) AS known FROM ingest_tallies",
        [parameter(now_us - _COUNTS_US)],
    ).fetchone()
    if row is None or not row["known"]:
        return None
    return now_us if row["hears_since"] is None else from_datetime(row["hears_since"])


def lots_now(connection: Connection, now_us: int) -> dict[str, tuple[str, ...]]:
    """By container, the ids of the lots that are in it now and whose life has not ended; one without is absent."""
    rows = connection.execute(
        "SELECT container_id, array_agg(lot_id ORDER BY lot_id) AS lot_ids FROM placements "
        "JOIN lots ON lots.id = lot_id WHERE from_at <= %(now)s AND coalesce(until_at, 'infinity') > %(now)s "
        "AND coalesce(life_ends_at, 'infinity') > %(now)s GROUP BY container_id",
        {"now": parameter(now_us)},
    )
    return {row["container_id"]: tuple(row["lot_ids"]) for row in rows}


def lots_nowhere(connection: Connection, now_us: int) -> list[LotNowhere]:
    """Lots that live and are recorded in no container now, by id, and since when that is known."""
    rows = connection.execute(
        """
        SELECT lots.id, lot_number, profile_id, last.site_id,
               greatest(life_starts_at, lots.recorded_at, last.until_at, corrected.at) AS since_at
        FROM lots
        LEFT JOIN LATERAL (
            SELECT placements.until_at, site_id FROM placements JOIN containers ON containers.id = container_id
            WHERE lot_id = lots.id AND until_at <= %(now)s ORDER BY until_at DESC LIMIT 1
        ) AS last ON true
        LEFT JOIN (
            SELECT lot_id, max(corrections.recorded_at) AS at FROM recorded_placements
            JOIN corrections ON corrections.id = superseded_by GROUP BY lot_id
        ) AS corrected ON corrected.lot_id = lots.id
        WHERE coalesce(life_starts_at, '-infinity') <= %(now)s AND coalesce(life_ends_at, 'infinity') > %(now)s
              AND NOT EXISTS (SELECT FROM placements WHERE lot_id = lots.id
                              AND from_at <= %(now)s AND coalesce(until_at, 'infinity') > %(now)s)
        ORDER BY lots.id
        """,
        {"now": parameter(now_us)},
    )
    return [
        LotNowhere(row["id"], row["lot_number"], row["profile_id"], row["site_id"], from_datetime(row["since_at"]))
        for row in rows
    ]
