"""Pages on which somebody answers alerts: the one a message links to, and for who is logged in that of one alert."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from service.acts.acknowledgements import acknowledge
from service.acts.moves import move
from service.answers.refuges import Refuge, refuges
from service.auth.access import access_of
from service.auth.links import ExpiredLinkError, Link, LinkError, read
from service.domain.alerting.advice import is_danger
from service.domain.alerting.alert import Alert
from service.domain.alerting.lifecycle import AlertState
from service.domain.corrections import Word
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Sites
from service.domain.identity.permissions import PERMISSIONS
from service.domain.wall_clock import from_wall, is_to_come, moment, zone_name
from service.errors import UnbrokenError
from service.settings import Settings
from service.store.alerting.history import alerts_of
from service.store.lots.lots import lots_now_in
from service.store.lots.moves import moves_from
from service.store.pool import Connection
from service.store.retry import retried
from service.web.alerting.rows import alert_views
from service.web.alerting.views import worst_first, zone_of
from service.web.answering import answered
from service.web.rendering import page
from service.web.words import moment as utc_moment

router = APIRouter(include_in_schema=False)

_MINUTE = timedelta(minutes=1)

AlertId = Annotated[int, Path(ge=1, le=2**63 - 1)]

#: What to do with a move that a link may not record.
_BY_QUALITY = "Ask quality to record the move."

#: A token that was cut and one that was changed look the same.
_NOT_WHOLE = (
    "This is not the whole link, or not one of this service: a mail program may have cut it or changed it. "
    "Copy all of it from the message."
)

#: Longest comment that is taken.
_MOST_COMMENT = 500


class _RefusedError(UnbrokenError):
    """What was asked on a page may not be done; the message is shown on it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was filled in, and which button was pressed."""

    act: str = ""
    comment: str = ""
    container: str = ""
    to: str = ""
    at: str = ""


async def _asked(
    act: Annotated[str, Form()] = "",
    comment: Annotated[str, Form()] = "",
    container: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
) -> _Asked:
    return _Asked(act, _plain(comment, _MOST_COMMENT), container, to, at)


_Form = Annotated[_Asked, Depends(_asked)]


@dataclass(frozen=True, slots=True)
class _Rescue:
    """A container whose lots can be recorded as moved, and where to.

    Attributes:
        over: its alert is, and with it what a link may record.
    """

    over: bool
    container_id: str
    name: str
    zone: str
    lot_ids: tuple[str, ...]
    refuges: tuple[Refuge, ...]
    now: str
    done: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Holder:
    """Whoever answers, and what.

    Attributes:
        expires: until when a link is good, in words; empty: it is somebody who is logged in.
        moves_at: the sites at which they may record where lots are; None: all.
    """

    actor: Actor
    alert_ids: tuple[int, ...]
    expires: str = ""
    moves_at: Sites = None

    @property
    def may_move(self) -> bool:
        """Whether they may record at all where lots are."""
        return self.moves_at != frozenset()


_Act = Callable[[Connection, Settings, datetime, _Holder, _Asked], None]
_Show = Callable[[Connection, Settings, datetime], Response]


@router.get("/a/{token}")
def show_answer(request: Request, token: str) -> Response:
    """The alerts a message told of, and the form to answer. It changes nothing: programs that scan mail open links."""
    return _privately(request, _linked(token, _show))


@router.post("/a/{token}")
def answer(request: Request, token: str, asked: _Form) -> Response:
    """Take the alerts over, or record that the lots were moved; then show how things stand."""
    return _privately(request, _linked(token, partial(_do, asked=asked, back=f"/a/{token}")))


@router.get("/alerts/{alert_id}")
def show_alert(request: Request, alert_id: AlertId) -> Response:
    """One alert, and the form to answer it for who is logged in."""
    holder = _logged_in(request, alert_id)
    return _privately(request, lambda connection, settings, now: _show(connection, settings, now, holder))


@router.post("/alerts/{alert_id}")
def answer_alert(request: Request, alert_id: AlertId, asked: _Form) -> Response:
    """Take the alert over, or record that the lots were moved, as who is logged in; then show how things stand."""
    do = partial(_do, asked=asked, back=f"/alerts/{alert_id}")
    holder = _logged_in(request, alert_id)
    return _privately(request, lambda connection, settings, now: do(connection, settings, now, holder))


def _do(
    connection: Connection, settings: Settings, now: datetime, holder: _Holder, *, asked: _Asked, back: str
) -> Response:
    acts: dict[str, _Act] = {"acknowledge": _acknowledge, "move": _move}
    try:
        if asked.act not in acts:
            raise _RefusedError("The form was not sent whole; press the button again.")
        retried(acts[asked.act])(connection, settings, now, holder, asked)
    except UnbrokenError as error:
        return _show(connection, settings, now, holder, refused=str(error), asked=asked)
    # So that reloading the page, or going back to it, does nothing twice.
    return RedirectResponse(back, 303)


def _privately(request: Request, show: _Show) -> Response:
    """The address of the page may be the permission: nobody is told it, and nobody keeps it."""
    shown = answered(request, show)
    shown.headers["Referrer-Policy"] = "no-referrer"
    shown.headers["Cache-Control"] = "no-store"
    return shown


def _linked(token: str, show: Callable[[Connection, Settings, datetime, _Holder], Response]) -> _Show:
    """`show`, for whoever holds a link; for a link that is none, the page that says so."""

    def shown(connection: Connection, settings: Settings, now: datetime) -> Response:
        try:
            link = read(settings.link_secrets, token, now.timestamp())
        except LinkError as error:
            expired = isinstance(error, ExpiredLinkError)
            why = str(error) if expired else _NOT_WHOLE
            return page("link.html", 410 if expired else 404, as_of=utc_moment(now), why=why, expired=expired)
        return show(connection, settings, now, _holder_of(connection, link))

    return shown


def _holder_of(connection: Connection, link: Link) -> _Holder:
    """Whoever holds a link: we know only to whom it was sent."""
    rows = worst_first(alerts_of(connection, link.alert_ids))
    expires = moment(datetime.fromtimestamp(link.expires_at_s, UTC), zone_of(rows[0]) if rows else UTC)
    return _Holder(Actor(f"link:{link.who}", f"{link.who} (by link)", "signed link"), link.alert_ids, expires)


def _logged_in(request: Request, alert_id: int) -> _Holder:
    caller = access_of(request).caller
    return _Holder(caller.actor, (alert_id,), moves_at=caller.sites(PERMISSIONS["move_lots"].roles or ()))


def _show(
    connection: Connection,
    _: Settings,
    now: datetime,
    holder: _Holder,
    refused: str = "",
    asked: _Asked | None = None,
) -> HTMLResponse:
    rows = worst_first(alerts_of(connection, holder.alert_ids))
    if not rows and not holder.expires:
        return page("missing.html", 404)
    return page(
        "answer.html",
        409 if refused else 200,
        as_of=utc_moment(now),
        alerts=alert_views(connection, rows, now),
        firing=sum(row.state == AlertState.FIRING for row in rows),
        open=sum(row.is_open for row in rows),
        rescues=[
            rescue
            for row in _containers(rows)
            if (rescue := _rescue(connection, row, now, holder.moves_at)).lot_ids or rescue.done
        ],
        refused=refused,
        asked=asked or _Asked(),
        recorded_as=holder.actor.name,
        expires=holder.expires,
        may_move=holder.may_move and all(_is_of(row, holder.moves_at) for row in rows),
    )


def _containers(rows: Sequence[Alert]) -> list[Alert]:
    """One alert for each container whose lots are in danger, the first of it."""
    return list(
        {row.container_id: row for row in reversed(rows) if row.container_id and is_danger(row.cause)}.values()
    )[::-1]


def _is_of(row: Alert, sites: Sites) -> bool:
    return sites is None or row.site_id in sites


def _rescue(connection: Connection, row: Alert, now: datetime, moves_at: Sites) -> _Rescue:
    container_id = row.container_id or ""
    zone = zone_of(row)
    since = row.began_at - timedelta(hours=1)
    over = not row.is_open
    return _Rescue(
        over,
        container_id,
        row.name,
        f"{row.site_name}, {zone_name(now, zone)}",
        tuple(lots_now_in(connection, container_id)),
        () if over else tuple(refuges(connection, container_id, now, seen_at=moves_at)),
        f"{now.astimezone(zone):%Y-%m-%dT%H:%M}",
        tuple(
            f"{len(done.lot_ids)} {'lot' if len(done.lot_ids) == 1 else 'lots'} moved to {done.to_name} "
            f"on {moment(done.moved_at, zone)}, recorded by {done.recorded_by}{', unconfirmed' * done.unconfirmed}."
            for done in moves_from(connection, container_id, since)
        ),
    )


def _acknowledge(connection: Connection, _: Settings, now: datetime, holder: _Holder, asked: _Asked) -> None:
    acknowledge(connection, holder.actor, holder.alert_ids, comment=asked.comment, at=now)


def _move(connection: Connection, settings: Settings, now: datetime, holder: _Holder, asked: _Asked) -> None:
    """Record a move for the sake of an open alert, since it began and to where all is well: no more than that.

    Where lots were decides whether they are usable: a link must rewrite no past, and where it reaches back, the move is
    listed with the alert as its reason.
    """
    if not holder.may_move:
        raise _RefusedError("This is recorded by whoever is custodian or quality. Ask one of them.")
    rows = [row for row in alerts_of(connection, holder.alert_ids) if row.container_id == asked.container]
    rows = [row for row in rows if is_danger(row.cause)]
    if not all(_is_of(row, holder.moves_at) for row in rows):
        raise _RefusedError("You are neither custodian nor quality where these lots are. Ask somebody who is.")
    if not rows:
        raise _RefusedError("This is not about that container; open the link in the message about it.")
    began_at = min((row.began_at for row in rows if row.is_open), default=None)
    if began_at is None:
        raise _RefusedError(f"The alert is over, and with it what may be recorded here. {_BY_QUALITY}")
    if asked.to not in {
        refuge.container_id for refuge in refuges(connection, asked.container, now, seen_at=holder.moves_at)
    }:
        raise _RefusedError(
            "Choose the container the lots were moved to: one of the same profile that is measured now, within its "
            f"limits and without an alert. To any other: {_BY_QUALITY[0].lower()}{_BY_QUALITY[1:]}"
        )
    zone = zone_of(rows[0])
    try:
        at = from_wall(asked.at, zone, now) if asked.at else now
    except (ValueError, OverflowError):
        raise _RefusedError("Give the time of the move as the clock on the wall showed it.") from None
    if is_to_come(at, now):
        raise _RefusedError("That time is still to come; record the move when it has happened.")
    if at <= began_at - _MINUTE:
        raise _RefusedError(f"That is before the alert began, {moment(began_at, zone)}. {_BY_QUALITY}")
    # Walls show whole minutes: the one in which the alert began is not before it.
    at = max(at, began_at)
    try:
        reason = f"moved because: {rows[0].summary}"
        word = Word(holder.actor, now, settings.scan_delay_s, settings.clock_tolerance_s, reason)
        move(connection, asked.container, asked.to, at=at, word=word)
    except UnbrokenError as error:
        raise _RefusedError(f"Nothing was recorded: {error}.") from error


def _plain(text: str, most: int) -> str:
    """Words as they were typed, in one line, without what no keyboard types."""
    kept = "".join(" " if unicodedata.category(letter) in {"Cc", "Cs"} else letter for letter in text)
    return " ".join(kept.split())[:most].strip()
