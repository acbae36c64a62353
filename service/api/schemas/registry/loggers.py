"""Loggers, over HTTP: what is recorded of them, and how they do."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import (
    ChangeIn,
    DeviceName,
    Explainable,
    Id,
    In,
    Temperature,
    Text,
    after,
)


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


class LoggerChange(ChangeIn):
    """What is to be different; what is left out stays. Model and range decide what its readings prove: those stay."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"retired": True, "reason": "Its display is broken."}]})

    site_id: Id = Field(default_factory=str, description="Where it is registered from now on.")
    retired: bool = Field(
        default_factory=bool, description="true: it is attached to nothing any more. Its attachments have to be ended."
    )


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
    retired_at: datetime | None = Field(description="Since when it is attached to nothing any more.")
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
