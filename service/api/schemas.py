"""What comes in and goes out over HTTP."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

_ZONES = frozenset(available_timezones())


def _zone(name: str) -> str:
    if name not in _ZONES:
        raise ValueError(f"{name!r} is no IANA time zone; give one such as Europe/Zurich")
    return name


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$", examples=["freezer-1"])]
Name = Annotated[str, Field(min_length=1, max_length=200)]
TimeZone = Annotated[str, AfterValidator(_zone), Field(examples=["Europe/Zurich"])]
Temperature = Annotated[float, Field(ge=-273.15, le=1_000, allow_inf_nan=False)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ContainerKind(StrEnum):
    """What a lot is kept in."""

    FREEZER = "freezer"
    REFRIGERATOR = "refrigerator"
    LN2_VESSEL = "ln2_vessel"
    SHIPPER = "shipper"
    DRY_ICE_BOX = "dry_ice_box"
    AMBIENT = "ambient"


class Place(StrEnum):
    """Where in a container a probe is; ``ambient`` is recorded and not judged."""

    AIR = "air"
    BUFFERED = "buffered"
    PRODUCT = "product"
    AMBIENT = "ambient"


class Site(_In):
    """A place with a time zone."""

    id: Id
    name: Name
    time_zone: TimeZone


class ProductIn(_In):
    """What is made, and the profile it must be kept under."""

    id: Id
    name: Name
    profile_id: Id = Field(examples=["cryo-80"])


class Product(ProductIn):
    """A product, pinned to a version of its profile."""

    profile_version: int


class ContainerIn(_In):
    """A freezer, refrigerator, vessel, shipper, box or room; its profile decides what raises an alert."""

    id: Id
    site_id: Id
    name: Name
    kind: ContainerKind
    profile_id: Id = Field(examples=["cryo-80"])


class Container(ContainerIn):
    """A container, pinned to a version of its profile."""

    profile_version: int


class LoggerIn(_In):
    """A device that measures. Its range decides what "HI" and "LO" prove."""

    id: Annotated[str, Field(min_length=1, max_length=128, examples=["TAG-00042"])]
    site_id: Id
    model: Annotated[str, Field(max_length=200)] = ""
    range_min_c: Temperature | None = None
    range_max_c: Temperature | None = None

    @model_validator(mode="after")
    def _range(self) -> "LoggerIn":
        if self.range_min_c is not None and self.range_max_c is not None and self.range_min_c >= self.range_max_c:
            raise ValueError("range_min_c must be below range_max_c")
        return self


class LastReading(BaseModel):
    """The newest reading of a logger."""

    probe: str
    measured_at: datetime
    received_at: datetime
    temperature_c: float | None
    quality: str
    battery_v: float | None


class Logger(BaseModel):
    """A logger: registered, or merely heard (then `registered_at` is null)."""

    id: str
    site_id: str | None
    model: str
    range_min_c: float | None
    range_max_c: float | None
    online: bool | None
    registered_at: datetime | None
    first_seen_at: datetime | None
    probes: list[str]
    attached: bool
    container_ids: list[str]
    last_reading: LastReading | None


class AttachmentIn(_In):
    """A probe in a container over [from, until). It counts from `commissioned_at`, when it had settled."""

    id: Id
    logger_id: str
    probe: Annotated[str, Field(max_length=128)] = ""
    place: Place
    from_: AwareDatetime = Field(alias="from")
    until: AwareDatetime | None = None
    commissioned_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _order(self) -> "AttachmentIn":
        if self.until is not None and self.until <= self.from_:
            raise ValueError("until must be after from")
        return self


class Commission(_In):
    """A technician's word that a probe has settled."""

    attachment_id: Id
    commissioned_at: AwareDatetime


class EndAttachment(_In):
    """When a probe was taken out."""

    until: AwareDatetime


class Attachment(BaseModel):
    """An attachment as recorded."""

    id: str
    container_id: str
    logger_id: str
    probe: str
    place: Place
    from_: datetime = Field(alias="from")
    until: datetime | None
    commissioned_at: datetime | None


class LotIn(_In):
    """One manufacturing batch. `life_starts_at` is the end of filling; unknown, nothing is proven."""

    id: Id
    product_id: Id
    lot_number: Annotated[str, Field(min_length=1, max_length=20)]
    units: Annotated[int, Field(ge=1)] | None = None
    life_starts_at: AwareDatetime | None = None
    life_ends_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _order(self) -> "LotIn":
        if self.life_starts_at and self.life_ends_at and self.life_ends_at <= self.life_starts_at:
            raise ValueError("life_ends_at must be after life_starts_at")
        return self


class PlacementIn(_In):
    """A lot put into a container; that ends the placement it was in."""

    id: Id
    container_id: Id
    from_: AwareDatetime = Field(alias="from")
    until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _order(self) -> "PlacementIn":
        if self.until is not None and self.until <= self.from_:
            raise ValueError("until must be after from")
        return self


class Placement(BaseModel):
    """A placement as recorded."""

    id: str
    container_id: str
    from_: datetime = Field(alias="from")
    until: datetime | None


class Reason(BaseModel):
    """Why: a documented code, a sentence with figures, since when."""

    code: str
    text: str
    severity: str
    since: datetime | None


class LimitFigures(BaseModel):
    """Time beyond one limit over the lot's life: certainly, and possibly."""

    direction: str
    threshold_c: float
    effect: str
    budget_s: int | None
    single_s: int | None
    certain_s: float
    possible_s: float
    longest_certain_s: float
    longest_possible_s: float
    remaining_s: float | None
    exceeded_at: datetime | None


class Parts(BaseModel):
    """Where the life went; the parts sum to `life_s`."""

    life_s: float
    in_range_s: float
    above_s: float
    below_s: float
    disputed_s: float
    gap_s: float
    pending_s: float


class Status(BaseModel):
    """May this lot be used, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "lot_id": "EXO-2411",
                "answer": "usable",
                "verdict": "viable",
                "verdict_text": "within limits",
                "reasons": [
                    {
                        "code": "within_limits",
                        "text": "Within its limits: 4 min above −60 °C (1 h 00 min allowed).",
                        "severity": "info",
                        "since": None,
                    }
                ],
                "limits": [],
                "parts": {
                    "life_s": 86400,
                    "in_range_s": 86100,
                    "above_s": 240,
                    "below_s": 0,
                    "disputed_s": 0,
                    "gap_s": 0,
                    "pending_s": 60,
                },
                "as_of": "2026-11-22T06:00:00Z",
                "profile_id": "cryo-80",
                "profile_version": 1,
                "disposition": None,
                "use_by": None,
            }
        }
    )

    lot_id: str
    answer: str
    verdict: str
    verdict_text: str
    reasons: list[Reason]
    limits: list[LimitFigures]
    parts: Parts
    as_of: datetime
    profile_id: str
    profile_version: int
    disposition: None = Field(None, description="No signed decision is recorded.")
    use_by: None = Field(None, description="The lot was not withdrawn for use.")


class LotSummary(BaseModel):
    """A lot in a list."""

    id: str
    lot_number: str
    product_id: str
    product_name: str
    units: int | None
    container_id: str | None
    container_name: str | None
    site_id: str | None
    answer: str
    verdict: str
    verdict_text: str
    reason: str
    limits: list[LimitFigures]


class Temperatures(BaseModel):
    """Evidence from the lot's readings; it never overrules a limit."""

    readings: int
    without_number: int = Field(description='Readings such as "HI" and "LO", and faults: not in the figures below.')
    minimum_c: float | None
    maximum_c: float | None
    mean_c: float | None = Field(description="Time-weighted over covered time.")
    mean_kinetic_c: float | None = Field(description="Mean kinetic temperature (USP <1160>) over covered time.")
    activation_energy_kj_per_mol: float


class Lot(BaseModel):
    """One lot with where it was and what was measured of it."""

    id: str
    lot_number: str
    product_id: str
    product_name: str
    units: int | None
    profile_id: str
    profile_version: int
    life_starts_at: datetime | None
    life_ends_at: datetime | None
    placements: list[Placement]
    temperatures: Temperatures
    status: Status


class Excursion(BaseModel):
    """Time beyond a limit without interruption; `until` is null while it lasts."""

    direction: str
    threshold_c: float
    from_: datetime = Field(alias="from")
    until: datetime | None
    duration_s: float
    peak_c: float | None


class Gap(BaseModel):
    """Time nobody measured: `kind` is ``gap``, ``no_container`` or ``pending``."""

    kind: str
    from_: datetime = Field(alias="from")
    until: datetime
    duration_s: float


class VerdictChange(BaseModel):
    """The verdict or its reasons changed."""

    decided_at: datetime
    verdict: str
    reasons: list[Reason]
    limits: list[LimitFigures]


class SeriesReadings(BaseModel):
    """What one series measured for a lot: `at` and `temperature_c` in parallel; null for no number."""

    container_id: str
    series_id: int
    at: list[datetime]
    temperature_c: list[float | None]


class Taken(BaseModel):
    """What became of readings sent."""

    stored: int = Field(description="New readings.")
    known: int = Field(description="Readings that were there already.")
    conflicting: int = Field(description="Readings with another temperature than the one stored: set aside.")
    rejected: dict[str, str] | None = Field(description="Code and explanation of what was not taken.")


class Imported(Taken):
    """What a logger's file held."""

    logger_id: str
    model: str
    readings: int
    first_measured_at: datetime
    last_measured_at: datetime
    own_figures: dict[str, str] = Field(description="What the device says of itself; shown, never used.")


class RejectedMessage(BaseModel):
    """A message that could not be taken; `payload` as text where it is text."""

    id: int
    topic: str
    code: str
    explanation: str
    payload: str | None
    payload_size: int
    sha256: str
    times: int
    first_received_at: datetime
    last_received_at: datetime


class Alert(BaseModel):
    """One alert for a container and cause."""

    id: int
    container_id: str
    container_name: str
    site_id: str
    cause: str
    state: str
    severity: str
    began_at: datetime
    fired_at: datetime | None
    resolved_at: datetime | None
    summary: str
    lot_ids: list[str]
