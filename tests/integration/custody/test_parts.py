"""Lots split over HTTP, down to one vial: units and serials balance, and what belongs to the whole lot stays there."""

from typing import Any

import httpx
import pytest

from service.store.pool import Connection
from tests.cold_store import ago, all_of, evaluate, furnish, get, put, refusal, send

GTIN = "09521234543213"


@pytest.fixture
def store(api: httpx.Client) -> httpx.Client:
    """Two freezers, and a lot of twelve vials with serials in the first of them."""
    furnish(api, "freezer-1", "freezer-2")
    assert api.patch("/v1/products/exo-a", json={"gtin": GTIN, "reason": "as printed"}).is_success
    body = {"id": "mx", "product_id": "exo-a", "lot_number": "MX", "units": 12, "life_starts_at": ago(60)}
    put(api, "/lots", body)
    put(api, "/lots/mx/placements", {"id": "mx-1st", "container_id": "freezer-1", "from": ago(60)})
    for name in ("freezer-1-logger", "freezer-2-logger"):
        send(api, name, [-80] * 13)
    return api


def numbered(api: httpx.Client) -> None:
    """Its vials bear V-01 to V-12."""
    put(api, "/lots/mx/serials", {"first": "V-01", "last": "V-12"})


def split(api: httpx.Client, **asked: Any) -> list[dict[str, Any]]:
    """Split it, and the parts."""
    parts: list[dict[str, Any]] = put(api, "/lots/mx/split", asked)["parts"]
    return parts


def scanned(api: httpx.Client, code: str) -> tuple[str, str | None, str | None, str]:
    """What a code leads to: kind, id, answer and the first reason."""
    found = get(api, "/scan", code=code)
    return found["kind"], found["id"], found["answer"], found["reasons"][0]["code"] if found["reasons"] else ""


def test_parts_have_their_units_and_serials_and_the_lot_has_the_rest(store: httpx.Client) -> None:
    """Of twelve vials five go into another freezer and three stay apart: four are left."""
    numbered(store)
    parts = split(
        store,
        parts=[
            {
                "id": "mx-a",
                "serials": [{"first": "V-01", "last": "V-05"}],
                "container_id": "freezer-2",
                "position": "A1",
            },
            {"id": "mx-b", "units": 3, "serials": [{"first": "V-10", "last": "V-12"}]},
        ],
    )
    assert [(one["id"], one["units"], one["container_id"], one["position"]) for one in parts] == [
        ("mx-a", 5, "freezer-2", "A1"),
        ("mx-b", 3, "freezer-1", None),
    ]
    lot = get(store, "/lots/mx")
    assert (lot["units"], lot["units_left"], lot["part_count"]) == (12, 4, 2)
    part = get(store, "/lots/mx-a")
    assert (part["parent_id"], part["lot_number"], part["status"]["parent_id"]) == ("mx", "MX", "mx")
    assert all_of(store, "/lots/mx-b/serials") == [{"lot_id": "mx-b", "first": "V-10", "last": "V-12", "count": 3}]
    put(store, "/lots/mx-a/split", {"equal": {"into": 5, "id_prefix": "mx-a-"}})
    assert [one["id"] for one in all_of(store, "/lots/mx/parts")][:3] == ["mx-a", "mx-a-1", "mx-a-2"]
    assert all_of(store, "/lots/mx-a-3/serials")[0]["first"] == "V-03"


#: Of a part: what is wrong with it, beside which field it is said, and some of the words.
WRONG: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"units": 13}, "parts", "12 units left"),
    ({"units": 2}, "parts.0.serials", "have serials"),
    ({}, "parts.0.units", "how many"),
    ({"units": 2, "serials": [{"first": "V-01"}]}, "parts.0.serials", "1 serials"),
    ({"serials": [{"first": "V-12", "last": "V-13"}]}, "parts.0.serials", "does not have V-13"),
    ({"serials": [{"first": "V-1", "last": "V-2"}]}, "parts.0.serials", "does not have V-1"),
    ({"serials": [{"first": "V-01", "last": "V-02"}, {"first": "V-02"}]}, "parts", "V-02 is named twice"),
    ({"serials": [{"first": "V-05", "last": "V-04"}]}, "parts.0.serials.0.last", "before"),
    ({"serials": [{"first": "V-05"}], "container_id": "attic"}, "parts.0.container_id", "no container"),
    ({"serials": [{"first": "V-05"}], "position": "A1"}, "parts.0.position", "container"),
)


def test_what_is_not_there_is_not_split_off(store: httpx.Client) -> None:
    """More vials than there are, one vial twice, a vial of another lot: refused, and nothing is half-done."""
    numbered(store)
    for part, field, words in WRONG:
        answer = store.post("/v1/lots/mx/split", json={"parts": [{"id": "mx-a", **part}]})
        assert words in refusal(answer, 422, field), part
    assert all_of(store, "/lots/mx/parts") == []


def test_a_vial_is_split_off_once(store: httpx.Client) -> None:
    """What went into a part is no more to be had of its lot; a serial of another lot is none of this one."""
    numbered(store)
    split(store, parts=[{"id": "mx-a", "serials": [{"first": "V-01", "last": "V-05"}]}])
    again = {"parts": [{"id": "mx-b", "serials": [{"first": "V-05", "last": "V-06"}]}]}
    assert "V-05 went into another part" in refusal(store.post("/v1/lots/mx/split", json=again), 422)
    put(store, "/lots", {"id": "other", "product_id": "exo-a", "lot_number": "OTHER", "units": 5})
    twice = store.post("/v1/lots/other/serials", json={"first": "V-12", "last": "V-13"})
    assert "'mx'" in refusal(twice, 409)
    more = store.post("/v1/lots/other/serials", json={"first": "W-1", "last": "W-6"})
    assert "5 units" in refusal(more, 422, "last")
    late = store.post("/v1/lots/mx/serials", json={"first": "X-1"})
    assert "split already" in refusal(late, 409)
    fewer = store.patch("/v1/lots/mx", json={"units": 4, "reason": "counted again"})
    assert "5 of its units" in refusal(fewer, 422, "units")


def test_a_lot_that_is_all_in_parts_answers_for_none_and_rings_for_none(
    store: httpx.Client, connection: Connection
) -> None:
    """Nothing of it is left in the freezer: it is not proven, says where to look, and nobody has to look after it."""
    split(store, equal={"into": 12, "id_prefix": "mx-"})
    evaluate(connection)
    told = get(store, "/lots/mx/status")
    assert (told["answer"], told["reasons"][0]["code"], told["verdict"]) == ("not_proven", "split_up", "viable")
    assert [way["action"] for way in told["way_back"]] == ["choose_part"]
    assert get(store, "/lots/mx-01/status")["answer"] == "usable"
    assert "mx" not in [one["id"] for one in all_of(store, "/lots")]
    assert get(store, "/lots/counts")["answers"] == {"do_not_use": 0, "not_proven": 0, "usable": 12}
    listed = {one["id"]: (one["answer"], one["container_id"]) for one in all_of(store, "/lots", q="mx")}
    assert listed["mx"] == ("not_proven", None)
    assert listed["mx-12"] == ("usable", "freezer-1")
    again = store.post("/v1/lots/mx/placements", json={"id": "x", "container_id": "freezer-2", "from": ago(0)})
    assert "all of lot 'mx' is in parts" in refusal(again, 409)
    store.post("/v1/containers/freezer-1/move", json={"to_id": "freezer-2"})
    assert all_of(store, "/lots", container_id="freezer-2") != []
    assert "mx" not in [one["id"] for one in all_of(store, "/lots", container_id="freezer-2")]


def test_a_scan_finds_the_part_that_has_the_vial(store: httpx.Client, connection: Connection) -> None:
    """The vial in the warm freezer is told apart from its sisters in the cold one by its serial alone."""
    numbered(store)
    part = {"id": "mx-a", "serials": [{"first": "V-01", "last": "V-05"}], "container_id": "freezer-2"}
    split(store, parts=[part])
    put(store, "/lots/mx-a/split", {"parts": [{"id": "mx-v", "serials": [{"first": "V-03"}]}]})
    put(store, "/recalls", {"lot_id": "mx-v", "reason": "a cracked stopper"})
    evaluate(connection)
    label = f"(01){GTIN}(10)MX"
    assert scanned(store, f"{label}(21)V-03") == ("lot", "mx-v", "do_not_use", "recalled")
    assert scanned(store, f"{label}(21)V-04")[:3] == ("lot", "mx-a", "usable")
    assert scanned(store, f"{label}(21)V-12")[:3] == ("lot", "mx", "usable")
    assert scanned(store, f"{label}(21)V-13") == ("none", None, "not_proven", "serial_unknown")
    for code in (label, "MX", "mx"):
        assert scanned(store, code) == ("several", None, "not_proven", "serial_awaited")
    assert [one["id"] for one in get(store, "/scan", code=label)["things"]] == ["mx", "mx-a", "mx-v"]
    assert scanned(store, "mx-v")[:3] == ("lot", "mx-v", "do_not_use")


def test_a_lot_without_serials_is_chosen_by_its_parts(store: httpx.Client, connection: Connection) -> None:
    """Its vials look alike: which part one is of, the box says. Where one part alone is left, that is it."""
    split(store, parts=[{"id": "mx-a", "units": 5}])
    evaluate(connection)
    label = f"(01){GTIN}(10)MX"
    assert scanned(store, f"{label}(21)V-03") == ("several", None, "not_proven", "several")
    assert scanned(store, label) == ("several", None, "not_proven", "serial_awaited")
    split(store, parts=[{"id": "mx-b", "units": 7}])
    store.patch("/v1/lots/mx-a", json={"life_ends_at": ago(-0.01), "reason": "all used"})
    assert [one["id"] for one in get(store, "/scan", code=label)["things"]] == ["mx-a", "mx-b"]


def test_what_belongs_to_the_whole_lot_is_recorded_of_it(store: httpx.Client) -> None:
    """One certificate, one expiry date, one start of life: a part has its lot's, and is told to say so."""
    split(store, parts=[{"id": "mx-a", "units": 5}])
    for field, value in (("expires_on", "2030-01-31"), ("life_starts_at", ago(90))):
        answer = store.patch("/v1/lots/mx-a", json={field: value, "reason": "as the label says"})
        assert "of lot 'mx'" in refusal(answer, 422, field)
    units = store.patch("/v1/lots/mx-a", json={"units": 6, "reason": "counted"})
    assert "split off" in refusal(units, 422, "units")
    pinned = store.post("/v1/lots/mx-a/profile", json={"profile_version": 2, "reason": "study"})
    assert "of lot 'mx'" in refusal(pinned, 409)
    certificate = {"lot_number": "MX", "issued_on": "2026-01-31", "signatory": "Q", "items": {}}
    assert "of lot 'mx'" in refusal(store.put("/v1/lots/mx-a/certificate", json=certificate), 409)
    assert store.patch("/v1/lots/mx", json={"expires_on": "2030-01-31", "reason": "as the label says"}).is_success
    assert get(store, "/lots/mx-a")["expires_on"] == "2030-01-31"


def test_what_ends_a_part_ends_it_alone(store: httpx.Client, connection: Connection) -> None:
    """A vial used up, set apart or recalled leaves its lot and its sisters as they are; its own parts follow."""
    split(store, parts=[{"id": f"mx-{name}", "units": 2} for name in "abcd"])
    put(store, "/lots/mx-b/split", {"parts": [{"id": "mx-b1", "units": 1}]})
    assert store.patch("/v1/lots/mx-a", json={"life_ends_at": ago(-0.01), "reason": "used"}).is_success
    put(store, "/lots/mx-b/disposition", {"decision": "quarantined", "reason": "a leak"})
    put(store, "/recalls", {"lot_id": "mx-c", "reason": "a crack"})
    evaluate(connection)
    answers = {one["id"]: one["answer"] for one in all_of(store, "/lots")}
    assert {lot_id for lot_id, answer in answers.items() if answer == "usable"} == {"mx", "mx-d"}
    assert get(store, "/lots/mx-b1/status")["reasons"][0]["code"] == "quarantined"
    put(store, "/lots/mx/disposition", {"decision": "released", "reason": "all is well"})
    evaluate(connection)
    assert get(store, "/lots/mx-d/status")["disposition"]["decision"] == "released"
    assert get(store, "/lots/mx-b1/status")["answer"] == "do_not_use"
    again = store.post("/v1/lots/mx-a/split", json={"parts": [{"id": "mx-a1", "units": 1}], "at": ago(-0.02)})
    assert again.status_code == 422


def test_a_split_that_is_recorded_late_is_explained_and_signed(store: httpx.Client, connection: Connection) -> None:
    """Vials said to have left the freezer before it warmed are not believed without a second pair of eyes."""
    evaluate(connection)
    late = {"parts": [{"id": "mx-a", "units": 5, "container_id": "freezer-2"}], "at": ago(40)}
    assert "judged" in refusal(store.post("/v1/lots/mx/split", json=late), 422)
    hooks, store.event_hooks["response"] = store.event_hooks["response"], []
    split(store, **late, reason="the sheet was found")
    store.event_hooks["response"] = hooks
    evaluate(connection)
    told = get(store, "/lots/mx-a/status")
    assert (told["answer"], told["reasons"][0]["code"]) == ("not_proven", "unsigned_change")
    assert get(store, "/lots/mx/status")["answer"] == "usable"
    [listed] = all_of(store, "/corrections")
    assert (listed["kind"], listed["row_id"], listed["becomes"]["parts"][0]["id"]) == ("split", "mx", "mx-a")
    too_early = {"parts": [{"id": "mx-z", "units": 5}], "at": ago(40), "reason": "r"}
    assert "nothing would be left" in refusal(store.post("/v1/lots/mx-a/split", json=too_early), 422, "at")
