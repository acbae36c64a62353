"""Ingest, evaluator and alerts as whole processes with their own defaults, and loggers that publish to them."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.acting import BENCHMARK
from benchmarks.latency_arrivals import Arrivals
from benchmarks.latency_freezers import Freezer, topic
from benchmarks.parts import environment_of
from ingest.address import parse_broker
from service.local.servers import LocalServers
from service.store.pool import connect

_PARTS = {
    "ingest": ("-m", "ingest"),
    "evaluator": ("-m", "service", "evaluate"),
    "alerts": ("-m", "alerts"),
}
_SETTLED_WITHIN_S = 120.0


class Service:
    """What is measured, running."""

    def __init__(self, servers: LocalServers, arrivals: Arrivals, logs: Path) -> None:
        self._logs = logs
        self._environment = {
            **environment_of(servers),
            "UNBROKEN_ALERT_WEBHOOK_URL": arrivals.url,
        }
        self.connection = connect(servers.database_url, application="benchmark", actor=BENCHMARK)
        self.client = connected(servers.mqtt_url)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """All parts; their logs are kept apart, one file each."""
        with contextlib.ExitStack() as ending:
            for part, arguments in _PARTS.items():
                log = ending.enter_context((self._logs / f"{part}.log").open("wb"))
                process = subprocess.Popen(
                    [sys.executable, *arguments], env=self._environment, stdout=log, stderr=subprocess.STDOUT
                )
                ending.callback(process.wait)
                ending.callback(process.terminate)
            self._wake()
            yield

    def _wake(self) -> None:
        """What is published before ingest has opened its session is lost, so publish until something arrives."""

        def stored() -> bool:
            self.publish(Freezer("wake-up", "wake-up"), -80.0)
            return self.readings() > 0

        self._wait_for(stored, "ingest stores nothing")
        time.sleep(1.0)
        self.settle(1)

    def publish(self, freezer: Freezer, temperature_c: float) -> float:
        """One reading of now; when that was, seconds since 1970."""
        now_s = time.time()
        reading = {"measured_at": int(1_000 * now_s), "temperature_c": temperature_c}
        self.client.publish(topic(freezer), json.dumps(reading), qos=1)
        return now_s

    def readings(self) -> int:
        """Readings stored."""
        return self._count("readings")

    def report(self, freezers: Sequence[Freezer], temperature_c: float) -> None:
        """Each of these freezers is heard of, and the evaluator has seen to it."""
        wanted = self.readings() + len(freezers)
        for freezer in freezers:
            self.publish(freezer, temperature_c)
        self.settle(wanted)

    def settle(self, wanted: int) -> None:
        """Wait until so many readings are stored, and none waits for the evaluator."""
        self._wait_for(lambda: self.readings() >= wanted, f"{wanted} readings are not all stored")
        self._wait_for(lambda: self._count("dirty") == 0, "the evaluator does not come to an end")

    def waiting_s(self) -> float:
        """How long the oldest mark has waited for the evaluator."""
        row = self.connection.execute(
            "SELECT coalesce(extract(epoch FROM now() - min(marked_at)), 0)::float8 AS waiting_s FROM dirty"
        ).fetchone()
        assert row is not None
        return float(row["waiting_s"])

    def last_words(self) -> str:
        """The end of each part's log."""
        return "\n".join(
            f"--- {part}\n{(self._logs / f'{part}.log').read_text(encoding='utf-8')[-1_500:]}" for part in _PARTS
        )

    def _count(self, table: str) -> int:
        row = self.connection.execute(f"SELECT count(*) AS n FROM {table}").fetchone()  # noqa: S608  our own names
        assert row is not None
        return int(row["n"])

    def _wait_for(self, holds: Callable[[], bool], otherwise: str) -> None:
        deadline_s = time.monotonic() + _SETTLED_WITHIN_S
        while not holds():
            assert time.monotonic() < deadline_s, f"{otherwise}"
            time.sleep(0.1)


class Load:
    """A fleet's readings while entered, from a process of its own.

    Attributes:
        rate: readings a second, once it is over.
    """

    def __init__(self, servers: LocalServers, service: Service, loggers: int, wanted: float) -> None:
        self._service = service
        self.rate = 0.0
        self._environment = environment_of(servers)
        arguments = ["--loggers", str(loggers), "--rate", str(wanted)]
        self._command = [sys.executable, "-m", "benchmarks.latency_fleet", *arguments]

    def __enter__(self) -> "Load":
        self._stored = self._service.readings()
        self._process = subprocess.Popen(self._command, env=self._environment, stdout=subprocess.PIPE, text=True)
        # Connecting, and the first batches, are no ordinary load.
        time.sleep(3.0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        behind_s, stored, at_s = self._service.waiting_s(), self._service.readings() - self._stored, time.time()
        self._process.terminate()
        said, _ = self._process.communicate(timeout=60)
        if kind is not None:
            return
        published = json.loads(said)
        self.rate = published["readings"] / published["took_s"]
        self._service.settle(self._stored + published["readings"])
        print(
            f"  published {self.rate:,.0f} readings/s; at the end {published['readings'] - stored:,} were not stored "
            f"yet, the oldest mark had waited {behind_s:.1f} s for the evaluator; "
            f"it was through {time.time() - at_s:.1f} s later",
            flush=True,
        )


def connected(mqtt_url: str) -> mqtt.Client:
    """A publisher whose connection stays open."""
    broker = parse_broker(mqtt_url)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(broker.username, broker.password)
    client.connect(broker.host, broker.port)
    client.loop_start()
    return client
