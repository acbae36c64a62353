"""Products, over HTTP: what is made, and what each asks for."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import ChangeIn, Gtin, Id, In, Name, Reason
from service.store.registry.adoptions import Kind, Stage, State

ReleaseSignatures = Annotated[
    int, Field(ge=0, le=2, description="As many accounts of quality sign a release; 0: no release is asked for.")
]


class ProductIn(In):
    """What is made, and what it asks for: the newest version of each, which counts once quality has signed it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "exo-a", "name": "Exosomes A", "profile_id": "cryo-80", "gtin": "09506000134352"}]
        }
    )

    id: Id
    name: Name
    profile_id: Id
    gtin: Gtin | None = Field(None, description="Of 8, 12, 13 or 14 digits; kept as 14. Each product has its own.")
    specification_id: Id | None = Field(None, description="What its lots' certificates must meet.")
    release_signatures: ReleaseSignatures | None = None
    organisation_id: Id | None = Field(None, description="Who makes it: that organisation sees all lots of it.")


class AdoptionIn(In):
    """One thing that a product is to ask for: a profile of a stage, a specification, signatures of a release, or
    custody."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"release_signatures": 2, "reason": "SOP-031: two of quality release."}]}
    )

    stage: Stage | None = Field(None, description="Of a profile: kept as it is stored, or once it is prepared for use.")
    profile_id: Id | None = None
    profile_version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(None, description="Null: the newest.")
    specification_id: Id | None = None
    specification_version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        None, description="Null: the newest."
    )
    release_signatures: ReleaseSignatures | None = None
    custody: bool | None = Field(
        None, description="true: somebody must answer for each lot from the end of filling on; false: not any more."
    )
    reason: Reason


class Adoption(BaseModel):
    """What a product asks for, once quality has signed it."""

    id: int
    kind: Kind
    stage: Stage | None
    profile_id: str | None
    profile_version: int | None
    specification_id: str | None
    specification_version: int | None
    release_signatures: int | None
    custody: bool | None
    state: State
    adopted_at: datetime | None = Field(description="Since when it counts; null: it waits for its signature.")
    change_id: int | None = Field(
        description="What is signed: `/v1/changes/{change_id}`. Null: an update of this software adopted it, and no "
        "person signed it."
    )
    recorded_by: str
    recorded_at: datetime
    reason: str | None


class Product(BaseModel):
    """A product, and what it asks for."""

    id: str
    name: str
    gtin: str | None
    profile_id: str = Field(description="What a new lot of it is pinned to, in `profile_version`.")
    profile_version: int
    from_before: bool = Field(
        description="It was there before there were papers: until a specification is adopted for it, temperature alone "
        "answers for its lots."
    )
    retired_at: datetime | None = Field(description="Since when there are no new lots of it.")
    organisation_id: str | None = Field(description="Who makes it; null: nobody said.")
    adopted: list[Adoption] = Field(description="What counts: of each kind and stage the newest that is signed.")
    waiting: list[Adoption] = Field(description="What was recorded since, and waits for its signature.")


class ProductChange(ChangeIn):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"gtin": "09506000134352", "reason": "GS1 has given us our numbers."}]}
    )

    name: Name = Field(default_factory=str)
    gtin: Gtin | None = Field(None, description="Null: it has none.")
    organisation_id: Id | None = Field(None, description="Who makes it, and sees all its lots; null: nobody said.")
    retired: bool = Field(
        default_factory=bool, description="true: no new lots of it; those there are stay what they are."
    )
