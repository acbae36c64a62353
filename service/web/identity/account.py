"""The page on which somebody looks after their own account."""

import io
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from service.acts import own_account
from service.auth.access import access_of
from service.auth.codes import address
from service.auth.cookies import stay_of
from service.domain.identity.accounts import Account
from service.domain.identity.caller import Caller, Role, written
from service.domain.identity.lockout import FREE_TRIES
from service.errors import ConflictError, RefusedError, UnbrokenError
from service.settings import Settings
from service.store.identity import accounts, credentials, sessions
from service.store.identity.credentials import much_tried
from service.store.pool import Connection
from service.web.answering import answered
from service.web.frame import frame
from service.web.rendering import page
from service.web.words import moment

router = APIRouter(include_in_schema=False, prefix="/account")

Text = Annotated[str, Form()]

#: What is said after something was done, by the word in the address.
_DONE = {
    "password": "Your password is changed, and you are logged out in every other browser.",
    "pin": "Your PIN is set. It works on kiosks of the sites where you have a role, and nowhere else.",
    "no-pin": "You have no PIN any more.",
    "sessions": "You are logged out in every other browser.",
}

_Act = Callable[[Connection, Account, Caller, datetime], Response]


@router.get("")
def show_account(request: Request, done: str = "", app: str = "") -> Response:
    """Who you are here, what you may do, and how you log in."""
    return answered(
        request, lambda connection, settings, now: _shown(request, connection, settings, now, done=done, app=bool(app))
    )


@router.post("/password")
def set_own_password(
    request: Request, old_password: Text = "", new_password: Text = "", new_password_again: Text = ""
) -> Response:
    """Another password."""

    def change(connection: Connection, account: Account, caller: Caller, now: datetime) -> Response:
        if new_password != new_password_again:
            raise RefusedError("new_password_again", "the new password was typed in two ways: type it twice alike")
        own_account.change_password(
            connection,
            caller.actor,
            account,
            old_password,
            new_password,
            request.app.state.passwords,
            now,
            caller.session_id or 0,
        )
        return RedirectResponse("/account?done=password", 303)

    return _done(request, change)


@router.post("/pin")
def set_own_pin(
    request: Request, password: Text = "", pin: Text = "", pin_again: Text = "", act: Text = ""
) -> Response:
    """A PIN for kiosks, or none any more."""

    def change(connection: Connection, account: Account, caller: Caller, now: datetime) -> Response:
        wanted = "" if act == "forget" else pin
        if act != "forget" and (not pin or pin != pin_again):
            raise RefusedError("pin", "the PIN was typed in two ways, or not at all: type it twice alike")
        own_account.set_pin(connection, caller.actor, account, password, wanted, request.app.state.passwords, now)
        return RedirectResponse(f"/account?done={'pin' if wanted else 'no-pin'}", 303)

    return _done(request, change)


@router.post("/app")
def set_up_app(request: Request, password: Text = "", code: Text = "") -> Response:
    """From now on a code of the app is asked for; the recovery codes are shown once."""

    def confirm(connection: Connection, account: Account, caller: Caller, now: datetime) -> Response:
        codes = own_account.confirm_app(
            connection, caller.actor, account, password, code, request.app.state.passwords, now
        )
        return page("recovery_codes.html", codes=codes, log_in_again=True)

    return _done(request, confirm, app=True)


@router.post("/recovery-codes")
def set_up_recovery_codes(request: Request, code: Text = "") -> Response:
    """Ten new ones, shown once."""

    def renew(connection: Connection, account: Account, caller: Caller, now: datetime) -> Response:
        codes = own_account.renew_recovery_codes(connection, caller.actor, account, code, now)
        return page("recovery_codes.html", codes=codes, log_in_again=False)

    return _done(request, renew)


@router.post("/sessions")
def end_own_sessions(request: Request) -> Response:
    """Log out everywhere but here."""

    def end(connection: Connection, account: Account, caller: Caller, now: datetime) -> Response:
        own_account.end_other_sessions(connection, account, caller.session_id or 0, now)
        return RedirectResponse("/account?done=sessions", 303)

    return _done(request, end)


def _done(request: Request, act: _Act, *, app: bool = False) -> Response:
    """What an act shows; where it is refused, the page says why, and what to do."""
    caller = access_of(request).caller
    if caller.session_id is None:
        raise ConflictError("only whoever is logged in by a browser changes how they log in: a key has no password")

    def do(connection: Connection, settings: Settings, now: datetime) -> Response:
        account = accounts.account(connection, caller.account_id or 0)
        try:
            return act(connection, account, caller, now)
        except UnbrokenError as error:
            why = f"{str(error)[:1].upper()}{str(error)[1:].rstrip('.')}."
            return _shown(request, connection, settings, now, why=why, app=app)

    return answered(request, do)


def _shown(
    request: Request,
    connection: Connection,
    settings: Settings,
    now: datetime,
    *,
    why: str = "",
    done: str = "",
    app: bool = False,
) -> Response:
    caller = access_of(request).caller
    zone = frame().zone
    account = None if caller.account_id is None else accounts.account(connection, caller.account_id)
    stay = stay_of(settings)
    secret = ""
    if account is not None and caller.session_id is not None and (app or account.code_since is None):
        secret = own_account.offered_secret(connection, account)
    return page(
        "account.html",
        422 if why else 200,
        as_of=moment(now, zone),
        why=why,
        done=_DONE.get(done, ""),
        name=caller.actor.name,
        account=account,
        granted=[written(grant) for grant in caller.grants],
        tried=much_tried(connection, FREE_TRIES) if Role.ADMIN in {grant.role for grant in caller.grants} else [],
        withheld=sorted(role.value for role in caller.withheld),
        code_since=None if account is None or account.code_since is None else moment(account.code_since, zone),
        pin_since=None if account is None or account.pin_set_at is None else moment(account.pin_set_at, zone),
        codes_left=0 if account is None else credentials.recovery_codes_left(connection, account.id),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        address=address(secret, account.login) if secret and account else "",
        picture=_picture(address(secret, account.login)) if secret and account else "",
        sessions=[
            {
                "here": one.id == caller.session_id,
                "browser": one.browser or "an unnamed browser",
                "since": moment(one.made_at, zone),
                "active": moment(one.active_at, zone),
            }
            for one in (
                [] if account is None else sessions.sessions_in_use(connection, account.id, now - stay.idle, now)
            )
        ],
    )


def _picture(text: str) -> str:
    """A QR code, as SVG: black on white, whatever the page around it has for colours."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=True, scale=5, border=4, dark="#000", light="#fff", omitsize=False
    )
    return drawn.getvalue().decode()
