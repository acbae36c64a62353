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


def test_a_logger_tells_how_it_does(store: httpx.Client) -> None:
    """When it was heard, how often it measures, and what it cannot show: what one asks before driving there."""
    page = shown(store, "/loggers/cold-logger")
    for told in ("Last heard", "every 5 min", "−100 °C to 50 °C", "None is recorded"):
        assert told in page, told
    assert "cold-logger" in shown(store, "/loggers?q=COLD")
    assert "No logger matches" in shown(store, "/loggers?q=nothing")
    odd = "shelly:lab/7"
    put(store, "/loggers", {"id": odd, "site_id": "zurich"})
    assert "never : check its power" in shown(store, f"/loggers/{odd}")


def test_a_product_tells_what_waits_for_a_signature(store: httpx.Client) -> None:
    """Until quality has signed how a product is kept, its lots are not proven; the page says what is missing."""
    assert "kept by “Frozen at −80 °C” (cryo-80, version 1)" in shown(store, "/products/exo-a")
    store.event_hooks["response"].clear()
    product = {"id": "exo-b", "name": "Exosomes B", "profile_id": "cryo-80", "specification_id": "exosomes"}
    put(store, "/products", {**product, "release_signatures": 1})
    page = shown(store, "/products/exo-b")
    assert "Nothing yet" in page
    for waits in ("kept by “Frozen at −80 °C”", "a certificate by exosomes", "a release signed by one account"):
        assert waits in page, waits
    assert "3 to sign" in shown(store, "/products")


def test_each_site_sees_its_own_things(api: httpx.Client, connection: Connection) -> None:
    """Two hospitals on one service: no list names a thing of the other; and one may show its own site alone."""
    add_product(api)
    for site in ("zurich", "bern"):
        furnish_site(api, connection, site)
    for path, thing in (("/containers", "freezer"), ("/loggers", "logger")):
        everywhere = shown(api, path)
        assert f"zurich-{thing}" in everywhere
        assert f"bern-{thing}" in everywhere
        api.cookies.set("unbroken_site", "bern")
        mine = shown(api, path)
        api.cookies.clear()
        assert f"bern-{thing}" in mine
        assert f"zurich-{thing}" not in mine
    assert "Bern" in shown(api, "/sites")
    with calling(api, connection, (Role.VIEWER, "zurich")):
        pages = [shown(api, path) for path in ("/containers", "/loggers", "/sites", "/products", "/sites/zurich")]
        hidden = [
            api.get(path).status_code for path in ("/containers/bern-freezer", "/loggers/bern-logger", "/sites/bern")
        ]
    assert hidden == [404] * 3
    assert "zurich-freezer" in pages[0]
    assert not [page for page in pages if "bern" in page.lower()]


#: As many freezers as a large hospital has.
_MANY = 1_000

_FURNISH_MANY = (
    "INSERT INTO containers (id, site_id, name, kind, profile_id, profile_version) "
    "SELECT 'c' || n, 'zurich', 'Freezer ' || n, 'freezer', 'cryo-80', 1 FROM generate_series(1, %(many)s) AS n",
    "INSERT INTO loggers (id, site_id, range_min_c, range_max_c, registered_at) "
    "SELECT 'l' || n, 'zurich', -95, 40, now() FROM generate_series(1, %(many)s) AS n",
    "INSERT INTO series (logger_id, probe) SELECT 'l' || n, '' FROM generate_series(1, %(many)s) AS n",
    "INSERT INTO attachments (id, series_id, container_id, place, from_at, commissioned_at) "
    "SELECT 'a' || n, series.id, 'c' || n, 'air', now() - interval '1 day', now() - interval '1 day' "
    "FROM generate_series(1, %(many)s) AS n JOIN series ON logger_id = 'l' || n",
    "INSERT INTO readings (series_id, measured_at, received_at, temperature_c, quality) "
    "SELECT series.id, now() - make_interval(mins => 5 * k), now(), -80 + k %% 3, 0 "
    "FROM series, generate_series(0, 24) AS k WHERE logger_id LIKE 'l%%'",
)


def test_a_thousand_containers_are_read_a_page_at_a_time(store: httpx.Client, connection: Connection) -> None:
    """A hospital's list is as short to load as a clinic's, and whoever stands before a freezer finds it by its name."""
    few = len(store.get("/containers").content)
    for statement in _FURNISH_MANY:
        connection.execute(statement, {"many": _MANY})
    page = store.get("/containers").content
    assert b"Next page" in page
    assert few < len(page) < 150_000
    seen: set[str] = set()
    path: str | None = "/containers"
    for _ in range(30):
        text = store.get(path).text
        names = re.findall(r'class="named" href="/containers/([^"]*)"', text)
        assert len(names) <= 50
        assert not seen & set(names)
        seen |= set(names)
        following = re.search(r'href="(/containers\?[^"]*)" rel="next"', text)
        if following is None:
            break
        path = html.unescape(following.group(1))
    assert len(seen) == _MANY + 2
    assert "Freezer 777" in shown(store, "/containers?q=freezer%20777")
