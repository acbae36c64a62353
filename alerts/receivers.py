"""Who is told: each receiver takes a message, or raises."""

from typing import Protocol

import httpx
import structlog

from alerts.notification import Event, Notification
from service.errors import SettingError, UnbrokenError

log = structlog.get_logger()


class DeliveryError(UnbrokenError):
    """A receiver did not take this message; it is sent again later."""


class UnreachableError(DeliveryError):
    """The receiver did not answer at all, so that no other message would reach it now either."""


class Receiver(Protocol):
    """Somebody to tell."""

    @property
    def name(self) -> str:
        """What it is called in `notifications`; a new name is a receiver that was told nothing yet."""

    def deliver(self, notification: Notification) -> None:
        """Return when the message was taken, else raise DeliveryError. May be given the same message again."""


class LogReceiver:
    """This process's own log: one line a message."""

    name = "log"

    def deliver(self, notification: Notification) -> None:
        """Write it; only a log that cannot be written fails."""
        write = log.info
        if notification.event is Event.FIRING:
            write = log.critical if notification.alert.severity == "critical" else log.warning
        try:
            write(f"alert: {' | '.join(notification.text.splitlines())}", key=notification.key)
        except OSError as error:
            raise UnreachableError(f"the log cannot be written: {error}") from error


class WebhookReceiver:
    """An HTTP address that takes JSON; any 2xx is a yes, and nothing else is."""

    name = "webhook"

    def __init__(self, url: str, timeout_s: float) -> None:
        """Check the address without calling it.

        Raises:
            SettingError: it is not an http or https address.
        """
        self._url = _parsed(url)
        # Alerts are rare: a connection kept open would mostly be found closed by the other side.
        self._client = httpx.Client(
            timeout=timeout_s, follow_redirects=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    def deliver(self, notification: Notification) -> None:
        """POST it; the body of the answer is not read.

        Raises:
            UnreachableError: nobody listens, or the answer did not come in time.
            DeliveryError: the answer is not a 2xx. Redirects are not followed: a body sent to an address nobody
                configured would be disclosed, and a POST turned into a GET would be lost.
        """
        try:
            with self._client.stream(
                "POST", self._url, json=notification.document(), headers={"Idempotency-Key": notification.key}
            ) as answer:
                if not answer.is_success:
                    raise DeliveryError(
                        f"the webhook at {self._url.host} answered {answer.status_code} {answer.reason_phrase}".rstrip()
                    )
        except httpx.HTTPError as error:
            what = str(error) or type(error).__name__
            raise UnreachableError(f"the webhook at {self._url.host} did not answer: {what}") from error


def _parsed(url: str) -> httpx.URL:
    # The address itself is often a secret: it is not repeated in messages.
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise SettingError(f"UNBROKEN_ALERT_WEBHOOK_URL cannot be read as an address: {error}") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise SettingError("UNBROKEN_ALERT_WEBHOOK_URL is no web address; write it as https://host/path")
    return parsed
