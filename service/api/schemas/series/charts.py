"""What a chart shows, in columns: numbers side by side, so that ten years travel as light as a day."""

from typing import Literal

from pydantic import BaseModel, Field

from service.domain.profiles import Direction, Effect

Shown = float | Literal["HI", "LO"] | None

#: From when until when, in milliseconds since 1970.
Stretch = tuple[int, int]


class ChartLine(BaseModel):
    """What one probe measured in one container: columns in parallel. A row of nulls: from there on nobody measured."""

    container_id: str
    container_name: str
    logger_id: str
    probe: str
    at_ms: list[int] = Field(description="In milliseconds since 1970; of a stretch of time its middle.")
    coldest_c: list[Shown] = Field(description="Empty where each row is one reading: see warmest_c.")
    warmest_c: list[Shown] = Field(description='"HI" and "LO": beyond what the logger can show.')
    mean_c: list[float | None] = Field(description="Of the numbers; empty where each row is one reading.")


class ChartLimit(BaseModel):
    """A limit, and when it was certainly passed."""

    direction: Direction
    threshold_c: float
    effect: Effect
    text: str
    beyond_ms: list[Stretch]


class ChartPlace(BaseModel):
    """The lot was in this container."""

    container_id: str
    container_name: str
    from_ms: int
    until_ms: int


class Chart(BaseModel):
    """All that a chart shows of a stretch of time. Times are milliseconds since 1970.

    Extremes are never averaged away: where a row stands for many readings, the coldest and the warmest of them are
    told. Spans and rows nearer together than `width_ms` are told as one.
    """

    from_ms: int
    until_ms: int
    whole_ms: Stretch = Field(description="The longest that can be asked for: the lot's life, or since it is measured.")
    width_ms: float
    time_zone: str = Field(description="Of the site where it is now.")
    lines: list[ChartLine]
    limits: list[ChartLimit]
    disputed_ms: list[Stretch]
    gaps_ms: list[Stretch]
    places: list[ChartPlace]
