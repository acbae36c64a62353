"""The clinic's first screen on a whole installation: a vial is scanned, its freezer fails, and everybody sees it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from service.acts.accounts import NewAccount, account_named, add_account
from service.acts.own_account import set_pin
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Grant, Role
from service.store.migrate import migrate
from service.store.pool import connect
from simulators.link import Broker
from simulators.publisher import Fleet
from simulators.state import WorldState
from tests.acceptance.conftest import Service, eventually
from tests.acceptance.failing_freezer import GTIN, SITE, STRICT, ward
from tests.acting import CHEAP, TESTER
from tests.browser import chromium
from tests.keyed import HEADERS

pytestmark = [pytest.mark.acceptance, pytest.mark.long]

#: On a busy machine.
expect.set_options(timeout=30_000)

PASSWORD, PIN = "a password of hers", "602214"  # of an account that lives as long as a test
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 640}
_HISTORY_MS = 15 * 60_000

#: As a scanner of the maker's own settings types it, and one that drops FNC1: Control+] is FNC1, Enter the end.
WITH_FNC1 = (f"]d201{GTIN}10EXO-2411", "Control+]", "2142", "Enter")
WITHOUT = (f"01{GTIN}10EXO-2411", "Enter")


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A real one."""
    with chromium.launched(request.config) as running:
        yield running


class Ward:
    """Two freezers and their simulated loggers."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service = service
        now_ms = int(time.time() * 1_000)
        self.born_ms = now_ms - _HISTORY_MS
        self.state = WorldState.open(folder / "world.json", now_ms=now_ms, seed=7)
        self.fleet: Fleet | None = None

    def register(self) -> None:
        """Make the service know them."""
        self.service.post("/v1/profiles", STRICT)
        for entry in ward(self.born_ms).entries():
            self.service.post(entry.path, entry.body)
        self._run()

    def fail(self) -> None:
        """The compressor of one stops now."""
        self._run(int(time.time() * 1_000))

    def _run(self, fails_ms: int | None = None) -> None:
        self.stop()
        broker = Broker.from_url(self.service.mqtt_url)
        self.fleet = Fleet(ward(self.born_ms, fails_ms).stations(), broker, self.state)
        self.fleet.start()

    def stop(self) -> None:
        """Nothing is sent any more."""
        if self.fleet is not None:
            self.fleet.stop()


@pytest.fixture
def clinic(service: Service, tmp_path: Path) -> Iterator[Ward]:
    """A running installation with a ward in it, a nurse with a PIN, and an admin."""
    with connect(service.database_url, application="tests", actor=TESTER) as connection:
        migrate(connection)
        service.start("serve")
        service.start("ingest", "evaluate")
        # What is published before is lost: the broker keeps nothing for a session that there is not.
        eventually(lambda: "connected to the broker" in service.log("ingest").read_text(), 60, "ingest is subscribed")
        made = Ward(service, tmp_path)
        made.register()
        for login, name, grant in (
            ("nora", "Nora Nurse", Grant(Role.CLINICIAN, SITE)),
            ("ada", "Ada Admin", Grant(Role.ADMIN, None)),
        ):
            add_account(connection, TESTER, NewAccount(login, name, is_demo=True), PASSWORD, [grant], CHEAP)
        nora = account_named(connection, "nora")
        set_pin(
            connection,
            Actor(f"account:{nora.id}", nora.name, "password"),
            nora,
            PASSWORD,
            PIN,
            CHEAP,
            datetime.now(UTC),
        )
    eventually(lambda: _answer(service) == "usable", 60, "what was measured is judged")
    yield made
    made.stop()


def _answer(service: Service) -> object:
    status = service.get("/v1/lots/exo-2411/status")
    return status["answer"] if isinstance(status, dict) else None


def opened(browser: Browser, service: Service, **more: Any) -> BrowserContext:
    """A browser of its own, by a key unless it is said otherwise."""
    given = {"viewport": DESK, "extra_http_headers": HEADERS, "locale": "en-GB", **more}
    return browser.new_context(base_url=str(service.client.base_url), **given)


def scan(page: Page, keys: tuple[str, ...]) -> None:
    """What a scanner types, once the page is there."""
    page.wait_for_load_state()
    for key in keys:
        if key in {"Enter", "Control+]"}:
            page.keyboard.press(key)
        else:
            page.keyboard.type(key)


def test_a_freezer_fails_while_people_look(clinic: Ward, browser: Browser) -> None:
    """May I use this one? Which one instead? Are the freezers all right this morning? And nothing stale looks fresh."""
    service = clinic.service
    desk = opened(browser, service)
    page = desk.new_page()
    page.goto("/")
    for keys in (WITH_FNC1, WITHOUT):
        scan(page, keys)
        expect(page.locator("#answer")).to_contain_text("May be used")
        page.goto("/")
    clinic.fail()

    lot, check, wall = desk.new_page(), desk.new_page(), desk.new_page()
    wall.goto("/wall")
    expect(wall.get_by_role("heading", name="No alert")).to_be_visible()
    expect(wall.get_by_role("heading", name="No lot to look after")).to_be_visible()
    wall.evaluate("window.neverReloaded = true")
    check.goto("/checks")
    assert check.url.endswith(f"/checks/{SITE}")
    expect(check.locator("#today")).to_contain_text("All in range")
    check.get_by_label("Comment").fill("Half a w")
    lot.goto("/lots/exo-2411")
    lot.bring_to_front()
    expect(lot.locator(".panel").first).to_contain_text("May be used")
    lot.evaluate("window.neverReloaded = true")

    on_a_kiosk(clinic, browser)

    expect(lot.locator(".panel").first).to_contain_text("Do not use", timeout=90_000)
    assert lot.evaluate("window.neverReloaded")
    wall.bring_to_front()
    expect(wall.locator(".tile").first).to_contain_text("Freezer 1")
    expect(wall.get_by_role("region", name="Lots to look after")).to_contain_text("Do not use")
    assert wall.evaluate("window.neverReloaded")
    check.bring_to_front()
    expect(check.locator("#today")).to_contain_text("Out of range now")
    expect(check.locator("#comment")).to_have_value("Half a w")
    scan_again(page)
    look_in_the_morning(check)
    print_the_month(check)
    without_scripts(clinic, browser)
    while_it_is_away(clinic, lot)


def on_a_kiosk(clinic: Ward, browser: Browser) -> None:
    """A phone that an admin made a kiosk: it answers without a login, and its morning check takes name and PIN."""
    page = opened(browser, clinic.service, viewport=PHONE, extra_http_headers={}).new_page()
    page.goto("/login?next=/kiosks")
    page.get_by_label("Name", exact=True).fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("What this device is called").fill("Phone at the freezers")
    page.get_by_role("button", name="Make this device a kiosk").click()
    expect(page.get_by_role("heading", name="May this vial be used?")).to_be_visible()
    expect(page.get_by_label("Scan a vial")).to_be_focused()
    scan(page, (f"]C101{GTIN}10EXO-2412", "Control+]", "2107", "Enter"))
    expect(page.locator("#answer")).to_contain_text("May be used")
    page.goto("/")
    page.get_by_role("link", name="Morning check").click()
    page.get_by_label("Name you log in with").fill("nora")
    page.get_by_label("PIN, or password").fill(PIN)
    page.get_by_label("What you did").or_(page.get_by_label("Comment")).fill("Looked at both.")
    page.get_by_role("button", name="Seen").click()
    expect(page.get_by_role("status")).to_contain_text("Recorded: Nora Nurse has seen it")
    page.context.close()


def scan_again(page: Page) -> None:
    """The same vial, and which one to take instead."""
    page.bring_to_front()
    scan(page, WITHOUT)
    expect(page.locator("#answer")).to_contain_text("Do not use")
    expect(page.locator("#instead")).to_contain_text("EXO-2412")
    expect(page.locator("#instead")).to_contain_text("Freezer 2")


def look_in_the_morning(page: Page) -> None:
    """Something was odd: it is recorded with a word, and the word that was begun is still there."""
    page.bring_to_front()
    page.get_by_label("Comment").or_(page.get_by_label("What you did")).fill("Moved to freezer 2.")
    page.get_by_role("button", name="Seen").click()
    expect(page.get_by_role("status")).to_contain_text("Recorded: T. Tester has seen it")


def print_the_month(page: Page) -> None:
    """What hangs on the door."""
    page.get_by_role("link", name="This month, to print").click()
    expect(page.get_by_role("table")).to_contain_text("Moved to freezer 2.")
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def without_scripts(clinic: Ward, browser: Browser) -> None:
    """Everything once more in a browser that runs none."""
    plain = opened(browser, clinic.service, java_script_enabled=False, viewport=PHONE).new_page()
    plain.goto(f"/01/{GTIN}/10/EXO-2412/21/7")
    expect(plain.locator("#answer")).to_contain_text("May be used")
    plain.goto("/")
    plain.get_by_label("Scan a vial").fill("EXO-2411")
    plain.get_by_label("Scan a vial").press("Enter")
    expect(plain.locator("#answer")).to_contain_text("Do not use")
    plain.goto(f"/checks/{SITE}")
    plain.get_by_text("Record another check today").click()
    plain.get_by_label("What you did").or_(plain.get_by_label("Comment")).fill("Still being emptied.")
    plain.get_by_role("button", name="Seen").click()
    expect(plain.get_by_role("status")).to_contain_text("Recorded")
    for page, says in (("/", "EXO-2411"), ("/wall", "Freezer 1"), ("/downtime", "EXO-2411")):
        plain.goto(page)
        expect(plain.locator("main")).to_contain_text(says)
        expect(plain.locator("main")).to_contain_text("Do not use")
    plain.goto("/lots/exo-2411")
    expect(plain.locator(".panel").first).to_contain_text("Do not use")


def while_it_is_away(clinic: Ward, page: Page) -> None:
    """The server dies: no answer is left standing as if it were fresh, and it comes back by itself."""
    page.bring_to_front()
    clinic.service.kill("serve")
    expect(page.locator("#connection")).to_be_visible(timeout=60_000)
    clinic.service.start("serve")
    expect(page.locator("#connection")).to_be_hidden(timeout=60_000)
    expect(page.locator(".panel").first).to_contain_text("Do not use")
