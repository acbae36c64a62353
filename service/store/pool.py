"""Connections to TimescaleDB."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from service.errors import UnbrokenError

Connection = psycopg.Connection[DictRow]
Pool = ConnectionPool[Connection]

#: Errors after which the same statement may succeed later: the server is away, in recovery, full or overloaded.
DatabaseAwayError = psycopg.OperationalError

#: No connection of the pool answered in time.
PoolTimeoutError = PoolTimeout

#: The database will never take these rows, however often it is asked.
RowRefusedError = (psycopg.DataError, psycopg.IntegrityError)


class DatabaseUnreachableError(UnbrokenError):
    """TimescaleDB does not answer at the address in UNBROKEN_DATABASE_URL."""


def connect(url: str, *, application: str, statement_timeout_s: float = 0) -> Connection:
    """One connection in autocommit mode; use ``with connection.transaction()`` for more than one statement.

    Raises:
        DatabaseUnreachableError: nobody answers within five seconds, or the server refuses.
    """
    try:
        return psycopg.connect(url, **_options(application, statement_timeout_s))
    except psycopg.OperationalError as error:
        raise DatabaseUnreachableError(
            f"cannot reach the database ({str(error).strip()}); start it, or set UNBROKEN_DATABASE_URL to where it is"
        ) from error


@contextmanager
def pool(url: str, *, application: str, size: int = 8) -> Iterator[Pool]:
    """A pool of autocommit connections, each tested before it is handed out."""
    with ConnectionPool(
        url,
        kwargs=_options(application, statement_timeout_s=30),
        connection_class=Connection,
        min_size=1,
        max_size=size,
        open=False,
        check=ConnectionPool.check_connection,
        timeout=5,
    ) as opened:
        yield opened


def _options(application: str, statement_timeout_s: float) -> dict[str, Any]:
    return {
        "autocommit": True,
        "row_factory": dict_row,
        "connect_timeout": 5,
        "application_name": f"unbroken {application}",
        "options": f"-c timezone=UTC -c statement_timeout={int(statement_timeout_s * 1000)}",
        # A peer that vanished without a word is noticed within half a minute.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }
