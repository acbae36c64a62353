"""Boxes in racks: the map at the freezer's door, and things moved by two scans, in a real browser."""

import os
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessible import LOOKS, hindrances
from tests.cold_store import ago, furnish, get, put, register_lot

pytestmark = pytest.mark.browser


@pytest.fixture
def store(api: httpx.Client) -> httpx.Client:
    """A freezer with a rack, in which two boxes stand; a lot in one of them."""
    furnish(api, "freezer", "other")
    for name, kind in (("rack", "rack"), ("box-1", "box"), ("box-2", "box")):
        body = {"id": name, "site_id": "zurich", "name": name.capitalize(), "kind": kind, "profile_id": "cryo-80"}
        put(api, "/containers", body)
    put(api, "/containers/rack/nestings", {"id": "n1", "in_id": "freezer", "from": ago(9)})
    for name, position in (("box-1", "A1"), ("box-2", "C3")):
        body = {"id": f"{name}-rack", "in_id": "rack", "from": ago(9), "position": position}
        put(api, f"/containers/{name}/nestings", body)
    register_lot(api, "lot", "box-1", 5)
    return api


def test_a_box_is_moved_with_a_scanner_alone(store: httpx.Client, page: Page) -> None:
    """In gloves, with a scanner that types: no key and no mouse is touched, and the map is read by everybody."""
    found = []
    for path in ("/containers/rack", "/containers/box-1", "/lots/lot", "/move", "/move?item=container:box-2"):
        page.goto(f"{store.base_url}{path}")
        for scheme, size in LOOKS:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            found += [f"{path}, {one}" for one in hindrances(page, f"{scheme} at {size['width']} px", scheme)]
            if into := os.environ.get("UNBROKEN_TEST_SHOTS"):
                name = path.strip("/").replace("/", "-").replace("?", "-").replace(":", "-")
                page.screenshot(path=Path(into) / f"{name}-{size['width']}-{scheme}.png", full_page=True)
    assert not found, "\n".join(found)
    page.goto(f"{store.base_url}/move")
    scans = (("What is moved", "box-2", "Move Box-2"), ("Where it is put", "other", "Move something"))
    for asked, typed, told in scans:
        expect(page.get_by_label(asked)).to_be_focused()
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(told)
    expect(page.get_by_role("status")).to_contain_text("Box-2 is in other now")
    assert get(store, "/containers/box-2")["in_id"] == "other"
