"""Readings that came by another way than MQTT: over HTTP, or in a logger's own file."""

from dataclasses import astuple

from service.acts.logger_ranges import fill_range
from service.domain.identity.actor import Actor
from service.formats.columns import columns_of
from service.formats.dialect import Clock
from service.formats.logger_file import LoggerFile, refuse_unbelievable
from service.formats.reading import Reading
from service.store.acting import acting
from service.store.pool import Connection
from service.store.registry.loggers import fill_model
from service.store.retry import retried
from service.store.series.readings import SeriesIds, Stored, ensure_series, rows_of, store_readings

#: This many readings are stored in one go: some 25 MB of them on their way.
_PIECE = 1 << 16


def take(
    connection: Connection,
    actor: Actor,
    readings: list[Reading],
    received_at_us: int,
    site: str | None = None,
    reason: str | None = None,
) -> Stored:
    """Store readings of one or more loggers in one transaction."""
    ids: SeriesIds = {}
    topic_site = {} if site is None else {reading.logger_id: site for reading in readings}
    with acting(connection, actor, reason):
        ensure_series(connection, ids, {(reading.logger_id, reading.probe) for reading in readings}, topic_site)
        return store_readings(connection, ids, rows_of(columns_of(readings, [received_at_us] * len(readings))))


@retried
def take_file(connection: Connection, actor: Actor, file: LoggerFile, received_at_us: int, clock: Clock) -> Stored:
    """Store a logger's file, all of it or nothing, a piece at a time; what it says of its model and range fills what
    is not known.

    Raises:
        Rejection: ``time_too_early``, ``time_ahead``, ``bad_name`` or ``reserved_name``.
    """
    refuse_unbelievable(file, received_at_us, clock)
    ids: SeriesIds = {}
    readings, pieces = file.readings, []
    with acting(connection, actor):
        ensure_series(connection, ids, {(readings.logger_id, probe) for probe in readings.probes}, {})
        for start in range(0, len(readings), _PIECE):
            piece = readings[start : start + _PIECE].columns(received_at_us)
            pieces.append(store_readings(connection, ids, rows_of(piece)))
        fill_model(connection, readings.logger_id, file.model)
        fill_range(connection, actor, [readings.logger_id], file.range_min_c, file.range_max_c)
    return Stored(*(sum(each) for each in zip(*map(astuple, pieces), strict=True)))
