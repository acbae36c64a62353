"""Absences of probes from their containers, as people record them."""

from service.acts.explanations import list_if_judged
from service.domain.corrections import Explained
from service.domain.registry.attachments import why_not_absent
from service.domain.verdicts.causes import Cause
from service.store.dirty import mark_containers
from service.store.pool import Connection
from service.store.registry.absences import Absence, NewAbsence, insert_absence
from service.store.registry.attachments import attachment


def add_absence(connection: Connection, container_id: str, absence: NewAbsence) -> Absence:
    """Record that a probe was out of its container for a while.

    Raises:
        NotFoundError: the container has no such attachment.
        RefusedError: it lies outside the attachment.
        ConflictError: the id is taken.
    """
    with connection.transaction():
        attached = attachment(connection, container_id, absence.attachment_id)
        if refused := why_not_absent(attached.from_at, attached.until_at, absence.from_at, absence.until_at):
            raise refused
        added = insert_absence(connection, absence)
        said = Explained(absence.reason, absence.recorded_by)
        correction_id = list_if_judged(connection, [container_id], "absence", added.id, None, added, said)
        mark_containers(connection, [container_id], Cause.ABSENCE, correction_id)
    return added
