"""``python -m alerts``: tell of alerts until SIGTERM or Ctrl-C."""

import sys

from alerts.receivers import LogReceiver, Receiver, WebhookReceiver
from alerts.run import run
from service.errors import SettingError, UnbrokenError
from service.logs import set_up_logs
from service.settings import Settings
from service.signals import stop_on_signal


def receivers_of(settings: Settings) -> list[Receiver]:
    """The log always, the webhook if there is one.

    Raises:
        SettingError: the webhook's address cannot be used.
    """
    receivers: list[Receiver] = [LogReceiver()]
    if settings.alert_webhook_url:
        receivers.append(WebhookReceiver(settings.alert_webhook_url, settings.alert_webhook_timeout_s))
    return receivers


def main() -> int:
    """Run one alerts process; the exit status is 0 after a signal, 2 for a wrong setting."""
    settings = Settings()
    set_up_logs(settings, "alerts")
    stop = stop_on_signal()
    try:
        if not settings.database_url:
            raise SettingError("set UNBROKEN_DATABASE_URL, or run everything with `unbroken up`")
        receivers = receivers_of(settings)
    except UnbrokenError as error:
        sys.stderr.write(f"alerts: {error}\n")
        return 2
    run(settings.database_url, receivers, stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
