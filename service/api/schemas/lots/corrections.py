"""Corrections, over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from service.acts.corrections import Kind
from service.api.schemas.fields import Id, In, Instant, Name, Position, RowId

#: What is listed: also what nobody corrects, since it is set anew.
Listed = Literal[Kind, "door_grace", "logger_range", "split"]


class Replacement(In):
    """What is to be different; what is not named stays as it is. `until: null` takes an end away."""

    container_id: Id | None = None
    in_id: Id | None = Field(None, description="Of a nesting: the container it was put into.")
    position: Position | None = None
    from_: Instant | None = Field(None, alias="from")
    until: Instant | None = None
    commissioned_at: Instant | None = None


class CorrectionIn(In):
    """A slip of recording put right; a replacement of null strikes what was recorded."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "placement",
                    "row_id": "EXO-2411-freezer-1",
                    "replacement": {"from": "2026-01-31T06:10:00+01:00"},
                    "reason": "the sheet says ten past; the clock in the laboratory was fast",
                }
            ]
        }
    )

    kind: Kind
    row_id: Annotated[RowId, Field(validation_alias=AliasChoices("row_id", "id"))]
    replacement: Replacement | None
    reason: Name


class Correction(BaseModel):
    """A change of time already judged, as recorded."""

    id: int
    kind: Listed
    row_id: str
    was: dict[str, Any] | None = Field(description="What was recorded; null: nothing was of that time.")
    becomes: dict[str, Any] | None = Field(description="What took its place, under an id of its own; null: nothing.")
    reason: str
    recorded_by: str
    recorded_at: datetime
