"""Calibrations, mended clocks and absences of probes, over HTTP."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import Id, In, Instant, Name, Probe, after

AsFound = Literal["pass", "fail"]


class CalibrationIn(In):
    """What a probe says, x, is `slope` · x + `offset_c` over [from, until); it ends the calibration before it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "TAG-00042-top-2026",
                    "probe": "top",
                    "from": "2026-01-31T05:00:00Z",
                    "slope": 1.0,
                    "offset_c": -0.3,
                    "certificate": "SCS 0042-1187",
                    "as_found": "pass",
                    "due_at": "2027-01-31T05:00:00Z",
                }
            ]
        }
    )

    id: Id
    probe: Probe = ""
    from_: Instant = Field(alias="from")
    until: Annotated[Instant | None, after("from_")] = None
    slope: Annotated[float, Field(ge=0.5, le=2, allow_inf_nan=False)] = 1.0
    offset_c: Annotated[float, Field(ge=-50, le=50, allow_inf_nan=False)] = 0.0
    certificate: Name
    as_found: AsFound | None = Field(None, description="Whether the probe was right before it was adjusted.")
    due_at: Annotated[Instant | None, after("from_")] = Field(None, description="From then on it counts as overdue.")


class Calibration(BaseModel):
    """A calibration as recorded."""

    id: str
    logger_id: str
    probe: str
    from_: datetime = Field(alias="from")
    until: datetime | None
    slope: float
    offset_c: float
    certificate: str
    as_found: AsFound | None
    due_at: datetime | None
    recorded_by: str
    recorded_at: datetime


class LookBack(BaseModel):
    """A lot that lay where a probe measured, while nobody knew whether that was right."""

    lot_id: str
    container_id: str
    from_: datetime = Field(alias="from")
    until: datetime


class CalibrationRecorded(Calibration):
    """A new calibration."""

    lots: list[LookBack] = Field(description="If it was found wrong: the lots to look back at.")


class ClockMendIn(In):
    """Readings the logger says it took in [from, until) were taken `offset_s` later than it says."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "TAG-00042-summer-time",
                    "from": "2026-01-30T05:00:00Z",
                    "until": "2026-01-30T17:00:00Z",
                    "offset_s": 3600,
                    "reason": "set to local time; its display showed 06:00 at 07:00",
                }
            ]
        }
    )

    id: Id
    from_: Instant = Field(alias="from")
    until: Annotated[Instant, after("from_")]
    offset_s: Annotated[float, Field(ge=-3.2e9, le=3.2e9, allow_inf_nan=False, description="Up to a microsecond.")]
    reason: Name


class ClockMend(BaseModel):
    """A mended clock as recorded."""

    id: str
    logger_id: str
    from_: datetime = Field(alias="from")
    until: datetime
    offset_s: float
    reason: str
    recorded_by: str
    recorded_at: datetime


class AbsenceIn(In):
    """A probe was not in its container over [from, until): what it measured then proves nothing of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "freezer-1-top-battery",
                    "from": "2026-02-01T09:00:00Z",
                    "until": "2026-02-01T09:20:00Z",
                    "reason": "battery changed",
                }
            ]
        }
    )

    id: Id
    from_: Instant = Field(alias="from")
    until: Annotated[Instant, after("from_")]
    reason: Name


class Absence(BaseModel):
    """An absence as recorded."""

    id: str
    attachment_id: str
    from_: datetime = Field(alias="from")
    until: datetime
    reason: str
    recorded_by: str
    recorded_at: datetime
