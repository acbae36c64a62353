"""What a scanned code leads to, over HTTP."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from service.answers.scanning import Kind
from service.api.schemas.lots.status import Reason, Status
from service.domain.answers.answer import Answer
from service.domain.scan.label import SCAN_CODES


class ScannedLabel(BaseModel):
    """What is sure of what stands on a label of GS1; null: it does not say that."""

    gtin: str | None
    lot_number: str | None
    expires_on: date | None
    serial: str | None
    sscc: str | None


class ScannedThing(BaseModel):
    """What a code may stand for, where that is several things."""

    kind: Literal["lot", "container", "logger"]
    id: str


class Scan(BaseModel):
    """What a code leads to; of a lot, whether it may be used."""

    code: str = Field(description="As it was sent.")
    kind: Kind = Field(description="What it stands for; `several`: more than one thing; `none`: nothing known here.")
    id: str | None = Field(description="Of the lot, the container, the logger or the shipment.")
    read: ScannedLabel
    answer: Answer | None = Field(
        description="May it be used? Whatever leads to no lot is `not_proven`; null: a container, logger or shipment."
    )
    reasons: list[Reason] = Field(description=f"Those of the lot's status, or one of {', '.join(SCAN_CODES)}.")
    to_do: str = Field(description="What to do now, where the code itself is what is wrong; else empty.")
    things: list[ScannedThing] = Field(description="Of `several`: which.")
    status: Status | None = Field(description="Of a lot, with the answer and the reasons of this scan.")
