"""Absences of probes from the containers they are attached to."""

from fastapi import APIRouter

from service.acts import absences as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.future import refuse_future
from service.api.paging import Page, Paging, page
from service.api.schemas.fields import Id, RowId
from service.api.schemas.registry import mending as schemas
from service.store.paging import IN_TIME
from service.store.registry.absences import Absence, NewAbsence, absences
from service.store.registry.attachments import attachment

router = APIRouter(prefix="/v1", tags=["corrections"], route_class=ActRoute)


@router.post("/containers/{container_id}/attachments/{attachment_id}/absences", status_code=201)
def add_absence(
    container_id: Id,
    attachment_id: RowId,
    absence: schemas.AbsenceIn,
    connection: Database,
    actor: TheActor,
    now: Now,
) -> schemas.Absence:
    """Record that a probe was out of its container for a while."""
    refuse_future("until", absence.until, now)
    recorded = acts.add_absence(
        connection,
        actor,
        container_id,
        NewAbsence(
            id=absence.id,
            attachment_id=attachment_id,
            from_at=absence.from_,
            until_at=absence.until,
            reason=absence.reason,
        ),
    )
    return _absence(recorded, attachment_id)


@router.get("/containers/{container_id}/attachments/{attachment_id}/absences")
def list_absences(container_id: Id, attachment_id: RowId, connection: Database, asked: Paging) -> Page[schemas.Absence]:
    """When a probe was out of its container."""
    attachment(connection, container_id, attachment_id)
    found = absences(connection, attachment_id, asked.part(IN_TIME))
    return page(asked, IN_TIME, found, lambda row: _absence(row, attachment_id))


def _absence(row: Absence, attachment_id: str) -> schemas.Absence:
    # Of an attachment that was corrected, every version has the same absences.
    return schemas.Absence(
        id=row.id,
        attachment_id=attachment_id,
        until=row.until_at,
        reason=row.reason,
        recorded_by=row.recorded_by,
        recorded_at=row.recorded_at,
        **{"from": row.from_at},
    )
