"""What people were told of an alert, and why: what Alertmanager keeps in its notification log."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why people are told."""

    FIRST = "first"
    WORSENED = "worsened"
    REMINDER = "reminder"
    CALM = "calm"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    PAST = "past"
    TAKEN = "taken"
    TEST = "test"


#: Reasons that say that something is over. After one of them an alert has nothing more to tell.
OVER = frozenset({Reason.RESOLVED, Reason.PAST})


@dataclass(frozen=True, slots=True)
class NotificationHistory:
    """What was told of an alert so far: its latest telling, and who ever heard.

    Attributes:
        at, reason, severity, level, lots, budget_gone: of the latest telling; `lots` is how many there were.
        receivers: everyone who was ever told; `ended`: those of them who were told that it is over.
        first_at: of its first telling. Alerts of a place that were first told together are one incident.
        level_at: since when its level and severity are those of the latest telling: the next stage is counted from
            here, or from again_at if that is later.
        again_at: when it last went from acknowledged back to firing; None: never.
        was_in_hand: this was told of what the alert continues, and somebody had acknowledged that: nobody was told yet
            that it is back.
        passed_on_at: when somebody who was called last said that they cannot come; None: never.
    """

    at: datetime
    reason: Reason
    severity: str
    level: int
    lots: int
    budget_gone: bool
    receivers: frozenset[str]
    first_at: datetime
    level_at: datetime
    again_at: datetime | None
    ended: frozenset[str] = frozenset()
    was_in_hand: bool = False
    passed_on_at: datetime | None = None
