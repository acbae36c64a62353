"""What was planned, as the message that one receiver gets and the outbox keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alerts.messages.lines import is_so, summary_of
from alerts.messages.templates import Templates, message
from alerts.notification import Notification, Planned
from alerts.on_call.config import Config
from alerts.policy.grouping import worst_first
from service.auth.links import sign
from service.domain.alerting.alert import Alert
from service.domain.alerting.lifecycle import AlertState
from service.domain.alerting.notification import Reason
from service.domain.instant import rfc3339
from service.domain.severity import Severity, severity_rank
from service.settings import Settings

#: A message that waited for longer gets a new link: the old one may not be good for as long as was promised.
_LINK_IS_NEW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Links:
    """Where people acknowledge. `secrets`: empty: there are no links."""

    secrets: tuple[bytes, ...] = ()
    address: str = ""
    lasting_s: float = 86_400.0

    def to(self, alert_ids: list[int], who: str, now: datetime) -> str | None:
        """The address at which the one who was told answers these alerts."""
        if not self.secrets or not alert_ids:
            return None
        return f"{self.address}/a/{sign(self.secrets, alert_ids, who, int(now.timestamp() + self.lasting_s))}"


def links_of(settings: Settings) -> Links:
    """Links as the settings want them."""
    return Links(settings.link_secrets, settings.pages_url, settings.link_hours * 3_600)


@dataclass(slots=True)
class MessageWriter:
    """Writes messages: who is told in which zone, in which words, with which links.

    The config is that of the on-call file as it is now: whoever asks twice in one decision keeps it.
    """

    config: Config
    templates: Templates
    links: Links

    def write(
        self, planned: Planned, receiver: str, key: str, now: datetime, link: str | None = None
    ) -> dict[str, Any]:
        """The document of a message (`Notification.document`). `link`: None: a new one."""
        link = link or self.links.to([alert.id for alert in planned.alerts], receiver, now)
        subject, text = message(planned, link, self.templates, self._zone(receiver))
        return Notification(
            key=key,
            incident=planned.incident,
            receiver=receiver,
            reason=planned.reason,
            severity=severity_of(planned),
            alerts=tuple(alert_document(alert) for alert in planned.alerts),
            subject=subject,
            text=text,
            link=link,
        ).document()

    def rewrite(
        self, document: Mapping[str, Any], alerts: Sequence[Alert], planned_at: datetime, now: datetime
    ) -> dict[str, Any] | None:
        """A message that was planned, in words that are true now; None: it is no longer to be sent.

        Its key and its incident stay, by which it is known.

        Args:
            alerts: those it is about, as they are.
        """
        reason, receiver = Reason(document["reason"]), document["receiver"]
        if not alerts:
            return dict(document)
        states = {alert.state for alert in alerts}
        if reason is Reason.TAKEN and AlertState.FIRING in states:
            return None
        if reason is Reason.ESCALATED and AlertState.FIRING not in states and AlertState.ACKNOWLEDGED in states:
            # Somebody took it over before the next in line was reached.
            return None
        planned = Planned(reason, 0, tuple(sorted(alerts, key=worst_first)), (receiver,), document["incident"], "")
        link = document["link"] if abs(now - planned_at) < _LINK_IS_NEW else None
        return {**document, **self.write(planned, receiver, document["key"], now, link)}

    def readdress(self, document: Mapping[str, Any], receiver: str, now: datetime) -> dict[str, Any]:
        """The same message for somebody else: with a link of their own."""
        was = document["link"]
        link = self.links.to([alert["id"] for alert in document["alerts"]], receiver, now)
        text = document["text"]
        if was and link:
            text = text.replace(was, link)
        return {**document, "receiver": receiver, "link": link, "text": text}

    def _zone(self, receiver: str) -> ZoneInfo | None:
        person = self.config.person_of(receiver)
        return None if person is None else person.zone


def notification_of(document: Mapping[str, Any]) -> Notification:
    """A message as it was put into the outbox."""
    return Notification(
        **{
            **document,
            "reason": Reason(document["reason"]),
            "alerts": tuple(document["alerts"]),
            "renewed": tuple(document.get("renewed", ())),
        },
    )


def severity_of(planned: Planned) -> str:
    """That of the worst alert in it."""
    return max((alert.severity for alert in planned.alerts), key=severity_rank, default=Severity.INFO)


#: What words are made of; a receiver gets these.
_FOR_WORDS = frozenset({"details", "lot_count", "lots_first"})


def alert_document(alert: Alert) -> dict[str, Any]:
    """An alert as receivers get it: lists for tuples, times RFC 3339 in UTC."""
    known = {name: _plain(value) for name, value in asdict(alert).items() if name not in _FOR_WORDS}
    known |= {"summary": summary_of(alert), "forecast": alert.forecast, "now_is": alert.figures.now_is}
    # What was measured when it was so is not how it is now.
    return known if is_so(alert) else {**known, "now_c": None, "now_is": None, "forecast": None}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
