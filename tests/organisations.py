"""A maker and clinics on one service, each with its own people."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx

from service.acts.accounts import NewAccount, add_account
from service.acts.keys import add_account_key
from service.domain.identity.caller import Grant, Role
from service.store.identity.accounts import account_of_login
from service.store.pool import Connection
from tests.acting import CHEAP, TESTER
from tests.callers import headed
from tests.cold_store import put


def add_organisation(api: httpx.Client, connection: Connection, name: str, kind: str) -> None:
    """An organisation with a site of its name, a freezer and a box there, and a custodian `{name}-custodian`."""
    put(api, "/organisations", {"id": name, "name": name.capitalize(), "kind": kind})
    site = {"id": f"{name}-site", "name": name.capitalize(), "time_zone": "Europe/Zurich", "organisation_id": name}
    put(api, "/sites", site)
    for thing in ("freezer", "box", "shipper"):
        body = {
            "id": f"{name}-{thing}",
            "site_id": f"{name}-site",
            "name": thing,
            "kind": thing,
            "profile_id": "cryo-80",
        }
        put(api, "/containers", body)
    grants = [Grant(role, f"{name}-site") for role in (Role.CUSTODIAN, Role.QUALITY)]
    new = NewAccount(f"{name}-custodian", f"C. of {name.capitalize()}")
    add_account(connection, TESTER, new, "correct horse battery", grants, CHEAP)


@contextmanager
def as_of(api: httpx.Client, connection: Connection, name: str) -> Iterator[None]:
    """Meanwhile the custodian of an organisation calls."""
    account = account_of_login(connection, f"{name}-custodian")
    assert account is not None
    granted = [Grant(role, f"{name}-site") for role in (Role.CUSTODIAN, Role.QUALITY)]
    now = datetime.now(UTC)
    key = add_account_key(connection, TESTER, account, "of one test", granted, now, timedelta(days=1))
    with headed(api, f"Bearer {key.whole}"):
        yield
