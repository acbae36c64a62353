"""What loggers can measure, as it becomes known: by a person, or from the logger's own file."""

from collections.abc import Collection

from service.domain.identity.actor import Actor
from service.domain.registry.attachments import AMBIENT, why_range_is_too_small
from service.domain.registry.logger_ranges import LoggerRange, completed, why_contradicted, why_unexplained
from service.domain.softening import Kind as Softening
from service.domain.verdicts.causes import Cause
from service.errors import RefusedError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.corrections import judged_in, note
from service.store.dirty import mark_containers
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.attachments import containers_of
from service.store.registry.containers import container
from service.store.registry.loggers import Logger, logger, registered_logger, set_range
from service.store.registry.profiles import profile_in_version
from service.store.row_locks import lock_logger

_AS_FILE_SAYS = "the range that the logger's own file states"


def fill_range(
    connection: Connection,
    actor: Actor,
    logger_ids: Collection[str],
    range_min_c: float | None,
    range_max_c: float | None,
    *,
    waits: bool = True,
) -> None:
    """Record the ends of a range that are not known yet, as a logger's own file has them.

    What a logger cannot show, and what its HI and LO prove, was so in earlier readings too: they are judged again.

    Args:
        waits: whether it waits for a signature, where lots were judged by its readings.
    """
    with acting(connection, actor, _AS_FILE_SAYS):
        for logger_id in sorted(logger_ids):
            lock_logger(connection, logger_id)
            known = _range_of(logger(connection, logger_id))
            _complete(connection, known, LoggerRange(logger_id, range_min_c, range_max_c), _AS_FILE_SAYS, waits=waits)


def record_range(
    connection: Connection,
    actor: Actor,
    logger_id: str,
    range_min_c: float | None,
    range_max_c: float | None,
    reason: str | None = None,
) -> None:
    """Record what a logger can measure, where it is not known.

    It decides what readings of the past prove. Where lots were judged by them, it is listed with its reason.

    Raises:
        NotFoundError: there is no such logger.
        ConflictError: something else is recorded, or the two ends would be the wrong way round.
        RefusedError: lots were judged by its readings, and nobody says why.
    """
    with acting(connection, actor, reason):
        lock_logger(connection, logger_id)
        known, given = _range_of(logger(connection, logger_id)), LoggerRange(logger_id, range_min_c, range_max_c)
        if refused := why_contradicted(known, given):
            raise refused
        _complete(connection, known, given, reason)


def refuse_small_range(connection: Connection, container_id: str, logger_id: str, place: str) -> None:
    """Refuse a probe that cannot stand for a container.

    Raises:
        RefusedError: the logger is not registered, or cannot measure what the container's profile limits.
        NotFoundError: no such container.
    """
    profile_key = container(connection, container_id).profile_key
    known = registered_logger(connection, logger_id)
    if place == AMBIENT:
        return
    profile = profile_in_version(connection, profile_key)
    if why := why_range_is_too_small(logger_id, known.range_min_c, known.range_max_c, profile):
        raise RefusedError("logger_id", why)


def _range_of(found: Logger) -> LoggerRange:
    return LoggerRange(found.id, found.range_min_c, found.range_max_c)


def _complete(
    connection: Connection, known: LoggerRange, given: LoggerRange, reason: str | None, *, waits: bool = True
) -> None:
    becomes = completed(known, given)
    if becomes == known:
        return
    measured = containers_of(connection, [known.id])
    if judged_in(connection, measured):
        if refused := why_unexplained(reason):
            raise refused
        note(connection, "logger_range", known.id, known, becomes, str(reason))
        if waits:
            what = {"was": known, "becomes": becomes}
            touched = [Touched(logger_id=known.id)]
            note_change(connection, Softening.LOGGER_RANGE, known.id, what, touched, Cause.LOGGER_RANGE)
    set_range(connection, known.id, becomes.range_min_c, becomes.range_max_c)
    mark_containers(connection, measured, Cause.LOGGER_RANGE)
