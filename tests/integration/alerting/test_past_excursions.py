"""Excursions that were over before their readings arrived, through the real database."""

import pytest

from service.acts.overrides import record_overrides
from service.domain.alerting.overrides import GivenAlerting
from service.domain.alerting.rules import Override
from service.domain.severity import Severity
from service.evaluator.alerting import past_excursions
from service.store.alerting.history import alerts_listed
from service.store.pool import Connection
from tests.acting import TESTER
from tests.scenario import Scenario, at, course, reading

#: A freezer that warmed up, hot for an hour, was mended, and is cold again; five minutes apart.
FAILURE = [*[-80] * 12, *[-50] * 60, *[-10] * 12, *[-50] * 12, *[-80] * 12]


def test_an_upload_of_old_readings_is_told_once_as_past(connection: Connection) -> None:
    """What was warm days ago and is only now heard of is no emergency tonight, and yet somebody is to know."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80, -50, -50, -50, -50]))
    scenario.evaluate(3_000)
    scenario.look_back(3_003)
    [alert] = alerts_listed(connection)
    assert (alert.state, alert.past, alert.severity) == ("resolved", True, "warning")
    assert (alert.began_at, alert.resolved_at) == (at(10 / 3), at(20))
    assert (
        alert.summary == "Freezer (site) was above −60 °C for 16 min 40 s; how it went on, nobody measured; 1 lot: lot"
    )
    scenario.evaluate(3_001)
    scenario.look_back(3_004)
    scenario.store(course("logger", [-80, -80, -50, -50, -50, -80, -50, -50, -50, -50, -80], start=25))
    scenario.evaluate(3_005)
    scenario.look_back(3_008)
    [second, first] = alerts_listed(connection)
    assert first == alert
    assert second.summary == "Freezer (site) was above −60 °C 2 times, for 31 min 40 s in all; 1 lot: lot"
    assert (second.severity, second.used < 1) == ("warning", True)
    scenario.store(course("logger", [-50] * 12, start=80))
    scenario.evaluate(3_100)
    scenario.look_back(3_103)
    third = alerts_listed(connection)[0]
    assert (third.severity, third.used > 1) == ("critical", True), "a lot is lost, and may be used"


def test_what_cost_no_lot_anything_more_wakes_nobody(connection: Connection) -> None:
    """Who was told of a loss is not called for twenty harmless minutes a day later: the lot was lost before."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lost", "freezer")
    scenario.store(course("logger", [-80, *[-50] * 16, -80]))
    scenario.evaluate(2_000)
    scenario.look_back(2_003)
    scenario.lot("fresh", "freezer", start=1_900)
    scenario.store(course("logger", [-80, *[-50] * 5, -80], start=2_000))
    scenario.evaluate(3_500)
    scenario.look_back(3_503)
    harmless, loss = alerts_listed(connection)
    assert (loss.severity, loss.used > 1) == ("critical", True)
    assert (harmless.severity, harmless.used < 1) == ("warning", True), "the fresh lot's share"
    assert harmless.lot_ids == ("fresh", "lost")


def test_excursions_that_cost_a_lot_together_are_all_critical(connection: Connection) -> None:
    """Who reads out a logger hears of three times forty minutes; none of them alone would have cost the lot."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.container("other", loggers=["L2"])
    scenario.lot("lot", "freezer")
    scenario.lot("lost-elsewhere", "other")
    scenario.place("lost-elsewhere", "freezer", 1_400)
    scenario.store(course("L2", [-80, *[-50] * 20, -80]))
    scenario.evaluate(2_900)
    scenario.look_back(2_903)
    hot = [-80, *[-50] * 8, -80]
    scenario.store([one for start in (0, 600, 1_500) for one in course("logger", hot, start=start)])
    scenario.evaluate(3_000)
    scenario.look_back(3_003)
    told = [row for row in alerts_listed(connection) if row.container_id == "freezer"]
    assert [row.severity for row in told] == ["critical"] * 3
    assert max(row.used for row in told) < 2.1, "the other lot had used more, and was lost before"


def test_an_excursion_that_crossed_two_limits_costs_a_lot_as_one(connection: Connection) -> None:
    """Who has a lot with ten minutes left loses it by twenty above −60 °C, of which four were above −20 °C."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80, *[-50] * 10, -80]))
    scenario.evaluate(1_000)
    scenario.look_back(1_003)
    peak = [-61, *[-50] * 8, *[-19] * 4, *[-50] * 8, -61]
    scenario.store(course("logger", peak, start=1_000, every=1))
    scenario.evaluate(2_000)
    scenario.look_back(2_003)
    told = [(row.summary.split(" was ")[1].split(" for ")[0], row.severity) for row in alerts_listed(connection)]
    assert told == [("above −60 °C", "critical"), ("above −60 °C", "warning")]


def test_a_severity_that_is_recorded_holds_for_what_is_past(connection: Connection) -> None:
    """Who keeps samples for practice is not called for them, also not afterwards."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    override = {"limit_crossed": Override(severity=Severity.INFO)}
    record_overrides(connection, TESTER, "container", "freezer", GivenAlerting(override, "", None, "a test"))
    scenario.store(course("logger", [-80, *[-50] * 16, -80, *[-80] * 100, *[-50] * 5, -80]))
    scenario.evaluate(2_000)
    scenario.look_back(2_003)
    assert [row.severity for row in alerts_listed(connection)] == ["info", "info"]


def test_history_that_is_imported_is_told_to_nobody(connection: Connection) -> None:
    """The years before an installation are on the pages; telling of them would drown tonight."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.store(course("logger", [-80, -50, -50, -50, -50, -50, -80]))
    scenario.evaluate(60 * 24 * 40)
    assert alerts_listed(connection) == []


def test_what_was_told_while_it_was_so_is_not_told_as_past(connection: Connection) -> None:
    """An excursion with an alert of its own is told of once, however its readings are filled in later."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.store(course("logger", [-80, -50, -50, -50, -50, -50]))
    scenario.evaluate(25)
    scenario.look_back(28)
    scenario.store(course("logger", [-80, -80, -80], start=30))
    scenario.evaluate(40)
    scenario.look_back(43)
    scenario.store([reading("logger", 12, -40), reading("logger", 13, -41)])
    scenario.evaluate(45)
    scenario.look_back(48)
    assert [(row.state, row.past) for row in alerts_listed(connection)] == [("resolved", False)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (0, 2, 1)])
@pytest.mark.parametrize("later", [12, 20, 30])
def test_an_upload_in_parts_is_one_message(connection: Connection, order: tuple[int, ...], later: int) -> None:
    """In whatever order its parts come, one excursion is told as one, with its true end: never as over in between."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    readings = course("logger", FAILURE)
    parts = readings[:36], readings[36:72], readings[72:]
    hours = 9 + later
    for number in order:
        scenario.store(parts[number])
        # So late that nothing in it counts as being so still.
        scenario.evaluate(60 * hours + 24 * 60)
        scenario.look_back(60 * hours + 24 * 60)
    scenario.look_back(60 * hours + 24 * 60 + 2)
    [alert] = alerts_listed(connection)
    assert (alert.began_at, alert.past) == (at(58 + 1 / 3), True)
    assert at(475) < alert.resolved_at < at(480)
    said = "Freezer (site) was above −60 °C for 6 h 58 min, of which 57 min 30 s above −20 °C; no lots in it"
    assert alert.summary == said


def test_what_still_goes_on_is_not_told_as_past(connection: Connection) -> None:
    """While the freezer is warm there is an alert for that; what happened days before is told beside it."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.store(course("logger", [-80, *[-50] * 6, -80]))
    scenario.store(course("logger", [-80, *[-50] * 3, -80, *[-80] * 3, *[-50] * 6], start=2_000))
    scenario.evaluate(2_066)
    scenario.look_back(2_069)
    told = sorted((row.began_at, row.past, row.state) for row in alerts_listed(connection))
    assert [(past, state) for _, past, state in told] == [(True, "resolved"), (True, "resolved"), (False, "firing")]
    assert [began > at(1_000) for began, _, _ in told] == [False, True, True]


def test_an_end_that_nobody_measured_is_not_called_one(connection: Connection) -> None:
    """The logger stopped in the middle of it: that is told, and no end is made up."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.store(course("logger", [-80, *[-50] * 6]))
    scenario.store(course("logger", [-80] * 6, start=200))
    scenario.evaluate(3_000)
    scenario.look_back(3_003)
    [alert] = alerts_listed(connection)
    assert alert.summary.endswith("above −60 °C for 26 min 40 s; how it went on, nobody measured; no lots in it")


def test_an_upload_without_an_end_is_told_of_meanwhile(connection: Connection) -> None:
    """A logger that sends something every minute for hours keeps nobody waiting for that long."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.store(course("logger", [-80, *[-50] * 6, -80]))
    for minutes in range(3_000, 3_016):
        scenario.store([reading("logger", minutes - 2_900, -50 if minutes % 2 else -80)])
        scenario.evaluate(minutes)
        scenario.look_back(minutes)
        assert bool(alerts_listed(connection)) == (minutes == 3_015)


def test_what_cannot_be_told_now_is_told_later(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """One container that cannot be looked at keeps nobody from hearing of the others, and is not forgotten."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.container("other", loggers=["L2"])
    for name in ("logger", "L2"):
        scenario.store(course(name, [-80, *[-50] * 6, -80]))
    scenario.evaluate(3_000)

    def fails(_connection: Connection, container_id: str, *_: object) -> list[str]:
        assert container_id != "freezer"
        return []

    with monkeypatch.context() as failing:
        failing.setattr(past_excursions, "lots_in_during", fails)
        scenario.look_back(3_003)
        assert [row.container_id for row in alerts_listed(connection)] == ["other"]
    scenario.look_back(3_004)
    assert [row.container_id for row in alerts_listed(connection)] == ["freezer", "other"]
