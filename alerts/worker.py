"""Work over a connection to the database, done again and again, whatever happens to the database meanwhile."""

import threading
from typing import Protocol

import structlog

from alerts.delivery.backoff import FIRST_S, BackOff
from service.domain.identity.actor import part
from service.logs import Outage
from service.store.migrate import MigrationError, refuse_unmigrated
from service.store.pool import Connection, DatabaseAwayError, connect

log = structlog.get_logger()

_STATEMENT_TIMEOUT_S = 20
#: A database that is back is not kept waiting for longer.
_LONGEST_PAUSE_S = 2.0


class Worker(Protocol):
    """Somebody with something to do."""

    def begin(self, connection: Connection) -> None:
        """Called first for every new connection."""

    def work(self, connection: Connection) -> None:
        """One time; it waits by itself for the next."""


def database_outage() -> Outage:
    """One for all that a process keeps at: what is away for one is away for all."""
    return Outage("database away, trying again", "the database is back")


def run_worker(
    worker: Worker,
    stop: threading.Event,
    *,
    database_url: str,
    name: str,
    first_pause_s: float = FIRST_S,
    outage: Outage | None = None,
) -> None:
    """Let somebody work until told to stop; after an error, over a new connection."""
    pause = BackOff(first_pause_s, _LONGEST_PAUSE_S)
    outage = outage or database_outage()
    while not stop.is_set():
        try:
            with connect(
                database_url,
                application=f"alerts {name}",
                statement_timeout_s=_STATEMENT_TIMEOUT_S,
                actor=part("alerts"),
            ) as connection:
                refuse_unmigrated(connection)
                worker.begin(connection)
                outage.is_over()
                while not stop.is_set():
                    worker.work(connection)
                    pause.succeeded()
        except (*DatabaseAwayError, MigrationError) as error:
            pause.failed()
            outage.goes_on(str(error).strip(), part=name)
            stop.wait(pause.pause_s)
        except Exception:
            # A thread that dies tells nobody anything; better to complain and go on.
            pause.failed()
            log.exception("this went wrong, trying again", part=name)
            stop.wait(pause.pause_s)
