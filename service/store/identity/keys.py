"""API keys: what a program or a logger sends with each request. Of the key only its SHA-256 is kept."""

from dataclasses import dataclass
from datetime import datetime

from service.errors import NotFoundError
from service.store.identity.sessions import GRANTS_OF
from service.store.new_rows import new_row
from service.store.pool import Connection
from service.store.rows import all_rows, columns, one_row, one_value


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key about to be given: of an account, or of a logger."""

    prefix: str
    name: str
    account_id: int | None
    logger_id: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as people see it: never the whole of it.

    Attributes:
        prefix: how it begins.
        login: of the account it belongs to, if it does.
        granted: as `grants_from` of the sessions' module reads it.
    """

    id: int
    prefix: str
    name: str
    account_id: int | None
    login: str | None
    logger_id: str | None
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    granted: str


@dataclass(frozen=True, slots=True)
class KeyCaller:
    """A key with what it and its account may do.

    Attributes:
        owner: printed name of its account; None: it is a logger's.
        granted, granted_account: to the key itself, and to its account; as `grants_from` reads it.
    """

    id: int
    prefix: str
    account_id: int | None
    logger_id: str | None
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    owner: str | None
    deactivated_at: datetime | None
    granted: str
    granted_account: str


def add_key(connection: Connection, key: NewKey, sha256: bytes) -> int:
    """A new key, without anything granted; its id.

    Raises:
        RefusedError: there is no such logger.
    """
    with new_row("key", key.prefix, logger_id=key.logger_id or ""):
        key_id = one_value(
            connection,
            f"INSERT INTO api_keys ({columns(NewKey)}) VALUES (%s, %s, %s, %s, %s) RETURNING id",
            [key.prefix, key.name, key.account_id, key.logger_id, key.expires_at],
        )
        connection.execute("INSERT INTO key_secrets (key_id, sha256) VALUES (%s, %s)", [key_id, sha256])
    return int(key_id)


_KEY_OF = (
    "SELECT api_keys.id, prefix, api_keys.account_id, logger_id, expires_at, revoked_at, last_used_at, "
    "accounts.name AS owner, deactivated_at, "
    f"{GRANTS_OF.format(column='grants.key_id', id='api_keys.id')} AS granted, "
    f"{GRANTS_OF.format(column='grants.account_id', id='api_keys.account_id')} AS granted_account "
    "FROM key_secrets JOIN api_keys ON api_keys.id = key_id "
    "LEFT JOIN accounts ON accounts.id = api_keys.account_id WHERE sha256 = %s"
)


def key_of(connection: Connection, sha256: bytes) -> KeyCaller | None:
    """Whose key this is, and what it may do: one statement, for every request needs it."""
    return one_row(connection, KeyCaller, _KEY_OF, [sha256])


def note_use(connection: Connection, key_id: int, at: datetime) -> None:
    """It was used."""
    connection.execute(
        "UPDATE key_secrets SET last_used_at = %s WHERE key_id = %s AND (last_used_at IS NULL OR last_used_at < %s)",
        [at, key_id, at],
    )


_KEY = (
    "SELECT api_keys.id, prefix, api_keys.name, api_keys.account_id, login, logger_id, api_keys.made_at, expires_at, "
    f"revoked_at, last_used_at, {GRANTS_OF.format(column='grants.key_id', id='api_keys.id')} AS granted "
    "FROM api_keys JOIN key_secrets ON key_id = api_keys.id LEFT JOIN accounts ON accounts.id = api_keys.account_id "
)


def keys(connection: Connection) -> list[ApiKey]:
    """All keys, the newest first."""
    return all_rows(connection, ApiKey, f"{_KEY} ORDER BY api_keys.id DESC")


def key_named(connection: Connection, prefix: str) -> ApiKey:
    """One key.

    Raises:
        NotFoundError: no key begins so.
    """
    found = one_row(connection, ApiKey, f"{_KEY} WHERE prefix = %s", [prefix])
    if found is None:
        raise NotFoundError(f"no key begins with {prefix!r}; `unbroken key list` lists them")
    return found


def revoke_key(connection: Connection, key_id: int, at: datetime) -> None:
    """Nobody is let in by it any more."""
    connection.execute("UPDATE api_keys SET revoked_at = %s WHERE id = %s AND revoked_at IS NULL", [at, key_id])
