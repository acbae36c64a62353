"""This process's own log: one line a message."""

import structlog

from alerts.notification import Notification
from alerts.receivers.options import Options
from alerts.receivers.receiver import TemporaryFailureError
from service.auth.links import without_links

log = structlog.get_logger()


class LogReceiver:
    """Writes to the log; never the only way to reach people. Logs are kept and shipped, so no link stands there."""

    def __init__(self, name: str) -> None:
        self.name = name

    def deliver(self, notification: Notification) -> None:
        """Write it; only a log that cannot be written fails."""
        write = log.info
        if not notification.is_over:
            write = log.critical if notification.severity == "critical" else log.warning
        text = without_links(notification.text)
        try:
            write(f"alert: {' | '.join(text.splitlines())}", key=notification.key)
        except OSError as error:
            raise TemporaryFailureError(f"the log cannot be written: {error}") from error


def log_receiver(name: str, options: Options) -> LogReceiver:
    """A log has no options."""
    options.done()
    return LogReceiver(name)
