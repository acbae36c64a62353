"""The page a clinician reads: may I use this?"""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from service.acts.lots import register_lot
from service.store.lots.lots import NewLot
from service.store.pool import Connection
from tests.keyed import HEADERS
from tests.papers import add_product_of_before
from tests.scenario import BEFOREHAND, Scenario, course

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("scenario")]

#: How long the story of these lots is, minutes; it ends now.
LASTS = 240
TRICK = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def scenario(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """One lot of each verdict, and one whose number is an attack."""
    monkeypatch.setattr("tests.scenario.START", datetime.now(UTC) - timedelta(minutes=LASTS))
    scenario = Scenario(connection)
    count = LASTS // 5 + 1
    told = {
        "cold": [-80.0] * count,
        "warm": [-80.0] * 20 + [-50.0] * 8 + [-80.0] * (count - 28),
        "broken": [-80.0] * (count - 16) + [-40.0] * 16,
        "silent": [-80.0] * 10,
    }
    for name, temperatures in told.items():
        scenario.container(name, loggers=[f"logger-{name}"])
        scenario.lot(f"lot-{name}", name)
        scenario.store(course(f"logger-{name}", temperatures))
    add_product_of_before(connection, "trick", TRICK, "cryo-80")
    with connection.transaction():
        register_lot(
            connection,
            NewLot(
                id="lot-trick",
                product_id="trick",
                lot_number='"><b>',
                units=None,
                life_starts_at=None,
                life_ends_at=None,
            ),
            BEFOREHAND,
        )
    for minutes in (LASTS - 60, LASTS):
        scenario.evaluate(minutes)
    return scenario


def lot(page: Page, name: str) -> Locator:
    """A lot's row."""
    return page.locator("tr.lot").filter(has=page.locator(f"th a[href='/lots/{name}']"))


def names(page: Page) -> list[str]:
    """The lots on the page, from top to bottom."""
    return [str(link.get_attribute("href")).removeprefix("/lots/") for link in page.locator("tr.lot th a").all()]


def test_each_verdict_has_its_words(api: httpx.Client, page: Page) -> None:
    """Yes, no, or not proven, with the reason and what is left; at risk is said once; a no says what to do."""
    page.goto(str(api.base_url))
    for name, *told in (
        ("lot-cold", "May be used", "Within its limits", "1 h above −60 °C"),
        ("lot-warm", "May be used at risk", "allowed above −60 °C in total is used up", "above −60 °C"),
        ("lot-silent", "Not proven do not use yet", "of its life was not measured", "0 to 1 h above −60 °C"),
        ("lot-broken", "Do not use", "It was above −60 °C for 1 h 17 min", "none above −60 °C"),
    ):
        shown = lot(page, name)
        answer, reason, left = told
        expect(shown.locator(".says")).to_have_text(answer, use_inner_text=False)
        expect(shown.locator(".why")).to_contain_text(reason)
        expect(shown.locator(".remains")).to_contain_text(left)
        expect(shown.get_by_text("at risk")).to_have_count(1 if "at risk" in answer else 0)
    expect(page.get_by_text("keep it cold, set it apart, tell quality.")).to_be_visible()
    expect(lot(page, "lot-broken").locator(".where")).to_contain_text(re.compile("20.0.°C above −60.°C now"))
    expect(lot(page, "lot-silent").locator(".where")).to_contain_text(re.compile("last heard 3.h"))


def test_the_worst_and_the_alerts_come_first(api: httpx.Client, page: Page) -> None:
    """What can still be mended is on top of all, then the lots that are lost or in doubt."""
    page.goto(str(api.base_url))
    assert names(page) == ["lot-broken", "lot-silent", "lot-trick", "lot-warm", "lot-cold"]
    expect(page.locator(".strip li")).to_contain_text(["Broken (The site) is above −60 °C; 1 lot, since"])


def test_an_answer_has_a_shape_beside_its_colour(api: httpx.Client, page: Page) -> None:
    """One man in twelve does not tell red from green."""
    page.goto(str(api.base_url))
    shapes = [
        lot(page, name).locator(".answer .body").evaluate("body => body.outerHTML")
        for name in ("lot-cold", "lot-silent", "lot-broken")
    ]
    assert len(set(shapes)) == 3


def test_a_search_finds_the_vial_in_the_hand(api: httpx.Client, page: Page) -> None:
    """As one types, in either case, without a page that flickers; what was asked stays in the address."""
    page.goto(str(api.base_url))
    search = page.get_by_label("Lot, number or product")
    search.press_sequentially("SILENT")
    expect(page.get_by_text("1 lot matches")).to_be_visible()
    expect(search).to_be_focused()
    # What was typed first may be found sooner than the rest is typed.
    page.wait_for_url("**/?q=SILENT")
    assert names(page) == ["lot-silent"]
    expect(page.get_by_role("link", name="Not proven 1")).to_have_attribute("href", "/?q=SILENT&answer=not_proven")
    page.get_by_role("link", name="LOT-SILENT").click()
    page.go_back()
    expect(search).to_have_value("SILENT")
    expect(page.locator("tr.lot")).to_have_count(1)
    search.fill("no such lot")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A lot that is not listed is not proven")).to_be_visible()
    assert names(page) == []
    search.fill("")
    page.get_by_label("in", exact=True).select_option("Warm")
    expect(page.locator("tr.lot")).to_have_count(1)
    assert (names(page), page.url.endswith("/?container=warm")) == (["lot-warm"], True)


def test_a_search_that_gets_no_answer_shows_none(api: httpx.Client, page: Page) -> None:
    """The lots of what was asked before are no answer to what is asked now."""
    page.goto(str(api.base_url))
    expect(lot(page, "lot-cold")).to_be_visible()
    page.route("**/?q=*", lambda route: route.fulfill(body="502 from some proxy", content_type="text/html"))
    page.get_by_label("Lot, number or product").fill("warm")
    expect(lot(page, "lot-cold")).to_have_count(0)


def test_lots_are_chosen_by_their_answer(api: httpx.Client, page: Page) -> None:
    """Counts stand beside the links, and a search is kept."""
    page.goto(f"{api.base_url}/?q=lot-")
    page.get_by_role("link", name="May be used 2").click()
    expect(page.locator("#choices [aria-current=page]")).to_contain_text("May be used")
    expect(page.get_by_label("Lot, number or product")).to_have_value("lot-")
    assert names(page) == ["lot-warm", "lot-cold"]


def test_more_lots_than_one_reads_are_one_tap_away(api: httpx.Client, page: Page, scenario: Scenario) -> None:
    """The worst first, on a phone too; beside each choice stands how many lots there are in all."""
    for number in range(120):
        scenario.lot(f"more-{number:03}")
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(str(api.base_url))
    expect(page.get_by_role("link", name="All lots 125")).to_be_visible()
    assert (names(page)[0], len(names(page))) == ("lot-broken", 100)
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("tr.lot th a").last).to_have_text("LOT-COLD")
    assert len(names(page)) == 25
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("link", name="Previous page").click()
    expect(page.locator("tr.lot th a").first).to_have_text("LOT-BROKEN")
    for broken in ("after", "before"):
        page.goto(f"{api.base_url}/?{broken}=torn")
        assert (names(page)[0], len(names(page))) == ("lot-broken", 100)
        expect(page.get_by_text("Further lots")).not_to_be_visible()


@pytest.mark.parametrize("path", ["", "lots/lot-broken", "?q=nothing"])
def test_a_phone_shows_all_of_the_width(api: httpx.Client, page: Page, path: str) -> None:
    """At the bedside nobody scrolls sideways for an answer, nor in a table for a figure; and each has its name."""
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(f"{api.base_url}/{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for table in page.locator(".wide").all():
        assert table.evaluate("table => table.scrollWidth <= table.clientWidth")
    named = "cell => getComputedStyle(cell, '::before').content.length > 2"
    assert all(cell.evaluate(named) for cell in page.locator("td").all())


def test_a_name_is_only_text(api: httpx.Client, page: Page) -> None:
    """Whoever names a product runs nothing in a clinic's browser."""
    alarmed: list[str] = []

    def note(dialog: Dialog) -> None:
        alarmed.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    for path in ("", "lots/lot-trick", "?q=%22%3E%3Cscript%3Ealert(3)%3C/script%3E"):
        page.goto(f"{api.base_url}/{path}")
        assert page.locator("main img, main script, main b b").count() == 0
    page.goto(str(api.base_url))
    expect(lot(page, "lot-trick").locator("th")).to_have_text('"><b> lot-trick')
    expect(lot(page, "lot-trick").locator(".product")).to_have_text(TRICK)
    assert alarmed == []


def test_the_page_of_a_lot_says_what_its_answer_rests_on(api: httpx.Client, page: Page) -> None:
    """One link away: the limits, the stretches beyond them, the places, and how the verdict came about."""
    page.goto(str(api.base_url))
    page.get_by_role("link", name="LOT-BROKEN").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("LOT-BROKEN")
    expect(page.locator(".answer strong")).to_have_text("Do not use")
    beyond = page.get_by_role("region", name="Beyond a limit").locator("tbody tr")
    expect(beyond).to_have_text([re.compile(r"above −60.°C.*still.*1.h.17.min")])
    expect(page.get_by_role("region", name="Where it was")).to_contain_text("Broken, The site (broken)")
    page.get_by_text("Changes of the answer", exact=True).click()
    answers = page.get_by_role("region", name="Changes of the answer").locator("tbody td:nth-child(2)")
    expect(answers).to_have_text(["Do not use", "May be used"])
    page.get_by_text("What its temperature alone has proven").click()
    changes = page.get_by_role("region", name="Changes of the verdict").locator("tbody td:nth-child(2)")
    expect(changes).to_have_text(["out of limits", "at risk"])
    causes = page.get_by_role("region", name="Changes of the verdict").locator("tbody td:nth-child(3)")
    expect(causes).to_have_text(["Nothing arrived, and time passed.", "The lot's first verdict."])


def test_alerts_are_one_link_away(api: httpx.Client, page: Page) -> None:
    """From the red box, and back to the lots."""
    page.goto(str(api.base_url))
    page.get_by_role("link", name="1 alert").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Alerts")
    page.get_by_role("link", name="Lots", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("May this lot be used?")


def test_what_is_left_for_certain_looks_unlike_what_may_be(api: httpx.Client, page: Page) -> None:
    """A bar full of "perhaps" must not look like a full one."""
    page.goto(str(api.base_url))
    bar = lot(page, "lot-silent").locator(".bar").first
    expect(bar.locator(".left")).to_have_attribute("width", "0.0%")
    unsure = bar.locator(".unsure")
    expect(unsure).to_have_attribute("x2", re.compile("100(.0)?%"))
    assert unsure.evaluate("line => getComputedStyle(line).strokeDasharray") != "none"
    expect(lot(page, "lot-cold").locator(".unsure")).to_have_count(0)


def test_an_open_page_stays_true_by_itself(api: httpx.Client, page: Page, scenario: Scenario) -> None:
    """A screen left open shows what is so now, and takes nothing from whoever is typing."""
    page.clock.install()
    page.goto(str(api.base_url))
    page.get_by_label("Lot, number or product").press_sequentially("lot-ne")
    scenario.lot("lot-new")
    page.clock.run_for(16_000)
    expect(lot(page, "lot-new")).to_be_visible()
    expect(page.get_by_label("Lot, number or product")).to_have_value("lot-ne")
    expect(page.get_by_label("Lot, number or product")).to_be_focused()


def test_a_page_that_gets_no_answer_takes_the_old_ones_away(api: httpx.Client, page: Page) -> None:
    """Behind a broken network the last good answer is no answer; when the network is back, so are the answers."""
    page.clock.install()
    page.goto(str(api.base_url))
    pages = re.compile("^(?!.*/v1/events)")
    page.route(pages, lambda route: route.fulfill(body="502 from some proxy", content_type="text/html"))
    page.clock.run_for(16_000)
    expect(
        page.get_by_text(re.compile("No connection since .*: what stands here may no longer be true"))
    ).to_be_visible()
    page.clock.run_for(16_000)
    expect(page.get_by_role("heading", name="No answer now")).to_be_visible()
    expect(page.locator("tr.lot").filter(visible=True)).to_have_count(0)
    page.unroute(pages)
    page.clock.run_for(16_000)
    expect(lot(page, "lot-cold")).to_be_visible()


def test_the_page_works_without_scripts(api: httpx.Client, page: Page) -> None:
    """A locked-down ward computer gets the same answers, and reloads them."""
    context = page.context.browser.new_context(java_script_enabled=False, extra_http_headers=HEADERS)  # type: ignore[union-attr]  # it has one
    plain = context.new_page()
    plain.goto(str(api.base_url))
    assert len(names(plain)) == 5
    assert plain.locator("noscript > meta[http-equiv=refresh]").count() == 1
    context.close()


def test_links_lead_on_by_keyboard(api: httpx.Client, page: Page) -> None:
    """Gloves and mice do not go together: the scan, search, choices and lots follow one another."""
    page.goto(str(api.base_url))
    expect(page.get_by_label("Scan a vial")).to_be_focused()
    reached = []
    for _ in range(10):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.textContent.trim().split(/\\s+/)[0] || document.activeElement.id")
        )
    assert reached == ["Check", "1", "q", "any", "Search", "All", "Do", "Not", "May", "LOT-BROKEN"]
