"""Sites: where things are."""

from fastapi import APIRouter

from service.acts import sites as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database
from service.api.paging import Page, Paging, page
from service.api.permitted import TheSites
from service.api.schemas.fields import Id
from service.api.schemas.registry import sites as schemas
from service.store.paging import BY_ID
from service.store.registry import sites

router = APIRouter(prefix="/v1", tags=["registry"], route_class=ActRoute)


@router.post("/sites", status_code=201)
def add_site(site: schemas.Site, connection: Database, actor: TheActor) -> schemas.Site:
    """Register a site."""
    acts.add_site(connection, actor, site.id, site.name, site.time_zone)
    return site


@router.get("/sites")
def list_sites(connection: Database, asked: Paging, seen_at: TheSites) -> Page[schemas.Site]:
    """Sites, by id."""
    return page(asked, BY_ID, sites.sites(connection, asked.part(BY_ID), seen_at), _site)


@router.get("/sites/{site_id}")
def get_site(site_id: Id, connection: Database) -> schemas.Site:
    """One site."""
    return _site(sites.site(connection, site_id))


def _site(row: sites.Site) -> schemas.Site:
    return schemas.Site.model_validate(row, from_attributes=True)
