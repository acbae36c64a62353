"""Specifications over HTTP: what a certificate must state, as data."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from service.api.schemas.fields import Id, In, Name, Text
from service.domain.answers.specification import ItemKind

_ITEM_NAME = re.compile("[a-z][a-z0-9_]{0,63}")

Figure = Annotated[float, Field(allow_inf_nan=False)]


def _unit(given: str) -> str:
    if given[0] in "0123456789.+-":
        raise ValueError("a unit begins with no figure: count it in the number, and name the unit alone")
    return given


Unit = Annotated[Name, Field(max_length=40), AfterValidator(_unit)]


def _item_name(given: str) -> str:
    if not _ITEM_NAME.fullmatch(given):
        raise ValueError("use 1 to 64 of a–z, 0–9 and '_', the first a letter")
    return given


ItemName = Annotated[str, AfterValidator(_item_name), Field(json_schema_extra={"pattern": f"^{_ITEM_NAME.pattern}$"})]


class ItemIn(In):
    """One thing that a certificate is to state."""

    name: ItemName = Field(description="As a certificate names it: small letters, digits and `_`.")
    label: Name
    kind: ItemKind
    required: bool = True
    unit: Unit | None = None
    minimum: Figure | None = None
    maximum: Figure | None = None
    allowed: Annotated[list[Name], Field(max_length=50)] = Field(
        default_factory=list,
        description="Of a text, all that may be stated; none: anything. Of what is present or absent, further words.",
    )
    not_before: ItemName | None = Field(None, description="Of a date: the item whose date it is held against.")
    not_after: ItemName | None = Field(None, description="Likewise; `issued_on` is the certificate's own date.")
    may_be_future: bool = False
    source: Annotated[Text, Field(max_length=400)] = ""


class SpecificationIn(In):
    """Items of your own, with where their figures come from. Stored as the next version of that id."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "exo-a-release",
                    "name": "Exosomes A, release",
                    "items": [
                        {"name": "cd63", "label": "CD63", "kind": "present"},
                        {
                            "name": "endotoxin",
                            "label": "Endotoxin",
                            "kind": "number",
                            "unit": "EU/mL",
                            "maximum": 0.25,
                            "source": "Release specification 2026-04.",
                        },
                        {"name": "made_on", "label": "Made on", "kind": "date"},
                        {"name": "tested_on", "label": "Tested on", "kind": "date", "not_before": "made_on"},
                    ],
                    "source": "Release specification 2026-04.",
                }
            ]
        }
    )

    id: Id
    name: Name
    items: Annotated[list[ItemIn], Field(min_length=1, max_length=200)]
    source: Annotated[Text, Field(min_length=1)]


class Item(BaseModel):
    """One thing that a certificate is to state."""

    name: str
    label: str
    kind: ItemKind
    required: bool
    unit: str | None
    minimum: float | None
    maximum: float | None
    allowed: list[str]
    not_before: str | None
    not_after: str | None
    may_be_future: bool
    source: str


class Specification(BaseModel):
    """A version of what a certificate must state; it never changes."""

    id: str
    version: int
    name: str
    items: list[Item]
    source: str
    recorded_by: str
    recorded_at: datetime
