"""``python -m benchmarks.evaluate``: judging everything beside merely reading it, and one reading beside ten years
of readings, or beside twenty thousand lots that have left.

A real hypertable. Verdicts are compared with the scalar oracle on a sample of lots.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.acting import BENCHMARK
from benchmarks.depot import evaluate_all_due
from benchmarks.detector_inputs import rare_c
from benchmarks.freezer import Temperatures, Times, add_freezer, copy_unmarked
from benchmarks.papers import add_papers, add_product_with_papers
from benchmarks.rounds import medians, ratio
from service.answers.judging import judge_lots
from service.domain.clocks import AsOf
from service.domain.instant import BEGINNING_US, END_US, SECOND_US, from_datetime
from service.domain.series.quality import Quality
from service.evaluator.generation import changes, write_next
from service.evaluator.run import evaluate_once
from service.formats.columns import columns_of
from service.formats.reading import Reading
from service.local.servers import local_servers, remove
from service.store.migrate import migrate
from service.store.pool import Connection, connect
from service.store.registry import sites
from service.store.series.readings import SeriesIds, ensure_series, rows_of, store_readings
from service.store.series.series import ask_series
from tests import oracle

FIRST = datetime(2016, 1, 1, tzinfo=UTC)
_WEEKS_IN_TEN_YEARS = 520
_LOTS_IN_FREEZER = 500
_LOTS_LEFT = 20_000
_LOTS_STILL_THERE = 5
_FETCHED_SERIES = 10
_SAMPLE = 20
_OF_SERIES = "SELECT measured_at, temperature_c, quality FROM readings WHERE series_id = %s ORDER BY measured_at"


class ColdStore:
    """Freezers with one logger each, and lots in them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.ids: SeriesIds = {}
        sites.add_site(connection, "site", "The site", "UTC")
        add_product_with_papers(connection, "cryo-80")

    def freezer(self, name: str, lots: int, since: datetime) -> None:
        """A freezer, its logger, and lots that were in it from the start."""
        lot_ids = [f"{name}-lot-{number}" for number in range(lots)]
        add_freezer(self.connection, name, site="site", profile_id="cryo-80", lot_ids=lot_ids, since=since)
        add_papers(self.connection)
        ensure_series(self.connection, self.ids, [(name, "")], {})

    def store(self, name: str, times_us: Times, temperatures_c: Temperatures) -> None:
        """Readings of a freezer, without marks: what is judged is asked for."""
        copy_unmarked(self.connection, self.ids, name, times_us, temperatures_c)


def readings(count: int, step_s: int, first: datetime, seed: int) -> tuple[Times, Temperatures]:
    """A freezer's readings at even steps, 1 % of them beyond −60 °C in runs."""
    times_us = from_datetime(first) + np.arange(count, dtype=np.int64) * step_s * SECOND_US
    return times_us, np.round(rare_c(count, np.random.default_rng(seed)), 1)


def judged_all(connection: Connection, now_us: int) -> None:
    """Every container and every lot, as ``unbroken evaluate --all`` does."""
    write_next(connection, lambda _done, _count: None)
    changes(connection, now_us)
    connection.execute("SELECT pg_advisory_unlock_all()")


def read_all(connection: Connection, series_ids: list[int]) -> None:
    """The same rows by the same SQL, and nothing done with them."""
    for series_id in series_ids:
        ask_series(connection, series_id, BEGINNING_US, END_US, padding=3, most=400_000)()


def fetched(connection: Connection, series_ids: list[int]) -> None:
    """The same rows as psycopg gives them."""
    with connection.cursor(binary=True) as cursor:
        for series_id in series_ids:
            cursor.execute(_OF_SERIES, [series_id]).fetchall()


def rate(work: Callable[[], None]) -> Callable[[], float]:
    """How often a second."""

    def measured() -> float:
        started_s = time.perf_counter()
        work()
        return 1 / (time.perf_counter() - started_s)

    return measured


def agrees_with_oracle(connection: Connection, names: list[str], now_us: int) -> None:
    """The time above −60 °C of a sample of lots, to the microsecond."""
    names = sorted(names)
    lot_ids = [f"{name}-lot-0" for name in names]
    for found, name in zip(judge_lots(connection, lot_ids, AsOf(now_us)), names, strict=True):
        series_id = connection.execute("SELECT id FROM series WHERE logger_id = %s", [name]).fetchone()["id"]
        stored = ask_series(connection, series_id, BEGINNING_US, END_US)()
        pairs = tuple(zip(stored.times_us.tolist(), stored.temperatures_c.tolist(), strict=True))
        limit = oracle.Allowed("above", -60.0)
        pieces = oracle.pieces_of(oracle.Series(pairs, from_us=pairs[0][0]), 900 * SECOND_US)
        expected_us = sum(until_us - from_us for from_us, until_us in (oracle.beyond(x, limit)[0] for x in pieces))
        assert found.judgement.limits[0].certain_us == expected_us, (
            f"{name}: {found.judgement.limits[0].certain_us} us, by the oracle {expected_us} us"
        )


def one_reading(connection: Connection, store: ColdStore, name: str, at_us: int) -> float:
    """How often a second one new reading of a freezer can be stored, marked and evaluated."""
    started_s = time.perf_counter()
    with connection.transaction():
        store_readings(
            connection, store.ids, rows_of(columns_of([Reading(name, "", at_us, -80.0, Quality.OK)], [at_us]))
        )
    done = evaluate_once(connection, AsOf(at_us))
    took_s = time.perf_counter() - started_s
    assert (done.marks, done.containers, done.lots) == (1, 1, 0), "an in-range reading touches no lot"
    return 1 / took_s


def a_crossing(connection: Connection, store: ColdStore, name: str, at_us: int, temperature_c: float) -> float:
    """How often a second one reading that crosses a limit can be stored, marked and evaluated, with the lots there."""
    started_s = time.perf_counter()
    with connection.transaction():
        store_readings(
            connection, store.ids, rows_of(columns_of([Reading(name, "", at_us, temperature_c, Quality.OK)], [at_us]))
        )
    done = evaluate_once(connection, AsOf(at_us))
    took_s = time.perf_counter() - started_s
    assert done.marks == 1
    # Beside them, time may have made lots of other freezers due.
    assert _LOTS_STILL_THERE <= done.lots < _LOTS_LEFT, "it touches the lots there, and none that has left"
    return 1 / took_s


def lots_that_left(connection: Connection, freezer: str, count: int, since: datetime) -> None:
    """So many lots that were in a freezer for a minute each, within some hours, and are in none since."""
    connection.execute(
        "INSERT INTO lots (id, product_id, lot_number, profile_id, profile_version, life_starts_at) "
        "SELECT 'left-' || n, id, 'L-' || n, profile_id, profile_version, %s "
        "FROM products, generate_series(1, %s) AS n WHERE id = 'product'",
        [since, count],
    )
    connection.execute(
        "INSERT INTO recorded_placements (id, lot_id, container_id, from_at, until_at) SELECT 'left-' || n, "
        "'left-' || n, %(freezer)s, %(since)s + n * interval '1 second', %(since)s + (n + 60) * interval '1 second' "
        "FROM generate_series(1, %(count)s) AS n",
        {"freezer": freezer, "since": since, "count": count},
    )
    add_papers(connection)
    connection.execute("ANALYZE")


def peak_mb(database_url: str) -> float:
    """The most memory ``unbroken evaluate --all`` has at any time."""
    most_mb = 0.0
    with subprocess.Popen(
        [sys.executable, "-m", "service", "evaluate", "--all", "--dry-run"],
        env={**os.environ, "UNBROKEN_DATABASE_URL": database_url},
        stdout=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            # Not what wait4 says: that begins with what this process had when it forked.
            said = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            found = re.search(r"VmHWM:\s+(\d+)", said)
            most_mb = max(most_mb, int(found[1]) / 1_024 if found else 0.0)
            time.sleep(0.05)
    assert process.returncode == 0
    return most_mb


def main() -> None:
    """Print a ratio a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--freezers", type=int, default=100)
    parser.add_argument("--readings", type=int, default=100_000, help="of each freezer")
    parser.add_argument("--lots", type=int, default=20, help="in each freezer")
    given = parser.parse_args()
    name = f"test-{os.getpid()}-bench"
    with (
        local_servers(name, print) as servers,
        connect(servers.database_url, application="benchmark", actor=BENCHMARK) as connection,
    ):
        migrate(connection)
        store = ColdStore(connection)
        freezers = [f"freezer-{number}" for number in range(given.freezers)]
        for number, freezer in enumerate(freezers):
            store.freezer(freezer, given.lots, FIRST)
            store.store(freezer, *readings(given.readings, 60, FIRST, number))
        _everything(connection, store, freezers, given)
        _one_reading(connection, store, given.rounds)
        _many_left(connection, store, given.rounds)
        ratio("evaluate_peak_mb", peak_mb(servers.database_url))
    remove(name)


def _everything(connection: Connection, store: ColdStore, freezers: list[str], given: argparse.Namespace) -> None:
    connection.execute("VACUUM ANALYZE readings")
    now_us = from_datetime(FIRST) + given.readings * 60 * SECOND_US
    evaluate_all_due(connection, now_us)
    chance = np.random.default_rng(0)
    agrees_with_oracle(connection, chance.choice(freezers, min(_SAMPLE, len(freezers)), replace=False).tolist(), now_us)
    series_ids = [store.ids[freezer, ""] for freezer in freezers]
    few = series_ids[:_FETCHED_SERIES]
    found = medians(
        {
            "evaluate": rate(lambda: judged_all(connection, now_us)),
            "read": rate(lambda: read_all(connection, series_ids)),
            "read_few": rate(lambda: read_all(connection, few)),
            "fetchall_few": rate(lambda: fetched(connection, few)),
        },
        given.rounds,
    )
    ratio("evaluate_vs_read", found["read"] / found["evaluate"])
    ratio("read_vs_fetchall", found["fetchall_few"] / found["read_few"])


def _one_reading(connection: Connection, store: ColdStore, rounds: int) -> None:
    now = FIRST + timedelta(weeks=_WEEKS_IN_TEN_YEARS)
    for freezer, since in (("ten-years", FIRST), ("one-day", now - timedelta(days=1))):
        store.freezer(freezer, _LOTS_IN_FREEZER, since)
        store.store(freezer, *readings(int((now - since) / timedelta(minutes=5)), 300, since, 1))
    connection.execute("ANALYZE readings")
    now_us = from_datetime(now)
    evaluate_all_due(connection, now_us)
    rates: dict[str, list[float]] = {"ten-years": [], "one-day": []}
    for number in range(20 * rounds):
        for freezer, found in rates.items():
            found.append(one_reading(connection, store, freezer, now_us + number * SECOND_US))
    ten_years, one_day = (statistics.median(found[rounds:]) for found in rates.values())
    print(f"  one reading: {1_000 / one_day:.1f} ms with a day of history, {1_000 / ten_years:.1f} ms with ten years")
    ratio("reading_10y_vs_1d", one_day / ten_years)


def _many_left(connection: Connection, store: ColdStore, rounds: int) -> None:
    now = FIRST + timedelta(weeks=_WEEKS_IN_TEN_YEARS + 1)
    since = now - timedelta(days=1)
    for freezer in ("20k-left", "none-left"):
        store.freezer(freezer, _LOTS_STILL_THERE, since)
        store.store(freezer, *readings(24 * 12, 300, since, 1))
    lots_that_left(connection, "20k-left", _LOTS_LEFT, since)
    now_us = from_datetime(now)
    evaluate_all_due(connection, now_us)
    connection.execute("ANALYZE")
    rates: dict[str, list[float]] = {"20k-left": [], "none-left": []}
    for number in range(20 * rounds):
        for freezer, found in rates.items():
            temperature_c = -80.0 if number % 2 else -50.0
            found.append(a_crossing(connection, store, freezer, now_us + number * SECOND_US, temperature_c))
    left, none = (statistics.median(found[rounds:]) for found in rates.values())
    print(f"  a crossing: {1_000 / none:.1f} ms where no lot has left, {1_000 / left:.1f} ms where 20,000 have")
    ratio("reading_20k_left_vs_none", none / left)


if __name__ == "__main__":
    main()
