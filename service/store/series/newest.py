"""The newest reading of each logger, as it was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain.instant import SECOND_US
from service.store.instants import parameter
from service.store.pool import Connection
from service.store.rows import all_rows

#: A logger's clock may be this far ahead.
_AHEAD_US = 3_600 * SECOND_US


@dataclass(frozen=True, slots=True)
class NewestReading:
    """The newest reading of a logger, as it was sent. `quality`: a `Quality` value; None where it sent no number."""

    logger_id: str
    probe: str
    measured_at: datetime
    received_at: datetime
    temperature_c: float | None
    quality: int
    battery_v: float | None
    stamped_on_arrival: bool


def last_readings(connection: Connection, logger_ids: Sequence[str]) -> dict[str, NewestReading]:
    """The newest reading of each logger, by id; a logger never heard is absent."""
    found = all_rows(
        connection,
        NewestReading,
        "SELECT DISTINCT ON (logger_id) logger_id, probe, measured_at, received_at, temperature_c, quality, battery_v, "
        "stamped_on_arrival IS TRUE AS stamped_on_arrival "
        "FROM series CROSS JOIN LATERAL (SELECT * FROM readings WHERE readings.series_id = series.id "
        "ORDER BY measured_at DESC LIMIT 1) AS newest WHERE logger_id = ANY(%s) ORDER BY logger_id, measured_at DESC",
        [list(logger_ids)],
    )
    return {newest.logger_id: newest for newest in found}


@dataclass(frozen=True, slots=True)
class Battery:
    """What a logger said last of its battery."""

    logger_id: str
    battery_v: float


def batteries(connection: Connection, logger_ids: Sequence[str], since_us: int, now_us: int) -> dict[str, Battery]:
    """By logger, what it said last of its battery since an instant, to the millivolt; one that said nothing is absent.

    Its newest reading tells: a logger that has a battery tells of it in each.
    """
    # A prepared plan may be one for any time, which opens every chunk.
    rows = all_rows(
        connection,
        Battery,
        "SELECT DISTINCT ON (logger_id) logger_id, round(battery_v::numeric, 3)::float8 AS battery_v "
        "FROM series CROSS JOIN LATERAL (SELECT measured_at, battery_v FROM readings "
        "WHERE readings.series_id = series.id AND measured_at >= %(since)s::timestamptz "
        "AND measured_at <= %(ahead)s::timestamptz ORDER BY measured_at DESC LIMIT 1) AS newest "
        "WHERE logger_id = ANY(%(loggers)s) AND battery_v IS NOT NULL ORDER BY logger_id, measured_at DESC",
        {"loggers": list(logger_ids), "since": parameter(since_us), "ahead": parameter(now_us + _AHEAD_US)},
        prepare=False,
    )
    return {row.logger_id: row for row in rows}
