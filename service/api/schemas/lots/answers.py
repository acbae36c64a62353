"""The history of a lot's answer, over HTTP."""

from datetime import datetime

from pydantic import BaseModel, Field

from service.api.schemas.lots.status import Reason
from service.domain.answers.answer import Answer
from service.domain.verdicts.causes import CAUSES, Cause
from service.domain.verdicts.verdict import Verdict


class AnswerChange(BaseModel):
    """The answer, or the codes of its reasons, became others. `status?at=` tells the whole status of a time."""

    decided_at: datetime
    cause: Cause | None = Field(description=f"One of {', '.join(CAUSES)}; null: recorded before causes were.")
    answer: Answer
    verdict: Verdict = Field(description="Of its temperature alone.")
    reasons: list[Reason]
