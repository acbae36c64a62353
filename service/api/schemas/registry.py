"""Sites, products, containers, loggers and attachments, over HTTP."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import (
    DeviceName,
    Explainable,
    Id,
    In,
    Instant,
    Name,
    Probe,
    RowId,
    Temperature,
    Text,
    TimeZone,
    after,
)


class ContainerKind(StrEnum):
    """What a lot is kept in."""

    FREEZER = "freezer"
    REFRIGERATOR = "refrigerator"
    LN2_VESSEL = "ln2_vessel"
    SHIPPER = "shipper"
    DRY_ICE_BOX = "dry_ice_box"
    AMBIENT = "ambient"


class ProbePlace(StrEnum):
    """Where in a container a probe is; ``ambient`` is recorded and not judged."""

    AIR = "air"
    BUFFERED = "buffered"
    PRODUCT = "product"
    AMBIENT = "ambient"


class Site(In):
    """A place with a time zone."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "zurich", "name": "Zürich clinic", "time_zone": "Europe/Zurich"}]}
    )

    id: Id
    name: Name
    time_zone: TimeZone


class ProductIn(In):
    """What is made, and the profile it must be kept under."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "exo-a", "name": "Exosomes A", "profile_id": "cryo-80"}]}
    )

    id: Id
    name: Name
    profile_id: Id


class Product(ProductIn):
    """A product, pinned to a version of its profile."""

    profile_version: int


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
                    "recorded_by": "A. Keller",
                }
            ]
        }
    )

    door_grace_s: DoorGrace
    mapping_study: Annotated[Text, Field(min_length=1)] | None = None
    reason: Annotated[Text, Field(min_length=1)]
    recorded_by: Name


class Container(ContainerIn):
    """A container, pinned to a version of its profile."""

    profile_version: int


class LoggerIn(In):
    """A device that measures. Its range decides what "HI" and "LO" prove."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "TAG-00042",
                    "site_id": "zurich",
                    "model": "Ultra Low",
                    "range_min_c": -95.0,
                    "range_max_c": 40.0,
                }
            ]
        }
    )

    id: DeviceName
    site_id: Id
    model: Text = ""
    firmware: Text = ""
    range_min_c: Temperature | None = None
    range_max_c: Annotated[Temperature | None, after("range_min_c")] = None


class RangeIn(Explainable):
    """The ends of what a logger can measure; one that is recorded already may be left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"range_min_c": -95.0, "range_max_c": 40.0}]})

    range_min_c: Temperature | None = None
    range_max_c: Annotated[Temperature | None, after("range_min_c")] = None


class LastReading(BaseModel):
    """The newest reading of a logger."""

    probe: str
    measured_at: datetime
    received_at: datetime
    temperature_c: float | None = Field(description="As it was sent; only with the quality ok it is a temperature.")
    quality: str = Field(
        description="ok, hi, lo, fault (a value that says so), missing, or impossible (no such probe can show it)."
    )
    battery_v: float | None
    stamped_on_arrival: bool = Field(
        description="The logger said no time: measured_at is when its message reached us, and it was live."
    )


class Logger(BaseModel):
    """A logger: registered, or merely heard (then `registered_at` is null)."""

    id: str
    site_id: str | None
    model: str
    firmware: str = Field(description="As the logger says; until it does, as it was registered.")
    range_min_c: float | None
    range_max_c: float | None
    range_known: bool = Field(
        description="Both ends are recorded. Until they are, what it cannot show may pass for a temperature."
    )
    online: bool | None = Field(description="What its status topic says; null: nothing yet.")
    online_since: datetime | None = Field(description="When we heard of it first.")
    last_seen_at: datetime | None = Field(description="When its newest reading reached us.")
    registered_at: datetime | None
    first_seen_at: datetime | None
    probes: list[str]
    attached: bool
    container_ids: list[str]
    last_reading: LastReading | None


class ProbeHealth(BaseModel):
    """What the readings of one probe tell, those since `since` and the 20 newest before."""

    probe: str
    last_measured_at: datetime
    last_received_at: datetime
    usual_interval_s: float | None = Field(description="The median step between readings; null: too few of them.")
    gaps: int = Field(description="Steps more than half longer than the usual one. The silence at the end is none yet.")
    gaps_s: float = Field(description="Their time in all, as far as it lies after `since`.")
    longest_gap_s: float
    missing_seq: int = Field(description="Numbers of `seq` nobody heard.")
    restarts: int = Field(description="How often `seq` began anew; what was lost around it cannot be counted.")


class LoggerHealth(BaseModel):
    """How well a logger does its work. No verdict depends on it."""

    since: datetime
    battery_v: float | None = Field(description="The voltage it told last.")
    clock_lag_s: float | None = Field(
        description="Smallest time from measuring to arrival among the 20 newest readings: "
        "its clock is behind by at most so much. Negative: its clock is ahead."
    )
    probes: list[ProbeHealth]


class RefusedMessages(BaseModel):
    """Messages of a logger that were refused for one reason, in whole or in part."""

    code: str
    times: int
    first_at: datetime
    last_at: datetime
    look_at: str = Field(description="What there is to look at, in words.")


class LoggerWithHealth(Logger):
    """One logger, looked at closely."""

    health: LoggerHealth
    refused: list[RefusedMessages] = Field(
        description="What it sent in the last seven days and was refused, by reason, the most frequent first."
    )


class AttachmentIn(Explainable):
    """A probe in a container over [from, until). It counts from `commissioned_at`, when it had settled."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "freezer-1-top",
                    "logger_id": "TAG-00042",
                    "probe": "top",
                    "place": "air",
                    "from": "2026-01-31T05:00:00Z",
                }
            ]
        }
    )

    id: Id
    logger_id: DeviceName
    probe: Probe = ""
    place: ProbePlace
    from_: Instant = Field(alias="from")
    until: Annotated[Instant | None, after("from_")] = None
    commissioned_at: Instant | None = None


class CommissionIn(Explainable):
    """A technician's word that a probe has settled."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"attachment_id": "freezer-1-top", "commissioned_at": "2026-01-31T05:30:00+00:00"}]
        }
    )

    attachment_id: RowId
    commissioned_at: Instant


class EndAttachmentIn(Explainable):
    """When a probe was taken out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until": "2026-02-28T10:00:00+01:00"}]})

    until: Instant


class Attachment(BaseModel):
    """An attachment as recorded."""

    id: str
    container_id: str
    logger_id: str
    probe: str
    place: ProbePlace
    from_: datetime = Field(alias="from")
    until: datetime | None
    commissioned_at: datetime | None
