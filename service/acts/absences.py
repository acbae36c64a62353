"""Absences of probes from their containers, as people record them."""

from service.acts.explanations import list_if_judged
from service.domain.identity.actor import Actor
from service.domain.registry.attachments import why_not_absent
from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.store.acting import acting
from service.store.changes import note_change
from service.store.dirty import mark_containers
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.absences import Absence, NewAbsence, insert_absence
from service.store.registry.attachments import attachment


def add_absence(connection: Connection, actor: Actor, container_id: str, absence: NewAbsence) -> Absence:
    """Record that a probe was out of its container for a while.

    Raises:
        NotFoundError: the container has no such attachment.
        RefusedError: it lies outside the attachment.
        ConflictError: the id is taken.
    """
    with acting(connection, actor, absence.reason):
        attached = attachment(connection, container_id, absence.attachment_id)
        if refused := why_not_absent(attached.from_at, attached.until_at, absence.from_at, absence.until_at):
            raise refused
        added = insert_absence(connection, absence)
        list_if_judged(connection, [container_id], "absence", added.id, None, added, absence.reason)
        mark_containers(connection, [container_id], Cause.ABSENCE)
        touched = Touched(series_id=attached.series_id, from_at=added.from_at, until_at=added.until_at)
        note_change(connection, Kind.ABSENCE, added.id, {"absence": added}, [touched], Cause.ABSENCE)
    return added
