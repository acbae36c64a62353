"""A vial in one hand and a scanner in the other: one scan, one answer, in a real browser."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from service.store.pool import Connection
from tests.keyed import HEADERS
from tests.scenario import Scenario, course

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("store")]

GTIN = "09521234543213"
_YEAR = datetime.now(UTC).year
SOON, LATE = f"{_YEAR + 1}-06-30", f"{_YEAR + 2}-12-31"


@pytest.fixture
def store(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """A cold freezer with two lots, and one that was too warm for too long."""
    monkeypatch.setattr("tests.scenario.START", datetime.now(UTC) - timedelta(hours=3))
    scenario = Scenario(connection)
    for name, temperatures in {"cold": [-80.0] * 37, "warm": [-80.0] + [-20.0] * 36}.items():
        scenario.container(name, loggers=[f"logger-{name}"])
        scenario.store(course(f"logger-{name}", temperatures))
    for lot, container in (("exo-2411", "warm"), ("exo-2412", "cold"), ("exo-2413", "cold")):
        scenario.lot(lot, container)
    with connection.transaction():
        connection.execute("UPDATE products SET name = 'Exosomes A', gtin = %s", [GTIN])
        connection.execute(
            "UPDATE lots SET expires_on = CASE id WHEN 'exo-2413' THEN %s ELSE %s END::date", [SOON, LATE]
        )
    scenario.evaluate(180)
    return scenario


@pytest.fixture
def candid(browser: Browser, api: httpx.Client) -> Iterator[Page]:
    """A page that may be refused: Chromium complains of every status that is no success."""
    context = browser.new_context(base_url=str(api.base_url), extra_http_headers=HEADERS)
    yield context.new_page()
    context.close()


def shown(page: Page, name: str) -> None:
    """No page scrolls sideways, on a telephone or a desk; pictures of it for whoever wants to look."""
    for width, height in ((360, 640), (1280, 800)):
        page.set_viewport_size(cast(ViewportSize, {"width": width, "height": height}))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if into := os.environ.get("UNBROKEN_TEST_SHOTS"):
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=Path(into) / f"{name}-{width}-{scheme}.png", full_page=True)


def scan(page: Page, *keys: str) -> None:
    """What a scanner types: text, and keys of its own. It takes longer to aim one than a page takes to be there."""
    page.wait_for_load_state()
    for key in keys:
        if len(key) > 1 and key in {"Enter", "Tab", "Control+]"}:
            page.keyboard.press(key)
        else:
            page.keyboard.type(key)


def expiry(day: str) -> str:
    """As a label says it."""
    return day.replace("-", "")[2:]


def test_vials_are_scanned_one_after_the_other(api: httpx.Client, page: Page) -> None:
    """Nothing is clicked: the scanner types wherever one is, and each answer is ready for the next vial."""
    page.goto(f"{api.base_url}/scan")
    shown(page, "scan")
    scan(page, f"]d201{GTIN}10EXO-2412", "Control+]", f"17{expiry(LATE)}", "Enter")
    answer = page.locator("#answer")
    expect(answer).to_contain_text("May be used")
    expect(page.locator("#vial")).to_contain_text("Cold, The site")
    expect(page.locator("#vial")).to_contain_text("Cold chain and papers only.")
    expect(page.locator("#instead")).to_have_count(0)
    shown(page, "usable")
    # The next one, while something else has the focus; this scanner ends with Tab.
    page.get_by_role("link", name="All about this lot").focus()
    scan(page, f"01{GTIN}10EXO-2411", "Tab")
    expect(answer).to_contain_text("Do not use")
    expect(answer).to_contain_text("Keep it cold, set it apart, tell quality.")
    instead = page.locator("#instead")
    expect(instead).to_contain_text("EXO-2413")
    expect(instead).to_contain_text("Cold, The site")
    shown(page, "refused")
    scan(page, f"(01){GTIN}(10)EXO-2412(17){expiry(SOON)}", "Enter")
    expect(answer).to_contain_text("Not proven")
    expect(answer).to_contain_text(SOON)
    shown(page, "contradicted")
    scan(page, "EXO-0000", "Enter")
    expect(answer).to_contain_text("Nothing that may be seen here")
    shown(page, "unknown")
    # A freezer's label leads to the freezer.
    scan(page, "COLD", "Enter")
    page.wait_for_url(lambda url: url.endswith("/containers/cold") or "code=COLD" in url)


def test_a_code_in_two_barcodes(api: httpx.Client, page: Page) -> None:
    """The product's waits ten seconds for the lot's, then it is forgotten: no two vials are mixed up."""
    page.goto(f"{api.base_url}/scan")
    scan(page, GTIN[1:], "Enter")
    expect(page.get_by_text("The product is read. Now its lot.")).to_be_visible()
    shown(page, "waiting")
    scan(page, "10EXO-2412", "Enter")
    expect(page.locator("#answer")).to_contain_text("May be used")
    assert f"/01/{GTIN}/10/EXO-2412" in page.url
    scan(page, f"]C101{GTIN}", "Enter")
    expect(page.get_by_text("The product is read. Now its lot.")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("More than ten seconds have passed", timeout=15_000)
    assert page.locator("input[name=gtin]").count() == 0


def test_without_scripts(browser: Browser, api: httpx.Client) -> None:
    """The same on a screen that runs none: forms, and a link from a phone's camera."""
    context = browser.new_context(java_script_enabled=False, base_url=str(api.base_url), extra_http_headers=HEADERS)
    plain = context.new_page()
    plain.goto(f"/01/{GTIN}/10/EXO-2413/21/42?17={expiry(SOON)}")
    expect(plain.locator("#answer")).to_contain_text("May be used")
    plain.get_by_label("Scan a vial").fill(f"01{GTIN}")
    plain.get_by_label("Scan a vial").press("Enter")
    plain.get_by_label("Now scan or type its lot").fill("EXO-2411")
    plain.get_by_role("button", name="Check").click()
    expect(plain.locator("#answer")).to_contain_text("Do not use")
    late = round((datetime.now(UTC) - timedelta(seconds=11)).timestamp() * 1_000_000)
    plain.goto(f"/scan?gtin={GTIN}&since={late}&code=EXO-2413x")
    expect(plain.get_by_role("alert")).to_contain_text("More than ten seconds have passed")
    context.close()


def test_a_wrong_digit_and_nobody(candid: Page, browser: Browser, api: httpx.Client) -> None:
    """What cannot be read says what to do; whoever is not logged in comes back to their vial after the login."""
    candid.goto("/01/09521234543214/10/EXO-2412")
    expect(candid.locator("#answer")).to_contain_text("by the others it should be 3")
    expect(candid.locator("#answer")).to_contain_text("digit by digit")
    context = browser.new_context(base_url=str(api.base_url))
    nobody = context.new_page()
    nobody.goto(f"/01/{GTIN}/10/EXO-2412?17={expiry(LATE)}")
    expect(nobody.get_by_role("heading", name="Log in")).to_be_visible()
    assert nobody.locator("input[name=next]").input_value() == f"/01/{GTIN}/10/EXO-2412?17={expiry(LATE)}"
    context.close()
