"""Readings that change nothing are worked off without being loaded: all ends as if they had been."""

import random
from collections import Counter
from typing import Any

import pytest

from service.domain.clocks import AsOf
from service.domain.instant import BEGINNING_US
from service.evaluator import run
from service.evaluator.rollups import roll_up_ended
from service.formats.reading import Reading
from service.store.pool import Connection
from service.store.series.rollups import DAY_S, HOUR_S, load_buckets
from tests.integration.exposure.test_any_course import (
    LAST,
    LOGGERS,
    Course,
    assert_as_judged_at_once,
)
from tests.scenario import at_us, reading
from tests.seeds import drawn

#: What the evaluator keeps, but for the numbers of rows; and not when a verdict may change by time alone: it is judged
#: anew then, and which of two containers was evaluated first may decide how early that is.
KEPT = {
    "threshold_spans": "*",
    "gap_spans": "*",
    "lot_states": "lot_id, answer, verdict, reason_codes",
    "verdicts": "lot_id, decided_at, verdict, reasons, limits, cause, answer",
    "answers": "lot_id, decided_at, answer, reason_codes, cause, status",
    "budget_stages": "*",
    "alerts": "subject, cause, state, severity, began_at, fired_at, resolved_at, calm_since, due_at, past, details, "
    "lot_ids, figures",
    "alert_steps": "taken_at, was, becomes, reason",
    "dirty": "series_id, container_id, lot_id, from_us, until_us",
}


class LiveCourse(Course):
    """A cold store as it mostly is: probes report at an even pace, and now and then something happens."""

    def __init__(self, connection: Connection, chance: random.Random, *, loading: bool) -> None:
        """`loading`: every reading is loaded, as if none could be quiet."""
        super().__init__(connection, chance)
        self.loading = loading
        self.quiet: Counter[bool] = Counter()

    def _arrivals(self) -> list[tuple[float, Reading]]:
        self.afterwards, self.now = False, 0.0
        found = []
        for logger_id, (_, warmer, probes) in LOGGERS.items():
            for probe in probes:
                found += self._of_probe(logger_id, probe, warmer)
        late = [0] * 60 + [-10, 1, 5, 30]
        arrivals = [(at + self.chance.choice(late) * self.chance.random(), one) for at, one in found]
        return sorted(arrivals, key=lambda arrival: arrival[0])

    def _of_probe(self, logger_id: str, probe: str, warmer: float) -> list[tuple[float, Reading]]:
        every, minute, found = self.chance.choice([3, 5, 10, 14.5]), 0.0, []
        base = warmer - 80.0 + self.chance.choice([0, 0, 9, -8])
        while minute < LAST:
            minute += every if self.chance.random() < 0.985 else self.chance.choice([0.5, 14, 15, 15.1, 40])
            sent = round(base + self.chance.gauss(0, 1.5), 1)
            if self.chance.random() < 0.015:
                sent = self.chance.choice([base + 45, base + 20, base + 38, base - 12, 85.0, "HI", "LO", None, 175.0])
            found.append((minute, reading(logger_id, minute, sent, probe)))
            if self.chance.random() < 0.01:
                found.append((minute, reading(logger_id, minute, self.chance.choice([sent, base, -5.0]), probe)))
        return found

    def go_on(self) -> None:
        self._send(self.chance.choice([1, 3, 10, 30]))
        if self.chance.random() < 0.15:
            kind = self.chance.choice(list(self.acts))
            self.act(kind, self.acts[kind])
        if self.chance.random() < 0.9:
            self._evaluate()

    def _evaluate(self) -> run.Pass:
        if self.loading:
            self.connection.execute("UPDATE dirty SET step_us = NULL")
        done = run.evaluate_once(self.connection, AsOf(at_us(self.now)), **self.portions)
        self.quiet += Counter({True: done.quiet, False: done.marks - done.quiet})
        return done


def kept(connection: Connection) -> dict[str, list[Any]]:
    """All that the evaluator keeps, in an order of its own."""
    found = {}
    for table, columns in KEPT.items():
        rows = connection.execute(f"SELECT {columns} FROM {table}").fetchall()  # noqa: S608 - names of ours
        found[table] = sorted(map(_without_when_recorded, rows), key=repr)
    # Nothing can be told of what was never measured.
    query = (
        "SELECT * FROM past_windows WHERE container_id IN (SELECT container_id FROM container_records "
        "WHERE measured_until_us > %s) ORDER BY container_id"
    )
    found["past_windows"] = connection.execute(query, [BEGINNING_US]).fetchall()
    return found


def _without_when_recorded(kept: Any) -> Any:
    """What people record and bring, they do when the test does it: not in both databases at the same moment."""
    if isinstance(kept, dict):
        told: set[str] = set()
        if kept.get("code") == "unsigned_change":
            told = {"text", "since"}
        elif "recorded_at" in kept and "sha256" in kept:
            # Of a file, whose name is a number of its own.
            told = {"text", "recorded_at", "sha256"}
        return {name: None if name in told else _without_when_recorded(one) for name, one in kept.items()}
    return [_without_when_recorded(one) for one in kept] if isinstance(kept, list) else kept


def asked_about(connection: Connection) -> list[dict[str, Any]]:
    return connection.execute("SELECT * FROM container_records ORDER BY container_id, max_gap_s").fetchall()


def drawn_buckets(connection: Connection) -> list[Any]:
    """The hours and days of every series as they are drawn."""
    return [
        repr(load_buckets(connection, row["id"], at_us(-10_000), at_us(10_000), length_s))
        for row in connection.execute("SELECT id FROM series ORDER BY id").fetchall()
        for length_s in (HOUR_S, DAY_S)
    ]


def rolled_up(connection: Connection) -> list[dict[str, Any]]:
    while roll_up_ended(connection, at_us(100_000)):
        pass
    return connection.execute("SELECT * FROM rollups ORDER BY series_id, length_s, from_at").fetchall()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        soak = metafunc.config.getoption("--soak")
        metafunc.parametrize("seed", ["0", *drawn(metafunc, 200 if soak else 1)])


def test_any_course_ends_the_same_whether_quiet_readings_are_loaded_or_not(
    connection: Connection, other_connection: Connection, seed: str
) -> None:
    """What is quiet is told without a reading, and every record, verdict and alert is what it would be with them."""
    one = LiveCourse(connection, random.Random(seed), loading=False)
    two = LiveCourse(other_connection, random.Random(seed), loading=True)
    whole = {"most_marks": 10_000, "most_plain": 10_000}
    one.portions = two.portions = whole
    step = 0
    while one.waiting:
        one.go_on()
        two.go_on()
        step += 1
        if step % 10 == 0:
            told = f"seed {seed}, step {step}, minute {one.now}"
            assert_same(connection, other_connection, told)
    for minutes in (0, 20, 300):
        for each in (one, two):
            each.now += minutes
            each.settle()
        assert_same(connection, other_connection, f"seed {seed}, {minutes} minutes later")
    assert rolled_up(connection) == rolled_up(other_connection)
    assert_as_judged_at_once(one, f"seed {seed}")
    assert one.quiet[True] > 0
    assert two.quiet[True] == 0


def assert_same(connection: Connection, other: Connection, told: str) -> None:
    found, wanted = kept(connection), kept(other)
    for table in found:
        assert found[table] == wanted[table], f"{told}: {table}"
    assert asked_about(connection) == asked_about(other), told
    assert drawn_buckets(connection) == drawn_buckets(other), told
