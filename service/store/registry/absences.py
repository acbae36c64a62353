"""When a probe was not in the container it is attached to: a battery change, a calibration."""

from datetime import datetime
from typing import Any

from service.domain.verdicts.causes import Cause
from service.errors import RefusedError
from service.store.corrections import Explained, judged_in, note
from service.store.dirty import mark_containers
from service.store.new_rows import new_row
from service.store.pool import Connection
from service.store.registry.attachments import attachment


def add_absence(
    connection: Connection,
    *,
    absence_id: str,
    container_id: str,
    attachment_id: str,
    from_at: datetime,
    until_at: datetime,
    reason: str,
    recorded_by: str,
) -> None:
    """Record that a probe was out of its container for a while. Call it inside a transaction.

    Raises:
        NotFoundError: the container has no such attachment.
        RefusedError: it lies outside the attachment.
        ConflictError: the id is taken.
    """
    attached = attachment(connection, container_id, attachment_id)
    if from_at < attached["from_at"]:
        raise RefusedError("from", f"the probe was attached at {attached['from_at'].isoformat()}; begin there or later")
    if attached["until_at"] is not None and until_at > attached["until_at"]:
        raise RefusedError("until", f"the attachment ended at {attached['until_at'].isoformat()}; end there or earlier")
    with new_row("absence", absence_id):
        connection.execute(
            "INSERT INTO absences (id, attachment_id, from_at, until_at, reason, recorded_by) "
            "VALUES (%s, split_part(%s, '~', 1), %s, %s, %s, %s)",
            [absence_id, attachment_id, from_at, until_at, reason, recorded_by],
        )
    becomes = {"id": absence_id, "attachment_id": attachment_id, "from_at": from_at, "until_at": until_at}
    said = Explained(reason, recorded_by)
    correction_id = None
    if judged_in(connection, [container_id]):
        correction_id = note(connection, "absence", absence_id, None, becomes, said)
    mark_containers(connection, [container_id], Cause.ABSENCE, correction_id)


def absences(connection: Connection, container_id: str, attachment_id: str) -> list[dict[str, Any]]:
    """All absences of an attachment, in order of time.

    Raises:
        NotFoundError: the container has no such attachment.
    """
    attachment(connection, container_id, attachment_id)
    return connection.execute(
        "SELECT id, %(id)s AS attachment_id, from_at, until_at, reason, recorded_by, recorded_at FROM absences "
        "WHERE attachment_id = split_part(%(id)s, '~', 1) ORDER BY from_at, id",
        {"id": attachment_id},
    ).fetchall()
