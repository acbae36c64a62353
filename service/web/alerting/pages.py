"""Pages of alerts: the one a message links to, where somebody answers, and the list of all."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from service.acts.acknowledgements import acknowledge
from service.acts.moves import move
from service.answers.refuges import Refuge, refuges
from service.auth.access import access_of
from service.auth.links import ExpiredLinkError, Link, LinkError, read, sign
from service.domain.alerting.advice import is_danger
from service.domain.alerting.alert import Alert
from service.domain.alerting.lifecycle import AlertState
from service.domain.corrections import Word
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Sites
from service.domain.instant import from_datetime
from service.domain.wall_clock import from_wall, is_to_come, moment, zone_name
from service.errors import UnbrokenError
from service.settings import Settings
from service.store.alerting.history import alerts_not_over, alerts_of, alerts_told_of
from service.store.alerting.response_times import receiver_counts, response_times
from service.store.lots.lots import lots_now_in
from service.store.lots.moves import moves_from
from service.store.pool import Connection
from service.store.retry import retried
from service.web.alerting.rows import alert_views
from service.web.alerting.views import alert_line, seconds_text, worst_first, zone_of
from service.web.answering import answered
from service.web.rendering import page
from service.web.words import moment as utc_moment

log = structlog.get_logger()

router = APIRouter(include_in_schema=False)

#: Who answers from the page of all alerts; such links are good for as long as somebody may look at that page.
_PAGE = "the page of alerts"
_PAGE_LINK_S = 3_600

_FIGURES_OVER = timedelta(days=30)
_MOST_LINES = 200

_MINUTE = timedelta(minutes=1)

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
    """What was filled in."""

    comment: str = ""
    container: str = ""
    to: str = ""
    at: str = ""


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


_Act = Callable[[Connection, Settings, datetime, Link, _Asked], None]


@router.get("/alerts")
def show_alerts(request: Request) -> Response:
    """What is wrong now, and how the alerts of the past month were answered."""
    seen_at = access_of(request).acts
    return _privately(request, lambda connection, settings, now: _alerts(connection, settings, now, seen_at))


@router.get("/a/{token}")
def show_answer(request: Request, token: str) -> Response:
    """The alerts a message told of, and the form to answer. It changes nothing: programs that scan mail open links."""
    return _privately(request, lambda connection, settings, now: _linked(connection, settings, now, token, _show))


@router.post("/a/{token}")
def answer(
    request: Request,
    token: str,
    act: Annotated[str, Form()] = "",
    comment: Annotated[str, Form()] = "",
    container: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
) -> Response:
    """Take the alerts over, or record that the lots were moved; then show how things stand."""
    asked = _Asked(_plain(comment, _MOST_COMMENT), container, to, at)
    settings: Settings = request.app.state.settings
    acts: dict[str, _Act] = {"acknowledge": _acknowledge, "move": _move}

    def do(connection: Connection, now: datetime, link: Link) -> Response:
        try:
            if act not in acts:
                raise _RefusedError("The form was not sent whole; press the button again.")
            retried(acts[act])(connection, settings, now, link, asked)
        except UnbrokenError as error:
            return _show(connection, now, link, refused=str(error), asked=asked)
        # So that reloading the page, or going back to it, does nothing twice.
        return RedirectResponse(f"/a/{token}", 303)

    return _privately(request, lambda connection, settings, now: _linked(connection, settings, now, token, do))


def _privately(request: Request, show: Callable[[Connection, Settings, datetime], Response]) -> Response:
    """The address of the page is the permission: nobody is told it, and nobody keeps it."""
    shown = answered(request, show)
    shown.headers["Referrer-Policy"] = "no-referrer"
    shown.headers["Cache-Control"] = "no-store"
    return shown


def _linked(
    connection: Connection,
    settings: Settings,
    now: datetime,
    token: str,
    show: Callable[[Connection, datetime, Link], Response],
) -> Response:
    try:
        link = read(settings.link_secrets, token, now.timestamp())
    except LinkError as error:
        expired = isinstance(error, ExpiredLinkError)
        why = str(error) if expired else _NOT_WHOLE
        return page("link.html", 410 if expired else 404, as_of=utc_moment(now), why=why, expired=expired)
    return show(connection, now, link)


def _show(
    connection: Connection,
    now: datetime,
    link: Link,
    refused: str = "",
    asked: _Asked | None = None,
) -> HTMLResponse:
    rows = worst_first(alerts_of(connection, link.alert_ids))
    return page(
        "answer.html",
        409 if refused else 200,
        as_of=utc_moment(now),
        alerts=alert_views(connection, rows, now),
        firing=sum(row.state == AlertState.FIRING for row in rows),
        open=sum(row.is_open for row in rows),
        rescues=[
            rescue for row in _containers(rows) if (rescue := _rescue(connection, row, now)).lot_ids or rescue.done
        ],
        refused=refused,
        asked=asked or _Asked(),
        recorded_as=_actor(link).name,
        expires=moment(datetime.fromtimestamp(link.expires_at_s, UTC), zone_of(rows[0]) if rows else UTC),
    )


def _containers(rows: Sequence[Alert]) -> list[Alert]:
    """One alert for each container whose lots are in danger, the first of it."""
    return list(
        {row.container_id: row for row in reversed(rows) if row.container_id and is_danger(row.cause)}.values()
    )[::-1]


def _rescue(connection: Connection, row: Alert, now: datetime) -> _Rescue:
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
        () if over else tuple(refuges(connection, container_id, now)),
        f"{now.astimezone(zone):%Y-%m-%dT%H:%M}",
        tuple(
            f"{len(done.lot_ids)} {'lot' if len(done.lot_ids) == 1 else 'lots'} moved to {done.to_name} "
            f"on {moment(done.moved_at, zone)}, recorded by {done.recorded_by}."
            for done in moves_from(connection, container_id, since)
        ),
    )


def _acknowledge(connection: Connection, _: Settings, now: datetime, link: Link, asked: _Asked) -> None:
    acknowledge(connection, _actor(link), link.alert_ids, comment=asked.comment, at=now)


def _move(connection: Connection, settings: Settings, now: datetime, link: Link, asked: _Asked) -> None:
    """Record a move for the sake of an open alert, since it began and to where all is well: no more than that.

    There is no login, and where lots were decides whether they are usable: a link must rewrite no past, and where it
    reaches back, the move is listed with the alert as its reason.
    """
    rows = [row for row in alerts_of(connection, link.alert_ids) if row.container_id == asked.container]
    rows = [row for row in rows if is_danger(row.cause)]
    if not rows:
        raise _RefusedError("This link is not for that container; open the one in the message about it.")
    began_at = min((row.began_at for row in rows if row.is_open), default=None)
    if began_at is None:
        raise _RefusedError(f"The alert is over, and with it what this link may record. {_BY_QUALITY}")
    if asked.to not in {refuge.container_id for refuge in refuges(connection, asked.container, now)}:
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
        word = Word(_actor(link), now, settings.scan_delay_s, settings.clock_tolerance_s, reason)
        move(connection, asked.container, asked.to, at=at, word=word)
    except UnbrokenError as error:
        raise _RefusedError(f"Nothing was recorded: {error}.") from error


def _actor(link: Link) -> Actor:
    """Whoever holds a link: we know only to whom it was sent."""
    return Actor(f"link:{link.who}", f"{link.who} (by link)", "signed link")


def _plain(text: str, most: int) -> str:
    """Words as they were typed, in one line, without what no keyboard types."""
    kept = "".join(" " if unicodedata.category(letter) in {"Cc", "Cs"} else letter for letter in text)
    return " ".join(kept.split())[:most].strip()


def _alerts(connection: Connection, settings: Settings, now: datetime, seen_at: Sites) -> HTMLResponse:
    since = now - _FIGURES_OVER
    rows = alerts_told_of(connection, since, _MOST_LINES, seen_at)
    pending = [row for row in alerts_not_over(connection, seen_at) if row.state == AlertState.PENDING]
    open_rows = worst_first([row for row in (*rows, *pending) if row.is_open])
    over = sorted((row for row in rows if not row.is_open), key=lambda row: -row.id)
    weeks = _FIGURES_OVER / timedelta(weeks=1)
    times = response_times(connection, since, seen_at)
    secrets = settings.link_secrets
    expires_at_s = from_datetime(now) // 1_000_000 + _PAGE_LINK_S
    return page(
        "alerts.html",
        as_of=utc_moment(now),
        open=[
            (alert, sign(secrets, [alert.id], _PAGE, expires_at_s) if secrets and not alert.due else "")
            for alert in alert_views(connection, open_rows, now)
        ],
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
