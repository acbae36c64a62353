"""The downtime sheet: all lots of a site with their answers, on paper, for when nobody can ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.answers.containers_now import told_where_measured
from service.answers.listing import Told, told_lots
from service.auth.access import access_of
from service.domain.answers.answer import Answer
from service.domain.identity.caller import Sites
from service.domain.instant import from_datetime
from service.domain.wall_clock import zone_named
from service.settings import Settings
from service.store.lots.listing import Chosen
from service.store.paging import WHOLE, Part
from service.store.pool import Connection
from service.store.registry.container_list import ChosenContainers, containers_listed
from service.store.registry.sites import Site
from service.web.answering import answered
from service.web.container_views import ContainerView, container_view
from service.web.frame import frame
from service.web.lots.rows import Row, row
from service.web.rendering import page
from service.web.words import moment

router = APIRouter(include_in_schema=False)

#: On one sheet: some hundred pages of paper. Of more it is printed container by container.
MOST = 5_000


@dataclass(frozen=True, slots=True)
class Line:
    """A lot on the sheet. `good_until`: until when its answer holds, if nobody asks again."""

    lot: Row
    good_until: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """The lots of a container, the worst first."""

    name: str
    now: ContainerView | None
    lines: tuple[Line, ...]


@router.get("/downtime")
def show_downtime_sheet(request: Request, site: str = "", container: str = "") -> Response:
    """All lots of a site, or of a container, by container, to be printed."""
    seen_at = access_of(request).acts
    return answered(
        request, lambda *found: _sheet(*found, site_id=site, container_id=container.replace("\0", ""), seen_at=seen_at)
    )


def _sheet(
    connection: Connection, settings: Settings, now: datetime, *, site_id: str, container_id: str, seen_at: Sites
) -> Response:
    around = frame()
    alone = around.sites[0] if len(around.sites) == 1 else around.site
    site = next((one for one in around.sites if one.id == site_id), None) if site_id else alone
    if site is None:
        return page("missing.html", 404) if site_id else page("downtime_sites.html", as_of=moment(now, around.zone))
    zone = zone_named(site.time_zone)
    chosen = Chosen(site_id=site.id, container_id=container_id or None, seen_at=seen_at)
    told = told_lots(connection, chosen, Part(MOST + 1), settings, now)
    if len(told) > MOST:
        return page(
            "downtime_containers.html",
            as_of=moment(now, zone),
            site=site,
            most=MOST,
            containers=containers_listed(
                connection, ChosenContainers(site_id=site.id, seen_at=seen_at), from_datetime(now), WHOLE
            ),
        )
    ids = sorted({one.lot.container_id for one in told if one.lot.container_id is not None})
    there = told_where_measured(connection, ids, now, settings.clock_tolerance_us)
    return page(
        "downtime.html",
        as_of=moment(now, zone),
        site=site,
        shelves=_shelves(told, {of: container_view(one, now) for of, one in there.items()}, site, zone, now),
        lots=len(told),
        usable=sum(one.answer is Answer.USABLE for one in told),
    )


def _shelves(
    told: Sequence[Told], there: dict[str, ContainerView], site: Site, zone: tzinfo, now: datetime
) -> list[Shelf]:
    """By the names of containers, as one walks along them."""
    by_container: dict[str, list[Line]] = {}
    names: dict[str, str] = {}
    for one in told:
        key = one.lot.container_id or ""
        names[key] = one.lot.container_name or "In no container"
        shown = row(one, {site.id: site}, {}, now, several_sites=False)
        by_container.setdefault(key, []).append(Line(shown, _good_until(one, zone)))
    keys = sorted(by_container, key=lambda key: (not key, names[key], key))
    return [Shelf(names[key], there.get(key), tuple(by_container[key])) for key in keys]


def _good_until(told: Told, zone: tzinfo) -> str:
    if told.answer is Answer.DO_NOT_USE:
        return "stays so"
    if told.answer is Answer.NOT_PROVEN:
        return "–"
    until_us = told.lot.good_until_us
    return "no end foreseen" if until_us is None else moment(until_us, zone).text
