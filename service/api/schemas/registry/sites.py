"""Sites, over HTTP."""

from pydantic import ConfigDict

from service.api.schemas.fields import (
    Id,
    In,
    Name,
    TimeZone,
)


class Site(In):
    """A place with a time zone."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "zurich", "name": "Zürich clinic", "time_zone": "Europe/Zurich"}]}
    )

    id: Id
    name: Name
    time_zone: TimeZone
