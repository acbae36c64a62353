"""What is told: alerts as the policy sees them, and the message that goes to one receiver."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from service.domain.alerting.at_stake import Gone
from service.domain.severity import Severity


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
class Alert:
    """One alert with the names and the time zone of its place, as `service.store.alerting.tellings` reads it.

    Attributes:
        subject: ``container:…``, ``lot:…``, ``receiver:…`` or ``service:…``; `name`: as people call it.
        summary: what and where, in one sentence without a full stop.
        resolved_at: since when it is over; closed_at: when that was certain; calm_since: since when it is not so.
        past: over before we heard of it.
        lot_ids: all that were there at any moment of it; gone: what became of those that are no longer.
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
    calm_since: datetime | None = None
    closed_at: datetime | None = None
    gone: tuple[Gone, ...] = ()

    @property
    def lots_there(self) -> tuple[str, ...]:
        """Its lots that are still where it is."""
        left = {one.lot_id for one in self.gone}
        return tuple(lot_id for lot_id in self.lot_ids if lot_id not in left)

    @property
    def over_at(self) -> datetime | None:
        """When it was known to be over: what waits for that counts from then."""
        return self.closed_at or self.resolved_at

    @property
    def is_calm(self) -> bool:
        """Whether it is no longer so, though that is not certain yet."""
        return self.calm_since is not None and self.resolved_at is None

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


_RANK = {severity.value: rank for rank, severity in enumerate(Severity)}


def rank(severity: str) -> int:
    """How serious a severity is; one that is not known is as serious as any."""
    return _RANK.get(severity, len(_RANK) - 1)


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
