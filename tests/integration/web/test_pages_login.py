"""Pages on which people log in and out, and what is refused there."""

import html
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest

from service.acts.accounts import NewAccount, add_account, deactivate
from service.domain.identity.accounts import Account
from service.domain.identity.caller import Grant, Role
from service.store.identity.credentials import credentials
from service.store.pool import Connection
from tests.acting import CHEAP, TESTER

PASSWORD = "a password of hers"  # noqa: S105  of an account that lives as long as a test
HTML = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1"}


@pytest.fixture
def ana(connection: Connection) -> Account:
    """Somebody of quality, who may also look without a code."""
    granted = [Grant(Role.QUALITY, None), Grant(Role.VIEWER, None)]
    return add_account(connection, TESTER, NewAccount("ana", "Ana M"), PASSWORD, granted, CHEAP)


@contextmanager
def browser(api: httpx.Client) -> Iterator[httpx.Client]:
    """Somebody at a browser of their own, who has no key."""
    with httpx.Client(base_url=api.base_url, headers=HTML, follow_redirects=True) as client:
        yield client


def log_in(client: httpx.Client, **more: str) -> httpx.Response:
    return client.post("/login", data={"name": "ana", "password": PASSWORD, **more})


def test_a_page_asks_who_you_are_and_leads_on(api: httpx.Client, ana: Account) -> None:
    """Whoever scans a label is asked once, and then sees the lot they asked for."""
    with browser(api) as client:
        asked = client.get("/lots/mx-1?from=label")
        assert asked.url.path == "/login"
        assert 'name="next" value="/lots/mx-1?from=label"' in asked.text
        led = log_in(client, next="/lots/mx-1?from=label")
        assert str(led.url).endswith("/lots/mx-1?from=label")
        assert "mx-1" in led.text
        cookie = led.history[0].headers["set-cookie"]
        assert cookie.startswith("unbroken=")
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert led.headers["cache-control"] == "no-store"
        assert client.get("/v1/lots", headers={"Accept": "application/json"}).status_code == 200, "the page's own API"
        assert client.get("/login?next=/alerts").url.path == "/alerts", "who is logged in is not asked again"
        assert ana.name in client.get("/account").text
        assert client.post("/logout").url.path == "/login"
        assert client.get("/alerts").url.path == "/login"


def test_over_tls_the_cookie_is_ours_alone(api: httpx.Client, ana: Account) -> None:
    """A neighbour of the hospital's domain can neither read the login of quality nor plant one."""
    assert ana
    with browser(api) as client:
        client.follow_redirects = False
        # As a proxy with TLS before it says: this server believes the one on its own machine.
        tls = {"X-Forwarded-Proto": "https"}
        begun = client.post("/login", data={"name": "ana", "password": PASSWORD}, headers=tls)
        name, _, rest = begun.headers["set-cookie"].partition("=")
        assert name == "__Host-unbroken"
        assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(rest.split("; "))
        assert "Domain" not in rest
        token = rest.partition(";")[0]
        for cookie, status in ((f"__Host-unbroken={token}", 200), (f"unbroken={token}", 303)):
            answer = httpx.get(f"{api.base_url}/account", headers={**HTML, **tls, "Cookie": cookie})
            assert answer.status_code == status, cookie


def test_the_token_changes_at_each_login(api: httpx.Client, ana: Account) -> None:
    """A token that somebody planted in a browser is worth nothing once its owner logs in; the one before ends."""
    assert ana
    with browser(api) as client:
        planted = {"Cookie": f"unbroken={'planted' * 6}"}
        client.post("/login", data={"name": "ana", "password": PASSWORD}, headers=planted)
        first = client.cookies["unbroken"]
        assert "planted" not in first
        log_in(client)
        assert client.cookies["unbroken"] != first
    with browser(api) as thief:
        thief.cookies.set("unbroken", first)
        assert "ou logged in anew" in thief.get("/alerts").text


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "\n/"]
)
def test_a_login_leads_nowhere_else(api: httpx.Client, ana: Account, next_page: str) -> None:
    """A link to our login that leads to another's page afterwards is a trap."""
    assert ana
    with browser(api) as client:
        client.follow_redirects = False
        assert log_in(client, next=next_page).headers["location"] == "/"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ana", "wrong"),
        ("nobody", PASSWORD),
        ("ana" * 3_000_000, PASSWORD),
        ("ana" * 300_000, PASSWORD),
        ("", ""),
        ("a\0", "b"),
    ],
)
def test_a_login_that_fails_says_what_to_do(api: httpx.Client, ana: Account, name: str, password: str) -> None:
    """The same for every reason, also for a name of ten megabytes."""
    assert ana
    with browser(api) as client:
        answer = client.post("/login", data={"name": name, "password": password}, timeout=60)
        assert answer.status_code in {400, 413, 422}
        assert answer.status_code == (413 if len(name) > 1 << 20 else answer.status_code)
        assert answer.status_code != 422 or "do not belong together" in answer.text
        assert len(answer.text) < 20_000
        assert "unbroken" not in client.cookies


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": ""}]
)
def test_another_sites_page_does_nothing_here(api: httpx.Client, ana: Account, headers: dict[str, str]) -> None:
    """A button in a mail changes nothing, whoever is logged in; nor does it log anybody in as somebody else."""
    assert ana
    with browser(api) as client:
        log_in(client)
        for path in ("/account/sessions", "/account/password", "/logout", "/login"):
            answer = client.post(path, headers=headers, data={"name": "ana", "password": PASSWORD})
            assert answer.status_code == 403, path
            assert "Another page asked for it in your name" in answer.text
        sites = client.post("/v1/sites", headers={**headers, "Accept": "*/*"}, json={"id": "a"})
        assert sites.status_code == 403
        assert sites.headers["content-type"] == "application/problem+json"
        assert client.get("/account").url.path == "/account", "still logged in"


def test_a_session_that_ended_says_why(api: httpx.Client, connection: Connection, ana: Account) -> None:
    """Idle, over, or its account gone: the page says which, and the API too."""
    with browser(api) as client:
        log_in(client)
        connection.execute("UPDATE sessions SET active_at = active_at - interval '31 min'")
        assert "nothing was done here for a while" in client.get("/").text
        problem = client.get("/v1/lots", headers={"Accept": "application/json"})
        assert problem.status_code == 401
        assert "log in again" in problem.json()["detail"]
        log_in(client)
        connection.execute("UPDATE sessions SET ends_at = now()")
        assert "no longer than this one did" in client.get("/").text
        log_in(client)
        deactivate(connection, TESTER, ana, datetime.now(UTC), "left")
        assert "your account was deactivated" in client.get("/").text


def test_a_pages_own_refreshing_is_no_activity(api: httpx.Client, connection: Connection, ana: Account) -> None:
    """The list on the wall does not keep its last reader logged in; a click does, noted once a minute."""
    assert ana
    with browser(api) as client:
        log_in(client)

        def active_since_s() -> float:
            row = connection.execute("SELECT extract(epoch FROM now() - max(active_at)) AS s FROM sessions").fetchone()
            assert row is not None
            return float(row["s"])

        connection.execute("UPDATE sessions SET active_at = active_at - interval '10 min'")
        client.get("/", headers={"Sec-Fetch-Mode": "cors", "Sec-Fetch-User": ""})
        client.get("/v1/lots/counts", headers={"Sec-Fetch-Mode": "cors", "Accept": "*/*"})
        assert active_since_s() > 590
        client.get("/")
        assert active_since_s() < 60


def test_what_was_typed_survives_a_login_that_ran_out(api: httpx.Client, connection: Connection, ana: Account) -> None:
    """Whoever was called away in the middle of a form types nothing twice, but for what is secret."""
    assert ana
    with browser(api) as client:
        log_in(client)
        connection.execute("UPDATE sessions SET ended_at = now(), ended_why = 'somebody ended it'")
        typed = {"new_password": "a new one of hers", "comment": 'moved <b>"all"</b> of it'}
        asked = client.post("/account/password", data=typed)
        assert asked.status_code == 401
        assert "somebody ended it" in asked.text
        assert "What you typed is kept" in asked.text
        assert "a new one of hers" not in asked.text
        kept = _value_of(asked.text, "fields")
        wrong = client.post(
            "/login", data={"name": "ana", "password": "no", "next": "/account/password", "fields": kept}
        )
        assert _value_of(wrong.text, "fields") == kept, "also through a login that fails"
        again = log_in(client, next="/account/password", fields=kept)
        assert "nothing of it was done yet" in again.text
        assert 'action="/account/password"' in again.text
        assert "moved &lt;b&gt;&#34;all&#34;&lt;/b&gt; of it" in again.text
        assert 'name="new_password" type="password"' in again.text


def test_what_another_site_sent_is_not_kept_as_if_it_were_typed(api: httpx.Client) -> None:
    """A browser sends another site's form without our cookie: logging in must not lay it before its owner to send."""
    with browser(api) as client:
        typed = {"act": "move", "container": "freezer", "to": "warm"}
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            asked = client.post("/alerts/1", data=typed, headers=headers)
            assert asked.status_code == 401
            assert "another site's page" in html.unescape(asked.text)
            assert "warm" not in asked.text
            assert _value_of(asked.text, "next") == "/"
        assert "warm" in client.post("/alerts/1", data=typed).text


def _value_of(text: str, name: str) -> str:
    return html.unescape(text.partition(f'name="{name}" value="')[2].partition('"')[0])


def test_quality_sets_up_an_app_and_logs_in_with_its_code(
    api: httpx.Client, connection: Connection, ana: Account
) -> None:
    """Quality counts from the first login with a code on; the pages lead there."""
    with browser(api) as client:
        log_in(client)
        shown = client.get("/account").text
        assert "Quality counts only with a code" in shown
        assert "<svg" in shown
        kept = credentials(connection, ana.id)
        assert kept.new_code_secret is not None
        assert kept.new_code_secret in shown.replace(" ", "")
        app = pyotp.TOTP(kept.new_code_secret)
        wrong = client.post("/account/app", data={"password": PASSWORD, "code": "000000"})
        assert wrong.status_code == 422
        assert "not the code" in wrong.text
        earlier = datetime.now(UTC) - timedelta(seconds=30)
        codes = client.post("/account/app", data={"password": PASSWORD, "code": app.at(earlier)})
        assert codes.text.count("<li><code>") == 10
        asked = log_in(client, next="/account")
        assert "Your code" in asked.text
        assert client.get("/alerts").url.path == "/login", "the password alone opens nothing"
        asked = log_in(client, next="/account")
        assert "not the code" in client.post("/login/code", data={"code": "000000", "next": "/account"}).text
        done = client.post("/login/code", data={"code": app.now(), "next": "/account"})
        assert done.url.path == "/account"
        assert "may act as: quality, viewer" in done.text
        assert "10 recovery codes are left" in done.text
        one = codes.text.partition("<li><code>")[2][:19]
        renewed = client.post("/account/recovery-codes", data={"code": one})
        assert renewed.text.count("<li><code>") == 10


def test_two_tabs_that_log_in(api: httpx.Client, connection: Connection, ana: Account) -> None:
    """Whoever logs in in two tabs is logged in in both, and neither shows an error."""
    assert ana
    with browser(api) as client:
        log_in(client)
        kept = client.get("/account") and credentials(connection, ana.id).new_code_secret
        assert kept is not None
        app = pyotp.TOTP(kept)
        earlier = datetime.now(UTC) - timedelta(seconds=30)
        client.post("/account/app", data={"password": PASSWORD, "code": app.at(earlier)})
        log_in(client, next="/")
        log_in(client, next="/alerts")
        assert client.post("/login/code", data={"code": app.now(), "next": "/alerts"}).url.path == "/alerts"
        other = client.post("/login/code", data={"code": app.now(), "next": "/account"})
        assert other.url.path == "/account", "the other tab is led on, though its code was used"


def test_somebody_changes_their_password(api: httpx.Client, ana: Account) -> None:
    """The other browsers are out; this one stays."""
    assert ana
    with browser(api) as here, browser(api) as there:
        log_in(here)
        log_in(there)
        assert "Where you are logged in" in here.get("/account").text
        new = {"old_password": PASSWORD, "new_password": "another one", "new_password_again": "another one"}
        assert "in two ways" in here.post("/account/password", data={**new, "new_password_again": "x"}).text
        assert "not your password" in here.post("/account/password", data={**new, "old_password": "x"}).text
        assert (
            "8 letters"
            in here.post("/account/password", data={**new, "new_password": "x", "new_password_again": "x"}).text
        )
        assert "Your password is changed" in here.post("/account/password", data=new).text
        assert "your password was changed" in there.get("/account").text
        assert there.post("/login", data={"name": "ana", "password": "another one"}).url.path == "/"
        assert "in every other browser" in here.post("/account/sessions").text
        assert there.get("/").url.path == "/login"


def test_an_admin_looks_after_accounts(api: httpx.Client, ana: Account) -> None:
    """Added, granted, let in again and deactivated on one page; the last admin stays."""
    assert ana
    new = {"act": "add", "login": "ben", "name": "Ben A", "role": "custodian", "password": "a password of his"}

    def change(**fields: str) -> str:
        return api.post("/accounts", data=fields, headers=HTML, follow_redirects=True).text

    assert "Ben A" in change(**new)
    assert "exists already" in change(**new)
    assert "no role" in change(**{**new, "login": "eva", "role": "boss"})
    assert "custodian, technician" in change(act="grant", login="ben", role="technician", reason="new duty")
    assert "custodian, technician" not in change(act="revoke", login="ben", role="technician")
    with browser(api) as client:
        for _ in range(5):
            client.post("/login", data={"name": "ben", "password": "wrong"})
        assert "do not belong together" in client.post("/login", data={"name": "ben", "password": new["password"]}).text
        assert "5 failed tries" in api.get("/accounts", headers=HTML).text
        assert "Somebody tries passwords" in api.get("/account", headers=HTML).text
        assert "failed tries" not in change(act="unlock", login="ben")
        assert client.post("/login", data={"name": "ben", "password": new["password"]}).url.path == "/"
        change(act="reset", login="ben", password="a third password")
        assert "set anew" in client.get("/").text
        assert client.get("/accounts").url.path == "/login"
        client.post("/login", data={"name": "ben", "password": "a third password"})
        assert client.get("/accounts").status_code == 403
    assert "deactivated" in change(act="deactivate", login="ben", reason="left")
    assert "last admin" in change(act="deactivate", login="tester", reason="left")
    assert "not sent whole" in change(act="", login="ben")
