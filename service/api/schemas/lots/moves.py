"""Moves as the API tells them."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.api.schemas.fields import Explainable, Id, In, Instant, Name, Position


class StrikeIn(In):
    """A move by link that never happened."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "nobody was there; the lots are in freezer-1"}]}
    )

    reason: Name = Field(description="How it is known.")


class MovedThing(In):
    """A lot, or a container with all that is in it: one of the two."""

    lot_id: Id | None = None
    container_id: Id | None = None
    position: Position | None = Field(None, description="Where in the container it comes to be.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.lot_id is None) == (self.container_id is None):
            raise ValueError("name a lot by `lot_id` or a container by `container_id`: one of the two")
        return self


class ThingsMoved(Explainable):
    """Several things put into one container, all of them or none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "move-2026-02-03",
                    "items": [{"lot_id": "EXO-2411", "position": "B7"}, {"container_id": "box-3"}],
                    "to_id": "freezer-2",
                    "at": "2026-02-03T09:00:00+01:00",
                }
            ]
        }
    )

    id: Id = Field(description="What is recorded of each thing has this id with a number behind it.")
    items: Annotated[list[MovedThing], Field(min_length=1, max_length=1_000)]
    to_id: Id
    at: Instant


class Moved(BaseModel):
    """Several things that are in a container now."""

    id: str
    to_id: str
    at: datetime
    lot_ids: list[str]
    container_ids: list[str]


class Move(BaseModel):
    """A move as recorded; each lot has a placement of its own."""

    id: int
    container_id: str
    to_id: str
    at: datetime
    lot_ids: list[str]
    container_ids: list[str] = Field(description="The boxes that were in it, moved with what is in them.")
    recorded_by: str
    recorded_at: datetime


class RecordedMove(Move):
    """Everything in a container moved to another; each lot has a placement of its own."""

    by_link: bool = Field(description="Recorded by whoever held the link of an alert.")
    unconfirmed: bool = Field(description="It counts, and nobody with an account has said that it happened.")
    outcome: Literal["confirmed", "struck"] | None
    reviewed_by: str | None
