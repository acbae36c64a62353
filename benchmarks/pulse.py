"""``python -m benchmarks.pulse``: how near judging what is in range is to merely storing it, and how long it waits.

One reading of each freezer, again and again, stored by ingest's own step and evaluated; then the same with 1 % of the
freezers beyond their limit; then what is not quiet by one evaluator and by two; then the whole chain. A real broker, a
real hypertable. The run fails if anything stands there that is not what judging everything anew comes to.
"""

import argparse
import random
import statistics
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from benchmarks.acting import BENCHMARK
from benchmarks.depot import evaluate_all_due, fill_depot, refuse_otherwise_judged, topic
from benchmarks.papers import refuse_other_than_usable
from benchmarks.parts import measure_parts
from benchmarks.pulse_chain import print_chain
from benchmarks.pulse_evaluators import print_two_vs_one
from benchmarks.rounds import ratio
from ingest.messages import Message
from ingest.writer import Writer
from service.domain.clocks import AsOf
from service.domain.instant import SECOND_US, from_datetime
from service.evaluator.run import evaluate_once
from service.local.servers import LocalServers
from service.settings import Settings
from service.store.migrate import migrate
from service.store.pool import connect

WELL_C, WARM_C = -80.0, -50.0
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_EVERY_US = 60 * SECOND_US
#: As many readings as ingest stores in one transaction.
_BATCH = Settings().batch_messages


class Depot:
    """Freezers whose loggers all report at the full minute."""

    def __init__(self, database_url: str, freezers: int, lots: int) -> None:
        settings = Settings()
        self.ingest = connect(database_url, application="benchmark ingest", actor=BENCHMARK)
        self.evaluator = connect(database_url, application="benchmark evaluator", actor=BENCHMARK)
        self._writer = Writer(settings.clock(), settings.rejected_cap_bytes)
        self._freezers = freezers
        self._chance = random.Random(0)
        self.now_us = from_datetime(_FIRST)
        self._looked_s = float("-inf")
        migrate(self.evaluator)
        fill_depot(self.evaluator, freezers, lots, _FIRST - timedelta(minutes=1))
        evaluate_all_due(self.evaluator, self.now_us)
        # A freezer heard of for the first time is no ordinary one.
        self.pulse(())
        self.pulse(())
        refuse_other_than_usable(self.evaluator)

    def pulse(self, warm: Collection[int]) -> tuple[float, float]:
        """One reading of each, those of `warm` beyond the limit; seconds it took to store, and to evaluate them."""
        self.now_us += _EVERY_US
        messages = [self._message(number, warm=number in warm) for number in range(self._freezers)]
        batches = [messages[first : first + _BATCH] for first in range(0, len(messages), _BATCH)]
        prepared = [self._writer.prepared(batch) for batch in batches]
        started_s = time.perf_counter()
        for batch, rows in zip(batches, prepared, strict=True):
            self._writer.write(self.ingest, batch, rows)
        stored_s = time.perf_counter()
        while evaluate_once(self.evaluator, AsOf(self.now_us), by_time=self._is_due()).marks:
            pass
        return stored_s - started_s, time.perf_counter() - stored_s

    def _is_due(self) -> bool:
        """Once a second, as the process has it."""
        due = time.monotonic() - self._looked_s >= 1
        self._looked_s = time.monotonic() if due else self._looked_s
        return due

    def _message(self, number: int, *, warm: bool) -> Message:
        temperature_c = round((WARM_C if warm else WELL_C) + self._chance.uniform(-1, 1), 1)
        payload = f'{{"measured_at":{self.now_us // 1_000},"temperature_c":{temperature_c}}}'.encode()
        return Message(topic(number), payload, 1, number, 0, False, self.now_us)


def print_pulses(servers: LocalServers, given: argparse.Namespace) -> None:
    """Evaluated ÷ stored: all in range, and one of a hundred beyond, another hundredth each round."""
    depot = Depot(servers.database.create_database("pulses"), given.freezers, given.lots)
    hundredth = max(1, given.freezers // 100)
    readings = given.freezers * given.pulses
    seconds: dict[str, list[float]] = {}

    def note(number: int, name: str, took_s: Sequence[tuple[float, float]]) -> None:
        for step, took in zip(("stored", "evaluated"), map(sum, zip(*took_s, strict=True)), strict=True):
            seconds.setdefault(f"{name}, {step}", []).append(took)
            print(f"  round {number + 1}/{given.rounds} {name}, {step}: {readings / took:,.0f}/s", flush=True)

    for number in range(given.rounds):
        warm = range(number * hundredth % given.freezers, (number + 1) * hundredth)
        note(number, "quiet", [depot.pulse(()) for _ in range(given.pulses)])
        note(number, "1 % beyond", [depot.pulse(warm) for _ in range(given.pulses)])
        # They are cold again before what is quiet is measured again.
        depot.pulse(())
        depot.pulse(())
    for name, ratio_name in (("quiet", "pulse_evaluate_vs_store"), ("1 % beyond", "pulse_1pc_vs_store")):
        stored, evaluated = seconds[f"{name}, stored"], seconds[f"{name}, evaluated"]
        # Hours that end in one round are rolled up in that one: the median does not see it, the sum does.
        print(f"  {name}, all rounds together: {sum(stored) / sum(evaluated):.2f}", flush=True)
        ratio(ratio_name, statistics.median(stored) / statistics.median(evaluated))
    refuse_otherwise_judged(depot.evaluator, depot.now_us)


_PARTS = {"pulses": print_pulses, "two": print_two_vs_one, "chain": print_chain}


def main() -> None:
    """Print a ratio a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=_PARTS, help="this part alone")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--freezers", type=int, default=5_000, help="that report at the full minute")
    parser.add_argument("--lots", type=int, default=3, help="in each freezer")
    parser.add_argument("--pulses", type=int, default=15, help="minutes of a round")
    parser.add_argument("--restless", type=int, default=1_000, help="freezers of which none is quiet")
    parser.add_argument("--loggers", type=int, default=10_000, help="through the whole chain")
    parser.add_argument("--chain-s", type=float, default=120, help="how long they publish")
    measure_parts(_PARTS, parser.parse_args())


if __name__ == "__main__":
    main()
