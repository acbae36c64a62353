"""Readings, over HTTP."""

from typing import Any

from pydantic import BaseModel, Field

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
_BATCH: dict[str, Any] = {
    "type": "object",
    "required": ["start", "interval_s", "temperature_c"],
    "properties": {
        "start": _READING["properties"]["measured_at"],
        "interval_s": {"type": "number", "minimum": 1e-6, "maximum": 366 * 86_400},
        "temperature_c": {"type": "array", "maxItems": 100_000, "items": _READING["properties"]["temperature_c"]},
        "probe": {"type": "string", "maxLength": 128},
    },
}
_ELEMENT: dict[str, Any] = {"anyOf": [_READING, _BATCH]}
_COLD = {"measured_at": "2026-01-31T06:00:00Z", "temperature_c": -79.8, "probe": "top", "seq": 17}
_STEPS = {"start": "2026-01-31T06:00:00Z", "interval_s": 60, "temperature_c": [-79.8, "HI", None, -79.6]}
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
                        _BATCH,
                        {"type": "array", "items": _ELEMENT},
                        {
                            "type": "object",
                            "required": ["readings"],
                            "properties": {"readings": {"type": "array", "items": _ELEMENT}},
                        },
                    ]
                },
                "examples": {
                    "one": {"summary": "One reading", "value": _COLD},
                    "array": {"summary": "Several", "value": [_COLD, _HIGH]},
                    "batch": {"summary": "Many at even steps", "value": _STEPS},
                    "wrapped": {"summary": "Several, wrapped", "value": {"readings": [_COLD, _HIGH]}},
                },
            }
        },
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
