"""An Alertmanager, by its API v2: for those who have their silences, routes and screens there already."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.notification import Notification
from alerts.receivers.http import Poster
from alerts.receivers.options import Options
from service.domain.severity import Severity

#: How long an alert goes on unless we say that it is over. Alertmanager's own five minutes are made for senders that
#: repeat themselves every minute; we do so only in reminders.
GOES_ON = timedelta(days=30)


def posted(notification: Notification, now: datetime) -> list[dict[str, Any]]:
    """The alerts of a message as the API takes them."""
    return [entry for alert in notification.alerts for entry in _entries(alert, notification.link, now)]


def _entries(alert: Mapping[str, Any], link: str | None, now: datetime) -> Iterator[dict[str, Any]]:
    """One alert in each severity, of which at most its own goes on.

    Labels say which alert it is, and the severity is one of them: an alert that worsened would go on in its old one
    too, if that were not ended. Ending one that never began is told to nobody. Without the label of its own, the end
    of an old alert would end the one of the same subject and cause that goes on now.
    """
    for severity in dict.fromkeys([str(alert["severity"]), *Severity]):
        began_at = datetime.fromisoformat(str(alert["began_at"]))
        ends_at = now
        if alert.get("resolved_at"):
            ends_at = datetime.fromisoformat(str(alert["resolved_at"]))
        elif severity == alert["severity"]:
            ends_at = now + GOES_ON
        labels = {
            "alertname": alert["cause"],
            "alert": str(alert["id"]),
            "subject": alert["subject"],
            "site": alert.get("site_id"),
            "container": alert.get("container_id"),
            "severity": str(severity),
        }
        yield {
            # One without a value is the same as one that is absent.
            "labels": {name: value for name, value in labels.items() if value},
            "annotations": {"summary": str(alert["summary"]), "description": _description(alert)},
            "startsAt": _rfc3339(began_at),
            "endsAt": _rfc3339(max(began_at, ends_at)),
            **({"generatorURL": link} if link else {}),
        }


class AlertmanagerReceiver:
    """Posts every alert of a message."""

    def __init__(self, name: str, poster: Poster) -> None:
        self.name = name
        self._poster = poster

    def deliver(self, notification: Notification) -> None:
        """Post them; a test message, which is about no alert, is posted as one of its own that ends soon.

        Raises:
            TemporaryFailureError: it did not answer in time, or is broken.
            PermanentFailureError: it refused the alerts.
        """
        now = datetime.now(UTC)
        self._poster.post(json.dumps(posted(notification, now) or [_bare(notification, now)]).encode())


def alertmanager_receiver(name: str, options: Options, timeout_s: float) -> AlertmanagerReceiver:
    """Options: url, timeout_s.

    Raises:
        SettingError: one of them cannot be used.
    """
    url = options.web_address("url")
    url = url.copy_with(path=f"{url.path.rstrip('/')}/api/v2/alerts")
    poster = Poster("Alertmanager", url, options.timeout_s(timeout_s))
    options.done()
    return AlertmanagerReceiver(name, poster)


def _bare(notification: Notification, now: datetime) -> dict[str, Any]:
    return {
        "labels": {"alertname": f"unbroken_{notification.reason.value}", "severity": notification.severity},
        "annotations": {"summary": notification.subject, "description": notification.text},
        "startsAt": _rfc3339(now),
        "endsAt": _rfc3339(now + timedelta(minutes=5)),
    }


def _description(alert: Mapping[str, Any]) -> str:
    lots = list(alert.get("lot_ids") or ())
    where = alert["name"] + (f", {alert['site_name']}" if alert.get("site_name") else "")
    shown = f"Lots ({len(lots)}): {', '.join(lots[:5])}{' …' if len(lots) > 5 else ''}" if lots else ""
    return "\n".join(line for line in (f"Where: {where}", shown, str(alert.get("instruction") or "")) if line)


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
