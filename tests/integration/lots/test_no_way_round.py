"""Whatever people do in whatever order: nothing that waits for a signature makes a lot usable before it has it."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from service.acts.absences import add_absence
from service.acts.attachments import attach
from service.acts.calibrations import add_calibration
from service.acts.clock_mends import add_clock_mend
from service.acts.containers import set_door_grace
from service.acts.corrections import correct
from service.acts.placements import place
from service.domain.corrections import Word
from service.domain.lots.placements import Placement
from service.errors import UnbrokenError
from service.store.changes import Chosen, changes
from service.store.pool import Connection
from service.store.registry.absences import NewAbsence
from service.store.registry.attachments import NewAttachment
from service.store.registry.calibrations import NewCalibration
from service.store.registry.clock_mends import NewClockMend
from tests.acting import TESTER
from tests.scenario import BEFOREHAND, Scenario, at, course
from tests.seeds import drawn
from tests.signing import sign_all

_FREEZERS = ("f1", "f2")
_STEP_MIN = 60


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", drawn(metafunc, 6))


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody does to a cold store, at a minute of the course."""

    name: str
    does: Callable[[Connection], object]


def word(minutes: float) -> Word:
    """What is said of an act at that time."""
    return Word(TESTER, at(minutes), 900, BEFOREHAND.clock_tolerance_s, "so it was")


def an_act(chance: random.Random, number: int, now: float) -> Act:
    """Any act, about any time up to now."""
    freezer = chance.choice(_FREEZERS)
    logger = f"{freezer}-logger"
    since = now - chance.choice([0, 10, 40, 120])
    until = since + chance.choice([5, 30, 90])
    calibration = NewCalibration(
        f"c{number}", logger, "", at(since), chance.choice([None, at(until)]), 1.0, chance.choice([-45.0, 0.0, 45.0]),
        "certificate", None, None,
    )  # fmt: skip
    mend = NewClockMend(f"m{number}", logger, at(since), at(until), chance.choice([-1, 1]) * 1_800_000_000, "slow")
    absence = NewAbsence(f"a{number}", f"{freezer}-{logger}-0", at(since), at(until), "battery")
    lot = f"lot-{chance.choice(_FREEZERS)}"
    placement = Placement(f"p{number}", lot, freezer, at(since), None)
    grace = chance.choice([0, 600, 3_600])
    second = NewAttachment(f"x{number}", freezer, "spare", "", "air", at(since), at(until), at(since))
    struck = f"c{chance.randrange(max(1, number))}"
    return chance.choice(
        [
            Act("calibration", lambda on: add_calibration(on, TESTER, calibration)),
            Act("mend", lambda on: add_clock_mend(on, TESTER, mend)),
            Act("absence", lambda on: add_absence(on, TESTER, freezer, absence)),
            Act("placement", lambda on: place(on, placement, word(now))),
            Act(
                "grace",
                lambda on: set_door_grace(
                    on, TESTER, freezer, door_grace_s=grace, mapping_study="MAP-1", reason="mapped"
                ),
            ),
            Act("second probe", lambda on: attach(on, second, word(now))),
            Act(
                "struck",
                lambda on: correct(on, TESTER, kind="calibration", row_id=struck, change=None, reason="never was"),
            ),
        ]
    )


def build(connection: Connection) -> Scenario:
    """Two freezers with a lot each."""
    scenario = Scenario(connection)
    for name in _FREEZERS:
        scenario.container(name, loggers=(f"{name}-logger",))
        scenario.lot(f"lot-{name}", name)
    scenario.container("elsewhere", loggers=("spare",))
    return scenario


def answers(scenario: Scenario, now: float) -> dict[str, str]:
    """What is told of each lot."""
    return {f"lot-{name}": scenario.judged(f"lot-{name}", now).answered.answer.value for name in _FREEZERS}


@pytest.mark.long
def test_no_course_of_acts_makes_a_lot_usable_before_it_is_signed(
    seed: str, connection: Connection, other_connection: Connection
) -> None:
    """In one store people do what they like and nobody signs; in the other none of what waits there is ever done.

    A lot that may be used in the first may be used in the second too. Once all is signed, what is told is what the
    verdict says.
    """
    chance = random.Random(seed)
    unsigned, without = build(connection), build(other_connection)
    waits = 0
    for number in range(10):
        now = (number + 1) * _STEP_MIN
        for name in _FREEZERS:
            warm = chance.random() < 0.15
            temperatures = [-80.0 if not warm else chance.choice([-30.0, -10.0])] * 12
            for scenario in (unsigned, without):
                scenario.store(course(f"{name}-logger", temperatures, start=now - _STEP_MIN))
        act = an_act(chance, number, now)
        try:
            act.does(connection)
        except UnbrokenError:
            continue
        found = len(changes(connection, Chosen("unsigned")))
        if found == waits:
            try:
                act.does(other_connection)
            except UnbrokenError:
                # It is about something that was never done here.
                return
        waits = found
        # Before a pass of the evaluator and after it.
        for _ in range(2):
            told, plainly = answers(unsigned, now), answers(without, now)
            usable = {lot for lot, answer in told.items() if answer == "usable"}
            assert usable <= {lot for lot, answer in plainly.items() if answer == "usable"}, (act.name, told, plainly)
            unsigned.evaluate(now)
            without.evaluate(now)
    now = 10 * _STEP_MIN
    sign_all(connection)
    unsigned.evaluate(now)
    for name in _FREEZERS:
        found = unsigned.judged(f"lot-{name}", now)
        assert (found.answered.answer.value == "usable") == (found.judgement.verdict.value in {"viable", "at_risk"})
