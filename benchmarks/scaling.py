"""``python -m benchmarks.scaling``: what one machine carries, in loggers at one reading a minute each.

For each number of loggers, in steady state: the share of the machine's cores that each part takes, and how long the
oldest mark waits; and the bytes a reading takes. A real broker, a real hypertable, whole processes with their defaults.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.acting import BENCHMARK
from benchmarks.depot import evaluate_all_due, fill_depot, freezer_name, unseen_logs
from benchmarks.parts import (
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
from service.domain.instant import SECOND_US, from_datetime
from service.domain.series.quality import Quality
from service.formats.columns import columns_of
from service.formats.reading import Reading
from service.local.servers import LocalServers, local_servers, remove
from service.store.migrate import migrate
from service.store.pool import Connection, connect
from service.store.series.readings import SeriesIds, ensure_series, rows_of, store_readings

_TICKS_S = os.sysconf("SC_CLK_TCK")
_CORES = os.cpu_count() or 1
_EVERY_S = 60.0
_LOOK_EVERY_S = 0.1
#: Readings of so many loggers over so many minutes are stored to see how much room one takes.
_ROOM_LOGGERS, _ROOM_MINUTES = 2_000, 500


def cpu_s(roots: Iterable[int]) -> float:
    """Seconds of a core that these processes have used, with all that they started, whether it still runs or not."""
    of_process: dict[int, tuple[int, float]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                of_process[int(entry.name)] = int(fields[1]), sum(map(int, fields[11:15])) / _TICKS_S
    family = set(roots)
    while more := {pid for pid, (parent, _) in of_process.items() if parent in family} - family:
        family |= more
    return sum(used_s for pid, (_, used_s) in of_process.items() if pid in family)


def print_loggers(servers: LocalServers, loggers: int, given: argparse.Namespace) -> None:
    """A line for so many loggers."""
    parts = Parts(servers, f"scaling_{loggers}")
    with connect(parts.database_url, application="benchmark", actor=BENCHMARK) as connection:
        migrate(connection)
        started_s = time.perf_counter()
        fill_depot(connection, loggers, given.lots, datetime.now(UTC) - timedelta(minutes=5))
        evaluate_all_due(connection, from_datetime(datetime.now(UTC)))
        print(f"  {loggers:,} loggers, registered and judged in {time.perf_counter() - started_s:.0f} s", flush=True)
        with parts.running(*INGEST) as ingest, parts.running(*EVALUATOR) as evaluator, _publishing(servers, loggers):
            until(lambda: _readings(connection) > 0, "ingest stores nothing")
            # Each is heard of once before: a freezer heard of for the first time is no ordinary one.
            until(lambda: _readings(connection) >= loggers, "ingest does not keep up", within_s=WORKED_OFF_WITHIN_S)
            time.sleep(given.warm_up_s)
            roots = {
                "ingest": ingest,
                "evaluator": evaluator,
                "database": [servers.database.pid],
                "broker": [servers.broker.pid],
            }
            _print_window(connection, loggers, roots, given.window_s)
        until_nothing_waits(connection)


def _print_window(connection: Connection, loggers: int, roots: Mapping[str, list[int]], window_s: float) -> None:
    used_s = {part: cpu_s(pids) for part, pids in roots.items()}
    stored, wal, started_s = _readings(connection), _wal_bytes(connection), time.monotonic()
    waits_s = []
    while (now_s := time.monotonic()) - started_s < window_s:
        waits_s.append(waiting_s(connection))
        time.sleep(_LOOK_EVERY_S)
    took_s = now_s - started_s
    shares = {part: (cpu_s(pids) - used_s[part]) / took_s / _CORES for part, pids in roots.items()}
    stored = _readings(connection) - stored
    told = ", ".join(f"{part} {100 * share:.1f} %" for part, share in shares.items())
    p99_s = statistics.quantiles(waits_s, n=100)[-1]
    print(
        f"  {loggers:,} loggers, {stored / took_s:,.0f} readings/s: of {_CORES} cores {told}, "
        f"together {100 * sum(shares.values()):.1f} %",
        flush=True,
    )
    print(
        f"  {loggers:,} loggers: the oldest mark waited {statistics.median(waits_s):.2f} s in the median, p99 "
        f"{p99_s:.2f} s; {(_wal_bytes(connection) - wal) / stored:,.0f} bytes of write-ahead log a reading",
        flush=True,
    )


@contextlib.contextmanager
def _publishing(servers: LocalServers, loggers: int) -> Iterator[None]:
    command = ["--loggers", str(loggers), "--rate", str(loggers / _EVERY_S)]
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.pulse_publisher", *command],
        env=environment_of(servers),
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            yield
        finally:
            process.terminate()


def _readings(connection: Connection) -> int:
    return int(value(connection, "SELECT count(*) FROM readings"))


def _wal_bytes(connection: Connection) -> int:
    return int(value(connection, "SELECT pg_current_wal_lsn() - '0/0'"))


def print_room(servers: LocalServers) -> None:
    """The bytes that a reading takes for good, of a million that came minute by minute as loggers send them."""
    with connect(servers.database.create_database("room"), application="benchmark", actor=BENCHMARK) as connection:
        migrate(connection)
        fill_depot(connection, _ROOM_LOGGERS, 1, datetime.now(UTC))
        ids: SeriesIds = {}
        names = [freezer_name(number) for number in range(_ROOM_LOGGERS)]
        ensure_series(connection, ids, [(name, "") for name in names], {})
        first_us, chance = from_datetime(datetime.now(UTC)), np.random.default_rng(0)
        for minute in range(_ROOM_MINUTES):
            at_us = first_us + minute * 60 * SECOND_US
            readings = [
                Reading(name, "", at_us + apart_us, -80.0, Quality.OK)
                for name, apart_us in zip(names, chance.integers(0, 60 * SECOND_US, len(names)).tolist(), strict=True)
            ]
            with connection.transaction():
                store_readings(connection, ids, rows_of(columns_of(readings, [at_us] * len(readings))))
        count = _readings(connection)
        sizes = connection.execute(
            "SELECT sum(table_bytes) AS table, sum(index_bytes) AS index FROM chunks_detailed_size('readings')"
        ).fetchone()
        marks = value(connection, "SELECT pg_total_relation_size('dirty') / count(*) FROM dirty")
    assert sizes is not None
    print(
        f"  a reading takes {sizes['table'] / count:.0f} bytes and its key {sizes['index'] / count:.0f}; a mark, until "
        f"it is worked off, {marks}",
        flush=True,
    )


def main() -> None:
    """Print a few lines for each number of loggers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loggers", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--lots", type=int, default=1, help="in each freezer")
    parser.add_argument("--warm-up-s", type=float, default=30.0)
    parser.add_argument("--window-s", type=float, default=120.0)
    given = parser.parse_args()
    name = f"test-{os.getpid()}-bench"
    unseen_logs()
    with local_servers(name, print) as servers:
        print_room(servers)
        for loggers in given.loggers:
            print_loggers(servers, loggers, given)
    remove(name)


if __name__ == "__main__":
    main()
