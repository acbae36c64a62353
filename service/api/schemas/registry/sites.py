"""Sites, over HTTP."""

from datetime import datetime

from pydantic import ConfigDict, Field

from service.api.schemas.fields import ChangeIn, Id, In, Name, TimeZone


class SiteIn(In):
    """A place with a time zone."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "zurich", "name": "Zürich clinic", "time_zone": "Europe/Zurich"}]}
    )

    id: Id
    name: Name
    time_zone: TimeZone
    organisation_id: Id | None = Field(None, description="Whose it is: this decides what lots it sees. Null: nobody's.")


class SiteChange(ChangeIn):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Zürich, Rämistrasse", "reason": "We moved."}]})

    name: Name = Field(default_factory=str)
    organisation_id: Id | None = Field(None, description="Whose it is; null: nobody's.")
    retired: bool = Field(
        default_factory=bool,
        description="true: nothing new is registered there. Its containers and loggers have to be retired.",
    )


class Site(SiteIn):
    """A site."""

    retired_at: datetime | None = Field(None, description="Since when nothing new is registered there.")
