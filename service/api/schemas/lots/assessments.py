"""Assessments as the API takes and tells them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import In, Instant, Name, Sha256, after
from service.domain.answers.papers import Finding
from service.store.lots.assessments import State


class AssessmentIn(In):
    """Quality's judgement of one gap, disputed stretch or excursion."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "finding": "gap",
                    "from": "2026-11-30T07:00:00Z",
                    "until": "2026-11-30T13:00:00Z",
                    "accepted_s": 0,
                    "evidence": "the freezer's own chart shows −79 °C throughout",
                    "deviation": "D-118",
                    "reason": "the logger's battery was empty",
                }
            ]
        }
    )

    finding: Finding
    from_: Instant = Field(alias="from")
    until: Annotated[Instant, after("from_")]
    accepted_s: Annotated[
        float,
        Field(ge=0, le=1e10, allow_inf_nan=False, description="So much of it counts as beyond each limit, at most."),
    ]
    evidence: Name
    document_sha256: Sha256 | None = Field(None, description="Of the evidence, brought by POST /v1/documents.")
    deviation: Name = Field(description="Its number in quality's own system.")
    reason: Name


class StrikeAssessmentIn(In):
    """Why an assessment counts no more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the chart was of another freezer"}]})

    reason: Name


class Assessment(BaseModel):
    """An assessment: it counts once another account of quality has signed it, until it is struck."""

    id: int
    lot_id: str | None = Field(description="null: it is of all that were in the container.")
    container_id: str | None = Field(description="null: it is of one lot.")
    state: State
    finding: Finding
    from_: datetime = Field(alias="from")
    until: datetime
    accepted_s: float
    evidence: str
    document_sha256: str | None
    deviation: str
    reason: str | None
    recorded_by: str
    recorded_at: datetime
    change_id: int = Field(description="What is to be signed.")
    signed_by: list[str]
    signed_at: datetime | None
    struck_at: datetime | None
    struck_reason: str | None
