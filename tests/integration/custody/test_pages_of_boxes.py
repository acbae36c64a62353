"""Pages of boxes: what is where, and moving by two scans."""

import re

import httpx
import pytest

from service.store.pool import Connection
from tests.cold_store import ago, all_of, evaluate, furnish, get, put, register_lot, send


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """A freezer that is measured; in it a rack, in that a box, in that a lot; and another box in nothing."""
    furnish(api, "freezer", "other")
    for name, kind in (("rack", "rack"), ("box", "box"), ("loose", "box")):
        body = {"id": name, "site_id": "zurich", "name": name.capitalize(), "kind": kind, "profile_id": "cryo-80"}
        put(api, "/containers", body)
    put(api, "/containers/rack/nestings", {"id": "n1", "in_id": "freezer", "from": ago(59)})
    put(api, "/containers/box/nestings", {"id": "n2", "in_id": "rack", "from": ago(59), "position": "B2"})
    register_lot(api, "lot", "box", 55)
    register_lot(api, "lost", "loose", 55)
    send(api, "freezer-logger", [-80.0] * 13, 60)
    evaluate(connection)
    return api


def text_of(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text))


def test_a_box_in_a_measured_freezer_is_not_told_as_unmeasured(store: httpx.Client) -> None:
    """No logger is in any box; only the lots of the box that stands on the bench are measured by nobody."""
    told = text_of(store.get("/containers"))
    assert told.count("Measured by freezer") == 2
    assert "Not measured" in text_of(store.get("/containers/loose"))
    box = text_of(store.get("/containers/box"))
    assert "in: freezer › Rack , at B2" in box
    assert "judged by that" in box
    assert "Not measured" not in box
    check = text_of(store.get("/checks/zurich"))
    assert "Rack" not in check


def test_a_lot_in_a_box_is_told_with_the_way_to_it(store: httpx.Client) -> None:
    """Whoever looks for the vial at night reads: freezer, rack, box; and how cold it is in there."""
    page = text_of(store.get("/lots/lot"))
    assert "freezer › Rack › Box" in page
    assert "−80.0" in page
    assert "freezer › Rack › Box" in text_of(store.get("/"))
    [listed] = all_of(store, "/lots", container_id="freezer")
    assert listed["container_name"] == "freezer › Rack › Box"


def test_the_map_of_a_rack_shows_each_cell(store: httpx.Client) -> None:
    """At the open door one glance must do: the box is in the second row."""
    page = store.get("/containers/rack").text
    assert re.search(r'data-label="B2" class="container">\s*<a href="/containers/box">Box</a>', page)
    assert page.count('class="free"') == 3


def test_a_box_is_moved_by_two_scans(store: httpx.Client) -> None:
    """Box, beep; freezer, beep: it and all that is in it are there."""
    asked = store.post("/move", data={"code": "box"})
    assert (asked.status_code, asked.headers["location"]) == (303, "/move?item=container%3Abox")
    second = text_of(store.get(asked.headers["location"]))
    assert "Move Box" in second
    assert "Box is in freezer › Rack now" in second
    wrong = store.post("/move", data={"item": "container:box", "code": "lot"})
    assert wrong.status_code == 422
    assert "this is the code of lot lot; scan the code of the container" in wrong.text.lower()
    unknown = store.post("/move", data={"code": "nothing"})
    assert "nothing is known by this code" in unknown.text.lower()
    into_itself = store.post("/move", data={"item": "container:rack", "code": "box"})
    assert "cannot be in each other" in into_itself.text
    done = store.post("/move", data={"item": "container:box", "code": "other", "position": "c1"})
    assert done.status_code == 303
    assert "Box is in other now" in text_of(store.get(done.headers["location"]))
    assert get(store, "/containers/box")["position"] == "C1"
    done = store.post("/move", data={"item": "lot:lot", "code": "freezer"})
    assert "Lot LOT is in freezer now" in text_of(store.get(done.headers["location"]))
