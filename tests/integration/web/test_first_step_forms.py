"""The forms of the first steps: what is wrong is told beside its field; what they record, the API tells."""

import html
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from service.domain.identity.caller import Role
from service.store.pool import Connection
from tests.callers import calling
from tests.cold_store import furnish, get, register_logger
from tests.two_sites import add_product, furnish_site


def problems(answer: httpx.Response) -> dict[str, str]:
    """What a refused form says is wrong, by field."""
    assert answer.status_code == 422, answer.text
    found = re.findall(r'id="f-([^"]*)-problem">([^<]*)<', answer.text)
    return {name: html.unescape(why) for name, why in found}


def typed(answer: httpx.Response) -> dict[str, str]:
    """What stands in the fields of a refused form."""
    found = re.findall(r'name="([^"]*)" type="[^"]*" value="([^"]*)"', answer.text)
    return {name: html.unescape(value) for name, value in found}


@pytest.fixture
def store(api: httpx.Client) -> httpx.Client:
    """A site, a product, and a freezer with its logger."""
    furnish(api, "f1")
    return api


def test_what_is_wrong_stands_beside_its_field_and_stays_typed(store: httpx.Client) -> None:
    """All that is wrong is told at once, and nothing is typed twice."""
    site = store.post("/new/site", data={"name": " ", "time_zone": "Mars/Base", "id": "ü"})
    assert problems(site).keys() == {"name", "time_zone", "id"}
    product = {"name": "Exo <b>", "gtin": "9506000134353", "profile_id": "cryo-80", "release_signatures": "1"}
    wrong = store.post("/new/product", data=product)
    assert "by the others it should be 2" in problems(wrong)["gtin"]
    assert typed(wrong)["name"] == "Exo <b>"
    logger = {"id": "T", "site_id": "zurich", "range_min_c": "40", "range_max_c": "-95"}
    assert problems(store.post("/new/logger", data=logger)) == {"range_max_c": "It must be above the coldest."}
    logger |= {"range_min_c": "cold"}
    assert "type degrees" in problems(store.post("/new/logger", data=logger))["range_min_c"].lower()
    lot = {"product_id": "exo-a", "lot_number": "x" * 21, "units": "1.5", "expires_on": "soon"}
    found = problems(store.post("/new/lot", data=lot))
    assert found.keys() == {"lot_number", "units", "expires_on"}
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    lot = {"product_id": "exo-a", "lot_number": "L", "life_starts_at": tomorrow}
    assert "future" in problems(store.post("/new/lot", data=lot))["life_starts_at"]
    assert get(store, "/lots")["items"] == []


def values(page: str) -> dict[str, str]:
    """What a form would send as it is shown."""
    shown = dict(re.findall(r'<input id="f-[^"]*" name="([^"]*)" type="[^"]*" value="([^"]*)"', page))
    for name, options in re.findall(r'<select id="f-[^"]*" name="([^"]*)".*?>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        shown[name] = "" if chosen is None else chosen.group(1)
    return shown


def test_a_profile_begins_with_another_and_becomes_ones_own(store: httpx.Client) -> None:
    """A clinic takes the limits of a refrigerator, allows half an hour, and says by which study."""
    page = store.get("/new/profile?like=lyophilised-2-8").text
    form = values(page) | {"name": "Exosomes A, dry", "budget_1": "30", "source": "Stability study 2026-04"}
    wrong = problems(store.post("/new/profile", data=form | {"threshold_2": "", "source": "", "max_gap_min": "soon"}))
    assert wrong.keys() == {"threshold_2", "source", "max_gap_min"}
    done = store.post("/new/profile", data=form)
    assert done.headers["location"] == "/new/product?profile=Exosomes-A-dry"
    kept = get(store, "/profiles/Exosomes-A-dry")
    first, second, third = kept["limits"]
    assert (first["threshold_c"], first["budget_s"], first["effect"]) == (8.0, 1_800, "condemns")
    assert (second["threshold_c"], third["direction"], third["budget_s"]) == (25.0, "below", None)
    assert kept["max_gap_s"] == 2_100
    assert 'value="Exosomes-A-dry" selected' in store.get(done.headers["location"]).text
    built_in = store.post("/new/profile", data=form | {"id": "cryo-80"})
    assert "is built in" in built_in.text


def test_what_is_taken_is_said_of_the_whole(store: httpx.Client) -> None:
    """An id is given once; the form says so, and keeps what was typed."""
    again = store.post("/new/site", data={"name": "Zürich", "time_zone": "Europe/Zurich", "id": "zurich"})
    assert again.status_code == 422
    assert "zurich" in html.unescape(again.text).split("Nothing was recorded", 1)[1][:400]


def test_a_time_is_that_of_the_wall_there(store: httpx.Client) -> None:
    """A nurse types what the clock of the clinic shows; it is kept as the instant that it is."""
    there = datetime.now(ZoneInfo("Europe/Zurich")).replace(second=0, microsecond=0)
    lot = {"product_id": "exo-a", "lot_number": "L/1", "life_starts_at": there.strftime("%Y-%m-%dT%H:%M")}
    answer = store.post("/new/lot", data=lot)
    assert answer.headers["location"] == "/lots/L-1/place?done=registered"
    kept = datetime.fromisoformat(get(store, "/lots/L-1")["life_starts_at"])
    assert kept == there
    placed = store.post("/lots/L-1/place", data={"container_id": "f1"})
    assert placed.headers["location"] == "/lots/L-1?done=placed"
    assert [one["container_id"] for one in get(store, "/lots/L-1/placements")["items"]] == ["f1"]


def test_a_probe_is_attached_and_counts_once_it_has_settled(store: httpx.Client) -> None:
    """A logger that was just put in shows the room; it says nothing of the lots until a technician confirms it."""
    register_logger(store, "second")
    register_logger(store, "fridge-logger", (-30, 60))
    form = {"logger_id": "second", "place": "buffered", "settled": "no"}
    assert store.post("/containers/f1/attach", data=form).headers["location"] == "/containers/f1?done=attached"
    [new] = [one for one in get(store, "/containers/f1/attachments")["items"] if one["logger_id"] == "second"]
    assert (new["place"], new["commissioned_at"]) == ("buffered", None)
    page = store.get("/containers/f1").text
    assert f"/containers/f1/commission?attachment={new['id']}" in page
    assert "once the two agree" in store.get(f"/containers/f1/commission?attachment={new['id']}").text
    done = store.post("/containers/f1/commission", data={"attachment_id": new["id"]})
    assert done.headers["location"] == "/containers/f1?done=commissioned"
    unfit = store.post("/containers/f1/attach", data={**form, "logger_id": "fridge-logger"})
    assert "does not span" in problems(unfit)["logger_id"]


def test_nobody_registers_at_a_site_of_others(api: httpx.Client, connection: Connection) -> None:
    """A technician of one clinic is shown no other, and what names one is refused."""
    add_product(api)
    for site in ("zurich", "bern"):
        furnish_site(api, connection, site)
    with calling(api, connection, (Role.TECHNICIAN, "zurich")):
        pages = [
            api.get(path) for path in ("/new/container", "/new/logger", "/containers/zurich-freezer/attach", "/start")
        ]
        container = {"site_id": "bern", "name": "F", "kind": "freezer", "profile_id": "cryo-80"}
        refused = [
            api.post("/new/container", data=container).status_code,
            api.post("/new/site", data={"name": "S", "time_zone": "Europe/Zurich"}).status_code,
            api.post("/containers/bern-freezer/attach", data={"logger_id": "zurich-spare"}).status_code,
        ]
    assert [page.status_code for page in pages] == [200] * 4
    assert not [page for page in pages if "bern" in page.text.lower()]
    assert refused == [422, 403, 404]


def test_that_a_lot_is_used_up_is_said_on_its_page(store: httpx.Client, connection: Connection) -> None:
    """Whoever used the last vial says so, and what became of it; nobody is asked for the lot after that."""
    lot = {"product_id": "exo-a", "lot_number": "L-1"}
    assert store.post("/new/lot", data=lot).status_code == 303
    offered = 'href="/lots/L-1/end"'
    assert offered in store.get("/lots/L-1").text
    assert "needs quality" in store.get("/lots/L-1/end").text
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    wrong = store.post("/lots/L-1/end", data={"life_ends_at": tomorrow})
    assert problems(wrong).keys() == {"life_ends_at", "reason"}
    assert get(store, "/lots/L-1")["life_ends_at"] is None
    done = store.post("/lots/L-1/end", data={"reason": "The last vial was used."})
    assert done.headers["location"] == "/lots/L-1?done=ended"
    page = store.get(done.headers["location"]).text
    assert "nobody is called to measure it" in page
    assert offered not in page
    assert get(store, "/lots/L-1/status")["answer"] == "do_not_use"
    [line] = connection.execute("SELECT DISTINCT reason FROM audit_trail WHERE new->>'life_ends_at' IS NOT NULL")
    assert line["reason"] == "The last vial was used."
    again = store.post("/lots/L-1/end", data={"reason": "Thrown away."})
    assert again.status_code == 422
    assert "its life ended at" in html.unescape(again.text).lower()


def test_only_who_keeps_lots_says_that_one_is_used_up(store: httpx.Client, connection: Connection) -> None:
    """What takes a lot out of use for good is recorded by a custodian or quality."""
    assert store.post("/new/lot", data={"product_id": "exo-a", "lot_number": "L-1"}).status_code == 303
    with calling(store, connection, (Role.CLINICIAN, None)):
        assert "/lots/L-1/end" not in store.get("/lots/L-1").text
        assert store.post("/lots/L-1/end", data={"reason": "x"}).status_code == 403
    assert get(store, "/lots/L-1")["life_ends_at"] is None
