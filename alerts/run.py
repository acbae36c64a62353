"""One alerts process: a planner, a courier a receiver, a watch over the service, and a call to a monitor outside."""

import contextvars
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from alerts.courier import Courier, Pace
from alerts.fall_back import FallBack
from alerts.loop import keep_at
from alerts.messages import Desk
from alerts.monitor import Monitor
from alerts.planner import Planner
from alerts.receivers.receiver import Receiver
from alerts.service_watch import ServiceWatch

log = structlog.get_logger()

#: How long a stop waits for messages under way. One that takes longer is abandoned, and sent again after the start.
_GRACE_S = 2.0

#: The longest a thread sleeps without looking whether it is to stop.
_LONGEST_POLL_S = 1.0

#: A planner that has not come to the end of a round for so long is stuck, or has no database.
_PLANNING_STUCK_S = 30.0


@dataclass(frozen=True, slots=True)
class Watching:
    """What is watched of the service itself. `monitor_url`: empty: nobody outside watches us."""

    evaluator_behind_s: float = 15.0
    monitor_url: str = ""
    monitor_every_s: float = 60.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


def run(
    database_url: str,
    desk: Desk,
    receivers: Sequence[Receiver],
    stop: threading.Event,
    *,
    watching: Watching | None = None,
    pace: Pace | None = None,
    clock: Callable[[], datetime] = _utc_now,
) -> None:
    """Tell everybody what they have yet to be told, until told to stop. `watching`: None: nothing is.

    Raises:
        SettingError: the monitor's address cannot be used.
    """
    pace = pace or Pace()
    poll_s = min(pace.poll_s, _LONGEST_POLL_S)
    who = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    planner = Planner(desk, clock, poll_s, who)
    work: list[Callable[[], None]] = [_kept_at(planner, "planner", database_url, stop, pace)]
    for receiver in receivers:
        courier = Courier(receiver, who, FallBack(desk), pace, clock, stop)
        work.append(_kept_at(courier, receiver.name, database_url, stop, pace))
    if watching is not None:
        watch = ServiceWatch(
            [receiver.name for receiver in receivers], watching.evaluator_behind_s, clock, wait=stop.wait
        )
        work.append(_kept_at(watch, "service watch", database_url, stop, pace))
        if watching.monitor_url:
            monitor = Monitor(watching.monitor_url, watching.monitor_every_s, lambda: _trouble(planner, watch))
            work.append(lambda: monitor.run(stop))
    # A copy each, so that log lines of the thread name the role as ours do.
    threads = [
        threading.Thread(target=contextvars.copy_context().run, args=(one,), name=f"alerts-{number}", daemon=True)
        for number, one in enumerate(work)
    ]
    for thread in threads:
        thread.start()
    log.info("telling", receivers=[receiver.name for receiver in receivers])
    stop.wait()
    deadline_s = time.monotonic() + _GRACE_S
    for thread in threads:
        thread.join(max(0.0, deadline_s - time.monotonic()))


def _kept_at(
    worker: Planner | Courier | ServiceWatch, name: str, database_url: str, stop: threading.Event, pace: Pace
) -> Callable[[], None]:
    return lambda: keep_at(worker, stop, database_url=database_url, name=name, first_pause_s=pace.first_pause_s)


def _trouble(planner: Planner, watch: ServiceWatch) -> str | None:
    now_s = time.monotonic()
    if now_s - planner.succeeded_s > _PLANNING_STUCK_S:
        return "nothing has been planned lately"
    if watch.behind is None or now_s - watch.looked_s > _PLANNING_STUCK_S:
        return "the service has not been looked at lately"
    return f"behind or failing: {', '.join(watch.behind)}" if watch.behind else None
