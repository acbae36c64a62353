"""Lots that are used up, over or rejected: nobody is called to measure them; whoever may be usable yet still rings."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from service.acts.attachments import end
from service.acts.containers import change_container
from service.acts.dispositions import decide
from service.acts.lot_changes import change_lot
from service.acts.recalls import recall_lot
from service.domain.answers.papers import Decision
from service.settings import Settings
from service.store.paging import WHOLE
from service.store.pool import Connection
from service.store.registry.container_list import ChosenContainers, containers_listed
from tests.acting import TESTER
from tests.integration.alerting.test_nights import sweep_in_batches, told
from tests.integration.alerting.test_sweep import DAY, cold, states, swept
from tests.scenario import BEFOREHAND, START, Scenario, at, at_us, course, reading

#: A scenario is of another year than the database's clock.
_ANY_CLOCK = Settings(clock_tolerance_s=1e9)

Act = Callable[[Connection, str], object]


def _decided(decision: Decision) -> Act:
    return lambda connection, lot_id: decide(connection, TESTER, lot_id, decision, "a test", _ANY_CLOCK, at(121))


def _recalled(connection: Connection, lot_id: str) -> None:
    recall_lot(connection, TESTER, lot_id, "a donor was tested positive later")


def _expires(connection: Connection, lot_id: str) -> None:
    # Before the scenario begins: it was found at the back of the freezer.
    change_lot(connection, lot_id, {"expires_on": (START - timedelta(days=2)).date()}, BEFOREHAND)


def _ends(connection: Connection, lot_id: str, minutes: float = 121) -> None:
    change_lot(connection, lot_id, {"life_ends_at": at(minutes)}, BEFOREHAND)


def _nothing(connection: Connection, lot_id: str) -> None:
    pass


#: What people record of a lot, and whether it may be usable yet.
_ACTS = [
    pytest.param(_nothing, True, id="nothing"),
    pytest.param(_decided(Decision.QUARANTINED), True, id="set apart"),
    pytest.param(_recalled, True, id="recalled"),
    pytest.param(_decided(Decision.REJECTED), False, id="rejected"),
    pytest.param(_expires, False, id="expired"),
    pytest.param(_ends, False, id="used up"),
]


@pytest.fixture
def scenario(connection: Connection) -> Scenario:
    """A freezer with a lot, measured for two hours; then somebody takes its logger away."""
    store = Scenario(connection)
    store.container("freezer", loggers=["L1"])
    store.lot("a", "freezer")
    store.store(course("L1", cold(25)))
    connection.execute("UPDATE lots SET recorded_at = %s", [START])
    with connection.transaction():
        end(connection, "freezer-L1-0", "freezer", at(121), BEFOREHAND)
    store.evaluate(122)
    return store


@pytest.mark.parametrize(("act", "rings"), _ACTS)
def test_a_container_without_a_logger_rings_for_lots_that_may_be_used(
    connection: Connection, scenario: Scenario, act: Act, rings: bool
) -> None:
    """Expired vials that wait to be destroyed need no logger; a lot that is set apart or recalled is kept cold."""
    with connection.transaction():
        act(connection, "a")
    scenario.evaluate(122)
    swept(connection, 122)
    assert ("lot_unmonitored" in swept(connection, 140)) is rings
    [listed] = containers_listed(connection, ChosenContainers(), at_us(200), WHOLE)
    assert (listed.condition in {"alarm", "silent"}) is rings, listed.condition


@pytest.mark.parametrize(("act", "rings"), _ACTS)
def test_a_lot_that_was_taken_out_rings_if_it_may_be_used(
    connection: Connection, scenario: Scenario, act: Act, rings: bool
) -> None:
    """Whoever forgot to say where it went hears of it once; whoever threw a rejected lot away does not."""
    connection.execute("UPDATE placements SET until_at = %s", [at(121)])
    with connection.transaction():
        act(connection, "a")
    scenario.evaluate(122)
    swept(connection, 122)
    found = swept(connection, 140).get("lot_unmonitored")
    assert (found is not None) is rings
    assert found is None or (found["subject"], found["severity"], found["state"]) == ("lot:a", "warning", "firing")


def test_one_lot_that_may_be_used_among_others_rings(connection: Connection, scenario: Scenario) -> None:
    """It lies beside what is expired, and nobody measures it."""
    scenario.lot("b", "freezer")
    with connection.transaction():
        _expires(connection, "a")
    scenario.evaluate(122)
    swept(connection, 122)
    assert swept(connection, 140)["lot_unmonitored"]["severity"] == "critical"


@pytest.mark.usefixtures("scenario")
def test_saying_that_it_is_used_up_ends_what_rings(connection: Connection) -> None:
    """The alert asks where the lot is; that its last vial was used is an answer."""
    connection.execute("UPDATE placements SET until_at = %s", [at(121)])
    swept(connection, 122)
    assert swept(connection, 140)["lot_unmonitored"]["state"] == "firing"
    with connection.transaction():
        _ends(connection, "a", 141)
    assert swept(connection, 142) == {}
    assert states(connection, "lot_unmonitored") == ["resolved"]


@pytest.mark.usefixtures("scenario")
def test_a_lot_in_no_container_rings_once_in_a_year(connection: Connection) -> None:
    """It is one alert, however long nobody says where the lot is."""
    connection.execute("UPDATE placements SET until_at = %s", [at(121)])
    for minutes in (137, DAY, 30 * DAY, 365 * DAY):
        assert swept(connection, minutes)["lot_unmonitored"]["began_at"] == at(121)
    assert states(connection, "lot_unmonitored") == ["firing"]


def test_a_rejection_that_is_taken_back_rings_again(connection: Connection, scenario: Scenario) -> None:
    """From then on the lot may be usable, and nobody measures it."""
    with connection.transaction():
        _expires(connection, "a")
    scenario.evaluate(122)
    assert swept(connection, 122) == {}
    with connection.transaction():
        change_lot(connection, "a", {"expires_on": (START + timedelta(days=900)).date()}, BEFOREHAND)
    scenario.evaluate(123)
    assert swept(connection, 123)["lot_unmonitored"]["state"] == "pending"


def test_silence_over_lots_that_are_given_up_wakes_nobody(connection: Connection) -> None:
    """The freezer is still looked after, in office hours."""
    store = Scenario(connection)
    store.container("freezer", loggers=["L1"])
    store.lot("a", "freezer")
    store.store(course("L1", cold(25)))
    store.evaluate(121)
    assert swept(connection, 140)["logger_silent"]["severity"] == "critical"
    with connection.transaction():
        _expires(connection, "a")
    store.evaluate(141)
    assert swept(connection, 142)["logger_silent"]["severity"] == "warning"


def test_a_freezer_that_broke_and_was_retired_calls_nobody(connection: Connection) -> None:
    """Its lots were moved and its probe was taken out while it was warm: nobody will ever measure it again."""
    store = Scenario(connection)
    store.container("freezer")
    store.store(course("logger", [-80, *[-50] * 30], every=1))
    store.evaluate(30)
    assert told(connection, "limit_crossed")[0].state == "firing"
    with connection.transaction():
        end(connection, "freezer-logger-0", "freezer", at(31), BEFOREHAND)
    store.evaluate(40)
    assert told(connection, "limit_crossed")[0].state == "firing"
    with connection.transaction():
        change_container(connection, TESTER, "freezer", {"retired": True}, reason="broken", now=at(41))
    sweep_in_batches(store, 42)
    [alert] = told(connection, "limit_crossed")
    assert alert.state == "resolved"
    assert "nothing that counts has measured it since" in alert.summary


def test_what_an_expired_lot_has_used_is_no_news(connection: Connection) -> None:
    """Minutes with the door open cost a lot nothing that is over by its label."""
    store = Scenario(connection)
    store.container("freezer")
    for name in ("over", "good"):
        store.lot(name, "freezer")
    with connection.transaction():
        _expires(connection, "over")
    warm = [-80.0, *[-50.0] * 40, *[-80.0] * 20]
    store.store([reading("logger", minute, one) for minute, one in enumerate(warm)])
    store.evaluate(61)
    sweep_in_batches(store, 70)
    [used] = told(connection, "budget_used")
    assert used.lot_ids == ("good",)


def test_a_freezer_of_expired_lots_has_no_time_that_runs_out(connection: Connection) -> None:
    """It is told that it is warm, when a freezer is told: no lot in it makes that more urgent."""
    store = Scenario(connection)
    store.container("freezer")
    store.lot("a", "freezer")
    with connection.transaction():
        _expires(connection, "a")
    store.store(course("logger", [-80, *[-50] * 50], every=1))
    store.evaluate(50)
    [alert] = told(connection, "limit_crossed")
    assert (alert.severity, alert.remaining_s) == ("critical", None)
    assert told(connection, "budget_used") == []
