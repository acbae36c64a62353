"""Readings that came by another way than MQTT: over HTTP, or in a logger's own file."""

from dataclasses import astuple
from datetime import timedelta

from service.domain.instant import to_datetime
from service.formats.columns import columns_of
from service.formats.dialect import Clock, is_name
from service.formats.logger_file import LoggerFile
from service.formats.logger_names import refuse_foreign
from service.formats.reading import Reading, Rejection
from service.store.pool import Connection
from service.store.registry.logger_ranges import fill_range
from service.store.retry import retried
from service.store.series.readings import SeriesIds, Stored, ensure_series, rows_of, store_readings

#: Readings that are stored in one go: some 25 MB of them on their way.
_PIECE = 1 << 16


def take(connection: Connection, readings: list[Reading], received_at_us: int, site: str | None = None) -> Stored:
    """Store readings of one or more loggers in one transaction."""
    ids: SeriesIds = {}
    topic_site = {} if site is None else {reading.logger_id: site for reading in readings}
    with connection.transaction():
        ensure_series(connection, ids, {(reading.logger_id, reading.probe) for reading in readings}, topic_site)
        return store_readings(connection, ids, rows_of(columns_of(readings, [received_at_us] * len(readings))))


@retried
def take_file(connection: Connection, file: LoggerFile, received_at_us: int, clock: Clock) -> Stored:
    """Store a logger's file, all of it or nothing, a piece at a time; what it says of its model and range fills what
    is not known.

    Raises:
        Rejection: ``time_too_early``, ``time_ahead``, ``bad_name`` or ``reserved_name``.
    """
    _refuse_unbelievable(file, received_at_us, clock)
    ids: SeriesIds = {}
    readings, pieces = file.readings, []
    with connection.transaction():
        ensure_series(connection, ids, {(readings.logger_id, probe) for probe in readings.probes}, {})
        for start in range(0, len(readings), _PIECE):
            piece = readings[start : start + _PIECE].columns(received_at_us)
            pieces.append(store_readings(connection, ids, rows_of(piece)))
        _fill_in(connection, file, [readings.logger_id])
    return Stored(*(sum(each) for each in zip(*map(astuple, pieces), strict=True)))


def _refuse_unbelievable(file: LoggerFile, received_at_us: int, clock: Clock) -> None:
    readings = file.readings
    first_us, last_us = int(readings.measured_at_us.min()), int(readings.measured_at_us.max())
    mend = "see that the zone is right and the logger's clock was set"
    if first_us < clock.earliest_us:
        earliest = to_datetime(clock.earliest_us)
        raise Rejection("time_too_early", f"the file has readings from before {earliest:%Y-%m-%d}; {mend}")
    if last_us > received_at_us + clock.ahead_us:
        ahead = timedelta(microseconds=last_us - received_at_us)
        raise Rejection("time_ahead", f"the file's last reading lies {ahead} ahead of now; {mend}")
    refuse_foreign(readings.logger_id)
    for name in [readings.logger_id, *(probe or "x" for probe in readings.probes)]:
        if not is_name(name):
            raise Rejection(
                "bad_name", f"{name[:40]!r} cannot name a logger or a probe; use 1 to 128 printable characters"
            )


def _fill_in(connection: Connection, file: LoggerFile, logger_ids: list[str]) -> None:
    connection.execute("UPDATE loggers SET model = %s WHERE model = '' AND id = ANY(%s)", [file.model, logger_ids])
    fill_range(connection, logger_ids, file.range_min_c, file.range_max_c)
