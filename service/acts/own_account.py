"""What people do with their own account: another password, an app for codes, and ending their sessions elsewhere."""

from datetime import datetime

from service.acts.login import note_failure, why_no_code
from service.auth.codes import new_recovery_codes, new_secret, recovery_hash, step_of
from service.auth.passwords import Passwords
from service.domain.identity.accounts import Account, why_no_password
from service.domain.identity.actor import Actor
from service.domain.identity.pins import why_no_pin
from service.errors import RefusedError
from service.store.acting import acting
from service.store.identity import accounts, credentials, sessions
from service.store.pool import Connection


def change_password(
    connection: Connection,
    actor: Actor,
    account: Account,
    old: str,
    new: str,
    passwords: Passwords,
    now: datetime,
    session_id: int,
) -> None:
    """Another password; all other sessions end.

    Raises:
        RefusedError: the old one is not right, or the new one will not do.
        BusyError: many passwords are being hashed.
    """
    if why := why_no_password(new, account.login, account.name):
        raise RefusedError("new_password", why)
    check_password(connection, account, old, passwords, now)
    new_hash = passwords.hashed(new)
    with acting(connection, actor):
        credentials.set_password(connection, account.id, new_hash)
        accounts.note_password(connection, account.id, now)
        sessions.end_sessions(connection, account.id, now, "your password was changed", but=session_id)


def set_pin(
    connection: Connection,
    actor: Actor,
    account: Account,
    password: str,
    pin: str,
    passwords: Passwords,
    now: datetime,
) -> None:
    """A PIN for kiosks, in the place of the one before. Empty: none any more.

    Raises:
        RefusedError: the password is not right, or the PIN will not do.
        BusyError: many passwords are being hashed.
    """
    if pin and (why := why_no_pin(pin, account.login)):
        raise RefusedError("pin", why)
    check_password(connection, account, password, passwords, now)
    pin_hash = passwords.hashed(pin) if pin else None
    with acting(connection, actor):
        credentials.set_pin(connection, account.id, pin_hash)
        accounts.note_pin(connection, account.id, now if pin else None)


def offered_secret(connection: Connection, account: Account) -> str:
    """The secret that an app may be given, until a code of it is typed; the same one until then."""
    with connection.transaction():
        kept = credentials.locked_credentials(connection, account.id)
        if kept.new_code_secret is not None:
            return kept.new_code_secret
        secret = new_secret()
        credentials.offer_code(connection, account.id, secret)
    return secret


def confirm_app(
    connection: Connection,
    actor: Actor,
    account: Account,
    password: str,
    typed: str,
    passwords: Passwords,
    now: datetime,
) -> list[str]:
    """From now on a code of this app is asked for at each login. Gives the recovery codes, which nobody can show again.

    Raises:
        RefusedError: the password is not right, or it is not the code that the app shows now.
    """
    check_password(connection, account, password, passwords, now)
    codes = new_recovery_codes()
    with acting(connection, actor):
        kept = credentials.locked_credentials(connection, account.id)
        if kept.new_code_secret is None:
            raise RefusedError("code", "no app was shown a secret yet: load the page again, and scan what it shows")
        step = step_of(kept.new_code_secret, typed, now.timestamp(), 0)
        if isinstance(step, str):
            raise RefusedError("code", step)
        credentials.take_code(connection, account.id, kept.new_code_secret, step)
        credentials.replace_recovery_codes(connection, account.id, [recovery_hash(one) for one in codes])
        accounts.note_code(connection, account.id, now)
        sessions.end_sessions(connection, account.id, now, "an app for codes was set up: log in with a code of it")
    return codes


def renew_recovery_codes(
    connection: Connection, actor: Actor, account: Account, typed: str, now: datetime
) -> list[str]:
    """Ten new recovery codes; those before count no more.

    Raises:
        RefusedError: it is not the code of now, or too many tries failed.
    """
    codes = new_recovery_codes()
    if why := why_no_code(connection, account.id, typed, now):
        raise RefusedError("code", why)
    with acting(connection, actor):
        credentials.replace_recovery_codes(connection, account.id, [recovery_hash(one) for one in codes])
        accounts.note_code(connection, account.id, now)
    return codes


def end_other_sessions(connection: Connection, account: Account, session_id: int, now: datetime) -> None:
    """Log out everywhere but here."""
    sessions.end_sessions(connection, account.id, now, "you logged out in another browser", but=session_id)


def check_password(
    connection: Connection, account: Account, password: str, passwords: Passwords, now: datetime
) -> None:
    """Whoever found a browser logged in has no password, and may try as often as at the door.

    Raises:
        RefusedError: it is not the account's, or too many tries failed.
        BusyError: many passwords are being hashed.
    """
    kept = credentials.credentials(connection, account.id)
    if kept.closed_until is not None and now < kept.closed_until:
        raise RefusedError("password", "too many tries failed: wait a minute or more, then try again")
    if passwords.fit(password, kept.password_hash).fits:
        return
    with connection.transaction():
        tried = credentials.locked_credentials(connection, account.id)
        note_failure(connection, tried, now)
    raise RefusedError("password", "this is not your password; type the one you logged in with")
