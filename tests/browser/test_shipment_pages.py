"""A shipment is unpacked with a scanner in one hand and nothing in the other."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, cast

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.test_accessible import hindrances
from tests.cold_store import ago, get
from tests.keyed import HEADERS
from tests.shipping import SSCC, hand_over, pack

pytestmark = pytest.mark.browser

LOTS = [f"exo-{number}" for number in range(2401, 2421)]


def shown(page: Page, name: str) -> None:
    """It can be read by everybody, at a desk and on a telephone; pictures of it for whoever wants to look."""
    for width, height in ((1280, 800), (360, 640)):
        page.set_viewport_size(cast(ViewportSize, {"width": width, "height": height}))
        assert not hindrances(page, f"{name} at {width} px")
        if into := os.environ.get("UNBROKEN_TEST_SHOTS"):
            page.screenshot(path=Path(into) / f"{name}-{width}.png", full_page=True)


@pytest.fixture
def candid(browser: Browser, api: httpx.Client) -> Iterator[Page]:
    """A page that may be refused: Chromium complains of every status that is no success."""
    context = browser.new_context(base_url=str(api.base_url), extra_http_headers=HEADERS, locale="en-GB")
    yield context.new_page()
    context.close()


def scan(page: Page, *codes: str) -> None:
    """What a scanner types, with Enter behind each code."""
    # What is typed before a field has the focus is lost.
    page.wait_for_load_state()
    expect(page.locator("input:focus, textarea:focus")).to_have_count(1)
    for code in codes:
        page.keyboard.type(code)
        page.keyboard.press("Enter")


def press(page: Page, role: Literal["button", "link"], name: str) -> None:
    """Go there by Tab alone, and press Enter."""
    wanted = page.get_by_role(role, name=name)
    expect(wanted).to_be_visible()
    for _ in range(100):
        if wanted.evaluate("one => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def test_twenty_lots_are_received_without_a_mouse(api: httpx.Client, candid: Page) -> None:
    """The scanner ends each code with Enter; Tab leads on; what is wrong is said before anything is recorded."""
    page = candid
    pack(api, LOTS)
    hand_over(api)
    page.goto("/scan")
    # The number on the shipper leads to its page.
    scan(page, f"(00){SSCC}")
    page.wait_for_url("**/shipments/ship")
    shown(page, "shipment")
    press(page, "link", "Receive it")
    page.wait_for_url("**/receipt")
    scan(page, *(one.upper() for one in LOTS[:-1]), LOTS[0], "nothing")
    page.keyboard.press("Tab")
    scan(page, "S-1")
    page.keyboard.press("Tab")
    # Where it is put: chosen by the letter it begins with.
    page.keyboard.press("c")
    press(page, "button", "Look")
    expect(page.get_by_text("Line 21, nothing")).to_be_visible()
    expect(page.get_by_text("19 of 20")).to_be_visible()
    expect(page.get_by_text("counted once: exo-2401")).to_be_visible()
    expect(page.get_by_role("button", name="Confirm")).to_have_count(0)
    shown(page, "receipt-unread")
    # The field of the codes has the focus: all is scanned once more.
    expect(page.get_by_label("Scan every vial")).to_be_focused()
    page.keyboard.press("Control+a")
    scan(page, *LOTS[:-1])
    press(page, "button", "Look again")
    expect(page.get_by_text("exo-2420 should be in it and was not scanned")).to_be_visible()
    expect(page.get_by_label("Why it is received so")).to_be_focused()
    press(page, "button", "Confirm")
    # Nothing is recorded for want of a word.
    expect(page.get_by_text("Say why it is received so")).to_be_visible()
    shown(page, "receipt-refused")
    assert get(api, "/shipments/ship")["state"] == "under_way"
    expect(page.get_by_label("Why it is received so")).to_be_focused()
    page.keyboard.type("one vial was left behind")
    press(page, "button", "Confirm")
    page.wait_for_url("**/shipments/ship?done=received")
    shown(page, "shipment-received")
    kept = get(api, "/shipments/ship")
    assert len(kept["receipt"]["lot_ids"]) == 19
    assert [one["found"] for one in kept["receipt"]["findings"]] == ["missing"]
    there = get(api, "/lots/exo-2401/placements")["items"]
    assert [one["container_id"] for one in there if one["until"] is None] == ["clinic-freezer"]
    page.goto("/shipments")
    shown(page, "shipments")
    expect(page.get_by_role("link", name="ship", exact=True)).to_be_visible()


def test_what_is_changed_after_the_look_is_looked_at_again(api: httpx.Client, candid: Page) -> None:
    """Nobody confirms what was not shown: a vial that is scanned after the look is looked at first."""
    page = candid
    pack(api, LOTS[:2])
    hand_over(api)
    page.goto("/shipments/ship/receipt")
    scan(page, *LOTS[:2])
    page.keyboard.press("Tab")
    scan(page, "S-1")
    press(page, "button", "Look")
    expect(page.get_by_text("Nothing is wrong")).to_be_visible()
    page.get_by_label("Scan every vial").fill(LOTS[0])
    press(page, "button", "Confirm")
    expect(page.get_by_text("1 of 2")).to_be_visible()
    assert get(api, "/shipments/ship")["state"] == "under_way"
    page.get_by_label("Scan every vial").fill("\n".join(LOTS[:2]))
    press(page, "button", "Look again")
    expect(page.get_by_role("button", name="Confirm")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/shipments/ship?done=received")
    assert get(api, "/shipments/ship")["receipt"]["findings"] == []


def test_a_shipment_is_sent_from_a_page(api: httpx.Client, candid: Page) -> None:
    """Where it goes, by whom and when it is to be there; the carrier takes it by a button of its page."""
    page = candid
    pack(api, LOTS[:1])
    assert api.post("/v1/shipments/ship/cancel", json={"at": ago(1)}).status_code == 200
    page.goto("/shipments/new")
    page.get_by_label("What is sent").select_option("shipper")
    page.get_by_label("Its seals").fill("S-7, S-8")
    page.get_by_label("To", exact=False).first.select_option("clinic")
    page.get_by_label("Carrier").fill("Cold Couriers")
    page.get_by_label("Expected").fill("2020-01-01T10:00")
    page.get_by_role("button", name="Register it").click()
    expect(page.get_by_text("It has passed")).to_be_visible()
    shown(page, "new-shipment")
    page.get_by_label("Expected").fill("2090-01-01T10:00")
    page.get_by_role("button", name="Register it").click()
    page.get_by_role("button", name="The carrier has it").click()
    expect(page.get_by_text("Under way: from Zürich to Clinic")).to_be_visible()
    [kept] = get(api, "/shipments", open=True)["items"]
    assert get(api, f"/shipments/{kept['id']}")["containers"] == [{"container_id": "shipper", "seals": ["S-7", "S-8"]}]
