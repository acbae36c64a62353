"""Pages as they are sent."""

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


def test_an_empty_cold_store_says_where_to_begin(api: httpx.Client) -> None:
    """Nothing is registered yet, and the way to register is one link away."""
    page = api.get("/").text
    assert "No lot is registered yet" in page
    assert 'href="/docs"' in page


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
    assert "Nothing is proven at the moment" in page
    assert "do not use yet</strong>" in page
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


def test_no_more_lots_are_shown_than_one_reads(api: httpx.Client, scenario: Scenario) -> None:
    """With a thousand lots the worst are shown, the rest are counted, and any of them is found."""
    for number in range(203):
        scenario.lot(f"lot-{number:03}")
    page = api.get("/").text
    assert page.count('<li class="lot ') == 200
    assert "3 more are not" in page
    assert "All lots <b>203</b>" in page
    assert api.get("/", params={"q": "lot-202"}).text.count('<li class="lot ') == 1


@pytest.mark.parametrize("path", ["/nope", "/containers/x", "/alerts/1", "/static/nope.css"])
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
    assert "Lot MX-1043" not in api.get("/").text


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
    assert "Freezer, The site (freezer)" in page
