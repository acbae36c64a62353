"""Counters of ingest and whether it works, written every few seconds: beside the work, not within it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ingest.health import Health
from service.logs import Outage
from service.store.clocks import tell
from service.store.intake.heartbeats import Counters, Heartbeat, save_heartbeat
from service.store.migrate import refuse_unmigrated
from service.store.pool import connect

_FIRST_S, _EVERY_S = 1.0, 5.0
_STATEMENT_TIMEOUT_S = 5.0


@contextmanager
def heartbeats_written(
    database_url: str,
    process: str,
    counters: Callable[[], Counters],
    every_s: float = _EVERY_S,
    *,
    health: Callable[[], Health] | None = None,
    set_aside: Callable[[], int] = lambda: 0,
) -> Iterator[None]:
    """Meanwhile, write what `counters` gives every few seconds, and once more at the end.

    What cannot be written now is written next time: counters only grow.

    Args:
        health: whether the process works, as the loop itself says: this thread lives on beside one that is dead.
        set_aside: how many messages are in the folder of last resort.
    """
    started_at = datetime.now(UTC)
    outage = Outage("counters not written; they will be later", "counters are written again")
    stop = threading.Event()

    def heartbeat(now: datetime) -> Heartbeat:
        found = Heartbeat(process, started_at, now, counters(), set_aside=_counted(set_aside))
        if health is None:
            return replace(found, stopped=stop.is_set())
        well, now_s = health(), time.monotonic()
        return replace(
            found,
            works_since=_instant(well.since_s, now, now_s),
            works_until=_instant(well.until_s, now, now_s),
            trouble=well.trouble,
            stopped=stop.is_set(),
        )

    migrated = False

    def write() -> None:
        nonlocal migrated
        try:
            with connect(
                database_url, application="ingest heartbeat", statement_timeout_s=_STATEMENT_TIMEOUT_S
            ) as connection:
                if not migrated:
                    refuse_unmigrated(connection)
                    migrated = True
                now = datetime.now(UTC)
                tell(connection, f"ingest {process} on {socket.gethostname()}", now)
                save_heartbeat(connection, heartbeat(now))
            outage.is_over()
        except Exception as error:  # whatever it was, the next try may succeed, and nothing depends on this one
            outage.goes_on(str(error).strip())

    def keep_writing() -> None:
        # The first soon: whoever starts everything anew waits for a word.
        pause_s = min(_FIRST_S, every_s)
        while not stop.wait(pause_s):
            write()
            pause_s = every_s
        write()

    thread = threading.Thread(target=keep_writing, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(2 * _STATEMENT_TIMEOUT_S)


def _instant(at_s: float | None, now: datetime, now_s: float) -> datetime | None:
    return None if at_s is None else now - timedelta(seconds=now_s - at_s)


def _counted(count: Callable[[], int]) -> int:
    try:
        return count()
    except OSError:
        # Whoever cannot read the folder now may later.
        return 0
