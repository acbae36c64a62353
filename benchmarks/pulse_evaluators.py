"""What is not quiet, by one evaluator and by two: whole processes, with the real time of day."""

import argparse
import random
import statistics
import time
from datetime import UTC, datetime, timedelta

from benchmarks.acting import BENCHMARK
from benchmarks.depot import evaluate_all_due, fill_depot, freezer_name, refuse_otherwise_judged
from benchmarks.parts import EVALUATOR, Parts, until_nothing_waits
from benchmarks.rounds import ratio
from service.domain.instant import SECOND_US, from_datetime
from service.domain.series.quality import Quality
from service.formats.columns import columns_of
from service.formats.reading import Reading
from service.local.servers import LocalServers
from service.store.exposure.generations import hold_passes
from service.store.migrate import migrate
from service.store.pool import Connection, connect
from service.store.series.readings import SeriesIds, ensure_series, rows_of, store_readings

#: On both sides of the limit, by steps too small to be taken for spikes.
_TEMPERATURES_C = (-75.0, -55.0)
#: Two that begin together share the work out meanwhile.
_SHARED_OUT_S = 8.0


class Restless:
    """Freezers that cross their limit with every reading."""

    def __init__(self, connection: Connection, freezers: int, lots: int) -> None:
        self._connection = connection
        self._ids: SeriesIds = {}
        self._freezers = freezers
        self._turn = 0
        self._chance = random.Random(0)
        fill_depot(connection, freezers, lots, datetime.now(UTC) - timedelta(minutes=5))
        ensure_series(connection, self._ids, [(freezer_name(number), "") for number in range(freezers)], {})

    def crossed_by(self, evaluators: Connection) -> float:
        """Seconds until all freezers that went to the other side of their limit are evaluated.

        Args:
            evaluators: holds them until all is stored, so that they begin together.
        """
        self._turn = 1 - self._turn
        now_us = from_datetime(datetime.now(UTC))
        readings = [
            Reading(freezer_name(number), "", now_us - before_us, self._temperature_c(), Quality.OK)
            for number in range(self._freezers)
            for before_us in (SECOND_US, 0)
        ]
        with evaluators.transaction():
            hold_passes(evaluators)
            with self._connection.transaction():
                store_readings(self._connection, self._ids, rows_of(columns_of(readings, [now_us] * len(readings))))
            started_s = time.perf_counter()
        until_nothing_waits(self._connection)
        return time.perf_counter() - started_s

    def _temperature_c(self) -> float:
        return round(_TEMPERATURES_C[self._turn] + self._chance.uniform(-1, 1), 1)


def print_two_vs_one(servers: LocalServers, given: argparse.Namespace) -> None:
    """Each round both sides of the limit by one evaluator, and both by two."""
    parts = Parts(servers, "two_evaluators")
    took_s: dict[int, list[float]] = {1: [], 2: []}
    with (
        connect(parts.database_url, application="benchmark", actor=BENCHMARK) as connection,
        connect(parts.database_url, application="benchmark", actor=BENCHMARK) as holding,
    ):
        migrate(connection)
        restless = Restless(connection, given.restless, given.lots)
        for number in range(given.rounds + 1):
            for count, found in took_s.items():
                with parts.running(*EVALUATOR, count=count):
                    until_nothing_waits(connection)
                    time.sleep(_SHARED_OUT_S)
                    seconds = restless.crossed_by(holding) + restless.crossed_by(holding)
                if number:
                    found.append(seconds)
                    rate = 2 * given.restless / seconds
                    print(f"  round {number}/{given.rounds} {count} evaluators: {rate:,.0f} freezers/s", flush=True)
        now_us = from_datetime(datetime.now(UTC))
        evaluate_all_due(connection, now_us)
        refuse_otherwise_judged(connection, now_us)
    ratio("pulse_two_vs_one", statistics.median(took_s[1]) / statistics.median(took_s[2]))
