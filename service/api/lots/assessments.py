"""Assessments: what quality accepts of time that was not measured, or whose readings prove nothing."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path

from service.acts import assessments as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.future import refuse_future
from service.api.paging import Page, Paging, page
from service.api.schemas.fields import LARGEST_ID, Id
from service.api.schemas.lots import assessments as schemas
from service.store.lots.assessments import KeptAssessment, NewAssessment, assessments
from service.store.lots.lots import lot
from service.store.paging import NEWEST_FIRST
from service.store.registry.containers import container

router = APIRouter(prefix="/v1", tags=["papers"], route_class=ActRoute)

AssessmentId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@router.post("/lots/{lot_id}/assessments", status_code=201)
def assess_lot(
    lot_id: Id, asked: schemas.AssessmentIn, connection: Database, now: Now, actor: TheActor
) -> schemas.Assessment:
    """Assess a stretch of one lot's life: it counts as the seconds accepted, once another account has signed it."""
    return _assessment(acts.assess(connection, actor, _new(asked, now, lot_id=lot_id), asked.reason, now))


@router.get("/lots/{lot_id}/assessments")
def list_lot_assessments(lot_id: Id, connection: Database, asked: Paging) -> Page[schemas.Assessment]:
    """What was assessed of a lot alone, newest first."""
    lot(connection, lot_id)
    found = assessments(connection, lot_id=lot_id, part=asked.part(NEWEST_FIRST))
    return page(asked, NEWEST_FIRST, found, _assessment)


@router.post("/lots/{lot_id}/assessments/{assessment_id}/strike")
def strike_lot_assessment(
    lot_id: Id, assessment_id: AssessmentId, asked: schemas.StrikeAssessmentIn, connection: Database, actor: TheActor
) -> schemas.Assessment:
    """An assessment of a lot counts no more, at once."""
    return _assessment(acts.strike(connection, actor, assessment_id, asked.reason, lot_id=lot_id))


@router.post("/containers/{container_id}/assessments", status_code=201)
def assess_container(
    container_id: Id, asked: schemas.AssessmentIn, connection: Database, now: Now, actor: TheActor
) -> schemas.Assessment:
    """Assess a stretch for all lots that were in a container then, each as far as it was there."""
    return _assessment(acts.assess(connection, actor, _new(asked, now, container_id=container_id), asked.reason, now))


@router.get("/containers/{container_id}/assessments")
def list_container_assessments(container_id: Id, connection: Database, asked: Paging) -> Page[schemas.Assessment]:
    """What was assessed for all lots in a container, newest first."""
    container(connection, container_id)
    found = assessments(connection, container_ids=[container_id], part=asked.part(NEWEST_FIRST))
    return page(asked, NEWEST_FIRST, found, _assessment)


@router.post("/containers/{container_id}/assessments/{assessment_id}/strike")
def strike_container_assessment(
    container_id: Id,
    assessment_id: AssessmentId,
    asked: schemas.StrikeAssessmentIn,
    connection: Database,
    actor: TheActor,
) -> schemas.Assessment:
    """An assessment of a container counts no more, at once."""
    return _assessment(acts.strike(connection, actor, assessment_id, asked.reason, container_id=container_id))


def _new(
    asked: schemas.AssessmentIn, now: datetime, *, lot_id: str | None = None, container_id: str | None = None
) -> NewAssessment:
    refuse_future("until", asked.until, now)
    return NewAssessment(
        lot_id,
        container_id,
        asked.finding,
        asked.from_,
        asked.until,
        asked.accepted_s,
        asked.evidence,
        asked.document_sha256,
        asked.deviation,
    )


def _assessment(kept: KeptAssessment) -> schemas.Assessment:
    return schemas.Assessment(
        **{**asdict(kept), "from": kept.from_at, "until": kept.until_at, "signed_by": list(kept.signed_by)},
        state=kept.state,
    )
