"""PagerDuty, by its Events API v2: https://developer.pagerduty.com/docs/events-api-v2-overview."""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from alerts.notification import Notification
from alerts.receivers.http import Poster
from alerts.receivers.options import Options
from service.domain.alerting.notification import Reason

URL = "https://events.pagerduty.com/v2/enqueue"

#: Of their four words; what is no word of ours is taken seriously.
_SEVERITIES: Mapping[str, str] = {"critical": "critical", "warning": "warning", "info": "info"}
_UNKNOWN_SEVERITY = "error"

_LONGEST_KEY = 255
_LONGEST_SUMMARY = 1024

#: An event may have 512 KB. Much less than that is still more than anybody reads.
_LONGEST_TEXT = 16_000
_LONGEST_LINE = 400
_MOST_ALERTS = 50


class Action(StrEnum):
    """What an event does to its incident."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


def action(notification: Notification) -> Action:
    """What a message does to the incident of its group.

    It is resolved only when nothing in the message goes on. What was over before anybody knew triggers as well:
    somebody has to read it, and closes it.
    """
    if notification.reason is Reason.TAKEN:
        return Action.ACKNOWLEDGE
    is_over = all(alert.get("resolved_at") for alert in notification.alerts)
    return Action.RESOLVE if notification.reason is Reason.RESOLVED and is_over else Action.TRIGGER


def events(notification: Notification, routing_key: str) -> list[dict[str, Any]]:
    """The events as they are sent.

    What is answered or over is so under every key. What triggers has one of its own after an acknowledgement, for
    PagerDuty calls nobody for an incident that was acknowledged, whatever else it hears of it.
    """
    if notification.reason is Reason.CALM:
        # Whatever it is told of an incident, it tells people as if that went on. It hears of the end.
        return []
    event = _event(notification, routing_key)
    if event["event_action"] == Action.TRIGGER:
        return [event]
    return [event, *({**event, "dedup_key": _short_key(key)} for key in notification.renewed)]


def _event(notification: Notification, routing_key: str) -> dict[str, Any]:
    what = action(notification)
    common = {
        "routing_key": routing_key,
        "event_action": what.value,
        "dedup_key": _short_key(notification.incident),
    }
    if what is not Action.TRIGGER:
        return common
    alerts = notification.alerts
    times = sorted(str(alert["began_at"]) for alert in alerts if alert.get("began_at"))
    payload: dict[str, Any] = {
        "summary": notification.subject[:_LONGEST_SUMMARY],
        "source": _places(notification) or "Unbroken",
        "severity": _SEVERITIES.get(notification.severity, _UNKNOWN_SEVERITY),
        "class": ", ".join(sorted({str(alert["cause"]) for alert in alerts})) or notification.reason.value,
        "custom_details": {
            "text": notification.text[:_LONGEST_TEXT],
            "reason": notification.reason.value,
            "key": notification.key,
            "alerts": [_details(alert) for alert in alerts[:_MOST_ALERTS]],
        },
    }
    if times:
        payload["timestamp"] = times[0]
    linked = {"links": [{"href": notification.link, "text": "Acknowledge"}]} if notification.link else {}
    return {**common, "payload": payload, "client": "Unbroken", **linked}


class PagerDutyReceiver:
    """One service of PagerDuty, known by its routing key."""

    def __init__(self, name: str, poster: Poster, routing_key: str) -> None:
        self.name = name
        self._poster = poster
        self._routing_key = routing_key

    def deliver(self, notification: Notification) -> None:
        """Send the event, or several; 202 is its yes.

        Raises:
            TemporaryFailureError: it did not answer, is broken, or has had too many events.
            PermanentFailureError: it says that the event is invalid, as with a wrong routing key.
        """
        for event in events(notification, self._routing_key):
            self._poster.post(json.dumps(event).encode())


def pagerduty_receiver(name: str, options: Options, timeout_s: float) -> PagerDutyReceiver:
    """Options: routing_key, url, timeout_s.

    Raises:
        SettingError: one of them cannot be used.
    """
    routing_key = options.text("routing_key")
    poster = Poster("PagerDuty", options.web_address("url", URL), options.timeout_s(timeout_s))
    options.done()
    return PagerDutyReceiver(name, poster, routing_key)


def _short_key(incident: str) -> str:
    # Cut off, two incidents could become one.
    return incident if len(incident) <= _LONGEST_KEY else hashlib.sha256(incident.encode()).hexdigest()


def _places(notification: Notification) -> str:
    places = dict.fromkeys(
        str(alert.get("site_name") or alert.get("site_id") or alert["name"]) for alert in notification.alerts
    )
    return ", ".join(list(places)[:5])


def _details(alert: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("name", "site_name", "cause", "severity", "began_at", "resolved_at")
    return {
        **{name: alert.get(name) for name in kept},
        "summary": str(alert["summary"])[:_LONGEST_LINE],
        "lots": len(alert.get("lot_ids") or ()),
    }
