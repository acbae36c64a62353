"""Probes put into containers, confirmed and taken out, as people record it: now, or for a time that has been judged."""

from collections.abc import Mapping
from datetime import datetime

from service.acts import corrections
from service.domain.verdicts.causes import Cause
from service.store.corrections import Explained, Word, explained, note
from service.store.dirty import mark_containers
from service.store.lots.lots import lots_in_during
from service.store.pool import Connection
from service.store.registry import attachments
from service.store.row_locks import lock_lots


def attach(
    connection: Connection,
    *,
    attachment_id: str,
    container_id: str,
    logger_id: str,
    probe: str,
    place: str,
    from_at: datetime,
    until_at: datetime | None,
    commissioned_at: datetime | None,
    word: Word,
) -> None:
    """Attach a probe of a registered logger to a container. Call it inside a transaction.

    Where it measures time that has been judged of a lot without it, it is listed with its reason.

    Raises:
        RefusedError: the logger is not registered, or cannot measure what the container's profile limits; or the past
            is changed and nobody says why.
        NotFoundError: no such container.
        ConflictError: the probe is attached then, or the id is taken.
    """
    # What is not confirmed, or beside the lots, counts for no verdict.
    counts = commissioned_at is not None and place != "ambient"
    begins = max(from_at, commissioned_at or from_at)
    lot_ids = _lots_there(connection, container_id, begins, until_at, word) if counts else []
    # Before anybody is asked to explain what cannot be, or what is recorded already.
    attachments.add_attachment(
        connection,
        attachment_id=attachment_id,
        container_id=container_id,
        logger_id=logger_id,
        probe=probe,
        place=place,
        from_at=from_at,
        until_at=until_at,
        commissioned_at=commissioned_at,
    )
    said = explained(connection, lot_ids, begins, word) if counts else None
    if said is not None:
        becomes = {
            "id": attachment_id,
            "container_id": container_id,
            "logger_id": logger_id,
            "probe": probe,
            "place": place,
            "from_at": from_at,
            "until_at": until_at,
            "commissioned_at": commissioned_at,
        }
        correction_id = note(connection, "attachment", attachment_id, None, becomes, said)
        mark_containers(connection, [container_id], Cause.ATTACHMENT, correction_id)


def commission(
    connection: Connection, attachment_id: str, container_id: str, commissioned_at: datetime, word: Word
) -> str:
    """Confirm that a probe has settled; returns the id of the attachment as it is then. Call it inside a transaction.

    Raises:
        NotFoundError: the container has no such attachment.
        ConflictError: it is commissioned already.
        RefusedError: the past is changed and nobody says why.
    """
    row = attachments.attachment(connection, container_id, attachment_id)
    said = None
    if row["place"] != "ambient" and row["commissioned_at"] is None:
        begins = max(row["from_at"], commissioned_at)
        said = _explained(connection, container_id, begins, row["until_at"], word)
    if said is None:
        attachments.change_attachment(connection, attachment_id, container_id, commissioned_at=commissioned_at)
        return attachment_id
    attachments.lock_unchanged(connection, attachment_id, container_id, commissioned_at=commissioned_at)
    return _corrected(connection, "commissioning", attachment_id, {"commissioned_at": commissioned_at}, said)


def end(connection: Connection, attachment_id: str, container_id: str, until_at: datetime, word: Word) -> str:
    """Record that a probe was taken out; returns the id of the attachment as it is then. Call it inside a transaction.

    Raises:
        NotFoundError: the container has no such attachment.
        ConflictError: it has ended already.
        RefusedError: the end is not after the start; or the past is changed and nobody says why.
    """
    row = attachments.attachment(connection, container_id, attachment_id)
    said = None
    if row["place"] != "ambient" and row["commissioned_at"] is not None and row["from_at"] < until_at:
        said = _explained(connection, container_id, until_at, row["until_at"], word, silences=True)
    if said is None:
        attachments.change_attachment(connection, attachment_id, container_id, until_at=until_at)
        return attachment_id
    attachments.lock_unchanged(connection, attachment_id, container_id, until_at=until_at)
    return _corrected(connection, "attachment", attachment_id, {"until_at": until_at}, said)


def _explained(
    connection: Connection,
    container_id: str,
    from_at: datetime,
    until_at: datetime | None,
    word: Word,
    *,
    silences: bool = False,
) -> Explained | None:
    """The word for what changes how a container was measured over a time, if a lot lay there."""
    lot_ids = _lots_there(connection, container_id, from_at, until_at, word)
    return explained(connection, lot_ids, from_at, word, silences=silences)


def _lots_there(
    connection: Connection, container_id: str, from_at: datetime, until_at: datetime | None, word: Word
) -> list[str]:
    """The lots that lay in a container over a time, locked."""
    lot_ids = lots_in_during(connection, container_id, from_at, max(from_at, until_at or word.now))
    lock_lots(connection, lot_ids)
    return lot_ids


def _corrected(
    connection: Connection, kind: str, attachment_id: str, change: Mapping[str, datetime], said: Explained
) -> str:
    corrections.correct(
        connection, kind=kind, row_id=attachment_id, change=change, reason=said.reason, recorded_by=said.by
    )
    return corrections.latest_version(connection, "attachments", attachment_id)
