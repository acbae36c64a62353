"""Recalls as the API takes and tells them."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import Gtin, Id, In, Name
from service.store.lots.recalls import State


class RecallIn(In):
    """A lot called back, named by its id, or by its number and its product."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"lot_id": "EXO-2411", "reason": "a donor was tested positive later"}]}
    )

    lot_id: Id | None = None
    product_id: Id | None = None
    gtin: Gtin | None = Field(None, description="Of the product, in place of its id.")
    lot_number: Name | None = None
    reason: Name


class LiftIn(In):
    """The end of a recall."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the donor was tested again: negative"}]})

    reason: Name


class Recall(BaseModel):
    """A lot called back: from then on nothing of it is used."""

    id: int
    lot_id: str
    lot_number: str
    product_id: str
    state: State
    reason: str
    recorded_by: str
    recorded_at: datetime
    lift_reason: str | None = Field(description="Why it is to end; null: nobody asks for that.")
    lift_recorded_by: str | None
    lift_change_id: int | None = Field(description="The change that ends it once it is signed.")
    lifted_at: datetime | None = Field(description="null: it counts.")


class Whereabouts(BaseModel):
    """Where a lot that is called back, or a part of it, is now."""

    lot_id: str
    parent_id: str | None = Field(description="What it was split off; null: it is the whole lot.")
    units: int | None = Field(description="As many as are in no part of their own; null: nobody counted them.")
    container_id: str | None = Field(description="null: it is in none.")
    container_name: str | None
    path: str | None = Field(description="The container with all that it is in, the outermost first.")
    position: str | None
    site_id: str | None
    site_name: str | None
    custodian: str | None = Field(description="Who answers for it: an organisation, or a carrier without account.")
    since: datetime | None
    life_ends_at: datetime | None = Field(description="Over by now: it was used, or is no more.")


class RecallTally(Recall):
    """A recall, and where everything is that it is of: the lot and its parts, site by site, of what may be seen."""

    tally: list[Whereabouts]
