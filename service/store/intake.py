"""Readings that came by another way than MQTT: over HTTP, or in a logger's own file."""

from service.formats.reading import LoggerFile, Reading
from service.store.pool import Connection
from service.store.readings import SeriesIds, Stored, ensure_series, store_readings


def take(connection: Connection, readings: list[Reading], received_at_us: int, site: str | None = None) -> Stored:
    """Store readings of one or more loggers in one transaction."""
    ids: SeriesIds = {}
    topic_site = {} if site is None else {reading.logger_id: site for reading in readings}
    ensure_series(connection, ids, {(reading.logger_id, reading.probe) for reading in readings}, topic_site)
    with connection.transaction():
        return store_readings(connection, ids, readings, [received_at_us] * len(readings))


def take_file(connection: Connection, file: LoggerFile, received_at_us: int) -> Stored:
    """Store a logger's file, all of it or nothing; what it says of its model and range fills what is not known."""
    with connection.transaction():
        stored = take(connection, file.readings, received_at_us)
        connection.execute(
            "UPDATE loggers SET model = CASE WHEN model = '' THEN %s ELSE model END, "
            "range_min_c = coalesce(range_min_c, %s), range_max_c = coalesce(range_max_c, %s) WHERE id = ANY(%s)",
            [file.model, file.range_min_c, file.range_max_c, sorted({r.logger_id for r in file.readings})],
        )
    return stored
