"""``python -m benchmarks.latency``: from a reading beyond its limit, published, to a webhook that is told.

Beside the floor (a bare MQTT round trip, one COMMIT and one POST) and beside Prometheus with Alertmanager. A real
broker, a real hypertable, whole processes with their own defaults. The run fails if anybody is not told.
"""

import argparse
import contextlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks import latency_prometheus, latency_relay
from benchmarks.latency_arrivals import Arrivals, Sample
from benchmarks.latency_freezers import Freezer, fleet, furnish, lone
from benchmarks.latency_service import Load, Service, connected
from benchmarks.latency_stages import keep_commit_times, print_stages
from benchmarks.parts import environment_of
from benchmarks.rounds import ratio
from service.errors import UnbrokenError
from service.local.servers import LocalServers, local_servers, remove
from service.store.migrate import migrate

#: Takes samples, so many.
Contender = Callable[[int], list[Sample]]

_WELL_C, _WARM_C = -80.0, -50.0
#: Between two samples, at random: across whatever the parts poll by, so that none is met always at the same moment.
_PAUSE_S = (0.2, 1.4)
_WARM_UP = 3


class Bench:
    """One private installation for all contenders."""

    def __init__(self, servers: LocalServers, arrivals: Arrivals, service: Service, given: argparse.Namespace) -> None:
        self._servers, self._arrivals, self._service = servers, arrivals, service
        self._chance = random.Random(0)
        self._loggers, self._rate = given.loggers, given.rate
        count = 2 * (_WARM_UP + given.rounds * given.samples)
        self._well = lone(count)
        self._warm: list[Freezer] = []
        self._bare = connected(servers.mqtt_url)
        self._names = iter(range(1_000_000))
        furnish(service.connection, [*self._well, *fleet(given.loggers)])

    def floor(self, count: int) -> list[Sample]:
        """One process that receives, commits and POSTs."""
        with subprocess.Popen(
            [sys.executable, "-m", latency_relay.__name__, "--webhook-url", self._arrivals.url],
            env=environment_of(self._servers),
            stdout=subprocess.PIPE,
            text=True,
        ) as relay:
            try:
                assert relay.stdout is not None
                assert relay.stdout.readline() == "ready\n"
                return [self._floor_sample() for _ in range(count)]
            finally:
                relay.terminate()

    def _floor_sample(self) -> Sample:
        name = f"floor-{next(self._names):06}"
        time.sleep(self._chance.uniform(*_PAUSE_S))
        published_s = time.time()
        self._bare.publish(latency_relay.TOPIC, name, qos=1)
        return self._arrivals.wait(name, published_s)

    def idle(self, count: int) -> list[Sample]:
        """Nothing else is published meanwhile."""
        # Every freezer is heard of again, so that none falls silent, which would be another alert.
        self._service.report(self._well, _WELL_C)
        self._service.report(self._warm, _WARM_C)
        return self._sampled(count)

    def loaded(self, count: int) -> list[Sample]:
        """While a fleet publishes."""
        self._service.report(self._well, _WELL_C)
        with Load(self._servers, self._service, self._loggers, self._rate) as load:
            samples = self._sampled(count)
        assert load.rate > 0.95 * self._rate, f"the fleet published only {load.rate:,.0f} readings/s"
        return samples

    def _sampled(self, count: int) -> list[Sample]:
        samples = []
        for _ in range(count):
            time.sleep(self._chance.uniform(*_PAUSE_S))
            freezer = self._well.pop()
            published_s = self._service.publish(freezer, _WARM_C)
            samples.append(self._arrivals.wait(freezer.name, published_s))
            self._warm.append(freezer)
        return samples

    def prometheus(self, peer: latency_prometheus.Peer) -> Contender:
        """The peer; it starts anew each round, so that it takes nothing from the others."""

        def samples(count: int) -> list[Sample]:
            names = [f"peer-{next(self._names):06}" for _ in range(count)]
            found = []
            with latency_prometheus.Exporter(names) as exporter, peer.running(exporter, self._arrivals):
                for name in names:
                    time.sleep(self._chance.uniform(*_PAUSE_S))
                    found.append(latency_prometheus.sampled(exporter, self._arrivals, name))
            return found

        return samples


def interleaved(contenders: Mapping[str, Contender], counts: Mapping[str, int], rounds: int) -> dict[str, list[Sample]]:
    """All samples of each contender, after an unmeasured round of a few."""
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, contender in contenders.items():
            found = contender(counts[name] if number else _WARM_UP)
            if number:
                samples[name] += found
                print(f"  round {number}/{rounds} {name}: p50 {p50_ms(found):,.1f} ms", flush=True)
    return samples


def p50_ms(samples: Sequence[Sample]) -> float:
    """The median of how long they took."""
    return statistics.median(sample.took_ms for sample in samples)


def p95_ms(samples: Sequence[Sample]) -> float:
    """What all but five of a hundred took at most."""
    return statistics.quantiles([sample.took_ms for sample in samples], n=20)[-1]


def main() -> None:
    """Print a ratio a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=22, help="of floor, idle and loaded, each round")
    parser.add_argument("--loggers", type=int, default=500, help="that publish the load")
    parser.add_argument("--rate", type=float, default=5_000, help="readings a second of the load")
    given = parser.parse_args()
    with _installation() as (servers, arrivals, service):
        bench = Bench(servers, arrivals, service, given)
        with service.running():
            contenders: dict[str, Contender] = {"floor": bench.floor, "idle": bench.idle, "loaded": bench.loaded}
            try:
                contenders["prometheus"] = bench.prometheus(latency_prometheus.Peer())
            except (AssertionError, UnbrokenError, OSError) as error:
                print(f"  prometheus is left out: {error}", flush=True)
            counts = {"floor": given.samples, "idle": given.samples, "loaded": given.samples, "prometheus": 6}
            try:
                samples = interleaved(contenders, counts, given.rounds)
            except AssertionError:
                print(service.last_words(), flush=True)
                raise
        _print(samples, service)


@contextlib.contextmanager
def _installation() -> Iterator[tuple[LocalServers, Arrivals, Service]]:
    name = f"test-{os.getpid()}-bench"
    with local_servers(name, print) as servers, Arrivals() as arrivals, tempfile.TemporaryDirectory() as logs:
        keep_commit_times(servers)
        service = Service(servers, arrivals, Path(logs))
        migrate(service.connection)
        yield servers, arrivals, service
    remove(name)


def _print(samples: Mapping[str, list[Sample]], service: Service) -> None:
    for name, found in samples.items():
        print(f"  {name}: p50 {p50_ms(found):,.1f} ms, p95 {p95_ms(found):,.1f} ms of {len(found)}", flush=True)
    idle = samples["idle"]
    third = max(1, len(idle) // 3)
    print(
        f"  idle, with few alerts open: p50 {p50_ms(idle[:third]):,.1f} ms; with {2 * len(idle)} open: "
        f"{p50_ms(idle[-third:]):,.1f} ms",
        flush=True,
    )
    for name in ("idle", "loaded"):
        print_stages(service.connection, name, samples[name])
    ratio("latency_idle_vs_floor", p50_ms(idle) / p50_ms(samples["floor"]))
    ratio("latency_loaded_vs_idle", p50_ms(samples["loaded"]) / p50_ms(idle))
    if "prometheus" in samples:
        ratio("latency_vs_prometheus", p50_ms(idle) / p50_ms(samples["prometheus"]))


if __name__ == "__main__":
    main()
