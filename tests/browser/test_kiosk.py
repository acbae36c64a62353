"""A kiosk in a real browser: enrolled, asked, and left alone."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from service.acts.accounts import NewAccount, add_account
from service.auth.tokens import sha256
from service.domain.identity.caller import Grant, Role
from service.store.acting import acting
from service.store.identity.kiosks import add_kiosk
from service.store.pool import Connection
from tests.acting import CHEAP, TESTER
from tests.browser.test_accessible import hindrances
from tests.cold_store import evaluate, furnish, register_lot, send

pytestmark = pytest.mark.browser

PASSWORD = "a password of hers"  # noqa: S105  of an account that lives as long as a test
PHONE, TABLET = {"width": 360, "height": 640}, {"width": 1280, "height": 800}


@pytest.fixture(params=[True, False], ids=["with scripts", "without"])
def has_scripts(request: pytest.FixtureRequest) -> bool:
    """Whether pages run scripts."""
    return bool(request.param)


@pytest.fixture
def device(browser: Browser, api: httpx.Client, has_scripts: bool) -> Iterator[BrowserContext]:
    """A tablet on which nobody is logged in yet."""
    context = browser.new_context(
        viewport=TABLET,  # type: ignore[arg-type]  # a width and a height
        locale="en-GB",
        base_url=str(api.base_url),
        java_script_enabled=has_scripts,
    )
    yield context
    context.close()


def shown(page: Page, name: str) -> None:
    """Pictures, if somebody wants to look."""
    if not (folder := os.environ.get("SCREENSHOTS")):
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
        for size in (PHONE, TABLET):
            page.set_viewport_size(size)  # type: ignore[arg-type]  # a width and a height
            page.screenshot(path=Path(folder, f"{name}-{scheme}-{size['width']}.png"), full_page=True)
    page.emulate_media(color_scheme="light")


def test_an_answer_is_never_left_standing(
    device: BrowserContext,
    api: httpx.Client,
    connection: Connection,
    has_scripts: bool,
) -> None:
    """An admin enrols a tablet; whoever comes asks it, walks away, and the next one finds no answer of another vial."""
    add_account(
        connection, TESTER, NewAccount("ada", "Ada A", is_demo=True), PASSWORD, [Grant(Role.ADMIN, None)], CHEAP
    )
    furnish(api, "freezer")
    register_lot(api, "mx-1041", "freezer")
    send(api, "freezer-logger", [-80] * 13, minutes_ago=60)
    evaluate(connection)
    page = device.new_page()
    page.goto("/login?next=/kiosks")
    page.get_by_label("Name", exact=True).fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    shown(page, "kiosks-none")
    page.get_by_label("What this device is called").fill("Tablet at freezer 2")
    page.get_by_role("button", name="Make this device a kiosk").click()
    first = page.get_by_text("Scan the next")
    expect(first).to_be_visible()
    expect(page.get_by_text("Ada")).to_have_count(0)
    shown(page, "kiosk")
    # A minute is long for a test: this browser is told a few seconds.
    page.route(re.compile(r"/scan\?"), sooner)
    # What a scanner types before the field has the focus is lost.
    page.wait_for_load_state()
    expect(page.locator("input:focus")).to_have_count(1)
    page.keyboard.type("mx-1041\n")
    answer = page.locator("main .answer").get_by_text("May be used")
    expect(answer).to_be_visible()
    expect(first).to_be_visible()
    expect(answer).to_have_count(0)
    if has_scripts:
        page.goto("/scan?code=mx-1041")
        expect(answer).to_be_visible()
        page.route("**/*", lambda route: route.abort())
        expect(page.get_by_role("heading", name="No answer now")).to_be_visible()
        expect(answer).to_have_count(0)
        page.unroute_all()
        expect(first).to_be_visible()


def test_a_kiosk_that_was_revoked_says_so(
    device: BrowserContext,
    api: httpx.Client,
    connection: Connection,
    has_scripts: bool,
) -> None:
    """Whoever finds it reads what to do, however well they see; nobody reads an answer there."""
    furnish(api)
    with acting(connection, TESTER):
        add_kiosk(connection, "Tablet at freezer 2", "zurich", sha256("its token"))
    device.add_cookies([{"name": "unbroken-kiosk", "value": "its token", "url": str(api.base_url)}])
    page = device.new_page()
    page.goto("/account")
    expect(page.get_by_role("heading", name="Not on a kiosk")).to_be_visible()
    shown(page, "kiosk-forbidden")
    if has_scripts:
        page.goto("/")
        assert hindrances(page, "first") == []
        page.go_back()
    connection.execute("UPDATE kiosks SET revoked_at = now()")
    page.get_by_role("link", name="Scan a vial").click()
    expect(page.get_by_text("until an admin revoked it")).to_be_visible()
    shown(page, "kiosk-revoked")
    assert not has_scripts or hindrances(page, "revoked") == []


def sooner(route: Route) -> None:
    """The page as it is, but that goes back after a few seconds."""
    answer = route.fetch()
    text = answer.text()
    assert 'content="60;url=/"' in text
    assert 'data-clears-after-s="60"' in text
    text = text.replace('content="60;url=/"', 'content="4;url=/"')
    route.fulfill(response=answer, body=text.replace('data-clears-after-s="60"', 'data-clears-after-s="4"'))
