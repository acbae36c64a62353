"""One alerts process, as the settings describe it."""

import sys
import threading

from alerts.delivery.courier import Pace
from alerts.delivery.load import load_delivery_at_start
from alerts.threads import WatchSettings, run_threads
from alerts.watch.on_call_watch import OnCallWatch
from service.errors import UnbrokenError
from service.logs import set_up_logs
from service.settings import Settings, read_settings, warn_of_unknown_settings
from service.signals import stop_on_signal


def run(settings: Settings, stop: threading.Event) -> None:
    """Tell of alerts until told to stop.

    Raises:
        SettingError: a setting, the on-call file, a receiver or a template is missing or cannot be used.
    """
    set_up_logs(settings, "alerts")
    writer, receivers = load_delivery_at_start(settings, stop)
    run_threads(
        settings.required_database_url(),
        writer,
        receivers,
        stop,
        watching=WatchSettings(
            settings.evaluator_behind_s,
            settings.monitor_url,
            settings.monitor_every_s,
            settings.clock_tolerance_us,
        ),
        pace=Pace(poll_s=settings.alert_poll_s),
        on_call=OnCallWatch(settings, writer, receivers) if settings.on_call_file else None,
    )


def main() -> int:
    """Run one alerts process; the exit status is 0 after a signal, 2 for a wrong setting."""
    warn_of_unknown_settings()
    stop = stop_on_signal()
    try:
        run(read_settings(), stop)
    except UnbrokenError as error:
        sys.stderr.write(f"alerts: {error}\n")
        return 2
    return 0
