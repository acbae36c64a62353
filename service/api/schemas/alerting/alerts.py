"""Alerts and how they are answered, over HTTP."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import In, Text
from service.domain.alerting.lifecycle import AlertState
from service.domain.series.bounded import Bound
from service.domain.severity import Severity


class AlertFigures(BaseModel):
    """Numbers that go with an alert, as of when it was looked at last; null: there is no such number."""

    now_c: float | None = Field(None, description='The newest reading; of "HI" and "LO", what they prove, or null.')
    now_is: Bound | None = Field(
        None, description='Whether `now_c` is exact, or "HI" or "LO" was read: at least, or at most, so warm.'
    )
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

    model_config = ConfigDict(json_schema_extra={"examples": [{"comment": "On my way, ten minutes."}]})

    comment: Text = ""


class PassOnIn(In):
    """Somebody who was called cannot come."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"comment": "In theatre until two."}]})

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
