"""Alerts, how they are answered, what nobody is told of, and what was told, over HTTP."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, StringConstraints

from service.api.schemas.fields import Id, In, Instant, Name, Text, after, text
from service.domain.alerting.lifecycle import AlertState
from service.domain.alerting.silence import SilenceState
from service.domain.severity import Severity

LARGEST_ID = 2**63 - 1


class AlertFigures(BaseModel):
    """Numbers that go with an alert, as of when it was looked at last; null: there is no such number."""

    now_c: float | None = Field(None, description="The newest reading.")
    remaining_s: float | None = Field(None, description="Of the smallest budget at stake that is not gone; 0: all are.")
    used: float | None = Field(None, description="The largest share of a budget that is used up.")
    forecast: str | None = None


class Alert(BaseModel):
    """One alert for a subject and cause."""

    id: int
    subject: str = Field(
        description="What it is about, as kind and id: `container:freezer-1`, `lot:EXO-2411`, `receiver:mail`, "
        "`service:on_call`."
    )
    name: str
    container_id: str | None
    site_id: str | None
    cause: str
    state: AlertState
    severity: Severity
    began_at: datetime
    due_at: datetime | None = Field(description="While pending: when it fires, unless it ends before.")
    fired_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None = Field(
        description="Since when it is over: when it was no longer so, as in messages, pages and excursions."
    )
    past: bool = Field(description="It was over before its readings arrived.")
    summary: str
    lot_ids: list[str] = Field(
        description="All that were in the container at any moment of it, also those that were moved since."
    )
    figures: AlertFigures


class LotAtStake(BaseModel):
    """A lot that was in the container at some moment of an alert, and what became of it before that was over."""

    lot_id: str
    there: bool = Field(description="It is there still; or it was when the alert was over.")
    corrected: bool = Field(description="By a correction recorded since, it was not there at all.")
    left_at: datetime | None
    to_id: str | None = Field(description="The container it was put into then, if one is recorded.")
    to_name: str | None
    life_ended: bool = Field(description="It left by the end of its life.")


class AlertStep(BaseModel):
    """One step of an alert's life."""

    taken_at: datetime
    was: AlertState | None
    becomes: AlertState
    reason: str
    taken_by: str = Field(description="Empty: the evaluator.")
    comment: str | None


class AlertWithSteps(Alert):
    """An alert with all that happened to it."""

    steps: list[AlertStep]


class AcknowledgeIn(In):
    """Somebody takes an alert over."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"recorded_by": "A. Keller", "comment": "On my way, ten minutes."}]}
    )

    recorded_by: Name
    comment: Text = ""


class TimeTo(BaseModel):
    """How long something took, of the alerts to which it happened."""

    count: int
    median_s: float | None
    longest_s: float | None


class ReceiverFigures(BaseModel):
    """How much one receiver was told."""

    receiver: str
    alerts_a_week: float
    messages_a_week: float
    failed: int = Field(description="Messages it never took.")


class AlertStatistics(BaseModel):
    """How alerts were answered since `since`, counted from when they fired."""

    since: datetime
    alerts: int
    notify: TimeTo
    acknowledge: TimeTo
    resolve: TimeTo
    receivers: list[ReceiverFigures]


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
                    "recorded_by": "A. Keller",
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
    recorded_by: Name


class EndSilenceIn(In):
    """Somebody ends a silence before its time."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"recorded_by": "A. Keller"}]})

    recorded_by: Name


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
                    "recorded_by": "A. Keller",
                }
            ]
        }
    )

    overrides: Annotated[dict[Name, Override], Field(max_length=50)] = Field(default_factory=dict)
    instruction: Instruction = ""
    due_at: Instant | None = Field(None, description="Of a shipper: until then its silence is no news.")
    reason: Name
    recorded_by: Name


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
        json_schema_extra={
            "examples": [{"to_id": "freezer-2", "at": "2026-01-31T06:40:00+01:00", "recorded_by": "A. Keller"}]
        }
    )

    to_id: Annotated[Id, Field(validation_alias=AliasChoices("to_id", "to"))]
    at: Instant | None = Field(None, description="Null: now.")
    recorded_by: Name
    reason: Name | None = Field(
        None, description="Why it is recorded only now; required where it changes time already judged."
    )


class Move(BaseModel):
    """A move as recorded; each lot has a placement of its own."""

    id: int
    container_id: str
    to_id: str
    at: datetime
    lot_ids: list[str]
    recorded_by: str
    recorded_at: datetime


class Notification(BaseModel):
    """One message to one receiver, and what became of it."""

    id: int
    alert_ids: list[int]
    reason: str = Field(
        description="first, worsened, reminder, calm, escalated, resolved, past or test; taken: a pager is to call "
        "nobody else, since somebody is on it."
    )
    receiver: str
    severity: Severity
    level: int = Field(description="The stage of the chain of escalation, from 0.")
    title: str
    text: str = Field(description="As it was sent, but for the link, in whose place stands the page of all alerts.")
    created_at: datetime
    attempts: int
    error: str | None = Field(description="What went wrong last.")
    outcome: Literal["delivered", "failed", "overtaken"] | None = Field(
        description="Null: it is still to be sent. Overtaken: a newer message says the same and more."
    )
    finished_at: datetime | None
