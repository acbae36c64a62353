"""Parts of lots over HTTP: how a lot is split, its parts, and the serials of its vials."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from service.api.schemas.fields import Explainable, Id, In, Instant, Name
from service.domain.lots.parts import MOST_PARTS
from service.domain.lots.serials import LONGEST_SERIAL, SerialRange, serial_range

_Units = Annotated[int, Field(ge=1, le=1_000_000_000)]


def _serial(given: str) -> str:
    serial_range(given)
    return given


def _last(given: str | None, found: ValidationInfo) -> str | None:
    if "first" in found.data:
        serial_range(found.data["first"], given)
    return given


Serial = Annotated[
    str,
    AfterValidator(_serial),
    Field(json_schema_extra={"pattern": "^[!-~]+$", "minLength": 1, "maxLength": LONGEST_SERIAL}),
]

Position = Annotated[Name, Field(max_length=40)]


class SerialsIn(In):
    """Serials of vials, from one to another as they are printed, both included."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"first": "V-0001", "last": "V-0040"}]})

    first: Serial
    last: Annotated[Serial | None, AfterValidator(_last)] = Field(None, description="Null: the first is the only one.")

    @property
    def range(self) -> SerialRange:
        """The same as the domain has it."""
        return serial_range(self.first, self.last)


class Serials(BaseModel):
    """Serials of vials of a lot; those that its parts took along are among them."""

    lot_id: str
    first: str
    last: str
    count: int


class PartIn(In):
    """A part that is split off a lot."""

    id: Id
    units: _Units | None = Field(None, description="How many it takes along; null: as many as it has serials.")
    serials: Annotated[list[SerialsIn], Field(max_length=1_000)] = Field(
        [], description="Of its vials: required of a lot that has serials."
    )
    container_id: Id | None = Field(None, description="Where it is put at once; null: it stays where its lot is.")
    position: Position | None = Field(None, description="Where in the container.")


class EqualPartsIn(In):
    """Many parts alike, which stay where their lot is. They are numbered, and take serials along in their order."""

    into: Annotated[int, Field(ge=1, le=MOST_PARTS)]
    units_each: _Units = 1
    id_prefix: Id = Field(description="The number of a part follows: `EXO-2411-` makes `EXO-2411-01` and so on.")


class SplitIn(Explainable):
    """Parts to be split off a lot: named one by one, or many alike."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"parts": [{"id": "EXO-2411-a", "serials": [{"first": "V-0001", "last": "V-0005"}]}]},
                {"equal": {"into": 10, "units_each": 1, "id_prefix": "EXO-2411-"}},
            ]
        }
    )

    at: Instant | None = Field(None, description="Until then they have one history; null: until now.")
    parts: Annotated[list[PartIn], Field(max_length=MOST_PARTS)] = Field([], description="One by one.")
    equal: EqualPartsIn | None = None


class Part(BaseModel):
    """A part of a lot, or of a part of it."""

    id: str
    parent_id: str
    split_at: datetime
    units: int | None
    units_left: int | None = Field(description="In no part of its own.")
    container_id: str | None
    container_name: str | None = Field(description="With what that is in, the outermost first: `Freezer 1 › Box 3`.")
    position: str | None


class SplitOff(BaseModel):
    """The parts that were split off."""

    parts: list[Part]
