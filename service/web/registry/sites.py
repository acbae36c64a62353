"""The pages of sites: what is at each, and how it is there now."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.answers.containers_now import told_containers
from service.auth.access import Access, access_of, may
from service.domain.softening import RULES_OF_SITES, Rule
from service.domain.wall_clock import zone_named
from service.settings import Settings
from service.store.paging import BY_ID, Part
from service.store.pool import Connection
from service.store.registry.container_list import ChosenContainers
from service.store.registry.organisations import organisations
from service.store.registry.sites import site, site_counts, sites
from service.store.site_rules import is_in_force
from service.web.answering import answered
from service.web.container_views import container_view
from service.web.frame import frame
from service.web.rendering import page
from service.web.turning import leaf
from service.web.words import moment

router = APIRouter(include_in_schema=False)

A_PAGE = 100

#: As many containers are shown of a site, the worst.
_MOST = 20

_ADDED = {"organisation": "The organisation is registered. Each site says whose it is."}

_DONE = {"registered": "The site is registered. Next: a product, and a container."}


@router.get("/sites")
def show_sites(request: Request, after: str = "", before: str = "", done: str = "") -> Response:
    """Sites, each with what is there."""
    access = access_of(request)
    return answered(request, lambda *found: _sites(*found, turned=(after, before), access=access, done=done))


@router.get("/sites/{site_id}")
def show_site(request: Request, site_id: str, done: str = "") -> Response:
    """One site: its containers, the worst first, and what it has decided about signatures."""
    access = access_of(request)
    return answered(request, lambda *found: _site(*found, site_id=site_id.replace("\0", ""), access=access, done=done))


def _sites(
    connection: Connection, _: Settings, now: datetime, *, turned: tuple[str, str], access: Access, done: str
) -> Response:
    found = leaf(lambda part: sites(connection, part, access.acts, retired=False), BY_ID, A_PAGE, *turned)
    counts = site_counts(connection, access.acts)
    return page(
        "sites.html",
        as_of=moment(now, frame().zone),
        sites=[(one, counts[one.id], moment(now, zone_named(one.time_zone)).text) for one in found.rows],
        before=found.before,
        after=found.after,
        first=found.is_first,
        done=_ADDED.get(done, ""),
        organisations={one.id: one.name for one in organisations(connection, seen_at=access.acts)},
        may_add=may(access.caller, "show_new_site"),
    )


def _site(
    connection: Connection, settings: Settings, now: datetime, *, site_id: str, access: Access, done: str
) -> Response:
    one = site(connection, site_id)
    zone = zone_named(one.time_zone)
    chosen = ChosenContainers(site_id, seen_at=access.acts)
    found = told_containers(connection, chosen, Part(_MOST + 1), now, settings.clock_tolerance_us)
    return page(
        "site.html",
        as_of=moment(now, zone),
        done=_DONE.get(done, ""),
        site=one,
        counts=site_counts(connection, access.acts)[site_id],
        containers=[container_view(each, now) for each in found[:_MOST]],
        more=len(found) > _MOST,
        rules=[RULES_OF_SITES[rule] for rule in Rule if is_in_force(connection, site_id, rule)],
        chosen=frame().site is not None and frame().site == one,
        may_add=may(access.caller, "show_new_container"),
    )
