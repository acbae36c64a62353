"""What is alarmed differently at a container, where its lots can go, and their move, over HTTP."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, StringConstraints

from service.api.schemas.fields import Id, In, Instant, Name, text
from service.domain.severity import Severity


class Override(In):
    """What differs from a rule's own figures; null: nothing."""

    severity: Severity | None = Field(
        None, description="Of the most serious case; of what is less serious, a warning at most."
    )
    delay_s: Annotated[int, Field(ge=0, le=2_592_000)] | None = Field(
        None, description="How long it holds before it fires."
    )
    recovers_s: Annotated[int, Field(ge=0, le=2_592_000)] | None = Field(
        None, description="How long it no longer holds before it is over."
    )
    at: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | None = Field(
        None, description="The rule's own figure, such as volts or a share; refused where the rule has none."
    )
    off: bool | None = Field(None, description="True: it never fires here.")


Instruction = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=1_000),
    AfterValidator(text),
    Field(
        description="What to do at this container, in the words people read at night.",
        json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f]*$"},
    ),
]


class AlertingIn(In):
    """What differs from the rules here, by cause, and what to do: the whole of it, in place of what was."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "overrides": {"limit_crossed": {"delay_s": 300}, "battery_low": {"off": True}},
                    "instruction": "Move the lots to freezer 2; its key is in the red box.",
                    "reason": "The door is opened often in the morning.",
                }
            ]
        }
    )

    overrides: Annotated[dict[Name, Override], Field(max_length=50)] = Field(default_factory=dict)
    instruction: Instruction = ""
    due_at: Instant | None = Field(None, description="Of a shipper: until then its silence is no news.")
    reason: Name


class Alerting(BaseModel):
    """What is in force; version 0: nothing was recorded."""

    version: int
    overrides: dict[str, Override]
    instruction: str
    due_at: datetime | None
    reason: str | None
    recorded_by: str | None
    recorded_at: datetime | None


class Alternative(BaseModel):
    """A healthy container of the same profile."""

    container_id: str
    name: str
    site_id: str
    site_name: str
    same_site: bool
    lots: int = Field(description="How many are in it now.")
    measured_at: datetime


class MoveIn(In):
    """Everything in a container was moved to another."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to_id": "freezer-2", "at": "2026-01-31T06:40:00+01:00"}]}
    )

    to_id: Annotated[Id, Field(validation_alias=AliasChoices("to_id", "to"))]
    at: Instant | None = Field(None, description="Null: now.")
    reason: Name | None = Field(
        None, description="Why it is recorded only now; required where it changes time already judged."
    )
