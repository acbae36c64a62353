"""A real browser for the tests of pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.keyed import HEADERS

#: On a busy machine a page takes longer than Playwright's five seconds.
expect.set_options(timeout=30_000)


# Not for the whole session: while Playwright runs, the main thread has an event loop that is in others' way.
@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A Chromium, installed if the machine has none. That it is missing is never a reason to skip a test."""
    with chromium.launched(request.config) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page as a desk shows it to whoever may do everything; the test fails if the browser complained about it."""
    opened = browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-GB", extra_http_headers=HEADERS)
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    assert complaints == []
