"""Kiosks: enrolled and revoked by an admin; and how a person proves on one, for one act, who they are."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from service.acts.login import note_failure
from service.auth.identification import kiosk_in_use
from service.auth.passwords import Fit, Passwords
from service.auth.tokens import new_token, sha256
from service.domain.identity.accounts import Account, at_site, in_force, login_as_kept, why_no_name
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Caller
from service.domain.identity.lockout import FREE_TRIES, LONGEST, closed_until, counted, is_said
from service.domain.identity.pins import is_pin
from service.errors import BusyError, ConflictError, NotIdentifiedError, RefusedError
from service.store.acting import acting
from service.store.identity import accounts, credentials, grants, kiosks, sessions
from service.store.pool import Connection

log = structlog.get_logger()

#: How somebody is known who typed this on a kiosk.
PIN, PASSWORD = "PIN at a kiosk", "password at a kiosk"


class NotKnownAtKioskError(NotIdentifiedError):
    """Nobody proved on the kiosk who they are."""


@dataclass(frozen=True, slots=True)
class Typed:
    """Who somebody says on a kiosk that they are. `secret`: a PIN, which is digits alone, or a password."""

    login: str
    secret: str


def enrol_kiosk(connection: Connection, caller: Caller, name: str, site_id: str, now: datetime) -> str:
    """Make a device a kiosk of a site; the login by which that was asked ends. Gives the token that the device keeps.

    Raises:
        RefusedError: the name will not do, or there is no such site.
        ConflictError: nobody is logged in on the device.
    """
    if caller.session_id is None:
        raise ConflictError("a kiosk is enrolled on the device itself: open the page /kiosks there, and log in")
    if why := why_no_name(name):
        raise RefusedError("name", why)
    token = new_token()
    with acting(connection, caller.actor):
        kiosks.add_kiosk(connection, name.strip(), site_id, sha256(token))
        sessions.end_session(connection, caller.session_id, now, "you made this device a kiosk")
    return token


def revoke_kiosk(connection: Connection, actor: Actor, kiosk_id: int, now: datetime, reason: str) -> None:
    """Let a device show nothing any more, from its next request on.

    Raises:
        NotFoundError: there is no such kiosk.
        RefusedError: no reason was given.
        ConflictError: it was revoked.
    """
    if not reason:
        raise RefusedError("reason", "say why this device is to show nothing any more")
    with acting(connection, actor, reason):
        if kiosks.kiosk(connection, kiosk_id).revoked_at is not None:
            raise ConflictError(f"kiosk {kiosk_id} was revoked already")
        kiosks.revoke_kiosk(connection, kiosk_id, now)


def person_at(connection: Connection, token: str, typed: Typed, passwords: Passwords, now: datetime) -> Caller:
    """Who acts on a kiosk, for this one act: no session begins. They may do there what they may do at its site.

    Tries that fail count as those to log in do, and for the kiosk too. Why one failed is not told.

    Args:
        token: of the kiosk.

    Raises:
        NoKioskError: this device is none.
        NotKnownAtKioskError: nobody is known by this, or many passwords are being hashed.
    """
    kiosk = kiosk_in_use(connection, token)
    if not typed.login.strip() or not typed.secret:
        raise NotKnownAtKioskError("who are you? Type the name you log in with, and your PIN or your password")
    account = accounts.account_of_login(connection, login_as_kept(typed.login[:200]).replace("\0", ""))
    kept = None if account is None else credentials.credentials(connection, account.id)
    by_pin = is_pin(typed.secret)
    secret_hash = None if kept is None else kept.pin_hash if by_pin else kept.password_hash
    # The same work for a name that nobody has, and for one without a PIN.
    try:
        fit = passwords.fit(typed.secret, secret_hash)
    except BusyError as error:
        raise NotKnownAtKioskError(str(error)) from error
    with connection.transaction():
        known = _tried(connection, kiosk.id, account, kept, fit, now)
    # Outside, so that the failure stays counted.
    if account is None or not known:
        raise NotKnownAtKioskError(
            "this name and PIN do not belong together, so nothing was done. Type them again: the name you log in with, "
            f"and your PIN, or your password. After {FREE_TRIES} failed tries a name, and a kiosk, stays closed for a "
            f"minute, then for longer, at most {LONGEST.seconds // 60} minutes"
        )
    granted = grants.grants_of_account(connection, account.id)
    if not at_site(granted, kiosk.site_id):
        raise NotKnownAtKioskError(
            f"you have no role at {kiosk.site_id!r}, the site of this kiosk, so nothing was done; ask an admin for one"
        )
    counting = in_force(granted, with_code=False, is_demo=account.is_demo)
    withheld = frozenset(grant.role for grant in granted) - {grant.role for grant in counting}
    actor = Actor(f"account:{account.id}", account.name, PIN if by_pin else PASSWORD)
    return Caller(actor, at_site(counting, kiosk.site_id), account.id, withheld=withheld, kiosk_id=kiosk.id)


def _tried(
    connection: Connection,
    kiosk_id: int,
    account: Account | None,
    kept: credentials.Credentials | None,
    fit: Fit,
    now: datetime,
) -> bool:
    """Count a try, if it is one that failed; whether it was right, and counts."""
    here = kiosks.locked_tries(connection, kiosk_id)
    if here.closed_until is not None and now < here.closed_until:
        return False
    known = False
    if account is not None and kept is not None:
        tried = credentials.locked_credentials(connection, account.id)
        closed = tried.closed_until is not None and now < tried.closed_until
        same = (tried.pin_hash, tried.password_hash) == (kept.pin_hash, kept.password_hash)
        usable = accounts.account(connection, account.id).deactivated_at is None
        known = fit.fits and not closed and same and usable
        # While it is closed nothing more is counted: who goes on trying shall not keep its owner out.
        if not fit.fits and not closed:
            note_failure(connection, tried, now)
        if known and tried.code_secret is None:
            credentials.forget_failures(connection, account.id)
    if known:
        kiosks.note_tries(connection, kiosk_id, kiosks.Tries(0, None, None))
    else:
        failures = counted(here.failures, here.failed_at, now)
        kiosks.note_tries(connection, kiosk_id, kiosks.Tries(failures, now, closed_until(failures, now)))
        if is_said(failures):
            log.warning("somebody tries PINs at a kiosk", kiosk=kiosk_id, failures=failures)
    return known
