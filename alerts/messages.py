"""What was planned, as the message that one receiver gets and the outbox keeps."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerts.notification import Alert, Notification, Reason
from alerts.on_call import Config
from alerts.telling import Planned
from alerts.templates import Templates, message
from alerts.why import rank
from service.domain.instant import rfc3339
from service.domain.links import sign
from service.domain.reasons import Severity
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Links:
    """Where people acknowledge. `secret`: empty: there are no links."""

    secret: bytes = b""
    address: str = ""
    lasting_s: float = 86_400.0

    def to(self, alert_ids: list[int], who: str, now: datetime) -> str | None:
        """The address at which the one who was told answers these alerts."""
        if not self.secret or not alert_ids:
            return None
        return f"{self.address}/a/{sign(self.secret, alert_ids, who, int(now.timestamp() + self.lasting_s))}"


def links_of(settings: Settings) -> Links:
    """Links as the settings want them."""
    address = settings.public_url or f"http://{settings.http_host}:{settings.http_port}"
    return Links(settings.link_secret.encode(), address.rstrip("/"), settings.link_hours * 3_600)


@dataclass(slots=True)
class Desk:
    """Where messages are written: who is told in which zone, in which words, with which links.

    The config is that of the on-call file as it is now: whoever asks twice in one decision keeps it.
    """

    config: Config
    templates: Templates
    links: Links

    def written(self, planned: Planned, receiver: str, key: str, now: datetime) -> dict[str, Any]:
        """The document of a message (`Notification.document`)."""
        link = self.links.to([alert.id for alert in planned.alerts], receiver, now)
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

    def readdressed(self, document: Mapping[str, Any], receiver: str, now: datetime) -> dict[str, Any]:
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
    return max((alert.severity for alert in planned.alerts), key=rank, default=Severity.INFO)


def alert_document(alert: Alert) -> dict[str, Any]:
    """An alert as receivers get it: lists for tuples, times RFC 3339 in UTC."""
    return {
        name: rfc3339(value) if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else value
        for name, value in asdict(alert).items()
    }
