"""Shipments: from their registration to their receipt."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated

from fastapi import APIRouter, Query

from service.acts import shipments as acts
from service.api.acts import ActRoute
from service.api.database import Database, Now, Recorded, TheSettings
from service.api.future import refuse_future
from service.api.paging import Page, Paging, page
from service.api.permitted import TheAccess, TheSites
from service.api.schemas.fields import Id
from service.api.schemas.shipments import shipments as schemas
from service.domain.shipments.receipt import Arrived, Finding
from service.store.pool import Connection
from service.store.shipments import shipments as store
from service.store.shipments.shipments import LATEST_FIRST, KeptShipment, NewShipment, ShippedContainer

router = APIRouter(prefix="/v1/shipments", tags=["shipments"], route_class=ActRoute)


@router.post("", status_code=201)
def add_shipment(
    shipment: schemas.ShipmentIn, connection: Database, access: TheAccess, recorded: Recorded
) -> schemas.Shipment:
    """Register a shipment with the containers that it takes along. It is under way once it is handed over."""
    access.refuse_elsewhere(connection, "site", shipment.from_site_id, "from_site_id")
    new = NewShipment(**{name: getattr(shipment, name) for name in NewShipment.__slots__})
    along = [ShippedContainer(one.id, one.seals) for one in shipment.containers]
    acts.register_shipment(connection, new, along, replace(recorded, reason=shipment.reason))
    return _shipment(connection, store.shipment(connection, new.id))


@router.get("")
def list_shipments(
    connection: Database,
    asked: Paging,
    sites: TheSites,
    is_open: Annotated[bool | None, Query(alias="open", description="True: neither received nor cancelled.")] = None,
) -> Page[schemas.ShipmentSummary]:
    """Shipments, what is expected last on top."""
    found = store.shipments(connection, asked.part(LATEST_FIRST), sites, is_open=is_open)
    return page(asked, LATEST_FIRST, found, lambda one: schemas.ShipmentSummary(**asdict(one), state=one.state))


@router.get("/{shipment_id}")
def get_shipment(shipment_id: Id, connection: Database) -> schemas.Shipment:
    """One shipment, with what goes along, its manifest and its receipt."""
    return _shipment(connection, store.shipment(connection, shipment_id))


@router.post("/{shipment_id}/handover")
def hand_over_shipment(
    shipment_id: Id, handover: schemas.HandoverIn, connection: Database, access: TheAccess, recorded: Recorded, now: Now
) -> schemas.Shipment:
    """Record that the carrier has it: the lots in it then are its manifest, and not proven until it is received."""
    access.refuse_elsewhere(connection, "site", store.shipment(connection, shipment_id).from_site_id)
    refuse_future("at", handover.at, now)
    acts.hand_over_shipment(connection, shipment_id, handover.at, replace(recorded, reason=handover.reason))
    return _shipment(connection, store.shipment(connection, shipment_id))


@router.post("/{shipment_id}/receipt/look")
def look_into_shipment(
    shipment_id: Id,
    receipt: schemas.ReceiptIn,
    connection: Database,
    access: TheAccess,
    settings: TheSettings,
    now: Now,
) -> schemas.Findings:
    """What would be found if it were received so. Nothing is recorded."""
    access.refuse_elsewhere(connection, "site", store.shipment(connection, shipment_id).to_site_id)
    found = acts.look_into(connection, shipment_id, _arrived(receipt), receipt.received_at, settings, now)
    return schemas.Findings(findings=_findings(found))


@router.post("/{shipment_id}/receipt")
def receive_shipment(
    shipment_id: Id,
    receipt: schemas.ReceiptIn,
    connection: Database,
    access: TheAccess,
    recorded: Recorded,
    settings: TheSettings,
    now: Now,
) -> schemas.Shipment:
    """Receive it: what arrived is placed, what is missing is nowhere from then on. What is wrong needs a reason."""
    access.refuse_elsewhere(connection, "site", store.shipment(connection, shipment_id).to_site_id)
    if receipt.container_id is not None:
        access.refuse_elsewhere(connection, "container", receipt.container_id, "container_id")
    refuse_future("received_at", receipt.received_at, now)
    acts.receive_shipment(
        connection,
        shipment_id,
        _arrived(receipt),
        receipt.received_at,
        settings,
        replace(recorded, reason=receipt.reason),
        container_id=receipt.container_id,
        positions={one.id: one.position for one in receipt.lots if one.position is not None},
    )
    return _shipment(connection, store.shipment(connection, shipment_id))


@router.post("/{shipment_id}/cancel")
def cancel_shipment(
    shipment_id: Id,
    cancelled: schemas.HandoverIn,
    connection: Database,
    access: TheAccess,
    recorded: Recorded,
    now: Now,
) -> schemas.Shipment:
    """Record that it does not happen, or came back. Its lots are where they are recorded to be."""
    access.refuse_elsewhere(connection, "site", store.shipment(connection, shipment_id).from_site_id)
    refuse_future("at", cancelled.at, now)
    acts.cancel_shipment(connection, shipment_id, cancelled.at, replace(recorded, reason=cancelled.reason))
    return _shipment(connection, store.shipment(connection, shipment_id))


def _arrived(receipt: schemas.ReceiptIn) -> Arrived:
    return Arrived(tuple(one.id for one in receipt.lots), {one.container_id: one.seals for one in receipt.seals})


def _findings(found: Sequence[Finding]) -> list[schemas.ReceiptFinding]:
    return [schemas.ReceiptFinding(**asdict(one)) for one in found]


def _shipment(connection: Connection, kept: KeptShipment) -> schemas.Shipment:
    received = store.receipt(connection, kept.id)
    return schemas.Shipment(
        **asdict(kept),
        state=kept.state,
        containers=[schemas.ShippedContainer(**asdict(x)) for x in store.shipped_containers(connection, kept.id)],
        manifest=[schemas.ManifestLine(**asdict(x)) for x in store.manifest(connection, kept.id)],
        receipt=None if received is None else schemas.Receipt(**asdict(received)),
    )
