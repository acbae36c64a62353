"""Counters of ingest, written where the API can tell of them: now and then, and beside the work, not within it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog

from service.store.pool import connect
from service.store.tallies import Counters, ProcessTally, put_tally

log = structlog.get_logger()

_EVERY_S = 10.0
_STATEMENT_TIMEOUT_S = 5.0


@contextmanager
def tallies_written(
    database_url: str, process: str, counters: Callable[[], Counters], every_s: float = _EVERY_S
) -> Iterator[None]:
    """Meanwhile, write what `counters` gives every few seconds, and once more at the end.

    What cannot be written now is written next time: counters only grow.
    """
    started_at = datetime.now(UTC)
    stop = threading.Event()

    def write() -> None:
        try:
            with connect(
                database_url, application="ingest tallies", statement_timeout_s=_STATEMENT_TIMEOUT_S
            ) as connection:
                put_tally(connection, ProcessTally(process, started_at, datetime.now(UTC), counters()))
        except Exception as error:  # whatever it was, the next try may succeed, and nothing depends on this one
            log.warning("counters not written; they will be with the next", error=str(error).strip())

    def work() -> None:
        while not stop.wait(every_s):
            write()
        write()

    thread = threading.Thread(target=work, name="tallies", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(2 * _STATEMENT_TIMEOUT_S)
