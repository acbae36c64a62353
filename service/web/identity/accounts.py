"""The page on which admins look after all accounts."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from service.acts import accounts as acts
from service.auth.access import access_of
from service.domain.identity.accounts import Account
from service.domain.identity.caller import grant_from, written
from service.domain.identity.lockout import FREE_TRIES
from service.errors import RefusedError, UnbrokenError
from service.settings import Settings
from service.store.identity.accounts import accounts
from service.store.identity.credentials import much_tried
from service.store.identity.grants import grants_of_account
from service.store.pool import Connection
from service.web.answering import answered
from service.web.frame import frame
from service.web.rendering import page
from service.web.words import moment

router = APIRouter(include_in_schema=False, prefix="/accounts")

Text = Annotated[str, Form()]


@router.get("")
def show_accounts(request: Request) -> Response:
    """Who can log in, what they may do, and at whose login somebody tried."""
    return answered(request, lambda connection, _settings, now: _shown(connection, now))


@router.post("")
def change_account(
    request: Request,
    act: Text = "",
    login: Text = "",
    name: Text = "",
    role: Text = "",
    password: Text = "",
    reason: Text = "",
) -> Response:
    """Add one, let it do more or less, let somebody in again, or nobody any more."""
    actor, passwords = access_of(request).caller.actor, request.app.state.passwords

    def do(connection: Connection, _settings: Settings, now: datetime) -> Response:
        why = reason.strip()[:500] or None
        found: dict[str, Callable[[], object]] = {
            "add": lambda: acts.add_account(
                connection, actor, acts.NewAccount(login, name), password, [grant_from(role)], passwords
            ),
            "grant": lambda: acts.grant(connection, actor, named(), [grant_from(role)], why),
            "revoke": lambda: acts.revoke(connection, actor, named(), [grant_from(role)], now, why),
            "reset": lambda: acts.reset_password(
                connection, actor, named(), password, passwords, now, without_code=True
            ),
            "unlock": lambda: acts.unlock(connection, actor, named(), now),
            "deactivate": lambda: acts.deactivate(connection, actor, named(), now, why),
        }

        def named() -> Account:
            return acts.account_named(connection, login)

        try:
            if act not in found:
                raise RefusedError("act", "the form was not sent whole; press the button again")
            found[act]()
        except UnbrokenError as error:
            said = f"{str(error)[:1].upper()}{str(error)[1:].rstrip('.')}."
            return _shown(connection, now, why=said, asked={"login": login, "name": name, "role": role})
        return RedirectResponse("/accounts", 303)

    return answered(request, do)


def _shown(connection: Connection, now: datetime, *, why: str = "", asked: dict[str, str] | None = None) -> Response:
    tried = {one.login: one for one in much_tried(connection, FREE_TRIES)}
    return page(
        "accounts.html",
        422 if why else 200,
        as_of=moment(now, frame().zone),
        why=why,
        asked=asked or {"login": "", "name": "", "role": ""},
        accounts=[
            {
                "login": one.login,
                "name": one.name,
                "gone": None if one.deactivated_at is None else moment(one.deactivated_at, frame().zone),
                "how": "with a code" if one.code_since else "demo: password alone" if one.is_demo else "password alone",
                "granted": [written(grant) for grant in grants_of_account(connection, one.id)],
                "tried": tried[one.login].failures if one.login in tried else 0,
            }
            for one in accounts(connection)
        ],
    )
