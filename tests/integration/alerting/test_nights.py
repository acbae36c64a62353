"""Nights in which somebody is to hear of it while there is something to save, and of an end only when it is one."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from service.acts.absences import add_absence
from service.acts.attachments import end
from service.acts.containers import add_container
from service.acts.corrections import correct
from service.domain.alerting.alert import Alert
from service.domain.alerting.details import EvidenceLost, WasBeyond
from service.domain.profiles import Direction, Effect, Limit, Profile, ThawRule
from service.evaluator.alerting.budgets import lots_to_tell_of, tell_of_budgets
from service.evaluator.alerting.limit_alerts import containers_with_alerts, update_alerts_of
from service.evaluator.alerting.sweep import sweep
from service.store.alerting.alerts import open_alerts
from service.store.alerting.history import alerts_listed
from service.store.pool import Connection
from service.store.registry.absences import NewAbsence
from service.store.registry.profiles import add_profile_if_new, all_profiles
from tests.acting import TESTER
from tests.scenario import BEFOREHAND, Scenario, Sent, at, at_us, course, reading

CONDEMNS = Effect.CONDEMNS
ABOVE, BELOW = Direction.ABOVE, Direction.BELOW


def play(scenario: Scenario, logger_id: str, sent: Iterable[Sent], *, start: float = 0, every: float = 1) -> None:
    """Readings as they come, each evaluated at once."""
    for i, one in enumerate(sent):
        scenario.store([reading(logger_id, start + i * every, one)])
        scenario.evaluate(start + i * every)


def sweep_in_batches(scenario: Scenario, minutes: float) -> None:
    """What the evaluator looks at now and then, at that time."""
    connection = scenario.connection
    profiles = all_profiles(connection)
    with connection.transaction():
        update_alerts_of(connection, containers_with_alerts(connection), profiles, at_us(minutes))
    scenario.look_back(minutes)
    tell_of_budgets(connection, lots_to_tell_of(connection, at_us(minutes)), at_us(minutes))


def told(connection: Connection, cause: str) -> list[Alert]:
    """The alerts of a cause that people were told of, the oldest first."""
    return [row for row in reversed(alerts_listed(connection)) if row.cause == cause and row.fired_at is not None]


def profile(connection: Connection, name: str, *limits: Limit, thaw: ThawRule | None = None, gap_s: int = 900) -> None:
    """Conditions of somebody's own."""
    add_profile_if_new(connection, Profile(name, 1, name, limits, gap_s, thaw=thaw))


@pytest.fixture
def scenario(connection: Connection) -> Scenario:
    """A site."""
    return Scenario(connection)


# What may be so rings, and nothing disputed ends it.


def test_hi_of_a_logger_without_a_range_is_told(connection: Connection, scenario: Scenario) -> None:
    """Nobody knows how warm "HI" is there: the more reason to look."""
    scenario.container("freezer", range_c=(None, None))
    scenario.lot("lot", "freezer")
    play(scenario, "logger", [-80, -80, *["HI"] * 12])
    [alert] = told(connection, "limit_crossed")
    assert (alert.state, alert.severity) == ("firing", "critical")
    assert alert.fired_at <= at(3), "above −20 °C a minute is long"
    said = "Freezer (site) may be above −20 °C: HI, and the range of the logger is not known; 1 lot: lot"
    assert alert.summary == said


def test_lo_of_a_logger_without_a_range_is_told(connection: Connection, scenario: Scenario) -> None:
    """What may have frozen is lost as well."""
    profile(connection, "fridge", Limit(BELOW, 2.0, CONDEMNS, 3_600, alarm_delay_s=300))
    scenario.container("fridge", "fridge", range_c=(None, None))
    play(scenario, "logger", [5, 5, *["LO"] * 8])
    [alert] = told(connection, "limit_crossed")
    said = "Fridge (site) may be below 2 °C: LO, and the range of the logger is not known; no lots in it"
    assert (alert.state, alert.summary) == ("firing", said)


def test_a_freezer_beyond_by_turns_for_certain_and_perhaps_is_beyond_all_the_time(
    connection: Connection, scenario: Scenario
) -> None:
    """A failing logger that says "HI" every third minute makes no warm freezer a cold one."""
    profile(connection, "patient", Limit(ABOVE, -60.0, CONDEMNS, 3_600, alarm_delay_s=600))
    scenario.container("freezer", "patient", range_c=(None, None))
    play(scenario, "logger", [-80, *[-50, -50, "HI"] * 5])
    [alert] = told(connection, "limit_crossed")
    assert (alert.state, alert.fired_at <= at(12)) == ("firing", True)


def test_hi_does_not_end_an_alarm(connection: Connection, scenario: Scenario) -> None:
    """A freezer that goes on warming leaves the range of its logger: that is no end."""
    scenario.container("freezer", range_c=(None, None))
    play(scenario, "logger", [-80, *[-50] * 15, *["HI"] * 20])
    [alert] = told(connection, "limit_crossed")
    assert (alert.state, alert.calm_since) == ("firing", None)
    play(scenario, "logger", [-80] * 7, start=36)
    [alert] = told(connection, "limit_crossed")
    assert (alert.state, alert.calm_since) == ("resolved", at(36))


def test_calm_is_the_last_calm(connection: Connection, scenario: Scenario) -> None:
    """Cold, warm for a moment that arrives together with the cold after it, and cold: it is calm since the last."""
    scenario.container("freezer")
    play(scenario, "logger", [-80, *[-50] * 15, -80, -80])
    [alert] = told(connection, "limit_crossed")
    first = alert.calm_since
    assert first is not None
    scenario.store([reading("logger", 18 + i, one) for i, one in enumerate([-50, -50, -80])])
    scenario.evaluate(20)
    [alert] = told(connection, "limit_crossed")
    assert alert.state == "firing"
    assert at(19) < alert.calm_since < at(20)


def test_a_calm_that_was_not_is_none(connection: Connection, scenario: Scenario) -> None:
    """Five minutes of calm count from the last warm reading, though the evaluator saw only the calm around it."""
    scenario.container("freezer")
    play(scenario, "logger", [-80, *[-50] * 15, -80])
    scenario.store([reading("logger", 17 + i, one) for i, one in enumerate([-80, -80, -50, -80, -80])])
    scenario.evaluate(22)
    [alert] = told(connection, "limit_crossed")
    assert alert.state == "firing"


# A lot's own limits.


def test_a_single_run_without_a_budget_rings_in_time(connection: Connection, scenario: Scenario) -> None:
    """Two minutes without a break are all it may have: who hears of it after ten hears of a loss."""
    profile(connection, "single", Limit(ABOVE, -60.0, CONDEMNS, None, single_s=360))
    scenario.container("freezer", "single")
    scenario.lot("lot", "freezer", "single")
    play(scenario, "logger", [-80, *[-50] * 5])
    [alert] = told(connection, "limit_crossed")
    assert (alert.state, alert.severity) == ("firing", "critical")
    assert alert.fired_at - alert.began_at <= timedelta(seconds=180)
    assert 60 < alert.remaining_s < 360
    assert scenario.verdict("lot", 5) == "at_risk"


@pytest.mark.parametrize("direction", [ABOVE, BELOW])
@pytest.mark.parametrize("single_s", [0, 60])
def test_a_lot_that_is_lost_at_first_sight_is_told_at_once(
    connection: Connection, scenario: Scenario, direction: Direction, single_s: int
) -> None:
    """What may never freeze is lost by the first reading that says so; whoever could save the next lot hears of it."""
    sign = 1 if direction is ABOVE else -1
    profile(connection, "never", Limit(direction, -20.0 + 2 * sign, CONDEMNS, None, single_s=single_s))
    profile(connection, "wide", Limit(direction, -20.0 + 20 * sign, CONDEMNS, 3_600))
    scenario.container("freezer", "wide")
    scenario.lot("lot", "freezer", "never")
    play(scenario, "logger", [-20, -20, -20 + 5 * sign], every=5)
    assert scenario.verdict("lot", 10) == "nonviable"
    [alert] = told(connection, "limit_crossed")
    assert (alert.state, alert.severity, alert.fired_at) == ("firing", "critical", at(10))


@pytest.mark.parametrize("direction", [ABOVE, BELOW])
def test_a_lot_stricter_than_its_container_rings(
    connection: Connection, scenario: Scenario, direction: Direction
) -> None:
    """It lies in a freezer that is well, by the freezer's own limits; not by the lot's, also where that is too cold."""
    sign = 1 if direction is ABOVE else -1
    profile(connection, "strict", Limit(direction, -20.0 + 2 * sign, CONDEMNS, None, single_s=600), gap_s=600)
    profile(connection, "wide", Limit(direction, -20.0 + 20 * sign, CONDEMNS, 3_600))
    scenario.container("freezer", "wide")
    scenario.lot("a-other", "freezer", "wide")
    scenario.lot("strict", "freezer", "strict")
    play(scenario, "logger", [-20, *[-20 + 5 * sign] * 5])
    [alert] = told(connection, "limit_crossed")
    where = "above −18 °C" if direction is ABOVE else "below −22 °C"
    said = f"Freezer (site) is {where}, a limit of lot strict; 2 lots: strict, a-other"
    assert (alert.state, alert.severity, alert.summary) == ("firing", "critical", said)
    assert alert.fired_at - alert.began_at <= timedelta(seconds=260)


def test_a_thaw_that_would_be_one_too_many_rings(connection: Connection, scenario: Scenario) -> None:
    """It may thaw once in its life, for more than ten minutes, and has; the second time people hear of it before."""
    profile(
        connection,
        "thawing",
        Limit(ABOVE, 0.0, CONDEMNS, 86_400, alarm_delay_s=7_200),
        thaw=ThawRule(-20.0, 600, 1, CONDEMNS),
    )
    scenario.container("freezer", "thawing")
    scenario.lot("lot", "freezer", "thawing")
    play(scenario, "logger", [-80, *[-10] * 15, *[-80] * 15])
    [first] = told(connection, "limit_crossed")
    assert (first.state, first.severity) == ("resolved", "warning"), "one is allowed"
    play(scenario, "logger", [-10] * 6, start=31)
    second = told(connection, "limit_crossed")[-1]
    assert (second.state, second.severity) == ("firing", "critical")
    assert second.fired_at - second.began_at <= timedelta(seconds=260)
    assert scenario.verdict("lot", 36) != "nonviable"


def test_a_lot_put_into_a_container_that_is_warm_for_it_rings_at_once(
    connection: Connection, scenario: Scenario
) -> None:
    """The freezer has been at −25 °C for ever: no door was opened, the lot was put into the wrong freezer."""
    scenario.container("minus20", "frozen-20")
    scenario.container("minus80", loggers=["L2"])
    scenario.lot("lot", "minus80")
    play(scenario, "logger", [-25.0] * 60)
    assert told(connection, "limit_crossed") == []
    scenario.place("lot", "minus20", 60)
    scenario.evaluate(61)
    [alert] = told(connection, "limit_crossed")
    said = "Minus20 (site) is above −60 °C, a limit of lot lot; 1 lot: lot"
    assert (alert.state, alert.severity, alert.summary) == ("firing", "critical", said)
    scenario.store([reading("logger", 61, -25.0)])
    scenario.place("lot", "minus80", 62)
    scenario.evaluate(63)
    sweep_in_batches(scenario, 69)
    [alert] = told(connection, "limit_crossed")
    assert alert.state == "resolved"
    assert "is still above −60 °C; the lots whose limit that is are no longer in it" in alert.summary


def test_what_people_were_called_for_is_not_over_because_the_lot_is_lost(
    connection: Connection, scenario: Scenario
) -> None:
    """A lot whose single run is passed still lies in the warmth, and nobody is told that it is over."""
    profile(connection, "single", Limit(ABOVE, -60.0, CONDEMNS, None, single_s=360))
    scenario.container("freezer", "frozen-20")
    scenario.lot("lot", "freezer", "single")
    play(scenario, "logger", [-80, *[-50] * 20])
    assert scenario.verdict("lot", 20) == "nonviable"
    [alert] = told(connection, "limit_crossed")
    assert (alert.state, alert.calm_since) == ("firing", None)


# Many short excursions.


def test_a_budget_used_up_in_pieces_is_told_stage_by_stage(connection: Connection, scenario: Scenario) -> None:
    """Nine minutes warm, six cold, again and again: none is long, and after seven the hour is gone."""
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    play(scenario, "logger", [*[-80] * 6, *[-50] * 9] * 9)
    used = told(connection, "budget_used")
    assert [row.severity for row in used] == ["warning", "critical", "critical"]
    for row, share in zip(used, (0.5, 0.8, 1.0), strict=True):
        assert row.lot_ids == ("lot",)
        steps = connection.execute(
            "SELECT min(taken_at) AS at FROM alert_steps WHERE alert_id = %s AND becomes = 'firing'", [row.id]
        ).fetchall()
        minutes = (steps[0]["at"] - at(0)).total_seconds() / 60
        certain = scenario.judged("lot", minutes).judgement.limits[0].certain_us / 3_600e6
        assert share <= certain < share + 0.1


def test_each_stage_is_told_once_a_lot(connection: Connection, scenario: Scenario) -> None:
    """That more than half is gone was told in spring; an opened door is no news of it, here or in another freezer."""
    scenario.container("freezer")
    scenario.container("other", loggers=["L2"])
    scenario.lot("lot", "freezer")
    play(scenario, "logger", [-80, *[-50] * 32, *[-80] * 10])
    assert len(told(connection, "budget_used")) == 1
    scenario.place("lot", "other", 45)
    play(scenario, "L2", [-80, -80, *[-50] * 4, *[-80] * 10], start=44)
    assert len(told(connection, "budget_used")) == 1
    play(scenario, "L2", [*[-50] * 20, -80], start=60)
    assert [row.severity for row in told(connection, "budget_used")] == ["warning", "critical"]


def test_an_upload_in_pieces_is_told(connection: Connection, scenario: Scenario) -> None:
    """Four and a half hours in nine-minute pieces: none is long, and the lot is lost."""
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [*[-80] * 3, *[-50] * 9] * 30, every=1))
    scenario.evaluate(3_000)
    sweep_in_batches(scenario, 3_003)
    [alert] = told(connection, "limit_crossed")
    assert (alert.past, alert.severity) == (True, "critical")
    assert "was above −60 °C 30 times, for 4 h" in alert.summary
    [used] = told(connection, "budget_used")
    assert (used.past, used.severity, used.lot_ids) == (True, "critical", ("lot",))
    assert used.summary.startswith("Freezer (site) holds lot lot that has used up all of the 1 h")
    sweep_in_batches(scenario, 3_010)
    assert len(told(connection, "budget_used")) == 1


def test_a_few_openings_of_a_door_that_are_uploaded_are_told_to_nobody(
    connection: Connection, scenario: Scenario
) -> None:
    """Six minutes in a day are no news."""
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [*[-80] * 60, -50, -50] * 3 + [-80] * 5, every=1))
    scenario.evaluate(3_000)
    sweep_in_batches(scenario, 3_003)
    assert alerts_listed(connection) == []


def test_a_share_used_in_two_uploads_and_two_containers_is_told(connection: Connection, scenario: Scenario) -> None:
    """Nine minutes here and there add up: half of the hour is told though no place saw half an hour."""
    scenario.container("shipper")
    scenario.container("other", loggers=["L2"])
    scenario.lot("lot", "shipper")
    scenario.store(course("logger", [*[-80] * 500, *[-50] * 9] * 2, every=1))
    scenario.evaluate(1_100)
    sweep_in_batches(scenario, 1_103)
    assert told(connection, "budget_used") == []
    scenario.place("lot", "other", 1_200)
    scenario.store(course("L2", [*[-80] * 400, *[-50] * 9] * 2 + [-80] * 5, start=1_200, every=1))
    scenario.evaluate(2_200)
    sweep_in_batches(scenario, 2_203)
    [used] = told(connection, "budget_used")
    assert used.past
    assert "holds lot lot that has used more than 50% of the 1 h allowed above −60 °C" in used.summary


def test_hours_that_may_have_been_warm_are_told_when_they_are_uploaded(
    connection: Connection, scenario: Scenario
) -> None:
    """ "HI" for two hours is no proof, and yet somebody is to know."""
    scenario.container("freezer", range_c=(None, None))
    scenario.store(course("logger", [-80, -80, *["HI"] * 24, -80, -80]))
    scenario.evaluate(3_000)
    sweep_in_batches(scenario, 3_003)
    [alert] = told(connection, "limit_crossed")
    assert "Freezer (site) may have been above −60 °C for 2 h" in alert.summary


def test_an_upload_that_cost_a_lot_by_its_own_limit_is_told(connection: Connection, scenario: Scenario) -> None:
    """Twenty minutes at −50 °C are within the container's limits; the lot may have ten at a time."""
    profile(connection, "single", Limit(ABOVE, -60.0, CONDEMNS, None, single_s=600), gap_s=600)
    scenario.container("freezer", "frozen-20")
    scenario.lot("lot", "freezer", "single")
    scenario.store(course("logger", [-80, *[-50] * 4, -80, -80]))
    scenario.evaluate(3_000)
    sweep_in_batches(scenario, 3_003)
    [alert] = told(connection, "limit_crossed")
    assert (alert.past, alert.severity) == (True, "critical")


# A probe that is taken out.


def warm(scenario: Scenario, loggers: Iterable[str] = ("logger",)) -> None:
    """A freezer whose first probe reads −50 °C, and people were told."""
    scenario.container("freezer", loggers=loggers)
    scenario.lot("lot", "freezer")
    for minutes in range(16):
        for number, logger_id in enumerate(loggers):
            scenario.store([reading(logger_id, minutes, -50 if minutes and not number else -80)])
        scenario.evaluate(minutes)
    [alert] = told(scenario.connection, "limit_crossed")
    assert alert.state == "firing"


def ends(connection: Connection) -> None:
    """Its attachment ends."""
    end(connection, "freezer-logger-0", "freezer", at(15.5), BEFOREHAND)


def away(connection: Connection, since: float) -> None:
    """It is marked as absent from then on."""
    add_absence(
        connection,
        TESTER,
        "freezer",
        NewAbsence(
            id="away",
            attachment_id="freezer-logger-0",
            from_at=at(since),
            until_at=at(2_000),
            reason="calibration",
        ),
    )


def is_away(connection: Connection) -> None:
    """It is marked as absent."""
    away(connection, 15.5)


def was_away(connection: Connection) -> None:
    """It is marked as absent from before it was warm."""
    away(connection, 0.1)


def is_struck(connection: Connection) -> None:
    """By a correction it was never there."""
    correct(connection, TESTER, kind="attachment", row_id="freezer-logger-0", change=None, reason="never there")


ACTS = [ends, is_away, was_away, is_struck]


@pytest.mark.parametrize("act", ACTS)
def test_a_probe_that_is_taken_out_ends_no_alarm(connection: Connection, scenario: Scenario, act: Any) -> None:
    """The freezer is as warm as it was; only a probe that is heard within limits says otherwise."""
    warm(scenario)
    with connection.transaction():
        act(connection)
    for minutes in (16, 20, 40, 500):
        scenario.evaluate(minutes)
        sweep_in_batches(scenario, minutes)
        [alert] = told(connection, "limit_crossed")
        assert (alert.state, alert.calm_since) == ("firing", None)
        assert "nothing that counts has measured it since; 1 lot: lot" in alert.summary
    scenario.attach_new("freezer", "L9", start=600)
    play(scenario, "L9", [-50] * 3, start=600)
    [alert] = told(connection, "limit_crossed")
    assert (alert.state, alert.calm_since) == ("firing", None)
    play(scenario, "L9", [-80] * 7, start=603)
    [alert] = told(connection, "limit_crossed")
    assert alert.state == "resolved"
    assert at(602) < alert.calm_since <= at(603)


@pytest.mark.parametrize("act", ACTS)
def test_a_new_probe_within_limits_ends_what_an_old_one_told_of(
    connection: Connection, scenario: Scenario, act: Any
) -> None:
    """It is calm since the new one was first heard, and the end does not say that nothing measures it."""
    warm(scenario)
    with connection.transaction():
        act(connection)
    scenario.evaluate(16)
    scenario.attach_new("freezer", "L9", start=600)
    play(scenario, "L9", [-80] * 7, start=600)
    [alert] = told(connection, "limit_crossed")
    assert (alert.state, alert.calm_since) == ("resolved", at(600))
    assert "what measures it now reads within limits" in alert.summary


@pytest.mark.parametrize("act", ACTS)
def test_where_another_probe_reads_within_limits_that_is_what_is_told(
    connection: Connection, scenario: Scenario, act: Any
) -> None:
    """The one that was beyond is gone, and the other was well all along: that is no freezer that got cold again."""
    warm(scenario, ["logger", "L2"])
    with connection.transaction():
        act(connection)
    for minutes in (16, 30):
        scenario.evaluate(minutes)
        sweep_in_batches(scenario, minutes)
        [alert] = told(connection, "limit_crossed")
        assert alert.state == "firing", "nothing was heard since"
    play(scenario, "L2", [-80] * 8, start=16)
    [alert] = told(connection, "limit_crossed")
    assert alert.state == "resolved"
    assert "what measures it now reads within limits" in alert.summary


def was_away_in_the_end(connection: Connection) -> None:
    """It is marked as absent from before the last that it said."""
    away(connection, 8.5)


#: The freezer was warm from here on.
WARM_SINCE = 2 / 3


def hear(scenario: Scenario, sent: Iterable[Sent], *, looked: bool) -> None:
    """Readings, a minute apart, of a freezer with a lot in it; the evaluator looks at each, or at the first alone."""
    scenario.lot("lot", "freezer")
    first, *later = sent
    play(scenario, "logger", [first])
    if looked:
        play(scenario, "logger", later, start=1)
    else:
        scenario.store(course("logger", later, start=1, every=1))


@pytest.mark.parametrize("looked", [True, False])
@pytest.mark.parametrize("act", [ends, is_away, was_away_in_the_end])
def test_what_was_warm_when_its_probe_was_taken_out_is_not_over_whoever_looked(
    connection: Connection, scenario: Scenario, act: Any, looked: bool
) -> None:
    """The evaluator may see the last readings and the end of their probe in one pass: it says what it would have."""
    scenario.container("freezer")
    hear(scenario, [-80, *[-50] * 15], looked=looked)
    with connection.transaction():
        act(connection)
    for minutes in (16, 20, 40, 500):
        scenario.evaluate(minutes)
        sweep_in_batches(scenario, minutes)
        [alert] = alerts_listed(connection)
        assert (alert.cause, alert.state, alert.severity) == ("limit_crossed", "firing", "critical")
        assert (alert.began_at, alert.calm_since, alert.lot_ids) == (at(WARM_SINCE), None, ("lot",))
        since = "was beyond a limit when its probe was taken out, and nothing that counts has measured it since"
        assert alert.summary == f"Freezer (site) {since}; 1 lot: lot"
    scenario.attach_new("freezer", "L9", start=600)
    play(scenario, "L9", [-50] * 3, start=600)
    assert [row.state for row in told(connection, "limit_crossed")] == ["firing"]
    play(scenario, "L9", [-80] * 7, start=603)
    [alert] = told(connection, "limit_crossed")
    assert alert.state == "resolved"
    assert at(602) < alert.calm_since <= at(603)
    sweep_in_batches(scenario, 700)
    assert len(alerts_listed(connection)) == 1


@pytest.mark.parametrize("looked", [True, False])
def test_a_probe_taken_out_at_its_first_warm_reading_leaves_an_alarm_that_waits(
    connection: Connection, scenario: Scenario, looked: bool
) -> None:
    """It fires once its delay has passed: nobody is called before, and nobody hears that it was over."""
    scenario.container("freezer")
    hear(scenario, [*[-80] * 15, -50], looked=looked)
    with connection.transaction():
        ends(connection)
    scenario.evaluate(16)
    [waits] = open_alerts(connection)
    began = at(14 + 2 / 3)
    assert (waits.state, waits.began_at, waits.details) == ("pending", began, WasBeyond(EvidenceLost.UNMEASURED))
    for minutes in (20, 40):
        scenario.evaluate(minutes)
        sweep_in_batches(scenario, minutes)
    [alert] = alerts_listed(connection)
    assert (alert.state, alert.began_at, alert.past) == ("firing", began, False)


@pytest.mark.parametrize("minutes", [16, 40])
def test_of_what_is_not_over_nothing_is_told_as_past(
    connection: Connection, scenario: Scenario, minutes: float
) -> None:
    """Its alert is about the farther limit; how long it was beyond the nearer one before is told by nobody as over."""
    scenario.container("freezer")
    hear(scenario, [-80, *[-50] * 12, *[-10] * 3], looked=False)
    with connection.transaction():
        ends(connection)
    scenario.evaluate(minutes)
    sweep_in_batches(scenario, minutes + 4)
    sweep_in_batches(scenario, minutes + 20)
    [alert] = told(connection, "limit_crossed")
    assert (alert.state, alert.past) == ("firing", False)


@pytest.mark.parametrize("looked", [True, False])
def test_another_probe_that_is_heard_within_limits_ends_what_nobody_looked_at(
    connection: Connection, scenario: Scenario, looked: bool
) -> None:
    """What it said before the first was taken out is no news of what somebody has just done."""
    scenario.container("freezer", loggers=["logger", "L2"])
    scenario.store(course("L2", [-80] * 16, every=1))
    hear(scenario, [-80, *[-50] * 15], looked=looked)
    with connection.transaction():
        ends(connection)
    scenario.evaluate(16)
    [alert] = told(connection, "limit_crossed")
    assert (alert.state, alert.calm_since) == ("firing", None)
    play(scenario, "L2", [-80] * 8, start=16)
    [alert] = told(connection, "limit_crossed")
    assert alert.state == "resolved"


def test_where_another_probe_was_heard_since_what_nobody_looked_at_is_past(
    connection: Connection, scenario: Scenario
) -> None:
    """It reads −80 °C after the first was taken out: there is nobody to call."""
    scenario.container("freezer", loggers=["logger", "L2"])
    scenario.store(course("L2", [-80] * 20, every=1))
    hear(scenario, [-80, *[-50] * 15], looked=False)
    with connection.transaction():
        ends(connection)
    scenario.evaluate(20)
    assert alerts_listed(connection) == []
    sweep_in_batches(scenario, 24)
    assert [row.past for row in told(connection, "limit_crossed")] == [True]


@pytest.mark.parametrize("minutes", [16, 15 + 25 * 60])
def test_an_empty_freezer_that_was_warm_when_its_probe_was_taken_out_calls_nobody(
    connection: Connection, scenario: Scenario, minutes: float
) -> None:
    """That it was, and that nobody measured how it went on, is told afterwards, as a warning."""
    scenario.container("freezer")
    scenario.store(course("logger", [-80, *[-50] * 15], every=1))
    with connection.transaction():
        ends(connection)
    scenario.evaluate(minutes)
    assert alerts_listed(connection) == []
    sweep_in_batches(scenario, minutes + 4)
    [alert] = alerts_listed(connection)
    assert (alert.past, alert.severity) == (True, "warning")
    assert "how it went on, nobody measured" in alert.summary


def test_a_freezer_that_nothing_has_measured_for_a_day_calls_nobody(connection: Connection, scenario: Scenario) -> None:
    """Neither does what was warm when its probe was taken out long ago."""
    scenario.container("freezer")
    hear(scenario, [-80, *[-50] * 15], looked=False)
    with connection.transaction():
        ends(connection)
    scenario.evaluate(15 + 25 * 60)
    assert alerts_listed(connection) == []


def test_readings_that_are_no_longer_the_freezers_call_nobody(connection: Connection, scenario: Scenario) -> None:
    """A probe that was out for calibration before it got warm says nothing of the freezer."""
    scenario.container("freezer")
    hear(scenario, [-80, *[-50] * 15], looked=False)
    with connection.transaction():
        was_away(connection)
    for minutes in (16, 40):
        scenario.evaluate(minutes)
        sweep_in_batches(scenario, minutes)
    assert alerts_listed(connection) == []


def test_a_last_reading_just_at_the_limit_is_within_it(connection: Connection, scenario: Scenario) -> None:
    """Its probe hangs there: what was beyond the limit ends where it is heard last, and is over."""
    scenario.container("freezer")
    hear(scenario, [-80, *[-50] * 10, -60], looked=False)
    scenario.evaluate(11)
    assert alerts_listed(connection) == []


def test_a_probe_moved_to_another_container_takes_no_alarm_along(connection: Connection, scenario: Scenario) -> None:
    """It reads −80 °C over there: that says nothing of the freezer it was taken from."""
    warm(scenario)
    scenario.container("other", loggers=[])
    with connection.transaction():
        ends(connection)
    scenario.attach("other", "logger", start=16)
    play(scenario, "logger", [-80] * 20, start=16)
    [alert] = told(connection, "limit_crossed")
    assert (alert.container_id, alert.state, alert.calm_since) == ("freezer", "firing", None)


def test_an_empty_freezer_without_a_probe_is_left_alone_after_a_day(connection: Connection, scenario: Scenario) -> None:
    """It was switched off, emptied, and its logger taken away: nobody is called for it for ever."""
    warm(scenario)
    scenario.container("other", loggers=["L2"])
    with connection.transaction():
        ends(connection)
    scenario.place("lot", "other", 17)
    scenario.evaluate(18)
    sweep_in_batches(scenario, 60)
    [alert] = told(connection, "limit_crossed")
    assert (alert.state, alert.severity) == ("firing", "warning")
    sweep_in_batches(scenario, 15 + 25 * 60)
    [alert] = told(connection, "limit_crossed")
    assert alert.state == "resolved"
    assert "nothing that counts has measured it since; no lots in it" in alert.summary


def test_a_lot_forgotten_on_the_bench_rings(connection: Connection, scenario: Scenario) -> None:
    """The room is at 21 °C for ever, and nothing happened there; to the lot that was brought there it did."""
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    add_container(connection, TESTER, "bench", "site", "Bench", "ambient", "cryo-80", declared_c=21.0)
    play(scenario, "logger", [-80] * 10)
    scenario.place("lot", "bench", 10)
    for minutes in (10, 11, 12):
        scenario.evaluate(minutes)
    [alert] = told(connection, "limit_crossed")
    said = "Bench (site) is declared to be above −20 °C, a limit of lot lot; 1 lot: lot"
    assert (alert.state, alert.severity, alert.summary) == ("firing", "critical", said)
    assert scenario.verdict("lot", 12) != "nonviable"
    scenario.place("lot", "freezer", 13)
    scenario.evaluate(13)
    sweep_in_batches(scenario, 19)
    [alert] = told(connection, "limit_crossed")
    assert alert.state == "resolved"


def test_a_lot_that_was_in_the_wrong_freezer_for_a_while_is_told_of_afterwards(
    connection: Connection, scenario: Scenario
) -> None:
    """The evaluator stood still meanwhile: the freezer is as it has ever been, and the lot is lost."""
    profile(connection, "single", Limit(ABOVE, -60.0, CONDEMNS, None, single_s=600), gap_s=600)
    scenario.container("minus20", "frozen-20")
    scenario.container("minus80", loggers=["L2"])
    scenario.lot("lot", "minus80", "single")
    scenario.store([*course("logger", [-25.0] * 60), *course("L2", [-80.0] * 60)])
    scenario.place("lot", "minus20", 100)
    scenario.place("lot", "minus80", 120)
    scenario.evaluate(296)
    sweep_in_batches(scenario, 299)
    [alert] = told(connection, "limit_crossed")
    assert (alert.past, alert.severity, alert.container_id) == (True, "critical", "minus20")
    assert (alert.began_at, alert.resolved_at) == (at(100), at(120))


def test_a_foretold_crossing_is_not_over_because_its_probe_is_gone(connection: Connection, scenario: Scenario) -> None:
    """It was warming up when the logger was taken out, and nothing says that it does not go on."""
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [*[-80.0, -79.9] * 6, *(-79.5 + 1.2 * i for i in range(14))]))
    profiles = all_profiles(connection)
    sweep(connection, profiles, at_us(126))
    assert [row.state for row in told(connection, "forecast_crosses")] == ["firing"]
    with connection.transaction():
        end(connection, "freezer-logger-0", "freezer", at(127), BEFOREHAND)
    for minutes in (127, 160):
        scenario.evaluate(minutes)
        sweep(connection, profiles, at_us(minutes))
        [foretold] = told(connection, "forecast_crosses")
        assert (foretold.state, foretold.calm_since) == ("firing", None)


def test_a_pending_alarm_of_an_empty_freezer_is_forgotten_with_its_probe(
    connection: Connection, scenario: Scenario
) -> None:
    """A logger attached to the wrong container and struck a minute later wakes nobody; with lots there it does."""
    scenario.container("freezer")
    play(scenario, "logger", [-80, -50, -50])
    with connection.transaction():
        is_struck(connection)
    scenario.evaluate(3)
    assert alerts_listed(connection) == []


# A clock that is ahead.


def test_a_logger_whose_clock_is_ahead_is_heard_in_time(connection: Connection, scenario: Scenario) -> None:
    """Nine minutes ahead are believed; a minute above −20 °C is a minute all the same, and not ten."""
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    for minutes in range(6):
        scenario.store([reading("logger", minutes + 9, -10 if minutes > 2 else -80)])
        scenario.evaluate(minutes)
    [alert] = told(connection, "limit_crossed")
    assert (alert.state, alert.fired_at <= at(4)) == ("firing", True)
