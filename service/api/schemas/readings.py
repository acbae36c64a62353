"""Readings, files, rejected messages and alerts, over HTTP."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from service.domain.alarms import AlertState
from service.domain.verdict import Severity

_READING: dict[str, Any] = {
    "type": "object",
    "required": ["measured_at", "temperature_c"],
    "properties": {
        "measured_at": {
            "type": ["string", "integer"],
            "description": "RFC 3339 with its offset, or integer Unix milliseconds.",
        },
        "temperature_c": {
            "type": ["number", "string", "null"],
            "description": 'A number, "HI" or "LO" beyond the logger\'s range, or null for no reading.',
        },
        "probe": {"type": "string", "maxLength": 128},
        "humidity_pct": {"type": ["number", "null"]},
        "battery_v": {"type": ["number", "null"]},
        "seq": {"type": ["integer", "null"], "minimum": 0},
    },
}
_COLD = {"measured_at": "2026-01-31T06:00:00Z", "temperature_c": -79.8, "probe": "top", "seq": 17}
_HIGH = {"measured_at": 1769839500000, "temperature_c": "HI", "probe": "top", "seq": 18}

#: The body of POST /v1/readings, in OpenAPI; it is read by the same decoder as MQTT's.
READINGS_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        _READING,
                        {"type": "array", "items": _READING},
                        {
                            "type": "object",
                            "required": ["readings"],
                            "properties": {"readings": {"type": "array", "items": _READING}},
                        },
                    ]
                },
                "examples": {
                    "one": {"summary": "One reading", "value": _COLD},
                    "array": {"summary": "Several", "value": [_COLD, _HIGH]},
                    "wrapped": {"summary": "Several, wrapped", "value": {"readings": [_COLD, _HIGH]}},
                },
            }
        },
    }
}

#: What POST /v1/imports is sent, in OpenAPI.
IMPORT_BODY: dict[str, Any] = {
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "example": {
                    "file": "measured_at;temperature_c\n2026-01-31 07:10;-79,8\n2026-01-31 07:15;-79,6\n",
                    "zone": "Europe/Zurich",
                    "logger_id": "TAG-00042",
                }
            }
        }
    }
}


class NotTaken(BaseModel):
    """Why a part of what was sent was not taken."""

    code: str
    explanation: str


class Taken(BaseModel):
    """What became of readings sent."""

    stored: int = Field(description="New readings.")
    known: int = Field(description="Readings that were there already.")
    conflicting: int = Field(description="Readings with another temperature than the one stored: set aside.")
    rejected: NotTaken | None


class Imported(Taken):
    """What a logger's file held."""

    logger_id: str
    model: str
    readings: int
    first_measured_at: datetime
    last_measured_at: datetime
    own_figures: dict[str, str] = Field(description="What the device says of itself; shown, never used.")


class RejectedMessage(BaseModel):
    """A message that could not be taken; `payload` as text where it is text."""

    id: int
    topic: str
    code: str
    explanation: str
    payload: str | None = Field(description="Null where too much is kept already; bytes that are no text as \\xNN.")
    payload_size: int
    sha256: str
    times: int
    first_received_at: datetime
    last_received_at: datetime


class Alert(BaseModel):
    """One alert for a container and cause."""

    id: int
    container_id: str
    container_name: str
    site_id: str
    cause: str
    state: AlertState
    severity: Severity
    began_at: datetime
    fired_at: datetime | None
    resolved_at: datetime | None
    summary: str
    lot_ids: list[str]
