"""A shipment from one site to another, as custodians record it over HTTP."""

from collections.abc import Sequence
from typing import Any

import httpx

from tests.cold_store import ago, attachment, furnish, put, register_lot

SSCC = "106141412345678908"


def pack(api: httpx.Client, lot_ids: Sequence[str], **more: Any) -> None:
    """Lots in a sealed shipper with a logger at Zurich; a freezer with one at the clinic; a shipment, registered."""
    furnish(api, "freezer")
    put(api, "/sites", {"id": "clinic", "name": "Clinic", "time_zone": "Europe/Zurich"})
    for container_id, site_id, kind in (("shipper", "zurich", "shipper"), ("clinic-freezer", "clinic", "freezer")):
        body = {"id": container_id, "site_id": site_id, "name": container_id, "kind": kind, "profile_id": "cryo-80"}
        put(api, "/containers", body)
        logger_id = container_id.replace("freezer", "logger") if site_id == "clinic" else "shipper-logger"
        put(api, "/loggers", {"id": logger_id, "site_id": site_id, "range_min_c": -100, "range_max_c": 50})
        put(api, f"/containers/{container_id}/attachments", attachment(logger_id, f"{container_id}-attached"))
    for lot_id in lot_ids:
        register_lot(api, lot_id, "freezer", 180)
        body = {"id": f"{lot_id}-shipper", "container_id": "shipper", "from": ago(70), "reason": "packed"}
        put(api, f"/lots/{lot_id}/placements", body)
    shipment = {
        "id": "ship",
        "from_site_id": "zurich",
        "to_site_id": "clinic",
        "carrier": "Cold Couriers",
        "waybill": "CC-1",
        "sscc": SSCC,
        "expected_at": ago(-120),
        "containers": [{"id": "shipper", "seals": ["S-1"]}],
    }
    put(api, "/shipments", {**shipment, **more})


def hand_over(api: httpx.Client, minutes_ago: float = 60) -> None:
    """The carrier has it since then."""
    answer = api.post("/v1/shipments/ship/handover", json={"at": ago(minutes_ago)})
    assert answer.status_code == 200, answer.text
