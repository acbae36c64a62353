"""Logging in and out. A try that fails says the same for every reason: nobody learns here whom there is."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from service.auth.codes import is_recovery_code, recovery_hash, step_of
from service.auth.identification import PASSWORD, PASSWORD_AND_CODE
from service.auth.passwords import Passwords
from service.auth.tokens import new_token, sha256
from service.domain.identity.accounts import Account, login_as_kept
from service.domain.identity.lockout import FREE_TRIES, LONGEST, closed_until, counted, is_said
from service.domain.identity.sessions import CODE_WITHIN, Stay, why_over
from service.errors import UnbrokenError
from service.store.identity import accounts, credentials, sessions
from service.store.pool import Connection

log = structlog.get_logger()

#: Letters of a browser's name that are kept.
_LONGEST_BROWSER = 200


class LoginRefusedError(UnbrokenError):
    """Nobody was let in."""


class NoSuchLoginError(LoginRefusedError):
    """The password was not right, or there is no such login, or it is closed."""

    def __init__(self) -> None:
        super().__init__(
            "This name and password do not belong together. Type them again; after "
            f"{FREE_TRIES} failed tries a name stays closed for a minute, then for longer, at most "
            f"{LONGEST.seconds // 60} minutes, also for the right password. Whoever has forgotten it asks an admin for "
            "a new one"
        )


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session begun; `token` is its cookie. `waits_for_code`: it may do nothing until a code is given."""

    token: str
    ends_at: datetime
    waits_for_code: bool


def log_in(
    connection: Connection,
    login: str,
    password: str,
    passwords: Passwords,
    stay: Stay,
    now: datetime,
    *,
    browser: str,
    replaces: str = "",
) -> LoggedIn:
    """Begin a session; where the account has codes, one that waits for a code.

    Args:
        browser: as it calls itself.
        replaces: the token that the browser had, which ends.

    Raises:
        LoginRefusedError: not with this name and password, or not now.
        BusyError: many log in.
    """
    account = accounts.account_of_login(connection, login_as_kept(login[:200]).replace("\0", ""))
    kept = None if account is None else credentials.credentials(connection, account.id)
    # The same work for a name that nobody has, and for one that is closed.
    fit = passwords.fit(password, None if kept is None else kept.password_hash)
    if account is None or kept is None:
        raise NoSuchLoginError
    with connection.transaction():
        tried = credentials.locked_credentials(connection, account.id)
        closed = tried.closed_until is not None and now < tried.closed_until
        changed = tried.password_hash != kept.password_hash
        usable = accounts.account(connection, account.id).deactivated_at is None
        refused = closed or changed or not fit.fits or not usable
        # While it is closed nothing more is counted: who goes on trying shall not keep its owner out.
        if not fit.fits and not closed:
            note_failure(connection, tried, now)
        if not refused:
            if fit.new_hash is not None:
                credentials.set_password(connection, account.id, fit.new_hash)
            if tried.code_secret is None:
                credentials.forget_failures(connection, account.id)
            _end(connection, replaces, now, "you logged in anew")
            begun = _begin(connection, account, PASSWORD, stay, now, browser, waits=tried.code_secret is not None)
    # Outside, so that the failure stays counted.
    if refused:
        raise NoSuchLoginError
    return begun


def give_code(connection: Connection, token: str, typed: str, stay: Stay, now: datetime, *, browser: str) -> LoggedIn:
    """End the session that waits for a code, and begin the one that may do things, under another token.

    Raises:
        LoginRefusedError: it is not the code of now, or the password was given too long ago.
    """
    waiting = sessions.session_of(connection, sha256(token))
    if waiting is None or not waiting.waits_for_code or waiting.deactivated_at or why_over(waiting.times, stay, now):
        raise TooLateError
    account = accounts.account(connection, waiting.account_id)
    with connection.transaction():
        why = why_no_code(connection, account.id, typed, now)
        if why is None:
            credentials.forget_failures(connection, account.id)
            sessions.end_session(connection, waiting.id, now, "the code was given")
            begun = _begin(connection, account, PASSWORD_AND_CODE, stay, now, browser, waits=False)
    if why is not None:
        raise LoginRefusedError(f"{why[0].upper()}{why[1:]}")
    return begun


class TooLateError(LoginRefusedError):
    """The password was given too long ago, or in another tab."""

    def __init__(self) -> None:
        super().__init__("The name and password were given too long ago, or in another tab: give them again")


def why_no_code(connection: Connection, account_id: int, typed: str, now: datetime) -> str | None:
    """Take a code, or a recovery code, of an account: none is taken twice. Why not; None: it was taken.

    A try that fails is counted. So that it stays counted, whoever refuses does so once the transaction is over.
    """
    with connection.transaction():
        kept = credentials.locked_credentials(connection, account_id)
        if kept.closed_until is not None and now < kept.closed_until:
            return (
                "too many codes were wrong, or too many tries failed: wait a minute or more, then type the code "
                "shown then"
            )
        why = _code_taken(connection, kept, typed, now)
        if why is not None:
            note_failure(connection, kept, now)
        return why


def _code_taken(connection: Connection, kept: credentials.Credentials, typed: str, now: datetime) -> str | None:
    if is_recovery_code(typed):
        if credentials.use_recovery_code(connection, kept.account_id, recovery_hash(typed), now):
            return None
        return "this is no recovery code of yours, or it was used already: each is good once"
    if kept.code_secret is None:
        return "there are no codes for this account"
    step = step_of(kept.code_secret, typed, now.timestamp(), kept.code_step)
    if isinstance(step, str):
        return step
    credentials.note_step(connection, kept.account_id, step)
    return None


def log_out(connection: Connection, token: str, now: datetime) -> None:
    """End a session; whoever has none is logged out already."""
    _end(connection, token, now, "you logged out")


def _end(connection: Connection, token: str, now: datetime, why: str) -> None:
    if token and (old := sessions.session_of(connection, sha256(token))) is not None:
        sessions.end_session(connection, old.id, now, why)


def _begin(
    connection: Connection, account: Account, known_by: str, stay: Stay, now: datetime, browser: str, *, waits: bool
) -> LoggedIn:
    token = new_token()
    ends_at = now + (CODE_WITHIN if waits else stay.whole)
    called = "".join(letter for letter in browser[:_LONGEST_BROWSER] if letter.isprintable())
    new = sessions.NewSession(sha256(token), account.id, known_by, waits, called, now, now, ends_at)
    sessions.add_session(connection, new)
    return LoggedIn(token, ends_at, waits)


def note_failure(connection: Connection, tried: credentials.Credentials, now: datetime) -> None:
    """Count a try that failed, of credentials that are locked; after some of them the account is closed for a while."""
    failures = counted(tried.failures, tried.failed_at, now)
    closed = closed_until(failures, now)
    credentials.note_failure(connection, tried.account_id, failures, now, closed)
    if is_said(failures):
        login = accounts.account(connection, tried.account_id).login
        log.warning("somebody tries passwords: ask its owner, and see /accounts", login=login, failures=failures)
