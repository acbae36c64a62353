"""The page of all alerts: what is wrong now, and how the alerts of the past month were answered."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from service.auth.access import access_of
from service.domain.alerting.lifecycle import AlertState
from service.domain.identity.caller import Sites
from service.domain.identity.permissions import PERMISSIONS
from service.settings import Settings
from service.store.alerting.history import alerts_not_over, alerts_told_of, count_going_off
from service.store.alerting.response_times import receiver_counts, response_times
from service.store.pool import Connection
from service.web.alerting.rows import alert_views
from service.web.alerting.views import alert_line, seconds_text, worst_first
from service.web.answering import answered
from service.web.frame import frame
from service.web.rendering import page
from service.web.words import moment

router = APIRouter(include_in_schema=False)

_FIGURES_OVER = timedelta(days=30)
_MOST_LINES = 200


@router.get("/alerts")
def show_alerts(request: Request) -> Response:
    """What is wrong now, and how the alerts of the past month were answered."""
    access = access_of(request)
    may_answer = access.caller.sites(PERMISSIONS["answer_alert"].roles or ()) != frozenset()
    return answered(request, lambda *found: _alerts(*found, seen_at=access.acts, may_answer=may_answer))


def _alerts(connection: Connection, _: Settings, now: datetime, *, seen_at: Sites, may_answer: bool) -> HTMLResponse:
    since = now - _FIGURES_OVER
    around = frame()
    if around.site is not None:
        seen_at = frozenset({around.site.id})
    going_off = count_going_off(connection, seen_at)
    rows = alerts_told_of(connection, since, _MOST_LINES, seen_at)
    pending = [row for row in alerts_not_over(connection, seen_at) if row.state == AlertState.PENDING]
    open_rows = worst_first([row for row in (*rows, *pending) if row.is_open])
    over = sorted((row for row in rows if not row.is_open), key=lambda row: -row.id)
    weeks = _FIGURES_OVER / timedelta(weeks=1)
    times = response_times(connection, since, seen_at)
    return page(
        "alerts.html",
        as_of=moment(now, around.zone),
        elsewhere=max(0, around.going_off - going_off),
        open=list(zip((row.id for row in open_rows), alert_views(connection, open_rows, now), strict=True)),
        may_answer=may_answer,
        over=[alert_line(row) for row in over],
        most=_MOST_LINES,
        figures=[
            (what, one.count, seconds_text(one.median_s), seconds_text(one.longest_s))
            for what, one in (
                ("first message", times.notify),
                ("first answer", times.acknowledge),
                ("end", times.resolve),
            )
        ],
        count=times.alerts,
        receivers=[
            (one.receiver, f"{one.alerts / weeks:.1f}", f"{one.messages / weeks:.1f}", one.failed)
            for one in receiver_counts(connection, since, seen_at)
        ],
    )
