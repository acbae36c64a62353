"""One alerts process: a planner, a courier a receiver, a watch over the service, a sealer of the audit trail, and calls
to a monitor outside."""

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import structlog

from alerts.delivery.courier import Courier, Pace
from alerts.messages.message_writer import MessageWriter
from alerts.planner import Planner
from alerts.receivers.receiver import Receiver
from alerts.sealer import Sealer
from alerts.watch.monitor import Monitor
from alerts.watch.on_call_watch import OnCallWatch
from alerts.watch.service_watch import ServiceWatch
from alerts.worker import database_outage, run_worker
from service.domain.clocks import CLOCK_TOLERANCE_US
from service.logs import Outage

log = structlog.get_logger()

#: How long a stop waits for messages under way. One that takes longer is abandoned, and sent again after the start.
_GRACE_S = 2.0

#: The longest a thread sleeps without looking whether it is to stop.
_LONGEST_POLL_S = 1.0

#: How soon a receiver that was added to the on-call file has somebody to serve it.
_LOOKS_EVERY_S = 1.0

#: A planner that has not come to the end of a round for this long is stuck, or has no database.
_PLANNING_STUCK_S = 30.0


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """What is watched of the service itself. `monitor_url`: empty: nobody outside watches us."""

    evaluator_behind_s: float = 15.0
    monitor_url: str = ""
    monitor_every_s: float = 60.0
    clock_tolerance_us: int = CLOCK_TOLERANCE_US


def _utc_now() -> datetime:
    return datetime.now(UTC)


def run_threads(
    database_url: str,
    writer: MessageWriter,
    receivers: Sequence[Receiver],
    stop: threading.Event,
    *,
    watching: WatchSettings | None = None,
    pace: Pace | None = None,
    clock: Callable[[], datetime] = _utc_now,
    on_call: OnCallWatch | None = None,
) -> None:
    """Tell everybody what they have yet to be told, until told to stop.

    Args:
        watching: None: nothing is watched, and no audit trail sealed.
        on_call: looks after the files that writer and receivers are from, while anything is watched.

    Raises:
        SettingError: the monitor's address cannot be used.
    """
    pace = pace or Pace()
    poll_s = min(pace.poll_s, _LONGEST_POLL_S)
    who = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    planner = Planner(writer, clock, poll_s, who)
    kept_at = partial(_kept_at, database_url=database_url, pace=pace, outage=database_outage())
    work: list[Callable[[], None]] = [kept_at(planner, "planner", stop)]
    if watching is not None:
        watch = ServiceWatch(
            [receiver.name for receiver in receivers],
            watching.evaluator_behind_s,
            clock,
            wait=stop.wait,
            on_call=on_call,
            clock_tolerance_us=watching.clock_tolerance_us,
        )
        sealer = Sealer(clock, wait=stop.wait)
        work += [kept_at(watch, "service watch", stop), kept_at(sealer, "sealer", stop)]
        if watching.monitor_url:
            monitor = Monitor(
                watching.monitor_url, watching.monitor_every_s, lambda: _trouble(planner, watch), lambda: sealer.head
            )
            work.append(lambda: monitor.run(stop))
    threads = [_started(one, f"alerts-{number}") for number, one in enumerate(work)]
    couriers: dict[str, _RunningCourier] = {}

    def serve(some: Sequence[Receiver]) -> None:
        """A courier for each of these receivers, and for no other."""
        for name, running in list(couriers.items()):
            if not any(receiver is running.receiver for receiver in some):
                running.stop.set()
                del couriers[name]
        for receiver in some:
            if receiver.name not in couriers:
                leave = threading.Event()
                courier = Courier(receiver, who, writer, pace, clock, leave)
                thread = _started(kept_at(courier, receiver.name, leave), f"to {receiver.name}")
                couriers[receiver.name] = _RunningCourier(receiver, leave, thread)

    serve(receivers)
    log.info("telling", receivers=[receiver.name for receiver in receivers])
    while not stop.wait(_LOOKS_EVERY_S):
        if on_call is not None:
            serve(on_call.receivers)
    for running in couriers.values():
        running.stop.set()
    deadline_s = time.monotonic() + _GRACE_S
    for thread in [*threads, *(running.thread for running in couriers.values())]:
        thread.join(max(0.0, deadline_s - time.monotonic()))


@dataclass(frozen=True, slots=True)
class _RunningCourier:
    """A courier in its thread, and what sends it home."""

    receiver: Receiver
    stop: threading.Event
    thread: threading.Thread


def _started(work: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


def _kept_at(
    worker: Planner | Courier | ServiceWatch | Sealer,
    name: str,
    stop: threading.Event,
    *,
    database_url: str,
    pace: Pace,
    outage: Outage,
) -> Callable[[], None]:
    return lambda: run_worker(
        worker, stop, database_url=database_url, name=name, first_pause_s=pace.first_pause_s, outage=outage
    )


def _trouble(planner: Planner, watch: ServiceWatch) -> str | None:
    now_s = time.monotonic()
    if now_s - planner.succeeded_s > _PLANNING_STUCK_S:
        return "nothing has been planned lately"
    if watch.behind is None or now_s - watch.looked_s > _PLANNING_STUCK_S:
        return "the service has not been looked at lately"
    return f"behind or failing: {', '.join(watch.behind)}" if watch.behind else None
