"""Decisions of quality about lots, as the API takes and tells them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import In, Name
from service.domain.answers.deciding import Standing
from service.domain.answers.papers import Decision


class DispositionIn(In):
    """What quality decides about a lot."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"decision": "quarantined", "reason": "deviation D-118 is looked into"}]}
    )

    decision: Decision = Field(description="`released` counts once it is signed; the others count at once.")
    reason: Name


class Disposition(BaseModel):
    """What quality decided about a lot."""

    id: int
    lot_id: str
    decision: Decision
    standing: Standing = Field(
        description="`waits` for signatures, `in_force`, `lapsed` (a limit was passed), or `ended` by a later one."
    )
    reason: str
    status: dict[str, Any] = Field(description="What was told of the lot when it was decided.")
    recorded_by: str
    recorded_at: datetime
    change_id: int = Field(description="The change that is signed.")
    content_sha256: str = Field(description="Of what is signed, as `/v1/changes/{id}` tells it.")
    signatures_needed: int
    signed_by: list[str]
    signed_at: datetime | None = Field(description="When it had all of them; null: it lacks some.")
    lapsed_at: datetime | None
    lapse_reason: str | None = Field(description="Which limit was passed.")
