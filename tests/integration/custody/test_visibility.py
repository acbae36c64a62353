"""Who sees which lots: where they are kept, by custody, and as who makes them."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from service.acts.nestings import put_into
from service.acts.parts import split
from service.domain.lots.parts import NewPart
from service.domain.registry.nesting import Nesting
from service.store.pool import Connection
from tests.cold_store import ago, evaluate, get, put, register_site
from tests.organisations import add_organisation, as_of
from tests.routes import answering as routes_of
from tests.scenario import BEFOREHAND
from tests.told import frozen, told

CLINICS = ("basel", "bern")


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """A maker whose lot lies in its freezer, a part of it for each of two clinics, and one for nobody yet."""
    register_site(api)
    for name, kind in (("maker", "maker"), *((clinic, "clinic") for clinic in CLINICS)):
        add_organisation(api, connection, name, kind)
    made_by = {"organisation_id": "maker", "reason": "it is theirs"}
    assert api.patch("/v1/products/exo-a", json=made_by).is_success
    lot = {"id": "mx", "product_id": "exo-a", "lot_number": "MX", "units": 20, "life_starts_at": ago(300)}
    put(api, "/lots", lot)
    put(api, "/lots/mx/placements", {"id": "put", "container_id": "maker-freezer", "from": ago(300)})
    put(api, "/lots/mx/custody", {"organisation_id": "maker", "at": ago(300)})
    parts = [NewPart(f"mx-{name}", 5) for name in (*CLINICS, "rest")]
    split(connection, "mx", parts, datetime.now(UTC) - timedelta(hours=1), BEFOREHAND)
    return api


def now() -> str:
    """This moment, as a caller sends it."""
    return datetime.now(UTC).isoformat()


def hand(api: httpx.Client, connection: Connection, clinic: str, lot_id: str) -> None:
    """The maker hands a part to a clinic, which puts it into its freezer."""
    with as_of(api, connection, "maker"):
        number = put(api, f"/lots/{lot_id}/custody", {"organisation_id": clinic})["id"]
    with as_of(api, connection, clinic):
        assert api.post(f"/v1/handovers/{number}/confirm", json={}).is_success
        body = {"id": f"{lot_id}-there", "container_id": f"{clinic}-freezer", "from": now(), "reason": "just now"}
        put(api, f"/lots/{lot_id}/placements", body)


def seen_by(api: httpx.Client, connection: Connection, name: str) -> set[str]:
    """The lots that an organisation sees, as its list has them, and one by one."""
    with as_of(api, connection, name):
        listed = {row["id"] for row in get(api, "/lots", limit=100)["items"]}
        every = ("mx", "mx-basel", "mx-bern", "mx-rest")
        assert {lot_id for lot_id in every if api.get(f"/v1/lots/{lot_id}/status").is_success} == listed
        assert get(api, "/lots/counts")["lots"] == len(listed)
    return listed


def test_a_maker_sees_all_parts_and_a_clinic_its_own(store: httpx.Client, connection: Connection) -> None:
    """What is offered is seen by whom it is offered to; who had it once still does; the neighbour never."""
    every = {"mx", "mx-basel", "mx-bern", "mx-rest"}
    assert seen_by(store, connection, "basel") == set()
    with as_of(store, connection, "maker"):
        number = put(store, "/lots/mx-basel/custody", {"organisation_id": "basel"})["id"]
    assert seen_by(store, connection, "basel") == {"mx-basel"}
    with as_of(store, connection, "maker"):
        assert store.post(f"/v1/handovers/{number}/withdraw", json={}).is_success
    assert seen_by(store, connection, "basel") == set()
    for clinic in CLINICS:
        hand(store, connection, clinic, f"mx-{clinic}")
    assert seen_by(store, connection, "basel") == {"mx-basel"}
    assert seen_by(store, connection, "bern") == {"mx-bern"}
    assert seen_by(store, connection, "maker") == every
    put(store, "/recalls", {"lot_id": "mx", "reason": "a donor"})
    for clinic in CLINICS:
        with as_of(store, connection, clinic):
            status = get(store, f"/lots/mx-{clinic}/status")
        assert (status["answer"], status["reasons"][0]["code"]) == ("do_not_use", "recalled")


def test_who_had_the_lot_before_the_split_does_not_see_its_parts(store: httpx.Client, connection: Connection) -> None:
    """A clinic kept the lot for an hour before it was split: it sees the lot, and no part that went to others."""
    body = {"id": "kept", "container_id": "basel-freezer", "from": ago(200), "until": ago(140), "then": "back"}
    put(store, "/lots/mx/placements", {**body, "reason": "kept for them"})
    assert seen_by(store, connection, "basel") == {"mx"}


def test_who_uses_a_shipper_next_does_not_see_what_was_in_it(store: httpx.Client, connection: Connection) -> None:
    """What is in it now is seen where it is used, by itself or in a box; what was in it is not."""
    with connection.transaction():
        connection.execute("UPDATE products SET organisation_id = NULL")
    put(store, "/lots/mx-rest/placements", {"id": "box", "container_id": "bern-box", "from": ago(10)})
    assert seen_by(store, connection, "bern") == {"mx-rest"}
    assert seen_by(store, connection, "basel") == set()
    nesting = Nesting("nest", "bern-box", "basel-shipper", datetime.now(UTC), None)
    put_into(connection, nesting, BEFOREHAND)
    assert seen_by(store, connection, "basel") == {"mx-rest"}
    # The box is Basel's to keep now; what is taken out of it is not.
    body = {"id": "on", "container_id": "bern-freezer", "from": now(), "reason": "unpacked"}
    put(store, "/lots/mx-rest/placements", body)
    assert seen_by(store, connection, "basel") == set()
    assert seen_by(store, connection, "bern") == {"mx-rest"}


def test_a_clinic_knows_of_no_other_clinic(store: httpx.Client, connection: Connection) -> None:
    """Makers are known to all, and a maker knows all; a clinic learns of another when it hands to it."""
    with as_of(store, connection, "basel"):
        assert [one["id"] for one in get(store, "/organisations")["items"]] == ["basel", "maker"]
        assert store.get("/v1/organisations/bern").status_code == 404
    with as_of(store, connection, "maker"):
        assert [one["id"] for one in get(store, "/organisations")["items"]] == ["basel", "bern", "maker"]


#: Never ending, or of the service itself.
_OF_THE_SERVICE = {"get_events", "get_liveness", "get_readiness", "show_documentation", "show_icon", "get_metrics"}


def addresses(application: FastAPI) -> list[str]:
    """Every address that can be read, of one's own part, of the neighbour's, of the lot of both, and of numbers."""
    found = set()
    for route in routes_of(application):
        if "GET" not in route.methods or route.name in _OF_THE_SERVICE:
            continue
        path = route.path.replace(":path}", "}")
        for of in (*CLINICS, "maker"):
            for number in (1, 2, 3) if "_id}" in path else (1,):
                ids = dict.fromkeys(_PARTS_OF_ADDRESSES, number) | {
                    "lot_id": "mx" if of == "maker" else f"mx-{of}",
                    "site_id": f"{of}-site",
                    "container_id": f"{of}-freezer",
                    "organisation_id": of,
                    "product_id": "exo-a",
                    "profile_id": "cryo-80",
                }
                found.add(path.format(**ids))
    found |= {
        "/v1/lots?q=mx",
        "/v1/lots?site_id=bern-site",
        "/v1/scan?code=MX",
        "/scan?code=MX",
        "/v1/handovers?waiting=true",
    }
    return sorted(found)


_PARTS_OF_ADDRESSES = (
    *("attachment_id", "assessment_id", "logger_id", "alert_id", "silence_id", "calibration_id", "message_id"),
    *("change_id", "move_id", "recall_id", "alias_id", "kiosk_id", "specification_id", "version", "sha256", "token"),
    *("gtin", "qualifiers", "month", "handover_id", "shipment_id"),
)


@pytest.mark.long
def test_nothing_a_clinic_reads_changes_with_its_neighbours_part(
    store: httpx.Client, http_service: FastAPI, connection: Connection
) -> None:
    """Handed over, moved, boxed, split again, recalled, decided about: of all that the neighbour learns nothing."""
    hand(store, connection, "basel", "mx-basel")
    evaluate(connection)
    paths, at = addresses(http_service), datetime.now(UTC) + timedelta(minutes=10)

    def as_basel() -> dict[str, tuple[int, dict[str, str], bytes]]:
        with frozen(http_service, at), as_of(store, connection, "basel"):
            return told(store, paths)

    before = as_basel()
    assert sum(status == 200 for status, _, _ in before.values()) > 40
    assert before["/v1/lots/mx-basel/status"][0] == 200
    hand(store, connection, "bern", "mx-bern")
    split(connection, "mx-bern", [NewPart("mx-bern-1", 1)], datetime.now(UTC), BEFOREHAND)
    put(
        store,
        "/lots/mx-bern/placements",
        {"id": "boxed", "container_id": "bern-box", "from": now(), "reason": "boxed"},
    )
    put_into(connection, Nesting("nest", "bern-box", "bern-freezer", datetime.now(UTC), None), BEFOREHAND)
    put(store, "/recalls", {"lot_id": "mx-bern", "reason": "a donor"})
    put(store, "/lots/mx-bern/disposition", {"decision": "quarantined", "reason": "looked into"})
    with as_of(store, connection, "bern"):
        put(store, "/lots/mx-bern-1/custody", {"organisation_id": "maker", "carrier": "DHL", "waybill": "JD1"})
    evaluate(connection)
    after = as_basel()
    differ = [path for path in paths if before[path] != after[path]]
    assert not differ, "\n".join(f"{path}\n  {before[path]}\n  {after[path]}" for path in differ)
