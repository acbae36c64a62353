"""``python -m alerts``: tell of alerts until SIGTERM or Ctrl-C."""

import sys

from alerts.delivery.courier import Pace
from alerts.delivery.load import load_delivery_at_start
from alerts.run import Watching, run
from alerts.watch.on_call_watch import OnCallWatch
from service.domain.instant import SECOND_US
from service.errors import UnbrokenError
from service.logs import set_up_logs
from service.settings import read_settings, warn_of_unknown_settings
from service.signals import stop_on_signal


def main() -> int:
    """Run one alerts process; the exit status is 0 after a signal, 2 for a wrong setting."""
    warn_of_unknown_settings()
    stop = stop_on_signal()
    try:
        settings = read_settings()
        set_up_logs(settings, "alerts")
        writer, receivers = load_delivery_at_start(settings, stop)
        run(
            settings.required_database_url(),
            writer,
            receivers,
            stop,
            watching=Watching(
                settings.evaluator_behind_s,
                settings.monitor_url,
                settings.monitor_every_s,
                round(settings.clock_tolerance_s * SECOND_US),
            ),
            pace=Pace(poll_s=settings.alert_poll_s),
            on_call=OnCallWatch(settings, writer, receivers) if settings.on_call_file else None,
        )
    except UnbrokenError as error:
        sys.stderr.write(f"alerts: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
