"""Organisations, over HTTP."""

from datetime import datetime

from pydantic import ConfigDict, Field

from service.api.schemas.fields import ChangeIn, Id, In, Name
from service.store.registry.organisations import Kind


class OrganisationIn(In):
    """A maker, a clinic, a carrier or another: whose sites are, and who answers for lots."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "alpine-exo", "name": "Alpine Exosomes AG", "kind": "maker"}]}
    )

    id: Id
    name: Name
    kind: Kind


class OrganisationChange(ChangeIn):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Alpine Exosomes SA", "reason": "The company was renamed."}]}
    )

    name: Name = Field(default_factory=str)
    kind: Kind = Field("other")
    retired: bool = Field(
        default_factory=bool,
        description="true: nothing new is recorded of it. It must have no site in use, no lot and no handover in hand.",
    )


class Organisation(OrganisationIn):
    """An organisation."""

    retired_at: datetime | None = Field(None, description="Since when nothing new is recorded of it.")
