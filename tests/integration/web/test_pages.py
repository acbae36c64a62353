"""Pages as they are sent."""

import html
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from service.store.pool import Connection
from tests.scenario import Scenario, course


@pytest.fixture
def scenario(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """A cold store whose story began an hour ago."""
    monkeypatch.setattr("tests.scenario.START", datetime.now(UTC) - timedelta(hours=1))
    return Scenario(connection)


def test_a_page_runs_only_what_we_serve_and_is_kept_nowhere(api: httpx.Client) -> None:
    """A copy in a cache would pass for a fresh answer."""
    headers = api.get("/").headers
    assert headers["cache-control"] == "no-store"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/v1/lots", "/v1/lots/nowhere/status", "/openapi.json", "/favicon.ico", "/nowhere"])
def test_no_answer_is_kept_or_taken_for_something_else(api: httpx.Client, path: str) -> None:
    """An answer that a proxy kept would be an old one; one that a browser runs would be somebody else's."""
    headers = api.get(path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src" in headers["content-security-policy"]


def test_styles_are_those_of_the_version_that_runs(api: httpx.Client) -> None:
    """After an upgrade a ward's browser asks whether its copy still counts."""
    assert api.get("/static/style.css").headers["cache-control"] == "no-cache"


def test_pages_are_packed_for_browsers_and_what_holds_secrets_is_not(api: httpx.Client) -> None:
    """A clinic's line may be a telephone's; but the length of a packed answer tells of what is in it."""
    for path, encoding in (("/", "gzip"), ("/static/style.css", "gzip"), ("/account", None), ("/v1/lots", None)):
        assert api.get(path, headers={"Accept-Encoding": "gzip"}).headers.get("content-encoding") == encoding
    assert "content-encoding" not in api.get("/", headers={"Accept-Encoding": "identity"}).headers


def test_an_empty_cold_store_says_where_to_begin(api: httpx.Client) -> None:
    """Nothing is registered yet, and the forms of the first steps are one link away."""
    page = api.get("/").text
    assert "No lot is registered yet" in page
    assert 'href="/start"' in page


def test_readings_that_wait_unseen_take_good_answers_back(
    api: httpx.Client, scenario: Scenario, connection: Connection
) -> None:
    """A dead evaluator never leaves a fine-looking answer."""
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80] * 13))
    scenario.evaluate(60)
    assert "May be used</strong>" in api.get("/").text
    scenario.store(course("logger", [-80], start=60.1))
    connection.execute("UPDATE dirty SET marked_at = marked_at - interval '1 minute'")
    page = api.get("/").text
    assert "Some answers are withheld at the moment" in page
    assert "Not proven</strong>" in page
    assert "May be used</strong>" not in page


def test_a_lot_nobody_registered_is_not_proven(api: httpx.Client) -> None:
    """A mistyped number is no permission."""
    for name in ("nowhere", "a%00b", "%3Cscript%3E"):
        answer = api.get(f"/lots/{name}")
        assert answer.status_code == 404
        assert "do not use it yet" in answer.text
        assert "<script>" not in answer.text


def test_a_search_for_anything_is_answered(api: httpx.Client) -> None:
    """A scanner may send what no keyboard can; a filter nobody knows hides no lot behind a wrong one."""
    for text in ("%00", "%FF", "'", "%25", "a" * 5_000):
        assert api.get(f"/?q={text}").status_code == 200
    answer = api.get("/", params={"answer": "perhaps<b>"})
    assert answer.status_code == 200
    assert "There is no answer “perhaps&lt;b&gt;”; every answer is shown." in answer.text


def turned(page: str, rel: str) -> str | None:
    """Where the link to another page of the list leads; None: there is none."""
    found = re.search(rf'href="([^"]+)" rel="{rel}"', page)
    return None if found is None else html.unescape(found[1])


def shown(page: str) -> list[str]:
    """The lots on a page, in order."""
    return re.findall(r'href="/lots/([^"]+)"', page)


def test_no_more_lots_are_shown_than_one_reads(api: httpx.Client, scenario: Scenario) -> None:
    """Two hundred lots and three are three pages, forwards and backwards; any of them is found by its name."""
    names = [f"lot-{number:03}" for number in range(203)]
    for name in names:
        scenario.lot(name)
    pages = [api.get("/").text]
    while path := turned(pages[-1], "next"):
        pages.append(api.get(path).text)
    assert [len(shown(page)) for page in pages] == [100, 100, 3]
    assert [name for page in pages for name in shown(page)] == names
    assert turned(pages[0], "prev") is None
    back = [pages[-1]]
    while path := turned(back[-1], "prev"):
        back.append(api.get(path).text)
    assert list(map(shown, back)) == list(map(shown, reversed(pages)))
    assert turned(back[-1], "prev") is None
    assert shown(api.get("/", params={"q": "lot-202"}).text) == ["lot-202"]
    assert shown(api.get("/", params={"after": "1,lot-200", "q": "lot-20"}).text) == ["lot-201", "lot-202"]


@pytest.mark.parametrize("cursor", ["x", "1", "1,a,b", "%FF,a", "1,%00", "9" * 30 + ",a"])
def test_half_an_address_leads_to_the_first_page(api: httpx.Client, scenario: Scenario, cursor: str) -> None:
    """Whoever copies an address by hand sees the worst lots, and no error."""
    scenario.lot("lot")
    for way in ("after", "before"):
        assert shown(api.get("/", params={way: cursor}).text) == ["lot"]


def test_a_page_behind_the_last_lot_says_so(api: httpx.Client, scenario: Scenario) -> None:
    """It does not say that no lot is registered."""
    scenario.lot("lot")
    assert "There are no more lots" in api.get("/", params={"after": "3,lot"}).text


@pytest.mark.parametrize("path", ["/nope", "/containers/x", "/silences/1", "/static/nope.css"])
def test_an_address_without_a_page_says_so_to_people(api: httpx.Client, path: str) -> None:
    """Whoever mistypes an address in a browser is led on; a program gets what it always got."""
    answer = api.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert 'href="/alerts"' in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert api.get(path).headers["content-type"] == "application/problem+json"


def test_the_api_answers_browsers_with_problems_too(api: httpx.Client) -> None:
    """An address of the API is a program's, whoever opens it."""
    for path in ("/v1/nope", "/v1/lots/nope"):
        answer = api.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    assert api.delete("/", headers={"Accept": "text/html"}).status_code == 405


def test_a_lot_s_number_is_shown_where_it_says_more(api: httpx.Client, scenario: Scenario) -> None:
    """The same name in capitals is the same name."""
    scenario.lot("mx-1043")
    assert "Lot MX-1043" not in api.get("/lots/mx-1043").text
    board = api.get("/").text
    assert "MX-1043</a>" in board
    assert "mx-1043</" not in board


def test_a_lot_just_moved_waits_for_its_first_reading(api: httpx.Client, scenario: Scenario) -> None:
    """What is still to come is not unmeasured; and where it was says at which site."""
    for name, temperatures in {"freezer": [-80] * 9 + [-50] * 4, "cold": [-80] * 12}.items():
        scenario.container(name, loggers=[f"logger-{name}"])
        scenario.store(course(f"logger-{name}", temperatures))
    scenario.lot("lot", "freezer")
    scenario.place("lot", "cold", 58)
    scenario.evaluate(60)
    page = api.get("/lots/lot").text
    assert "waiting for the first reading there" in page
    assert "nobody measured</td>" not in page
    assert "Freezer, The site (freezer)" in re.sub("<[^>]+>", "", page)
