"""Morning checks, over HTTP."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import Id, In, Instant, Text


class CheckIn(In):
    """Somebody looked at a site, and says so. What they saw is computed, and kept as it was shown."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"site_id": "zurich", "comment": "Freezer 2 stood open at delivery; closed at 07:30."}]
        }
    )

    site_id: Id
    as_of: Instant | None = Field(
        None, description="Of what was shown to you, at most 15 minutes ago; null: as it is now."
    )
    comment: Text = Field("", description="What was done about it; needed if something was odd.")


class Odd(BaseModel):
    """Something that was not as it should be. `asks`: a comment is needed for it."""

    text: str
    from_: datetime | None = Field(alias="from")
    until: datetime | None = Field(description="Null: it still was so, or it is not known.")
    asks: bool


class ContainerSeen(BaseModel):
    """What was shown of one container: of all that its judged probes measured since the last check."""

    container_id: str
    name: str
    allowed: str = Field(description="Within all limits of its profile: `−90 to −60 °C`; empty: at any temperature.")
    coldest_c: float | Literal["HI", "LO"] | None
    warmest_c: float | Literal["HI", "LO"] | None
    now_c: float | Literal["HI", "LO"] | None
    coldest_proven_c: float | None = Field(description='Of "HI": at least so warm, of "LO": at most; null: not known.')
    warmest_proven_c: float | None = Field(description="Likewise.")
    now_proven_c: float | None = Field(description="Likewise.")
    now_at: datetime | None
    beyond: bool = Field(description="It was beyond a limit then, or may have been.")
    odd: list[Odd]


class Check(BaseModel):
    """A morning check: what was seen of [from, until), by whom, and what they did about it."""

    id: int
    site_id: str
    from_: datetime = Field(alias="from")
    until: datetime
    containers: list[ContainerSeen]
    others: list[Odd] = Field(description="What was odd at the site and of no container.")
    comment: str
    recorded_by: str
    recorded_at: datetime
