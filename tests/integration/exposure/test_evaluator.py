"""From stored readings to verdicts, on a real TimescaleDB."""

import random

import pytest

from service.acts.attachments import end
from service.acts.calibrations import add_calibration
from service.answers.watches import watches_over
from service.domain import spans
from service.domain.exposure.container import judge_container, thresholds_of
from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.profiles import CRYO_80
from service.store.alerting.history import alerts_listed
from service.store.exposure.records import load_records
from service.store.lots import verdicts
from service.store.lots.verdicts import lapsed
from service.store.pool import Connection
from service.store.registry.calibrations import NewCalibration
from tests.acting import TESTER
from tests.scenario import BEFOREHAND, Scenario, at, at_us, course, reading

MINUTE_US = 60 * SECOND_US


def test_a_lot_kept_cold_is_viable(connection: Connection) -> None:
    """Cold and measured throughout: it may be used."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80] * 13))
    scenario.evaluate(60)
    assert scenario.verdict("lot", 60) == "viable"


def test_time_above_the_limit_is_counted_from_crossing_to_crossing(connection: Connection) -> None:
    """−80 to −40 in ten minutes crosses −60 after five; an hour and more above condemns."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80, *[-40] * 7, -80], every=10))
    scenario.evaluate(80)
    found = scenario.judged("lot", 80)
    judgement = found.judgement
    assert judgement.limits[0].certain_us == 70 * MINUTE_US
    assert judgement.limits[0].exceeded_at_us == at_us(65)
    assert (judgement.verdict.value, found.answered.answer.value) == ("nonviable", "do_not_use")


def test_a_hole_in_the_readings_is_not_proof(connection: Connection) -> None:
    """Two hours nobody measured might hide an hour of warmth; late readings bring the lot back."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80] * 7) + course("logger", [-80] * 7, start=150))
    scenario.evaluate(180)
    assert scenario.verdict("lot", 180) == "unproven"
    scenario.store(course("logger", [-80] * 23, start=35))
    scenario.evaluate(180)
    assert scenario.verdict("lot", 180) == "viable"


def test_a_silent_logger_makes_the_lot_unproven_as_time_goes_by(connection: Connection) -> None:
    """The tail is pending for a quarter of an hour, then a gap: long enough to hide a thaw, evaluator or not."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80] * 7))
    scenario.evaluate(30)
    assert scenario.verdict("lot", 45) == "viable"
    assert scenario.verdict("lot", 45.1) == "unproven"


def test_a_verdict_changed_by_time_alone_is_recorded(connection: Connection) -> None:
    """History shows when a lot became unproven although nothing arrived."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80] * 7))
    for minute in (30, 46, 60, 91, 92):
        scenario.evaluate(minute)
    assert [change.verdict for change in verdicts.verdicts(connection, "lot")] == ["viable", "unproven"]


def test_a_lot_takes_its_history_along(connection: Connection) -> None:
    """Moved from a warm freezer into a cold one, it keeps what it suffered."""
    scenario = Scenario(connection)
    scenario.container("warm", loggers=["w"])
    scenario.container("cold", loggers=["c"])
    scenario.lot("lot", "warm")
    scenario.lot("other", "cold")
    scenario.store(course("w", [-50] * 25) + course("c", [-80] * 25))
    scenario.place("lot", "cold", 40)
    scenario.evaluate(120)
    judgement = scenario.judged("lot", 120).judgement
    assert judgement.limits[0].certain_us == 40 * MINUTE_US
    assert judgement.verdict.value == "at_risk"
    assert scenario.verdict("other", 120) == "viable"


def test_time_in_no_container_is_a_gap(connection: Connection) -> None:
    """Nobody measured a lot that was nowhere."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", start=0)
    scenario.place("lot", "freezer", 90)
    scenario.store(course("logger", [-80] * 40))
    scenario.evaluate(195)
    judgement = scenario.judged("lot", 195).judgement
    assert judgement.verdict.value == "unproven"
    assert {"limit_possibly_exceeded", "in_no_container"} <= {reason.code for reason in judgement.reasons}


def test_an_unknown_start_of_life_proves_nothing(connection: Connection) -> None:
    """A history that begins somewhere may begin too late."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer", start=None)
    scenario.store(course("logger", [-80] * 7))
    scenario.evaluate(30)
    judgement = scenario.judged("lot", 30).judgement
    assert [reason.code for reason in judgement.reasons] == ["history_before_unknown"]


def test_an_in_range_reading_touches_no_lot(connection: Connection) -> None:
    """Ordinary readings cost nothing, however many lots lie in the freezer."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    for number in range(5):
        scenario.lot(f"lot-{number}", "freezer")
    scenario.store(course("logger", [-80] * 3))
    scenario.evaluate(10)
    scenario.store([reading("logger", 15, -81)])
    done = scenario.evaluate(15)
    assert (done.marks, done.containers, done.lots) == (1, 1, 0)


def test_a_dead_evaluator_leaves_no_good_answer(connection: Connection) -> None:
    """Readings that wait unseen could say anything."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80] * 7))
    scenario.evaluate(30)
    judgement = scenario.judged("lot", 31, behind_since_us=at_us(30)).judgement
    assert judgement.verdict.value == "unproven"
    assert "evaluator_behind" in {reason.code for reason in judgement.reasons}


def test_a_lot_of_another_profile_is_judged_by_its_own(connection: Connection) -> None:
    """Fifteen below zero is warm for one lot and right for another in the same freezer."""
    scenario = Scenario(connection)
    scenario.container("freezer", "frozen-20")
    scenario.store(course("logger", [-18] * 25))
    scenario.evaluate(120)
    scenario.lot("hardy", "freezer", "frozen-20")
    scenario.lot("tender", "freezer", "cryo-80")
    scenario.evaluate(120)
    assert scenario.verdict("hardy", 120) == "viable"
    assert scenario.verdict("tender", 120) == "nonviable"


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_arrival_ends_in_the_same_record(connection: Connection, seed: int) -> None:
    """Late, doubled and shuffled readings of several loggers end where in-order arrival ends."""
    rng = random.Random(seed)
    scenario = Scenario(connection)
    scenario.container("freezer", loggers=["a", "b"])
    readings = []
    for logger_id in ("a", "b"):
        minute = 0.0
        while minute < 600:
            minute += rng.choice([1, 5, 5, 5, 14, 20, 40])
            sent = rng.choice([-80, -80, -75, -61, -60, -59, -40, -10, -95, 20.0, "HI", "LO", None, 85.0])
            readings.append(reading(logger_id, minute, sent))
    arrivals = readings + rng.sample(readings, len(readings) // 4)
    rng.shuffle(arrivals)
    while arrivals:
        size = rng.randint(1, 30)
        scenario.store(arrivals[:size])
        del arrivals[:size]
        if rng.random() < 0.7:
            scenario.evaluate(700)
    scenario.evaluate(700)
    stored = load_records(connection, ["freezer"])["freezer", CRYO_80.max_gap_s]
    watches = watches_over(connection, "freezer", BEGINNING_US, END_US)
    fresh = judge_container(watches, thresholds_of([CRYO_80]), CRYO_80.max_gap_s)
    assert stored.measured_until_us == fresh.measured_until_us
    assert stored.open_beyond == fresh.open_beyond
    assert stored.gaps.tolist() == fresh.gaps.tolist()
    for threshold in fresh.beyond:
        assert stored.beyond[threshold].tolist() == fresh.beyond[threshold].tolist()
        assert stored.disputed[threshold].tolist() == fresh.disputed[threshold].tolist()
    assert spans.total_us(stored.gaps) > 0


def test_one_alert_fires_after_the_delay_and_resolves(connection: Connection) -> None:
    """Ten minutes above −60 is one alert for the freezer, naming its lots; back below, it is over."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    temperatures = [-80, -80, -50, -50, -50, -50, -50, -50]
    states = []
    for index, temperature in enumerate(temperatures):
        scenario.store([reading("logger", 2 * index, temperature)])
        scenario.evaluate(2 * index)
        states.append([row.state for row in alerts_listed(connection)])
    assert states[:7] == [[]] * 7
    assert states[7] == ["firing"]
    [alert] = alerts_listed(connection)
    assert alert.summary == "Freezer (site) is above −60 °C; 1 lot: lot"
    scenario.store([reading("logger", 20, -80)])
    scenario.evaluate(20)
    assert [row.state for row in alerts_listed(connection)] == ["firing"], "one cold reading is no recovery yet"
    scenario.store([reading("logger", 24, -80)])
    scenario.evaluate(24)
    assert [row.state for row in alerts_listed(connection)] == ["resolved"]


def test_silence_does_not_resolve_an_alert(connection: Connection) -> None:
    """A logger that falls silent while warm says nothing good; the alert comes even so."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.store(course("logger", [-80, -50, -50], every=2))
    scenario.evaluate(4)
    scenario.evaluate(30)
    scenario.evaluate(600)
    assert [row.state for row in alerts_listed(connection)] == ["firing"]


def test_a_short_crossing_is_no_alert(connection: Connection) -> None:
    """A door opened and shut is nobody's call at night."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    for index, temperature in enumerate([-80, -50, -50, -80]):
        scenario.store([reading("logger", 2 * index, temperature)])
        scenario.evaluate(2 * index)
    assert alerts_listed(connection) == []


def test_a_freezer_whose_logger_tells_of_it_an_hour_late_is_an_emergency(connection: Connection) -> None:
    """A clock that is an hour behind, as after a change to summer time, keeps nobody asleep."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    for minutes in range(0, 60, 5):
        scenario.store([reading("logger", minutes, -80 if minutes < 20 else -50 + minutes / 2)])
        scenario.evaluate(minutes + 61)
    crossed = [row for row in alerts_listed(connection) if row.cause == "limit_crossed"]
    assert [(row.state, row.severity, row.past) for row in crossed] == [("firing", "critical", False)]
    assert crossed[0].summary == "Freezer (site) was, when last heard of, above −60 °C; 1 lot: lot"


def test_a_probe_taken_out_of_a_warm_freezer_does_not_end_its_alert(connection: Connection) -> None:
    """What nothing measures any more has not got cold by that, and nobody is told that it is over."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.store(course("logger", [-80, *[-50] * 7]))
    scenario.evaluate(36)
    assert [row.state for row in alerts_listed(connection)] == ["firing"]
    with connection.transaction():
        end(connection, "freezer-logger-0", "freezer", at(38), BEFOREHAND)
    scenario.evaluate(41)
    assert [row.state for row in alerts_listed(connection)] == ["firing"]


def test_a_freezer_that_flaps_is_one_alert(connection: Connection) -> None:
    """Warm, cold for two minutes, warm again: one failing compressor, one alert, and it says how it stands."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    for minutes in range(0, 90, 2):
        scenario.store([reading("logger", minutes, -80 if minutes % 20 == 18 else -50)])
        scenario.evaluate(minutes)
    crossed = [row for row in alerts_listed(connection) if row.cause == "limit_crossed"]
    assert [row.state for row in crossed] == ["firing"]
    assert crossed[0].now_c == -50
    assert (crossed[0].remaining_s or 0) < 600


def test_an_alert_says_how_warm_it_is_by_the_certificate(connection: Connection) -> None:
    """Who is told "now −50 °C" looks at the freezer and should find it so, whatever its logger shows."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.store(course("logger", [-80, -56, -56, -56]))
    with connection.transaction():
        add_calibration(
            connection,
            TESTER,
            NewCalibration(
                id="c",
                logger_id="logger",
                probe="",
                from_at=at(0),
                until_at=None,
                slope=1.0,
                offset_c=6.0,
                certificate="C-1",
                as_found="pass",
                due_at=None,
            ),
        )
    scenario.evaluate(15)
    [crossed] = [row for row in alerts_listed(connection) if row.cause == "limit_crossed"]
    assert crossed.now_c == -50


def test_the_budget_is_an_alert_that_worsens(connection: Connection) -> None:
    """Half, four fifths, all: one alert that says how far it has come, and ends with the excursion."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    said = []
    for minutes in range(0, 85, 5):
        scenario.store([reading("logger", minutes, -50 if 0 < minutes < 75 else -80)])
        scenario.evaluate(minutes)
        found = [row for row in alerts_listed(connection) if row.cause == "budget_used"]
        if found and (not said or said[-1] != (found[0].summary, found[0].severity)):
            said.append((found[0].summary, found[0].severity))
    assert [(text.split(" has ")[1].split(";")[0], severity) for text, severity in said] == [
        ("used more than 50% of the 1 h allowed above −60 °C", "warning"),
        ("used more than 80% of the 1 h allowed above −60 °C", "critical"),
        ("used up all of the 1 h allowed above −60 °C", "critical"),
    ]
    assert {row.state for row in alerts_listed(connection)} == {"resolved"}
    steps = connection.execute("SELECT was, becomes FROM alert_steps ORDER BY id").fetchall()
    assert [row["becomes"] for row in steps].count("resolved") == 2


def test_a_lot_with_little_left_is_told_of_sooner(connection: Connection) -> None:
    """Forty-eight minutes used last month leave twelve: people hear of it after four, not after ten."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80, *[-50] * 10, *[-80] * 20]))
    scenario.evaluate(200)
    scenario.store(course("logger", [-80, -50, -50, -50, -50, -50], start=300, every=1))
    scenario.evaluate(304)
    assert alerts_listed(connection, "firing") == []
    scenario.evaluate(305)
    assert [row.cause for row in alerts_listed(connection, "firing")] == ["budget_used", "limit_crossed"]


def test_what_was_told_while_nobody_looked_is_not_recorded(connection: Connection) -> None:
    """A verdict that silence would have changed is not what was known, while the evaluator was dead."""
    cold_store = Scenario(connection)
    cold_store.container("freezer")
    cold_store.lot("lot", "freezer")
    cold_store.store(course("logger", [-80.0] * 10))
    cold_store.evaluate(46)
    cold_store.store(course("logger", [-80.0] * 110, start=50))
    cold_store.evaluate(600)
    asked = {minutes: lapsed(connection, "lot", at_us(minutes), 5_000_000) for minutes in (46, 55, 300, 599, 601, 700)}
    assert asked == {46: False, 55: False, 300: True, 599: True, 601: False, 700: True}
