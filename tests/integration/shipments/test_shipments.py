"""From the handover to the receipt: what is under way is not proven, and what is wrong on arrival is said and kept."""

import threading
from typing import Any

import httpx
import pytest

from service.store.pool import Connection
from tests.cold_store import ago, evaluate, get, register_lot, send
from tests.papers import of_before
from tests.shipping import hand_over, pack


@pytest.fixture
def sent(api: httpx.Client, connection: Connection) -> httpx.Client:
    """Two lots in a sealed shipper with a logger, handed over an hour ago, to a clinic with a freezer."""
    pack(api, ("lot", "missed"))
    of_before(connection, "exo-a")
    send(api, "freezer-logger", [-80] * 37, minutes_ago=180)
    hand_over(api)
    evaluate(connection)
    return api


def where(api: httpx.Client, lot_id: str) -> str | None:
    """The container in which a lot is now; None: it is in none."""
    placements = get(api, f"/lots/{lot_id}/placements")["items"]
    return next((one["container_id"] for one in placements if one["until"] is None), None)


def receipt(*lot_ids: str, seals: list[str] | None = None, **more: Any) -> dict[str, Any]:
    whole = ["S-1"] if seals is None else seals
    return {
        "received_at": ago(5),
        "container_id": "clinic-freezer",
        "lots": [{"id": one} for one in lot_ids],
        "seals": [{"container_id": "shipper", "seals": whole}],
        **more,
    }


def test_what_is_under_way_is_not_proven(sent: httpx.Client) -> None:
    """Nobody knows how it fares; the answer says where it goes and when it is expected."""
    status = get(sent, "/lots/lot/status")
    assert status["answer"] == "not_proven"
    told = {reason["code"]: reason["text"] for reason in status["reasons"]}
    assert told["awaiting_shipper_log"].startswith("It is under way to Clinic (shipment ship), expected ")
    assert [line["lot_id"] for line in get(sent, "/shipments/ship")["manifest"]] == ["lot", "missed"]
    assert get(sent, "/shipments", open=True)["items"][0]["state"] == "under_way"


def test_what_is_wrong_asks_for_a_reason_before_anything_is_recorded(sent: httpx.Client) -> None:
    """A vial is missing and a seal broken: looked at, refused without a reason, kept with it."""
    look = sent.post("/v1/shipments/ship/receipt/look", json=receipt("lot", seals=[]))
    assert [(one["found"], one["id"]) for one in look.json()["findings"]] == [
        ("missing", "missed"),
        ("seal_broken", "shipper"),
    ]
    refused = sent.post("/v1/shipments/ship/receipt", json=receipt("lot", seals=[]))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].endswith("reason")
    assert get(sent, "/shipments/ship")["state"] == "under_way"
    assert where(sent, "lot") == "shipper"
    taken = sent.post("/v1/shipments/ship/receipt", json=receipt("lot", seals=[], reason="box was opened by customs"))
    assert taken.status_code == 200, taken.text
    assert taken.json()["receipt"]["reason"] == "box was opened by customs"
    assert where(sent, "lot") == "clinic-freezer"
    assert where(sent, "missed") is None
    assert get(sent, "/containers/shipper")["site_id"] == "clinic"


def test_the_upload_on_arrival_closes_the_gap(sent: httpx.Client, connection: Connection) -> None:
    """What the shipper's logger held frees the lot; until it is read out, the lot waits for it by name."""
    assert sent.post("/v1/shipments/ship/receipt", json=receipt("lot", "missed")).status_code == 200
    send(sent, "clinic-logger", [-80] * 2, minutes_ago=5)
    evaluate(connection)
    before = get(sent, "/lots/lot/status")
    assert before["answer"] == "not_proven"
    assert "awaiting_shipper_log" in {reason["code"] for reason in before["reasons"]}
    assert "read the shipper" in str(before["reasons"])
    send(sent, "shipper-logger", [-80] * 15, minutes_ago=75)
    evaluate(connection)
    after = get(sent, "/lots/lot/status")
    assert "awaiting_shipper_log" not in {reason["code"] for reason in after["reasons"]}
    assert after["verdict"] == "viable"


def test_an_extra_vial_that_is_nowhere_is_taken_with_a_reason(sent: httpx.Client) -> None:
    """It was put into the shipper and into no list: named as extra, and placed where it is found."""
    register_lot(sent, "extra")
    refused = sent.post("/v1/shipments/ship/receipt", json=receipt("lot", "missed", "extra"))
    assert refused.status_code == 422, refused.text
    assert where(sent, "extra") is None
    taken = sent.post("/v1/shipments/ship/receipt", json=receipt("lot", "missed", "extra", reason="packed unlisted"))
    assert taken.status_code == 200, taken.text
    assert [(one["found"], one["id"]) for one in taken.json()["receipt"]["findings"]] == [("extra", "extra")]
    assert where(sent, "extra") == "clinic-freezer"


def test_a_receipt_that_is_recorded_late_waits_for_quality(sent: httpx.Client, connection: Connection) -> None:
    """Half an hour in a measured freezer that nobody recorded at the time is no proof until quality signs it."""
    late = receipt("lot", "missed", received_at=ago(30), reason="the scanner was broken")
    send(sent, "clinic-logger", [-80] * 7, minutes_ago=30)
    send(sent, "shipper-logger", [-80] * 15, minutes_ago=75)
    # Not by `sent` itself, for which quality signs at once.
    answer = httpx.post(f"{sent.base_url}/v1/shipments/ship/receipt", json=late, headers=sent.headers)
    assert answer.status_code == 200, answer.text
    evaluate(connection)
    status = get(sent, "/lots/lot/status")
    assert status["answer"] == "not_proven"
    assert "unsigned_change" in {reason["code"] for reason in status["reasons"]}


def test_a_receipt_meets_a_move_of_one_of_its_lots(sent: httpx.Client) -> None:
    """Two people at once: one waits for the other, each is answered in words, and no vial is in two places."""
    at_once = threading.Barrier(2)
    answers: dict[str, httpx.Response] = {}

    def post(path: str, body: dict[str, Any]) -> None:
        at_once.wait()
        answers[path] = sent.post(f"/v1{path}", json=body)

    move = {"id": "moved", "container_id": "freezer", "from": ago(4), "reason": "came back"}
    asked = {"/shipments/ship/receipt": receipt("lot", "missed"), "/lots/lot/placements": move}
    threads = [threading.Thread(target=post, args=one) for one in asked.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = {path: answer.status_code for path, answer in answers.items()}
    assert set(told.values()) <= {200, 201, 409, 422}, told
    received = told["/shipments/ship/receipt"] == 200
    assert get(sent, "/shipments/ship")["state"] == ("received" if received else "under_way")
    for lot_id in ("lot", "missed"):
        there = get(sent, f"/lots/{lot_id}/placements")["items"]
        assert len([one for one in there if one["until"] is None]) == 1
    assert (where(sent, "missed") == "clinic-freezer") is received


def test_one_thing_wrong_and_nothing_is_done(sent: httpx.Client) -> None:
    """Received twice, before the handover, by a number nobody knows, what lies elsewhere: refused, each in words."""

    def refused(path: str, body: dict[str, Any], status: int, word: str) -> None:
        answer = sent.post(f"/v1/shipments{path}", json=body)
        assert (answer.status_code, word in answer.text) == (status, True), answer.text

    register_lot(sent, "elsewhere", "freezer", 50)
    refused("/ship/receipt", receipt("lot", "missed", received_at=ago(61)), 422, "later time")
    refused("/ship/receipt", receipt("lot", "missed", "nobody", reason="x"), 422, "nobody")
    refused("/ship/receipt", receipt("lot", "missed", "elsewhere", reason="x"), 422, "recorded elsewhere")
    refused("/ship/handover", {"at": ago(1)}, 409, "handed over")
    again = {
        "id": "ship-2",
        "from_site_id": "zurich",
        "to_site_id": "clinic",
        "carrier": "Cold Couriers",
        "expected_at": ago(-1),
    }
    refused("", {**again, "containers": [{"id": "shipper"}]}, 409, "not over")
    refused("", {**again, "containers": [{"id": "freezer"}]}, 422, "not sent")
    refused("", {**again, "containers": [{"id": "gone"}]}, 422, "register it first")
    assert get(sent, "/shipments/ship")["state"] == "under_way"
    assert sent.post("/v1/shipments/ship/receipt", json=receipt("lot", "missed")).status_code == 200
    refused("/ship/receipt", receipt("lot", "missed"), 409, "was received")
    refused("/ship/cancel", {"at": ago(1)}, 409, "is over")
