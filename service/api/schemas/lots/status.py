"""The status of a lot over HTTP: whether it may be used, why, and what would bring it back."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from service.domain.answers.answer import ANSWER_CODES, Answer
from service.domain.answers.papers import Decision, Finding, Outcome
from service.domain.answers.ways import ACTIONS, Action
from service.domain.brought import Way
from service.domain.profiles import Direction, Effect
from service.domain.severity import Severity
from service.domain.verdicts.verdict import Verdict


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
    attachment_id: str | None = Field(
        default=None, description="Of the probe to be commissioned, as `POST /v1/containers/{id}/commission` takes it."
    )


class Status(BaseModel):
    """May this lot be used, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lot_id": "EXO-2411",
                    "parent_id": None,
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
    parent_id: str | None = Field(None, description="Of a part, what it was split off.")
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
