"""Loggers' own files, over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import UploadFile
from pydantic import AliasChoices, ConfigDict, Field, field_validator

from service.api.schemas.fields import In, Name, Text
from service.api.schemas.intake.readings import Taken

#: What POST /v1/imports is sent, in OpenAPI.
IMPORT_BODY: dict[str, Any] = {
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "example": {
                    "file": "measured_at;temperature_c\n2026-01-31 07:10;-79,8\n2026-01-31 07:15;-79,6\n",
                    "time_zone": "Europe/Zurich",
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


class ImportIn(In):
    """A logger's own file, and what it does not say itself."""

    file: Annotated[
        UploadFile,
        Field(description="Berlinger text, CSV, .xlsx, a log of messages.", json_schema_extra={"format": "binary"}),
    ]
    time_zone: Annotated[Text | None, Field(validation_alias=AliasChoices("time_zone", "zone"))] = Field(
        None, description="Of the logger's clock, such as Europe/Zurich or +01:00."
    )
    logger_id: Text | None = Field(None, description="Whose readings these are, if the file does not say.")
    model: Text | None = Field(None, description="The logger's model, whose CSV columns were saved.")
    unit: UnitName | None = Field(None, description="Of the temperatures, if the file does not say it.")
    time_format: Text | None = Field(
        None, description="How times are written, as of strptime, if the file leaves it open."
    )

    @field_validator("file", mode="before")
    @classmethod
    def _is_a_file(cls, given: object) -> object:
        if isinstance(given, str):
            raise ValueError("it came as text; send it as a file, with a filename")
        return given


class Imported(Taken):
    """What a logger's file held."""

    logger_id: str
    model: str
    readings: int
    first_measured_at: datetime
    last_measured_at: datetime
    own_figures: dict[str, str] = Field(description="What the device says of itself; shown, never used.")
    understood: list[str] = Field(
        description="How its table was read: columns, unit, clock, and rows that were skipped."
    )
