"""Clocks of loggers that were wrong, as people record it."""

from service.acts.corrections import touched_by_mend
from service.acts.explanations import list_if_judged
from service.domain.identity.actor import Actor
from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.store.acting import acting
from service.store.changes import note_change
from service.store.dirty import mark_containers
from service.store.pool import Connection
from service.store.registry.attachments import containers_of
from service.store.registry.clock_mends import ClockMend, NewClockMend, insert_clock_mend
from service.store.registry.loggers import logger
from service.store.row_locks import lock_logger


def add_clock_mend(connection: Connection, actor: Actor, mend: NewClockMend) -> ClockMend:
    """Record that a logger's readings of a span were measured later than it says.

    What it ever measured is judged anew: its readings may have moved to another container.

    Raises:
        NotFoundError: no such logger.
        ConflictError: part of the span is mended already, or the id is taken.
    """
    with acting(connection, actor, mend.reason):
        logger(connection, mend.logger_id)
        lock_logger(connection, mend.logger_id)
        added = insert_clock_mend(connection, mend)
        measured = containers_of(connection, [mend.logger_id])
        list_if_judged(connection, measured, "clock_mend", added.id, None, added, mend.reason)
        mark_containers(connection, measured, Cause.CLOCK_MEND)
        note_change(
            connection, Kind.CLOCK_MEND, added.id, {"clock_mend": added}, [touched_by_mend(added)], Cause.CLOCK_MEND
        )
    return added
