"""The morning check of a site: what was so since the last one, and one button that says that it was seen."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from service.acts.checks import record_check
from service.answers.checks import look
from service.auth.access import access_of
from service.domain.alerting.site_rules import DUE_BY, missing_since
from service.domain.checks.days import day_of, month_of
from service.domain.identity.permissions import PERMISSIONS
from service.domain.instant import minutes_text, rfc3339
from service.domain.wall_clock import zone_named
from service.errors import UnbrokenError
from service.settings import Settings
from service.store.checks.checks import Looked, last_looks
from service.store.pool import Connection
from service.store.registry.sites import Site, site
from service.store.retry import retried
from service.web.answering import answered
from service.web.checks.views import container_lines, odd_lines, summary
from service.web.forms import A_LINE, NO_PROBLEMS, Problems, TheForm, problems, typed
from service.web.frame import frame
from service.web.rendering import page
from service.web.words import Moment, moment

router = APIRouter(include_in_schema=False)

_FIELDS = {"comment": "comment", "as_of": "as_of"}


@dataclass(frozen=True, slots=True)
class Today:
    """Whether a site had its check today.

    Attributes:
        last: when somebody looked last; by: who. None: nobody ever did.
        missing: it is past noon, and today's has not come.
    """

    site: Site
    done: bool
    missing: bool
    last: Moment | None
    by: str


@router.get("/checks")
def show_checks(request: Request) -> Response:
    """The sites, and whose check is missing today; where there is only one, straight on to it."""

    def show(connection: Connection, _: Settings, now: datetime) -> Response:
        around = frame()
        only = around.site or (around.sites[0] if len(around.sites) == 1 else None)
        if only is not None:
            return RedirectResponse(f"/checks/{only.id}", 303)
        looked = last_looks(connection, [one.id for one in around.sites])
        today = [_today(one, looked.get(one.id), now) for one in around.sites]
        due = f"{DUE_BY:%H:%M}"
        return page("checks.html", as_of=moment(now, frame().zone), today=sorted(today, key=_turn), due=due)

    return answered(request, show)


@router.get("/checks/{site_id}")
def show_check(request: Request, site_id: str, done: str = "") -> Response:
    """One site: its containers since the last check."""
    return answered(request, lambda *found: _shown(request, *found, site_id=site_id, done=done))


@router.post("/checks/{site_id}")
def send_check(request: Request, site_id: str, form: TheForm) -> Response:
    """Record that it was seen; what is missing is told, and what was typed stays."""
    actor = access_of(request).caller.actor
    comment = typed(form, "comment", A_LINE)

    def do(connection: Connection, settings: Settings, now: datetime) -> Response:
        shown_at = _instant(typed(form, "as_of")) or now
        site(connection, site_id)
        try:
            retried(record_check)(connection, actor, site_id, comment=comment, shown_at=shown_at, now=now)
        except UnbrokenError as error:
            wrong = problems(error, _FIELDS)
            return _shown(request, connection, settings, now, site_id=site_id, comment=comment, wrong=wrong)
        return RedirectResponse(f"/checks/{site_id}?done=check", 303)

    return answered(request, do)


def _shown(
    request: Request,
    connection: Connection,
    _: Settings,
    now: datetime,
    *,
    site_id: str,
    comment: str = "",
    wrong: Problems = NO_PROBLEMS,
    done: str = "",
) -> Response:
    its = site(connection, site_id)
    zone = zone_named(its.time_zone)
    found = look(connection, site_id, now)
    caller = access_of(request).caller
    at = caller.sites(PERMISSIONS["send_check"].roles or ())
    today = _today(its, found.last, now)
    return page(
        "check.html",
        200 if wrong == NO_PROBLEMS else 409 if wrong.of_all else 422,
        as_of=moment(now, zone),
        shown_at=rfc3339(now),
        site=its,
        today=today,
        due=f"{DUE_BY:%H:%M}",
        since=moment(found.from_at, zone),
        since_text=minutes_text(int((now - found.from_at).total_seconds()) * 1_000_000),
        first=found.last is None,
        summary=summary(found.seen),
        containers=container_lines(found.seen, zone, now),
        others=odd_lines(found.seen.others, zone),
        asks=found.seen.asks,
        may_record=frame().is_kiosk or at is None or site_id in at,
        month=month_of(day_of(now, zone)).text,
        comment=comment,
        wrong=wrong.of_all or wrong["as_of"],
        comment_problem=wrong["comment"],
        done=done == "check" and today.done,
    )


def _today(one: Site, looked: Looked | None, now: datetime) -> Today:
    zone = zone_named(one.time_zone)
    if looked is None:
        return Today(one, done=False, missing=False, last=None, by="")
    done = day_of(looked.until_at, zone) == day_of(now, zone)
    missing = missing_since(looked.until_at, now, zone) is not None
    return Today(one, done, missing, moment(looked.until_at, zone), looked.recorded_by)


def _turn(today: Today) -> tuple[bool, bool, str]:
    return not today.missing, today.done, today.site.name


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
