"""The screen in the corridor, and the sheet for the time when nobody can ask."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import httpx
import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from service.store.dirty import waiting_since
from service.store.pool import Connection
from tests.scenario import Scenario, course

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("scenario")]

LASTS = 120
WARM = [-80.0] * 9 + [-40.0] * 16


@pytest.fixture
def scenario(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """Fifteen freezers: one failed, one silent; the lots of one fill more than a page of paper."""
    monkeypatch.setattr("tests.scenario.START", datetime.now(UTC) - timedelta(minutes=LASTS))
    scenario = Scenario(connection)
    for number in range(15):
        scenario.container(f"freezer-{number:02}", loggers=[f"logger-{number}"])
        told = WARM if number == 7 else [-80.0] * (10 if number == 3 else 25)
        scenario.store(course(f"logger-{number}", told))
        scenario.lot(f"mx-{number:02}", f"freezer-{number:02}")
    for number in range(60):
        scenario.lot(f"more-{number:02}", "freezer-00")
    # A pass takes only so many containers.
    while waiting_since(connection) is not None:
        scenario.evaluate(LASTS)
    return scenario


def test_a_corridor_sees_what_is_wrong(api: httpx.Client, page: Page) -> None:
    """All on one screen and nothing scrolled: the failed freezer first, alerts, the worst lots; and nobody's name."""
    page.clock.install()
    for width, height in ((1920, 1080), (3840, 2160)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{api.base_url}/wall")
        assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
            width,
            height,
        ]
    tiles = page.locator(".tile")
    expect(tiles.first).to_contain_text(re.compile("Freezer-07.*−40.0.°C.*Alarm", re.DOTALL))
    expect(tiles.nth(1)).to_contain_text(re.compile("Freezer-03.*Not heard.*last heard", re.DOTALL))
    expect(tiles).to_have_count(12)
    expect(page.get_by_text("and 3 more within limits")).to_be_visible()
    expect(page.get_by_role("region", name="Alerts")).to_contain_text("Freezer-07 (The site) is above −60 °C")
    expect(page.get_by_role("region", name="Lots by answer")).to_contain_text(
        re.compile(r"1\s+Do not use\s+1\s+Not proven\s+73")
    )
    expect(page.get_by_role("region", name="Lots to look after").locator("li").first).to_contain_text(
        "MX-07 Do not use"
    )
    expect(page.get_by_text("T. Tester")).not_to_be_visible()
    clock = page.locator("#wall-clock")
    before = clock.inner_text()
    page.clock.run_for(2_000)
    expect(clock).not_to_have_text(before)
    assert re.search("CES?T$", before)
    expect(page.locator(".tile").first).to_be_visible()
    page.route("**/*", lambda route: route.fulfill(body="502 from some proxy", content_type="text/html"))
    page.clock.run_for(60_000)
    expect(page.get_by_role("heading", name="No answer now")).to_be_visible()
    expect(tiles.first).not_to_be_visible()


def printed_pages(page: Page) -> list[str]:
    """What stands on each page of paper."""
    return [sheet.extract_text() for sheet in PdfReader(BytesIO(page.pdf(format="A4"))).pages]


def test_a_sheet_is_read_when_nobody_can_ask(api: httpx.Client, page: Page) -> None:
    """By container, until when each answer is good; every page of paper says where and when it is from."""
    page.goto(f"{api.base_url}/downtime")
    lost = page.locator("tr.lot").filter(has_text="MX-07")
    expect(lost).to_contain_text(re.compile("Do not use.*stays so", re.DOTALL))
    good = page.locator("tr.lot").filter(has_text="MX-01").locator(".until")
    expect(good).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d CES?T$"))
    expect(page.locator("tr.lot").filter(has_text="MX-03").locator(".until")).to_have_text("–")
    assert [name.split()[0] for name in page.locator(".shelf th").all_inner_texts()][:2] == ["Freezer-00", "Freezer-01"]
    head = page.locator("thead")
    expect(head).to_contain_text(re.compile(r"The site · lots as of \d{4}.*CES?T.*After that: not proven", re.DOTALL))
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    sheets = printed_pages(page)
    assert len(sheets) > 1
    assert all(re.search(r"The site · lots as of \d{4}.*CES?T", sheet, re.DOTALL) for sheet in sheets)
