"""``python -m benchmarks.custody``: lots in parts down to one vial, beside lots that are whole.

A real hypertable. A pass over ten thousand serials of one lot beside a lot of ten; a crossing of a freezer with a
thousand parts beside the INSERT of their history; the status of a part beside that of a lot; what is in a container of
ten thousand parts beside a hundred; the receipt of 500 vials beside as many single placements.
"""

import argparse
import itertools
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from benchmarks.acting import BENCHMARK
from benchmarks.depot import evaluate_all_due, unseen_logs
from benchmarks.evaluate import ColdStore
from benchmarks.rounds import medians, ratio
from service.acts.containers import add_container
from service.acts.lot_changes import change_lot
from service.acts.parts import add_lot_serials, split
from service.acts.shipments import hand_over_shipment, receive_shipment, register_shipment
from service.answers.stored import status_now
from service.domain.clocks import AsOf
from service.domain.corrections import Word
from service.domain.instant import SECOND_US, from_datetime, to_datetime
from service.domain.lots.parts import equal_parts
from service.domain.lots.placements import Placement
from service.domain.lots.serials import serial_range
from service.domain.series.quality import Quality
from service.domain.shipments.receipt import Arrived
from service.evaluator.run import evaluate_once
from service.formats.columns import columns_of
from service.formats.reading import Reading
from service.local.servers import local_servers, remove
from service.settings import Settings
from service.store.acting import acting
from service.store.lots.answer_history import NewAnswer, add_answers
from service.store.lots.placements import add_placement
from service.store.lots.verdicts import NewVerdict, add_verdicts
from service.store.migrate import migrate
from service.store.paging import Part
from service.store.pool import Connection, connect
from service.store.registry.contents import contents
from service.store.registry.sites import add_site
from service.store.series.readings import rows_of, store_readings
from service.store.shipments.shipments import NewShipment, ShippedContainer

_PARTS = 1_000
_SERIALS = 10_000
_STEP_S = 60
_SHIPPED = 500
_ANY_CLOCK_S = 100 * 365 * 86_400
_SETTINGS = Settings(evaluator_behind_s=3_600, clock_tolerance_s=_ANY_CLOCK_S)


class Vials:
    """Freezers whose lots are whole, or in parts, with a clock that goes on with each reading."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.store = ColdStore(connection)
        self.began = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=12)
        self.now_us = from_datetime(self.began + timedelta(hours=2))
        self.shipped: list[str] = []
        self.word = Word(BENCHMARK, self.began, scan_delay_s=0, clock_tolerance_s=_ANY_CLOCK_S)

    def freezer(self, name: str, units: int) -> str:
        """A freezer, cold for two hours, with one lot of so many vials; its id."""
        self.store.freezer(name, 1, self.began)
        lot_id = f"{name}-lot-0"
        change_lot(self.connection, lot_id, {"units": units}, self.word)
        times_us = np.arange(from_datetime(self.began), self.now_us, _STEP_S * SECOND_US, dtype=np.int64)
        self.store.store(name, times_us, np.full(len(times_us), -80.0))
        return lot_id

    def crossed(self, name: str, lots: int) -> Callable[[], float]:
        """How often a second a reading that crosses a limit can be evaluated, with so many lots there."""
        warm = False

        def measured() -> float:
            nonlocal warm
            warm = not warm
            self.now_us += _STEP_S * SECOND_US
            sent = Reading(name, "", self.now_us, -40.0 if warm else -80.0, Quality.OK)
            with self.connection.transaction():
                store_readings(self.connection, self.store.ids, rows_of(columns_of([sent], [self.now_us])))
            started_s = time.perf_counter()
            done = evaluate_once(self.connection, AsOf(self.now_us))
            took_s = time.perf_counter() - started_s
            assert done.lots >= lots, f"{done.lots} lots judged, and {lots} are there"
            return 1 / took_s

        return measured

    def history_again(self, parts: int) -> Callable[[], float]:
        """How often a second the newest history of as many lots can be added in one INSERT a table."""

        def measured() -> float:
            answers = self.connection.execute(
                "SELECT lot_id, cause, answer, reason_codes, status FROM answers ORDER BY id DESC LIMIT %s", [parts]
            ).fetchall()
            verdicts = self.connection.execute(
                "SELECT lot_id, cause, verdict, answer, reasons, limits FROM verdicts ORDER BY id DESC LIMIT %s",
                [parts],
            ).fetchall()
            new_answers = [NewAnswer(**row) for row in answers]
            new_verdicts = [NewVerdict(**row) for row in verdicts]
            started_s = time.perf_counter()
            with self.connection.transaction(force_rollback=True):
                add_answers(self.connection, to_datetime(self.now_us), new_answers)
                add_verdicts(self.connection, to_datetime(self.now_us), new_verdicts)
            return 1 / (time.perf_counter() - started_s)

        return measured

    def listed(self, container_id: str) -> Callable[[], float]:
        """How often a second the first page of what is in a container is read."""

        def measured() -> float:
            started_s = time.perf_counter()
            for _ in range(20):
                contents(self.connection, container_id, Part(101, None))
            return 20 / (time.perf_counter() - started_s)

        return measured

    def received(self, lot_id: str) -> Callable[[], float]:
        """How often a second a shipment of 500 vials can be received, each vial a part of its own."""
        rounds = itertools.count()

        def measured() -> float:
            number = next(rounds)
            shipper, at = f"shipper-{number}", to_datetime(self.now_us)
            word = replace(self.word, now=at)
            add_container(self.connection, BENCHMARK, shipper, "site", shipper, "shipper", "cryo-80")
            parts = split(
                self.connection,
                lot_id,
                lambda lot, begun: [
                    replace(one, container_id=shipper)
                    for one in equal_parts(lot, _SHIPPED, 1, f"shipped-{number}-", begun)
                ],
                at - timedelta(minutes=30),
                word,
            )
            new = NewShipment(f"ship-{number}", "site", "clinic", "a carrier", None, None, None, at)
            register_shipment(self.connection, new, [ShippedContainer(shipper, [])], word)
            hand_over_shipment(self.connection, new.id, at - timedelta(minutes=20), word)
            arrived = Arrived(tuple(parts), {})
            started_s = time.perf_counter()
            receive_shipment(
                self.connection, new.id, arrived, at, _SETTINGS, word, container_id="clinic-freezer", positions={}
            )
            took_s = time.perf_counter() - started_s
            self.shipped = parts
            return 1 / took_s

        return measured

    def inserted(self) -> Callable[[], float]:
        """How often a second as many placements can be added one by one, each with its trail."""
        rounds = itertools.count()

        def measured() -> float:
            long_ago = datetime(2001, 1, 1, tzinfo=UTC) + timedelta(hours=next(rounds))
            started_s = time.perf_counter()
            for one in self.shipped:
                with acting(self.connection, BENCHMARK):
                    until_at = long_ago + timedelta(minutes=30)
                    add_placement(self.connection, Placement(f"{one}-{long_ago}", one, "few", long_ago, until_at))
            return 1 / (time.perf_counter() - started_s)

        return measured

    def asked(self, lot_id: str) -> Callable[[], float]:
        """How often a second the status of a lot is read."""

        def measured() -> float:
            now = to_datetime(self.now_us)
            started_s = time.perf_counter()
            for _ in range(100):
                status_now(self.connection, lot_id, _SETTINGS, now)
            return 100 / (time.perf_counter() - started_s)

        return measured


def measure(connection: Connection, rounds: int) -> None:
    """Print all ratios."""
    vials = Vials(connection)
    many = vials.freezer("many", _SERIALS)
    add_lot_serials(connection, BENCHMARK, many, serial_range("V-00001", f"V-{_SERIALS:05}"))
    few = vials.freezer("few", 10)
    evaluate_all_due(connection, vials.now_us)
    # Each by itself: what time alone changes of the parts would be judged in the passes of the others.
    found = medians({"many": vials.crossed("many", 1), "few": vials.crossed("few", 1)}, 5 * rounds)
    ratio("pass_10k_vials_vs_10", found["few"] / found["many"])
    parted = vials.freezer("parted", _PARTS + 1)
    split(
        connection,
        parted,
        lambda lot, begun: equal_parts(lot, _PARTS, 1, "part-", begun),
        vials.began + timedelta(hours=1),
        vials.word,
    )
    evaluate_all_due(connection, vials.now_us)
    connection.execute("ANALYZE")
    found = medians({"crossing": vials.crossed("parted", _PARTS), "history": vials.history_again(_PARTS)}, rounds)
    print(f"  crossing {1_000 / found['crossing']:.0f} ms, INSERT {1_000 / found['history']:.0f} ms", flush=True)
    ratio("crossing_1k_parts_vs_insert", found["history"] / found["crossing"])
    evaluate_all_due(connection, vials.now_us)
    found = medians({"part": vials.asked("part-0500"), "lot": vials.asked(few)}, 5 * rounds)
    ratio("status_part_vs_lot", found["lot"] / found["part"])
    for number in range(_SERIALS // _PARTS):
        split(
            connection,
            many,
            lambda lot, begun: equal_parts(lot, _PARTS, 1, "vial-", begun),
            vials.began + timedelta(minutes=60 + number),
            vials.word,
        )
    hundred = vials.freezer("hundred", 101)
    began_at = vials.began + timedelta(hours=1)
    split(connection, hundred, lambda lot, begun: equal_parts(lot, 100, 1, "of-100-", begun), began_at, vials.word)
    connection.execute("ANALYZE")
    found = medians({"many": vials.listed("many"), "hundred": vials.listed("hundred")}, rounds)
    ratio("contents_10k_vs_100", found["hundred"] / found["many"])
    add_site(connection, "clinic", "Clinic", "UTC")
    add_container(connection, BENCHMARK, "clinic-freezer", "clinic", "Freezer", "freezer", "cryo-80")
    source = vials.freezer("source", _SHIPPED * (rounds + 1) + 1)
    found = medians({"receipt": vials.received(source), "inserts": vials.inserted()}, rounds)
    print(f"  receipt {1_000 / found['receipt']:.0f} ms, INSERTs {1_000 / found['inserts']:.0f} ms", flush=True)
    ratio("receipt_500_vs_insert", found["inserts"] / found["receipt"])


def main() -> None:
    """Print a ratio a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    unseen_logs()
    name = f"test-{os.getpid()}-custody"
    with (
        local_servers(name, print) as servers,
        connect(servers.database_url, application="benchmark", actor=BENCHMARK) as connection,
    ):
        migrate(connection)
        measure(connection, given.rounds)
    remove(name)


if __name__ == "__main__":
    main()
