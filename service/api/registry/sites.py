"""Sites: where things are."""

from typing import Annotated

from fastapi import APIRouter, Query

from service.acts import sites as acts
from service.acts.site_rules import set_site_rule
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.paging import Page, Paging, page
from service.api.permitted import TheSites
from service.api.schemas.fields import Id
from service.api.schemas.lots import changes
from service.api.schemas.registry import sites as schemas
from service.store.paging import BY_ID, NEWEST_FIRST
from service.store.registry import sites
from service.store.site_rules import SiteRule, site_rules

router = APIRouter(prefix="/v1", tags=["registry"], route_class=ActRoute)


@router.post("/sites", status_code=201)
def add_site(site: schemas.SiteIn, connection: Database, actor: TheActor) -> schemas.Site:
    """Register a site."""
    acts.add_site(connection, actor, site.id, site.name, site.time_zone, site.organisation_id)
    return get_site(site.id, connection)


@router.get("/sites")
def list_sites(
    connection: Database,
    asked: Paging,
    seen_at: TheSites,
    retired: Annotated[bool, Query(description="Those that are retired, too.")] = False,
) -> Page[schemas.Site]:
    """Sites, by id."""
    return page(asked, BY_ID, sites.sites(connection, asked.part(BY_ID), seen_at, retired=retired), _site)


@router.get("/sites/{site_id}")
def get_site(site_id: Id, connection: Database) -> schemas.Site:
    """One site."""
    return _site(sites.site(connection, site_id))


@router.patch("/sites/{site_id}")
def change_site(
    site_id: Id, change: schemas.SiteChange, connection: Database, actor: TheActor, now: Now
) -> schemas.Site:
    """Change what a site is called or whose it is, or retire it once all that is there is retired, with the reason."""
    return _site(acts.change_site(connection, actor, site_id, change.given(), reason=change.reason, now=now))


@router.post("/sites/{site_id}/signing-rules", status_code=201)
def set_signing_rule(site_id: Id, rule: changes.SiteRuleIn, connection: Database, actor: TheActor) -> changes.SiteRule:
    """Switch a rule about signatures on, which is in force once quality has signed it, or off, at once."""
    done = set_site_rule(connection, actor, site_id, rule.rule, is_on=rule.is_on, reason=rule.reason)
    return _rule(done)


@router.get("/sites/{site_id}/signing-rules")
def list_signing_rules(site_id: Id, connection: Database, asked: Paging) -> Page[changes.SiteRule]:
    """What a site decided about signatures, newest first."""
    sites.site(connection, site_id)
    return page(asked, NEWEST_FIRST, site_rules(connection, site_id, asked.part(NEWEST_FIRST)), _rule)


def _rule(row: SiteRule) -> changes.SiteRule:
    return changes.SiteRule.model_validate(row, from_attributes=True)


def _site(row: sites.Site) -> schemas.Site:
    return schemas.Site.model_validate(row, from_attributes=True)
