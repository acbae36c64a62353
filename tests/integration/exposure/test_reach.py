"""Which lots a change reaches: those that were there then and lived, and those that are there now."""

import random
from datetime import timedelta

import pytest

from service.acts.containers import set_door_grace
from service.answers.judging import judge_lots
from service.domain.answers.standing import RULES
from service.domain.clocks import AsOf
from service.formats.reading import Reading
from service.store.lots.answers import PAST
from service.store.lots.lots import all_lot_ids
from service.store.lots.placements import placements
from service.store.pool import Connection
from tests.acting import TESTER
from tests.placing import put
from tests.scenario import Scenario, Sent, at, at_us, course, reading

#: Lots that follow each other in the freezer, each for an hour.
LOTS = 6


def freezer_of_visitors(connection: Connection) -> Scenario:
    """A freezer with two probes in which one lot after the other lay for an hour, the last of them until now."""
    store = Scenario(connection)
    store.container("freezer", loggers=["top", "bottom"])
    store.container("elsewhere", loggers=["other"])
    for number in range(LOTS):
        name = f"lot-{number}"
        store.lot(name, "freezer", start=60 * number)
        if number < LOTS - 1:
            store.place(name, "elsewhere", 60 * (number + 1))
    for logger_id in ("top", "bottom", "other"):
        measured = course(logger_id, [-80.0] * 73)
        store.store([one for one in measured if not at_us(130) < one.measured_at_us < at_us(155)])
    while store.evaluate(360).marks:
        pass
    return store


def judged_by(store: Scenario, minutes: float) -> int:
    """How many lots a pass judges."""
    return store.evaluate(minutes).lots


def test_a_change_now_judges_only_the_lots_there_now(connection: Connection) -> None:
    """Whoever has left a freezer before it warms up is none of its business."""
    store = freezer_of_visitors(connection)
    store.store([reading("top", 361, -50)])
    assert judged_by(store, 361) == 1


def test_late_readings_judge_the_lots_that_were_there_then(connection: Connection) -> None:
    """A warm half hour told of late was that of the lot there then; and the one there now is looked at."""
    store = freezer_of_visitors(connection)
    store.store(course("top", [-50.0] * 4, start=135))
    assert judged_by(store, 360) == 2
    assert store.judged("lot-2", 360).judgement.limits[0].certain_us > 0


def test_a_life_that_had_ended_is_not_judged_again(connection: Connection) -> None:
    """A lot that was used up before is what it was."""
    store = freezer_of_visitors(connection)
    store.lot("used", "freezer", end=100)
    while store.evaluate(360).marks:
        pass
    store.store([reading("top", 361, -50)])
    assert judged_by(store, 361) == 1


def test_a_probe_taken_out_by_a_person_reaches_all_that_ever_were_there(connection: Connection) -> None:
    """What people change about a freezer holds for all of its history."""
    store = freezer_of_visitors(connection)
    set_door_grace(connection, TESTER, "freezer", door_grace_s=600, mapping_study="MAP-7", reason="mapped")
    assert judged_by(store, 360) == LOTS


class Hall:
    """Two freezers with two probes each, and lots that come and go, all by chance."""

    def __init__(self, connection: Connection, chance: random.Random) -> None:
        self.store, self.chance = Scenario(connection), chance
        self.lots = 0
        self.minute = 0.0
        self._late: list[Reading] = []
        self._said: dict[str, Sent] = {}
        for name in ("freezer", "vault"):
            self.store.container(name, loggers=[f"{name}-top", f"{name}-bottom"])

    def go_on(self) -> None:
        """Some minutes, with whatever happens in them."""
        self.minute += self.chance.choice([2, 5, 5, 13, 40])
        if self.chance.random() < 0.3:
            self.lots += 1
            start = self.minute - self.chance.choice([0, 30, 200])
            self.store.lot(f"lot-{self.lots}", start=start, end=self.chance.choice([None, None, self.minute + 90]))
        if self.lots and self.chance.random() < 0.4:
            self._place()
        for logger_id in ("freezer-top", "freezer-bottom", "vault-top", "vault-bottom"):
            self._say(logger_id)
        if self.chance.random() < 0.2:
            self.store.store(self._late)
            self._late = []

    def _place(self) -> None:
        start = at(self.minute - self.chance.choice([0, 0, 0, 50]))
        until = self.chance.choice([None, None, start + timedelta(minutes=self.chance.choice([20, 70]))])
        lot_id, connection = f"lot-{self.chance.randint(1, self.lots)}", self.store.connection
        if any(one.from_at >= start or (one.until_at or start) > start for one in placements(connection, lot_id)):
            return
        with connection.transaction():
            put(connection, f"{lot_id}-{start}", lot_id, self.chance.choice(["freezer", "vault"]), start, until)

    def _say(self, logger_id: str) -> None:
        if self.chance.random() < 0.1:
            self._said[logger_id] = self.chance.choice([-50.0, -80.0, "HI", "LO", -60.0, None])
        one = reading(logger_id, self.minute + self.chance.choice([0, 0, 0, 9]), self._said.get(logger_id, -80.0))
        if self.chance.random() < 0.75:
            self.store.store([one])
        elif self.chance.random() < 0.7:
            self._late.append(one)


@pytest.mark.parametrize("seed", range(4))
def test_after_every_pass_each_lot_is_what_judging_all_lots_would_say(connection: Connection, seed: int) -> None:
    """Hot and silent probes, late uploads, clocks ahead, lots that come and go: who is left out is what it was."""
    hall, left_out = Hall(connection, random.Random(seed)), 0
    query = f"SELECT lot_id, answer, verdict, reason_codes, {PAST} AS past FROM lot_states AS state"  # noqa: S608 - ours
    for _ in range(60):
        hall.go_on()
        every = all_lot_ids(connection)
        while (done := hall.store.evaluate(hall.minute)).marks or done.lots:
            left_out += len(every) - done.lots
        states = connection.execute(query, {"now_us": at_us(hall.minute), "rules": RULES}).fetchall()
        stored = {
            state["lot_id"]: (state["answer"], state["verdict"], state["reason_codes"], state["past"])
            for state in states
        }
        for found in judge_lots(connection, every, AsOf(at_us(hall.minute))):
            anew = (found.answered.answer, found.judgement.verdict.value, found.answered.reason_codes, False)
            assert stored[found.lot.id] == anew, f"seed {seed}, {found.lot}"
    assert left_out > 0
