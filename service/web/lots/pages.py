"""Pages for people: whole HTML documents, made on the server from the same queries as the API."""

from dataclasses import replace
from datetime import datetime

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

from service.answers.documents import MOST_ORIGINS
from service.answers.excursions import excursions_of
from service.answers.forecasts import forecast_of
from service.answers.judging import judge_now
from service.auth.access import access_of
from service.domain.alerting.lifecycle import AlertState
from service.domain.identity.caller import Sites
from service.domain.instant import SECOND_US, duration_text, from_datetime
from service.domain.series.forecast import forecast_text
from service.errors import NotFoundError
from service.settings import Settings
from service.store.alerting.history import alerts_not_over
from service.store.changes import Chosen, changes
from service.store.dirty import waiting_since
from service.store.lots.answer_history import answers
from service.store.lots.lots import Lot, lot
from service.store.lots.placements import placements
from service.store.lots.verdicts import verdicts
from service.store.paging import Part
from service.store.pool import Connection
from service.store.registry.containers import containers_by_id
from service.store.registry.sites import sites
from service.web.alerting.rows import alert_views
from service.web.alerting.views import AlertView, what_is_said
from service.web.alerting.views import worst_first as worst_alerts_first
from service.web.answering import answered
from service.web.lots.details import details
from service.web.lots.papers import answer_lines, paper_lines, waiting_lines
from service.web.lots.shelf import Asked, shelf
from service.web.lots.views import ANSWER_TEXTS, CHOICES, listed_view, lot_view
from service.web.rendering import page
from service.web.words import moment

log = structlog.get_logger()

router = APIRouter(include_in_schema=False)

#: As much that waits for a signature is shown of one lot, the newest; the page of what is to be signed has all.
_MOST_WAITING = 20

_SHOWN_ALERTS = (AlertState.FIRING, AlertState.ACKNOWLEDGED)


@router.get("/")
def show_lots(request: Request, q: str = "", answer: str = "", after: str = "", before: str = "") -> Response:
    """Lots with their answers, a page at a time, and what is wrong now."""
    seen_at = access_of(request).acts
    asked = Asked(text=q.replace("\0", "").strip(), answer=answer, after=after, before=before, seen_at=seen_at)
    return answered(request, lambda *found: _lots(*found, asked=asked))


@router.get("/lots/{lot_id}")
def show_lot(request: Request, lot_id: str) -> Response:
    """One lot: its answer, and all that the answer rests on."""
    seen_at = access_of(request).acts
    return answered(request, lambda *found: _lot(*found, lot_id=lot_id.replace("\0", ""), seen_at=seen_at))


def static_files() -> StaticFiles:
    """Styles and scripts."""
    return StaticFiles(packages=[("service.web", "static")])


def unknown_lot(lot_id: str, now: datetime) -> HTMLResponse:
    """The page of a lot that is not there."""
    return page("unknown.html", 404, as_of=moment(now), lot_id=lot_id)


def _lots(connection: Connection, settings: Settings, now: datetime, *, asked: Asked) -> HTMLResponse:
    site_names = {site.id: site.name for site in sites(connection)}
    unknown_answer = "" if asked.answer in {"", *ANSWER_TEXTS} else asked.answer
    asked = replace(asked, answer="") if unknown_answer else asked
    found = shelf(connection, settings, now, asked)
    waiting = waiting_since(connection)
    behind = waiting is not None and (now - waiting).total_seconds() > settings.evaluator_behind_s
    return page(
        "lots.html",
        as_of=moment(now),
        behind_since=moment(waiting) if behind and waiting is not None else None,
        alerts=[
            {
                "state": alert.state,
                "summary": alert.summary if alert.calm_since is None else what_is_said(alert),
                "since": moment(alert.began_at),
                "calm_since": None if alert.calm_since is None else moment(alert.calm_since),
            }
            for alert in alerts_not_over(connection, asked.seen_at)
            if alert.state in _SHOWN_ALERTS
        ],
        choices=CHOICES,
        text=asked.text,
        answer=asked.answer,
        unknown_answer=unknown_answer,
        lots=[listed_view(told, site_names, now) for told in found.lots],
        before=found.before,
        after=found.after,
        first=found.is_first,
    )


def _lot(connection: Connection, settings: Settings, now: datetime, *, lot_id: str, seen_at: Sites) -> HTMLResponse:
    try:
        shown = lot(connection, lot_id)
    except NotFoundError:
        return unknown_lot(lot_id, now)
    [found] = judge_now(connection, [lot_id], settings, now)
    site_names = {site.id: site.name for site in sites(connection)}
    stays = placements(connection, lot_id)
    foretold = forecast_of(connection, found, from_datetime(now))
    return page(
        "lot.html",
        as_of=moment(now),
        lot=lot_view(shown, found.judgement, found.answered, site_names, now),
        alerts=_alerts_about(connection, shown, now, seen_at),
        forecast=None if foretold is None else forecast_text(foretold),
        brought=[one.text for one in found.resting[:MOST_ORIGINS]],
        profile=found.profile,
        longest_gap=duration_text(found.profile.max_gap_s * SECOND_US),
        papers=paper_lines(found.papers),
        waiting=waiting_lines(
            changes(connection, Chosen("unsigned", lot_id=lot_id), Part(_MOST_WAITING, None), sites=seen_at)
        ),
        answers=answer_lines(answers(connection, lot_id)),
        details=details(
            found.judgement,
            found.answered.reasons,
            excursions_of(connection, found, from_datetime(now)),
            stays,
            {
                container.id: f"{container.name}, {site_names.get(container.site_id, container.site_id)}"
                for container in containers_by_id(connection, {stay.container_id for stay in stays}).values()
            },
            verdicts(connection, lot_id),
            now,
        ),
    )


def _alerts_about(connection: Connection, about: Lot, now: datetime, seen_at: Sites) -> list[AlertView]:
    """Open alerts of a lot and of the container it is in now, told of or not yet."""
    ended = about.life_ends_at is not None and about.life_ends_at <= now
    alerts = [
        alert
        for alert in alerts_not_over(connection, seen_at)
        if (alert.container_id is None and about.id in alert.lot_ids)
        or (alert.container_id is not None and alert.container_id == about.container_id and not ended)
    ]
    return alert_views(connection, worst_alerts_first(alerts), now) if alerts else []
