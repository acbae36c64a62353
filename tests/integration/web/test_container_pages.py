"""The pages of containers: how each is now, for whom it concerns."""

import html
import re

import httpx
import pytest

from service.domain.identity.caller import Role
from service.store.pool import Connection
from tests.callers import calling
from tests.cold_store import attachment, evaluate, furnish, put, register_logger, register_lot, send
from tests.two_sites import add_product, furnish_site


def shown(api: httpx.Client, path: str) -> str:
    """A page as it is read: without its markup."""
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", answer.text)).split())


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """A freezer at −80 °C with a lot, and one at −50 °C."""
    furnish(api, "cold", "warm")
    register_lot(api, "lot", "cold")
    send(api, "cold-logger", [-80.0] * 13)
    send(api, "warm-logger", [-80.0] * 8 + [-50.0] * 5)
    evaluate(connection)
    return api


def test_a_list_tells_each_temperature_and_the_worst_first(store: httpx.Client) -> None:
    """One glance: which freezer is warm, by how much, and which are well."""
    page = shown(store, "/containers")
    assert page.index("warm freezer Alarm") < page.index("cold freezer Within limits")
    assert "−50.0 °C" in page
    assert "10.0 °C above −60 °C" in page
    assert "20.0 °C below −60 °C" in page
    only = shown(store, "/containers?q=WAR")
    assert "1 container matches “WAR”" in only
    assert "cold freezer" not in only
    assert "No container matches “nothing”" in shown(store, "/containers?q=nothing")
    assert "warm freezer" in shown(store, "/containers?after=broken")


def test_a_container_tells_what_is_in_it_and_what_measures_it(store: httpx.Client) -> None:
    """Whoever opens its door knows what is inside, what watches it, and from when on somebody is told."""
    page = shown(store, "/containers/cold")
    for told in (
        "−80.0 °C",
        "lot · Exosomes A",
        "cold-logger",
        "in the air",
        "after 10 min",
        "Readings more than 15 min apart",
    ):
        assert told in page, told
    assert "Not heard" not in page
    assert store.get("/containers/nowhere", headers={"Accept": "text/html"}).status_code == 404


def test_a_probe_that_has_not_settled_does_not_count_yet(store: httpx.Client) -> None:
    """Until a technician confirms it, a new probe says nothing of the lots; the page says so, and asks for the word."""
    register_logger(store, "new-logger")
    put(store, "/containers/cold/attachments", attachment("new-logger", "new", commissioned_at=None))
    page = shown(store, "/containers/cold")
    assert "does not count yet" in page


def test_each_site_sees_its_own_containers(api: httpx.Client, connection: Connection) -> None:
    """Two hospitals on one service: neither list names a freezer of the other; and one may show its own site alone."""
    add_product(api)
    for site in ("zurich", "bern"):
        furnish_site(api, connection, site)
    everywhere = shown(api, "/containers")
    assert "zurich-freezer" in everywhere
    assert "bern-freezer" in everywhere
    api.cookies.set("unbroken_site", "bern")
    mine = shown(api, "/containers")
    api.cookies.clear()
    assert "bern-freezer" in mine
    assert "zurich-freezer" not in mine
    with calling(api, connection, (Role.VIEWER, "zurich")):
        page = shown(api, "/containers")
        assert api.get("/containers/bern-freezer").status_code == 404
    assert "zurich-freezer" in page
    assert "bern" not in page.lower()
