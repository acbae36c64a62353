"""The wall: a board for a screen in a corridor. It is only looked at: it fits a screen, and names no people."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.answers.containers_now import told_containers
from service.answers.listing import Told, counted_lots, told_lots
from service.auth.access import access_of
from service.domain.answers.answer import Answer
from service.domain.answers.paper_reasons import PAPER_CODES
from service.domain.identity.caller import Sites
from service.domain.instant import from_datetime
from service.domain.wall_clock import wall_hour, zone_named
from service.settings import Settings
from service.store.dirty import waiting_since
from service.store.lots.listing import Chosen
from service.store.paging import WHOLE, Part
from service.store.pool import Connection
from service.store.registry.container_list import CONDITIONS, ChosenContainers, containers_listed
from service.store.registry.sites import sites
from service.web.alerting.strip import alert_lines
from service.web.answering import answered
from service.web.container_views import CONDITION_TEXTS, container_view
from service.web.frame import frame
from service.web.lots.rows import Row, row
from service.web.lots.views import SHORT_TEXTS
from service.web.rendering import page
from service.web.words import moment

router = APIRouter(include_in_schema=False)

#: As many are read from across a corridor; of the others it is said how many they are.
_MOST_CONTAINERS = 12
_MOST_ALERTS = 3
_MOST_LOTS = 7


@dataclass(frozen=True, slots=True)
class Others:
    """Containers that have no tile: how many are in a condition."""

    condition: str
    text: str
    count: int


@router.get("/wall")
def show_wall(request: Request, site: str = "") -> Response:
    """Containers with their temperatures now, alerts, and how many lots have which answer: of one site, or of all."""
    seen_at = access_of(request).acts
    return answered(request, lambda *found: _wall(*found, site_id=site, seen_at=seen_at))


def _wall(connection: Connection, settings: Settings, now: datetime, *, site_id: str, seen_at: Sites) -> Response:
    # A screen has no cookie to keep its site in: it stands in its address.
    site = next((one for one in frame().sites if one.id == site_id), None) if site_id else frame().site
    if site_id and site is None:
        return page("missing.html", 404)
    here = None if site is None else site.id
    asked = ChosenContainers(site_id=here, seen_at=seen_at)
    shown = told_containers(connection, asked, Part(_MOST_CONTAINERS), now, settings.clock_tolerance_us)
    lots = Chosen(site_id=here, seen_at=seen_at)
    counts = counted_lots(connection, lots, settings, now)
    alerts = alert_lines(connection, seen_at, here)
    # They stand below one another: an alert takes the room of a lot.
    room = _MOST_LOTS - len(alerts[:_MOST_ALERTS])
    waiting = waiting_since(connection)
    zone = frame().zone if site is None else zone_named(site.time_zone)
    return page(
        "wall.html",
        as_of=moment(now, zone),
        clock=wall_hour(now, zone),
        zone=str(zone),
        site=site,
        several_sites=site is None and len(frame().sites) > 1,
        containers=[container_view(one, now) for one in shown],
        others=_others(connection, asked, {one.listed.id for one in shown}, now),
        alerts=alerts[:_MOST_ALERTS],
        more_alerts=len(alerts[_MOST_ALERTS:]),
        counts=[(answer.value, SHORT_TEXTS[answer], counts.answers[answer]) for answer in reversed(Answer)],
        lots=_worst(connection, lots, room, settings, now),
        behind=waiting is not None and (now - waiting).total_seconds() > settings.evaluator_behind_s,
    )


def _others(connection: Connection, asked: ChosenContainers, shown: set[str], now: datetime) -> list[Others]:
    rest = [one for one in containers_listed(connection, asked, from_datetime(now), WHOLE) if one.id not in shown]
    counts = Counter(one.condition for one in rest)
    return [Others(name, CONDITION_TEXTS[name].lower(), counts[name]) for name in CONDITIONS if counts[name]]


def _worst(connection: Connection, asked: Chosen, most: int, settings: Settings, now: datetime) -> list[Row]:
    """Lots that may not be used, or not for long."""
    at_sites = {one.id: one for one in sites(connection)}
    found = told_lots(connection, asked, Part(most), settings, now)
    rows = [row(_unnamed(told), at_sites, {}, now, several_sites=asked.site_id is None) for told in found]
    return [one for one in rows if one.answer != Answer.USABLE or one.at_risk]


def _unnamed(told: Told) -> Told:
    """With a reason that does not say who decided or recorded something: whoever walks by reads it."""
    return replace(told, reason=PAPER_CODES.get(told.reason_code, told.reason))
