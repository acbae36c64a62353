"""The page a message links to, as somebody woken at night opens it on a telephone."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from service.acts.acknowledgements import acknowledge
from service.auth.links import sign
from service.domain.alerting.details import Given, ProbeName, Silence, Silent, SilentProbe
from service.domain.alerting.lifecycle import Figures
from service.store.lots.lots import lots_now_in
from service.store.pool import Connection
from tests.acting import person
from tests.alarms import add_message, add_warm, ago, forget_alerts
from tests.keyed import HEADERS
from tests.scenario import Scenario, course

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("scenario")]

SECRET = "the secret of the tests"  # noqa: S105  as it says
PHONE, DESK = {"width": 360, "height": 640}, {"width": 1280, "height": 800}


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNBROKEN_LINK_SECRET", SECRET)


@pytest.fixture
def scenario(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """A warm freezer with twelve lots, and two cold ones."""
    monkeypatch.setattr("tests.scenario.START", datetime.now(UTC) - timedelta(hours=1))
    scenario = Scenario(connection)
    for name, temperatures in {"freezer": [-80] * 9 + [-50] * 4, "cold": [-80] * 13, "spare": [-80] * 13}.items():
        scenario.container(name, loggers=[f"logger-{name}"])
        scenario.store(course(f"logger-{name}", temperatures))
    for number in range(1, 13):
        scenario.lot(f"EXO-24{number:02}", "freezer")
    scenario.evaluate(60)
    forget_alerts(connection)
    return scenario


@pytest.fixture
def candid(page: Page) -> Iterator[Page]:
    """A page that may be refused: Chromium complains of every status that is no success."""
    context = page.context.browser.new_context(locale="en-GB", extra_http_headers=HEADERS)  # type: ignore[union-attr]  # it has one
    yield context.new_page()
    context.close()


def add_trouble(connection: Connection) -> list[int]:
    """A freezer that is warm, with its lots; one that is silent; and one that was warm this morning."""
    lot_ids = [f"EXO-24{number:02}" for number in range(1, 13)]
    forecast = "At this rate it is above −20 °C in 25 min to 40 min"
    warm = add_warm(
        connection,
        lot_ids=lot_ids,
        details=Given("is above −60 °C", "was above −60 °C", forecast=forecast),
    )
    silent = add_warm(
        connection,
        "spare",
        cause="logger_silent",
        severity="warning",
        details=Silent(Silence.WHOLE, (SilentProbe(ProbeName("logger-spare"), 2_100, None),)),
        figures=Figures(),
    )
    over = add_warm(connection, "cold", state="resolved", began_at=ago(500), fired_at=ago(490), resolved_at=ago(420))
    add_message(connection, [warm, silent, over])
    return [warm, silent]


def link(api: httpx.Client, alert_ids: list[int], expires_in_s: float = 86_400) -> str:
    """The address in a message."""
    expires_at_s = int(datetime.now(UTC).timestamp() + expires_in_s)
    return f"{api.base_url}/a/{sign([SECRET.encode()], alert_ids, 'Ana Keller', expires_at_s)}"


def shown(page: Page, name: str) -> None:
    """No page scrolls sideways, on a telephone or a desk; pictures of it for whoever wants to look."""
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # both have what it needs
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert size != PHONE or page.evaluate(
            "[...document.querySelectorAll('.wide')].every(table => table.scrollWidth <= table.clientWidth)"
        )
        if into := os.environ.get("UNBROKEN_TEST_SHOTS"):
            page.screenshot(path=Path(into) / f"{name}-{size['width']}.png", full_page=True)


def test_somebody_answers_and_moves_the_lots(api: httpx.Client, page: Page, connection: Connection) -> None:
    """Two presses at night: I am on it; and, when it is done, where everything is now."""
    alert_ids = add_trouble(connection)
    page.goto(link(api, alert_ids))
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is on it?")
    shown(page, "answer")
    page.get_by_label("Comment, if any").fill("On my way, ten minutes")
    page.get_by_role("button", name="I am on it: 2 alerts").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are on it")
    expect(page.locator(".state").first).to_contain_text("You have been on it since")
    expect(page.get_by_role("button", name="I am on it")).to_have_count(0)
    page.get_by_label("Where they are now").select_option("cold")
    shown(page, "answered")
    page.get_by_role("button", name="All 12 lots moved").click()
    expect(page.locator(".done")).to_have_text(re.compile("12 lots moved to Cold on .* recorded by Ana Keller"))
    expect(page.locator(".alert").first).to_contain_text("no lots in it")
    assert len(lots_now_in(connection, "cold")) == 12
    shown(page, "moved")
    page.goto(f"{api.base_url}/moves")
    expect(page.locator("section.act h2")).to_have_text("12 lots from Freezer to Cold")
    page.get_by_text("They were not moved").click()
    shown(page, "moves")
    page.get_by_role("button", name="They are there").click()
    expect(page.locator("main")).to_contain_text("No move waits to be confirmed.")


def test_a_refusal_keeps_what_was_typed(api: httpx.Client, candid: Page, connection: Connection) -> None:
    """Nobody types twice at night."""
    candid.goto(link(api, add_trouble(connection)[:1]))
    candid.get_by_label("Where they are now").select_option("cold")
    candid.get_by_label("Moved at").fill("2020-01-01T01:06")
    candid.get_by_role("button", name="All 12 lots moved").click()
    expect(candid.get_by_role("alert")).to_contain_text("That is before the alert began")
    expect(candid.get_by_label("Where they are now")).to_have_value("cold")
    expect(candid.get_by_label("Moved at")).to_have_value("2020-01-01T01:06")
    shown(candid, "refused")


def test_no_form_for_a_move_once_it_is_over(api: httpx.Client, page: Page, connection: Connection) -> None:
    """The page says where a move made meanwhile is recorded."""
    over = add_warm(connection, state="resolved", resolved_at=ago(1))
    page.goto(link(api, [over]))
    expect(page.get_by_role("heading", level=1)).to_have_text("It is over")
    expect(page.get_by_text("ask quality to record it")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    shown(page, "over")


def test_a_link_that_cannot_be_used(api: httpx.Client, candid: Page, connection: Connection) -> None:
    """It says so plainly, and where to look."""
    candid.goto(link(api, add_trouble(connection), expires_in_s=-60))
    expect(candid.get_by_role("heading", level=1)).to_have_text("This link has expired")
    shown(candid, "expired")


def test_all_alerts(api: httpx.Client, page: Page, connection: Connection) -> None:
    """What is open, who has it, and how the month went; from there it can be answered too."""
    add_trouble(connection)
    add_warm(connection, cause="forecast_crosses", state="pending", severity="warning", fired_at=None, due_at=ago(-9))
    page.goto(f"{api.base_url}/alerts")
    expect(page.locator(".alert h3").first).to_contain_text("Freezer (The site) is above")
    shown(page, "alerts")
    page.get_by_role("link", name="Answer").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is on it?")
    page.get_by_role("button", name="I am on it").click()
    expect(page.locator(".state")).to_contain_text("You have been on it")


def test_an_open_alert_turns_by_itself_and_keeps_what_is_typed(
    api: httpx.Client, page: Page, connection: Connection
) -> None:
    """While ana types, ben takes it over at another screen: she reads that, and her words are still there."""
    [alert_id, _] = add_trouble(connection)
    page.goto(f"{api.base_url}/alerts/{alert_id}")
    page.get_by_label("Comment, if any").press_sequentially("On my w")
    with connection.transaction():
        acknowledge(connection, person("B. Frei"), [alert_id], comment="I was nearer", at=datetime.now(UTC))
    expect(page.get_by_role("heading", level=1)).to_have_text("B. Frei is on it")
    expect(page.get_by_role("region", name="What happened")).to_contain_text("I was nearer")
    expect(page.get_by_label("Comment, if any")).to_have_value("On my w")
    page.get_by_role("button", name="I can’t, call the next").click()
    expect(page.get_by_role("status")).to_contain_text("The next one on call is called now")
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is on it?")
    page.get_by_text("Tell nobody of it for a while").click()
    page.get_by_label("Why").fill("Defrosting")
    page.get_by_role("button", name="Silence it").click()
    expect(page.locator("main")).to_contain_text("T. Tester: “Defrosting”")
    shown(page, "silenced")
    page.get_by_role("button", name="End the silence").click()
    expect(page.get_by_role("status")).to_contain_text("the silence is over")


def test_the_page_works_without_scripts(api: httpx.Client, page: Page, connection: Connection) -> None:
    """A mail program's own browser runs none."""
    context = page.context.browser.new_context(java_script_enabled=False, extra_http_headers=HEADERS)  # type: ignore[union-attr]  # it has one
    plain = context.new_page()
    plain.goto(link(api, add_trouble(connection)))
    plain.get_by_role("button", name="I am on it").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("You are on it")
    context.close()


def test_the_page_of_a_lot_leads_to_its_alert(api: httpx.Client, page: Page, connection: Connection) -> None:
    """Beside a green answer stands what is happening now."""
    add_trouble(connection)
    page.goto(f"{api.base_url}/lots/EXO-2401")
    expect(page.locator(".answer")).to_contain_text("May be used")
    page.locator(".answer").get_by_role("link", name="1 open alert").click()
    expect(page.locator(".alert h3")).to_be_in_viewport()
    expect(page.locator(".alert")).to_contain_text("Nobody has answered yet.")
    shown(page, "lot")
