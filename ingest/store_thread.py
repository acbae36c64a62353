"""The database side: one batch at a time, in a thread of its own, over a connection that is renewed when it failed."""

import queue
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future

from ingest.messages import Message, Prepared
from ingest.writer import Writer
from service.domain.identity.actor import part
from service.store.migrate import refuse_unmigrated
from service.store.pool import Connection, connect, cut

#: How long the database's answer waits while the other thread decodes. By default it is five milliseconds, at every
#: one of a batch's ten round trips; much shorter, and the threads drive each other out (DECISIONS.md, 9).
_SWITCH_AFTER_S = 0.0002

_Job = tuple[Sequence[Message], Prepared | None, "Future[None]"]


class StoreThread:
    """Stores batches in the order they are given. Its thread alone uses the connection and the writer."""

    def __init__(self, database_url: str, writer: Writer, statement_timeout_s: float) -> None:
        self._database_url = database_url
        self._writer = writer
        self._statement_timeout_s = statement_timeout_s
        self._connection: Connection | None = None
        sys.setswitchinterval(_SWITCH_AFTER_S)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        # A daemon: if it hangs for ever, the process can end all the same, and the broker still has the batch.
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)
        self._thread.start()

    def store(self, batch: Sequence[Message], prepared: Prepared | None) -> "Future[None]":
        """Done without an exception once the batch is committed; with any exception it is to be given again."""
        stored: Future[None] = Future()
        self._jobs.put((batch, prepared, stored))
        return stored

    def cut(self) -> None:
        """Give up the batch at work: its connection is ended under it."""
        connection = self._connection
        if connection is not None:
            cut(connection)

    def close(self, within_s: float) -> None:
        """End the thread and its connection, after what it was given."""
        self._jobs.put(None)
        self._thread.join(within_s)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            batch, prepared, stored = job
            try:
                self._store(batch, prepared)
            except BaseException as error:  # handed on: whoever waits for the batch must hear of it
                self._disconnect()
                stored.set_exception(error)
            else:
                stored.set_result(None)
        self._disconnect()

    def _store(self, batch: Sequence[Message], prepared: Prepared | None) -> None:
        if self._connection is None:
            self._connection = connect(
                self._database_url,
                application="ingest",
                statement_timeout_s=self._statement_timeout_s,
                actor=part("ingest"),
            )
            refuse_unmigrated(self._connection)
            self._writer.forget()
        self._writer.write(self._connection, batch, prepared)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
