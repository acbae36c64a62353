"""Between the handover and the receipt the carrier answers; from the receipt on whoever receives, for what arrived."""

import httpx
import pytest

from service.domain.identity.caller import Role
from service.store.pool import Connection
from tests.callers import calling
from tests.cold_store import ago, all_of, put, register_site
from tests.organisations import add_organisation, as_of


@pytest.fixture
def sent(api: httpx.Client, connection: Connection) -> httpx.Client:
    """The maker's lots, one of them in a box, in a shipper handed over to a carrier on the way to a clinic."""
    register_site(api)
    for name, kind in (("maker", "maker"), ("clinic", "clinic"), ("other", "clinic")):
        add_organisation(api, connection, name, kind)
    nesting = {"id": "boxed", "in_id": "maker-shipper", "from": ago(60), "reason": "packed"}
    for lot_id, where in (("one", "maker-shipper"), ("two", "maker-box")):
        put(api, "/lots", {"id": lot_id, "product_id": "exo-a", "lot_number": lot_id, "life_starts_at": ago(90)})
        body = {"id": f"{lot_id}-put", "container_id": where, "from": ago(90), "reason": "packed"}
        put(api, f"/lots/{lot_id}/placements", body)
        put(api, f"/lots/{lot_id}/custody", {"organisation_id": "maker", "at": ago(80)})
    moved = api.post("/v1/containers/maker-box/nestings", json=nesting)
    assert moved.status_code == 201, moved.text
    with as_of(api, connection, "maker"):
        shipment = {
            "id": "ship",
            "from_site_id": "maker-site",
            "to_site_id": "clinic-site",
            "carrier": "Cold Couriers",
            "waybill": "CC-1",
            "expected_at": ago(-60),
            "containers": [{"id": "maker-shipper", "seals": []}],
        }
        put(api, "/shipments", shipment)
        answer = api.post("/v1/shipments/ship/handover", json={"at": ago(10)})
        assert answer.status_code == 200, answer.text
        assert [line["lot_id"] for line in answer.json()["manifest"]] == ["one", "two"]
    return api


def answers(api: httpx.Client, lot_id: str) -> tuple[str | None, str | None]:
    """Who answers for a lot now: an organisation, or a carrier."""
    last = all_of(api, f"/lots/{lot_id}/custody")[-1]
    return last["organisation_id"], last["carrier"]


def test_the_carrier_answers_under_way_and_for_what_is_missing(sent: httpx.Client, connection: Connection) -> None:
    """The clinic takes what it scanned; the vial that is missing stays the carrier's to find."""
    assert answers(sent, "one") == answers(sent, "two") == (None, "Cold Couriers")
    receipt = {"received_at": ago(5), "lots": [{"id": "two"}], "reason": "one vial is missing"}
    with as_of(sent, connection, "clinic"):
        taken = sent.post("/v1/shipments/ship/receipt", json=receipt)
        assert taken.status_code == 200, taken.text
    assert answers(sent, "two") == ("clinic", None)
    assert answers(sent, "one") == (None, "Cold Couriers")


def test_nobody_receives_what_is_sent_to_another(sent: httpx.Client, connection: Connection) -> None:
    """A third clinic learns nothing of it, and the sender cannot say that it arrived."""
    receipt = {"received_at": ago(5), "lots": [{"id": "one"}, {"id": "two"}]}
    with as_of(sent, connection, "other"):
        told = sent.post("/v1/shipments/ship/receipt", json=receipt)
        never = sent.post("/v1/shipments/nothing/receipt", json=receipt)
        assert (told.status_code, never.status_code) == (404, 404)
        assert told.json()["detail"].replace("'ship'", "''") == never.json()["detail"].replace("nothing", "")
        assert sent.get("/shipments/ship/receipt", headers={"accept": "text/html"}).status_code == 404
        looked = sent.post("/shipments/ship/receipt", data={"act": "look", "codes": "one"})
        assert looked.status_code == 404
    with as_of(sent, connection, "maker"):
        told = sent.post("/v1/shipments/ship/receipt", json=receipt)
        assert told.status_code in {403, 404}, told.text
        assert sent.post("/shipments/ship/receipt", data={"act": "look", "codes": "one"}).status_code in {403, 404}
    with calling(sent, connection, (Role.VIEWER, "clinic-site")):
        assert sent.post("/v1/shipments/ship/receipt", json=receipt).status_code == 403
    assert sent.get("/v1/shipments/ship").json()["state"] == "under_way"
