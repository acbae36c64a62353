"""Kiosks: enrolled for one site, read only; and people who act there with a PIN."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from service.acts.accounts import NewAccount, account_named, add_account, deactivate, reset_password
from service.acts.kiosk import NotKnownAtKioskError, Typed, enrol_kiosk, person_at, revoke_kiosk
from service.acts.own_account import set_pin
from service.acts.signatures import Given, sign
from service.auth.identification import NoKioskError
from service.domain.identity.accounts import Account
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Caller, Grant, Role
from service.errors import RefusedError
from service.settings import Settings
from service.store.identity.kiosks import kiosks
from service.store.pool import Connection
from tests.acting import CHEAP, TESTER
from tests.cold_store import ago, evaluate, furnish, put, register_lot, register_site
from tests.routes import address, answering

PASSWORD, PIN = "a password of hers", "270391"
BERN = {"id": "bern", "name": "Bern", "time_zone": "Europe/Zurich"}
HTML = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1"}
ADMIN = Grant(Role.ADMIN, None)
NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def admin(connection: Connection) -> Account:
    """An admin of the demo, who needs no code."""
    return add_account(connection, TESTER, NewAccount("ada", "Ada A", is_demo=True), PASSWORD, [ADMIN], CHEAP)


@contextmanager
def browser(api: httpx.Client) -> Iterator[httpx.Client]:
    """A browser of its own, that has no key."""
    with httpx.Client(base_url=api.base_url, headers=HTML, follow_redirects=True) as client:
        yield client


@contextmanager
def kiosk_of(api: httpx.Client, site: str = "zurich") -> Iterator[httpx.Client]:
    """A device that an admin has just made a kiosk."""
    with browser(api) as client:
        client.post("/login", data={"name": "ada", "password": PASSWORD})
        first = client.post("/kiosks", data={"name": "Tablet at F2", "site": site})
        assert first.url.path == "/", first.text
        yield client


def token_at(connection: Connection, site: str, session_id: int = 1) -> str:
    """The token of a kiosk that was just enrolled there."""
    admin = Caller(TESTER, (ADMIN,), 1, session_id=session_id)
    return enrol_kiosk(connection, admin, f"tablet of {site}", site, NOW)


def ana_of(connection: Connection, *granted: Grant, demo: bool = False) -> Account:
    """Somebody with a PIN."""
    ana = add_account(connection, TESTER, NewAccount("ana", "Ana M", is_demo=demo), PASSWORD, granted, CHEAP)
    set_pin(connection, Actor(f"account:{ana.id}", "Ana M", "password"), ana, PASSWORD, PIN, CHEAP, NOW)
    return account_named(connection, "ana")


def test_a_device_is_enrolled_on_itself(api: httpx.Client, connection: Connection, admin: Account) -> None:
    """From then on whoever stands before it sees the answers of one site, and nobody is logged in there."""
    furnish(api, "freezer")
    register_lot(api, "mx-1", "freezer")
    with browser(api) as client:
        client.post("/login", data={"name": "ada", "password": PASSWORD})
        assert "No device is a kiosk yet" in client.get("/kiosks").text
        assert "printed beside" in client.post("/kiosks", data={"name": " ", "site": "zurich"}).text
        assert client.post("/kiosks", data={"name": "x", "site": "nowhere"}).status_code == 422
        enrolled = client.post("/kiosks", data={"name": "Tablet", "site": "zurich"})
        cookies = enrolled.history[0].headers.get_list("set-cookie")
        assert any(one.startswith("unbroken-kiosk=") and "HttpOnly" in one and "Max-Age=345" in one for one in cookies)
        assert "unbroken" not in client.cookies, "the admin is logged out here"
        assert admin.name not in enrolled.text
        assert "/account" not in enrolled.text
        assert "May this vial be used?" in enrolled.text
        lot = client.get("/lots/mx-1")
        assert str(lot.url).endswith("/scan?lot=mx-1"), "its answer, and no names of those who signed"
        assert "All about this lot" not in lot.text
        assert 'http-equiv="refresh" content="60;url=/"' in lot.text
        assert lot.text.count('http-equiv="refresh"') == 1
        change = {"kind": "placement", "row_id": "mx-1-freezer", "replacement": {"from": ago(61)}, "reason": "a slip"}
        assert api.post("/v1/corrections", json=change).status_code == 201
        evaluate(connection)
        assert TESTER.name in api.get("/?q=mx").text
        for path in ("/?q=mx", "/scan?lot=mx-1"):
            shown = client.get(path).text
            assert "mx-1" in shown.lower()
            assert TESTER.name not in shown, "who recorded it is nobody's business here"
        for path in ("/v1/lots/mx-1", "/v1/lots/mx-1/status", "/v1/scan?code=mx-1"):
            refused = client.get(path)
            assert (refused.status_code, "names nobody" in refused.text) == (403, True), path
        for path in ("/alerts", "/account", "/accounts", "/kiosks", "/to-sign"):
            refused = client.get(path)
            assert (refused.status_code, refused.url.path) == (403, path)
            assert 'content="60;url=/"' in refused.text, "that is not left standing either"
    with browser(api) as client:
        client.post("/login", data={"name": "ada", "password": PASSWORD})
        listed = client.get("/kiosks").text
        assert "Tablet" in listed
        assert admin.name in listed
        assert "not yet" not in listed, "it was seen"


def test_over_tls_the_cookie_is_ours_alone(api: httpx.Client) -> None:
    """No neighbour of the hospital's domain makes a device its own kiosk."""
    register_site(api)
    with browser(api) as client:
        client.follow_redirects = False
        tls = {"X-Forwarded-Proto": "https"}
        login = client.post("/login", data={"name": "ada", "password": PASSWORD}, headers=tls)
        session = login.headers["set-cookie"].partition(";")[0]
        form = {"name": "Tablet", "site": "zurich"}
        enrolled = httpx.post(f"{api.base_url}/kiosks", data=form, headers={**HTML, **tls, "Cookie": session})
        given = enrolled.headers.get_list("set-cookie")
        assert any(one.startswith("__Host-unbroken-kiosk=") and "Secure" in one and "Path=/" in one for one in given)


def test_a_kiosk_changes_nothing(api: httpx.Client, http_service: FastAPI, connection: Connection) -> None:
    """Every form and every route that records something refuses it, whatever it is sent."""
    furnish(api)
    with kiosk_of(api) as client:
        before = connection.execute("SELECT max(id) AS last FROM audit_trail").fetchone()
        asked = 0
        for route in answering(http_service):
            for method in route.methods - {"GET"}:
                path = re.sub(r"{[^}]*}", "1", route.path)
                answer = client.request(method, path, data={"kiosk_name": "", "kiosk_password": ""})
                if path in {"/login", "/login/code", "/logout"} or path.startswith("/a/"):
                    continue
                assert answer.status_code == 401, (address(route), answer.status_code)
                asked += 1
        assert asked > 60
        assert connection.execute("SELECT max(id) AS last FROM audit_trail").fetchone() == before


def test_who_counts_on_a_kiosk(api: httpx.Client, connection: Connection) -> None:
    """A person logged in there is that person; once their login is over it is a kiosk again."""
    furnish(api)
    with kiosk_of(api) as client:
        assert client.get("/v1/lots").status_code == 200
        assert client.get("/v1/sites").status_code == 403
        asked = client.get("/login")
        assert asked.url.path == "/login", "a kiosk is not somebody who is logged in already"
        client.post("/login", data={"name": "ada", "password": PASSWORD})
        assert client.get("/accounts").status_code == 200
        connection.execute("UPDATE sessions SET active_at = active_at - interval '1 day'")
        assert "May this vial be used?" in client.get("/").text
        kept = client.post("/accounts", data={"act": "add", "login": "ben"})
        assert kept.status_code == 401
        assert "What you typed is kept" in kept.text
        pin = client.post("/account/pin", data={"password": PASSWORD, "pin": PIN, "pin_again": PIN})
        assert pin.status_code == 401
        assert PIN not in pin.text, "what proves who somebody is stands on no page"
        key = client.get("/v1/sites", headers={"Authorization": api.headers["Authorization"]})
        assert key.status_code == 200, "a key counts before all else"


def test_a_revoked_kiosk_says_what_to_do(api: httpx.Client, connection: Connection) -> None:
    """A tablet that was stolen shows nothing; one that was revoked by mistake says who enrols it again."""
    furnish(api)
    with kiosk_of(api) as client, browser(api) as desk:
        desk.post("/login", data={"name": "ada", "password": PASSWORD})
        kiosk = kiosks(connection)[0]
        assert "say why" in desk.post(f"/kiosks/{kiosk.id}/revoke").text.lower()
        assert "revoked" in desk.post(f"/kiosks/{kiosk.id}/revoke", data={"reason": "stolen"}).text
        assert "already" in desk.post(f"/kiosks/{kiosk.id}/revoke", data={"reason": "stolen"}).text
        assert desk.post("/kiosks/4711/revoke", data={"reason": "x"}).status_code == 422
        shown = client.get("/lots/mx-1")
        assert shown.status_code == 401
        assert "revoked" in shown.text
        assert "/login?next=/kiosks" in shown.text
        problem = client.get("/v1/lots", headers={"Accept": "application/json"})
        assert (problem.status_code, problem.headers["content-type"]) == (401, "application/problem+json")
        client.cookies.set("unbroken-kiosk", "made up", domain="127.0.0.1")
        assert "not enrolled" in client.get("/").text
    lines = connection.execute("SELECT operation, reason FROM audit_trail WHERE table_name = 'kiosks' ORDER BY id")
    assert [(one["operation"], one["reason"]) for one in lines] == [("insert", None), ("update", "stolen")]


def test_a_kiosk_shows_one_site_alone(api: httpx.Client) -> None:
    """What is in Bern is not there for a kiosk in Zurich."""
    furnish(api, "freezer")
    put(api, "/sites", BERN)
    register_lot(api, "mx-1", "freezer")
    with kiosk_of(api, "bern") as client:
        assert client.get("/lots/mx-1").status_code == 404
        assert client.get("/v1/lots").json()["items"] == []


def test_a_person_acts_there_by_pin_or_password(api: httpx.Client, connection: Connection) -> None:
    """They may do what they may do at that site, less what counts only with a code; the trail names them, and how."""
    register_site(api)
    put(api, "/sites", BERN)
    ana = ana_of(connection, Grant(Role.CUSTODIAN, None), Grant(Role.QUALITY, None))
    token = token_at(connection, "zurich")
    by_pin = person_at(connection, token, Typed(" Ana ", PIN), CHEAP, NOW)
    assert by_pin.actor == Actor(f"account:{ana.id}", "Ana M", "PIN at a kiosk")
    assert by_pin.grants == (Grant(Role.CUSTODIAN, "zurich"),)
    assert by_pin.withheld == {Role.QUALITY}
    assert (by_pin.kiosk_id, by_pin.is_kiosk, by_pin.session_id) == (kiosks(connection)[0].id, False, None)
    assert person_at(connection, token, Typed("ana", PASSWORD), CHEAP, NOW).actor.known_by == "password at a kiosk"
    with pytest.raises(RefusedError, match="nothing is signed on a kiosk"):
        sign(connection, by_pin, [], Given("ana", PASSWORD, ""), CHEAP, NOW, Settings())


def test_a_form_is_sent_from_a_kiosk_by_a_person(api: httpx.Client, connection: Connection) -> None:
    """The nurse at the freezer gives name and PIN with the morning check; a slip costs no word of what was typed."""
    furnish(api, "freezer")
    put(api, "/sites", BERN)
    ana = ana_of(connection, Grant(Role.CLINICIAN, None))
    viewer = add_account(connection, TESTER, NewAccount("eva", "Eva V"), PASSWORD, [Grant(Role.VIEWER, None)], CHEAP)
    with kiosk_of(api) as client:
        asked = client.get("/checks/zurich").text
        assert 'name="kiosk_password"' in asked
        form = {"comment": "the door was ajar", "kiosk_name": "ana", "kiosk_password": PIN}
        wrong = client.post("/checks/zurich", data={**form, "kiosk_password": "271828"})
        assert wrong.status_code == 401
        assert 'name="comment" value="the door was ajar"' in wrong.text
        assert 'name="kiosk_name" value="ana"' in wrong.text
        assert "271828" not in wrong.text
        assert client.post("/checks/zurich", data={"comment": "no name"}).status_code == 401
        assert client.post("/checks/zurich", data={**form, "kiosk_name": viewer.login}).status_code == 401
        by_viewer = {**form, "kiosk_name": viewer.login, "kiosk_password": PASSWORD}
        assert client.post("/checks/zurich", data=by_viewer).status_code == 403
        assert client.post("/checks/bern", data=form).status_code == 404
        elsewhere = client.post("/checks/zurich", data=form, headers={"Sec-Fetch-Site": "cross-site"})
        assert (elsewhere.status_code, client.get("/account").status_code) == (403, 403)
        done = client.post("/checks/zurich", data=form)
        assert done.url.path == "/checks/zurich"
        assert "Recorded" in done.text
        assert 'name="kiosk_password"' in done.text, "nobody is logged in"
    lines = connection.execute("SELECT actor, known_by FROM audit_trail WHERE table_name = 'checks'").fetchall()
    assert [(one["actor"], one["known_by"]) for one in lines] == [(f"account:{ana.id}", "PIN at a kiosk")]


def test_a_pin_opens_nothing_else(api: httpx.Client, connection: Connection) -> None:
    """Who looked over a shoulder at the freezer logs in nowhere, and signs nothing."""
    register_site(api)
    ana = ana_of(connection, Grant(Role.CUSTODIAN, "zurich"), demo=True)
    with browser(api) as client:
        assert client.post("/login", data={"name": "ana", "password": PIN}).status_code == 422
        client.post("/login", data={"name": "ana", "password": PASSWORD})
        account = client.get("/account").text
        assert "You have a PIN" in account
        form = {"password": PASSWORD, "pin": "123456", "pin_again": "123456"}
        assert "guessed at once" in client.post("/account/pin", data=form).text
        form = {"password": "not hers", "pin": "271828", "pin_again": "271828"}
        assert "not your password" in client.post("/account/pin", data=form).text
        assert "two ways" in client.post("/account/pin", data={**form, "pin_again": "1"}).text
        done = client.post("/account/pin", data={**form, "password": PASSWORD})
        assert "Your PIN is set" in done.text
        assert "no PIN any more" in client.post("/account/pin", data={"password": PASSWORD, "act": "forget"}).text
    told = connection.execute("SELECT string_agg(new::text, ' ') AS all FROM audit_trail").fetchone()
    assert told is not None
    assert "pin_set_at" in told["all"]
    assert PIN not in told["all"]
    assert "argon2" not in told["all"]
    assert ana.pin_set_at == NOW


def refused(connection: Connection, token: str, login: str, secret: str, at: datetime = NOW) -> str:
    """Why nobody is known by this."""
    with pytest.raises(NotKnownAtKioskError) as raised:
        person_at(connection, token, Typed(login, secret), CHEAP, at)
    return str(raised.value)


def test_who_is_not_known_there(api: httpx.Client, connection: Connection) -> None:
    """A wrong PIN, a name nobody has and an account that is gone are refused in the same words."""
    register_site(api)
    put(api, "/sites", BERN)
    ana = ana_of(connection, Grant(Role.CUSTODIAN, "zurich"))
    token = token_at(connection, "zurich")
    assert "Who are you" in f"W{refused(connection, token, 'ana', '')[1:]}"
    wrong = refused(connection, token, "ana", "271828")
    assert "do not belong together" in wrong
    assert refused(connection, token, "nobody", PIN) == wrong
    assert refused(connection, token, "an\0x", PIN) == wrong
    assert "no role at 'bern'" in refused(connection, token_at(connection, "bern"), "ana", PIN)
    reset_password(connection, TESTER, ana, "another password", CHEAP, NOW, without_code=True)
    assert refused(connection, token, "ana", PIN) == wrong, "a login that was reset has no PIN"
    deactivate(connection, TESTER, ana, NOW, None)
    assert refused(connection, token, "ana", "another password") == wrong
    revoke_kiosk(connection, TESTER, kiosks(connection)[1].id, NOW, "stolen")
    with pytest.raises(NoKioskError, match="revoked"):
        person_at(connection, token, Typed("ana", PIN), CHEAP, NOW)


def test_tries_are_counted_for_the_account_and_for_the_kiosk(api: httpx.Client, connection: Connection) -> None:
    """Who tries all PINs of one nurse, or one PIN of all, is soon shut out; and the nurse is in again before long."""
    register_site(api)
    ana_of(connection, Grant(Role.CUSTODIAN, "zurich"))
    token, other = token_at(connection, "zurich"), token_at(connection, "zurich")
    for number in range(5):
        refused(connection, token, "ana", f"27182{number}")
    refused(connection, other, "ana", PIN)
    later = NOW + timedelta(minutes=1)
    assert person_at(connection, other, Typed("ana", PIN), CHEAP, later).account_id
    assert person_at(connection, token, Typed("ana", PIN), CHEAP, later).account_id
    for number in range(5):
        refused(connection, token, f"nurse{number}", PIN, later)
    refused(connection, token, "ana", PIN, later)
    assert person_at(connection, other, Typed("ana", PIN), CHEAP, later).account_id, "another kiosk is open"
