"""Profiles over HTTP: the conditions a lot must be kept under."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.api.schemas.fields import (
    Id,
    In,
    Name,
    Temperature,
    Text,
)
from service.domain.profiles import Direction, Effect

#: A hundred years: more than any life, and it fits where it is stored.
_MOST_ALLOWED_S = 3_155_760_000


class ProfileLimit(BaseModel):
    """One threshold, and how long a lot may be beyond it; null: that is not judged."""

    direction: Direction
    threshold_c: float
    effect: Effect
    budget_s: int | None
    single_s: int | None
    alarm_delay_s: int


class ThawRule(In):
    """How often a lot may thaw: above `threshold_c` for longer than `min_s`, and then frozen for at least as long."""

    threshold_c: Temperature
    min_s: Annotated[int, Field(ge=60, le=86_400)]
    allowed: Annotated[int, Field(ge=0, le=1_000)]
    effect: Effect


class ProfileLimitIn(In):
    """One threshold, and how long a lot may be beyond it over its life (`budget_s`) or at a stretch (`single_s`)."""

    direction: Direction
    threshold_c: Temperature
    effect: Effect
    budget_s: Annotated[int, Field(ge=0, le=_MOST_ALLOWED_S)] | None = None
    single_s: Annotated[int, Field(ge=0, le=_MOST_ALLOWED_S)] | None = None
    alarm_delay_s: Annotated[int, Field(ge=0, le=86_400)] = 600

    @model_validator(mode="after")
    def _condemns_by_a_figure(self) -> Self:
        if self.effect is Effect.CONDEMNS and self.budget_s is None and self.single_s is None:
            raise ValueError("a limit that condemns needs budget_s, single_s or both; 0 allows no time at all")
        return self


class ProfileIn(In):
    """Conditions of your own, with where their figures come from. Stored as the next version of that id.

    With no limit and no rule about thaws that condemns it is good for containers alone: lots under it are not proven.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "exo-a-frozen",
                    "name": "Exosomes A, frozen",
                    "limits": [
                        {"direction": "above", "threshold_c": -60, "effect": "condemns", "budget_s": 3600},
                        {"direction": "below", "threshold_c": -90, "effect": "warns"},
                    ],
                    "max_gap_s": 900,
                    "thaw": {"threshold_c": -20, "min_s": 300, "allowed": 1, "effect": "condemns"},
                    "source": "Stability study 2026-04.",
                }
            ]
        }
    )

    id: Id
    name: Name
    limits: Annotated[list[ProfileLimitIn], Field(min_length=1, max_length=20)]
    max_gap_s: Annotated[int, Field(ge=1, le=86_400)]
    warning_fraction: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 0.5
    activation_energy_kj_per_mol: Annotated[float, Field(ge=1, le=1_000, allow_inf_nan=False)] = 83.144
    source: Annotated[Text, Field(min_length=1)]
    thaw: ThawRule | None = None


class Profile(BaseModel):
    """Versioned, immutable conditions, and where their figures come from."""

    id: str
    version: int
    name: str
    limits: list[ProfileLimit]
    max_gap_s: int
    warning_fraction: float
    activation_energy_kj_per_mol: float
    source: str
    thaw: ThawRule | None = Field(description="Null: freezing and thawing is not counted.")
