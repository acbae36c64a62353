"""Lots are split anywhere and containers nested anyhow: each vial is judged by what its innermost probe measured."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from service.acts.attachments import attach
from service.acts.containers import add_container
from service.acts.corrections import correct
from service.acts.lots import register_lot
from service.acts.nestings import put_into, take_out
from service.acts.parts import split
from service.acts.placements import place
from service.answers.judging import judge_lots
from service.domain.clocks import AsOf
from service.domain.instant import BEGINNING_US, to_datetime
from service.domain.lots.parts import NewPart
from service.domain.lots.placements import Placement
from service.domain.registry.nesting import Nesting
from service.domain.spans import Spans
from service.errors import ConflictError, RefusedError
from service.evaluator.generation import changes, write_next
from service.evaluator.run import evaluate_once
from service.store.lots.lineage import parts_listed
from service.store.lots.lots import NewLot
from service.store.lots.placements import placements
from service.store.pool import Connection
from service.store.registry.attachments import NewAttachment
from service.store.registry.loggers import register_logger
from tests import oracle
from tests.acting import TESTER
from tests.generations import differences, nothing
from tests.oracle import Allowed, Series
from tests.property.custody_courses import KINDS, LAST_TICK, MEASURED, TICK_US, UNITS, Account, Act, Course, courses
from tests.property.histories import MAX_GAP_S, pairs
from tests.property.test_late_arrival import BEGINS_US, NOW_US, PROFILE, as_sent, cold_store
from tests.property.test_late_readings import Arrival
from tests.scenario import BEFOREHAND, Scenario

pytestmark = pytest.mark.long

#: Each case is a cold store of its own within one real database, with some ten acts: half a second.
FEW = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))

LIMITS = [
    Allowed("above", -60.0, budget_s=4, single_s=2),
    Allowed("above", -20.0, budget_s=1),
    Allowed("below", -90.0, condemns=False),
]
_numbers = count(1)

_UNHEARD = {name: Series(()) for name in MEASURED}
#: Five vials went at tick 20; of the others it is recorded later that they went at tick 10.
LAST_IS_RECORDED_FIRST = Course(_UNHEARD, [("split", 0, 4, 20), ("split_up", 0, 0, 10)], [])
#: Where the lot was is struck; a part of it is said to have been in a freezer before it was split off.
PART_BEFORE_ITS_SPLIT = Course(_UNHEARD, [("strike", 0, 0, 0), ("split", 0, 0, 20), ("place", 1, 1, 0)], [])


class Store:
    """A cold store of its own, to which a course of acts happens; its account says what ought to be."""

    def __init__(self, scenario: Scenario, probes: dict[str, Series]) -> None:
        self.scenario, self.connection = scenario, scenario.connection
        self.name = f"case-{next(_numbers)}"
        self.probes = probes
        self.account = Account()
        for name, kind in KINDS.items():
            add_container(self.connection, TESTER, self.of(name), "site", self.of(name), kind, PROFILE.id)
        for number, name in enumerate(MEASURED):
            self._attach(f"{self.name}-{number}", name, probes[name])
        new = NewLot(self.of("lot"), "product", self.of("lot"), UNITS, instant(0), instant(LAST_TICK))
        register_lot(self.connection, new, BEFOREHAND)
        self.account.units["lot"] = UNITS
        self.account.stays["lot"] = {}
        self.happens(("place", 0, 4, 0))

    def of(self, name: str) -> str:
        """The id of a container or lot of this store."""
        return f"{self.name}-{name}"

    def _attach(self, logger_id: str, container: str, probe: Series) -> None:
        with self.connection.transaction():
            register_logger(self.connection, logger_id, "site", "", probe.range_min_c, probe.range_max_c)
            until = None if probe.until_us is None else to_datetime(BEGINS_US + probe.until_us)
            commissioned = to_datetime(BEGINS_US + probe.from_us)
            new = NewAttachment(logger_id, self.of(container), logger_id, "", "air", instant(0), until, commissioned)
            attach(self.connection, new, BEFOREHAND)

    def happens(self, act: Act) -> None:
        """An act; where it is refused, nothing has changed."""
        name, one, other, tick = act
        kept = self.kept()
        try:
            written = getattr(self, f"_{name}")(one, other, tick)
        except (ConflictError, RefusedError):
            assert self.kept() == kept, f"{act} was refused"
        else:
            written()

    def kept(self) -> list[list[dict[str, object]]]:
        """What people recorded of this store."""
        return [
            self.rows("SELECT * FROM lots WHERE id LIKE %s ORDER BY id"),
            self.rows("SELECT * FROM recorded_placements WHERE lot_id LIKE %s ORDER BY id"),
            self.rows("SELECT * FROM recorded_nestings WHERE container_id LIKE %s ORDER BY id"),
            self.rows("SELECT * FROM lineage WHERE lot_id LIKE %s ORDER BY lot_id, ancestor_id"),
        ]

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of this store alone."""
        return self.connection.execute(query, [f"{self.name}-%"]).fetchall()

    def _a_lot(self, number: int) -> str:
        return list(self.account.units)[number % len(self.account.units)]

    def _split(self, one: int, other: int, tick: int, units: int | None = None) -> Callable[[], None]:
        lot, part = self._a_lot(one), f"part-{len(self.account.units)}"
        taken = units or other + 1
        split(self.connection, self.of(lot), [NewPart(self.of(part), taken)], instant(tick), BEFOREHAND)
        return lambda: self.account.split_off(lot, part, f"split-{self.of(part)}", taken, tick)

    def _split_up(self, one: int, other: int, tick: int) -> Callable[[], None]:
        return self._split(one, other, tick, units=self.account.left(self._a_lot(one)) or None)

    def _place(self, one: int, other: int, tick: int) -> Callable[[], None]:
        lot, container, placement = self._a_lot(one), list(KINDS)[other], f"placement-{next(_numbers)}"
        new = Placement(placement, self.of(lot), self.of(container), instant(tick), None)
        place(self.connection, new, BEFOREHAND)
        return lambda: self.account.placed(lot, placement, container, tick)

    def _nest(self, one: int, other: int, tick: int) -> Callable[[], None]:
        inner, outer = list(KINDS)[one], list(KINDS)[other]
        new = Nesting(f"nesting-{next(_numbers)}", self.of(inner), self.of(outer), instant(tick), None)
        put_into(self.connection, new, BEFOREHAND)
        return lambda: self.account.put_into(inner, outer, tick)

    def _out(self, one: int, _other: int, tick: int) -> Callable[[], None]:
        inner = list(KINDS)[one]
        take_out(self.connection, self.of(inner), instant(tick), BEFOREHAND)
        return lambda: self.account.taken_out(inner, tick)

    def _strike(self, one: int, other: int, _tick: int) -> Callable[[], None]:
        return self._put_right(self._a_lot(one), other, None)

    def _correct(self, one: int, other: int, _tick: int) -> Callable[[], None]:
        return self._put_right(self._a_lot(one), other, list(KINDS)[other])

    def _put_right(self, lot: str, number: int, container: str | None) -> Callable[[], None]:
        """A lot was not in this container, but in another, or in none."""
        stays = self.account.stays[lot]
        if not stays:
            return lambda: None
        row_id = list(stays)[-1 - number % len(stays)]
        change = None if container is None else {"container_id": self.of(container)}
        correct(self.connection, TESTER, kind="placement", row_id=row_id, change=change, reason="A slip.")
        stay = stays[row_id]
        found = placements(self.connection, self.of(lot))

        def written() -> None:
            del stays[row_id]
            if container is not None:
                [now] = [one.id for one in found if one.from_at == instant(stay[1])]
                stays[now] = (container, *stay[1:])

        return written

    def hears(self, batch: list[Arrival]) -> None:
        """Readings of its probes come in."""
        self.scenario.store(as_sent(self.name, batch))

    def evaluate(self) -> None:
        """Until nothing waits."""
        while evaluate_once(self.connection, AsOf(NOW_US)).marks:
            pass


def instant(tick: int) -> datetime:
    """The instant of a tick."""
    return to_datetime(BEGINS_US + tick * TICK_US)


def levels_kept(rows: Sequence[dict[str, Any]], tick: int) -> list[tuple[str, int]]:
    """All that something is in at this tick by a derived table, each with its level."""
    now = instant(tick)
    return sorted(
        (row["name"], row["level"])
        for row in rows
        if row["from_at"] <= now and (row["until_at"] is None or now < row["until_at"])
    )


def assert_tables_follow(store: Store) -> None:
    """The derived tables say of every moment what the account says."""
    lots = store.rows(
        "SELECT lot_id AS id, container_id AS name, from_at, until_at, level FROM stays WHERE lot_id LIKE %s"
    )
    held = store.rows(
        "SELECT container_id AS id, outer_id AS name, from_at, until_at, level FROM enclosures "
        "WHERE container_id LIKE %s"
    )
    account = store.account
    for tick in range(LAST_TICK + 1):
        for lot in account.units:
            expected = account.levels(account.place_of(lot, tick), tick)
            kept = levels_kept([row for row in lots if row["id"] == store.of(lot)], tick)
            assert kept == sorted((store.of(name), level) for name, level in expected), (lot, tick)
        for container in KINDS:
            expected = account.levels(container, tick)[1:]
            kept = levels_kept([row for row in held if row["id"] == store.of(container)], tick)
            assert kept == sorted((store.of(name), level) for name, level in expected), (container, tick)


def assert_units_balance(store: Store) -> None:
    """No vial is lost or made: what is left of the lot and of its parts is what there was at first."""
    account = store.account
    told = {one.id: one.units_left for one in parts_listed(store.connection, store.of("lot"))}
    assert told == {store.of(part): account.left(part) for part in account.split}
    assert account.left("lot") + sum(one or 0 for one in told.values()) == UNITS
    assert min(account.left(lot) for lot in account.units) >= 0


def assert_judged_right(store: Store) -> None:
    """Every lot and part is judged as the slow judge does it, by the readings of what judges at each moment."""
    account = store.account
    tracks = {name: [store.probes[name]] if name in store.probes else [] for name in KINDS}
    for judged in judge_lots(store.connection, [store.of(lot) for lot in account.units], AsOf(NOW_US)):
        lot = judged.lot.id.removeprefix(f"{store.name}-")
        life = account.life(lot, store.probes)
        expected = oracle.judge(life, tracks, LIMITS, MAX_GAP_S, NOW_US - BEGINS_US)
        exposure = judged.judgement.exposure
        assert [since_beginning(x.certain) for x in exposure.limits] == expected.certain, lot
        assert [since_beginning(x.possible) for x in exposure.limits] == expected.possible, lot
        assert since_beginning(exposure.gaps) == expected.gaps, lot
        assert since_beginning(exposure.pending) == expected.pending, lot
        assert {name.removesuffix("_us"): us for name, us in asdict(exposure.parts).items()} == expected.parts, lot
        assert judged.judgement.verdict == expected.verdict, lot


def since_beginning(found: Spans) -> list[tuple[int, int]]:
    """Spans as the slow judge tells them."""
    return [(from_us - BEGINS_US, until_us - BEGINS_US) for from_us, until_us in pairs(found)]


def test_any_course_ends_as_each_vial_was_kept(connection: Connection) -> None:
    """Split anywhere, nested anyhow, corrected, heard late: parts, derived tables, verdicts and answers come out right.

    The verdict is that of the unsplit parent up to the split and of the part's own places after, by the readings of
    the innermost container; no unit is lost; and one evaluation of everything changes nothing.
    """
    scenario = cold_store(connection)

    @FEW
    @example(LAST_IS_RECORDED_FIRST)
    @example(PART_BEFORE_ITS_SPLIT)
    @given(courses())
    def check(course: Course) -> None:
        store = Store(scenario, course.probes)
        uploads = list(course.uploads)
        for act in course.acts:
            if act[0] == "upload":
                if uploads:
                    store.hears(uploads.pop(0))
                store.evaluate()
            else:
                store.happens(act)
        for batch in uploads:
            store.hears(batch)
        assert_tables_follow(store)
        assert_units_balance(store)
        store.evaluate()
        assert_judged_right(store)

    check()
    write_next(connection, nothing)
    # What no probe ever measured and no lot lay in has an empty record, or none.
    assert [one for one in differences(connection) if one.get("measured_until_us") != BEGINNING_US] == []
    assert changes(connection, NOW_US) == []
