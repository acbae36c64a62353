"""What was told, over HTTP."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from service.domain.severity import Severity


class Notification(BaseModel):
    """One message to one receiver, and what became of it."""

    id: int
    alert_ids: list[int]
    reason: str = Field(
        description="first, worsened, reminder, calm, escalated, resolved, past or test; taken: a pager is to call "
        "nobody else, since somebody is on it."
    )
    receiver: str
    severity: Severity
    level: int = Field(description="The stage of the chain of escalation, from 0.")
    title: str
    text: str = Field(description="As it was sent, but for the link, in whose place stands the page of all alerts.")
    created_at: datetime
    attempts: int
    error: str | None = Field(description="What went wrong last.")
    outcome: Literal["delivered", "failed", "overtaken"] | None = Field(
        description="Null: it is still to be sent. Overtaken: a newer message says the same and more."
    )
    finished_at: datetime | None
