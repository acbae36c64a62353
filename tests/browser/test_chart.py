"""The chart of a lot's temperature, in a real browser."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from service.store.pool import Connection
from tests.keyed import HEADERS
from tests.scenario import Scenario, course

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("lot")]

DAYS = 30


@pytest.fixture
def lot(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """A lot of thirty days: in a freezer, then in another, once warm for a quarter of an hour, once out of range."""
    monkeypatch.setattr("tests.scenario.START", datetime.now(UTC) - timedelta(days=DAYS))
    scenario = Scenario(connection)
    count = DAYS * 288 + 1
    temperatures: list[float | str | None] = [-80.0 - (i % 7) / 10 for i in range(count)]
    temperatures[5000:5003], temperatures[6000] = [-41.5, -42.0, -41.0], "HI"
    for name in ("first", "second"):
        scenario.container(name, loggers=[f"logger-{name}"])
    scenario.lot("lot", "first")
    scenario.place("lot", "second", 4000 * 5)
    scenario.store(course("logger-first", temperatures[:4001]))
    scenario.store(course("logger-second", temperatures[4000:], start=4000 * 5))
    scenario.evaluate(DAYS * 1440)
    return scenario


def drawn(figure: Locator) -> list[float]:
    """From when until when the chart reaches, and how much time lies in one point; milliseconds."""
    return [float(number) for number in str(figure.get_attribute("data-drawn")).split()]


def test_a_chart_shows_ten_years_or_a_minute_and_each_as_finely_as_there_is(api: httpx.Client, page: Page) -> None:
    """By buttons and by keys; each time it fetches anew, and stays where it is when the page has news."""
    page.goto(f"{api.base_url}/lots/lot")
    figure = page.locator("figure.chart")
    expect(figure).to_have_attribute("data-drawn", re.compile(r"\d"))
    expect(figure.locator("canvas").first).to_be_visible()
    expect(figure.get_by_text("First, logger-first")).to_be_visible()
    expect(figure.get_by_text("beyond a limit")).to_be_visible()
    first, last, coarse = drawn(figure)
    assert last - first == pytest.approx(DAYS * 86_400_000, rel=0.01)
    with page.expect_response(re.compile("/chart[?].*from=")) as asked:
        figure.get_by_role("button", name="Day").click()
    told = asked.value.json()
    assert [line["logger_id"] for line in told["lines"]] == ["logger-second"]
    assert told["until_ms"] - told["from_ms"] == pytest.approx(86_400_000, rel=0.01)
    expect(figure.get_by_role("button", name="Day")).to_have_attribute("aria-pressed", "true")
    expect(figure).not_to_have_attribute("data-drawn", re.compile(str(coarse)))
    assert drawn(figure)[2] < coarse / 20
    plot = figure.get_by_role("img", name=re.compile("Temperature of lot LOT"))
    plot.focus()
    for key in ("+", "+", "ArrowLeft"):
        with page.expect_response(re.compile("/chart[?].*until=" if key == "ArrowLeft" else "/chart[?]")):
            page.keyboard.press(key)
    expect(figure).to_have_attribute("data-drawn", re.compile(r"\d"))
    narrow = drawn(figure)
    assert narrow[1] - narrow[0] == pytest.approx(6 * 3_600_000, rel=0.05)
    with page.expect_response(re.compile("/chart[?].*until=")):
        page.evaluate("document.dispatchEvent(new Event('unbroken:refreshed'))")
    assert drawn(figure)[:2] == narrow[:2]
    with page.expect_response(re.compile("/chart[?]points=[0-9]+$")):
        page.keyboard.press("0")
    expect(figure.get_by_role("button", name="All")).to_have_attribute("aria-pressed", "true")
    page.mouse.wheel(0, 10)
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=4)
    with page.expect_response(re.compile("/chart[?].*from=")):
        page.mouse.up()


def test_who_cannot_see_the_chart_reads_the_same_in_figures(api: httpx.Client, browser: Browser) -> None:
    """Day by day, without JavaScript: the warmest minute is there, "HI" is, and each day's mean."""
    context = browser.new_context(java_script_enabled=False, extra_http_headers=HEADERS)
    page = context.new_page()
    page.goto(f"{api.base_url}/lots/lot")
    expect(page.locator("figure.chart")).to_be_hidden()
    page.get_by_text("The same in figures, by day").click()
    rows = page.get_by_role("region", name="Temperatures by day").locator("tbody tr")
    assert rows.count() in {DAYS, DAYS + 1}
    warmest = [text.replace("\xa0", " ") for text in rows.locator("td:nth-child(3)").all_inner_texts()]
    assert {"at least 50 °C (HI)", "−41.0 °C", "−80.0 °C"} == set(warmest)
    [beyond_range] = [row for row in rows.all() if "(HI)" in row.inner_text()]
    assert "without 1 reading (HI or LO)" in beyond_range.locator("td:nth-child(4)").inner_text().replace("\xa0", " ")
    [warm] = [row for row in rows.all() if "−41.0" in row.inner_text()]
    assert re.match(r"1\d\smin", warm.locator("td:nth-child(5)").inner_text())
    context.close()
