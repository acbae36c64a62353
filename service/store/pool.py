"""Connections to TimescaleDB, and what its errors mean."""

import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import ConnectionPool

from service.domain.identity.actor import Actor
from service.errors import UnbrokenError

Connection = psycopg.Connection[DictRow]
Pool = ConnectionPool[Connection]

# Some five times as fast as the standard library's: the planner reads two documents of each alert in every round.
set_json_loads(msgspec.json.decode)


class DatabaseUnreachableError(UnbrokenError):
    """TimescaleDB does not answer at the address in UNBROKEN_DATABASE_URL."""


class DatabaseRefusesError(DatabaseUnreachableError):
    """TimescaleDB answers, and does not let us in: user, password or the database's name are wrong."""


#: The database cannot do it now, whatever was asked: away, starting, full, locked, overloaded, or a standby that only
#: reads (SQLSTATE 25006, an InternalError). Ask again later, over a new connection.
DatabaseAwayError = (psycopg.OperationalError, psycopg.InternalError, DatabaseUnreachableError)

#: A table or a column is not there: the schema is not this version's, most likely older.
OtherSchemaError = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn)

# In classes 22 and 23 and yet no fault of the row: identities used up or set back, and a parent row that went away.
_STATE_OF_THE_DATABASE = (
    psycopg.errors.SequenceGeneratorLimitExceeded,
    psycopg.errors.UniqueViolation,
    psycopg.errors.ForeignKeyViolation,
)


def refuses_row(error: Exception) -> bool:
    """Whether the database will never take these rows, however often it is asked: SQLSTATE classes 22 and 23.

    Every other error of psycopg tells of the database's own state, and the same rows may be taken later: also those
    that are nobody's intention, such as a table that was not migrated yet or a privilege not granted.
    """
    refused = isinstance(error, (psycopg.DataError, psycopg.IntegrityError))
    return refused and not isinstance(error, _STATE_OF_THE_DATABASE)


#: SQLSTATE classes that tell of the database itself: connection, transaction, who may come in, rollback, resources,
#: state, operator, system. Whatever was asked, ask again later.
_AWAY = frozenset({"08", "25", "28", "3D", "40", "53", "55", "57", "58"})


def is_away(error: Exception) -> bool:
    """Whether an error says that the database cannot do it now; the connection may be gone.

    False says nothing: of many errors only trying something else shows whether it was the content.
    """
    if not isinstance(error, psycopg.Error):
        return isinstance(error, DatabaseUnreachableError)
    if error.sqlstate is None:
        return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
    return error.sqlstate[:2] in _AWAY


def is_of_database(error: Exception) -> bool:
    """Whether it was raised by the database, or by its client for want of one."""
    return isinstance(error, (psycopg.Error, DatabaseUnreachableError))


def connect(url: str, *, application: str, statement_timeout_s: float = 0, actor: Actor | None = None) -> Connection:
    """One connection in autocommit mode; use ``with connection.transaction()`` for more than one statement.

    `actor`: the part of the service whose connection it is, in whose name it records what it does by itself. Without
    one, people's tables take nothing but inside ``acting`` (service/store/acting.py).

    A statement that takes longer than `statement_timeout_s` (0: no bound) is given up, and so is a transaction in which
    nothing happens for as long: a client that vanished in the middle must not leave its locks behind.

    Raises:
        DatabaseRefusesError: user, password or the database's name are wrong.
        DatabaseUnreachableError: nobody answers within five seconds, the server lets nobody in now, or the address has
            a parameter that there is not.
    """
    try:
        return psycopg.connect(url, **_options(application, statement_timeout_s, actor))
    except psycopg.OperationalError as error:
        raise _unreachable(str(error)) from error
    except psycopg.ProgrammingError:
        # What it says may hold a piece of a password.
        raise DatabaseUnreachableError(
            "UNBROKEN_DATABASE_URL has a parameter that PostgreSQL's client does not know; correct or remove it"
        ) from None


#: What PostgreSQL says in English to those whom it never lets in, and what they can do. Its client tells no SQLSTATE.
_REFUSALS = (
    (r'password authentication failed for user ".*?"', "put the right user and password into UNBROKEN_DATABASE_URL"),
    (r"no password supplied", "put the user's password into UNBROKEN_DATABASE_URL"),
    (r'\w+ authentication failed for user ".*?"', "put the right user into UNBROKEN_DATABASE_URL"),
    (r'role ".*?" (?:does not exist|is not permitted to log in)', "put the right user into UNBROKEN_DATABASE_URL"),
    (r'database ".*?" does not exist', "create it, or put the right name into UNBROKEN_DATABASE_URL"),
    (r'permission denied for database ".*?"', "grant CONNECT to the user, or set UNBROKEN_DATABASE_URL to another"),
    (r"no pg_hba\.conf entry for .*?(?=$|\n)", "allow it there, or put the right user into UNBROKEN_DATABASE_URL"),
)


def _unreachable(said: str) -> DatabaseUnreachableError:
    for pattern, to_do in _REFUSALS:
        if found := re.search(pattern, said):
            return DatabaseRefusesError(f"the database does not let us in: {found[0]}; {to_do}")
    # Several lines where a host has several addresses; what it asks us we say better.
    why = re.sub(r" Is the server running (?:on that host|locally) and accepting .*?\?", "", " ".join(said.split()))
    why = why.removeprefix("connection failed: ")
    if "FATAL:" in why:
        return DatabaseUnreachableError(f"the database does not let us in now: {why.rpartition('FATAL:')[2].strip()}")
    return DatabaseUnreachableError(
        f"cannot reach the database ({why}); start it, or set UNBROKEN_DATABASE_URL to where it is"
    )


#: One that was handed out this lately lives: to ask it costs as much as a short query.
_RESTED_S = 1.0

_handed_out_s: WeakKeyDictionary[psycopg.Connection[Any], float] = WeakKeyDictionary()


def _check_rested(connection: psycopg.Connection[Any]) -> None:
    now_s = time.monotonic()
    if now_s - _handed_out_s.get(connection, float("-inf")) > _RESTED_S:
        ConnectionPool.check_connection(connection)
    _handed_out_s[connection] = now_s


@contextmanager
def pool(url: str, *, application: str, size: int = 8, actor: Actor | None = None) -> Iterator[Pool]:
    """A pool of autocommit connections, each that has rested is tested before it is handed out.

    A database that was away is noticed within about a second of its return, however long it was away: by itself the
    pool waits twice as long after each failure.
    """
    with ConnectionPool(
        url,
        kwargs=_options(application, 30, actor),
        connection_class=Connection,
        min_size=1,
        max_size=size,
        open=False,
        check=_check_rested,
        timeout=5,
        # It gives up after a second, and begins anew for whoever waits: a check grows an empty pool.
        reconnect_timeout=1,
        reconnect_failed=ConnectionPool.check,
    ) as opened:
        yield opened


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """Meanwhile every query sees the database as it was at the first one: all of a pass of the evaluator, or nothing.

    It is a transaction, and cannot begin inside one.
    """
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def cut(connection: Connection) -> None:
    """End a connection that another thread waits on: that thread gets an error at once, the server no word."""
    with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def _options(application: str, statement_timeout_s: float, actor: Actor | None) -> dict[str, Any]:
    timeout_ms = int(statement_timeout_s * 1000)
    of_session = {
        "timezone": "UTC",
        # Compiling a query takes longer than any of ours.
        "jit": "off",
        "statement_timeout": timeout_ms,
        "idle_in_transaction_session_timeout": timeout_ms,
        # The server's side of the keepalives below; its own default is two hours.
        "tcp_keepalives_idle": 10,
        "tcp_keepalives_interval": 5,
        "tcp_keepalives_count": 3,
    }
    if actor is not None:
        of_session |= {
            "unbroken.actor": actor.id,
            "unbroken.actor_name": actor.name,
            "unbroken.known_by": actor.known_by,
        }
    return {
        "autocommit": True,
        "row_factory": dict_row,
        "connect_timeout": 5,
        "application_name": f"unbroken {application}",
        "options": " ".join(f"-c {name}={_escaped(str(value))}" for name, value in of_session.items()),
        # A peer that vanished without a word is noticed within half a minute, also while it owes us an acknowledgement.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 25_000,
    }


def _escaped(value: str) -> str:
    """A value as the server takes options apart: at spaces, but for those after a backslash."""
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
