"""Attachments of probes to containers, over HTTP."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import (
    DeviceName,
    Explainable,
    Id,
    Instant,
    Probe,
    RowId,
    after,
)


class ProbePlace(StrEnum):
    """Where in a container a probe is; ``ambient`` is recorded and not judged."""

    AIR = "air"
    BUFFERED = "buffered"
    PRODUCT = "product"
    AMBIENT = "ambient"


class AttachmentIn(Explainable):
    """A probe in a container over [from, until). It counts from `commissioned_at`, when it had settled."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "freezer-1-top",
                    "logger_id": "TAG-00042",
                    "probe": "top",
                    "place": "air",
                    "from": "2026-01-31T05:00:00Z",
                }
            ]
        }
    )

    id: Id
    logger_id: DeviceName
    probe: Probe = ""
    place: ProbePlace
    from_: Instant = Field(alias="from")
    until: Annotated[Instant | None, after("from_")] = None
    commissioned_at: Instant | None = None


class CommissionIn(Explainable):
    """A technician's word that a probe has settled."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"attachment_id": "freezer-1-top", "commissioned_at": "2026-01-31T05:30:00+00:00"}]
        }
    )

    attachment_id: RowId
    commissioned_at: Instant


class EndAttachmentIn(Explainable):
    """When a probe was taken out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until": "2026-02-28T10:00:00+01:00"}]})

    until: Instant


class Attachment(BaseModel):
    """An attachment as recorded."""

    id: str
    container_id: str
    logger_id: str
    probe: str
    place: ProbePlace
    from_: datetime = Field(alias="from")
    until: datetime | None
    commissioned_at: datetime | None
