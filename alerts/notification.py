"""What is planned to be told, and the message that goes to one receiver."""

from dataclasses import asdict, dataclass
from typing import Any

from service.domain.alerting.alert import Alert
from service.domain.alerting.notification import OVER, Reason


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
