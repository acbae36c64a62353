"""Pages on which people log in and out."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from service.acts.login import LoggedIn, LoginRefusedError, TooLateError, give_code, log_in, log_out
from service.auth.cookies import asked_by, cookie_name, own_origins, stay_of, token_of
from service.auth.identification import FromElsewhereError, caller_of
from service.auth.identification import Request as Asked
from service.domain.identity.sessions import why_from_elsewhere
from service.errors import BusyError, NotIdentifiedError
from service.settings import Settings
from service.store.pool import Connection
from service.web.answering import answered
from service.web.identity import kept
from service.web.rendering import page

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Form()]


@router.get("/login")
def show_login(request: Request, next: str = "/") -> Response:  # noqa: A002  the name that such parameters have everywhere
    """Who are you? Whoever is logged in already is led on."""

    def show(connection: Connection, settings: Settings, now: datetime) -> Response:
        why = ""
        if token_of(request):
            try:
                caller_of(connection, _by_session(request), stay_of(settings), now)
                return RedirectResponse(kept.own_path(next), 303)
            except NotIdentifiedError as error:
                why = _sentence(error)
        return login_page(next, why=why)

    return answered(request, show)


@router.post("/login")
def begin_login(
    request: Request,
    name: Text = "",
    password: Text = "",
    next: Text = "/",  # noqa: A002  the name that such parameters have everywhere
    fields: Text = "",
) -> Response:
    """Name and password; where the account has an app for codes, its code is asked for next."""

    def begin(connection: Connection, settings: Settings, now: datetime) -> Response:
        refuse_from_elsewhere(request)
        try:
            begun = log_in(
                connection,
                name,
                password,
                request.app.state.passwords,
                stay_of(settings),
                now,
                browser=request.headers.get("user-agent", ""),
                replaces=token_of(request),
            )
        except (LoginRefusedError, BusyError) as error:
            status = 422 if isinstance(error, LoginRefusedError) else 503
            return login_page(next, status, why=_sentence(error), name=name[:100], fields=fields)
        if begun.waits_for_code:
            return _with_cookie(request, begun, now, _code_page(next, fields=fields))
        return _with_cookie(request, begun, now, _onward(next, fields))

    return answered(request, begin)


@router.post("/login/code")
def finish_login(
    request: Request,
    code: Text = "",
    next: Text = "/",  # noqa: A002  the name that such parameters have everywhere
    fields: Text = "",
) -> Response:
    """The code that the app shows, or a recovery code."""

    def finish(connection: Connection, settings: Settings, now: datetime) -> Response:
        refuse_from_elsewhere(request)
        token, stay = token_of(request), stay_of(settings)
        try:
            begun = give_code(connection, token, code, stay, now, browser=request.headers.get("user-agent", ""))
        except TooLateError as error:
            # In another tab this browser may be logged in meanwhile.
            try:
                caller_of(connection, _by_session(request), stay, now)
            except NotIdentifiedError:
                return login_page(next, 422, why=_sentence(error), fields=fields)
            return _onward(next, fields)
        except LoginRefusedError as error:
            return _code_page(next, 422, why=_sentence(error), fields=fields)
        return _with_cookie(request, begun, now, _onward(next, fields))

    return answered(request, finish)


@router.post("/logout")
def end_login(request: Request) -> Response:
    """Nobody is logged in here any more."""

    def end(connection: Connection, _settings: Settings, now: datetime) -> Response:
        refuse_from_elsewhere(request)
        log_out(connection, token_of(request), now)
        gone = RedirectResponse("/login", 303)
        gone.delete_cookie(cookie_name(request), secure=request.url.scheme == "https", httponly=True, samesite="lax")
        return gone

    return answered(request, end)


def login_page(next_path: str, status: int = 200, *, why: str = "", name: str = "", fields: str = "") -> Response:
    """The form for name and password. `fields`: of a form that was sent when the login had run out."""
    shown = {"next": kept.own_path(next_path), "fields": fields, "why": why, "name": name}
    return page("login.html", status, **shown)


async def login_asked(request: Request, error: Exception) -> Response:
    """What a browser gets where somebody has to log in: what was typed goes along."""
    address = request.url.path
    if request.method == "POST":
        asked = asked_by(request)
        if why := why_from_elsewhere(asked.method, asked.headers, asked.own_origins):
            # Nobody typed that here: it is not laid before whoever logs in as if they had.
            return login_page("/", 401, why=f"{why[:1].upper()}{why[1:]}.")
        # What was sent was read already, or is read now.
        fields = kept.written(await request.form())
        return login_page(address, 401, why=_sentence(error), fields=fields)
    if request.url.query:
        address += f"?{request.url.query}"
    return RedirectResponse(f"/login?{urlencode({'next': address})}", 303, {"Cache-Control": "no-store"})


def refuse_from_elsewhere(request: Request) -> None:
    """What a form does, it does from our own page alone.

    Raises:
        FromElsewhereError: another site's page sent this.
    """
    asked = asked_by(request)
    if why := why_from_elsewhere(asked.method, asked.headers, asked.own_origins):
        raise FromElsewhereError(why)


def _by_session(request: Request) -> Asked:
    """What tells whether a person is logged in here, be it on a kiosk."""
    return Asked(request.method, request.headers, token_of(request), own_origins(request))


def _code_page(next_path: str, status: int = 200, *, why: str = "", fields: str = "") -> Response:
    return page("code.html", status, next=kept.own_path(next_path), fields=fields, why=why)


def _onward(next_path: str, fields: str) -> Response:
    """To the page that was wanted; or to what was typed there, which somebody looks at again before it is sent."""
    path = kept.own_path(next_path)
    if found := kept.read(fields):
        return page("resume.html", next=path, fields=found)
    return RedirectResponse(path, 303)


def _with_cookie(request: Request, begun: LoggedIn, now: datetime, shown: Response) -> Response:
    shown.set_cookie(
        cookie_name(request),
        begun.token,
        max_age=int((begun.ends_at - now).total_seconds()),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return shown


def _sentence(error: Exception) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:].rstrip('.')}."
