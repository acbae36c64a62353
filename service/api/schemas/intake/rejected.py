"""Rejected messages, over HTTP."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from service.api.schemas.fields import LARGEST_ID, In, Text, text
from service.formats.dialect import LARGEST_PAYLOAD_BYTES

State = Literal["rejected", "redriven"]

#: A topic, or its beginning: exactly as published, blanks and all.
Topic = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1_000),
    AfterValidator(text),
    Field(json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f]*$"}),
]

Reason = Annotated[Text, Field(description="Why it is taken once more.")]


class RejectedMessage(BaseModel):
    """A message that could not be taken. It stays as it is, also when it was redriven since."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    state: State
    topic: str
    code: str
    explanation: str
    payload_size: int
    kept_size: int | None = Field(description="Bytes of the payload that were kept; null: too much is kept already.")
    sha256: str
    times: int = Field(description="How often the same was sent.")
    first_received_at: datetime
    last_received_at: datetime
    redriven_at: datetime | None


class Redriven(BaseModel):
    """What became of a message redriven: all of it was taken."""

    stored: int = Field(description="New readings.")
    known: int = Field(description="Readings that were there already.")
    conflicting: int = Field(description="Readings with another temperature than the one stored: set aside.")


class Redrive(Redriven):
    """How a message was redriven; null where nothing was put in the original's place."""

    redriven_at: datetime
    reason: str
    recorded_by: str
    topic: str | None
    payload: str | None


class RejectedMessageWithPayload(RejectedMessage):
    """A rejected message with what was kept of its payload."""

    payload: str | None = Field(description="If what was kept is UTF-8 text.")
    payload_base64: str | None = Field(description="If it is not.")
    redrive: Redrive | None


class RedriveIn(In):
    """What to put in place of a message's own payload or topic; without either it is taken as it stands."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "payload": '{"measured_at": "2026-01-31T06:00:00Z", "temperature_c": -79.8}',
                    "topic": "coldchain/v1/zurich/TAG-00042/readings",
                    "reason": "The logger was set to local time; its display showed 07:00",
                }
            ]
        }
    )

    payload: str | None = Field(None, max_length=LARGEST_PAYLOAD_BYTES)
    topic: Topic | None = None
    reason: Reason = ""


class RedriveManyIn(In):
    """Which rejected messages to take once more as they stand: those of a reason, a beginning of the topic, or all."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"code": "topic_unknown", "topic": "zigbee2mqtt/", "reason": "The dialect is set up now."}]
        }
    )

    code: Text | None = None
    topic: Topic | None = None
    reason: Reason = ""
    after_id: int = Field(
        0, ge=0, le=LARGEST_ID, description="Go on after this one: the last answer's `next_after_id`."
    )


class RedrivenMany(BaseModel):
    """What became of them."""

    redriven: int = Field(description="Messages taken.")
    readings: int = Field(description="New readings in them.")
    rejected: dict[str, int] = Field(description="Messages that still cannot be taken, by their code now.")
    not_kept: int = Field(description="Messages whose payload was not kept whole.")
    next_after_id: int | None = Field(description="Not null: there may be more; ask again with it as `after_id`.")
