"""Organisations: whose sites are, and who answers for lots."""

from typing import Annotated

from fastapi import APIRouter, Query

from service.acts import organisations as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.paging import Page, Paging, page
from service.api.permitted import TheSites
from service.api.schemas.fields import Id
from service.api.schemas.registry import organisations as schemas
from service.store.paging import BY_ID
from service.store.registry import organisations

router = APIRouter(prefix="/v1/organisations", tags=["registry"], route_class=ActRoute)


@router.post("", status_code=201)
def add_organisation(
    organisation: schemas.OrganisationIn, connection: Database, actor: TheActor
) -> schemas.Organisation:
    """Register an organisation. Which sites are its, each site says (`organisation_id`)."""
    new = organisations.Organisation(organisation.id, organisation.name, organisation.kind)
    acts.add_organisation(connection, actor, new)
    return _organisation(new)


@router.get("")
def list_organisations(
    connection: Database,
    asked: Paging,
    seen_at: TheSites,
    retired: Annotated[bool, Query(description="Those that are retired, too.")] = False,
) -> Page[schemas.Organisation]:
    """Organisations, by id. A clinic sees makers, carriers, itself, and whom it handed to or took from."""
    rows = organisations.organisations(connection, asked.part(BY_ID), seen_at, retired=retired)
    return page(asked, BY_ID, rows, _organisation)


@router.get("/{organisation_id}")
def get_organisation(organisation_id: Id, connection: Database) -> schemas.Organisation:
    """One organisation."""
    return _organisation(organisations.organisation(connection, organisation_id))


@router.patch("/{organisation_id}")
def change_organisation(
    organisation_id: Id, change: schemas.OrganisationChange, connection: Database, actor: TheActor, now: Now
) -> schemas.Organisation:
    """Change what an organisation is called or is, or retire it once it has nothing in hand, with the reason."""
    return _organisation(
        acts.change_organisation(connection, actor, organisation_id, change.given(), reason=change.reason, now=now)
    )


def _organisation(row: organisations.Organisation) -> schemas.Organisation:
    return schemas.Organisation.model_validate(row, from_attributes=True)
