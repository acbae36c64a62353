"""The first page: what is wrong now, and the board of lots, worst first, as somebody asks for it."""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse

from service.answers.containers_now import told_where_measured
from service.answers.listing import Told
from service.settings import Settings
from service.store.dirty import waiting_since
from service.store.paging import Part
from service.store.pool import Connection
from service.store.registry.containers import Container, containers, containers_by_id
from service.store.registry.sites import sites
from service.store.visible import is_seen
from service.web.alerting.strip import alert_lines
from service.web.container_views import ContainerView, container_view
from service.web.frame import frame
from service.web.kiosk import named_as_here
from service.web.lots.rows import row
from service.web.lots.shelf import Asked, shelf
from service.web.lots.views import ANSWER_TEXTS, SHORT_TEXTS
from service.web.rendering import page
from service.web.turning import Leaf
from service.web.words import moment

#: As many alerts are told above the lots; the page of alerts has all.
_MOST_ALERTS = 3

#: Among as many containers one chooses from a list; of more, by the links of the lots in them.
_MOST_CONTAINERS = 100


@dataclass(frozen=True, slots=True)
class Chip:
    """A link that shows only the lots with one answer; `answer` is empty for all."""

    answer: str
    text: str
    address: str


def board(connection: Connection, settings: Settings, now: datetime, *, asked: Asked) -> HTMLResponse:
    """Lots with their answers, a page at a time."""
    around = frame()
    site = around.site
    at_sites = {one.id: one for one in sites(connection)}
    unknown_answer = "" if asked.answer in {"", *ANSWER_TEXTS} else asked.answer
    place = _container(connection, asked)
    asked = replace(
        asked,
        answer="" if unknown_answer else asked.answer,
        container_id="" if place is None else place.id,
        site_id="" if site is None or place is not None else site.id,
    )
    found = shelf(connection, settings, now, asked)
    waiting = waiting_since(connection)
    behind = waiting is not None and (now - waiting).total_seconds() > settings.evaluator_behind_s
    zone = around.zone
    alerts = alert_lines(connection, asked.seen_at, None if site is None else site.id)
    there = _there(connection, found, now, settings.clock_tolerance_us)
    # Whoever sees one site may be shown a lot that went from there to another.
    shown_at = {one.id for one in around.sites} | {told.lot.site_id for told in found.rows if told.lot.site_id}
    several_sites = site is None and len(shown_at) > 1
    return page(
        "lots.html",
        as_of=moment(now, zone),
        behind_since=moment(waiting, zone) if behind and waiting is not None else None,
        alerts=alerts[:_MOST_ALERTS],
        more_alerts=len(alerts[_MOST_ALERTS:]),
        chips=_chips(asked),
        counts=_counts(asked),
        asked=asked,
        is_narrowed=bool(asked.text or asked.answer or asked.container_id),
        unknown_answer=unknown_answer,
        places=_places(connection, asked, place),
        place=place,
        rows=[row(told, at_sites, there, now, several_sites=several_sites) for told in map(named_as_here, found.rows)],
        shown=found,
        turn=_turn(asked, found),
        everything=everything(),
    )


def _container(connection: Connection, asked: Asked) -> Container | None:
    """The container whose lots alone are asked for; None: there is no such, or it may not be seen."""
    if not asked.container_id or not is_seen(connection, "container", asked.container_id, asked.seen_at):
        return None
    return containers_by_id(connection, [asked.container_id]).get(asked.container_id)


def _places(connection: Connection, asked: Asked, chosen: Container | None) -> list[Container]:
    """Containers among which one chooses."""
    site = frame().site
    found = containers(
        connection, None if site is None else site.id, Part(_MOST_CONTAINERS + 1), asked.seen_at, retired=False
    )
    if len(found) > _MOST_CONTAINERS:
        return [] if chosen is None else [chosen]
    missing = [] if chosen is None or chosen.id in {one.id for one in found} else [chosen]
    return sorted([*found, *missing], key=lambda one: (one.name, one.id))


def _there(connection: Connection, found: Leaf[Told], now: datetime, tolerance_us: int) -> dict[str, ContainerView]:
    """How the containers of these lots are now, by id."""
    container_ids = sorted({told.lot.container_id for told in found.rows if told.lot.container_id is not None})
    there = told_where_measured(connection, container_ids, now, tolerance_us)
    return {container_id: container_view(told, now) for container_id, told in there.items()}


def _chips(asked: Asked) -> list[Chip]:
    texts = {"": "All lots", **{answer.value: text for answer, text in SHORT_TEXTS.items()}}
    return [Chip(answer, text, address(replace(asked, answer=answer))) for answer, text in texts.items()]


def _turn(asked: Asked, found: Leaf[Told]) -> dict[str, str]:
    """Where the pages before and after this one are, and the first; empty: there is none."""
    return {
        "before": "" if found.before is None else address(asked, before=found.before),
        "after": "" if found.after is None else address(asked, after=found.after),
        "first": "" if found.is_first else address(asked),
    }


def address(asked: Asked, **cursor: str) -> str:
    """Where the page is that shows this."""
    given = {"q": asked.text, "answer": asked.answer, "container": asked.container_id, **cursor}
    kept = {name: value for name, value in given.items() if value}
    return f"/?{urlencode(kept)}" if kept else everything()


def everything() -> str:
    """Where all lots are; at "/" a kiosk has the field to scan."""
    return "/?answer=" if frame().is_kiosk else "/"


def _counts(asked: Asked) -> str:
    """Where it is told how many lots have which answer."""
    given = {"q": asked.text, "container_id": asked.container_id, "site_id": asked.site_id}
    return "/v1/lots/counts?" + urlencode({name: value for name, value in given.items() if value})
