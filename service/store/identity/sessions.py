"""Sessions in browsers. Of the token only its SHA-256 is kept: whoever reads the table can log in as nobody."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from service.domain.identity.caller import Grant, Role
from service.domain.identity.sessions import SessionTimes
from service.store.pool import Connection
from service.store.rows import all_rows, columns, one_row, one_value


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session about to begin.

    Attributes:
        waits_for_code: the password was right; it may do nothing until a code is.
        browser: as it calls itself.
    """

    sha256: bytes
    account_id: int
    known_by: str
    waits_for_code: bool
    browser: str
    made_at: datetime
    active_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A session, and whose."""

    id: int
    account_id: int
    known_by: str
    waits_for_code: bool
    browser: str
    made_at: datetime
    active_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    ended_why: str | None


@dataclass(frozen=True, slots=True)
class SessionCaller:
    """A session with what its account may do.

    Attributes:
        granted: as `grants_from` reads it.
    """

    id: int
    account_id: int
    known_by: str
    waits_for_code: bool
    active_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    ended_why: str | None
    name: str
    is_demo: bool
    deactivated_at: datetime | None
    granted: str

    @property
    def times(self) -> SessionTimes:
        """What tells whether it is over."""
        return SessionTimes(self.active_at, self.ends_at, self.ended_at, self.ended_why)


@lru_cache(maxsize=1_024)
def grants_from(written: str) -> tuple[Grant, ...]:
    """Grants as a query puts them together, a line each: role, a space, and the site, or nothing for all.

    Remembered, for the same few come with every request.
    """
    parts = [one.partition(" ") for one in written.split("\n") if one]
    return tuple(Grant(Role(role), site_id or None) for role, _, site_id in parts)


#: Grants in force of an account or key, in one value of a row.
GRANTS_OF = (
    "coalesce((SELECT string_agg(role || ' ' || coalesce(site_id, ''), chr(10)) FROM grants "
    "WHERE {column} = {id} AND revoked_at IS NULL), '')"
)


def add_session(connection: Connection, session: NewSession) -> int:
    """Begin one; its id."""
    return int(
        one_value(
            connection,
            f"INSERT INTO sessions ({columns(NewSession)}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
            [getattr(session, name) for name in session.__slots__],
        )
    )


_SESSION_OF = (
    "SELECT sessions.id, sessions.account_id, known_by, waits_for_code, active_at, ends_at, ended_at, ended_why, "
    f"name, is_demo, deactivated_at, {GRANTS_OF.format(column='grants.account_id', id='accounts.id')} AS granted "
    "FROM sessions JOIN accounts ON accounts.id = sessions.account_id WHERE sha256 = %s"
)


def session_of(connection: Connection, sha256: bytes) -> SessionCaller | None:
    """Whose token this is, and what they may do: one statement, for every request needs it."""
    return one_row(connection, SessionCaller, _SESSION_OF, [sha256])


def sessions_in_use(connection: Connection, account_id: int, active_since: datetime, now: datetime) -> list[Session]:
    """The sessions of an account that can be used, the newest first."""
    return all_rows(
        connection,
        Session,
        f"SELECT {columns(Session)} FROM sessions WHERE account_id = %s AND ended_at IS NULL AND NOT waits_for_code "
        "AND ends_at > %s AND active_at > %s ORDER BY id DESC",
        [account_id, now, active_since],
    )


def note_activity(connection: Connection, session_id: int, at: datetime) -> None:
    """Somebody is still there."""
    connection.execute("UPDATE sessions SET active_at = %s WHERE id = %s AND active_at < %s", [at, session_id, at])


def end_session(connection: Connection, session_id: int, at: datetime, why: str) -> None:
    """End one, if it has not ended."""
    connection.execute(
        "UPDATE sessions SET ended_at = %s, ended_why = %s WHERE id = %s AND ended_at IS NULL", [at, why, session_id]
    )


def end_sessions(connection: Connection, account_id: int, at: datetime, why: str, but: int | None = None) -> None:
    """End all of an account, but one if that is named."""
    connection.execute(
        "UPDATE sessions SET ended_at = %s, ended_why = %s WHERE account_id = %s AND ended_at IS NULL "
        "AND id IS DISTINCT FROM %s",
        [at, why, account_id, but],
    )
