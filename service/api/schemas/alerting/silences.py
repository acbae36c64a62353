"""Silences, over HTTP."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import Id, In, Instant, Name, Text, after
from service.domain.alerting.silence import SilenceState


class SilenceIn(In):
    """What nobody is to be told of for a while; null: any. That a lot has no time left is told all the same."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "container_id": "freezer-1",
                    "from": "2026-12-01T08:00:00+01:00",
                    "until": "2026-12-01T12:00:00+01:00",
                    "reason": "Compressor is serviced; the lots are in freezer 2.",
                }
            ]
        }
    )

    site_id: Id | None = None
    container_id: Id | None = None
    cause: Text | None = None
    from_: Instant | None = Field(None, alias="from", description="Null: now. Later: maintenance.")
    until: Annotated[Instant, after("from_")]
    reason: Name


class EndSilenceIn(In):
    """Somebody ends a silence before its time."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Serviced sooner than planned."}]})

    reason: Name | None = None


class Silence(BaseModel):
    """A silence as recorded."""

    id: int
    state: SilenceState
    site_id: str | None
    container_id: str | None
    cause: str | None
    from_: datetime = Field(alias="from")
    until: datetime
    planned_until: datetime | None = Field(
        description="Of one that was ended before its time: until when it was to be."
    )
    reason: str
    recorded_by: str
    recorded_at: datetime
    ended_by: str | None
