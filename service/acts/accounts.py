"""What admins do with accounts. No account is ever deleted: what was done by it was done by a person with a name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.auth.passwords import Passwords
from service.domain.identity.accounts import (
    Account,
    login_as_kept,
    why_last_admin,
    why_no_login,
    why_no_name,
    why_no_password,
)
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Grant, Role, written
from service.errors import ConflictError, NotFoundError, RefusedError
from service.store.acting import acting
from service.store.identity import accounts, credentials, grants, sessions
from service.store.pool import Connection

_ADMIN = Grant(Role.ADMIN, None)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Somebody who is to log in.

    Attributes:
        name: as it is printed beside what they do.
        is_demo: of the demo, where nobody needs a code.
    """

    login: str
    name: str
    is_demo: bool = False


def add_account(
    connection: Connection,
    actor: Actor,
    new: NewAccount,
    password: str,
    granted: Iterable[Grant],
    passwords: Passwords,
) -> Account:
    """Make an account.

    Raises:
        RefusedError: login, name or password will not do, or there is no such site.
        ConflictError: somebody has or had this login.
    """
    login, name = login_as_kept(new.login), new.name.strip()
    for field, why in (
        ("login", why_no_login(login)),
        ("name", why_no_name(name)),
        ("password", why_no_password(password, login, name)),
    ):
        if why:
            raise RefusedError(field, why)
    password_hash = passwords.hashed(password)
    with acting(connection, actor):
        made = accounts.add_account(connection, login, name, is_demo=new.is_demo)
        credentials.add_credentials(connection, made.id, password_hash)
        for grant in dict.fromkeys(granted):
            grants.grant_account(connection, made.id, grant)
    return made


def account_named(connection: Connection, login: str) -> Account:
    """The account of a login.

    Raises:
        NotFoundError: nobody has it.
    """
    found = accounts.account_of_login(connection, login_as_kept(login))
    if found is None:
        raise NotFoundError(f"there is no account {login[:100]!r}; `unbroken account list` lists them")
    return found


def deactivate(connection: Connection, actor: Actor, account: Account, now: datetime, reason: str | None) -> None:
    """Let nobody in by it any more, now and by its keys.

    Raises:
        ConflictError: it is the last admin, or not in use.
    """
    with acting(connection, actor, reason):
        _refuse_last_admin(connection, account)
        if accounts.account(connection, account.id).deactivated_at is not None:
            raise ConflictError(f"{account.login!r} is deactivated already")
        accounts.deactivate(connection, account.id, now)
        sessions.end_sessions(connection, account.id, now, "your account was deactivated")


def grant(connection: Connection, actor: Actor, account: Account, granted: Sequence[Grant], reason: str | None) -> None:
    """Let an account do more.

    Raises:
        ConflictError: it may do that already.
        RefusedError: there is no such site.
    """
    with acting(connection, actor, reason):
        for one in granted:
            grants.grant_account(connection, account.id, one)


def revoke(
    connection: Connection,
    actor: Actor,
    account: Account,
    revoked: Sequence[Grant],
    now: datetime,
    reason: str | None,
) -> None:
    """Let an account do less, from its next request on.

    Raises:
        ConflictError: it is the last admin.
        NotFoundError: it does not have the role there.
    """
    with acting(connection, actor, reason):
        if _ADMIN in revoked:
            _refuse_last_admin(connection, account)
        for one in revoked:
            if not grants.revoke_from_account(connection, account.id, one, now):
                raise NotFoundError(f"{account.login!r} was not granted {written(one)!r}; see `unbroken account list`")


def reset_password(
    connection: Connection,
    actor: Actor,
    account: Account,
    password: str,
    passwords: Passwords,
    now: datetime,
    *,
    without_code: bool,
) -> None:
    """Give an account another password, open it if it is closed, and end its sessions.

    Args:
        without_code: its app and recovery codes are lost too: they count no more.

    Raises:
        RefusedError: the password will not do.
    """
    why = why_no_password(password, account.login, account.name)
    if why:
        raise RefusedError("password", why)
    password_hash = passwords.hashed(password)
    with acting(connection, actor):
        credentials.locked_credentials(connection, account.id)
        credentials.set_password(connection, account.id, password_hash)
        credentials.forget_failures(connection, account.id)
        accounts.note_password(connection, account.id, now)
        # Whoever lost the password may have lost the PIN to the same people.
        if account.pin_set_at is not None:
            credentials.set_pin(connection, account.id, None)
            accounts.note_pin(connection, account.id, None)
        if without_code:
            credentials.take_code(connection, account.id, None, 0)
            credentials.replace_recovery_codes(connection, account.id, [])
            accounts.note_code(connection, account.id, None)
        sessions.end_sessions(connection, account.id, now, "your password was set anew")


def unlock(connection: Connection, actor: Actor, account: Account, now: datetime) -> None:
    """Open an account that failed tries have closed."""
    with acting(connection, actor):
        credentials.forget_failures(connection, account.id)
        accounts.note_unlock(connection, account.id, now)


def _refuse_last_admin(connection: Connection, account: Account) -> None:
    accounts.lock_admins(connection)
    if account.deactivated_at is not None or _ADMIN not in grants.grants_of_account(connection, account.id):
        return
    if why := why_last_admin(account, accounts.other_admins(connection, account.id)):
        raise ConflictError(why)
