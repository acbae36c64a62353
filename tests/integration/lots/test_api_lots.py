"""Lots over HTTP: registered, placed and moved."""

from typing import Any

import httpx
import pytest

from tests.cold_store import ago, all_of, furnish, get, put, refusal, register_lot

LOT = {"id": "lot", "product_id": "exo-a", "lot_number": "2411", "units": 40, "life_starts_at": ago(60)}


@pytest.fixture
def store(api: httpx.Client) -> httpx.Client:
    """The service, knowing two watched freezers and a product."""
    furnish(api, "f1", "f2")
    return api


def place(store: httpx.Client, container_id: str, minutes_ago: float, /, **more: Any) -> httpx.Response:
    """Try to put the lot into a container."""
    body = {"id": f"p{minutes_ago:g}", "container_id": container_id, "from": ago(minutes_ago), **more}
    return store.post("/v1/lots/lot/placements", json=body)


def test_a_lot_is_pinned_to_its_products_profile(store: httpx.Client) -> None:
    """A lot just filled and placed nowhere yet is answered for at once."""
    created = put(store, "/lots", LOT)
    assert {name: created[name] for name in LOT} == LOT
    assert (created["profile_id"], created["profile_version"]) == ("cryo-80", 1)
    assert (created["product_name"], created["placements"]) == ("Exosomes A", [])
    assert created["life_ends_at"] is None
    assert created["temperatures"]["readings"] == 0
    assert created["temperatures"]["mean_kinetic_c"] is None
    assert created["status"]["lot_id"] == "lot"
    assert "'lot' exists already" in refusal(store.post("/v1/lots", json=LOT), 409)


def test_a_lot_moves_from_freezer_to_freezer(store: httpx.Client) -> None:
    """A new placement ends the one before it, to the microsecond: no instant is lost or counted twice."""
    put(store, "/lots", LOT)
    assert place(store, "f1", 60).json() == {
        "id": "p60",
        "container_id": "f1",
        "from": ago(60),
        "until": None,
        "position": None,
        "unconfirmed": False,
    }
    assert place(store, "f2", 30).status_code == 201
    moves = all_of(store, "/lots/lot/placements")
    assert [(row["container_id"], row["from"], row["until"]) for row in moves] == [
        ("f1", ago(60), ago(30)),
        ("f2", ago(30), None),
    ]
    assert get(store, "/lots/lot")["placements"] == moves


def test_a_lot_is_in_one_place_at_a_time(store: httpx.Client) -> None:
    """A placement that contradicts the record is refused, and the record stays as it is."""
    put(store, "/lots", LOT)
    place(store, "f1", 60)
    place(store, "f2", 30)
    before = all_of(store, "/lots/lot/placements")
    for minutes_ago, more in ((30, {"id": "again"}), (45, {}), (50, {"until": ago(20)}), (90, {})):
        assert "in another container" in refusal(place(store, "f1", minutes_ago, **more), 409)
    assert all_of(store, "/lots/lot/placements") == before
    assert place(store, "f2", 90, until=ago(60)).status_code == 201


def test_a_placement_with_an_end_leaves_the_lot_nowhere_after_it(store: httpx.Client) -> None:
    """A lot taken out and put nowhere is unmeasured, and no list says it is still in the freezer."""
    put(store, "/lots", LOT)
    place(store, "f1", 60, until=ago(10))
    [lot] = all_of(store, "/lots")
    assert (lot["container_id"], lot["site_id"]) == (None, None)


def test_a_placements_id_is_used_once(store: httpx.Client) -> None:
    """A request sent twice moves a lot once, and does not end its stay."""
    put(store, "/lots", LOT)
    place(store, "f1", 60)
    assert "'p60' exists already" in refusal(place(store, "f2", 30, id="p60"), 409)
    register_lot(store, "other")
    body = {"id": "p60", "container_id": "f1", "from": ago(20)}
    refusal(store.post("/v1/lots/other/placements", json=body), 409)
    assert [row["until"] for row in all_of(store, "/lots/lot/placements")] == [None]
    assert all_of(store, "/lots/other/placements") == []


def test_a_refused_move_leaves_the_lot_where_it_is(store: httpx.Client) -> None:
    """Nothing is half-done: the old stay goes on."""
    put(store, "/lots", LOT)
    place(store, "f1", 60)
    words = refusal(place(store, "f9", 30), 422, "container_id")
    assert "'f9'; register it first" in words
    assert all_of(store, "/lots/lot/placements") == [
        {"id": "p60", "container_id": "f1", "from": ago(60), "until": None, "position": None, "unconfirmed": False},
    ]


def test_a_lots_product_must_exist(store: httpx.Client) -> None:
    """Without a product there is no profile to judge by."""
    words = refusal(store.post("/v1/lots", json={**LOT, "product_id": "exo-z"}), 422, "product_id")
    assert "'exo-z'; register it first" in words
    assert all_of(store, "/lots") == []


def test_an_unknown_lot_is_not_found(store: httpx.Client) -> None:
    """A mistyped lot number never looks like a lot without trouble."""
    for path in ("", "/status", "/placements", "/excursions", "/gaps", "/verdicts", "/answers", "/readings"):
        assert "no lot 'no'" in refusal(store.get(f"/v1/lots/no{path}"), 404)


def test_an_unknown_lot_cannot_be_placed(store: httpx.Client) -> None:
    """What was never filled is in no freezer."""
    body = {"id": "p", "container_id": "f1", "from": ago(5)}
    assert "no lot 'no'" in refusal(store.post("/v1/lots/no/placements", json=body), 404)


_WRONG_LOTS: list[tuple[dict[str, Any], str]] = [
    ({"id": "a/b"}, "id"),
    ({"id": "ё"}, "id"),
    ({"lot_number": ""}, "lot_number"),
    ({"lot_number": "x" * 21}, "lot_number"),
    ({"lot_number": "nul\x00"}, "lot_number"),
    ({"product_id": "nul\x00"}, "product_id"),
    ({"units": 0}, "units"),
    ({"units": 2**31}, "units"),
    ({"units": 10**30}, "units"),
    ({"units": 1.5}, "units"),
    ({"life_starts_at": "2026-01-31T06:00:00"}, "life_starts_at"),
    ({"life_starts_at": ago(-60)}, "life_starts_at"),
    ({"life_starts_at": "0001-01-01T00:00:00Z"}, "life_starts_at"),
    ({"life_ends_at": "9999-12-31T23:59:59-12:00"}, "life_ends_at"),
    ({"life_ends_at": ago(60)}, "life_ends_at"),
    ({"released": True}, "released"),
]


def test_a_wrong_field_of_a_lot_is_named(store: httpx.Client) -> None:
    """A life that begins tomorrow, or ends before it began, is a slip of the pen."""
    for change, field in _WRONG_LOTS:
        assert refusal(store.post("/v1/lots", json={**LOT, **change}), 422, field).startswith(f"{field}: ")
        assert all_of(store, "/lots") == []


_WRONG_PLACEMENTS: list[tuple[dict[str, Any], str]] = [
    ({"id": ""}, "id"),
    ({"container_id": "nul\x00"}, "container_id"),
    ({"from": "2026-01-31 06:00"}, "from"),
    ({"from": ago(-60)}, "from"),
    ({"until": ago(-60)}, "until"),
    ({"until": ago(30)}, "until"),
    ({"until": ago(31)}, "until"),
    ({"from_": ago(30)}, "from_"),
]


def test_a_wrong_field_of_a_placement_is_named(store: httpx.Client) -> None:
    """What has not happened yet is not recorded, and the lot stays where it is."""
    put(store, "/lots", LOT)
    place(store, "f1", 60)
    for change, field in _WRONG_PLACEMENTS:
        assert refusal(place(store, "f2", 30, **change), 422, field).startswith(f"{field}: ")
        assert [row["until"] for row in all_of(store, "/lots/lot/placements")] == [None]


def test_times_are_told_in_utc(store: httpx.Client) -> None:
    """Zürich and Boston write one instant in two ways; the record has one."""
    created = put(store, "/lots", {**LOT, "life_starts_at": "2026-01-31T07:40:00.25+01:00"})
    assert created["life_starts_at"] == "2026-01-31T06:40:00.250000Z"


def test_any_start_of_life_is_answered_for(store: httpx.Client) -> None:
    """Unknown, by a clock a little fast, or long ago: there is an answer, and it is not "usable" for want of facts."""
    for number, starts in enumerate([None, ago(-5), ago(0), "1900-01-01T00:00:00Z"]):
        put(store, "/lots", {**LOT, "id": f"lot-{number}", "lot_number": str(number), "life_starts_at": starts})
        body = {"id": f"p-{number}", "container_id": "f1", "from": ago(-5)}
        put(store, f"/lots/lot-{number}/placements", body)
        for path in ("", "/status", "/excursions", "/gaps", "/readings"):
            assert store.get(f"/v1/lots/lot-{number}{path}").status_code == 200
    assert get(store, "/lots/lot-0/status")["answer"] == "not_proven"
    assert get(store, "/lots/lot-3/status")["answer"] == "not_proven"
