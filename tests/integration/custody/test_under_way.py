"""What is under way, or was said to be: never usable on the word of a freezer that it left, or of nobody."""

import pytest

from service.acts.containers import add_container
from service.acts.nestings import put_into
from service.acts.parts import split
from service.acts.placements import place
from service.acts.shipments import cancel_shipment, hand_over_shipment, receive_shipment, register_shipment
from service.domain.corrections import Word
from service.domain.lots.parts import NewPart
from service.domain.lots.placements import Placement
from service.domain.registry.nesting import Nesting
from service.domain.shipments.receipt import Arrived, Finding
from service.errors import RefusedError
from service.settings import Settings
from service.store.lots.answers import asked
from service.store.lots.papers import time_zones
from service.store.lots.placements import placements
from service.store.pool import Connection
from service.store.registry.nestings import nestings
from service.store.registry.sites import add_site
from service.store.shipments.shipments import NewShipment, ShippedContainer
from tests.acting import TESTER
from tests.scenario import BEFOREHAND, Scenario, at, course

COLD = -80.0


def word(minute: float) -> Word:
    return Word(TESTER, at(minute), 900, BEFOREHAND.clock_tolerance_s, reason="As it came.")


@pytest.fixture
def scenario(connection: Connection) -> Scenario:
    """A freezer and a shipper whose loggers show ten cold hours; a clinic to send to."""
    made = Scenario(connection)
    add_site(connection, "clinic", "The clinic", "Europe/Zurich")
    made.container("freezer", loggers=["logger-f"])
    for name, kind in (("shipper", "shipper"), ("box", "box"), ("van", "vehicle")):
        add_container(connection, TESTER, name, "site", name.capitalize(), kind, "cryo-80")
    made.attach_new("shipper", "logger-s", 0)
    for logger_id in ("logger-f", "logger-s"):
        made.store(course(logger_id, [COLD] * 120))
    return made


def hand_over(scenario: Scenario, container_id: str, minute: float) -> None:
    new = NewShipment("ship", "site", "clinic", "Couriers", None, None, None, at(500))
    register_shipment(scenario.connection, new, [ShippedContainer(container_id, [])], BEFOREHAND)
    hand_over_shipment(scenario.connection, "ship", at(minute), word(minute))


def receive(scenario: Scenario, minute: float, *lot_ids: str, into: str | None = None) -> tuple[Finding, ...]:
    arrived = Arrived(lot_ids, {})
    return receive_shipment(
        scenario.connection,
        "ship",
        arrived,
        at(minute),
        Settings(),
        word(minute),
        container_id=into,
        positions={},
    )


def told(scenario: Scenario, lot_id: str, minute: float) -> tuple[str, str]:
    """The answer, and the first of its reasons."""
    scenario.evaluate(minute)
    answered = scenario.judged(lot_id, minute).answered
    return answered.answer.value, answered.reasons[0].code


def where(scenario: Scenario, lot_id: str) -> str | None:
    return next((one.container_id for one in placements(scenario.connection, lot_id) if one.until_at is None), None)


def test_what_is_recorded_late_to_be_in_a_shipper_is_under_way_with_it(scenario: Scenario) -> None:
    """A part split off, and a lot packed, just before the carrier came, and scanned after it left: on no manifest."""
    scenario.lot("mx", "shipper")
    hand_over(scenario, "shipper", 100)
    split(scenario.connection, "mx", [NewPart("mx-1", 3)], at(95), word(105))
    scenario.lot("late")
    place(scenario.connection, Placement("late", "late", "shipper", at(0), None), BEFOREHAND)
    under_way = ("not_proven", "awaiting_shipper_log")
    assert {told(scenario, lot_id, 106) for lot_id in ("mx", "mx-1", "late")} == {under_way}


def test_a_handover_recorded_late_takes_along_what_came_into_the_shipper_since(scenario: Scenario) -> None:
    """It was packed after the carrier is said to have come: what was told of it before does not stand."""
    scenario.lot("mx", "shipper")
    scenario.lot("packed", "freezer")
    scenario.place("packed", "shipper", 105)
    assert told(scenario, "packed", 109)[0] == "usable"
    hand_over(scenario, "shipper", 100)
    stored = asked(scenario.connection, "packed", allowed_s=600)
    assert stored is not None
    assert stored.meanwhile.behind_since is not None
    assert told(scenario, "packed", 110) == ("not_proven", "awaiting_shipper_log")
    cancel_shipment(scenario.connection, "ship", at(111), word(111))
    scenario.evaluate(112)
    stored = asked(scenario.connection, "packed", allowed_s=600)
    assert stored is not None
    assert stored.state.answer == "usable"


def test_a_box_that_is_sent_is_not_judged_by_the_freezer_it_left(scenario: Scenario) -> None:
    """It was sent out of the freezer without a logger: nobody measured it since, however cold the freezer is."""
    put_into(scenario.connection, Nesting("in", "box", "freezer", at(0), None), BEFOREHAND)
    scenario.lot("mx", "box")
    hand_over(scenario, "box", 100)
    assert [one.until_at for one in nestings(scenario.connection, "box")] == [at(100)]
    assert told(scenario, "mx", 150)[0] == "not_proven"
    receive(scenario, 200, "mx")
    assert told(scenario, "mx", 400) == ("not_proven", "limit_possibly_exceeded")


def test_a_box_leaves_the_van_on_arrival(scenario: Scenario) -> None:
    """The van drives on, and what its logger shows is of the box no longer."""
    scenario.attach_new("van", "logger-v", 0)
    scenario.store(course("logger-v", [COLD] * 120))
    put_into(scenario.connection, Nesting("in", "box", "van", at(0), None), BEFOREHAND)
    scenario.lot("mx", "box")
    hand_over(scenario, "box", 100)
    assert [one.until_at for one in nestings(scenario.connection, "box")] == [None]
    receive(scenario, 200, "mx")
    assert [one.until_at for one in nestings(scenario.connection, "box")] == [at(200)]
    assert told(scenario, "mx", 400)[0] == "not_proven"


def test_what_was_scanned_on_arrival_is_there(scenario: Scenario) -> None:
    """Under way somebody recorded it in the freezer at home: on arrival it is in the shipper, whose logger judges."""
    scenario.lot("mx", "shipper")
    hand_over(scenario, "shipper", 100)
    scenario.place("mx", "freezer", 120)
    receive(scenario, 200, "mx")
    assert where(scenario, "mx") == "shipper"


def test_what_was_missing_is_not_usable(scenario: Scenario) -> None:
    """Not for the minutes that its limits would allow outside of all measured places; until somebody finds it."""
    for lot_id in ("mx", "gone"):
        scenario.lot(lot_id, "shipper")
    hand_over(scenario, "shipper", 100)
    assert [(one.found, one.id) for one in receive(scenario, 200, "mx")] == [("missing", "gone")]
    assert told(scenario, "mx", 201)[0] == "usable"
    assert told(scenario, "gone", 201) == ("not_proven", "missing_on_arrival")
    scenario.place("gone", "shipper", 205)
    assert told(scenario, "gone", 206)[0] == "usable"


def test_a_part_that_was_not_scanned_is_missing(scenario: Scenario) -> None:
    """The lot was split under way: each part is asked for, and the lot that is all in parts is not."""
    scenario.lot("mx", "shipper")
    hand_over(scenario, "shipper", 100)
    split(scenario.connection, "mx", [NewPart("mx-1", 4), NewPart("mx-2", 6)], at(150), word(150))
    assert [(one.found, one.id) for one in receive(scenario, 200, "mx-1")] == [("missing", "mx-2")]
    assert (where(scenario, "mx-1"), where(scenario, "mx-2")) == ("shipper", None)
    assert told(scenario, "mx-1", 201)[0] == "usable"
    assert told(scenario, "mx-2", 201) == ("not_proven", "missing_on_arrival")


def test_what_arrives_is_not_put_into_a_container_of_another_site(scenario: Scenario) -> None:
    """The freezer that it left would say how cold it is at the clinic; refused, and nothing is done."""
    scenario.lot("mx", "shipper")
    hand_over(scenario, "shipper", 100)
    with pytest.raises(RefusedError, match="arrives at 'clinic'"):
        receive(scenario, 200, "mx", into="freezer")
    assert where(scenario, "mx") == "shipper"
    assert told(scenario, "mx", 210) == ("not_proven", "awaiting_shipper_log")


def test_a_shipper_tells_no_time_zone(connection: Connection) -> None:
    """It was in Tokyo when the day was over there: that it is in Zurich now makes no lot younger."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    add_container(connection, TESTER, "shipper", "site", "Shipper", "shipper", "cryo-80")
    assert time_zones(connection, ["freezer", "shipper"]) == {"freezer": "Europe/Zurich"}
