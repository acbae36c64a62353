"""Moves as the API tells them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import In, Name


class StrikeIn(In):
    """A move by link that never happened."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "nobody was there; the lots are in freezer-1"}]}
    )

    reason: Name = Field(description="How it is known.")


class Move(BaseModel):
    """A move as recorded; each lot has a placement of its own."""

    id: int
    container_id: str
    to_id: str
    at: datetime
    lot_ids: list[str]
    recorded_by: str
    recorded_at: datetime


class RecordedMove(Move):
    """Everything in a container moved to another; each lot has a placement of its own."""

    by_link: bool = Field(description="Recorded by whoever held the link of an alert.")
    unconfirmed: bool = Field(description="It counts, and nobody with an account has said that it happened.")
    outcome: Literal["confirmed", "struck"] | None
    reviewed_by: str | None
