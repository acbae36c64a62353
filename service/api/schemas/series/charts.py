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
    warmest_c: list[Shown] = Field(
        description='"HI": at least as warm as `range_max_c`, "LO": at most as warm as `range_min_c`.'
    )
    mean_c: list[float | None] = Field(
        description="Of the numbers, each counting the same; empty where each row is one reading."
    )
    left_out: list[int] = Field(
        description='How many readings are "HI" or "LO", and not in the mean; empty where none of the line is, or each '
        "row is one reading."
    )
    range_min_c: float | None = Field(description='The coldest that its logger can show; null: "LO" proves no number.')
    range_max_c: float | None = Field(description='The warmest that its logger can show; null: "HI" proves no number.')


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
