"""Lots over HTTP: as they are registered and listed, where they were, and what became of them there."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import ChangeIn, Day, Explainable, Id, In, Instant, Name, Position, after
from service.api.schemas.lots.status import LimitFigures, Reason, Status
from service.domain.answers.answer import Answer
from service.domain.exposure.excursions import Ended
from service.domain.profiles import Direction
from service.domain.series.bounded import Bound
from service.domain.verdicts.causes import CAUSES, Cause
from service.domain.verdicts.verdict import Verdict


class LotIn(In):
    """One manufacturing batch. `life_starts_at` is the end of filling; unknown, nothing is proven."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "EXO-2411",
                    "product_id": "exo-a",
                    "lot_number": "EXO-2411",
                    "units": 40,
                    "life_starts_at": "2026-01-31T05:40:00Z",
                    "expires_on": "2028-01-31",
                }
            ]
        }
    )

    id: Id
    product_id: Id
    lot_number: Annotated[Name, Field(max_length=20)]
    units: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    life_starts_at: Instant | None = None
    life_ends_at: Annotated[Instant | None, after("life_starts_at")] = None
    expires_on: Day | None = Field(
        None, description="As on the label: it is over at the end of that day where the lot is held."
    )


class LotChange(ChangeIn):
    """What is to be different; what is left out stays. Null: not known; of the end of life and the expiry, none.

    A later or a newly known start of life, a life that goes on and a later expiry wait for quality's signature.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"expires_on": "2027-06-30", "reason": "The label was misread."}]}
    )

    life_starts_at: Instant | None = None
    life_ends_at: Instant | None = None
    expires_on: Day | None = None
    units: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None


class LotProfileIn(In):
    """The version of a profile by which a lot is to be judged; its product has to have adopted it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"profile_version": 2, "reason": "Stability study 2027-01."}]}
    )

    profile_version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    profile_id: Id | None = Field(None, description="Null: the lot's own.")
    reason: Name


class PlacementIn(Explainable):
    """A lot put into a container; that ends the placement it was in."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "EXO-2411-freezer-1", "container_id": "freezer-1", "from": "2026-01-31T06:40:00+01:00"}]
        }
    )

    id: Id
    container_id: Id
    from_: Instant = Field(alias="from")
    until: Annotated[Instant | None, after("from_")] = None
    then: Literal["back", "nowhere"] | None = Field(
        None, description="With `until`, where the lot was in a container without an end: what became of it after."
    )
    position: Position | None = Field(None, description="Where in the container: one thing at a time is there.")


class Placement(BaseModel):
    """A placement as recorded."""

    id: str
    container_id: str
    from_: datetime = Field(alias="from")
    until: datetime | None
    position: str | None
    unconfirmed: bool = Field(description="A signed link recorded it, and nobody with an account has confirmed it.")


class LotSummary(BaseModel):
    """A lot in a list."""

    id: str
    lot_number: str
    product_id: str
    product_name: str
    units: int | None
    container_id: str | None
    container_name: str | None = Field(description="With what that is in, the outermost first: `Freezer 1 › Box 3`.")
    site_id: str | None
    parent_id: str | None = Field(description="Of a part, what it was split off.")
    units_left: int | None = Field(description="In no part of its own; null: nobody counted them.")
    part_count: int = Field(description="How many parts were split off it itself.")
    answer: Answer
    verdict: Verdict
    verdict_text: str
    reason: str
    limits: list[LimitFigures] = Field(description="As of when it was judged last; empty: it was not yet.")


class LotCounts(BaseModel):
    """How many lots there are, and how many have each answer and verdict."""

    lots: int
    answers: dict[Answer, int]
    verdicts: dict[Verdict, int]


class Temperatures(BaseModel):
    """Evidence from the lot's readings; it never overrules a limit."""

    readings: int
    without_number: int = Field(description='Readings such as "HI" and "LO", and faults.')
    minimum_c: float | None = Field(
        description='The coldest reading; of "LO" (or of nothing but "HI") what it proves, null where the range of its '
        "logger is not known."
    )
    minimum_is: Bound | None = Field(
        description='Whether it is exact, or "LO" or "HI" was read: at most, or at least, so warm; null: nothing was.'
    )
    maximum_c: float | None = Field(
        description='The warmest reading; of "HI" (or of nothing but "LO") what it proves, null where the range of its '
        "logger is not known."
    )
    maximum_is: Bound | None = Field(description="Likewise.")
    mean_c: float | None = Field(description="Time-weighted over covered time between numbers.")
    mean_kinetic_c: float | None = Field(
        description="Mean kinetic temperature (USP <1160>) over covered time between numbers."
    )
    means_leave_out_s: float = Field(
        description='Covered time that is in neither mean: beside "HI", "LO" or a number that cannot be believed.'
    )
    activation_energy_kj_per_mol: float


class Lot(BaseModel):
    """One lot with where it was and what was measured of it."""

    id: str
    lot_number: str
    product_id: str
    product_name: str
    units: int | None
    profile_id: str
    profile_version: int
    life_starts_at: datetime | None
    life_ends_at: datetime | None
    expires_on: date | None
    parent_id: str | None = Field(description="Of a part, what it was split off.")
    split_at: datetime | None = Field(description="Until then its history is that of its parent.")
    units_left: int | None = Field(description="In no part of its own; null: nobody counted them.")
    part_count: int = Field(description="How many parts were split off it itself.")
    placements: list[Placement]
    temperatures: Temperatures
    status: Status


class Excursion(BaseModel):
    """Time beyond a limit, from crossing to crossing; `until` is null while it lasts.

    For the eye: flutter about the limit is joined here, and charged span by span in `limits` of the status.
    """

    direction: Direction
    threshold_c: float
    from_: datetime = Field(alias="from")
    until: datetime | None
    duration_s: float
    certain_s: float = Field(description="The part of it that the lot is charged with as certainly beyond.")
    crossings: int = Field(description="How many spans beyond the limit were joined: between them it never came back.")
    peak_c: float | None = Field(
        description='The reading farthest beyond; where some inside prove no more, as "HI" and "LO", what is proven.'
    )
    peak_is: Bound | None = Field(
        description="Whether `peak_c` is exact, or it was at least, or at most, so warm; null where there is no peak."
    )
    degree_minutes: float = Field(description="Area beyond the limit, °C·min, under straight lines between readings.")
    degree_minutes_is: Bound = Field(description='`at_least`: there are readings inside that prove no more, as "HI".')
    open: bool
    ended: Ended | None = Field(description="``unknown``: nobody measured how it went on. Null while it lasts.")


class Gap(BaseModel):
    """Time nobody measured: in a container, in none, or so lately that readings may still come (``pending``)."""

    kind: Literal["gap", "no_container", "pending"]
    from_: datetime = Field(alias="from")
    until: datetime
    duration_s: float


class VerdictChange(BaseModel):
    """The verdict or its reasons changed."""

    decided_at: datetime
    cause: Cause | None = Field(description=f"One of {', '.join(CAUSES)}; null: recorded before causes were.")
    answer: Answer | None = Field(description="Null: recorded before answers were.")
    verdict: Verdict
    reasons: list[Reason]
    limits: list[LimitFigures]
