"""Parts of the service as whole processes, with their defaults, and a database of their own."""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.depot import unseen_logs
from service.local.servers import LocalServers, local_servers, remove
from service.store.pool import Connection

INGEST = ("-m", "ingest")
EVALUATOR = ("-m", "service", "evaluate")
API = ("-m", "service", "serve")

#: For a part that starts, and for one that has much to work off.
_SOON_S, WORKED_OFF_WITHIN_S = 60.0, 600.0


def environment_of(servers: LocalServers) -> dict[str, str]:
    """Of a process beside the servers: addresses with passwords are no arguments, which everybody sees."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("UNBROKEN_")},
        "UNBROKEN_DATABASE_URL": servers.database_url,
        "UNBROKEN_MQTT_URL": servers.mqtt_url,
    }


class Parts:
    """One database, and the processes that work with it.

    Attributes:
        database_url: a database that was made for them, still empty.
    """

    def __init__(self, servers: LocalServers, database: str, **settings: object) -> None:
        self.database_url = servers.database.create_database(database)
        self._environment = {
            **environment_of(servers),
            "UNBROKEN_DATABASE_URL": self.database_url,
            **{f"UNBROKEN_{name.upper()}": str(value) for name, value in settings.items()},
        }

    @contextlib.contextmanager
    def running(self, *command: str, count: int = 1) -> Iterator[list[int]]:
        """So many processes of one part; their ids. What they said is shown if anything fails meanwhile."""
        with contextlib.ExitStack() as ending:
            log = ending.enter_context(tempfile.NamedTemporaryFile("w+", encoding="utf-8"))
            pids = []
            for _ in range(count):
                process = subprocess.Popen(
                    [sys.executable, *command], env=self._environment, stdout=log, stderr=subprocess.STDOUT
                )
                ending.callback(process.wait)
                ending.callback(process.terminate)
                pids.append(process.pid)
            try:
                yield pids
            except BaseException:
                print(f"--- {' '.join(command)}\n{Path(log.name).read_text(encoding='utf-8')[-2_000:]}", flush=True)
                raise


def value(connection: Connection, query: str) -> Any:
    """The one value of a query."""
    row = connection.execute(query).fetchone()
    assert row is not None
    return next(iter(row.values()))


def waiting_s(connection: Connection) -> float:
    """How long the oldest mark has waited for an evaluator; 0 if none waits."""
    query = "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(marked_at)), 0)::float8 FROM dirty"
    return float(value(connection, query))


def until(holds: Callable[[], bool], otherwise: str, *, poll_s: float = 0.05, within_s: float = _SOON_S) -> None:
    """Wait for it."""
    deadline_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline_s, otherwise
        time.sleep(poll_s)


def until_nothing_waits(connection: Connection) -> None:
    """Wait until no mark is left."""
    until(
        lambda: not value(connection, "SELECT EXISTS (SELECT FROM dirty)"),
        "the evaluators do not come to an end",
        within_s=WORKED_OFF_WITHIN_S,
    )


def measure_parts(
    measures: Mapping[str, Callable[[LocalServers, argparse.Namespace], None]], given: argparse.Namespace
) -> None:
    """Measure all, or the one that is asked for by `given.only`, on servers of their own."""
    name = f"test-{os.getpid()}-bench"
    unseen_logs()
    with local_servers(name, print) as servers:
        for part, measure in measures.items():
            if given.only in {None, part}:
                measure(servers, given)
    remove(name)
