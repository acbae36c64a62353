"""Every page, by day and by night, at a desk and on a telephone: for those who see little, or nothing, or no mouse."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser, Page

from service.auth.links import sign
from service.store.pool import Connection
from tests.browser.everyday import SECRET, everyday
from tests.keyed import HEADERS
from tests.routes import answering

pytestmark = pytest.mark.browser

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 640}
#: By day at a desk, by night on a telephone.
LOOKS = (("light", DESK), ("dark", PHONE))

#: A tablet; and a desk at 200 %.
BETWEEN = (768, 640)

#: No pages of ours: a picture, and the API's documentation, which Swagger UI draws for developers.
NO_PAGES = {"show_icon", "show_documentation"}

#: Beside the pages of routes: what is shown where there is nothing, or nothing that may be seen.
ODD = (
    "/nowhere",
    "/lots/nowhere",
    "/a/no-link",
    "/?q=nothing",
    "/alerts/4711",
    "/scan?code=EXO-2401",
    "/scan?code=EXO-2405",
    "/lots/exo-2405",
    "/scan?code=nothing",
)

#: By night only the colours are other ones.
RULES = {"light": {"resultTypes": ["violations"]}, "dark": {"runOnly": ["color-contrast"]}}


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNBROKEN_LINK_SECRET", SECRET)


@pytest.fixture
def addresses(http_service: FastAPI, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every page of the service, with something on it. Whoever adds a page with a new part names an example of it."""
    there = everyday(connection, monkeypatch)
    expires_at_s = int(datetime.now(UTC).timestamp() + 3_600)
    there["token"] = sign([SECRET.encode()], [int(there["alert_id"])], "Ana Keller", expires_at_s)
    pages = [
        route.path.replace(":path}", "}")
        for route in answering(http_service)
        if "GET" in route.methods and route.name.startswith("show_") and route.name not in NO_PAGES
    ]
    assert len(pages) > 10
    return [*(path.format(**there) for path in pages), *ODD]


@pytest.fixture
def candid(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what the browser complains of; that a status is no success is none of it."""
    context = browser.new_context(locale="en-GB", extra_http_headers=HEADERS)
    page = context.new_page()
    complaints: list[str] = []

    def note(message: Any) -> None:
        if message.type == "error" and "the server responded with a status of" not in message.text:
            complaints.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    yield page, complaints
    context.close()


def hindrances(page: Page, look: str, scheme: str = "light") -> list[str]:
    """What axe-core finds serious or critical, and whether the page is wider than the screen."""
    found = [
        f"{look}: {one['id']} ({one['impact']}): {node['html'][:140]} — {node['failureSummary'][:300]}"
        for one in Axe().run(page, options=RULES[scheme]).response["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"][:3]
    ]
    return found + too_wide(page, look)


def too_wide(page: Page, look: str) -> list[str]:
    """Whether one has to scroll sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [f"{look}: {wide} px wider than the screen"] if wide > 0 else []


#: What is cut off at its side without a hint: only what can be scrolled, which its edge shows, may hold more than fits.
#: A chart is drawn anew some moments after its page became narrower.
CUT_OFF = """() => [...document.querySelectorAll("main *")].filter((one) => {
  const style = getComputedStyle(one);
  return one.scrollWidth > one.clientWidth + 1 && style.overflowX === "hidden" && style.textOverflow !== "ellipsis"
    && one.clientWidth > 1 && !one.closest("svg, [data-plot]");
}).map((one) => one.outerHTML.slice(0, 90))"""

#: Links that lead to the page itself, and do not say so to whoever hears them.
UNMARKED = """() => [...document.querySelectorAll("nav.pages a")]
  .filter((link) => link.pathname === location.pathname && !location.search && !link.hasAttribute("aria-current"))
  .map((link) => link.textContent)"""


@pytest.mark.long
def test_every_page_can_be_read_by_everybody(addresses: list[str], api: httpx.Client, candid: Any) -> None:
    """A nurse with tired eyes, one who hears the page and one with a telephone in a glove read the same answer."""
    page, complaints = candid
    found = []
    for path in addresses:
        page.goto(f"{api.base_url}{path}")
        for scheme, size in LOOKS:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            found += [f"{path}, {one}" for one in hindrances(page, f"{scheme} at {size['width']} px", scheme)]
            if into := os.environ.get("UNBROKEN_TEST_SHOTS"):
                name = re.sub("[^a-z0-9]+", "-", path)[:40].strip("-") or "lots"
                page.screenshot(path=Path(into) / f"{name}-{size['width']}-{scheme}.png", full_page=True)
        for width in BETWEEN:
            page.set_viewport_size({"width": width, "height": 900})
            found += [f"{path}, {one}" for one in too_wide(page, f"at {width} px")]
            found += [f"{path}, at {width} px cut off: {one}" for one in page.evaluate(CUT_OFF)]
        found += [f"{path}: {one} is not marked as the page one is on" for one in page.evaluate(UNMARKED)]
    assert not found, "\n".join(found)
    assert not complaints, "\n".join(complaints)
