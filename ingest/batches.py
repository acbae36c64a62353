"""From messages that wait to batches that are stored: one is stored by a second thread while the next is made ready.

So the database never waits for us. While it is away both wait in memory, in the order of arrival. A batch that is not
stored in time has its database connection cut, and is tried again.
"""

import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass

import structlog

from ingest.backlog import Backlog
from ingest.health import HealthWatch
from ingest.messages import Message, Prepared
from ingest.store_thread import StoreThread
from ingest.writer import Writer
from service.logs import Outage

log = structlog.get_logger()

#: Of a keepalive: a statement that takes longer is given up.
_STATEMENT_SHARE = 0.75
#: Of a keepalive: a batch that takes longer has its connection cut.
_BATCH_SHARE = 2


@dataclass(frozen=True, slots=True)
class _Ready:
    """The next batch, decoded."""

    batch: list[Message]
    prepared: Prepared | None


@dataclass(slots=True)
class _Storing:
    """A batch in the hands of the second thread."""

    batch: list[Message]
    stored: Future[None]
    overdue_at_s: float


class Batches:
    """What was received and is not committed yet. All of it is used by the thread that receives."""

    def __init__(
        self,
        database_url: str,
        writer: Writer,
        *,
        window: int,
        batch_messages: int,
        batch_age_s: float,
        keepalive_s: float,
        most_bytes: int,
        health: HealthWatch,
    ) -> None:
        """The second thread begins to wait for work.

        Args:
            window: at most this many messages come over one connection before some are acknowledged.
            batch_messages, batch_age_s: a batch is due with this many messages, or when its first is this old.
            keepalive_s: measures how long the database may take.
            most_bytes: with payloads of more that wait, nothing is received until some are stored.
            health: hears what was stored, and what was not and why.
        """
        self._writer = writer
        self._overdue_after_s = _BATCH_SHARE * keepalive_s
        self._health = health
        self._not_stored = Outage("not stored; the batch is kept", "batches are stored again")
        self._backlog = Backlog(window, batch_messages, batch_age_s, most_bytes)
        self._ready: _Ready | None = None
        self._storing: _Storing | None = None
        self._thread = StoreThread(database_url, writer, _STATEMENT_SHARE * keepalive_s)

    def __len__(self) -> int:
        """Messages that are in no batch yet."""
        return len(self._backlog)

    def held(self) -> int:
        """All messages that are here: a batch that cannot be stored will wait again."""
        ready = len(self._ready.batch) if self._ready else 0
        return len(self._backlog) + ready + (len(self._storing.batch) if self._storing else 0)

    def is_full(self) -> bool:
        """Whether nothing more may be received for now."""
        return self._backlog.is_full()

    def is_storing(self) -> bool:
        """Whether a batch is with the second thread."""
        return self._storing is not None

    def add(self, message: Message) -> None:
        """One more message, after all others."""
        self._backlog.add(message)

    def drop_duplicates(self) -> None:
        """Of several deliveries of one message, hold one."""
        self._backlog.drop_duplicates()

    def committed(self) -> list[Message]:
        """The messages that were committed since this was asked last, to be acknowledged in this order."""
        if self._storing is None:
            return []
        if self._storing.stored.done():
            return self._finish(self._storing)
        if time.monotonic() >= self._storing.overdue_at_s:
            self._cut(self._storing)
        return []

    def begin_if_due(self, *, quiet: bool) -> None:
        """Make the next batch ready if it is due, and have it stored if none is being stored.

        Args:
            quiet: nothing more has come just now, so waiting would gather nothing.
        """
        if self._ready is None and self._backlog.is_due(time.monotonic(), quiet=quiet):
            self._make_ready()
        if self._storing is None and self._ready is not None:
            self._begin(self._ready)

    def finish(self) -> Iterator[list[Message]]:
        """One try for all that is here; gives each batch that is committed. The broker has the rest all the same."""
        failed = False
        while not failed:
            if self._ready is None and len(self._backlog):
                self._make_ready()
            if self._storing is None and self._ready is not None:
                self._begin(self._ready)
            storing = self._storing
            if storing is None:
                return
            if wait([storing.stored], timeout=max(0.0, storing.overdue_at_s - time.monotonic())).not_done:
                self._cut(storing)
                return
            failed = storing.stored.exception() is not None
            yield self._finish(storing)

    def close(self, within_s: float) -> None:
        """End the second thread and its connection, after what it was given."""
        self._thread.close(within_s)

    def _make_ready(self) -> None:
        batch = self._backlog.take()
        self._ready = _Ready(batch, self._writer.prepared(batch))

    def _begin(self, ready: _Ready) -> None:
        self._ready = None
        stored = self._thread.store(ready.batch, ready.prepared)
        self._storing = _Storing(ready.batch, stored, time.monotonic() + self._overdue_after_s)

    def _cut(self, storing: _Storing) -> None:
        log.warning("the database does not answer; its connection is cut", messages=len(storing.batch))
        storing.overdue_at_s = time.monotonic() + self._overdue_after_s
        self._thread.cut()

    def _finish(self, storing: _Storing) -> list[Message]:
        """The batch if it is committed; else it is kept for another try, and nothing is."""
        self._storing = None
        error = storing.stored.exception()
        if error is None:
            self._not_stored.is_over()
            self._backlog.stored()
            self._health.stored(time.monotonic())
            return storing.batch
        # In the order they came, and so will they be acknowledged.
        ready = self._ready.batch if self._ready else []
        self._ready = None
        self._backlog.give_back([*storing.batch, *ready], time.monotonic())
        what = f"{type(error).__name__}: {str(error).strip()}"
        self._not_stored.goes_on(what, messages=len(self._backlog))
        self._health.cannot_store(what)
        return []
