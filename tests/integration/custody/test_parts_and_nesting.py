"""What a part inherits of its lot, and who judges what is in a box."""

from itertools import pairwise

import pytest

from service.acts.containers import add_container
from service.acts.nestings import put_into, take_out
from service.acts.parts import split
from service.domain.corrections import Word
from service.domain.lots.parts import NewPart
from service.domain.registry.nesting import Nesting
from service.errors import ConflictError, RefusedError
from service.store.pool import Connection
from tests.acting import TESTER
from tests.scenario import BEFOREHAND, Scenario, at, at_us, course

COLD, WARM = -80.0, -40.0


@pytest.fixture
def scenario(connection: Connection) -> Scenario:
    return Scenario(connection)


def box(scenario: Scenario, name: str, kind: str = "box") -> None:
    add_container(scenario.connection, TESTER, name, "site", name.capitalize(), kind, "cryo-80")


def nest(scenario: Scenario, inner: str, outer: str, start: float, position: str | None = None) -> None:
    put_into(
        scenario.connection, Nesting(f"{inner}-{outer}-{start}", inner, outer, at(start), None, position), BEFOREHAND
    )


def test_a_part_has_the_history_of_its_lot_up_to_the_split_and_its_own_after(scenario: Scenario) -> None:
    """Warm for 100 min before the split is in both; what one of them went through later is its own."""
    scenario.container("freezer-a", loggers=["logger-a"])
    scenario.container("freezer-b", loggers=["logger-b"])
    scenario.lot("mx", "freezer-a")
    scenario.store(course("logger-a", [COLD] * 4 + [WARM] * 5 + [COLD] * 60))
    scenario.store(course("logger-b", [COLD] * 40 + [WARM] * 15 + [COLD] * 14))
    split(scenario.connection, "mx", [NewPart("mx-1", 3), NewPart("mx-2", 2)], at(120), BEFOREHAND)
    scenario.place("mx-2", "freezer-b", 130)
    scenario.evaluate(340)
    [whole], [first], [second] = (
        [figures.certain.tolist() for figures in scenario.judged(lot, 340).judgement.exposure.limits[:1]]
        for lot in ("mx", "mx-1", "mx-2")
    )
    assert whole == first
    assert len(second) == len(whole) + 1
    assert second[0] == whole[0]
    assert scenario.verdict("mx-1", 340) == scenario.verdict("mx", 340)
    assert scenario.verdict("mx-2", 340) == "nonviable"


def test_readings_that_come_late_reach_the_parts(scenario: Scenario) -> None:
    """The buffer of a logger from before the split condemns lot and parts alike."""
    scenario.container("freezer-a", loggers=["logger-a"])
    scenario.lot("mx", "freezer-a")
    scenario.store(course("logger-a", [COLD] * 40, start=100))
    split(scenario.connection, "mx", [NewPart("mx-1", 3)], at(120), BEFOREHAND)
    scenario.evaluate(295)
    assert scenario.verdict("mx-1", 295) == "unproven"
    scenario.store(course("logger-a", [WARM] * 20))
    scenario.evaluate(296)
    assert scenario.verdict("mx-1", 296) == scenario.verdict("mx", 296) == "nonviable"


def test_more_units_than_there_are_are_not_split_off(scenario: Scenario) -> None:
    """Of ten vials six are gone; five more cannot be."""
    scenario.container("freezer-a")
    scenario.lot("mx", "freezer-a")
    split(scenario.connection, "mx", [NewPart("mx-1", 6)], at(10), BEFOREHAND)
    with pytest.raises(RefusedError, match="4 units left"):
        split(scenario.connection, "mx", [NewPart("mx-2", 5)], at(10), BEFOREHAND)
    with pytest.raises(ConflictError, match="another lot"):
        split(scenario.connection, "mx", [NewPart("mx-1", 1)], at(10), BEFOREHAND)


def test_a_box_is_judged_by_what_it_is_in(scenario: Scenario) -> None:
    """In a rack in a freezer that is warm: the vial in the box was warm; out of it nobody measured it."""
    scenario.container("freezer-a", loggers=["logger-a"])
    box(scenario, "rack", "rack")
    box(scenario, "box")
    nest(scenario, "rack", "freezer-a", 0)
    nest(scenario, "box", "rack", 0)
    scenario.lot("mx", "box")
    scenario.store(course("logger-a", [COLD] * 4 + [WARM] * 14 + [COLD] * 40))
    scenario.evaluate(280)
    assert scenario.verdict("mx", 280) == "nonviable"
    scenario.lot("other", "box", start=100)
    scenario.evaluate(281)
    assert scenario.verdict("other", 281) == "viable"
    take_out(scenario.connection, "box", at(150), BEFOREHAND)
    scenario.evaluate(282)
    assert scenario.verdict("other", 282) == "unproven"


def test_the_innermost_probe_judges_heard_or_silent(scenario: Scenario) -> None:
    """A probe in the box is silent: the cold freezer around it says nothing of what is in the box."""
    scenario.container("freezer-a", loggers=["logger-a"])
    box(scenario, "box")
    nest(scenario, "box", "freezer-a", 0)
    scenario.attach_new("box", "logger-box", 60)
    scenario.lot("mx", "box")
    scenario.store(course("logger-a", [COLD] * 60))
    scenario.evaluate(295)
    assert scenario.verdict("mx", 295) == "unproven"
    scenario.store(course("logger-box", [COLD] * 47, start=60))
    scenario.evaluate(296)
    assert scenario.verdict("mx", 296) == "viable"


def test_a_shipper_without_a_probe_is_measured_by_nobody(scenario: Scenario) -> None:
    """In a cold room whose probe is heard: dry ice may be gone in the shipper all the same."""
    scenario.container("room", loggers=["logger-a"])
    box(scenario, "shipper", "shipper")
    nest(scenario, "shipper", "room", 0)
    scenario.lot("mx", "shipper")
    scenario.store(course("logger-a", [COLD] * 60))
    scenario.evaluate(295)
    assert scenario.verdict("mx", 295) == "unproven"


def test_boxes_are_not_in_each_other(scenario: Scenario) -> None:
    """A circle, itself, seven levels, a place that is taken: refused, and nothing is changed."""
    names = [f"box-{number}" for number in range(9)]
    for name in names:
        box(scenario, name)
    for inner, outer in pairwise(names[:7]):
        nest(scenario, inner, outer, 0)
    with pytest.raises(ConflictError, match="cannot be in each other"):
        nest(scenario, "box-6", "box-0", 1)
    with pytest.raises(ConflictError, match="in itself"):
        nest(scenario, "box-8", "box-8", 1)
    with pytest.raises(ConflictError, match="7 are the most"):
        nest(scenario, "box-6", "box-7", 1)
    nest(scenario, "box-7", "box-6", 1, "A1")
    with pytest.raises(ConflictError, match="is taken by container 'box-7'"):
        nest(scenario, "box-8", "box-6", 2, "A1")


def test_who_moves_a_box_late_says_why(scenario: Scenario) -> None:
    """It changes time already judged of the lot in it, and is listed; the lot waits for a signature."""
    scenario.container("freezer-a", loggers=["logger-a"])
    scenario.container("freezer-b", loggers=["logger-b"])
    box(scenario, "box")
    nest(scenario, "box", "freezer-a", 0)
    scenario.lot("mx", "box")
    scenario.store(course("logger-a", [COLD] * 60))
    scenario.store(course("logger-b", [COLD] * 60))
    scenario.evaluate(290)
    word = Word(TESTER, at(295), scan_delay_s=900, clock_tolerance_s=BEFOREHAND.clock_tolerance_s)
    with pytest.raises(RefusedError, match="say why"):
        put_into(scenario.connection, Nesting("late", "box", "freezer-b", at(100), None), word)
    told = Word(TESTER, at(295), 900, BEFOREHAND.clock_tolerance_s, reason="Scanned too late.")
    put_into(scenario.connection, Nesting("late", "box", "freezer-b", at(100), None), told)
    scenario.evaluate(296)
    judged = scenario.judged("mx", 296)
    assert judged.judgement.verdict == "viable"
    assert next(reason.code for reason in judged.answered.reasons) == "unsigned_change"
    assert scenario.judged("mx", 296).lot.stays[-1].from_us == at_us(100)
