"""Logging in, with a code, and a login that runs out while somebody types: in a real browser."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from service.acts.accounts import NewAccount, add_account
from service.domain.identity.caller import Grant, Role
from service.store.identity.credentials import credentials
from service.store.pool import Connection
from tests.acting import CHEAP, TESTER

pytestmark = pytest.mark.browser

PASSWORD = "a password of hers"  # noqa: S105  of an account that lives as long as a test
PHONE, DESK = {"width": 360, "height": 640}, {"width": 1280, "height": 800}


@pytest.fixture
def somebody(browser: Browser, api: httpx.Client) -> Iterator[Page]:
    """A browser in which nobody is logged in yet."""
    context = browser.new_context(viewport=DESK, locale="en-GB", base_url=str(api.base_url))
    yield context.new_page()
    context.close()


@pytest.fixture
def ana(connection: Connection) -> int:
    """The id of somebody who is quality and admin, and may look without a code."""
    granted = [Grant(role, None) for role in (Role.QUALITY, Role.ADMIN, Role.VIEWER)]
    return add_account(connection, TESTER, NewAccount("ana", "Ana Meier"), PASSWORD, granted, CHEAP).id


def log_in(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("ana")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def shown(page: Page, name: str) -> None:
    """Nothing is wider than the page, at a desk and on a phone; pictures of it, if somebody wants to look."""
    for size in (DESK, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a width and a height
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} at {size}"
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder, f"{name}-{size['width']}.png"), full_page=True)
    page.set_viewport_size(DESK)  # type: ignore[arg-type]  # likewise


def test_somebody_logs_in_with_a_code(somebody: Page, connection: Connection, ana: int) -> None:
    """Name and password, an app set up by its QR code, and from then on its code at each login."""
    page = somebody
    page.goto("/alerts")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    shown(page, "login")
    log_in(page)
    expect(page.get_by_role("heading", name="Alerts", exact=True)).to_be_visible()
    page.get_by_role("link", name="Ana Meier").click()
    expect(page.get_by_role("heading", name="Ana Meier")).to_be_visible()
    expect(page.get_by_role("img", name="QR code of the secret for your app")).to_be_visible()
    shown(page, "account")
    secret = credentials(connection, ana).new_code_secret
    assert secret is not None
    page.get_by_label("Your password", exact=True).fill(PASSWORD)
    page.get_by_label("The code that the app shows").fill(
        pyotp.TOTP(secret).at(datetime.now(UTC) - timedelta(seconds=30))
    )
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    assert page.locator("ol.recovery li").count() == 10
    shown(page, "recovery-codes")
    page.get_by_role("link", name="Log in with a code of your app").click()
    log_in(page)
    expect(page.get_by_role("heading", name="Your code")).to_be_visible()
    shown(page, "code")
    page.get_by_label("The six digits").fill("000000")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not the code")
    page.get_by_label("The six digits").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("may act as: admin, quality, viewer")).to_be_visible()
    page.get_by_role("link", name="All accounts").click()
    expect(page.get_by_role("cell", name="Ana Meier")).to_be_visible()
    shown(page, "accounts")
    page.goto("/account")
    page.get_by_role("button", name="Log out here").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto("/account")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_nothing_that_was_typed_is_lost(somebody: Page, connection: Connection) -> None:
    """The login runs out while somebody fills in a form: they log in, see what they typed, and send it."""
    page = somebody
    admin = NewAccount("ana", "Ana of the demo", is_demo=True)
    add_account(connection, TESTER, admin, PASSWORD, [Grant(Role.ADMIN, None)], CHEAP)
    page.goto("/accounts")
    log_in(page)
    form = page.locator("section.act")
    form.get_by_label("Login", exact=True).fill("ben")
    form.get_by_label("Name, as it is printed").fill("Ben O’Neill <b>")
    form.get_by_label("Role, or role@site").fill("custodian")
    form.get_by_label("First password").fill("a first password")
    connection.execute("UPDATE sessions SET active_at = active_at - interval '1 hour'")
    form.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert")).to_contain_text("What you typed is kept")
    log_in(page)
    expect(page.get_by_role("heading", name="You are logged in again")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ben O’Neill <b>")
    expect(page.get_by_label("Role", exact=True)).to_have_value("custodian")
    shown(page, "resume")
    page.get_by_label("Password", exact=True).fill("a first password")
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("cell", name="Ben O’Neill <b>")).to_be_visible()
