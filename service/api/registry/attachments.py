"""Attachments: which probe measures which container, and when."""

from dataclasses import asdict, replace

from fastapi import APIRouter

from service.acts import attachments as acts
from service.answers.judging import lost_since
from service.api.acts import ActRoute
from service.api.database import Database, Now, Recorded, TheSettings
from service.api.future import refuse_future
from service.api.paging import Page, Paging, page
from service.api.permitted import TheAccess
from service.api.schemas.fields import Id, RowId
from service.api.schemas.registry import attachments as schemas
from service.store.lots.lots import lots_in_during
from service.store.paging import IN_TIME
from service.store.registry.attachments import Attachment, NewAttachment, attachments
from service.store.registry.containers import container

router = APIRouter(prefix="/v1", tags=["registry"], route_class=ActRoute)


@router.get("/containers/{container_id}/attachments")
def list_attachments(container_id: Id, connection: Database, asked: Paging) -> Page[schemas.Attachment]:
    """Which probes measured a container, and when."""
    container(connection, container_id)
    return page(asked, IN_TIME, attachments(connection, container_id, asked.part(IN_TIME)), _attachment)


def _attachment(row: Attachment) -> schemas.Attachment:
    return schemas.Attachment(**{**asdict(row), "from": row.from_at, "until": row.until_at})


@router.post("/containers/{container_id}/attachments", status_code=201)
def add_attachment(
    container_id: Id,
    attachment: schemas.AttachmentIn,
    connection: Database,
    now: Now,
    recorded: Recorded,
    access: TheAccess,
) -> schemas.Attachment:
    """Attach a probe. It counts from its commissioning, which may be confirmed here or later.

    Where lots lay there while that time was judged, it needs a `reason`. `/v1/corrections` lists it.
    """
    refuse_future("from", attachment.from_, now)
    refuse_future("until", attachment.until, now)
    refuse_future("commissioned_at", attachment.commissioned_at, now)
    access.refuse_elsewhere(connection, "logger", attachment.logger_id, "logger_id")
    new = NewAttachment(
        id=attachment.id,
        container_id=container_id,
        logger_id=attachment.logger_id,
        probe=attachment.probe,
        place=attachment.place,
        from_at=attachment.from_,
        until_at=attachment.until,
        commissioned_at=attachment.commissioned_at,
    )
    word = replace(recorded, reason=attachment.reason)
    return _attachment(acts.attach(connection, new, word))


@router.post("/containers/{container_id}/commission")
def commission_attachment(
    container_id: Id, confirmed: schemas.CommissionIn, connection: Database, now: Now, recorded: Recorded
) -> schemas.Attachment:
    """Confirm that a probe has settled: its readings count from then on. Of a time already judged, as for attaching."""
    refuse_future("commissioned_at", confirmed.commissioned_at, now)
    word = replace(recorded, reason=confirmed.reason)
    return _attachment(
        acts.commission(connection, confirmed.attachment_id, container_id, confirmed.commissioned_at, word)
    )


@router.post("/containers/{container_id}/attachments/{attachment_id}/end")
def end_attachment(
    container_id: Id,
    attachment_id: RowId,
    end: schemas.EndAttachmentIn,
    connection: Database,
    settings: TheSettings,
    now: Now,
    recorded: Recorded,
) -> schemas.Attachment:
    """Record that a probe was taken out. Of a time already judged, as for attaching."""
    refuse_future("until", end.until, now)
    lost = lost_since(connection, lots_in_during(connection, container_id, end.until, now), settings, now)
    word = replace(recorded, reason=end.reason, lost_since=lost)
    return _attachment(acts.end(connection, attachment_id, container_id, end.until, word))
