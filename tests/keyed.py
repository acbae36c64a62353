"""The API key by which tests call, where who calls is not what they are about: it may do everything, everywhere."""

from datetime import UTC, datetime

from service.acts.accounts import NewAccount, add_account
from service.auth.tokens import sha256
from service.domain.identity.caller import Grant, Role
from service.store.acting import acting
from service.store.identity.grants import grant_key
from service.store.identity.keys import NewKey, add_key
from service.store.pool import Connection
from tests.acting import CHEAP, TESTER

_PREFIX = "unb_testtest"
KEY = f"{_PREFIX}_{'t' * 43}"
HEADERS = {"Authorization": f"Bearer {KEY}"}

_EVERYTHING = [Grant(role, None) for role in Role]


def add_tester(connection: Connection) -> None:
    """The account of T. Tester, and its key."""
    account = add_account(connection, TESTER, NewAccount("tester", TESTER.name), KEY, _EVERYTHING, CHEAP)
    with acting(connection, TESTER):
        key = NewKey(_PREFIX, "of the tests", account.id, None, datetime(2100, 1, 1, tzinfo=UTC))
        key_id = add_key(connection, key, sha256(KEY))
        for grant in _EVERYTHING:
            grant_key(connection, key_id, grant)
