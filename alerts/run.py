"""All receivers at once, one thread each."""

import contextvars
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog

from alerts.courier import Courier, Pace
from alerts.receivers import Receiver

log = structlog.get_logger()

#: How long a stop waits for messages under way. One that takes longer is abandoned, and sent again after the start.
_GRACE_S = 2.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


def run(
    database_url: str,
    receivers: Sequence[Receiver],
    stop: threading.Event,
    *,
    pace: Pace | None = None,
    clock: Callable[[], datetime] = _utc_now,
) -> None:
    """Tell every receiver what it has yet to be told, until told to stop."""
    threads = [
        threading.Thread(
            # A copy each, so that log lines of the thread name the role as ours do.
            target=contextvars.copy_context().run,
            args=(Courier(receiver, database_url, pace or Pace(), clock).run, stop),
            name=f"alerts-{receiver.name}",
            daemon=True,
        )
        for receiver in receivers
    ]
    for thread in threads:
        thread.start()
    log.info("telling", receivers=[receiver.name for receiver in receivers])
    stop.wait()
    deadline_s = time.monotonic() + _GRACE_S
    for thread in threads:
        thread.join(max(0.0, deadline_s - time.monotonic()))
