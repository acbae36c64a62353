"""A web address of yours that takes JSON, signed if you share a secret with it."""

import json
import time
from urllib.parse import quote

from alerts.notification import Notification
from alerts.receivers import signature
from alerts.receivers.http import Poster
from alerts.receivers.options import Options

_LEAST_SECRET = 16


class WebhookReceiver:
    """POSTs the whole message; any 2xx is a yes."""

    def __init__(self, name: str, poster: Poster, secret: str | None) -> None:
        self.name = name
        self._poster = poster
        self._secret = secret

    def deliver(self, notification: Notification) -> None:
        """POST it.

        Raises:
            TemporaryFailureError: nobody answered in time, or the answer was 408, 425, 429 or 5xx.
            PermanentFailureError: any other answer that is no 2xx.
        """
        body = json.dumps(notification.document()).encode()
        # A header is ASCII; names of receivers, which may be in the key, need not be.
        headers = {"Idempotency-Key": quote(notification.key, safe=":/,;=@ ")}
        if self._secret is not None:
            headers[signature.HEADER] = signature.sign(self._secret, body, time.time())
        self._poster.post(body, headers)


def webhook_receiver(name: str, options: Options, timeout_s: float) -> WebhookReceiver:
    """Options: url, secret, timeout_s.

    Raises:
        SettingError: one of them cannot be used.
    """
    url = options.web_address("url")
    secret = options.text("secret") if options.given("secret") else None
    if secret is not None and len(secret) < _LEAST_SECRET:
        raise options.wrong("secret", f"must have at least {_LEAST_SECRET} characters")
    timeout_s = options.timeout_s(timeout_s)
    options.done()
    return WebhookReceiver(name, Poster("the webhook", url, timeout_s), secret)
