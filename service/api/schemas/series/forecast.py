"""Forecasts over HTTP."""

from datetime import datetime

from pydantic import BaseModel, Field

from service.domain.profiles import Direction


class Wait(BaseModel):
    """How long until something happens, seconds from ``as_of``: about, at the earliest, at the latest."""

    about: float
    earliest: float
    latest: float


class ForecastLimit(BaseModel):
    """Which limit is meant."""

    direction: Direction
    threshold_c: float


class Forecast(BaseModel):
    """When a limit is crossed if the temperature goes on as it does now."""

    limit: ForecastLimit
    crosses_in_s: Wait | None = Field(description="Null: it is beyond the limit now.")
    budget_gone_in_s: Wait | None = Field(description="Until the time allowed in total is used up.")
    text: str


class ContainerForecast(BaseModel):
    """What the newest readings in a container foretell."""

    as_of: datetime
    forecast: Forecast | None
    reason: str | None = Field(description="Why there is no forecast.")


class LotForecast(BaseModel):
    """What the newest readings where a lot is foretell for it."""

    as_of: datetime
    forecast: Forecast | None = Field(
        description="Null: the lot is in no container, or its readings do not bear one out."
    )
