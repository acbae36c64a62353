"""Ingest as whole processes: what it holds while the database is away, and what a second one adds."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.queue import Queue, filled_queue
from ingest.address import Broker

#: Nobody listens here.
_NO_DATABASE = "postgresql://postgres@127.0.0.1:9/unbroken"


@contextlib.contextmanager
def ingesting(queue: Queue, database_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """One ingest process on the session of a queue."""
    broker = queue.broker
    environment = {
        **os.environ,
        "UNBROKEN_DATABASE_URL": database_url,
        "UNBROKEN_MQTT_URL": f"mqtt://{broker.username}:{broker.password}@{broker.host}:{broker.port}",
        "UNBROKEN_MQTT_CLIENT_ID": queue.client_id,
        "UNBROKEN_DIALECTS": json.dumps({queue.topic: "coldchain_v1"}),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "ingest"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def drained(processes: int, broker: Broker, database_url: str, messages: int, rows: Callable[[], int]) -> float:
    """Messages a second from the first row stored to the last, by so many processes with disjoint topics."""
    queues = [filled_queue(broker, messages // processes, 1) for _ in range(processes)]
    with contextlib.ExitStack() as running:
        for queue in queues:
            running.enter_context(ingesting(queue, database_url))
        _wait_for(rows, 1)
        before, started_s = rows(), time.perf_counter()
        _wait_for(rows, messages)
        took_s = time.perf_counter() - started_s
    return (messages - before) / took_s


def outage_extra_mb(broker: Broker, messages: int) -> float:
    """Megabytes an ingest process grows by while its database is away and so many messages wait for it."""
    empty = filled_queue(broker, 0, 1)
    with ingesting(empty, _NO_DATABASE) as process:
        time.sleep(3)
        idle_mb = _resident_mb(process.pid)
    waiting = filled_queue(broker, messages, 1)
    with ingesting(waiting, _NO_DATABASE) as process:
        most_mb = 0.0
        for _ in range(150):
            time.sleep(0.1)
            most_mb = max(most_mb, _resident_mb(process.pid))
    return most_mb - idle_mb


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def _wait_for(rows: Callable[[], int], wanted: int) -> None:
    deadline_s = time.perf_counter() + 300
    while rows() < wanted:
        assert time.perf_counter() < deadline_s, "the queue was not drained"
        time.sleep(0.02)
