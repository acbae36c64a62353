"""Products: what each asks for counts once quality has signed it, and a batch is registered once."""

from typing import Any

import httpx
import pytest

from service.errors import ConflictError
from service.store.acting import acting
from service.store.changes import free, lock_changes
from service.store.pool import Connection
from tests.cold_store import ago, all_of, get, put, refusal, register_container, register_lot, register_site
from tests.signing import QUALITY, sign_all, signature

GTIN = "4006381333931"


@pytest.fixture
def papers(api: httpx.Client) -> httpx.Client:
    """An API of which nothing is signed by itself, and no product is from before there were papers."""
    api.event_hooks["response"].clear()
    put(api, "/sites", {"id": "zurich", "name": "Zürich", "time_zone": "Europe/Zurich"})
    return api


def profile(threshold_c: float) -> dict[str, Any]:
    limit = {"direction": "above", "threshold_c": threshold_c, "effect": "condemns", "budget_s": 3600}
    return {"id": "own", "name": "Our own", "limits": [limit], "max_gap_s": 900, "source": "Stability study 2026-04."}


def codes(api: httpx.Client, lot_id: str) -> set[str]:
    return {reason["code"] for reason in get(api, f"/lots/{lot_id}/status")["reasons"]}


def pinned(api: httpx.Client, lot_id: str) -> tuple[str, int]:
    lot = get(api, f"/lots/{lot_id}")
    return lot["profile_id"], lot["profile_version"]


def new_lot(api: httpx.Client, lot_id: str, **more: Any) -> dict[str, Any]:
    return put(api, "/lots", {"id": lot_id, "product_id": "exo", "lot_number": lot_id, **more})


def test_what_a_later_adoption_took_the_place_of_is_not_signed(papers: httpx.Client, connection: Connection) -> None:
    """Two signatures were to be asked for, then one, which quality signed: nobody signs the two as if that counted."""
    put(papers, "/products", {"id": "exo", "name": "Exosomes", "profile_id": "cryo-80"})
    two, one = (
        put(papers, "/products/exo/adoptions", {"release_signatures": signatures, "reason": "SOP-031"})["change_id"]
        for signatures in (2, 1)
    )
    with acting(connection, QUALITY):
        free(connection, [one], signature(connection, one))
    assert get(papers, f"/changes/{two}")["state"] == "void"
    with pytest.raises(ConflictError, match="counts no more"), connection.transaction():
        lock_changes(connection, [two])
    assert [change["row_id"] for change in get(papers, "/changes", state="unsigned")["items"]] == ["exo/storage"]


def test_what_a_product_asks_for_counts_once_it_is_signed(papers: httpx.Client, connection: Connection) -> None:
    """Nobody alone decides by which limits a product is judged, and how it is released."""
    put(papers, "/profiles", profile(-60))
    made = put(papers, "/products", {"id": "exo", "name": "Exosomes", "profile_id": "own", "gtin": GTIN})
    assert made["gtin"] == "04006381333931"
    assert (made["from_before"], made["adopted"]) == (False, [])
    [waits] = made["waiting"]
    assert (waits["kind"], waits["stage"], waits["profile_version"], waits["state"]) == (
        "profile",
        "storage",
        1,
        "waiting",
    )
    signed = get(papers, f"/changes/{waits['change_id']}")
    assert (signed["kind"], signed["row_id"], signed["site_id"]) == ("adoption", "exo/storage", None)
    for word in ('"threshold_c":-60', '"gtin":"04006381333931"', '"name":"Exosomes"', "Stability study 2026-04."):
        assert word in signed["content"]
    new_lot(papers, "first")
    assert {"profile_not_adopted", "no_specification"} <= codes(papers, "first")
    sign_all(connection)
    assert "profile_not_adopted" not in codes(papers, "first")
    [counts] = get(papers, "/products/exo")["adopted"]
    assert counts["change_id"] == waits["change_id"]

    # The next version waits: what is new is pinned to what is adopted, and no lot is pinned to what is not.
    put(papers, "/profiles", profile(-70))
    wish = {"stage": "storage", "profile_id": "own", "reason": "study 2026-10"}
    second = put(papers, "/products/exo/adoptions", wish)
    assert (second["profile_version"], second["reason"]) == (2, "study 2026-10")
    assert f"change {second['change_id']}" in refusal(papers.post("/v1/products/exo/adoptions", json=wish), 409)
    new_lot(papers, "second")
    assert pinned(papers, "second") == ("own", 1)
    again = {"profile_version": 2, "reason": "study 2026-10"}
    assert "not adopted" in refusal(papers.post("/v1/lots/second/profile", json=again), 422, "profile_version")
    sign_all(connection)
    new_lot(papers, "third")
    assert (pinned(papers, "third"), pinned(papers, "second")) == (("own", 2), ("own", 1))
    assert papers.post("/v1/lots/second/profile", json=again).status_code == 200
    assert pinned(papers, "second") == ("own", 2)
    assert "unsigned_change" in codes(papers, "second")
    sign_all(connection)
    assert "unsigned_change" not in codes(papers, "second")
    refusal(papers.post("/v1/lots/second/profile", json=again), 409)

    put(papers, "/products/exo/adoptions", {"release_signatures": 2, "reason": "SOP-031"})
    assert "not_released" not in codes(papers, "third")
    sign_all(connection)
    assert "not_released" in codes(papers, "third")
    kinds = [(one["kind"], one["state"]) for one in all_of(papers, "/products/exo/adoptions")]
    assert kinds == [("release", "adopted"), ("profile", "adopted"), ("profile", "adopted")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "x"}, "profile_id"),
        ({"release_signatures": 1, "specification_id": "x", "reason": "x"}, "profile_id"),
        ({"profile_id": "cryo-80", "reason": "x"}, "stage"),
        ({"stage": "storage", "profile_id": "none", "reason": "x"}, "profile_id"),
        ({"stage": "storage", "profile_id": "cryo-80", "profile_version": 99, "reason": "x"}, "profile_version"),
        ({"specification_id": "none", "reason": "x"}, "specification_id"),
        ({"release_signatures": 3, "reason": "x"}, "release_signatures"),
        ({"release_signatures": 1}, "reason"),
    ],
)
def test_what_is_asked_for_has_to_be_clear(papers: httpx.Client, body: dict[str, Any], field: str) -> None:
    """Half an adoption would be signed as something that nobody meant."""
    put(papers, "/products", {"id": "exo", "name": "Exosomes", "profile_id": "cryo-80"})
    refusal(papers.post("/v1/products/exo/adoptions", json=body), 422, field)
    assert len(all_of(papers, "/products/exo/adoptions")) == 1


def test_what_an_update_adopted_is_adopted_by_a_signature(api: httpx.Client) -> None:
    """The limits of before were nobody's decision: quality can make them theirs, once."""
    register_site(api)
    before = get(api, "/products/exo-a")
    assert before["from_before"]
    assert [one["change_id"] for one in before["adopted"]] == [None]
    same = {"stage": "storage", "profile_id": "cryo-80", "reason": "reviewed"}
    put(api, "/products/exo-a/adoptions", same)
    refusal(api.post("/v1/products/exo-a/adoptions", json=same), 409)
    register_lot(api, "lot")
    assert "adopted_by_migration" not in codes(api, "lot")


def test_a_number_names_one_product_and_one_batch(papers: httpx.Client) -> None:
    """Whoever scans a label finds one answer, and not that of a namesake."""
    wrong = {"id": "exo", "name": "Exosomes", "profile_id": "cryo-80", "gtin": "4006381333932"}
    assert "should be 1" in papers.post("/v1/products", json=wrong).text
    refusal(papers.post("/v1/products", json=wrong), 422, "gtin")
    put(papers, "/products", {**wrong, "gtin": GTIN})
    other = {**wrong, "id": "other", "gtin": f"0{GTIN}"}
    assert "'exo'" in refusal(papers.post("/v1/products", json=other), 409)
    put(papers, "/products", {**other, "gtin": None})
    change = {"gtin": GTIN, "reason": "on the box"}
    assert "'exo'" in refusal(papers.patch("/v1/products/other", json=change), 409)

    new_lot(papers, "a", lot_number="L-1")
    twice = {"id": "b", "product_id": "exo", "lot_number": "L-1"}
    assert "lot 'a' already" in refusal(papers.post("/v1/lots", json=twice), 409)
    put(papers, "/lots", {**twice, "product_id": "other"})
    assert "'a' exists already" in refusal(papers.post("/v1/lots", json={**twice, "id": "a"}), 409)


def test_what_is_retired_stays_and_takes_nothing_new(api: httpx.Client, connection: Connection) -> None:
    """A freezer is sold and a product given up; what was kept there can still be answered for."""
    register_site(api)
    register_container(api, "old")
    register_container(api, "new")
    put(api, "/loggers", {"id": "tag", "site_id": "zurich", "range_min_c": -100, "range_max_c": 50})
    attached = {"id": "a", "logger_id": "tag", "place": "air", "from": ago(600), "commissioned_at": ago(600)}
    put(api, "/containers/old/attachments", attached)
    register_lot(api, "lot", "old")
    retire = {"retired": True, "reason": "sold"}
    refused = refusal(api.patch("/v1/containers/old", json=retire), 409)
    assert "lot 'lot'" in refused
    assert "logger 'tag'" in refused
    assert "container 'old'" in refusal(api.patch("/v1/loggers/tag", json=retire), 409)
    assert "'new', 'old', 'tag'" in refusal(api.patch("/v1/sites/zurich", json=retire), 409)
    put(api, "/lots/lot/placements", {"id": "moved", "container_id": "new", "from": ago(1)})
    end = {"until": ago(1), "reason": "sold"}
    assert api.post("/v1/containers/old/attachments/a/end", json=end).status_code == 200
    assert api.patch("/v1/containers/old", json=retire).json()["retired_at"] is not None
    assert api.patch("/v1/loggers/tag", json=retire).json()["retired_at"] is not None
    assert api.patch("/v1/products/exo-a", json=retire).json()["retired_at"] is not None

    back = {"id": "back", "container_id": "old", "from": ago(0)}
    assert "'old' is retired" in refusal(api.post("/v1/lots/lot/placements", json=back), 409)
    assert "is retired" in refusal(api.post("/v1/containers/new/move", json={"to_id": "old"}), 409)
    again = {**attached, "id": "b", "from": ago(0), "commissioned_at": ago(0)}
    assert "'tag' is retired" in refusal(api.post("/v1/containers/new/attachments", json=again), 409)
    batch = {"id": "next", "product_id": "exo-a", "lot_number": "N"}
    assert "'exo-a' is retired" in refusal(api.post("/v1/lots", json=batch), 409)
    assert [one["id"] for one in all_of(api, "/containers")] == ["new"]
    assert [one["id"] for one in all_of(api, "/containers", retired=True)] == ["new", "old"]
    assert not all_of(api, "/loggers")
    assert not all_of(api, "/products")
    assert len(get(api, "/lots/lot/placements")["items"]) == 2

    # What was so before it was retired may be recorded, and it may be taken back into use.
    mended = {"kind": "placement", "row_id": "lot-old", "replacement": {"from": ago(59)}, "reason": "slip"}
    put(api, "/corrections", mended)
    assert api.patch("/v1/containers/old", json={"retired": False, "reason": "unsold"}).json()["retired_at"] is None
    put(api, "/lots/lot/placements", back)
    lines = connection.execute(
        "SELECT table_name, reason FROM audit_trail WHERE reason IN ('sold', 'unsold') AND operation = 'update' "
        "AND table_name <> 'recorded_attachments' ORDER BY id"
    ).fetchall()
    assert [(line["table_name"], line["reason"]) for line in lines] == [
        ("containers", "sold"),
        ("loggers", "sold"),
        ("products", "sold"),
        ("containers", "unsold"),
    ]


def test_a_site_is_retired_once_nothing_is_kept_there(api: httpx.Client) -> None:
    """Nothing is registered at a clinic that has closed, and its freezers open only with it."""
    register_site(api)
    put(api, "/sites", {"id": "bern", "name": "Bern", "time_zone": "Europe/Zurich"})
    register_container(api, "f")
    put(api, "/loggers", {"id": "tag", "site_id": "zurich"})
    moved = {"site_id": "bern", "reason": "lent"}
    assert api.patch("/v1/loggers/tag", json=moved).json()["site_id"] == "bern"
    refusal(api.patch("/v1/loggers/tag", json={"site_id": "none", "reason": "lent"}), 422, "site_id")
    retire = {"retired": True, "reason": "closed"}
    assert api.patch("/v1/containers/f", json=retire).status_code == 200
    assert api.patch("/v1/sites/zurich", json=retire).status_code == 200
    body = {"id": "g", "site_id": "zurich", "name": "G", "kind": "freezer", "profile_id": "cryo-80"}
    assert "'zurich' is retired" in refusal(api.post("/v1/containers", json=body), 409)
    assert "'zurich' is retired" in refusal(api.post("/v1/loggers", json={"id": "n", "site_id": "zurich"}), 409)
    assert "'zurich' is retired" in refusal(api.patch("/v1/loggers/tag", json={**moved, "site_id": "zurich"}), 409)
    assert "is retired" in refusal(api.patch("/v1/containers/f", json={"retired": False, "reason": "x"}), 409)
    assert [one["id"] for one in all_of(api, "/sites")] == ["bern"]
    renamed = api.patch("/v1/sites/bern", json={"name": "Bern, Insel", "reason": "new name"}).json()
    assert (renamed["name"], renamed["retired_at"]) == ("Bern, Insel", None)


@pytest.mark.parametrize("path", ["/products/exo-a", "/containers/f", "/loggers/tag", "/sites/zurich", "/lots/lot"])
def test_a_change_says_what_and_why(api: httpx.Client, path: str) -> None:
    """Years later an inspector asks why a batch had another date: somebody had to say."""
    register_site(api)
    register_container(api, "f")
    put(api, "/loggers", {"id": "tag", "site_id": "zurich"})
    register_lot(api, "lot")
    other = {"units": 5} if "lots" in path else {"retired": False}
    refusal(api.patch(f"/v1{path}", json=other), 422, "reason")
    refusal(api.patch(f"/v1{path}", json={"reason": "so"}), 422, "body")
    refusal(api.patch(f"/v1{path}", json={"reason": "so", "recorded_by": "me"}), 422, "recorded_by")
    if "lots" not in path and "loggers" not in path:
        refusal(api.patch(f"/v1{path}", json={"reason": "so", "name": None}), 422, "name")


def test_a_lots_life_and_expiry_get_better_by_signature_only(papers: httpx.Client, connection: Connection) -> None:
    """Nobody makes a lot usable by typing a later date; what is worse counts at once."""
    put(papers, "/products", {"id": "exo", "name": "Exosomes", "profile_id": "cryo-80"})
    new_lot(papers, "lot", life_starts_at=ago(100), expires_on="2020-01-31")
    sign_all(connection)
    assert get(papers, "/lots/lot")["expires_on"] == "2020-01-31"
    assert "expired" in codes(papers, "lot")

    def change(**what: Any) -> list[str]:
        """What waits once this is changed, and quality signs it."""
        answer = papers.patch("/v1/lots/lot", json={**what, "reason": "misread"})
        assert answer.status_code == 200, answer.text
        waits = [one["kind"] for one in all_of(papers, "/changes", state="unsigned")]
        assert ("unsigned_change" in codes(papers, "lot")) is bool(waits)
        sign_all(connection)
        return waits

    assert change(expires_on="2120-01-31") == ["expiry"]
    assert "expired" not in codes(papers, "lot")
    assert change(expires_on="2100-01-31", units=7) == []
    assert change(expires_on=None, life_starts_at=ago(50)) == ["expiry", "life_start"]
    assert change(life_starts_at=ago(200)) == []
    assert change(life_starts_at=None) == []
    assert change(life_starts_at=ago(200)) == ["life_start"]
    assert change(life_ends_at=ago(10)) == []
    assert "life_ended" in codes(papers, "lot")
    assert change(life_ends_at=None) == ["life_end"]
    assert "life_ended" not in codes(papers, "lot")
    assert get(papers, "/lots/lot")["units"] == 7

    def refused(field: str, **what: Any) -> str:
        return refusal(papers.patch("/v1/lots/lot", json={**what, "reason": "misread"}), 422, field)

    refused("life_starts_at", life_starts_at=ago(-60))
    refused("life_ends_at", life_ends_at=ago(300))
    refused("expires_on", expires_on="31.01.2027")
    refused("expires_on", expires_on="2027-02-30")
    refused("expires_on", expires_on=1700000000)
    refused("body", units=7)
