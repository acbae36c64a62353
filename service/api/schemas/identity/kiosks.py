"""Kiosks, over HTTP."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import In, Name


class RevocationIn(In):
    """Why a kiosk is to show nothing any more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The tablet was stolen."}]})

    reason: Name


class Kiosk(BaseModel):
    """A device that was enrolled to show the answers of a site."""

    id: int
    name: str
    site_id: str
    enrolled_by: str
    enrolled_at: datetime
    last_seen_at: datetime | None = Field(description="To the minute; null: it never asked for anything.")
    revoked_at: datetime | None = Field(description="From when on it shows nothing; null: it is in use.")
