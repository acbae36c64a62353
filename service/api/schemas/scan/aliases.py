"""Aliases as the API takes and tells them."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from service.api.schemas.fields import DeviceName, Id, In, Name, text

#: As it is read: nothing is taken from it.
Code = Annotated[str, AfterValidator(text), Field(min_length=1, max_length=200)]


class AliasIn(In):
    """What a code stands for: one lot, container or logger."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "=A99991234567800", "lot_id": "EXO-2411"}]})

    code: Code = Field(description="Exactly as the scanner reads it.")
    lot_id: Id | None = None
    container_id: Id | None = None
    logger_id: DeviceName | None = None


class StrikeAliasIn(In):
    """Why a code stands for nothing any more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the label was put on another box"}]})

    reason: Name


class Alias(BaseModel):
    """What a code stands for, until it is struck."""

    id: int
    code: str
    lot_id: str | None
    container_id: str | None
    logger_id: str | None
    recorded_by: str
    recorded_at: datetime
    struck_at: datetime | None = Field(description="null: it counts.")
    struck_reason: str | None
