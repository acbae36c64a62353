"""API keys given and taken back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from service.auth.tokens import MadeKey, new_key, sha256
from service.domain.identity.accounts import Account, why_no_name
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Grant, Role
from service.errors import ConflictError, RefusedError
from service.store.acting import acting
from service.store.identity import grants, keys
from service.store.pool import Connection

#: Longest that a key is good for: what nobody renews, nobody remembers.
LONGEST = timedelta(days=731)


def add_account_key(
    connection: Connection,
    actor: Actor,
    account: Account,
    name: str,
    granted: Sequence[Grant],
    now: datetime,
    good_for: timedelta,
) -> MadeKey:
    """A key for a program that acts for an account: it may do what is granted to it, and never more than the account.

    Raises:
        RefusedError: the name or the time will not do, nothing is granted, or there is no such site.
        ConflictError: the account is deactivated.
    """
    if not granted:
        raise RefusedError("grant", "say what the key may do, such as viewer, or custodian@basel for one site alone")
    if account.deactivated_at is not None:
        raise ConflictError(f"{account.login!r} is deactivated: nobody is let in by a key of it")
    return _add(connection, actor, name, granted, now, good_for, account_id=account.id)


def add_logger_key(
    connection: Connection, actor: Actor, logger_id: str, name: str, now: datetime, good_for: timedelta
) -> MadeKey:
    """A key for a logger that sends over HTTP: it may send its own readings, and no more.

    Raises:
        RefusedError: the name or the time will not do, or there is no such logger.
    """
    return _add(connection, actor, name, [Grant(Role.DEVICE_HTTP, None)], now, good_for, logger_id=logger_id)


def _add(
    connection: Connection,
    actor: Actor,
    name: str,
    granted: Sequence[Grant],
    now: datetime,
    good_for: timedelta,
    *,
    account_id: int | None = None,
    logger_id: str | None = None,
) -> MadeKey:
    if why := why_no_name(name):
        raise RefusedError("name", why)
    if not timedelta(0) < good_for <= LONGEST:
        raise RefusedError("days", f"a key is good for 1 to {LONGEST.days} days; make a new one before it ends")
    made = new_key()
    with acting(connection, actor):
        new = keys.NewKey(made.prefix, name.strip(), account_id, logger_id, now + good_for)
        key_id = keys.add_key(connection, new, sha256(made.whole))
        for one in dict.fromkeys(granted):
            grants.grant_key(connection, key_id, one)
    return made


def revoke_key(connection: Connection, actor: Actor, prefix: str, now: datetime, reason: str | None) -> None:
    """Let nobody in by a key, from the next request on.

    Raises:
        NotFoundError: no key begins so.
        ConflictError: it was revoked.
    """
    with acting(connection, actor, reason):
        found = keys.key_named(connection, prefix)
        if found.revoked_at is not None:
            raise ConflictError(f"key {prefix!r} was revoked already")
        keys.revoke_key(connection, found.id, now)
