"""The newest reading of each logger, as it was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.store.pool import Connection
from service.store.rows import all_rows


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
