"""What is delivered: one event of one alert, in words and in figures."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Event(StrEnum):
    """What happened to an alert, as receivers hear of it."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert with the names and the time zone of its place, as `service.store.alerts.undelivered` reads it."""

    id: int
    container_id: str
    container_name: str
    site_id: str
    site_name: str
    time_zone: str
    cause: str
    state: str
    severity: str
    began_at: datetime
    fired_at: datetime | None
    resolved_at: datetime | None
    summary: str
    lot_ids: list[str]


@dataclass(frozen=True, slots=True)
class Notification:
    """One delivery.

    Attributes:
        text: for people; its first 160 characters stand alone.
    """

    event: Event
    alert: Alert
    text: str

    @property
    def key(self) -> str:
        """The same however often it is sent, so that a receiver can tell a repetition from news."""
        return f"alert-{self.alert.id}-{self.event}"

    def document(self) -> dict[str, Any]:
        """The body of a webhook: times RFC 3339 in UTC."""
        alert = self.alert
        return {
            "event": self.event,
            "deduplication_key": self.key,
            "text": self.text,
            "alert": {
                "id": alert.id,
                "state": alert.state,
                "severity": alert.severity,
                "cause": alert.cause,
                "container_id": alert.container_id,
                "container_name": alert.container_name,
                "site_id": alert.site_id,
                "site_name": alert.site_name,
                "time_zone": alert.time_zone,
                "began_at": _rfc3339(alert.began_at),
                "fired_at": _rfc3339(alert.fired_at),
                "resolved_at": _rfc3339(alert.resolved_at),
                "summary": alert.summary,
                "lot_ids": alert.lot_ids,
            },
        }


def _rfc3339(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
