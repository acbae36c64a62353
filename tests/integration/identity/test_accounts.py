"""Accounts and keys over a real database: made, granted, closed, taken back, and what the trail tells of it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import psycopg
import pyotp
import pytest

from service.acts import accounts as acts
from service.acts.keys import add_account_key, add_logger_key, revoke_key
from service.acts.login import LoggedIn, LoginRefusedError, NoSuchLoginError, give_code, log_in, log_out
from service.acts.own_account import change_password, confirm_app, offered_secret, renew_recovery_codes
from service.auth.tokens import sha256
from service.domain.identity.accounts import Account
from service.domain.identity.caller import Grant, Role
from service.domain.identity.lockout import FREE_TRIES
from service.domain.identity.sessions import Stay, why_over
from service.errors import ConflictError, NotFoundError, RefusedError
from service.store.acting import acting
from service.store.identity import accounts, credentials, keys, sessions
from service.store.pool import Connection
from service.store.registry.sites import add_site
from tests.acting import CHEAP, TESTER

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
STAY = Stay(timedelta(minutes=30), timedelta(hours=12))
PASSWORD = "correct horse battery staple"  # noqa: S105  of accounts that live as long as a test
ADMIN = Grant(Role.ADMIN, None)
QUALITY = Grant(Role.QUALITY, None)


def added(connection: Connection, login: str, *granted: Grant) -> Account:
    new = acts.NewAccount(login, f"The {login.title()}")
    return acts.add_account(connection, TESTER, new, PASSWORD, granted, CHEAP)


def logged_in(connection: Connection, login: str, password: str = PASSWORD, now: datetime = NOW) -> LoggedIn:
    return log_in(connection, login, password, CHEAP, STAY, now, browser="Firefox\n")


def with_app(connection: Connection, account: Account, now: datetime = NOW) -> tuple[pyotp.TOTP, list[str]]:
    app = pyotp.TOTP(offered_secret(connection, account))
    return app, confirm_app(connection, TESTER, account, PASSWORD, app.at(now), CHEAP, now)


def test_somebody_logs_in_and_out(connection: Connection) -> None:
    """Who calls is known by a token of which the database keeps what lets nobody in."""
    account = added(connection, "ana", QUALITY)
    begun = logged_in(connection, " Ana ")
    assert begun.ends_at == NOW + STAY.whole
    assert not begun.waits_for_code
    found = sessions.session_of(connection, sha256(begun.token))
    assert found is not None
    assert (found.account_id, found.known_by, found.name) == (account.id, "password", "The Ana")
    assert sessions.grants_from(found.granted) == (QUALITY,)
    log_out(connection, begun.token, NOW)
    found = sessions.session_of(connection, sha256(begun.token))
    assert found is not None
    assert why_over(found.times, STAY, NOW) == "you logged out"


def test_no_reason_is_told_to_who_is_not_let_in(connection: Connection) -> None:
    """Whoever tries names at the door learns of none who works there."""
    gone, closed = added(connection, "gone", QUALITY), added(connection, "closed", QUALITY)
    acts.deactivate(connection, TESTER, gone, NOW, "left")
    for _ in range(FREE_TRIES):
        with pytest.raises(NoSuchLoginError):
            logged_in(connection, "closed", "a wrong password")
    said = set()
    for login, password in (
        ("nobody", PASSWORD),
        ("gone", PASSWORD),
        (closed.login, PASSWORD),
        ("ana\0", "x" * 10_000_000),
        ("x" * 10_000_000, PASSWORD),
    ):
        with pytest.raises(NoSuchLoginError) as refused:
            logged_in(connection, login, password)
        said.add(str(refused.value))
    assert len(said) == 1
    assert "15 minutes" in said.pop()


def test_a_login_that_was_tried_too_often_is_closed_and_opened(connection: Connection) -> None:
    """It opens by itself, or at once by an admin; and admins see who was tried."""
    account = added(connection, "ana", QUALITY)
    for _ in range(FREE_TRIES):
        with pytest.raises(NoSuchLoginError):
            logged_in(connection, "ana", "a wrong password")
    [tried] = credentials.much_tried(connection, FREE_TRIES)
    assert (tried.login, tried.failures, tried.closed_until) == ("ana", FREE_TRIES, NOW + timedelta(minutes=1))
    with pytest.raises(NoSuchLoginError):
        logged_in(connection, "ana")
    acts.unlock(connection, TESTER, account, NOW)
    assert logged_in(connection, "ana").token
    assert credentials.much_tried(connection, 1) == []


def test_a_code_is_asked_for_and_taken_once(connection: Connection) -> None:
    """A password read off a note opens nothing, and neither does a code read over a shoulder."""
    account = added(connection, "ana", QUALITY)
    app, recovery = with_app(connection, account)
    later = NOW + timedelta(minutes=2)
    begun = logged_in(connection, "ana", now=later)
    assert begun.waits_for_code
    with pytest.raises(LoginRefusedError, match="not the code"):
        give_code(connection, begun.token, "000000", STAY, later, browser="")
    code = app.at(later)
    whole = give_code(connection, begun.token, code, STAY, later, browser="")
    assert not whole.waits_for_code
    assert whole.token != begun.token
    found = sessions.session_of(connection, sha256(whole.token))
    assert found is not None
    assert found.known_by == "password and code"
    again = logged_in(connection, "ana", now=later)
    with pytest.raises(LoginRefusedError, match="already"):
        give_code(connection, again.token, code, STAY, later, browser="")
    with pytest.raises(LoginRefusedError, match="clock is about 5 min ahead"):
        give_code(connection, again.token, app.at(later + timedelta(minutes=5)), STAY, later, browser="")
    assert give_code(connection, again.token, recovery[3].lower(), STAY, later, browser="").token
    once_more = logged_in(connection, "ana", now=later)
    with pytest.raises(LoginRefusedError, match="good once"):
        give_code(connection, once_more.token, recovery[3], STAY, later, browser="")
    assert credentials.recovery_codes_left(connection, account.id) == 9


def test_a_password_given_long_ago_takes_no_code(connection: Connection) -> None:
    """A tab left at the question for the code is closed after five minutes."""
    app, _ = with_app(connection, added(connection, "ana", QUALITY))
    begun = logged_in(connection, "ana")
    later = NOW + timedelta(minutes=5)
    with pytest.raises(LoginRefusedError, match="too long ago"):
        give_code(connection, begun.token, app.at(later), STAY, later, browser="")
    with pytest.raises(LoginRefusedError, match="too long ago"):
        give_code(connection, "no token", app.at(later), STAY, later, browser="")


def test_wrong_codes_close_the_login_too(connection: Connection) -> None:
    """Six digits are not guessed by who has the password."""
    app, _ = with_app(connection, added(connection, "ana", QUALITY))
    later = NOW + timedelta(minutes=2)
    begun = logged_in(connection, "ana", now=later)
    for _ in range(FREE_TRIES):
        with pytest.raises(LoginRefusedError):
            give_code(connection, begun.token, "000000", STAY, later, browser="")
    with pytest.raises(LoginRefusedError, match="Too many codes"):
        give_code(connection, begun.token, app.at(later), STAY, later, browser="")


def test_a_browser_left_open_guesses_no_code(connection: Connection) -> None:
    """Whoever asks for new recovery codes at somebody's screen has as many tries as at the door."""
    account = added(connection, "ana", QUALITY)
    app, _ = with_app(connection, account)
    later = NOW + timedelta(minutes=2)
    for _ in range(FREE_TRIES):
        with pytest.raises(RefusedError):
            renew_recovery_codes(connection, TESTER, account, "000000", later)
    with pytest.raises(RefusedError, match="too many tries"):
        renew_recovery_codes(connection, TESTER, account, app.at(later), later)


def test_another_password_ends_the_other_sessions(connection: Connection) -> None:
    """Whoever suspects that somebody else is logged in has them out by that."""
    account = added(connection, "ana", QUALITY)
    here, there = logged_in(connection, "ana"), logged_in(connection, "ana")
    own = sessions.session_of(connection, sha256(here.token))
    assert own is not None
    with pytest.raises(RefusedError, match="not your password"):
        change_password(connection, TESTER, account, "a wrong one", "another password", CHEAP, NOW, own.id)
    change_password(connection, TESTER, account, PASSWORD, "another password", CHEAP, NOW, own.id)
    [left] = sessions.sessions_in_use(connection, account.id, NOW - STAY.idle, NOW)
    assert left.id == own.id
    with pytest.raises(NoSuchLoginError):
        logged_in(connection, "ana")
    assert logged_in(connection, "ana", "another password").token
    assert there.token


def test_an_admin_gives_a_new_password_and_takes_lost_codes_away(connection: Connection) -> None:
    """A phone that fell into the LN2 vessel shuts nobody out for ever."""
    account = added(connection, "ana", QUALITY)
    app, _ = with_app(connection, account)
    with pytest.raises(RefusedError):
        renew_recovery_codes(connection, TESTER, account, "000000", NOW)
    later = NOW + timedelta(minutes=1)
    assert len(renew_recovery_codes(connection, TESTER, account, app.at(later), later)) == 10
    acts.reset_password(connection, TESTER, account, "another password", CHEAP, NOW, without_code=True)
    assert not logged_in(connection, "ana", "another password").waits_for_code
    assert accounts.account(connection, account.id).code_since is None


def test_the_last_admin_stays(connection: Connection) -> None:
    """A service that nobody administers lets nobody in again."""
    ana, ben = added(connection, "ana", ADMIN), added(connection, "ben", ADMIN)
    acts.deactivate(connection, TESTER, acts.account_named(connection, "tester"), NOW, "no more tests")
    acts.revoke(connection, TESTER, ben, [ADMIN], NOW, None)
    for refused in (
        lambda: acts.deactivate(connection, TESTER, ana, NOW, None),
        lambda: acts.revoke(connection, TESTER, ana, [ADMIN], NOW, None),
    ):
        with pytest.raises(ConflictError, match="last admin"):
            refused()
    acts.grant(connection, TESTER, ben, [ADMIN], None)
    acts.deactivate(connection, TESTER, ana, NOW, None)
    with pytest.raises(ConflictError, match="already"):
        acts.deactivate(connection, TESTER, ana, NOW, None)


@pytest.mark.parametrize(
    ("login", "name", "password", "error", "why"),
    [
        ("ana", "Another Ana", PASSWORD, ConflictError, "exists already"),
        ("Ana M", "Ana", PASSWORD, RefusedError, "cannot be a login"),
        ("ben", " ", PASSWORD, RefusedError, "give one"),
        ("ben", "Ben", "short", RefusedError, "8 letters"),
    ],
)
def test_what_makes_no_account(
    connection: Connection, login: str, name: str, password: str, error: type[Exception], why: str
) -> None:
    """One login is one person for ever, also of who has left."""
    acts.deactivate(connection, TESTER, added(connection, "ana", QUALITY), NOW, "left")
    with pytest.raises(error, match=why):
        acts.add_account(connection, TESTER, acts.NewAccount(login, name), password, [], CHEAP)
    with pytest.raises(RefusedError, match="no site"):
        added(connection, "ben", Grant(Role.VIEWER, "nowhere"))
    assert accounts.account_of_login(connection, "ben") is None, "all of it, or nothing"


def test_no_account_and_no_key_is_ever_deleted(connection: Connection) -> None:
    """What was recorded years ago still names a person, and one person only."""
    account = added(connection, "ana", QUALITY)
    add_account_key(connection, TESTER, account, "lab", [QUALITY], NOW, timedelta(days=1))
    for statement in ("DELETE FROM accounts", "DELETE FROM api_keys"):
        with pytest.raises(psycopg.Error, match="never"), acting(connection, TESTER):
            connection.execute(statement)


def test_a_key_does_what_it_and_its_account_may(connection: Connection) -> None:
    """A program's key is shown once, ends with its account's rights, and is refused from the moment it is revoked."""
    with acting(connection, TESTER):
        add_site(connection, "basel", "Basel", "Europe/Zurich")
    account = added(connection, "ana", Grant(Role.VIEWER, "basel"))
    made = add_account_key(connection, TESTER, account, "lab", [Grant(Role.VIEWER, None)], NOW, timedelta(days=1))
    found = keys.key_of(connection, sha256(made.whole))
    assert found is not None
    assert (found.prefix, found.owner, found.expires_at) == (made.prefix, "The Ana", NOW + timedelta(days=1))
    assert sessions.grants_from(found.granted_account) == (Grant(Role.VIEWER, "basel"),)
    revoke_key(connection, TESTER, made.prefix, NOW, "lost")
    with pytest.raises(ConflictError, match="already"):
        revoke_key(connection, TESTER, made.prefix, NOW, None)
    with pytest.raises(NotFoundError, match="no key begins"):
        revoke_key(connection, TESTER, "unb_nothing", NOW, None)
    found = keys.key_of(connection, sha256(made.whole))
    assert found is not None
    assert found.revoked_at == NOW


@pytest.mark.parametrize(
    ("granted", "good_for", "field"),
    [([], timedelta(days=1), "grant"), ([QUALITY], timedelta(days=10_000), "days"), ([QUALITY], timedelta(0), "days")],
)
def test_what_makes_no_key(connection: Connection, granted: Iterable[Grant], good_for: timedelta, field: str) -> None:
    """A key is for something, and for a time."""
    account = added(connection, "ana", QUALITY)
    with pytest.raises(RefusedError) as refused:
        add_account_key(connection, TESTER, account, "lab", list(granted), NOW, good_for)
    assert refused.value.field == field
    with pytest.raises(RefusedError, match="no logger"):
        add_logger_key(connection, TESTER, "no-such-logger", "lab", NOW, timedelta(days=1))


def test_the_trail_tells_who_did_it_and_no_secret(connection: Connection) -> None:
    """An auditor reads who was granted what by whom; whoever copies the trail can log in as nobody."""
    account = added(connection, "ana", ADMIN)
    made = add_account_key(connection, TESTER, account, "lab", [ADMIN], NOW, timedelta(days=1))
    _, recovery = with_app(connection, account)
    begun = logged_in(connection, "ana", now=NOW + timedelta(minutes=2))
    acts.reset_password(connection, TESTER, account, "another password", CHEAP, NOW, without_code=False)
    told = connection.execute(
        "SELECT string_agg(audit_trail::text, ' ') AS all, array_agg(DISTINCT table_name) AS tables FROM audit_trail "
        "WHERE actor = %s",
        [TESTER.id],
    ).fetchone()
    assert told is not None
    assert {"accounts", "grants", "api_keys"} <= set(told["tables"])
    kept = connection.execute(
        "SELECT password_hash AS secret FROM credentials UNION SELECT code_secret FROM credentials "
        "UNION SELECT encode(sha256, 'hex') FROM sessions UNION SELECT encode(sha256, 'hex') FROM key_secrets "
        "UNION SELECT encode(sha256, 'hex') FROM recovery_codes"
    ).fetchall()
    secrets = [row["secret"] for row in kept if row["secret"]] + [PASSWORD, made.whole, begun.token, *recovery]
    assert len(secrets) > 20
    assert [one for one in secrets if one in told["all"]] == []
    everything = connection.execute(
        "SELECT string_agg(c::text, ' ') || (SELECT string_agg(s::text, ' ') FROM sessions AS s) "
        "|| (SELECT string_agg(k::text, ' ') FROM key_secrets AS k) AS all FROM credentials AS c"
    ).fetchone()
    assert everything is not None
    assert [one for one in (PASSWORD, made.whole, begun.token) if one in everything["all"]] == []
