"""The many services that Apprise knows: https://appriseit.com/services/."""

import logging
import warnings

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType
from apprise.result import AppriseResultStatus

from alerts.notification import Notification
from alerts.receivers.options import Options
from alerts.receivers.receiver import TemporaryFailureError

# Apprise logs addresses with the keys in them.
logging.getLogger("apprise").addHandler(logging.NullHandler())
logging.getLogger("apprise").propagate = False

_TYPES = {"critical": NotifyType.FAILURE, "warning": NotifyType.WARNING}


class AppriseReceiver:
    """One address of Apprise. It says yes or no, and not why; so a no is tried again."""

    def __init__(self, name: str, target: Apprise, scheme: str, timeout_s: float) -> None:
        self.name = name
        self._target = target
        self._scheme = scheme
        self._timeout_s = timeout_s

    def deliver(self, notification: Notification) -> None:
        """Send it; the subject is the title and the rest the body.

        Raises:
            TemporaryFailureError: the service did not take it.
        """
        title, body = notification.subject, notification.text
        rest = body.removeprefix(title).lstrip("\n")
        # Nothing is sent without a body.
        title, body = (title, rest) if rest else ("", body)
        result = self._target.notify(
            body=body,
            title=title,
            notify_type=NotifyType.SUCCESS
            if notification.is_over
            else _TYPES.get(notification.severity, NotifyType.INFO),
            body_format=NotifyFormat.TEXT,
            timeout=self._timeout_s,
        )
        if not result:
            what = "did not answer" if result.status is AppriseResultStatus.TIMEOUT else "did not take the message"
            raise TemporaryFailureError(f"the service behind {self._scheme}:// {what}")


def apprise_receiver(name: str, options: Options, timeout_s: float) -> AppriseReceiver:
    """Options: url, timeout_s.

    Raises:
        SettingError: one of them cannot be used.
    """
    url = options.text("url")
    timeout_s = options.timeout_s(timeout_s)
    options.done()
    asset = AppriseAsset(app_id="Unbroken", app_desc="Unbroken", async_mode=False, secure_logging=True)
    target = Apprise(asset=asset)
    with warnings.catch_warnings():
        # With the first address Apprise imports all its services, and they import what Python deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        readable = target.add(url)
    if not readable or not len(target):
        raise options.wrong("url", "is no address that Apprise can read; its pages describe each service")
    if len(target) > 1:
        raise options.wrong("url", "names several services; make a receiver of each, so that each is tried again alone")
    [service] = target
    service.socket_connect_timeout = service.socket_read_timeout = timeout_s
    # ?optional=yes turns every no into a yes.
    service.optional = False
    return AppriseReceiver(name, target, url.partition("://")[0], timeout_s)
