"""Quality signs in a real browser: logs in with a code, signs a correction, and the lots it held back are free."""

from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest
from playwright.sync_api import Page, expect

from service.acts import accounts as acts
from service.acts.corrections import correct
from service.acts.own_account import confirm_app, offered_secret
from service.domain.identity.caller import Grant, Role
from service.store.identity.signatures import signatures
from service.store.pool import Connection
from tests.acting import CHEAP, TESTER
from tests.scenario import Scenario, course

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery staple"  # noqa: S105  of an account that lives as long as a test


@pytest.fixture
def scenario(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """A cold freezer with a lot, of which somebody corrected since when it is there."""
    monkeypatch.setattr("tests.scenario.START", datetime.now(UTC) - timedelta(hours=1))
    scenario = Scenario(connection)
    scenario.container("freezer", loggers=["logger"])
    scenario.store(course("logger", [-80] * 13))
    scenario.lot("EXO-1", "freezer")
    scenario.evaluate(60)
    [placement] = connection.execute("SELECT id, from_at FROM placements").fetchall()
    change = {"from_at": placement["from_at"] - timedelta(seconds=1)}
    correct(connection, TESTER, kind="placement", row_id=placement["id"], change=change, reason="the clock was fast")
    scenario.evaluate(60)
    return scenario


def test_log_in_with_a_code_sign_and_lose_nothing_when_the_login_ends_meanwhile(
    api: httpx.Client, page: Page, connection: Connection, scenario: Scenario
) -> None:
    """What was ticked survives a login that ran out; what is secret is typed again; the lot is free at once."""
    now = datetime.now(UTC)
    account = acts.add_account(
        connection, TESTER, acts.NewAccount("ana", "Ana Quality"), PASSWORD, [Grant(Role.QUALITY, None)], CHEAP
    )
    app = pyotp.TOTP(offered_secret(connection, account))
    recovery = confirm_app(connection, TESTER, account, PASSWORD, app.at(now - timedelta(seconds=30)), CHEAP, now)
    context = page.context.browser.new_context(locale="en-GB")  # type: ignore[union-attr]  # it has one
    page = context.new_page()

    page.goto(f"{api.base_url}/lots/EXO-1")
    page.get_by_label("Name").fill("ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("The six digits").fill(app.now())
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("main")).to_contain_text("waits for a signature")

    page.goto(f"{api.base_url}/to-sign")
    page.get_by_role("checkbox", name="Sign A correction").check()
    connection.execute("UPDATE sessions SET ended_at = now(), ended_why = 'nothing was done here for a while'")
    page.get_by_label("Your login name").fill("ana")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign what is ticked").click()
    expect(page.get_by_role("alert")).to_contain_text("What you typed is kept")
    page.get_by_label("Name").fill("ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("The six digits").fill(recovery[0])
    page.get_by_role("button", name="Log in").click()

    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill(recovery[1])
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("1 change is signed")
    [signature] = signatures(connection)
    assert (signature.printed_name, signature.known_by) == ("Ana Quality", "password and code")

    scenario.evaluate(60)
    page.goto(f"{api.base_url}/lots/EXO-1")
    expect(page.locator("h1")).to_be_visible()
    context.close()
    assert api.get("/v1/lots/EXO-1/status").json()["answer"] == "usable"
