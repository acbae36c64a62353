"""Certificates of Analysis, over HTTP."""

import math
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from service.api.schemas.fields import Day, Gtin, Id, In, Name, Sha256, text
from service.domain.answers.papers import Outcome

_MOST_ITEMS = 300
_LONGEST = 200


def _item_name(given: object) -> str:
    if not isinstance(given, str) or not 0 < len(given) <= _LONGEST or given != given.strip():
        raise ValueError(f"name an item in 1 to {_LONGEST} characters, without blanks at its ends")
    return text(given)


def _stated(given: object) -> str:
    if isinstance(given, str):
        stated = given.strip()
    elif isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError("give what the certificate states as text, or as a number")
    elif isinstance(given, float) and not math.isfinite(given):
        raise ValueError("give a finite number")
    else:
        stated = repr(given)
    if len(stated) > _LONGEST:
        raise ValueError(f"give at most {_LONGEST} characters")
    return text(stated)


ItemName = Annotated[str, BeforeValidator(_item_name)]
Value = Annotated[
    str,
    BeforeValidator(_stated, json_schema_input_type=str | float),
    Field(description="What is stated of it, with its unit or in that of the specification."),
]


class CertificateIn(In):
    """A certificate as it is stated."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "product_id": "exo-a",
                    "lot_number": "2411-03",
                    "issued_on": "2026-01-31",
                    "signatory": "Dr R. Meier",
                    "items": {"cd9": "present", "particles_per_ml": "1.2e10", "endotoxin": "<0.05 EU/mL"},
                }
            ]
        }
    )

    product_id: Id | None = Field(None, description="Of which product it says it is; or `gtin`.")
    gtin: Gtin | None = None
    lot_number: Name
    issued_on: Day
    signatory: Name = Field(description="Who signed it at its issuer.")
    items: Annotated[dict[ItemName, Value], Field(max_length=_MOST_ITEMS)]
    document_sha256: Sha256 | None = Field(None, description="Of its PDF, brought by POST /v1/documents.")
    reason: Name | None = None


_TABLE = """item,value,unit
product_id,exo-a,
lot_number,2411-03,
issued_on,2026-01-31,
signatory,Dr R. Meier,
cd9,present,
endotoxin,<0.05,EU/mL
"""

#: The body of PUT /v1/lots/{lot_id}/certificate, in OpenAPI.
CERTIFICATE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": CertificateIn.model_json_schema()},
            "text/csv": {"schema": {"type": "string"}, "example": _TABLE},
        },
    }
}


class CertificateItem(BaseModel):
    """One item, and what became of it."""

    name: str
    label: str | None = Field(description="null: its specification does not name it, so it was not judged.")
    value: str | None = Field(description="As the certificate states it; null: it does not.")
    outcome: Outcome | None = Field(description="null: it was not judged.")
    why: str


class Certificate(BaseModel):
    """A version of a lot's certificate, judged by the specification of its time."""

    lot_id: str
    version: int
    specification_id: str
    specification_version: int
    issued_on: date
    signatory: str
    items: list[CertificateItem]
    document_sha256: str | None
    recorded_by: str
    recorded_at: datetime
    change_id: int = Field(description="The change that waits, or waited, for quality's signature.")
    signed_at: datetime | None = Field(description="null: it waits, and does not count yet but for what fails in it.")
    signed_by: list[str]
