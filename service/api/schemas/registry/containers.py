"""Containers, over HTTP."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from service.api.schemas.fields import (
    ChangeIn,
    Id,
    In,
    Name,
    Temperature,
    Text,
)
from service.api.schemas.registry.nestings import PathStep


class ContainerKind(StrEnum):
    """What a lot is kept in."""

    FREEZER = "freezer"
    REFRIGERATOR = "refrigerator"
    LN2_VESSEL = "ln2_vessel"
    SHIPPER = "shipper"
    DRY_ICE_BOX = "dry_ice_box"
    AMBIENT = "ambient"
    BOX = "box"
    RACK = "rack"
    VEHICLE = "vehicle"


DoorGrace = Annotated[
    int,
    Field(
        ge=0,
        le=3_600,
        description="Excursions of air probes shorter than this are possible and not certain exposure: what the air "
        "does while the door is open. It rests on a mapping study.",
    ),
]


class ContainerIn(In):
    """A freezer, refrigerator, vessel, shipper, box or room; its profile decides what raises an alert."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "freezer-1",
                    "site_id": "zurich",
                    "name": "Ultra-low freezer 1",
                    "kind": "freezer",
                    "profile_id": "cryo-80",
                }
            ]
        }
    )

    id: Id
    site_id: Id
    name: Name
    kind: ContainerKind
    profile_id: Id
    mapping_study: Annotated[Text, Field(min_length=1)] | None = None
    door_grace_s: DoorGrace = 0
    declared_c: Temperature | None = Field(
        None,
        description="Of an ambient room: its temperature. Held against lots where it is beyond a limit; it measures "
        "nothing, so without a logger the time there is a gap.",
    )


class DoorGraceIn(In):
    """How long an opened door is no certain exposure, from the mapping study named here or before; for all history."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "door_grace_s": 180,
                    "mapping_study": "MAP-2026-07, freezer 1",
                    "reason": "Mapped with vials: they stay below −70 °C while the door is open for 3 min.",
                }
            ]
        }
    )

    door_grace_s: DoorGrace
    mapping_study: Annotated[Text, Field(min_length=1)] | None = None
    reason: Annotated[Text, Field(min_length=1)]


class ContainerChange(ChangeIn):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"retired": True, "reason": "Its compressor failed."}]})

    name: Name = Field(default_factory=str)
    retired: bool = Field(
        default_factory=bool, description="true: nothing new is put into it. Lots and probes have to be out of it."
    )


class Container(ContainerIn):
    """A container, pinned to a version of its profile."""

    profile_version: int
    retired_at: datetime | None = Field(None, description="Since when nothing new is put into it.")
    in_id: str | None = Field(None, description="The container it is in now.")
    position: str | None = Field(None, description="Where in that.")
    path: list[PathStep] = Field(description="The way to it now, the outermost container first; the last is itself.")
