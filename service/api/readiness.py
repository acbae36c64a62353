"""Whether the service is ready: the database is reached, clocks agree, ingest works, and the evaluator keeps up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from service.domain.instant import from_datetime
from service.domain.intake.ingest_work import not_working
from service.errors import UnbrokenError
from service.logs import Outage
from service.settings import Settings
from service.store.clocks import whose_is_wrong
from service.store.dirty import kept_waiting_since
from service.store.intake.heartbeats import heartbeats
from service.store.migrate import refuse_unmigrated
from service.store.pool import Connection, DatabaseAwayError, connect

log = structlog.get_logger()

#: Ingest says every few seconds that it works; one that has not for this long is not ready, before anybody is called.
_INGEST_WITHIN_S = 30.0
_LOOK_EVERY_S = 10.0
#: What is so at this many looks in a row is said: everything may just be starting.
_LOOKS = 2


@dataclass(frozen=True, slots=True)
class Readiness:
    """Parts, each ``ok`` or what is wrong; `why`: in words; empty: all are well."""

    parts: dict[str, str]
    why: str


def readiness(connection: Connection, settings: Settings, now: datetime) -> Readiness:
    """How the service does now. Of ingest nothing is said where it never ran."""
    tolerance_us = settings.clock_tolerance_us
    disagreement = whose_is_wrong(connection, f"the API on {socket.gethostname()}", now, tolerance_us)
    parts, why = {"database": "ok", "evaluator": "ok"}, []
    waiting_s = waiting_for_s(kept_waiting_since(connection), now)
    if waiting_s > settings.evaluator_behind_s:
        parts["evaluator"] = "behind"
        why.append(
            f"the evaluator is behind: a change has waited for {waiting_s:.0f} s; see that `unbroken evaluate` runs"
        )
    if disagreement is not None:
        parts["clocks"] = "disagree"
        why.append(f"{disagreement}; set it right, and see `unbroken doctor`")
    if ingesting := [heartbeat.work() for heartbeat in heartbeats(connection)]:
        trouble = not_working(ingesting, from_datetime(now), _INGEST_WITHIN_S)
        parts["ingest"] = "behind" if trouble else "ok"
        if trouble:
            why.append(f"ingest is behind: {trouble.why}")
    return Readiness(parts, "; ".join(why))


def waiting_for_s(since: datetime | None, now: datetime) -> float:
    """How long something has waited; 0: nothing does."""
    return 0.0 if since is None else (now - since).total_seconds()


class Said:
    """Says in the log that the service is behind, why, and when it no longer is: each once."""

    def __init__(self) -> None:
        self._looks = 0

    def note(self, why: str) -> None:
        """What was found at one more look; empty: all is well."""
        if not why:
            if self._looks >= _LOOKS:
                log.info("the service is no longer behind")
            self._looks = 0
            return
        self._looks += 1
        if self._looks == _LOOKS:
            log.error("the service is behind", why=why)


@contextmanager
def readiness_said(settings: Settings, every_s: float = _LOOK_EVERY_S) -> Iterator[None]:
    """Meanwhile somebody looks now and then, and says in the log what people would else find out by asking."""
    stop = threading.Event()
    database = Outage("the database cannot be used, so every answer is 503", "the database can be used")
    said = Said()

    def look(*, at_start: bool = False) -> None:
        # Over a connection of its own: that the pool has none to give tells no reason.
        try:
            with connect(settings.database_url, application="api look", statement_timeout_s=30) as connection:
                refuse_unmigrated(connection)
                database.is_over()
                if not at_start:
                    said.note(readiness(connection, settings, datetime.now(UTC)).why)
        except (*DatabaseAwayError, UnbrokenError) as error:
            database.goes_on(" ".join(str(error).split()))
        except Exception as error:  # what nobody foresaw: looking goes on
            said.note(f"it cannot be looked at: {error!r:.200}")

    def keep_looking() -> None:
        look(at_start=True)
        while not stop.wait(every_s):
            look()

    thread = threading.Thread(target=keep_looking, name="readiness", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(1)
