"""What was told of an alert so far, and what is to be told now."""

from dataclasses import dataclass
from datetime import datetime

from alerts.notification import Alert, Reason


@dataclass(frozen=True, slots=True)
class Last:
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


@dataclass(frozen=True, slots=True)
class Planned:
    """One message to each of `receivers` about these alerts, worst first.

    Attributes:
        level: the stage of the chain that is reached with it, from 0.
        incident: the same from first to resolved. Where a part of an incident is over, it carries a key of its own,
            so that a pager does not close what still goes on.
        why: in words fit for the log.
    """

    reason: Reason
    level: int
    alerts: tuple[Alert, ...]
    receivers: tuple[str, ...]
    incident: str
    why: str
