"""Readings over HTTP, as they are drawn."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from service.domain.series.drawing import Resolution


class Bucket(BaseModel):
    """Figures of the readings in a stretch of time."""

    from_: datetime = Field(alias="from")
    until: datetime
    readings: int
    numbers: int
    hi: int = Field(description='Readings above the logger\'s range ("HI").')
    lo: int = Field(description='Readings below the logger\'s range ("LO").')
    minimum_c: float | None = Field(description="Null where a reading lies below the logger's range, or none counts.")
    maximum_c: float | None = Field(description="Null where a reading lies above the logger's range, or none counts.")
    mean_c: float | None = Field(description="Of the numbers, each counting the same; without `hi` and `lo`.")
    first_measured_at: datetime
    last_measured_at: datetime


class SeriesReadings(BaseModel):
    """What one series measured: `at`, `temperature_c` and `beyond_range` in parallel; no number is null."""

    container_id: str
    series_id: int
    logger_id: str
    probe: str
    resolution: Resolution = Field(
        description="What the points were chosen from: all readings, or the extremes of UTC hours or days."
    )
    at: list[datetime]
    temperature_c: list[float | None]
    beyond_range: list[Literal["HI", "LO"] | None] = Field(
        description='"HI": at least as warm as `range_max_c`, "LO": at most as warm as `range_min_c`.'
    )
    range_min_c: float | None = Field(description='The coldest that its logger can show; null: "LO" proves no number.')
    range_max_c: float | None = Field(description='The warmest that its logger can show; null: "HI" proves no number.')
    buckets: list[Bucket] = Field(
        description="Hours or days, neighbours joined where they are too many; empty where the resolution is raw."
    )
