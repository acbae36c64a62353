"""Pages for people: whole HTML documents, made on the server from the same queries as the API."""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from service.domain.forecast import forecast_text
from service.domain.instant import SECOND_US, duration_text, from_datetime
from service.domain.lifecycle import AlertState
from service.errors import NotFoundError
from service.evaluator.excursions import excursions_of
from service.evaluator.forecasts import forecast_of
from service.evaluator.judging import judge_now
from service.settings import Settings
from service.store import lots, registry, verdicts
from service.store.alerts import open_alerts
from service.store.pool import Connection, DatabaseAwayError
from service.web.details import details
from service.web.rendering import page
from service.web.views import behind_since, choices, lot_view, worst_first
from service.web.words import moment

log = structlog.get_logger()

router = APIRouter(include_in_schema=False)

#: Most lots on one page, worst first. Whoever holds a vial searches for it; the API lists all.
MOST_LOTS = 200

_SHOWN_ALERTS = (AlertState.FIRING, AlertState.ACKNOWLEDGED)


@router.get("/")
def show_lots(request: Request, q: str = "", answer: str = "") -> HTMLResponse:
    """Every lot with its answer, and what is wrong now."""
    return _answered(request, lambda *found: _lots(*found, text=q.replace("\0", "").strip(), answer=answer))


@router.get("/lots/{lot_id}")
def show_lot(request: Request, lot_id: str) -> HTMLResponse:
    """One lot: its answer, and all that the answer rests on."""
    return _answered(request, lambda *found: _lot(*found, lot_id=lot_id.replace("\0", "")))


def static_files() -> StaticFiles:
    """Styles and scripts."""
    return StaticFiles(packages=[("service.web", "static")])


def _answered(request: Request, show: Callable[[Connection, Settings, datetime], HTMLResponse]) -> HTMLResponse:
    """The page, or one that says plainly that there is no answer now."""
    now = datetime.now(UTC)
    try:
        with request.app.state.pool.connection() as connection:
            return show(connection, request.app.state.settings, now)
    except DatabaseAwayError as error:
        log.warning("database away", error=str(error).strip())
        return page("away.html", 503, as_of=moment(now))


def _lots(connection: Connection, settings: Settings, now: datetime, *, text: str, answer: str) -> HTMLResponse:
    rows = {row["id"]: row for row in lots.lots(connection, text=text or None)}
    sites = {site["id"]: site["name"] for site in registry.sites(connection)}
    judged = worst_first(judge_now(connection, list(rows), settings, now))
    judgements = [found.judgement for found in judged]
    chosen = [found for found in judged if answer in ("", found.judgement.answer)]
    return page(
        "lots.html",
        as_of=moment(now),
        behind_since=behind_since(judgements),
        alerts=[
            {**row, "since": moment(row["began_at"])}
            for row in open_alerts(connection)
            if row["state"] in _SHOWN_ALERTS
        ],
        choices=choices(judgements),
        text=text,
        answer=answer,
        lots=[lot_view(rows[found.lot.id], found.judgement, sites, now) for found in chosen[:MOST_LOTS]],
        left_out=max(0, len(chosen) - MOST_LOTS),
    )


def _lot(connection: Connection, settings: Settings, now: datetime, *, lot_id: str) -> HTMLResponse:
    try:
        row = lots.lot(connection, lot_id)
    except NotFoundError:
        return page("unknown.html", 404, as_of=moment(now), lot_id=lot_id)
    [found] = judge_now(connection, [lot_id], settings, now)
    sites = {site["id"]: site["name"] for site in registry.sites(connection)}
    foretold = forecast_of(connection, found, from_datetime(now))
    return page(
        "lot.html",
        as_of=moment(now),
        lot=lot_view(row, found.judgement, sites, now),
        forecast=None if foretold is None else forecast_text(foretold),
        profile=found.profile,
        longest_gap=duration_text(found.profile.max_gap_s * SECOND_US),
        details=details(
            found.judgement,
            excursions_of(connection, found, from_datetime(now)),
            lots.placements(connection, lot_id),
            {container["id"]: container["name"] for container in registry.containers(connection)},
            verdicts.verdicts(connection, lot_id),
            now,
        ),
    )
