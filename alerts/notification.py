"""What is told: alerts as the policy sees them, and the message that goes to one receiver."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why people are told."""

    FIRST = "first"
    WORSENED = "worsened"
    REMINDER = "reminder"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    PAST = "past"
    TAKEN = "taken"
    TEST = "test"


#: Reasons that say that something is over. After one of them an alert has nothing more to tell.
OVER = frozenset({Reason.RESOLVED, Reason.PAST})


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert with the names and the time zone of its place, as `service.store.notifications.told_alerts` reads it.

    Attributes:
        subject: ``container:…``, ``lot:…``, ``receiver:…`` or ``service:…``; `name`: as people call it.
        summary: what and where, in one sentence without a full stop.
        past: over before we heard of it.
        due_at: while pending: when it fires, unless it ends before.
        remaining_s: of the smallest budget at stake; used: the largest share of one that is used up.
        instruction: what to do at this container, if somebody wrote it down.
    """

    id: int
    subject: str
    name: str
    container_id: str | None
    site_id: str | None
    site_name: str | None
    time_zone: str
    cause: str
    state: str
    severity: str
    began_at: datetime
    due_at: datetime | None
    fired_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    past: bool
    summary: str
    lot_ids: tuple[str, ...]
    now_c: float | None = None
    remaining_s: float | None = None
    used: float | None = None
    forecast: str | None = None
    instruction: str = ""

    @property
    def budget_gone(self) -> bool:
        """Whether a lot has no time left: that is never silenced."""
        return self.used is not None and self.used >= 1


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one receiver.

    Attributes:
        key: the same however often it is sent, so that a receiver can tell a repetition from news.
        incident: the same for all messages of one group of alerts, from first to resolved: what pagers call their key.
        subject: one line of at most 160 characters that stands alone; `text`: all of it, plain, beginning with that.
        link: where to acknowledge, if there is such a place.
        renewed: under which keys a pager was told of the incident anew after somebody had taken it over.
    """

    key: str
    incident: str
    receiver: str
    reason: Reason
    severity: str
    alerts: tuple[dict[str, Any], ...]
    subject: str
    text: str
    link: str | None = None
    renewed: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether it says that something is over."""
        return self.reason in OVER

    def document(self) -> dict[str, Any]:
        """As it is kept in the outbox and sent to a webhook: JSON, times RFC 3339 in UTC."""
        return {name: value for name, value in asdict(self).items() if name != "renewed" or value}
