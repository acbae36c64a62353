"""Whatever happens, in whatever order: the evaluator ends where one evaluation of everything ends."""

import io
import random
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from service.acts.absences import add_absence
from service.acts.attachments import attach, commission, end
from service.acts.calibrations import add_calibration
from service.acts.clock_mends import add_clock_mend
from service.acts.containers import add_container, set_door_grace
from service.acts.corrections import CORRECTABLE, Kind, correct
from service.acts.intake import take_file
from service.acts.lots import register_lot
from service.domain import spans
from service.domain.clocks import AsOf
from service.domain.exposure.container import Record, Threshold
from service.domain.instant import SECOND_US
from service.errors import UnbrokenError
from service.evaluator.generation import changes, write_next
from service.evaluator.whole_records import MOST_READINGS
from service.evaluator.working_off import Pass
from service.formats.dialect import Clock
from service.formats.logger_file import LoggerFile, Readings
from service.formats.reading import Reading
from service.store.exposure.generations import in_next_generation
from service.store.exposure.records import load_records
from service.store.lots.lots import NewLot
from service.store.pool import Connection
from service.store.registry import loggers
from service.store.registry.absences import NewAbsence
from service.store.registry.attachments import NewAttachment
from service.store.registry.calibrations import NewCalibration
from service.store.registry.clock_mends import NewClockMend
from service.store.series.rollups import roll_up
from tests.acting import TESTER
from tests.evaluators import Evaluators, evaluators
from tests.generations import nothing, wandering
from tests.papers import add_product_of_before
from tests.placing import put
from tests.property.histories import plain
from tests.scenario import BEFOREHAND, Scenario, Sent, at, at_us, reading

MINUTE_US = 60 * SECOND_US

SEEDS = 8
LAST = 10 * 60
READINGS_AT_A_TIME = 60

CONTAINERS = {"cold": "cryo-80", "freezer": "frozen-20", "fridge": "lyophilised-2-8", "bench": "frozen-20"}
PROFILES = ("cryo-80", "ln2-vapour", "frozen-20", "lyophilised-2-8")

#: Range, how much warmer than a freezer's its readings are, and its probes. None: the range is told later, by a file.
LOGGERS: dict[str, tuple[tuple[float | None, float | None], float, tuple[str, ...]]] = {
    "wide": ((-200.0, 60.0), 0.0, ("", "second", "third")),
    "short": ((-100.0, -10.0), 0.0, ("",)),
    "warm": ((-40.0, 60.0), 70.0, ("", "second")),
    "unknown": ((None, None), 60.0, ("", "second")),
}


def _minute(one: Reading) -> float:
    return (one.measured_at_us - at_us(0)) / MINUTE_US


#: What courses of boxes and of custody are about; these have neither.
_ELSEWHERE = frozenset({"nesting", "custody"})


class Course:
    """A cold store in which anything may happen; what was done and what was refused is counted by kind."""

    def __init__(self, connection: Connection, chance: random.Random, several: Evaluators | None = None) -> None:
        self.connection = connection
        self.chance = chance
        self.evaluators = several or Evaluators([connection], random.Random(0))
        self.store = Scenario(connection)
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        #: Half of the courses are all told afterwards; in the others time goes on.
        self.afterwards = chance.random() < 0.5
        self.now = 2.0 * LAST if self.afterwards else 0.0
        self.names = 0
        #: How much the evaluator takes at a time, where it is not as usual.
        self.portions: dict[str, int] = {}
        self._furnish()
        self.waiting = self._arrivals()
        self.acts: dict[str, Callable[[], None]] = {
            "place": self._place,
            "lot": self._lot,
            "attach": self._attach,
            "end": self._end,
            "commission": self._commission,
            "absence": self._absence,
            "calibrate": self._calibrate,
            "mend": self._mend,
            "grace": self._grace,
            "file": self._file,
            **{f"correct {kind}": partial(self._correct, kind) for kind in CORRECTABLE if kind not in _ELSEWHERE},
        }

    def _furnish(self) -> None:
        for name, profile_id in CONTAINERS.items():
            kind = "ambient" if name == "bench" else "freezer"
            declared_c = self.chance.choice([21.0, -30.0, None]) if kind == "ambient" else None
            add_container(self.connection, TESTER, name, "site", name, kind, profile_id, declared_c=declared_c)
        for profile_id in PROFILES:
            add_product_of_before(self.connection, profile_id, "A product", profile_id)
        for name, (range_c, _, _) in LOGGERS.items():
            loggers.register_logger(self.connection, name, "site", "Model T", *range_c)
        # Each container has had a probe: of one that nothing ever happened to, nothing is kept.
        self.store.attach("bench", "unknown", start=-20, end=-10)
        self.store.attach("fridge", "unknown", start=-10)
        for container_id, logger_id in (("cold", "wide"), ("cold", "short"), ("freezer", "warm")):
            self.store.attach(container_id, logger_id)
        for _ in range(3):
            self.act("lot", self._lot)
            self.act("place", self._place)

    def _arrivals(self) -> list[tuple[float, Reading]]:
        """All readings there will be, by when they arrive: some late, some twice, some with another temperature."""
        found = []
        for logger_id, (_, warmer, probes) in LOGGERS.items():
            for probe in probes:
                sent = [self._warmer(one, warmer) for one in self._mostly_cold(LAST // 5)]
                silent = {hour for hour in range(LAST // 60) if self.chance.random() < 0.15}
                found += [
                    reading(logger_id, i * 5, one, probe)
                    for i, one in enumerate(sent)
                    if i // 12 not in silent and self.chance.random() < 0.9
                ]
        others: list[Sent] = [-80.0, -5.0, "HI"]
        found += self.chance.sample(found, 20)
        found += [
            reading(one.logger_id, _minute(one), self.chance.choice(others), one.probe)
            for one in self.chance.sample(found, 10)
        ]
        late = [0, LAST, 2 * LAST] if self.afterwards else [0, 0, 0, 0, 0, -10, 30, 300]
        arrivals = [(_minute(one) + self.chance.choice(late) * self.chance.random(), one) for one in found]
        return sorted(arrivals, key=lambda arrival: arrival[0])

    def _mostly_cold(self, count: int) -> list[Sent]:
        """Some hours go wrong."""
        wrong = {hour for hour in range(count // 12 + 1) if self.chance.random() < 0.3}
        return [one if i // 12 in wrong else -80.0 for i, one in enumerate(wandering(self.chance, count))]

    @staticmethod
    def _warmer(sent: Sent, by: float) -> Sent:
        return sent + by if isinstance(sent, float) and sent != 85.0 else sent

    def go_on(self) -> None:
        """Some readings and acts, and the evaluator at any time between them."""
        self._send(self.chance.randint(1, READINGS_AT_A_TIME))
        for _ in range(self.chance.choice([0, 1, 1, 2, 5])):
            kind = self.chance.choice(list(self.acts))
            self.act(kind, self.acts[kind])
            if self.chance.random() < 0.3:
                self._evaluate()

    def settle(self) -> None:
        """The evaluator until nothing waits, and once more for what time has made due."""
        while self._evaluate().marks:
            pass
        self._evaluate()

    def _evaluate(self) -> Pass:
        return self.evaluators.evaluate(AsOf(at_us(self.now)), **self.portions)

    def act(self, kind: str, what: Callable[[], None]) -> None:
        """Do something, if it is not refused."""
        try:
            with self.connection.transaction():
                what()
        except UnbrokenError:
            self.refused[kind] += 1
        else:
            self.done[kind] += 1

    def _next(self, most: int) -> list[Reading]:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        self.now = max(self.now, *(arrival for arrival, _ in taken), 0)
        return [one for _, one in taken]

    def _send(self, most: int) -> None:
        self.store.store(self._next(most))

    def _file(self) -> None:
        """Readings as a file has them, which also says what their loggers can measure."""
        if self.waiting:
            low_c, high_c = self.chance.choice([(-200.0, 60.0), (-50.0, 50.0), (None, 40.0)])
            file = LoggerFile(None, "Model T", Readings.of(self._next(20)), range_min_c=low_c, range_max_c=high_c)
            content, clock = io.BytesIO(repr(file).encode()), Clock(at_us(-LAST), LAST * MINUTE_US)
            take_file(self.connection, TESTER, file, content, at_us(self.now), clock, room_bytes=1 << 30)

    def _name(self) -> str:
        self.names += 1
        return f"n{self.names}"

    def _moment(self) -> datetime:
        """Until now, on a grid on which much coincides."""
        return at(2.5 * self.chance.randint(-12, int(min(self.now, LAST + 60) / 2.5)))

    def _span(self) -> tuple[datetime, datetime]:
        start = self._moment()
        return start, start + timedelta(minutes=self.chance.choice([2.5, 30, 120, 600]))

    def _maybe(self, moment: datetime) -> datetime | None:
        return self.chance.choice([moment, None])

    def _known(self, table: str) -> dict[str, Any]:
        """One of the rows that count."""
        rows = self.connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()  # noqa: S608 - names of ours
        return self.chance.choice(rows) if rows else {"id": "none", "container_id": "none"}

    def _container(self) -> str:
        return self.chance.choice(list(CONTAINERS))

    def _probe(self) -> tuple[str, str]:
        logger_id = self.chance.choice(list(LOGGERS))
        return logger_id, self.chance.choice(LOGGERS[logger_id][2])

    def _lot(self) -> None:
        """A lot, in a container for as long as it is known to live."""
        name, (start, end) = self._name(), self._span()
        register_lot(
            self.connection,
            NewLot(
                id=name,
                product_id=self.chance.choice(PROFILES),
                lot_number=name,
                units=1,
                life_starts_at=self.chance.choice([start, start, start, None]),
                life_ends_at=self.chance.choice([end, None, None]),
            ),
            BEFOREHAND,
        )
        self._put(name, start, None)

    def _place(self) -> None:
        start, end = self._span()
        self._put(self._known("lots")["id"], start, self.chance.choice([end, None, None]))

    def _put(self, lot_id: str, start: datetime, end: datetime | None) -> None:
        put(self.connection, self._name(), lot_id, self._container(), start, end)

    def _attach(self) -> None:
        (logger_id, probe), (start, end) = self._probe(), self._span()
        attach(
            self.connection,
            NewAttachment(
                id=self._name(),
                container_id=self._container(),
                logger_id=logger_id,
                probe=probe,
                place=self.chance.choice(["air", "air", "buffered", "ambient"]),
                from_at=start,
                until_at=self._maybe(end),
                commissioned_at=self.chance.choice([start, self._moment(), None]),
            ),
            BEFOREHAND,
        )

    def _end(self) -> None:
        row = self._known("attachments WHERE until_at IS NULL")
        end(self.connection, row["id"], row["container_id"], self._moment(), BEFOREHAND)

    def _commission(self) -> None:
        row = self._known("attachments WHERE commissioned_at IS NULL")
        commission(self.connection, row["id"], row["container_id"], self._moment(), BEFOREHAND)

    def _absence(self) -> None:
        row, (start, end) = self._known("attachments"), self._span()
        add_absence(
            self.connection,
            TESTER,
            row["container_id"],
            NewAbsence(
                id=self._name(),
                attachment_id=row["id"],
                from_at=start,
                until_at=end,
                reason="battery",
            ),
        )

    def _calibrate(self) -> None:
        (logger_id, probe), (start, end) = self._probe(), self._span()
        add_calibration(
            self.connection,
            TESTER,
            NewCalibration(
                id=self._name(),
                logger_id=logger_id,
                probe=probe,
                from_at=start,
                until_at=self._maybe(end),
                slope=self.chance.choice([1.0, 1.0, 1.1]),
                offset_c=self.chance.choice([-15.0, 0.0, 0.5, 15.0]),
                certificate="C-1",
                as_found=self.chance.choice(["pass", "fail", None]),
                due_at=self._maybe(end),
            ),
        )

    def _mend(self) -> None:
        start, end = self._span()
        add_clock_mend(
            self.connection,
            TESTER,
            NewClockMend(
                id=self._name(),
                logger_id=self.chance.choice(list(LOGGERS)),
                from_at=start,
                until_at=end,
                offset_us=round(self.chance.choice([-60, -17, -5, 5, 30.5, 90]) * MINUTE_US),
                reason="set wrongly",
            ),
        )

    def _grace(self) -> None:
        set_door_grace(
            self.connection,
            TESTER,
            self._container(),
            door_grace_s=self.chance.choice([0, 300, 900, 3_600]),
            mapping_study="MAP-7",
            reason="mapped",
        )

    def _correct(self, kind: Kind) -> None:
        found = CORRECTABLE[kind]
        change = {name: self._other(name) for name in sorted(found.changeable) if self.chance.random() < 0.5}
        correct(
            self.connection,
            TESTER,
            kind=kind,
            row_id=self._known(found.table.name)["id"],
            change=change or None,
            reason="slip",
        )

    def _other(self, column: str) -> str | datetime | None:
        if column == "container_id":
            return self._container()
        if column == "position":
            return self._maybe(self.chance.choice(["A1", "A2", "B1", "B2"]))
        return self._moment() if column == "from_at" else self._maybe(self._moment())


def differing(connection: Connection) -> list[tuple[object, ...]]:
    """What is kept of each container beside what is found anew, where they differ.

    What nobody asks about any more, because a lot was never there, may be kept until the container is next measured.
    """
    kept = load_records(connection, list(CONTAINERS))
    with in_next_generation(connection):
        anew = load_records(connection, list(CONTAINERS))
    asked = {key: plain(_asked_about(kept.get(key, Record()), record.beyond.keys())) for key, record in anew.items()}
    return [(key, asked[key], plain(record)) for key, record in anew.items() if asked[key] != plain(record)]


def _asked_about(record: Record, thresholds: Collection[Threshold]) -> Record:
    return replace(
        record,
        beyond={key: found for key, found in record.beyond.items() if key in thresholds},
        disputed={key: found for key, found in record.disputed.items() if key in thresholds},
        open_beyond=record.open_beyond & set(thresholds),
        open_possible=record.open_possible & set(thresholds),
    )


def rolled_up(connection: Connection) -> list[dict[str, Any]]:
    """All roll-ups there are."""
    return connection.execute("SELECT * FROM rollups ORDER BY series_id, length_s, from_at").fetchall()


def roll_up_all(connection: Connection) -> None:
    """All roll-ups once more, from all readings."""
    always = spans.spans([(at_us(-10_000), at_us(10_000))])
    connection.execute("TRUNCATE rollups")
    with connection.transaction():
        roll_up(connection, {row["id"]: always for row in connection.execute("SELECT id FROM series")})


def assert_as_judged_at_once(course: Course, told: str) -> None:
    """Records, verdicts and reasons are those that one evaluation of everything finds."""
    connection, now_us = course.connection, at_us(course.now)
    write_next(connection, nothing, course.portions.get("most_readings", MOST_READINGS))
    found = [*differing(connection), *changes(connection, now_us)]
    assert not found, f"{told}: {found}"
    connection.execute("SELECT pg_advisory_unlock_all()")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(SEEDS))
def test_any_course_of_events_ends_as_everything_judged_at_once(
    connection: Connection, database_url: str, seed: int
) -> None:
    """Whoever reports late, errs or takes back, and whenever which evaluator comes to it: the verdicts are the same."""
    chance, count = random.Random(seed), 3 if seed % 2 else 1
    with evaluators(database_url, count, random.Random(f"evaluators {seed}")) as several:
        run_any_course(Course(connection, chance, several), chance, f"seed {seed}, {count} evaluators")


def run_any_course(any_course: Course, chance: random.Random, named: str) -> None:
    """From its begin until nothing happens any more."""
    connection = any_course.connection
    portions = {
        "most_plain": chance.choice([1, 3, 500]),
        "most_marks": chance.choice([1, 3, 25]),
        "most_readings": chance.choice([10, 60, 400_000]),
    }
    any_course.portions = portions
    while any_course.waiting:
        any_course.go_on()
        if chance.random() < 0.3:
            any_course.settle()
            assert_as_judged_at_once(any_course, named)
    any_course.portions = {}
    # Nothing happens any more but that time passes.
    for minutes in (0, 1, 20, 60, 300, 3_000):
        any_course.now += minutes
        any_course.settle()
        assert_as_judged_at_once(any_course, f"{named}, {minutes} minutes later")
    kept = rolled_up(connection)
    roll_up_all(connection)
    assert kept == rolled_up(connection), named
    assert any_course.done.total() > any_course.refused.total()
