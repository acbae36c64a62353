"""What lots had used of their limits before our readings begin, as the API takes and tells it."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import In, Instant, Name, Sha256, Temperature
from service.domain.profiles import Direction


class UsedIn(In):
    """How long a lot was beyond one of its limits."""

    direction: Direction
    threshold_c: Temperature
    used_s: Annotated[float, Field(ge=0, le=1e10, allow_inf_nan=False)]


class CarriedInIn(In):
    """What a lot had used of each of its limits before `until`, where the life that our readings judge begins."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "until": "2026-01-31T05:45:00Z",
                    "used": [
                        {"direction": "above", "threshold_c": -60, "used_s": 120},
                        {"direction": "above", "threshold_c": -20, "used_s": 0},
                        {"direction": "below", "threshold_c": -90, "used_s": 0},
                    ],
                    "evidence": "the maker's own record of filling",
                    "reason": "it was filled before our loggers were there",
                }
            ]
        }
    )

    until: Instant
    used: Annotated[list[UsedIn], Field(min_length=1, max_length=20, description="Each limit of its profile, once.")]
    evidence: Name
    document_sha256: Sha256 | None = Field(None, description="Of the evidence, brought by POST /v1/documents.")
    reason: Name


class Used(BaseModel):
    """How long a lot was beyond one of its limits."""

    direction: Direction
    threshold_c: float
    used_s: float


class CarriedIn(BaseModel):
    """What a lot had used before our readings begin: the newest counts."""

    id: int
    lot_id: str
    until: datetime
    used: list[Used]
    evidence: str
    document_sha256: str | None
    reason: str | None
    recorded_by: str
    recorded_at: datetime
    change_id: int = Field(description="What is to be signed.")
    signed_by: list[str]
    signed_at: datetime | None = Field(description="null: it waits, and so long its lot is not proven.")
    counts: bool = Field(description="It is the newest.")
