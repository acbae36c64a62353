"""Whoever calls the API in a test, by a key of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx

from service.acts.keys import add_account_key, add_logger_key
from service.domain.identity.caller import Grant, Role
from service.store.identity.accounts import account_of_login
from service.store.pool import Connection
from tests.acting import TESTER

_DAY = timedelta(days=1)


@contextmanager
def calling(api: httpx.Client, connection: Connection, *grants: tuple[Role, str | None]) -> Iterator[None]:
    """Meanwhile every request has a key that was granted this: a role, at a site or at all of them."""
    account = account_of_login(connection, "tester")
    assert account is not None
    granted = [Grant(*grant) for grant in grants]
    key = add_account_key(connection, TESTER, account, "of one test", granted, datetime.now(UTC), _DAY)
    with headed(api, f"Bearer {key.whole}"):
        yield


@contextmanager
def called_by_logger(api: httpx.Client, connection: Connection, logger_id: str) -> Iterator[None]:
    """Meanwhile every request has the key of a logger that sends by itself."""
    key = add_logger_key(connection, TESTER, logger_id, "of the logger", datetime.now(UTC), _DAY)
    with headed(api, f"Bearer {key.whole}"):
        yield


@contextmanager
def called_by_nobody(api: httpx.Client) -> Iterator[None]:
    """Meanwhile no request says who asks."""
    with headed(api, None):
        yield


@contextmanager
def headed(api: httpx.Client, authorization: str | None) -> Iterator[None]:
    """Meanwhile every request says this of who asks; None: nothing."""
    usual = api.headers.pop("Authorization")
    if authorization is not None:
        api.headers["Authorization"] = authorization
    try:
        yield
    finally:
        api.headers["Authorization"] = usual
