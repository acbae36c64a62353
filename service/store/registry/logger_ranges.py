"""What loggers can measure, as it becomes known."""

from collections.abc import Collection

from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, RefusedError
from service.store.corrections import Explained, judged_in, note
from service.store.dirty import mark_containers
from service.store.pool import Connection
from service.store.registry import loggers
from service.store.registry.attachments import containers_of
from service.store.row_locks import lock_logger

_AS_FILE_SAYS = "the range that the logger's own file states", "an imported file"


def fill_range(
    connection: Connection, logger_ids: Collection[str], range_min_c: float | None, range_max_c: float | None
) -> None:
    """Record the ends of a range that are not known yet, as a logger's own file has them. Call it inside a transaction.

    What a logger cannot show, and what its HI and LO prove, was so in earlier readings too: they are judged again.
    """
    for logger_id in sorted(logger_ids):
        lock_logger(connection, logger_id)
        _fill(connection, loggers.logger(connection, logger_id), range_min_c, range_max_c, _AS_FILE_SAYS)


def record_range(
    connection: Connection,
    logger_id: str,
    range_min_c: float | None,
    range_max_c: float | None,
    *,
    reason: str | None = None,
    recorded_by: str | None = None,
) -> None:
    """Record what a logger can measure, where it is not known. Call it inside a transaction.

    It decides what readings of the past prove. Where lots were judged by them, it is listed with reason and name.

    Raises:
        NotFoundError: there is no such logger.
        ConflictError: something else is recorded, or the two ends would be the wrong way round.
        RefusedError: lots were judged by its readings, and nobody says why, or who.
    """
    lock_logger(connection, logger_id)
    known = loggers.logger(connection, logger_id)
    ends = {"range_min_c": range_min_c, "range_max_c": range_max_c}
    for name, given in ends.items():
        recorded = getattr(known, name)
        if None not in (given, recorded) and given != recorded:
            raise ConflictError(f"{name} of logger {logger_id!r} is recorded as {recorded:g}; leave it as it is")
    low, high = (getattr(known, name) if given is None else given for name, given in ends.items())
    if low is not None and high is not None and low >= high:
        raise ConflictError(f"the range of logger {logger_id!r} would be {low:g} to {high:g}; its ends are wrong")
    _fill(connection, known, range_min_c, range_max_c, (reason, recorded_by))


def _fill(
    connection: Connection,
    known: loggers.Logger,
    range_min_c: float | None,
    range_max_c: float | None,
    said: tuple[str | None, str | None],
) -> None:
    was = {"id": known.id, "range_min_c": known.range_min_c, "range_max_c": known.range_max_c}
    becomes = {
        "id": known.id,
        "range_min_c": range_min_c if was["range_min_c"] is None else was["range_min_c"],
        "range_max_c": range_max_c if was["range_max_c"] is None else was["range_max_c"],
    }
    if becomes == was:
        return
    measured = containers_of(connection, [known.id])
    correction_id = None
    if judged_in(connection, measured):
        reason, by = said
        if not reason or not by:
            raise RefusedError(
                "recorded_by" if reason else "reason",
                "lots have been judged by this logger's readings, and its range decides what they prove: say in "
                "`reason` how it is known, and in `recorded_by` who says so; it is listed",
            )
        correction_id = note(connection, "logger_range", known.id, was, becomes, Explained(reason, by))
    connection.execute(
        "UPDATE loggers SET range_min_c = %(range_min_c)s, range_max_c = %(range_max_c)s WHERE id = %(id)s", becomes
    )
    mark_containers(connection, measured, Cause.LOGGER_RANGE, correction_id)
