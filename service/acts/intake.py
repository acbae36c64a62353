"""Readings that came by another way than MQTT: over HTTP, or in a logger's own file; and where they came from."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import BinaryIO

from service.acts.logger_ranges import fill_range
from service.domain.brought import Way
from service.domain.identity.actor import Actor
from service.domain.softening import Kind, Rule, why_file_softens
from service.domain.verdicts.causes import Cause
from service.formats.columns import columns_of
from service.formats.dialect import Clock
from service.formats.logger_file import LoggerFile, refuse_unbelievable
from service.formats.reading import Reading
from service.store.acting import acting
from service.store.changes import note_change
from service.store.dirty import mark_lots
from service.store.documents import keep_document
from service.store.pool import Connection
from service.store.reaches import lots_touched_by
from service.store.registry.loggers import fill_model, registered_at
from service.store.retry import retried
from service.store.series.origins import add_brought, add_origin, touched_by
from service.store.series.readings import SeriesIds, Stored, Taken, ensure_series, rows_of, take_readings
from service.store.site_rules import is_in_force

#: This many readings are stored in one go: some 25 MB of them on their way.
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Bringing:
    """How somebody brings readings that did not come live from a logger.

    Attributes:
        content: the bytes themselves.
        row_id: under which id it is known, for whoever signs.
        room_bytes: so many bytes are kept of all that is brought.
        waits: whether it waits for a signature (`service/domain/softening.py`).
    """

    way: Way
    content: BinaryIO
    row_id: str
    room_bytes: int
    waits: bool


_KINDS = {Way.HTTP: Kind.READINGS, Way.FILE: Kind.IMPORT, Way.REDRIVE: Kind.REDRIVE}


def take(
    connection: Connection,
    actor: Actor,
    readings: list[Reading],
    received_at_us: int,
    bringing: Bringing | None = None,
    site: str | None = None,
    reason: str | None = None,
) -> Stored:
    """Store readings of one or more loggers in one transaction.

    Args:
        bringing: how somebody brought them; None: the logger itself did, by its own key.
    """
    ids: SeriesIds = {}
    topic_site = {} if site is None else {reading.logger_id: site for reading in readings}
    with acting(connection, actor, reason):
        ensure_series(connection, ids, {(reading.logger_id, reading.probe) for reading in readings}, topic_site)
        taken = take_readings(connection, ids, rows_of(columns_of(readings, [received_at_us] * len(readings))))
        if bringing is not None:
            _note_origin(connection, bringing, [taken])
        return taken.stored


def _note_origin(connection: Connection, bringing: Bringing, taken: Sequence[Taken]) -> None:
    """Keep who brought readings, and when; what may make a lot look better waits for a signature."""
    changed = [one.changed for one in taken if len(one.changed)]
    if not changed:
        return
    sha256 = keep_document(connection, bringing.content, bringing.room_bytes).sha256
    touched = touched_by(connection, changed)
    stored = _sum(taken)
    change_id = None
    if bringing.waits:
        what = {"sha256": sha256.hex(), "new": stored.new, "known": stored.known, "conflicting": stored.conflicting}
        kind = _KINDS[bringing.way]
        change_id = note_change(connection, kind, bringing.row_id, what, touched, Cause.BROUGHT)
    add_brought(connection, add_origin(connection, bringing.way, sha256, change_id), [one.new for one in taken])
    if change_id is None:
        # Its status tells of what was brought.
        mark_lots(connection, lots_touched_by(connection, touched), Cause.BROUGHT)


def _sum(taken: Sequence[Taken]) -> Stored:
    return Stored(*(sum(each) for each in zip(*(astuple(one.stored) for one in taken), strict=True)))


@retried
def take_file(
    connection: Connection,
    actor: Actor,
    file: LoggerFile,
    content: BinaryIO,
    received_at_us: int,
    clock: Clock,
    room_bytes: int,
) -> Stored:
    """Store a logger's file, all of it or nothing, a piece at a time; what it says of its model and range fills what
    is not known. It waits for a signature, unless the site of its logger accepts such files.

    Args:
        content: its bytes; `room_bytes`: so many are kept of all that is brought.

    Raises:
        Rejection: ``time_too_early``, ``time_ahead``, ``bad_name`` or ``reserved_name``.
    """
    refuse_unbelievable(file, received_at_us, clock)
    ids: SeriesIds = {}
    readings, pieces = file.readings, list[Taken]()
    with acting(connection, actor):
        ensure_series(connection, ids, {(readings.logger_id, probe) for probe in readings.probes}, {})
        for start in range(0, len(readings), _PIECE):
            piece = readings[start : start + _PIECE].columns(received_at_us)
            pieces.append(take_readings(connection, ids, rows_of(piece)))
        fill_model(connection, readings.logger_id, file.model)
        site_id = registered_at(connection, readings.logger_id)
        waits = why_file_softens(
            registered=site_id is not None, accepted=is_in_force(connection, site_id, Rule.ACCEPTS_FILES)
        )
        fill_range(connection, actor, [readings.logger_id], file.range_min_c, file.range_max_c, waits=waits is not None)
        bringing = Bringing(Way.FILE, content, readings.logger_id, room_bytes, waits is not None)
        _note_origin(connection, bringing, pieces)
    return _sum(pieces)
