"""Pages on which somebody answers alerts: the one a message links to, and for who is logged in that of one alert."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from service.acts.acknowledgements import acknowledge, pass_on
from service.auth.access import access_of
from service.auth.links import ExpiredLinkError, Link, LinkError, read
from service.domain.alerting.alert import Alert
from service.domain.alerting.lifecycle import AlertState
from service.domain.identity.actor import Actor
from service.domain.identity.permissions import PERMISSIONS
from service.domain.wall_clock import moment
from service.errors import UnbrokenError
from service.settings import Settings
from service.store.alerting.deliveries import messages
from service.store.alerting.history import alerts_of, steps_of
from service.store.paging import Part
from service.store.pool import Connection
from service.store.retry import retried
from service.web.alerting import quiet
from service.web.alerting.holders import Asked, Holder, RefusedHereError
from service.web.alerting.rescues import is_of, record_move, rescues
from service.web.alerting.rows import alert_views
from service.web.alerting.told import happenings, messages_shown
from service.web.alerting.views import AlertView, worst_first, zone_of
from service.web.answering import answered
from service.web.rendering import page
from service.web.words import moment as web_moment

router = APIRouter(include_in_schema=False)

AlertId = Annotated[int, Path(ge=1, le=2**63 - 1)]

#: A token that was cut and one that was changed look the same.
_NOT_WHOLE = (
    "This is not the whole link, or not one of this service: a mail program may have cut it or changed it. "
    "Copy all of it from the message."
)

#: Longest comment that is taken.
_MOST_COMMENT = 500

#: Newest messages about one alert that are shown.
_MOST_MESSAGES = 100


async def _asked(
    act: Annotated[str, Form()] = "",
    comment: Annotated[str, Form()] = "",
    container: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
    scope: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    silence: Annotated[str, Form()] = "",
) -> Asked:
    number = int(silence) if silence.isdecimal() and len(silence) < 18 else 0
    plain_comment, plain_reason = _plain(comment, _MOST_COMMENT), _plain(reason, _MOST_COMMENT)
    return Asked(act, plain_comment, container, to, at, scope, until, plain_reason, number)


_Form = Annotated[Asked, Depends(_asked)]

_Act = Callable[[Connection, Settings, datetime, Holder, Asked], None]
_Show = Callable[[Connection, Settings, datetime], Response]


@router.get("/a/{token}")
def show_answer(request: Request, token: str, done: str = "") -> Response:
    """The alerts a message told of, and the form to answer. It changes nothing: programs that scan mail open links."""
    return _privately(request, _linked(token, partial(_show, done=done)))


@router.post("/a/{token}")
def answer(request: Request, token: str, asked: _Form) -> Response:
    """Take the alerts over, pass them on, or record that the lots were moved; then show how things stand."""
    return _privately(request, _linked(token, partial(_do, asked=asked, back=f"/a/{token}")))


@router.get("/alerts/{alert_id}")
def show_alert(request: Request, alert_id: AlertId, done: str = "") -> Response:
    """One alert, what became of it, whom it was sent to, and the forms to answer it for who is logged in."""
    holder = _logged_in(request, alert_id)
    return _privately(request, lambda connection, settings, now: _show(connection, settings, now, holder, done=done))


@router.post("/alerts/{alert_id}")
def answer_alert(request: Request, alert_id: AlertId, asked: _Form) -> Response:
    """Take it over, pass it on, silence it, or record that the lots were moved, as who is logged in."""
    do = partial(_do, asked=asked, back=f"/alerts/{alert_id}")
    holder = _logged_in(request, alert_id)
    return _privately(request, lambda connection, settings, now: do(connection, settings, now, holder))


def _acknowledge(connection: Connection, _: Settings, now: datetime, holder: Holder, asked: Asked) -> None:
    acknowledge(connection, holder.actor, holder.alert_ids, comment=asked.comment, at=now)


def _pass_on(connection: Connection, _: Settings, now: datetime, holder: Holder, asked: Asked) -> None:
    pass_on(connection, holder.actor, holder.alert_ids, comment=asked.comment, at=now)


_ACTS: dict[str, _Act] = {
    "acknowledge": _acknowledge,
    "pass_on": _pass_on,
    "move": record_move,
    "silence": quiet.record,
    "end_silence": quiet.end,
}


def _do(
    connection: Connection, settings: Settings, now: datetime, holder: Holder, *, asked: Asked, back: str
) -> Response:
    try:
        if asked.act not in _ACTS:
            raise RefusedHereError("The form was not sent whole; press the button again.")
        retried(_ACTS[asked.act])(connection, settings, now, holder, asked)
    except UnbrokenError as error:
        return _show(connection, settings, now, holder, refused=str(error), asked=asked)
    # So that reloading the page, or going back to it, does nothing twice.
    return RedirectResponse(f"{back}?done={asked.act}", 303)


def _privately(request: Request, show: _Show) -> Response:
    """The address of the page may be the permission: nobody is told it, and nobody keeps it."""
    shown = answered(request, show)
    shown.headers["Referrer-Policy"] = "no-referrer"
    shown.headers["Cache-Control"] = "no-store"
    return shown


def _linked(token: str, show: Callable[[Connection, Settings, datetime, Holder], Response]) -> _Show:
    """`show`, for whoever holds a link; for a link that is none, the page that says so."""

    def shown(connection: Connection, settings: Settings, now: datetime) -> Response:
        try:
            link = read(settings.link_secrets, token, now.timestamp())
        except LinkError as error:
            expired = isinstance(error, ExpiredLinkError)
            why = str(error) if expired else _NOT_WHOLE
            return page("link.html", 410 if expired else 404, as_of=web_moment(now), why=why, expired=expired)
        return show(connection, settings, now, _holder_of(connection, link))

    return shown


def _holder_of(connection: Connection, link: Link) -> Holder:
    """Whoever holds a link: we know only to whom it was sent."""
    rows = worst_first(alerts_of(connection, link.alert_ids))
    expires = moment(datetime.fromtimestamp(link.expires_at_s, UTC), zone_of(rows[0]) if rows else UTC)
    return Holder(Actor(f"link:{link.who}", f"{link.who} (by link)", "signed link"), link.alert_ids, expires)


def _logged_in(request: Request, alert_id: int) -> Holder:
    access = access_of(request)
    moves_at = access.caller.sites(PERMISSIONS["move_lots"].roles or ())
    return Holder(access.caller.actor, (alert_id,), access=access, moves_at=moves_at)


def _show(
    connection: Connection,
    _: Settings,
    now: datetime,
    holder: Holder,
    *,
    refused: str = "",
    asked: Asked | None = None,
    done: str = "",
) -> HTMLResponse:
    rows = worst_first(alerts_of(connection, holder.alert_ids))
    if not rows and not holder.expires:
        return page("missing.html", 404)
    you = holder.actor.name
    views = alert_views(connection, rows, now, you)
    silences = quiet.silences_of(connection, rows, now)
    return page(
        "answer.html",
        409 if refused else 200,
        as_of=web_moment(now, zone_of(rows[0]) if rows else UTC),
        alerts=views,
        heading=_heading(views, you),
        firing=sum(row.state == AlertState.FIRING for row in rows),
        in_hand=sum(row.state == AlertState.ACKNOWLEDGED for row in rows),
        to_do=list(dict.fromkeys(view.to_do for view in views if view.to_do)),
        rescues=rescues(connection, rows, now, holder.moves_at),
        refused=refused,
        asked=asked or Asked(),
        done=_done_text(done, views, you, silenced=bool(silences)),
        recorded_as=you,
        expires=holder.expires,
        may_move=holder.may_move and all(is_of(row, holder.moves_at) for row in rows),
        silences=silences,
        **_kept_of(connection, holder, rows, now),
    )


def _kept_of(connection: Connection, holder: Holder, rows: list[Alert], now: datetime) -> dict[str, object]:
    """What only who is logged in sees of their one alert: its steps, whom it was sent to, and how to silence it."""
    if holder.access is None:
        return {"quiet": None, "steps": [], "messages": []}
    [row] = rows
    told = messages(connection, row.id, Part(most=_MOST_MESSAGES), holder.access.acts)
    return {
        "quiet": quiet.offered(row, now),
        "steps": happenings(steps_of(connection, [row.id]), zone_of(row)),
        "messages": messages_shown(told, zone_of(row)),
    }


def _heading(views: list[AlertView], you: str) -> str:
    if not views:
        return "No such alert"
    states = {view.state for view in views} - {AlertState.RESOLVED}
    if not states:
        return "It is over"
    if AlertState.FIRING in states:
        return "Who is on it?"
    if AlertState.ACKNOWLEDGED not in states:
        return "About to go off"
    has_it = {view.has_it for view in views if view.has_it}
    if has_it == {you}:
        return "You are on it"
    return f"{has_it.pop()} is on it" if len(has_it) == 1 else "Somebody is on it"


def _done_text(done: str, views: list[AlertView], you: str, *, silenced: bool) -> str:
    """What an act did, said once after it, and only while it is still so: the address may be opened later."""
    if done == "acknowledge" and any(view.has_it == you for view in views):
        return "Recorded. Nobody else is called, unless it gets worse or does not end."
    if done == "pass_on" and any(view.state == AlertState.FIRING for view in views):
        return (
            "Recorded: you cannot come. The next one on call is called now; if there is nobody further, "
            "all who were called are reminded."
        )
    if done == "silence" and silenced:
        return "Recorded. Until then people are not told of it; the page goes on saying how it is."
    if done == "end_silence" and not silenced:
        return "Recorded: the silence is over. What is still so is told now."
    return ""


def _plain(text: str, most: int) -> str:
    """Words as they were typed, in one line, without what no keyboard types."""
    kept = "".join(" " if unicodedata.category(letter) in {"Cc", "Cs"} else letter for letter in text)
    return " ".join(kept.split())[:most].strip()
