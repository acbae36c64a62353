"""Who asks: by a key or by a session, over real HTTP."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from service.acts.accounts import NewAccount, add_account, deactivate, revoke
from service.acts.keys import add_account_key, add_logger_key, revoke_key
from service.domain.identity.accounts import Account
from service.domain.identity.caller import Grant, Role
from service.store.pool import Connection
from tests.acting import CHEAP, TESTER
from tests.cold_store import register_logger, register_site

VIEWER = Grant(Role.VIEWER, None)


@pytest.fixture
def ana(connection: Connection) -> Account:
    """Somebody who may look."""
    return add_account(connection, TESTER, NewAccount("ana", "Ana M"), "a password of hers", [VIEWER], CHEAP)


def key_of(connection: Connection, account: Account, *granted: Grant, days: float = 1) -> dict[str, str]:
    """The header of a new key."""
    now = datetime.now(UTC)
    made = add_account_key(connection, TESTER, account, "lab", granted or [VIEWER], now, timedelta(days=days))
    return {"Authorization": f"Bearer {made.whole}"}


def refused(api: httpx.Client, headers: dict[str, str], path: str = "/v1/lots") -> str:
    """The words of a 401."""
    answer = httpx.get(f"{api.base_url}{path}", headers=headers)
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    return str(answer.json()["detail"])


def test_nobody_is_anonymous(api: httpx.Client) -> None:
    """Whoever reaches the API reads nothing of a lot, wherever they come from."""
    for path in ("/v1/lots", "/v1/sites", "/v1/alerts", "/metrics"):
        assert "send an API key" in refused(api, {}, path)
    for path in ("/healthz", "/readyz", "/docs", "/openapi.json", "/login", "/static/style.css"):
        assert httpx.get(f"{api.base_url}{path}").status_code == 200, path
    assert httpx.post(f"{api.base_url}/v1/sites", json={"id": "x"}).status_code == 401, "before the body is looked at"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "no API key of this service"),
        ("Bearer", "no API key of this service"),
        ("Basic YW5hOmFuYQ==", "no API key of this service"),
        ("Bearer unb_abcdefgh_short", "no API key of this service"),
        ("Bearer " + "x" * 50_000, "no API key of this service"),
        (f"Bearer unb_abcdefgh_{'x' * 43}", "has no such API key"),
    ],
)
def test_what_is_no_key(api: httpx.Client, given: str, said: str) -> None:
    """A program that sends something else is told what to send."""
    assert said in refused(api, {"Authorization": given})


def test_a_key_is_refused_from_the_moment_it_is_revoked(
    api: httpx.Client, connection: Connection, ana: Account
) -> None:
    """A key that was lost a second ago opens nothing now."""
    header = key_of(connection, ana)
    assert httpx.get(f"{api.base_url}/v1/lots", headers=header).status_code == 200
    prefix = header["Authorization"].removeprefix("Bearer ")[:12]
    revoke_key(connection, TESTER, prefix, datetime.now(UTC), "lost")
    assert f"{prefix}… was revoked" in refused(api, header)


def test_a_key_ends_with_its_time_and_with_its_account(api: httpx.Client, connection: Connection, ana: Account) -> None:
    """What nobody renews, and what was of somebody who left, opens nothing."""
    short = key_of(connection, ana, days=1e-7)
    assert "expired" in refused(api, short)
    header = key_of(connection, ana)
    revoke(connection, TESTER, ana, [VIEWER], datetime.now(UTC), None)
    answer = httpx.get(f"{api.base_url}/v1/lots", headers=header)
    assert answer.status_code == 403
    assert "you have no role" in answer.json()["detail"]
    deactivate(connection, TESTER, ana, datetime.now(UTC), "left")
    assert "deactivated" in refused(api, header)


def test_what_a_key_records_bears_its_owners_name(api: httpx.Client, connection: Connection) -> None:
    """Who recorded it is told by the key, and by nothing that is typed."""
    admin = add_account(
        connection, TESTER, NewAccount("ben", "Ben A"), "a password of his", [Grant(Role.ADMIN, None)], CHEAP
    )
    header = key_of(connection, admin, Grant(Role.ADMIN, None))
    body = {"id": "basel", "name": "Basel", "time_zone": "Europe/Zurich"}
    assert httpx.post(f"{api.base_url}/v1/sites", json=body, headers=header).status_code == 201
    trail = connection.execute(
        "SELECT actor, actor_name, known_by FROM audit_trail WHERE table_name = 'sites' AND row_key = 'basel'"
    ).fetchone()
    assert trail is not None
    assert trail["actor"] == f"key:{header['Authorization'].removeprefix('Bearer ')[:12]}"
    assert (trail["actor_name"], trail["known_by"]) == ("Ben A", "API key")


def test_a_loggers_key_is_the_loggers(api: httpx.Client, connection: Connection) -> None:
    """A logger that sends over HTTP sends its readings, and reads nothing."""
    register_site(api)
    register_logger(api, "ml-1")
    made = add_logger_key(connection, TESTER, "ml-1", "logger", datetime.now(UTC), timedelta(days=1))
    answer = httpx.get(f"{api.base_url}/v1/lots", headers={"Authorization": f"Bearer {made.whole}"})
    assert answer.status_code == 403
    assert "device_http" in answer.json()["detail"]


def test_a_use_is_noted_once_a_minute(api: httpx.Client, connection: Connection) -> None:
    """That somebody calls every second costs no write a second."""
    for _ in range(3):
        assert api.get("/v1/sites").status_code == 200
    [first] = connection.execute("SELECT last_used_at, xmin FROM key_secrets").fetchall()
    assert first["last_used_at"] is not None
    assert api.get("/v1/sites").status_code == 200
    [second] = connection.execute("SELECT last_used_at, xmin FROM key_secrets").fetchall()
    assert second == first
