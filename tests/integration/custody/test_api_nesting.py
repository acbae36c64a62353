"""Boxes in racks in freezers, over HTTP: put, moved, taken out, corrected, and refused."""

from typing import Any

import httpx
import pytest

from service.store.pool import Connection
from tests.cold_store import ago, all_of, evaluate, furnish, get, put, refusal, register_lot, send
from tests.stays_anew import stays_anew, stays_kept


def box(api: httpx.Client, name: str, kind: str = "box", site: str = "zurich") -> None:
    body = {"id": name, "site_id": site, "name": name.capitalize(), "kind": kind, "profile_id": "cryo-80"}
    put(api, "/containers", body)


def nest(api: httpx.Client, inner: str, outer: str, minutes_ago: float = 5, **more: Any) -> httpx.Response:
    body = {"id": f"{inner}-{outer}-{minutes_ago:g}", "in_id": outer, "from": ago(minutes_ago), **more}
    return api.post(f"/v1/containers/{inner}/nestings", json=body)


def place(api: httpx.Client, lot: str, container: str, minutes_ago: float = 4, **more: Any) -> httpx.Response:
    body = {"id": f"{lot}-{container}-{minutes_ago:g}", "container_id": container, "from": ago(minutes_ago), **more}
    return api.post(f"/v1/lots/{lot}/placements", json=body)


@pytest.fixture
def store(api: httpx.Client) -> httpx.Client:
    """Two freezers; a rack in the first, two boxes in the rack."""
    furnish(api, "freezer", "other")
    for name, kind in (("rack", "rack"), ("box-1", "box"), ("box-2", "box")):
        box(api, name, kind)
    assert nest(api, "rack", "freezer").status_code == 201
    assert nest(api, "box-1", "rack", position="a1").status_code == 201
    assert nest(api, "box-2", "rack", position="A2").status_code == 201
    return api


def test_what_is_in_a_freezer_is_listed_with_the_way_to_it(store: httpx.Client) -> None:
    """Whoever opens the door at −80 °C must know rack, box and cell, for the door is not to stand open."""
    for number, position in enumerate(("B1", "B2", None)):
        register_lot(store, f"lot-{number}")
        assert place(store, f"lot-{number}", "box-1", position=position).status_code == 201
    assert [one["id"] for one in all_of(store, "/containers/freezer/contents")] == ["rack"]
    within = all_of(store, "/containers/freezer/contents", all=True)
    assert [one["id"] for one in within] == ["box-1", "box-2", "rack", "lot-0", "lot-1", "lot-2"]
    assert within[3]["position"] == "B1"
    assert [step["name"] for step in within[3]["path"]] == ["freezer", "Rack", "Box-1"]
    assert within[3]["path"][2]["position"] == "A1"
    first = get(store, "/containers/freezer/contents", all=True, limit=4)
    assert [one["id"] for one in first["items"]] == ["box-1", "box-2", "rack", "lot-0"]
    rest = all_of(store, "/containers/freezer/contents", all=True, after=first["next"])
    assert [one["id"] for one in rest] == ["lot-1", "lot-2"]
    known = get(store, "/containers/box-1")
    assert (known["in_id"], known["position"]) == ("rack", "A1")
    assert [step["id"] for step in known["path"]] == ["freezer", "rack", "box-1"]


def test_a_position_has_room_for_one(store: httpx.Client) -> None:
    """Two boxes, or a box and a vial, in one cell: one of the two records is wrong, and nobody finds the vial."""
    register_lot(store, "lot")
    register_lot(store, "second")
    box(store, "box-3")
    said = refusal(nest(store, "box-3", "rack", position="a1"), 409)
    assert "position 'A1' in 'rack' is taken by container 'box-1'" in said
    assert "taken by container 'box-2'" in refusal(place(store, "lot", "rack", position="A2"), 409)
    assert place(store, "lot", "rack", position="A3").status_code == 201
    assert "taken by lot 'lot'" in refusal(nest(store, "box-3", "rack", position="A3"), 409)
    assert "taken by lot 'lot'" in refusal(place(store, "second", "rack", position="A3"), 409)
    assert all_of(store, "/lots/second/placements") == []
    # Where the first left, the second may come.
    assert place(store, "lot", "rack", 2, position="A4").status_code == 201
    assert place(store, "second", "rack", 1, position="A3").status_code == 201


def test_what_cannot_be_is_refused_with_what_to_do(store: httpx.Client) -> None:
    """A slip of the scanner must not turn the store inside out."""
    assert "cannot be in each other" in refusal(nest(store, "rack", "box-1", 3), 409)
    assert "in itself" in refusal(nest(store, "rack", "rack", 3), 409)
    assert refusal(nest(store, "box-1", "nowhere", 3), 422, "in_id")
    assert refusal(nest(store, "nothing", "rack", 3), 404)
    assert "is recorded in 'rack'" in refusal(nest(store, "box-1", "other", 9), 409)
    assert refusal(nest(store, "box-1", "other", 3, until=ago(4)), 422, "until")
    assert refusal(nest(store, "box-1", "other", 3, until=ago(1)), 422, "then")
    assert refusal(nest(store, "box-1", "other", -30), 422, "from")
    assert refusal(store.post("/v1/containers/box-1/nestings/end", json={"until": ago(8)}), 422, "until")
    assert "is in no other now" in refusal(store.post("/v1/containers/other/nestings/end", json={"until": ago(1)}), 409)
    box(store, "old")
    retired = store.patch("/v1/containers/old", json={"retired": True, "reason": "it broke"})
    assert retired.status_code == 200
    assert "retired" in refusal(nest(store, "box-2", "old", 3), 409)
    assert "retired" in refusal(nest(store, "old", "rack", 3), 409)
    said = refusal(store.patch("/v1/containers/freezer", json={"retired": True, "reason": "x"}), 409)
    assert "rack" in said
    [only] = all_of(store, "/containers/box-2/nestings")
    assert (only["in_id"], only["until"]) == ("rack", None)


def test_a_box_that_was_away_for_a_while_is_back(store: httpx.Client) -> None:
    """Lent to the other freezer for a minute: before and after it was in its rack, at its place."""
    assert nest(store, "box-1", "other", 3, until=ago(2), then="back").status_code == 201
    kept = all_of(store, "/containers/box-1/nestings")
    assert [(one["in_id"], one["position"]) for one in kept] == [("rack", "A1"), ("other", None), ("rack", "A1")]
    assert store.post("/v1/containers/box-1/nestings/end", json={"until": ago(1)}).status_code == 200
    assert get(store, "/containers/box-1")["in_id"] is None


def test_a_box_put_elsewhere_in_the_past_is_explained_listed_and_corrected(
    store: httpx.Client, connection: Connection
) -> None:
    """Where the box was yesterday decides what its vials went through: no such word goes by without a reason."""
    register_lot(store, "lot", "box-2", 300)
    box(store, "bag")
    assert nest(store, "bag", "other", 200).status_code == 201
    evaluate(connection)
    assert refusal(nest(store, "box-2", "bag", 1, until=ago(2)), 422, "until")
    register_lot(store, "late", "bag", 190)
    evaluate(connection)
    assert refusal(nest(store, "bag", "freezer", 100), 422, "reason")
    assert nest(store, "bag", "freezer", 100, reason="found on the sheet").status_code == 201
    listed = all_of(store, "/corrections")
    assert [(one["kind"], one["row_id"]) for one in listed] == [("nesting", "bag-other-200")]
    kept = all_of(store, "/containers/bag/nestings")
    assert [(one["id"], one["in_id"]) for one in kept] == [("bag-other-200~2", "other"), ("bag-freezer-100", "freezer")]
    correction = {
        "kind": "nesting",
        "row_id": "bag-freezer-100",
        "replacement": {"in_id": "rack", "position": "A1"},
        "reason": "it is in the rack",
    }
    assert "taken by container 'box-1'" in refusal(store.post("/v1/corrections", json=correction), 409)
    correction["replacement"] = {"in_id": "rack", "position": "A7"}
    assert store.post("/v1/corrections", json=correction).status_code == 201
    assert get(store, "/containers/bag")["path"][1]["id"] == "rack"
    circle = correction | {"row_id": "bag-freezer-100~2", "replacement": {"in_id": "bag"}}
    assert "in itself" in refusal(store.post("/v1/corrections", json=circle), 409)
    wrong = correction | {"row_id": "bag-freezer-100~2", "replacement": {"container_id": "box-1"}}
    assert refusal(store.post("/v1/corrections", json=wrong), 422, "replacement.container_id")
    struck = correction | {"row_id": "bag-freezer-100~2", "replacement": None}
    assert store.post("/v1/corrections", json=struck).status_code == 201
    assert get(store, "/containers/bag")["in_id"] is None
    assert stays_kept(connection) == stays_anew(connection)


def test_things_are_moved_together_or_not_at_all(store: httpx.Client) -> None:
    """A trolley of boxes and single vials goes by one scan of its destination."""
    register_lot(store, "lot", "box-1", 4)
    register_lot(store, "single", "freezer", 4)
    things = [{"container_id": "box-1"}, {"lot_id": "single", "position": "c3"}]
    body = {"id": "trolley", "items": things, "to_id": "other", "at": ago(2)}
    taken = body | {"items": [*things, {"container_id": "box-2", "position": "C3"}]}
    assert "taken by lot 'single'" in refusal(store.post("/v1/moves", json=taken), 409)
    assert get(store, "/containers/box-1")["in_id"] == "rack"
    assert len(all_of(store, "/lots/single/placements")) == 1
    assert refusal(store.post("/v1/moves", json=body | {"items": [*things, things[0]]}), 422, "items")
    assert refusal(store.post("/v1/moves", json=body | {"items": []}), 422, "items")
    assert refusal(store.post("/v1/moves", json=body | {"items": [{}]}), 422)
    assert refusal(store.post("/v1/moves", json=body | {"to_id": "nowhere"}), 422, "to_id")
    assert store.post("/v1/moves", json=body).status_code == 201
    within = {one["id"]: one["position"] for one in all_of(store, "/containers/other/contents", all=True)}
    assert within == {"box-1": None, "lot": None, "single": "C3"}
    assert "is recorded in 'other'" in refusal(store.post("/v1/moves", json=body), 409)


def test_all_that_is_in_a_freezer_goes_with_its_racks(store: httpx.Client, connection: Connection) -> None:
    """At night nobody takes boxes apart: the rack goes as it is, and each vial in it is where the rack is."""
    register_lot(store, "lot", "box-1", 4)
    register_lot(store, "single", "freezer", 4)
    moved = put(store, "/containers/freezer/move", {"to_id": "other", "at": ago(1)})
    assert (moved["lot_ids"], moved["container_ids"]) == (["lot", "single"], ["rack"])
    assert all_of(store, "/containers/freezer/contents", all=True) == []
    assert len(all_of(store, "/containers/other/contents", all=True)) == 5
    assert [one["id"] for one in all_of(store, "/lots", container_id="other")] == ["lot", "single"]
    assert stays_kept(connection) == stays_anew(connection)


def test_a_box_is_at_the_site_of_what_it_is_in(store: httpx.Client) -> None:
    """The shipper of last week stands in the clinic now: its people hear of it, and not those who packed it."""
    put(store, "/sites", {"id": "clinic", "name": "Clinic", "time_zone": "Europe/Zurich"})
    body = {"id": "fridge", "site_id": "clinic", "name": "Fridge", "kind": "freezer", "profile_id": "cryo-80"}
    put(store, "/containers", body)
    register_lot(store, "lot", "box-1", 4)
    assert nest(store, "rack", "fridge", 2).status_code == 201
    assert {get(store, f"/containers/{one}")["site_id"] for one in ("rack", "box-1", "box-2")} == {"clinic"}
    [lot] = all_of(store, "/lots", site_id="clinic")
    assert lot["id"] == "lot"
    assert all_of(store, "/lots", site_id="zurich") == []
    assert refusal(nest(store, "freezer", "fridge", 2), 422, "in_id")


def test_a_vial_in_a_box_is_usable_while_the_freezer_around_it_is_cold(
    store: httpx.Client, connection: Connection
) -> None:
    """No logger is in the box; that of the freezer speaks for it."""
    register_lot(store, "lot", "box-1", 4)
    send(store, "freezer-logger", [-80.0] * 3, 4, 2)
    evaluate(connection)
    assert get(store, "/lots/lot/status")["verdict"] == "viable"
