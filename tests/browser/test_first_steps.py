"""A clinic starts without a program: from nothing to a lot with an answer, by forms alone."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Page, expect

from service.store.pool import Connection
from tests.cold_store import evaluate
from tests.signing import sign_all

pytestmark = pytest.mark.browser


def choose(page: Page, label: str, text: str) -> None:
    """Choose what begins with a text, as a person does who reads the list."""
    field = page.get_by_label(label)
    value = field.locator("option").filter(has_text=re.compile(f"^{re.escape(text)}")).first.get_attribute("value")
    field.select_option(value)


def register(page: Page, what: str) -> None:
    """Send a form."""
    page.get_by_role("button", name=f"Register this {what}").click()


def site_and_product(api: httpx.Client, page: Page, connection: Connection) -> None:
    """Where, and what; quality signs what the product asks for."""
    page.goto(f"{api.base_url}/containers")
    page.get_by_role("link", name="First steps").last.click()
    expect(page.locator(".is-next h2")).to_have_text("A site next")
    page.get_by_role("link", name="Register a site").click()
    page.get_by_label("Name", exact=True).fill("Zürich clinic")
    choose(page, "Time zone", "Europe/Zurich")
    register(page, "site")
    expect(page.get_by_role("status")).to_contain_text("The site is registered")
    assert page.url.endswith("/sites/Zurich-clinic?done=registered")

    page.goto(f"{api.base_url}/start")
    page.get_by_role("link", name="Register a product").click()
    page.get_by_label("Name", exact=True).fill("Exosomes A")
    page.get_by_label("GTIN").fill("9506000134352")
    choose(page, "How it is kept", "Frozen at −80 °C")
    register(page, "product")
    expect(page.locator("#waiting li")).to_have_count(3)
    sign_all(connection)
    page.reload()
    expect(page.locator("#adopted li")).to_have_count(3)


def test_from_nothing_to_an_answer(api: httpx.Client, page: Page, connection: Connection) -> None:
    """Each page leads to the next; at the end the lot says what it still waits for, and its freezer how cold it is."""
    site_and_product(api, page, connection)
    page.goto(f"{api.base_url}/start")
    expect(page.locator(".is-next h2")).to_have_text("A container next")
    page.get_by_role("link", name="Register a container").click()
    page.get_by_label("Name", exact=True).fill("Freezer 1")
    page.get_by_label("Kind").select_option(label="Freezer")
    choose(page, "What is kept in it", "Frozen at −80 °C")
    register(page, "container")
    expect(page.get_by_role("status")).to_contain_text("Now attach the logger")
    page.get_by_role("link", name="Do that first").click()
    page.get_by_label("Its name").fill("TAG/00042")
    page.get_by_label("The coldest it can measure, °C").fill("−95")
    page.get_by_label("The warmest it can measure, °C").fill("40")
    register(page, "logger")
    expect(page.get_by_label("Logger", exact=True)).to_have_value("TAG/00042")
    page.get_by_role("button", name="Attach it").click()
    expect(page.get_by_role("status")).to_have_text(
        "The logger is attached and counts from now on. Next: a lot can be put in."
    )
    reading = {"measured_at": datetime.now(UTC).isoformat(), "temperature_c": -79.8}
    assert api.post("/v1/readings", params={"logger_id": "TAG/00042"}, json=reading).is_success

    page.get_by_role("link", name="Register a lot").click()
    page.get_by_label("Lot number").fill("2411-03")
    page.get_by_label("Expires on").fill("2028-01-31")
    register(page, "lot")
    expect(page.get_by_role("status")).to_contain_text("Now say where it is")
    expect(page.get_by_label("Container")).to_have_value("Freezer-1")
    page.get_by_role("button", name="It is there").click()
    expect(page.get_by_role("heading", name="2411-03").first).to_be_visible()
    evaluate(connection)
    page.reload()
    expect(page.locator(".answer").first).to_contain_text("Not proven")
    page.goto(f"{api.base_url}/start")
    expect(page.locator(".is-done")).to_have_count(8)
    page.goto(f"{api.base_url}/containers/Freezer-1")
    expect(page.locator("#now")).to_contain_text("−79.8 °C")
    expect(page.locator("#lots")).to_contain_text("2411-03")
    page.goto(f"{api.base_url}/containers")
    search = page.get_by_label("Name or id")
    search.press_sequentially("no such freezer")
    expect(page.get_by_text("No container matches “no such freezer”")).to_be_visible()
    search.fill("zer 1")
    expect(page.locator(".containers .named")).to_have_text(["Freezer 1"])
    assert page.url.endswith("/containers?q=zer+1")
