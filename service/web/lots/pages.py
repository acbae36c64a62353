"""Pages for people: whole HTML documents, made on the server from the same queries as the API."""

from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from service.auth.access import access_of
from service.domain.alerting.lifecycle import AlertState
from service.settings import Settings
from service.store.alerting.history import alerts_not_over
from service.store.dirty import waiting_since
from service.store.pool import Connection
from service.store.registry.sites import sites
from service.web.alerting.views import what_is_said
from service.web.answering import answered
from service.web.kiosk import first_page
from service.web.lots.one_lot import lot_page
from service.web.lots.shelf import Asked, shelf
from service.web.lots.views import ANSWER_TEXTS, CHOICES, listed_view
from service.web.rendering import page
from service.web.words import moment

router = APIRouter(include_in_schema=False)

_SHOWN_ALERTS = (AlertState.FIRING, AlertState.ACKNOWLEDGED)


@router.get("/")
def show_lots(request: Request, q: str = "", answer: str = "", after: str = "", before: str = "") -> Response:
    """Lots with their answers, a page at a time, and what is wrong now."""
    if access_of(request).caller.is_kiosk and not request.url.query:
        return answered(request, first_page)
    seen_at = access_of(request).acts
    asked = Asked(text=q.replace("\0", "").strip(), answer=answer, after=after, before=before, seen_at=seen_at)
    return answered(request, lambda *found: _lots(*found, asked=asked))


@router.get("/lots/{lot_id}")
def show_lot(request: Request, lot_id: str, done: str = "") -> Response:
    """One lot: its answer, and all that the answer rests on."""
    access = access_of(request)
    return answered(request, lambda *found: lot_page(*found, lot_id=lot_id.replace("\0", ""), access=access, done=done))


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
