"""Custody and handovers, over HTTP."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import Explainable, Id, In, Instant, Name
from service.domain.custody.custody import How
from service.domain.custody.handover import State


class CustodyIn(Explainable):
    """To whom something is handed over. Where nobody answers for it yet: who takes custody of it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"organisation_id": "alpine-exo", "at": "2026-01-31T06:00:00Z"}]}
    )

    organisation_id: Id = Field(description="Who is to answer for it.")
    at: Instant | None = Field(
        None,
        description="Since when, where custody is taken or a carrier has it; null: now. Later than a scan may "
        "come: quality signs it.",
    )
    carrier: Name | None = Field(None, description="Who brings it and has no account here; with its `waybill`.")
    waybill: Name | None = None
    account: Name | None = Field(
        None, description="The login of who alone may confirm it; null: anybody who may there."
    )


class HandoverWordIn(Explainable):
    """What becomes of a handover, as one of its sides says."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    at: Instant | None = Field(None, description="Since when one has it; null: now.")


class HandoverRefusalIn(In):
    """A handover that its receiver does not take."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the seal was broken"}]})

    reason: Name


class Custody(BaseModel):
    """Who answered for a lot, and how that came."""

    id: str
    of_lot_id: str = Field(description="The lot itself, or one that it was split off: that counts up to the split.")
    organisation_id: str | None
    organisation_name: str | None
    carrier: str | None = Field(description="A carrier without account; known by its waybill.")
    waybill: str | None
    from_: datetime = Field(alias="from")
    until: datetime | None = Field(description="Null: it answers for it now.")
    how: How = Field(
        description="`began`: by its own word, for nobody answered before; `handover`: by the word of both sides, or, "
        "of a carrier, of the giver; `receipt`: out of a carrier's hands; `split`: with the lot that it was split off."
    )
    handover_id: int | None
    given_by: str | None
    taken_by: str | None


class Handover(BaseModel):
    """Lots offered by one organisation to another; until it is confirmed, who offers them answers for them."""

    id: int
    lot_ids: list[str]
    container_id: str | None = Field(description="In which they were, all of them; null: one lot by itself.")
    from_id: str | None = Field(description="Null: nobody answered for them, and it counts at once.")
    from_name: str | None
    to_id: str
    to_name: str
    account: str | None = Field(description="The login of who alone may confirm it; null: anybody who may there.")
    carrier: str | None
    waybill: str | None
    offered_at: datetime
    recorded_by: str
    recorded_at: datetime
    state: State
    ended_at: datetime | None
    ended_by: str | None
    reason: str | None = Field(description="Why it was refused or withdrawn, or confirmed only later.")
