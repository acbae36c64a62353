"""Lots over HTTP: where they were, and whether they may be used."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import ChangeIn, Day, Explainable, Id, In, Instant, Name, after
from service.domain.answers.answer import ANSWER_CODES, Answer
from service.domain.answers.papers import Decision, Finding, Outcome
from service.domain.answers.ways import ACTIONS, Action
from service.domain.brought import Way
from service.domain.exposure.excursions import Ended
from service.domain.profiles import Direction, Effect
from service.domain.severity import Severity
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


class Placement(BaseModel):
    """A placement as recorded."""

    id: str
    container_id: str
    from_: datetime = Field(alias="from")
    until: datetime | None
    unconfirmed: bool = Field(description="A signed link recorded it, and nobody with an account has confirmed it.")


class Reason(BaseModel):
    """Why: a documented code, a sentence with figures, since when."""

    code: str = Field(description=f"One of {', '.join(ANSWER_CODES)}.")
    text: str
    severity: Severity
    since: datetime | None


class LimitFigures(BaseModel):
    """Time beyond one limit over the lot's life: certainly, and possibly."""

    direction: Direction
    threshold_c: float
    effect: Effect
    budget_s: int | None
    single_s: int | None
    certain_s: float
    possible_s: float
    longest_certain_s: float
    longest_possible_s: float
    remaining_s: float | None
    exceeded_at: datetime | None


class ThawCycles(BaseModel):
    """How often the lot thawed: for certain, and at most as far as the readings tell."""

    threshold_c: float
    min_s: int
    effect: Effect
    allowed: int
    certain: int
    possible: int
    exceeded_at: datetime | None


class LifeParts(BaseModel):
    """Where the life went; the parts sum to `life_s`."""

    life_s: float
    in_range_s: float
    above_s: float
    below_s: float
    disputed_s: float
    gap_s: float
    pending_s: float


class Brought(BaseModel):
    """Readings that did not come live from a logger, and how much of the life rests on them."""

    way: Way
    text: str
    rests_s: float
    recorded_by: str
    recorded_at: datetime
    sha256: str = Field(description="Of the bytes that were brought, in hexadecimal.")


class LackingItem(BaseModel):
    """An item of a certificate that fails or is missing, and why."""

    name: str
    label: str
    outcome: Outcome
    why: str


class StatusCertificate(BaseModel):
    """The newest version of a lot's Certificate of Analysis, and what it lacks."""

    version: int
    specification_id: str
    specification_version: int
    issued_on: date
    signatory: str
    signed: bool = Field(description="Quality has signed it.")
    lacking: list[LackingItem]


class StatusDisposition(BaseModel):
    """What quality decided about a lot, and who."""

    decision: Decision
    reason: str
    by: str
    since: datetime
    lapsed_at: datetime | None = Field(description="A release lapses when a limit is passed; null: it has not.")


class WayStretch(BaseModel):
    """Time of which nobody knows how warm the lot was; `container_id` null: it was in none."""

    from_: datetime = Field(alias="from")
    until: datetime
    container_id: str | None
    finding: Finding


class WayBack(BaseModel):
    """What would make a lot usable that is not proven, or cannot. Of ways that end the same reason, one does."""

    action: Action = Field(description=f"One of {', '.join(ACTIONS)}.")
    text: str
    ends: list[str] = Field(description="Codes of the reasons that it takes away; empty: none by itself.")
    enough: bool = Field(description="With it alone the lot may be used.")
    helps: bool = Field(description="False: it is told because it can help no longer.")
    logger_ids: list[str] = Field(description="Whose readings are missing.")
    stretches: list[WayStretch] = Field(description="All of them are to be closed, or assessed.")
    accepted_s: float | None = Field(description="Of the stretches at most so much may be accepted as beyond.")
    change_ids: list[int] = Field(description="What is to be signed.")
    signatures: int | None = Field(description="How many are lacking.")
    items: list[str] = Field(description="Names of items that its certificate is to state.")


class Status(BaseModel):
    """May this lot be used, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lot_id": "EXO-2411",
                    "answer": "usable",
                    "verdict": "viable",
                    "verdict_text": "within limits",
                    "reasons": [
                        {
                            "code": "within_limits",
                            "text": "Within its limits: 4 min above −60 °C (1 h 00 min allowed).",
                            "severity": "info",
                            "since": None,
                        }
                    ],
                    "limits": [],
                    "thaw_cycles": None,
                    "parts": {
                        "life_s": 86400,
                        "in_range_s": 86100,
                        "above_s": 240,
                        "below_s": 0,
                        "disputed_s": 0,
                        "gap_s": 0,
                        "pending_s": 60,
                    },
                    "brought": [],
                    "brought_more": 0,
                    "way_back": [],
                    "as_of": "2026-11-22T06:00:00Z",
                    "good_until": "2026-11-22T06:14:00Z",
                    "profile_id": "cryo-80",
                    "profile_version": 1,
                    "expires_on": None,
                    "certificate": None,
                    "disposition": None,
                    "use_by": None,
                }
            ]
        }
    )

    lot_id: str
    answer: Answer
    verdict: Verdict
    verdict_text: str
    reasons: list[Reason]
    limits: list[LimitFigures]
    thaw_cycles: ThawCycles | None = Field(description="Null: the profile does not count thaws.")
    parts: LifeParts
    brought: list[Brought] | None = Field(
        None, description="What was brought, the most first; null: that was not told yet when this was recorded."
    )
    brought_more: int | None = Field(None, description="How much else was brought that is not listed.")
    way_back: list[WayBack] | None = Field(
        None,
        description="What would make it usable, cheapest first; empty: it is not `not_proven`; null: not told yet.",
    )
    as_of: datetime
    good_until: datetime | None = Field(
        None, description="Until then nothing changes by time alone, if nothing is heard; null: for ever."
    )
    profile_id: str
    profile_version: int
    expires_on: date | None = Field(None, description="The date on the label: over at its end where the lot is held.")
    certificate: StatusCertificate | None = Field(None, description="The newest version; null: it has none.")
    disposition: StatusDisposition | None = Field(None, description="The decision in force; null: none is.")
    use_by: None = Field(None, description="The lot was not withdrawn for use.")


class LotSummary(BaseModel):
    """A lot in a list."""

    id: str
    lot_number: str
    product_id: str
    product_name: str
    units: int | None
    container_id: str | None
    container_name: str | None
    site_id: str | None
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
    without_number: int = Field(description='Readings such as "HI" and "LO", and faults: not in the figures below.')
    minimum_c: float | None
    maximum_c: float | None
    mean_c: float | None = Field(description="Time-weighted over covered time.")
    mean_kinetic_c: float | None = Field(description="Mean kinetic temperature (USP <1160>) over covered time.")
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
    peak_c: float | None = Field(description='The reading farthest beyond; of "HI" and "LO", what they prove.')
    degree_minutes: float = Field(description="Area beyond the limit, °C·min, under straight lines between readings.")
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
