"""Probes put into containers, confirmed and taken out, as people record it: now, or for a time that has been judged."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from service.acts.corrections import Kind as Correctable
from service.acts.corrections import put_right
from service.acts.explanations import explained
from service.acts.logger_ranges import refuse_small_range
from service.acts.retirement import refuse_retired_container, refuse_retired_logger
from service.domain.corrections import Word
from service.domain.registry.attachments import counts_from, why_not_commissioned, why_not_ended
from service.domain.softening import Kind, why_back_dated
from service.domain.verdicts.causes import Cause
from service.store.acting import acting
from service.store.changes import note_change
from service.store.corrections import note
from service.store.dirty import mark_containers
from service.store.lots.lots import lots_in_during
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.recorded import ATTACHMENTS, latest_version
from service.store.registry.attachments import (
    Attachment,
    NewAttachment,
    attachment,
    insert_attachment,
    set_commissioned,
    set_end,
)
from service.store.registry.loggers import series_of
from service.store.row_locks import lock_lots, lock_series
from service.store.rows import found


def attach(connection: Connection, new: NewAttachment, word: Word) -> Attachment:
    """Attach a probe of a registered logger to a container.

    Where it measures time that has been judged of a lot without it, it is listed with its reason.

    Raises:
        RefusedError: the logger is not registered, or cannot measure what the container's profile limits; or the past
            is changed and nobody says why.
        NotFoundError: no such container.
        ConflictError: the probe is attached then, the id is taken, or logger or container is retired.
    """
    with acting(connection, word.actor, word.reason):
        # What is not confirmed, or beside the lots, counts for no verdict.
        begins = counts_from(new.place, new.from_at, new.commissioned_at)
        lot_ids = [] if begins is None else _lots_there(connection, new.container_id, begins, new.until_at, word)
        refuse_small_range(connection, new.container_id, new.logger_id, new.place)
        series_id = series_of(connection, new.logger_id, new.probe)
        lock_series(connection, series_id)
        added = Attachment(**asdict(new), series_id=series_id)
        # Before anybody is asked to explain what cannot be, or what is recorded already.
        insert_attachment(connection, added)
        refuse_retired_container(connection, new.container_id, new.until_at)
        refuse_retired_logger(connection, new.logger_id, new.until_at)
        reason = None if begins is None else explained(connection, lot_ids, begins, word)
        if reason is not None:
            note(connection, "attachment", added.id, None, added, reason)
        mark_containers(connection, [added.container_id], Cause.ATTACHMENT)
        if begins is not None:
            _note(connection, Kind.ATTACHMENT, added, begins, word, explained=reason is not None)
    return added


def commission(
    connection: Connection, attachment_id: str, container_id: str, commissioned_at: datetime, word: Word
) -> Attachment:
    """Confirm that a probe has settled; returns the attachment as it is then.

    Raises:
        NotFoundError: the container has no such attachment.
        ConflictError: it is commissioned already.
        RefusedError: the past is changed and nobody says why.
    """
    with acting(connection, word.actor, word.reason):
        known = attachment(connection, container_id, attachment_id)
        begins = counts_from(known.place, known.from_at, commissioned_at)
        reason = None
        if begins is not None and known.commissioned_at is None:
            reason = _explained(connection, container_id, begins, known.until_at, word)
        known = _locked(connection, known)
        if refused := why_not_commissioned(attachment_id, known.commissioned_at):
            raise refused
        becomes = replace(known, commissioned_at=commissioned_at)
        if reason is not None:
            becomes = _corrected(
                connection, "commissioning", attachment_id, {"commissioned_at": commissioned_at}, reason
            )
        else:
            set_commissioned(connection, attachment_id, commissioned_at)
            mark_containers(connection, [container_id], Cause.ATTACHMENT)
        if begins is not None:
            _note(connection, Kind.COMMISSIONING, becomes, begins, word, explained=reason is not None)
    return becomes


def end(connection: Connection, attachment_id: str, container_id: str, until_at: datetime, word: Word) -> Attachment:
    """Record that a probe was taken out; returns the attachment as it is then.

    Raises:
        NotFoundError: the container has no such attachment.
        ConflictError: it has ended already.
        RefusedError: the end is not after the start; or the past is changed and nobody says why.
    """
    with acting(connection, word.actor, word.reason):
        known = attachment(connection, container_id, attachment_id)
        reason = None
        counts = counts_from(known.place, known.from_at, known.commissioned_at) is not None
        if counts and known.from_at < until_at:
            reason = _explained(connection, container_id, until_at, known.until_at, word, silences=True)
        known = _locked(connection, known)
        if refused := why_not_ended(attachment_id, known.from_at, known.until_at, until_at):
            raise refused
        becomes = replace(known, until_at=until_at)
        if reason is not None:
            becomes = _corrected(connection, "attachment", attachment_id, {"until_at": until_at}, reason)
        else:
            set_end(connection, attachment_id, until_at)
            mark_containers(connection, [container_id], Cause.ATTACHMENT)
        if counts:
            _note(connection, Kind.ATTACHMENT_END, becomes, until_at, word, explained=reason is not None)
    return becomes


def _note(
    connection: Connection, kind: Kind, attached: Attachment, from_at: datetime, word: Word, *, explained: bool
) -> None:
    """Have it wait for a signature, if it is recorded late; from now on it is as if it had been recorded in time."""
    if why_back_dated(from_at, word.now, word.scan_delay_s, explained=explained) is None:
        return
    until_at = word.now if attached.until_at is None else min(attached.until_at, word.now)
    if kind is Kind.ATTACHMENT_END:
        until_at = word.now
    touched = Touched(container_id=attached.container_id, from_at=from_at, until_at=until_at)
    note_change(connection, kind, attached.id, {"attachment": attached}, [touched], Cause.ATTACHMENT)


def _locked(connection: Connection, known: Attachment) -> Attachment:
    lock_series(connection, known.series_id)
    # Once more: whoever had the probe before may have changed it.
    return attachment(connection, known.container_id, known.id)


def _explained(
    connection: Connection,
    container_id: str,
    from_at: datetime,
    until_at: datetime | None,
    word: Word,
    *,
    silences: bool = False,
) -> str | None:
    """The reason of what changes how a container was measured over a time, if a lot lay there."""
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
    connection: Connection, kind: Correctable, attachment_id: str, change: Mapping[str, datetime], reason: str
) -> Attachment:
    put_right(connection, kind=kind, row_id=attachment_id, change=change, reason=reason)
    return found(latest_version(connection, ATTACHMENTS, attachment_id), "attachment", attachment_id)
