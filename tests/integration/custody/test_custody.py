"""Who answers for a lot: taken, offered, confirmed, carried; and the time for which nobody does."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from service.acts.accounts import account_named, deactivate
from service.acts.parts import split
from service.domain.lots.parts import NewPart
from service.store.pool import Connection
from tests.acting import TESTER
from tests.cold_store import ago, all_of, evaluate, get, put, refusal, register_site
from tests.organisations import add_organisation, as_of
from tests.scenario import BEFOREHAND

LOT = "/lots/mx/custody"


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """A maker and two clinics; the maker's lot is in a box in its freezer."""
    register_site(api)
    add_organisation(api, connection, "maker", "maker")
    add_organisation(api, connection, "clinic", "clinic")
    add_organisation(api, connection, "other", "clinic")
    lot = {"id": "mx", "product_id": "exo-a", "lot_number": "MX", "units": 20, "life_starts_at": ago(300)}
    put(api, "/lots", lot)
    put(api, "/lots/mx/placements", {"id": "put", "container_id": "maker-box", "from": ago(300)})
    return api


def begin(api: httpx.Client, minutes: float = 300) -> None:
    put(api, LOT, {"organisation_id": "maker", "at": ago(minutes)})


def handed(api: httpx.Client, connection: Connection, to: str = "clinic", **more: Any) -> int:
    """The maker offers the lot to a clinic; the number of that handover."""
    with as_of(api, connection, "maker"):
        return int(put(api, LOT, {"organisation_id": to, **more})["id"])


def said(api: httpx.Client, number: int, word: str, **body: Any) -> httpx.Response:
    return api.post(f"/v1/handovers/{number}/{word}", json=body)


def held_by(api: httpx.Client, lot_id: str = "mx") -> list[tuple[str | None, str | None, str]]:
    """Who answered for a lot, in order: by organisation or carrier, and how it came."""
    return [(row["organisation_id"], row["carrier"], row["how"]) for row in all_of(api, f"/lots/{lot_id}/custody")]


def codes(api: httpx.Client, lot_id: str = "mx") -> list[str]:
    return [reason["code"] for reason in get(api, f"/lots/{lot_id}/status")["reasons"]]


def newest_change(api: httpx.Client) -> str:
    """Of what kind is what was recorded last of all that quality signs."""
    return str(get(api, "/changes", limit=1)["items"][0]["kind"])


def test_a_handover_counts_once_both_sides_said_so(store: httpx.Client, connection: Connection) -> None:
    """Until the clinic says that it has the lot, the maker answers for it; and the lot stays where it is."""
    begin(store)
    places = get(store, "/lots/mx")["placements"]
    number = handed(store, connection)
    assert held_by(store) == [("maker", None, "began")]
    with as_of(store, connection, "clinic"):
        assert [one["id"] for one in all_of(store, "/handovers", waiting=True)] == [number]
        assert said(store, number, "confirm").json()["state"] == "confirmed"
        assert all_of(store, "/handovers", waiting=True) == []
        rows = all_of(store, LOT)
    assert held_by(store) == [("maker", None, "began"), ("clinic", None, "handover")]
    assert rows[0]["until"] == rows[1]["from"]
    assert (rows[1]["given_by"], rows[1]["taken_by"]) == ("C. of Maker", "C. of Clinic")
    assert get(store, "/lots/mx")["placements"] == places


def test_a_move_hands_nothing_over(store: httpx.Client) -> None:
    """Who carries the lot to another freezer answers for no more than before."""
    begin(store)
    rows = all_of(store, LOT)
    put(store, "/lots/mx/placements", {"id": "moved", "container_id": "clinic-freezer", "from": ago(0)})
    assert all_of(store, LOT) == rows


def test_each_side_speaks_for_itself(store: httpx.Client, connection: Connection) -> None:
    """Nobody takes custody in another's name, nobody hands over what is another's, and nobody confirms alone."""
    with as_of(store, connection, "maker"):
        refusal(store.post(f"/v1{LOT}", json={"organisation_id": "clinic"}), 422, "organisation_id")
        put(store, LOT, {"organisation_id": "maker"})
    number = handed(store, connection)
    with as_of(store, connection, "maker"):
        assert "you are not of it" in refusal(said(store, number, "confirm"), 409)
        assert "being handed over already" in refusal(store.post(f"/v1{LOT}", json={"organisation_id": "other"}), 409)
    with as_of(store, connection, "clinic"):
        assert "you are not of it" in refusal(said(store, number, "withdraw"), 409)
        assert said(store, number, "confirm").is_success
        assert "confirmed already" in refusal(said(store, number, "confirm"), 409)
    with as_of(store, connection, "maker"):
        assert "'clinic' holds lot" in refusal(store.post(f"/v1{LOT}", json={"organisation_id": "other"}), 409)
    with as_of(store, connection, "other"):
        refusal(said(store, number, "refuse", reason="mine"), 404)
    # Granted everywhere one may speak for either side, and not for both.
    number = int(put(store, LOT, {"organisation_id": "other"})["id"])
    assert "another account" in refusal(said(store, number, "confirm"), 409)


def test_what_cannot_be_handed_over_says_why(store: httpx.Client, connection: Connection) -> None:
    """To nobody, to somebody gone, to oneself, too early, or by a carrier of whom nothing is known."""
    begin(store, 60)
    deactivate(connection, TESTER, account_named(connection, "other-custodian"), datetime.now(UTC), "left")
    put(store, "/organisations", {"id": "gone", "name": "Gone", "kind": "clinic"})
    retired = store.patch("/v1/organisations/gone", json={"retired": True, "reason": "closed"})
    assert retired.json()["retired_at"] is not None
    with as_of(store, connection, "maker"):
        for field, body in (
            ("account", {"organisation_id": "other", "account": "other-custodian"}),
            ("account", {"organisation_id": "clinic", "account": "maker-custodian"}),
            ("account", {"organisation_id": "clinic", "account": "nobody"}),
            ("organisation_id", {"organisation_id": "gone"}),
            ("organisation_id", {"organisation_id": "unknown"}),
            ("organisation_id", {"organisation_id": "maker"}),
            ("waybill", {"organisation_id": "clinic", "carrier": "DHL"}),
            ("at", {"organisation_id": "clinic", "at": ago(100)}),
            ("at", {"organisation_id": "clinic", "at": ago(-100)}),
        ):
            refusal(store.post(f"/v1{LOT}", json=body), 422, field)
    assert "in use by" in refusal(
        store.patch("/v1/organisations/maker", json={"retired": True, "reason": "closed"}), 409
    )
    assert held_by(store) == [("maker", None, "began")]
    assert all_of(store, "/handovers", waiting=True) == []


def test_a_carrier_answers_by_its_waybill_until_the_receiver_says_so(
    store: httpx.Client, connection: Connection
) -> None:
    """It has no account: the giver's word begins it, and the receiver's ends it; refused, it goes back."""
    begin(store)
    number = handed(store, connection, carrier="DHL", waybill="JD014")
    assert held_by(store)[1:] == [(None, "DHL", "handover")]
    with as_of(store, connection, "clinic"):
        assert said(store, number, "refuse", reason="the seal was broken").json()["state"] == "refused"
    assert len(held_by(store)) == 2
    with as_of(store, connection, "maker"):
        assert said(store, number, "withdraw").json()["state"] == "withdrawn"
    number = handed(store, connection, carrier="DHL", waybill="JD015")
    with as_of(store, connection, "clinic"):
        assert said(store, number, "confirm").is_success
    assert held_by(store)[2:] == [("maker", None, "receipt"), (None, "DHL", "handover"), ("clinic", None, "receipt")]
    rows = all_of(store, LOT)
    assert [row["until"] for row in rows[:-1]] == [row["from"] for row in rows[1:]]


def test_a_container_is_handed_over_with_what_is_in_it(store: httpx.Client, connection: Connection) -> None:
    """All that lies in the box goes with it, and what is put there afterwards does not."""
    begin(store)
    box = "/v1/containers/maker-box/custody"
    for lot_id in ("in", "late"):
        lot = {"id": lot_id, "product_id": "exo-a", "lot_number": lot_id, "life_starts_at": ago(300)}
        put(store, "/lots", lot)
    put(store, "/lots/in/placements", {"id": "in", "container_id": "maker-box", "from": ago(300)})
    with as_of(store, connection, "maker"):
        assert "nobody answers for lot 'in'" in refusal(store.post(box, json={"organisation_id": "clinic"}), 409)
        put(store, "/lots/in/custody", {"organisation_id": "maker"})
        number = int(store.post(box, json={"organisation_id": "clinic"}).json()["id"])
        empty = store.post("/v1/containers/maker-freezer/custody", json={"organisation_id": "clinic"})
        assert "no lot in" in refusal(empty, 409)
    put(store, "/lots/late/placements", {"id": "late", "container_id": "maker-box", "from": ago(0)})
    with as_of(store, connection, "clinic"):
        assert said(store, number, "confirm").json()["lot_ids"] == ["in", "mx"]
    assert held_by(store, "in")[-1] == held_by(store, "mx")[-1] == ("clinic", None, "handover")
    assert held_by(store, "late") == []


def test_a_part_is_answered_for_by_who_had_the_lot(store: httpx.Client, connection: Connection) -> None:
    """Up to the split it has its lot's custody, and afterwards its own: the rest of the lot goes without it."""
    begin(store)
    split(connection, "mx", [NewPart("mx-1", 1)], datetime.now(UTC), BEFOREHAND)
    number = handed(store, connection)
    with as_of(store, connection, "clinic"):
        assert said(store, number, "confirm").is_success
    assert held_by(store, "mx-1") == [("maker", None, "began"), ("maker", None, "split")]
    assert "custody_hole" not in codes(store, "mx-1")


def test_time_for_which_nobody_answers_is_told_with_its_length_and_who_had_it_last(
    store: httpx.Client, connection: Connection
) -> None:
    """A row that ended too early leaves a hole; put right, and signed, it is none."""
    begin(store)
    evaluate(connection)
    assert "custody_hole" not in codes(store)
    [row] = all_of(store, LOT)
    wrong = {"kind": "custody", "row_id": row["id"], "replacement": {"until": ago(120)}, "reason": "a slip"}
    with as_of(store, connection, "clinic"):
        refusal(store.post("/v1/corrections", json=wrong), 404)
    put(store, "/corrections", wrong)
    with as_of(store, connection, "maker"):
        put(store, LOT, {"organisation_id": "maker", "at": ago(5)})
    status = get(store, "/lots/mx/status")
    assert status["answer"] == "not_proven"
    [hole] = [reason for reason in status["reasons"] if reason["code"] == "custody_hole"]
    assert "(1 h 55 min) nobody answered for it. Maker answered for it last." in hole["text"]
    assert "record_custody" in [way["action"] for way in status["way_back"]]
    evaluate(connection)
    assert "custody_hole" in codes(store)
    [first, _] = all_of(store, LOT)
    right = {"kind": "custody", "row_id": first["id"], "replacement": {"until": ago(5)}, "reason": "that was the slip"}
    put(store, "/corrections", right)
    evaluate(connection)
    assert "custody_hole" not in codes(store)
    assert newest_change(store) == "correction"


def test_a_product_may_ask_for_custody_from_the_end_of_filling_on(store: httpx.Client) -> None:
    """Then a lot of which nobody is recorded to have had it is not proven, and one that was taken too late neither."""
    assert "custody_hole" not in codes(store)
    put(store, "/products/exo-a/adoptions", {"custody": True, "reason": "SOP-7"})
    [asked] = [one for one in get(store, "/products/exo-a")["adopted"] if one["kind"] == "custody"]
    assert asked["custody"] is True
    assert "custody_hole" in codes(store)
    begin(store, 200)
    assert "custody_hole" in codes(store)
    [row] = all_of(store, LOT)
    whole = {"kind": "custody", "row_id": row["id"], "replacement": {"from": ago(300)}, "reason": "by the batch record"}
    put(store, "/corrections", whole)
    assert "custody_hole" not in codes(store)


def test_what_is_said_late_waits_for_a_signature(store: httpx.Client, connection: Connection) -> None:
    """Who confirms today what came two hours ago says why, and quality signs it."""
    begin(store)
    number = handed(store, connection, at=ago(0))
    with as_of(store, connection, "clinic"):
        refusal(said(store, number, "confirm", at=ago(120)), 422, "at")
        assert said(store, number, "withdraw").status_code == 409
    with as_of(store, connection, "maker"):
        assert said(store, number, "withdraw").is_success
        evaluate(connection)
        late = {"organisation_id": "clinic", "at": ago(120), "carrier": "DHL", "waybill": "JD016"}
        refusal(store.post(f"/v1{LOT}", json=late), 422, "reason")
        put(store, LOT, {**late, "reason": "the courier came while the system was down"})
    assert newest_change(store) == "custody"
