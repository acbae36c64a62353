"""A site with something of every kind at it, as often as it is wanted: each thing's id begins with the site's."""

from datetime import UTC, datetime
from typing import Any

import httpx

from service.store.acting import acting
from service.store.identity.kiosks import add_kiosk
from service.store.lots.moves import add_move
from service.store.lots.recalls import add_recall
from service.store.pool import Connection
from service.store.registry.sites import add_site
from service.store.shipments.shipments import NewShipment, add_shipment
from tests.acting import TESTER
from tests.alarms import add_message, add_warm
from tests.cold_store import ago, attachment, evaluate, put, send
from tests.rejected_messages import add_rejected

_AGO = 240
#: Of what both sites keep.
GTIN = "09521234543213"


def add_product(api: httpx.Client) -> None:
    """What both sites keep; `ago` counts from whenever it counted from."""
    put(api, "/products", {"id": "exo-a", "name": "Exosomes A", "profile_id": "cryo-80", "gtin": GTIN})


def ids_at(site: str) -> dict[str, str]:
    """By name in an address, what `furnish_site` makes."""
    return {
        "site_id": site,
        "container_id": f"{site}-freezer",
        "attachment_id": f"{site}-attached",
        "logger_id": f"{site}-logger",
        "lot_id": f"{site}-lot",
        "calibration_id": f"{site}-calibration",
        "product_id": "exo-a",
        "profile_id": "cryo-80",
        "sha256": "0" * 64,
        "specification_id": "exosomes",
        "version": "1",
        "assessment_id": "1",
        "gtin": GTIN,
        "qualifiers": f"10/{site.upper()}",
        "month": "2026-03",
        "shipment_id": f"{site}-shipment",
        "organisation_id": f"{site}-clinic",
    }


def furnish_site(api: httpx.Client, connection: Connection, site: str) -> dict[str, Any]:
    """A freezer with a lot and one without, warm for a while; its alert, silence, message and what was mended there.

    Returns the numbers that name what has no id of its own.
    """
    put(api, "/sites", {"id": site, "name": site.capitalize(), "time_zone": "Europe/Zurich"})
    freezer, logger = f"{site}-freezer", f"{site}-logger"
    for container_id in (freezer, f"{site}-refuge"):
        body = {"id": container_id, "site_id": site, "name": container_id, "kind": "freezer", "profile_id": "cryo-80"}
        put(api, "/containers", body)
    for logger_id, container_id in ((logger, freezer), (f"{site}-spare", f"{site}-refuge")):
        put(api, "/loggers", {"id": logger_id, "site_id": site, "range_min_c": -100, "range_max_c": 50})
        attached = f"{site}-attached" if container_id == freezer else f"{site}-attached-spare"
        put(api, f"/containers/{container_id}/attachments", attachment(logger_id, attached))
    lot = {"id": f"{site}-lot", "product_id": "exo-a", "lot_number": site.upper(), "life_starts_at": ago(_AGO)}
    put(api, "/lots", lot)
    placed = {"id": f"{site}-placed", "container_id": freezer, "from": ago(_AGO), "reason": "found in the book"}
    put(api, f"/lots/{site}-lot/placements", placed)
    send(api, logger, [-80] * 20 + [-40] * 4 + [-80] * 25, minutes_ago=_AGO)
    send(api, f"{site}-spare", [-81] * 49, minutes_ago=_AGO)
    alerting = {"overrides": {}, "instruction": f"call {site}", "reason": "night"}
    assert api.put(f"/v1/containers/{freezer}/alerting", json=alerting).is_success
    evaluate(connection)
    calibration = {"id": f"{site}-calibration", "from": ago(60), "certificate": "C-1", "as_found": "fail"}
    put(api, f"/loggers/{logger}/calibrations", calibration)
    mend = {"id": f"{site}-mend", "from": ago(50), "until": ago(40), "offset_s": -60, "reason": "clock"}
    put(api, f"/loggers/{logger}/clock-mends", mend)
    absence = {"id": f"{site}-absence", "from": ago(30), "until": ago(25), "reason": "defrosted"}
    put(api, f"/containers/{freezer}/attachments/{site}-attached/absences", absence)
    silence = {"container_id": freezer, "until": ago(-120), "reason": "defrosting"}
    silence_id = put(api, "/silences", silence)["id"]
    alert_id = add_warm(connection, freezer, [f"{site}-lot"], site_id=site, cause="logger_offline")
    add_message(connection, [alert_id], receiver=f"{site}-nurse")
    message_id = add_rejected(
        connection,
        topic=f"coldchain/v1/{site}/{logger}/readings",
        payload=site.encode(),
        code="not_json",
        received_at=datetime.now(UTC),
    )
    put(api, "/organisations", {"id": f"{site}-clinic", "name": f"Clinic of {site}", "kind": "clinic"})
    whose = {"organisation_id": f"{site}-clinic", "reason": "it is theirs"}
    assert api.patch(f"/v1/sites/{site}", json=whose).is_success
    handover_id = put(api, f"/lots/{site}-lot/custody", {"organisation_id": f"{site}-clinic"})["id"]
    evaluate(connection)
    shipment = NewShipment(
        f"{site}-shipment", site, f"{site}-far", "Cold Couriers", None, None, None, datetime.now(UTC)
    )
    with acting(connection, TESTER):
        add_site(connection, f"{site}-far", f"Far from {site}", "Europe/Zurich")
        add_shipment(connection, shipment, [])
    move = add_move(
        connection,
        container_id=freezer,
        to_id=f"{site}-refuge",
        moved_at=datetime.now(UTC),
        lot_ids=[f"{site}-lot"],
    )
    with acting(connection, TESTER):
        kiosk_id = add_kiosk(connection, f"tablet at {site}", site, site.encode())
    recall_id = add_recall(connection, f"{site}-lot", "a donor")
    alias_id = put(api, "/aliases", {"code": f"label of {site}", "lot_id": f"{site}-lot"})["id"]
    return {
        "handover_id": handover_id,
        "alias_id": alias_id,
        "kiosk_id": kiosk_id,
        "recall_id": recall_id,
        "alert_id": alert_id,
        "silence_id": silence_id,
        "message_id": message_id,
        "move_id": move.id,
    }
