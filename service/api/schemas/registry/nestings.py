"""Containers in containers, and what is in them, over HTTP."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import Explainable, Id, Instant, Position, after


class NestingIn(Explainable):
    """A container put into another, with all that is in it; that ends where it was before."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"id": "box-3-rack-a", "in_id": "rack-a", "from": "2026-02-01T08:00:00+01:00", "position": "A1"}
            ]
        }
    )

    id: Id
    in_id: Id
    from_: Instant = Field(alias="from")
    until: Annotated[Instant | None, after("from_")] = None
    then: Literal["back", "nowhere"] | None = Field(
        None, description="With `until`, where it was in another without an end: what became of it after."
    )
    position: Position | None = Field(None, description="Where in it: one thing at a time is there.")


class EndNestingIn(Explainable):
    """When a container was taken out of what it was in, and put into no other."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until": "2026-02-02T10:00:00+01:00"}]})

    until: Instant


class Nesting(BaseModel):
    """A nesting as recorded."""

    id: str
    container_id: str
    in_id: str
    from_: datetime = Field(alias="from")
    until: datetime | None
    position: str | None


class PathStep(BaseModel):
    """A container on the way to something."""

    id: str
    name: str
    position: str | None = Field(description="Where it is in the one before it.")


class Content(BaseModel):
    """A lot or a container that is in a container now."""

    kind: Literal["container", "lot"]
    id: str
    name: str = Field(description="Of a container its name, of a lot its number.")
    in_id: str = Field(description="What it was put into.")
    position: str | None
    since: datetime
    path: list[PathStep] = Field(description="The way to it, the outermost container first; the last is `in_id`.")
