"""Shipments as the API takes and tells them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.api.schemas.fields import Explainable, Id, In, Instant, Name
from service.domain.shipments.receipt import Found
from service.store.shipments.shipments import State

Seal = Annotated[Name, Field(max_length=40)]
Sscc = Annotated[str, StringConstraints(pattern="^[0-9]{18}$")]


class ShippedContainerIn(In):
    """A shipper that goes along with all that is in it, and the numbers of its seals."""

    id: Id
    seals: Annotated[list[Seal], Field(max_length=20)] = Field(default_factory=list)


class ShipmentIn(Explainable):
    """Containers that go from one site to another; the lots in them go along."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "SHP-0042",
                    "from_site_id": "zurich",
                    "to_site_id": "basel",
                    "carrier": "Cold Couriers Ltd",
                    "waybill": "CC-778812",
                    "expected_at": "2026-02-03T12:00:00+01:00",
                    "containers": [{"id": "shipper-7", "seals": ["S-1001", "S-1002"]}],
                }
            ]
        }
    )

    id: Id
    from_site_id: Id
    to_site_id: Id
    carrier: Name
    waybill: Name | None = None
    route: Name | None = Field(None, description="The way it is to take, in words.")
    sscc: Sscc | None = Field(None, description="The number of the shipping unit, 18 digits.")
    expected_at: Instant
    containers: Annotated[list[ShippedContainerIn], Field(min_length=1, max_length=500)]


class HandoverIn(Explainable):
    """The carrier has it from then on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"at": "2026-02-02T16:30:00+01:00"}]})

    at: Instant


class ArrivedLotIn(In):
    """A lot that was scanned on arrival, and where in its container it was put."""

    id: Id
    position: Name | None = None


class SeenSealsIn(In):
    """The numbers of the seals of a shipper that were found whole."""

    container_id: Id
    seals: Annotated[list[Seal], Field(max_length=20)]


class ReceiptIn(Explainable):
    """What arrived. What is missing, extra, broken, expired or warm asks for a `reason`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "received_at": "2026-02-03T11:20:00+01:00",
                    "container_id": "freezer-2",
                    "lots": [{"id": "EXO-2411", "position": "A1"}],
                    "seals": [{"container_id": "shipper-7", "seals": ["S-1001", "S-1002"]}],
                }
            ]
        }
    )

    received_at: Instant
    container_id: Id | None = Field(None, description="Where the lots were put; null: they stay in what they came in.")
    lots: Annotated[list[ArrivedLotIn], Field(max_length=5_000)]
    seals: Annotated[list[SeenSealsIn], Field(max_length=500)] = Field(default_factory=list)


class ShippedContainer(BaseModel):
    """A container that goes along, and the numbers of its seals."""

    container_id: str
    seals: list[str]


class ManifestLine(BaseModel):
    """A lot that was in it when it was handed over, and in what."""

    lot_id: str
    container_id: str


class ReceiptFinding(BaseModel):
    """One thing that was not as it should be. `id`: of the lot, or of the container of a seal."""

    found: Found
    id: str
    text: str


class Findings(BaseModel):
    """What is not as it should be; empty: nothing."""

    findings: list[ReceiptFinding]


class Receipt(Findings):
    """What was found on arrival, and why it was received so."""

    lot_ids: list[str]
    reason: str | None
    recorded_by: str
    recorded_at: datetime


class ShipmentSummary(BaseModel):
    """A shipment in a list."""

    id: str
    state: State
    from_site_id: str
    to_site_id: str
    carrier: str
    waybill: str | None
    route: str | None
    sscc: str | None
    expected_at: datetime
    recorded_by: str
    recorded_at: datetime
    handed_over_at: datetime | None
    handed_over_by: str | None
    received_at: datetime | None
    cancelled_at: datetime | None


class Shipment(ShipmentSummary):
    """A shipment with what goes along, what was in it, and what arrived."""

    containers: list[ShippedContainer]
    manifest: list[ManifestLine] = Field(description="Empty until it is handed over.")
    receipt: Receipt | None
