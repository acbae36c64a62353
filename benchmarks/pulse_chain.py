"""The whole chain of loggers, broker, ingest and evaluator, and how long the oldest mark waits meanwhile."""

import argparse
import contextlib
import json
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx

from benchmarks.acting import BENCHMARK
from benchmarks.depot import evaluate_all_due, fill_depot, lot_name, refuse_otherwise_judged
from benchmarks.parts import (
    API,
    EVALUATOR,
    INGEST,
    WORKED_OFF_WITHIN_S,
    Parts,
    environment_of,
    until,
    until_nothing_waits,
    value,
    waiting_s,
)
from benchmarks.rounds import ratio
from service.domain.instant import from_datetime
from service.local.servers import LocalServers
from service.store.migrate import migrate
from service.store.pool import Connection, connect
from tests.keyed import HEADERS, add_tester
from tests.ports import free_port

_ALONE_S = 20.0
_WARM_UP_S = 3.0
_BURSTS = 5
_KEEPS_UP_S, _SETTLED_S = 1.0, 900.0
_LOOK_EVERY_S = 0.05
_ASK_EVERY_S = 0.25
_READINGS = "SELECT count(*) FROM readings"


class Watch:
    """While entered: how long the oldest mark waits, and whether any lot's answer is withdrawn for it.

    Attributes:
        waits_s: of the oldest mark, at each look.
        asked, behind: statuses that were asked for, and lots of which one said that the evaluator is behind.
    """

    def __init__(self, database_url: str, api_url: str, freezers: int, lots: int) -> None:
        self._database_url, self._api_url = database_url, api_url
        self._freezers, self._lots = freezers, lots
        self._chance = random.Random(0)
        self.waits_s: list[float] = []
        self.asked = 0
        self.behind: list[str] = []
        self._over = threading.Event()
        self._threads = ThreadPoolExecutor(2)

    def __enter__(self) -> "Watch":
        self._watching = [self._threads.submit(self._look), self._threads.submit(self._ask)]
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for watching in self._watching:
            watching.result()
        self._threads.shutdown()

    def _look(self) -> None:
        with connect(self._database_url, application="benchmark watch", actor=BENCHMARK) as connection:
            while not self._over.wait(_LOOK_EVERY_S):
                self.waits_s.append(waiting_s(connection))

    def _ask(self) -> None:
        with httpx.Client(base_url=self._api_url, timeout=30, headers=HEADERS) as client:
            while not self._over.wait(_ASK_EVERY_S):
                lot = lot_name(self._chance.randrange(self._freezers), self._chance.randrange(self._lots))
                status = client.get(f"/v1/lots/{lot}/status").raise_for_status().json()
                self.asked += 1
                if "evaluator_behind" in {reason["code"] for reason in status["reasons"]}:
                    self.behind.append(lot)


class Chain:
    """Loggers of the depot that publish, and ingest that stores; with it or without it the evaluator."""

    def __init__(self, servers: LocalServers, connection: Connection, loggers: int) -> None:
        self._environment = environment_of(servers)
        self._connection = connection
        self._loggers = loggers

    @contextlib.contextmanager
    def publishing(self, *how: str) -> Iterator[subprocess.Popen[str]]:
        """A publisher that is ready, until the end."""
        command = ["-m", "benchmarks.pulse_publisher", "--loggers", str(self._loggers)]
        with subprocess.Popen(
            [sys.executable, *command, *how],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert _line(process) == "ready\n"
                yield process
            finally:
                process.terminate()
                process.communicate()

    def rate_alone(self) -> float:
        """Readings a second that ingest stores beside a publisher that publishes all it can, with no evaluator."""
        with self.publishing():
            until(lambda: self.stored() > 0, "ingest stores nothing")
            time.sleep(_WARM_UP_S)
            before, started_s = self.stored(), time.perf_counter()
            time.sleep(_ALONE_S)
            rate = (self.stored() - before) / (time.perf_counter() - started_s)
        self.until_stored()
        return rate

    def paced(self, rate: float, for_s: float, watch: Watch) -> tuple[int, float]:
        """Readings published at a rate, until all are stored and evaluated; how many, and how many a second.

        It is watched once the evaluator keeps up: after the silence before, every lot is judged anew first.
        """
        with self.publishing("--rate", str(rate)) as publisher:
            started_s = time.monotonic()
            time.sleep(_WARM_UP_S)
            waits = partial(waiting_s, self._connection)
            until(lambda: waits() < _KEEPS_UP_S, "the evaluator never keeps up", within_s=_SETTLED_S)
            print(f"  after the silence before, it kept up again in {time.monotonic() - started_s:.0f} s", flush=True)
            with watch:
                time.sleep(for_s)
            publisher.terminate()
            said = json.loads(_line(publisher))
        self.until_stored()
        until_nothing_waits(self._connection)
        return said["readings"], said["readings"] / said["took_s"]

    def bursts(self) -> list[float]:
        """Each logger once, all in the same second, several times; seconds in which they were published."""
        took_s = []
        with self.publishing("--once") as publisher:
            assert publisher.stdin is not None
            for _ in range(_BURSTS):
                publisher.stdin.write("\n")
                publisher.stdin.flush()
                took_s.append(json.loads(_line(publisher))["took_s"])
                self.until_stored()
                until_nothing_waits(self._connection)
        return took_s

    def stored(self) -> int:
        """Readings stored."""
        return int(value(self._connection, _READINGS))

    def until_stored(self) -> None:
        """Wait until ingest has stored all that the broker has for it: no more comes."""
        known = -1

        def still() -> bool:
            nonlocal known
            before, known = known, self.stored()
            return known == before

        until(still, "ingest does not come to an end", poll_s=1.0, within_s=WORKED_OFF_WITHIN_S)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def print_chain(servers: LocalServers, given: argparse.Namespace) -> None:
    """The oldest mark's wait at half the rate of ingest alone, and when all loggers report within a second."""
    port = free_port()
    parts = Parts(servers, "chain", http_port=port)
    api_url = f"http://127.0.0.1:{port}"
    with connect(parts.database_url, application="benchmark", actor=BENCHMARK) as connection:
        migrate(connection)
        add_tester(connection)
        fill_depot(connection, given.loggers, given.lots, datetime.now(UTC) - timedelta(minutes=5))
        evaluate_all_due(connection, from_datetime(datetime.now(UTC)))
        chain = Chain(servers, connection, given.loggers)
        with parts.running(*INGEST):
            rate = chain.rate_alone()
            print(f"  ingest alone stores {rate:,.0f} readings/s beside a publisher", flush=True)
            with parts.running(*EVALUATOR), parts.running(*API):
                until_nothing_waits(connection)
                until(lambda: _is_served(api_url), "the API does not answer")
                watch = Watch(parts.database_url, api_url, given.loggers, given.lots)
                published, paced_rate = chain.paced(rate / 2, given.chain_s, watch)
                assert paced_rate > 0.95 * rate / 2, f"they published only {paced_rate:,.0f} readings/s"
                half_s = _told(f"{published:,} readings at {paced_rate:,.0f}/s", watch)
                watch = Watch(parts.database_url, api_url, given.loggers, given.lots)
                with watch:
                    took_s = chain.bursts()
                assert max(took_s) < 1, f"the loggers needed {max(took_s):.1f} s to publish"
                burst_s = _told(f"all {given.loggers:,} within {max(took_s):.2f} s, {_BURSTS} times", watch)
        now_us = from_datetime(datetime.now(UTC))
        evaluate_all_due(connection, now_us)
        refuse_otherwise_judged(connection, now_us)
    ratio("pulse_wait_p99_s", max(half_s, burst_s))


def _told(what: str, watch: Watch) -> float:
    """The wait that only one look of a hundred exceeds, seconds; it fails if any answer was withdrawn."""
    p99_s = statistics.quantiles(watch.waits_s, n=100)[-1]
    print(
        f"  {what}: the oldest mark waited {statistics.median(watch.waits_s):.2f} s in the median, p99 {p99_s:.2f} s, "
        f"{max(watch.waits_s):.2f} s at most; {watch.asked} statuses, behind {len(watch.behind)}",
        flush=True,
    )
    assert watch.asked, "no status was asked for"
    assert not watch.behind, f"the answer of {watch.behind[0]} was withdrawn: the evaluator was behind"
    return p99_s


def _is_served(api_url: str) -> bool:
    try:
        return httpx.get(f"{api_url}/healthz", timeout=1).is_success
    except httpx.HTTPError:
        return False
