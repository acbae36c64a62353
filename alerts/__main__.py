"""``python -m alerts``: tell of alerts until SIGTERM or Ctrl-C."""

import sys

from service.signals import end_on_signal

if __name__ == "__main__":
    # Loading the rest takes a while, in which Ctrl-C already ends in one line.
    end_on_signal("alerts", at_once=True)
    from alerts.process import main

    sys.exit(main())
