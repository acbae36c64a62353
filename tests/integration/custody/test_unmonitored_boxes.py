"""Who is called for lots in boxes: whoever sees to the container that judges them, once."""

from service.acts.containers import add_container
from service.acts.nestings import put_into
from service.domain.registry.nesting import Nesting
from service.store.pool import Connection
from tests.acting import TESTER
from tests.integration.alerting.test_sweep import cold, swept
from tests.scenario import BEFOREHAND, Scenario, at, course


def put_in(connection: Connection, inner: str, kind: str, outer: str) -> None:
    """A container without a probe of its own, in another."""
    add_container(connection, TESTER, inner, "site", inner.capitalize(), kind, "cryo-80")
    put_into(connection, Nesting(f"{inner}-{outer}", inner, outer, at(0), None, None), BEFOREHAND)


def test_a_box_in_a_measured_freezer_calls_nobody(connection: Connection) -> None:
    """It needs no logger of its own: the freezer's judges it."""
    scenario = Scenario(connection)
    scenario.container("freezer", loggers=["L1"])
    put_in(connection, "box", "box", "freezer")
    scenario.lot("a", "box")
    scenario.store(course("L1", cold(25)))
    swept(connection, 100)
    assert swept(connection, 122) == {}


def test_boxes_in_a_freezer_without_a_probe_ring_once(connection: Connection) -> None:
    """One logger in the freezer is what is missing, and not one in each box."""
    scenario = Scenario(connection)
    scenario.container("freezer", loggers=[])
    for name in ("box-1", "box-2"):
        put_in(connection, name, "box", "freezer")
        scenario.lot(f"lot-{name}", name)
    swept(connection, 100)
    [alert] = swept(connection, 122).values()
    assert (alert["cause"], alert["subject"], alert["state"]) == ("lot_unmonitored", "container:freezer", "firing")
    assert alert["lot_ids"] == ["lot-box-1", "lot-box-2"]


def test_a_shipper_without_a_probe_rings_wherever_it_stands(connection: Connection) -> None:
    """The cold room around it says nothing of what is in it; the room itself is well."""
    scenario = Scenario(connection)
    scenario.container("room", loggers=["L1"])
    put_in(connection, "shipper", "shipper", "room")
    scenario.lot("a", "shipper")
    scenario.store(course("L1", cold(25)))
    swept(connection, 100)
    [alert] = swept(connection, 122).values()
    assert (alert["cause"], alert["subject"]) == ("lot_unmonitored", "container:shipper")


def test_a_box_with_a_probe_of_its_own_is_enough(connection: Connection) -> None:
    """The freezer around it has none, and needs none for this lot."""
    scenario = Scenario(connection)
    scenario.container("freezer", loggers=[])
    put_in(connection, "box", "box", "freezer")
    scenario.attach_new("box", "L1", 0)
    scenario.lot("a", "box")
    scenario.store(course("L1", cold(25)))
    swept(connection, 100)
    assert swept(connection, 122) == {}
