"""A shipment that is late is told of at both ends; one that is in time rings nowhere."""

from datetime import UTC, datetime, timedelta

import httpx

from service.domain.instant import from_datetime
from service.evaluator.alerting.sweep import sweep
from service.store.pool import Connection
from service.store.registry.profiles import all_profiles
from tests.alarms import alerts_in_words
from tests.cold_store import ago, evaluate, put
from tests.shipping import hand_over, pack


def test_silent_under_way_and_told_once_it_is_an_hour_late(api: httpx.Client, connection: Connection) -> None:
    """A shipper without a probe, and one whose logger has no network: nobody is called while the van is on its way."""
    pack(api, ["lot"])
    body = {"id": "bare", "site_id": "zurich", "name": "bare", "kind": "dry_ice_box", "profile_id": "cryo-80"}
    put(api, "/containers", body)
    put(api, "/lots", {"id": "second", "product_id": "exo-a", "lot_number": "SECOND", "life_starts_at": ago(180)})
    put(api, "/lots/second/placements", {"id": "second-bare", "container_id": "bare", "from": ago(5)})
    shipment = {
        "id": "bare-ship",
        "from_site_id": "zurich",
        "to_site_id": "clinic",
        "carrier": "Cold Couriers",
        "expected_at": ago(-120),
        "containers": [{"id": "bare"}],
    }
    put(api, "/shipments", shipment)
    assert api.post("/v1/shipments/bare-ship/handover", json={"at": ago(1)}).status_code == 200
    hand_over(api)
    evaluate(connection)
    now = datetime.now(UTC)

    def told(minutes: float, *causes: str) -> list[tuple[str, str]]:
        sweep(connection, all_profiles(connection), from_datetime(now + timedelta(minutes=minutes)))
        rows = [row for row in alerts_in_words(connection) if row["cause"] in causes]
        return sorted((row["state"], row["summary"]) for row in rows)

    told(0, "lot_unmonitored")
    assert told(100, "lot_unmonitored", "shipment_overdue") == []
    assert {state for state, _ in told(150, "shipment_overdue")} == {"pending"}
    late = told(181, "shipment_overdue")
    assert [state for state, _ in late] == ["firing", "firing"]
    assert late[0][1].startswith("Clinic has a shipment that is overdue: bare-ship from Zürich to Clinic by Cold")
    assert "ship from Zürich to Clinic by Cold Couriers, waybill CC-1, expected" in late[1][1]
    assert late[1][1].startswith("Zürich has")
    assert api.post("/v1/shipments/bare-ship/cancel", json={"at": ago(0)}).status_code == 200
    assert [state for state, _ in told(182, "shipment_overdue")] == ["firing", "firing"]
    receipt = {"received_at": ago(0), "lots": [{"id": "lot"}], "seals": [{"container_id": "shipper", "seals": ["S-1"]}]}
    assert api.post("/v1/shipments/ship/receipt", json=receipt).status_code == 200
    assert [state for state, _ in told(183, "shipment_overdue")] == ["resolved", "resolved"]
