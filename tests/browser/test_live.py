"""Pages that are left open: what they show is so, or they say that nobody knows."""

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, Request, Route, expect

from service.settings import Settings
from service.store.pool import Connection
from tests.acting import CHEAP
from tests.database_roles import url_as
from tests.eventually import eventually
from tests.keyed import HEADERS
from tests.scenario import Scenario, course
from tests.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("scenario")]

_LASTS = 240


@pytest.fixture
def scenario(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """A lot that was kept cold up to now, as far as anybody knows."""
    monkeypatch.setattr("tests.scenario.START", datetime.now(UTC) - timedelta(minutes=_LASTS))
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80.0] * (_LASTS // 5 + 1)))
    scenario.evaluate(_LASTS)
    return scenario


def warm(scenario: Scenario, logger_id: str) -> None:
    """A second logger in the freezer is heard, which was warm for hours."""
    scenario.attach_new("freezer", logger_id, 0)
    scenario.store(course(logger_id, [-40.0] * (_LASTS // 5 + 1)))
    scenario.evaluate(_LASTS)


def test_a_freezer_fails_and_every_open_page_says_so(api: httpx.Client, browser: Browser, scenario: Scenario) -> None:
    """At once, by one stream for all tabs, and not loaded again: a half-typed word and an open list stay."""
    context = browser.new_context(extra_http_headers=HEADERS)
    streams: list[Request] = []
    context.on("request", lambda request: streams.append(request) if "/v1/events" in request.url else None)
    lot, board = context.new_page(), context.new_page()
    lot.goto(f"{api.base_url}/lots/lot")
    expect(lot.locator("[data-live]")).to_have_text(" · live")
    board.goto(str(api.base_url))
    expect(board.locator("[data-live]")).to_have_text(" · live")
    assert len(streams) == 1
    board.locator("#scan-code").fill("half a co")
    lot.evaluate("window.stays = true")
    lot.locator("summary", has_text="Changes of the answer").click()
    expect(lot.locator("#answer")).to_contain_text("May be used", ignore_case=True)
    began_s = time.monotonic()
    warm(scenario, "late")
    expect(lot.locator("#answer")).to_contain_text("Do not use", ignore_case=True)
    expect(board.locator("#board").get_by_text("Do not use").first).to_be_visible()
    assert time.monotonic() - began_s < 10, "by a hint, and not because it was time to ask"
    assert lot.evaluate("window.stays")
    expect(lot.locator("#answers")).to_have_attribute("open", "")
    expect(lot.locator("#answers tbody tr")).to_have_count(2)
    expect(board.locator("#scan-code")).to_have_value("half a co")
    lot.close()
    eventually(lambda: board.evaluate("true") and len(streams) == 2, 15, "the other tab takes the stream over")
    context.close()


def test_a_service_that_stops_is_noticed_at_once(http_service: FastAPI, database_url: str, browser: Browser) -> None:
    """The page says since when nobody knows, and soon shows no answer."""
    http_service.state.settings = Settings(database_url=url_as(database_url, "api"))
    http_service.state.passwords = CHEAP
    context = browser.new_context(extra_http_headers=HEADERS)
    page = context.new_page()
    with served(http_service) as client:
        page.goto(f"{client.base_url}/lots/lot")
        expect(page.locator("[data-live]")).to_have_text(" · live")
    as_of = page.locator("#as-of time").inner_text()
    expect(page.get_by_role("alert")).to_contain_text(f"No connection since {as_of}", timeout=10_000)
    expect(page.locator("#answer")).to_be_visible()
    page.clock.install()
    page.clock.run_for(31_000)
    expect(page.get_by_role("heading", name="No answer now")).to_be_visible()
    expect(page.locator("#answer")).to_be_hidden()
    context.close()


def test_a_screen_whose_clock_is_put_back_still_asks(api: httpx.Client, browser: Browser) -> None:
    """A tablet that was switched on gets the right time after a while: no old answer passes for a fresh one."""
    context = browser.new_context(extra_http_headers=HEADERS)
    page = context.new_page()
    page.goto(f"{api.base_url}/lots/lot")
    expect(page.locator("[data-live]")).to_have_text(" · live")
    with page.expect_request("**/lots/lot", timeout=10_000):
        page.evaluate("(() => { const now = Date.now; Date.now = () => now() - 3_600_000; })()")
    context.close()


def test_a_page_from_the_browsers_history_shows_no_answer_before_it_has_asked(api: httpx.Client, page: Page) -> None:
    """What was so before lunch is not read as if it were so now; nor by whoever is logged out."""
    page.goto(f"{api.base_url}/lots/lot")
    expect(page.locator("[data-live]")).to_have_text(" · live")
    held: list[Route] = []
    page.route("**/lots/lot", lambda route: held.append(route))  # noqa: PLW0108  Playwright marks what it is given
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.locator("#answer")).to_be_hidden()
    expect(page).to_have_title("No answer now · Unbroken")
    eventually(lambda: page.evaluate("true") and bool(held), 10, "it asks")
    held[0].continue_()
    page.unroute("**/lots/lot")
    expect(page.locator("#answer")).to_be_visible()
    expect(page).not_to_have_title("No answer now · Unbroken")
    page.route("**/lots/lot", lambda route: route.fulfill(status=303, headers={"Location": "/login?next=/lots/lot"}))
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_role("link", name="Log in again")).to_have_attribute("href", "/login?next=%2Flots%2Flot")
    expect(page.locator("#answer")).to_be_hidden()
