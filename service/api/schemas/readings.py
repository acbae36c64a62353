"""Readings and files, over HTTP."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import In, Name

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


#: A unit of temperatures.
UnitName = Literal["C", "F", "K"]


class CsvMapping(In):
    """What the columns of a model's CSV files are; what is null is found by the usual names."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"model": "LogTag UTRED30", "measured_at": "Elapsed", "temperature": "Reading", "unit": "F"},
            ]
        }
    )

    model: Name
    measured_at: Name | None = Field(None, description="The column of the time, or of date and time in one.")
    temperature: Name | None = None
    probe: Name | None = None
    date: Name | None = Field(None, description="The column of the date, where measured_at has only the time of day.")
    logger_id: Name | None = None
    unit: UnitName | None = None
    time_format: Name | None = Field(None, description="As of strptime, such as %d/%m/%Y %H:%M.")


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
