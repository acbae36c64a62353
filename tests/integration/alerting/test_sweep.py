"""The sweep over a real database: what time alone makes true of loggers, containers and lots."""

from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.types.json import Jsonb

from service.acts.absences import add_absence
from service.acts.attachments import attach, commission, end
from service.acts.calibrations import add_calibration
from service.acts.containers import add_container
from service.acts.overrides import record_overrides
from service.domain.alerting.overrides import GivenAlerting, Scope
from service.domain.alerting.rules import Override, RuleOutcome
from service.domain.severity import Severity
from service.errors import NotFoundError, RefusedError
from service.evaluator.alerting import sweep as module
from service.evaluator.alerting.findings import Subject, apply_findings
from service.evaluator.alerting.sweep import sweep
from service.store.alerting.overrides import alerting_of, recorded_alerting
from service.store.intake.heartbeats import Heartbeat, save_heartbeat
from service.store.pool import Connection
from service.store.registry import loggers
from service.store.registry.absences import NewAbsence
from service.store.registry.attachments import NewAttachment
from service.store.registry.calibrations import NewCalibration
from service.store.registry.profiles import all_profiles
from tests.acting import TESTER
from tests.alarms import alerts_in_words
from tests.scenario import BEFOREHAND, START, Scenario, Sent, at, at_us, course, reading

DAY = 1_440.0

#: A freezer's air, as its compressor cycles.
CYCLE = (-80.0, -79.6, -79.2, -79.7)


def cold(count: int) -> list[Sent]:
    """So many readings of a freezer that is well."""
    return [CYCLE[i % len(CYCLE)] for i in range(count)]


@pytest.fixture
def scenario(connection: Connection) -> Scenario:
    """One freezer with one logger and a lot."""
    store = Scenario(connection)
    store.container("freezer", loggers=["L1"])
    store.lot("a", "freezer")
    return store


def swept(connection: Connection, minutes: float, running_s: float | None = None) -> dict[str, dict[str, Any]]:
    """Sweep then, by an evaluator that has run this long; what is open afterwards, by cause."""
    sweep(connection, all_profiles(connection), at_us(minutes), running_s=running_s)
    rows = alerts_in_words(connection, "WHERE state <> 'resolved'")
    assert len({row["cause"] for row in rows}) == len(rows), rows
    return {row["cause"]: row for row in rows}


def states(connection: Connection, cause: str) -> list[str]:
    """Where all alerts of a cause are, oldest first."""
    rows = connection.execute("SELECT state FROM alerts WHERE cause = %s ORDER BY id", [cause])
    return [row["state"] for row in rows]


def record(
    connection: Connection, scope: Scope, scope_id: str, due_minutes: float | None = None, **by_cause: Override
) -> int:
    """Record what differs for a profile or a container."""
    due_at = None if due_minutes is None else at(due_minutes)
    given = GivenAlerting(by_cause, "Call Ana.", due_at, "a test")
    return record_overrides(connection, TESTER, scope, scope_id, given)


def test_a_freezer_that_is_well_watched_is_left_alone(connection: Connection, scenario: Scenario) -> None:
    """Its logger reports, its lot is where it belongs: nobody hears of it."""
    scenario.store(course("L1", cold(25)))
    assert swept(connection, 122) == {}
    assert sweep(connection, all_profiles(connection), at_us(123)) == 1


def test_a_silent_logger_is_told_of_until_it_is_heard_again(connection: Connection, scenario: Scenario) -> None:
    """Two readings missing call somebody before lots lose measured time; one that comes does not end it yet."""
    scenario.store(course("L1", cold(25)))
    assert swept(connection, 130) == {}
    [silent] = swept(connection, 132).values()
    assert (silent["cause"], silent["state"], silent["severity"]) == ("logger_silent", "firing", "critical")
    assert silent["subject"] == "container:freezer"
    assert silent["began_at"] == at(120)
    assert silent["lot_ids"] == ["a"]
    assert "nothing was heard from logger L1 for 12 min (it usually reports every 5 min)" in silent["summary"]

    scenario.store(course("L1", cold(2), start=135))
    assert swept(connection, 141)["logger_silent"]["calm_since"] == at(141)
    scenario.store(course("L1", cold(2), start=145))
    assert swept(connection, 151) == {}
    assert states(connection, "logger_silent") == ["resolved"]


def test_a_logger_attached_just_now_is_given_time(connection: Connection, scenario: Scenario) -> None:
    """What it measured in the drawer is not what it measured in the freezer."""
    scenario.store(course("L1", cold(25)))
    loggers.register_logger(connection, "L2", "site", "Model T", -100, 50)
    scenario.store(course("L2", [21.0] * 10))
    scenario.attach("freezer", "L2", start=122)
    assert swept(connection, 123)["logger_silent"]["state"] == "pending"
    scenario.store(course("L1", cold(4), start=125))
    scenario.store(course("L2", cold(2), start=128))
    assert swept(connection, 140) == {}
    assert states(connection, "logger_silent") == []


@pytest.mark.usefixtures("scenario")
def test_a_logger_that_never_reports_is_told_of_in_time(connection: Connection) -> None:
    """After the largest gap nobody believes any more that it was only slow."""
    assert swept(connection, 1)["logger_silent"]["state"] == "pending"
    assert swept(connection, 15)["logger_silent"]["state"] == "pending"
    assert swept(connection, 16)["logger_silent"]["state"] == "firing"


def test_long_silence_is_still_silence(connection: Connection, scenario: Scenario) -> None:
    """A logger that died in spring is not forgotten in summer."""
    scenario.store(course("L1", cold(25)))
    for days in (1, 30, 60, 400):
        assert list(swept(connection, days * DAY)) == ["logger_silent"]
    [row] = swept(connection, 400 * DAY).values()
    assert row["began_at"] == at(120)
    assert "for 399 d 22 h" in row["summary"]


def test_a_logger_that_uploads_every_four_hours_is_not_silent_between(
    connection: Connection, scenario: Scenario
) -> None:
    """Its pace is that of its uploads, also when one of them holds all that is looked at."""
    for upload in range(1, 5):
        scenario.store(course("L1", cold(48), start=(upload - 1) * 240))
        connection.execute(
            "UPDATE readings SET received_at = %s WHERE measured_at >= %s", [at(upload * 240), at((upload - 1) * 240)]
        )
    assert swept(connection, 5 * 240 - 1) == {}
    assert list(swept(connection, 6 * 240)) == ["logger_silent"]


def test_a_shipper_is_told_of_only_when_it_is_overdue(connection: Connection) -> None:
    """On the road its logger has no network; two hours after it was due somebody asks where it is."""
    store = Scenario(connection)
    add_container(connection, TESTER, "shipper", "site", "Shipper 7", "shipper", "cryo-80")
    loggers.register_logger(connection, "L1", "site", "Model T", -100, 50)
    store.attach("shipper", "L1")
    store.lot("a", "shipper")
    store.store(course("L1", cold(25)))
    assert swept(connection, DAY) == {}
    record(connection, "container", "shipper", due_minutes=2 * DAY)
    assert swept(connection, 2 * DAY - 1) == {}
    [overdue] = swept(connection, 2 * DAY + 20).values()
    assert (overdue["cause"], overdue["severity"], overdue["began_at"]) == ("logger_silent", "critical", at(2 * DAY))
    store.store(course("L1", cold(int(2 * DAY / 5)), start=125))
    swept(connection, 2 * DAY + 130)
    assert swept(connection, 2 * DAY + 141) == {}


def test_a_low_battery_is_told_until_it_is_changed(connection: Connection, scenario: Scenario) -> None:
    """One warm hour in which the voltage rises is no new battery."""

    def sends(start: float, battery_v: float) -> None:
        scenario.store(
            [msgspec.structs.replace(one, battery_v=battery_v) for one in course("L1", cold(4), start=start)]
        )

    sends(0, 2.3)
    low = swept(connection, 16)["battery_low"]
    assert (low["severity"], low["state"]) == ("warning", "firing")
    assert "logger L1 has 2.3 V" in low["summary"]
    sends(20, 3.1)
    assert swept(connection, 36)["battery_low"]["calm_since"] == at(36)
    sends(DAY, 3.1)
    assert "battery_low" in swept(connection, DAY + 16)
    sends(DAY + 25, 3.1)
    assert "battery_low" not in swept(connection, DAY + 45)


def test_a_calibration_is_news_before_it_is_due_and_a_warning_after(connection: Connection, scenario: Scenario) -> None:
    """The next calibration ends it."""

    def calibrated(name: str, minutes: float, due_minutes: float) -> None:
        with connection.transaction():
            add_calibration(
                connection,
                TESTER,
                NewCalibration(
                    id=name,
                    logger_id="L1",
                    probe="",
                    from_at=at(minutes),
                    until_at=None,
                    slope=1.0,
                    offset_c=0.5,
                    certificate="C-1",
                    as_found=None,
                    due_at=at(due_minutes),
                ),
            )

    calibrated("first", -DAY, 31 * DAY)
    scenario.store(course("L1", cold(4)))
    assert swept(connection, 16) == {}
    scenario.store(course("L1", cold(4), start=2 * DAY))
    assert swept(connection, 2 * DAY + 16)["calibration_due"]["severity"] == "info"
    scenario.store(course("L1", cold(4), start=32 * DAY))
    overdue = swept(connection, 32 * DAY + 16)["calibration_due"]
    assert (overdue["severity"], overdue["state"]) == ("warning", "firing")
    calibrated("second", 32 * DAY, 400 * DAY)
    assert swept(connection, 32 * DAY + 17) == {}


def test_a_probe_that_stands_still_for_a_day_is_told_of(connection: Connection, scenario: Scenario) -> None:
    """Its air cannot; and as soon as it moves again, it lives."""
    scenario.store([*course("L1", cold(4)), *course("L1", [-80.1] * 300, start=20)])
    assert swept(connection, 20 + 299 * 5 - 130) == {}
    [stuck] = swept(connection, 20 + 299 * 5 + 1).values()
    assert (stuck["cause"], stuck["severity"], stuck["state"]) == ("sensor_stuck", "warning", "firing")
    assert stuck["began_at"] == at(20)
    scenario.store(course("L1", cold(20), start=20 + 300 * 5))
    swept(connection, 20 + 319 * 5 + 1)
    scenario.store(course("L1", cold(20), start=20 + 320 * 5))
    assert swept(connection, 20 + 339 * 5 + 1) == {}


def test_a_buffered_probe_may_stand_still(connection: Connection) -> None:
    """In a bottle of glycol half a degree takes longer than a night."""
    store = Scenario(connection)
    store.container("freezer", loggers=[])
    loggers.register_logger(connection, "L1", "site", "Model T", -100, 50)
    store.attach("freezer", "L1", place="buffered")
    store.store(course("L1", [-80.0] * 300))
    assert swept(connection, 299 * 5 + 1) == {}


def test_a_broken_sensor_is_told_of_and_silence_does_not_mend_it(connection: Connection, scenario: Scenario) -> None:
    """A logger that sent 85.0 at last and then nothing has not got better."""
    scenario.store([*course("L1", cold(10)), *course("L1", [85.0] * 3, start=50)])
    assert swept(connection, 60)["sensor_fault"]["state"] == "firing"
    assert swept(connection, DAY).keys() == {"sensor_fault", "logger_silent"}
    scenario.store([reading("L1", DAY + 1, -80.0)])
    assert "sensor_fault" in swept(connection, DAY + 2), "one number is not enough"
    assert "sensor_fault" in swept(connection, DAY + 60), "silence proves nothing"
    scenario.store(course("L1", cold(8), start=DAY + 5))
    assert "sensor_fault" not in swept(connection, DAY + 61)


def test_a_wrong_clock_is_told_of(connection: Connection, scenario: Scenario) -> None:
    """Its readings arrive five minutes before they were measured."""
    scenario.store(course("L1", cold(25)))
    connection.execute("UPDATE readings SET received_at = measured_at - interval '5 min'")
    assert "ahead by at least 5 min" in swept(connection, 116)["clock_skew"]["summary"]


def test_a_container_with_lots_and_no_probe_is_told_of(connection: Connection, scenario: Scenario) -> None:
    """Somebody took the logger away; those who pack a shipper get a quarter of an hour to attach one."""
    scenario.store(course("L1", cold(25)))
    with connection.transaction():
        end(connection, "freezer-L1-0", "freezer", at(121), BEFOREHAND)
    assert swept(connection, 122)["lot_unmonitored"]["state"] == "pending"
    assert swept(connection, 136)["lot_unmonitored"]["state"] == "pending"
    unmonitored = swept(connection, 137)["lot_unmonitored"]
    assert (unmonitored["state"], unmonitored["severity"]) == ("firing", "critical")
    scenario.attach("freezer", "L1", start=138)
    scenario.store(course("L1", cold(3), start=139))
    assert swept(connection, 150) == {}


def test_a_probe_that_nobody_commissions_is_told_of_until_somebody_does(
    connection: Connection, scenario: Scenario
) -> None:
    """It was fitted beside the old one and sends; after two hours somebody is asked whether it has settled."""
    register_unsettled(connection, "L2", 5)
    scenario.store(course("L1", cold(40)))
    assert swept(connection, 121) == {}, "it has not been heard yet"
    scenario.store(course("L2", cold(40), start=10))
    assert swept(connection, 124)["probe_not_commissioned"]["state"] == "pending"
    told = swept(connection, 126)["probe_not_commissioned"]
    assert (told["state"], told["severity"], told["began_at"]) == ("firing", "warning", at(5))
    assert "Freezer (site) has a probe that sends and is not commissioned" in told["summary"]
    assert "logger L2, attached since 2026-03-01 00:05 UTC; 1 lot: a" in told["summary"]
    with connection.transaction():
        commission(connection, "f-L2", "freezer", at(127), BEFOREHAND)
    assert swept(connection, 128) == {}
    assert states(connection, "probe_not_commissioned") == ["resolved"]


def test_where_no_other_probe_counts_the_one_that_waits_is_named(connection: Connection) -> None:
    """A full freezer whose only logger nobody has commissioned: a quarter of an hour, then somebody is called."""
    store = Scenario(connection)
    store.container("freezer", loggers=[])
    store.lot("a", "freezer")
    register_unsettled(connection, "L2", 0)
    store.store(course("L2", cold(40)))
    assert list(swept(connection, 1)) == ["lot_unmonitored", "probe_not_commissioned"]
    told = swept(connection, 16)["lot_unmonitored"]
    assert (told["state"], told["severity"]) == ("firing", "critical")
    assert (
        "no probe that counts: logger L2, attached since 2026-03-01 00:00 UTC, is not commissioned" in told["summary"]
    )
    with connection.transaction():
        end(connection, "f-L2", "freezer", at(20), BEFOREHAND)
    assert list(swept(connection, 21)) == ["lot_unmonitored"]
    assert "is not commissioned" not in swept(connection, 22)["lot_unmonitored"]["summary"]


def register_unsettled(connection: Connection, logger_id: str, minutes: float) -> None:
    """A new logger in the freezer from then on, that nobody has commissioned."""
    loggers.register_logger(connection, logger_id, "site", "Model T", -100, 50)
    new = NewAttachment(f"f-{logger_id}", "freezer", logger_id, "", "air", at(minutes), None, None)
    with connection.transaction():
        attach(connection, new, BEFOREHAND)


def test_a_probe_that_is_away_does_not_count(connection: Connection, scenario: Scenario) -> None:
    """While it is at the calibration laboratory nothing measures the lot."""
    scenario.store(course("L1", cold(25)))
    with connection.transaction():
        add_absence(
            connection,
            TESTER,
            "freezer",
            NewAbsence(
                id="away",
                attachment_id="freezer-L1-0",
                from_at=at(121),
                until_at=at(400),
                reason="calibration",
            ),
        )
    assert list(swept(connection, 200)) == ["lot_unmonitored"]
    scenario.store(course("L1", cold(5), start=400))
    assert swept(connection, 421) == {}


def test_lots_in_a_room_with_a_declared_temperature_are_unmonitored(connection: Connection) -> None:
    """What a room is declared to be nobody has measured."""
    store = Scenario(connection)
    add_container(connection, TESTER, "room", "site", "Room", "ambient", "cryo-80", declared_c=-80.0)
    store.lot("a", "room")
    assert swept(connection, 60)["lot_unmonitored"]["state"] == "pending"
    assert swept(connection, 76)["lot_unmonitored"]["state"] == "firing"


def test_a_lot_in_no_container_is_told_of_until_somebody_says_where_it_is(
    connection: Connection, scenario: Scenario
) -> None:
    """It was taken out, and nobody recorded where to."""
    scenario.store(course("L1", cold(25)))
    connection.execute("UPDATE lots SET recorded_at = %s", [START])
    connection.execute("UPDATE placements SET until_at = %s", [at(100)])
    assert swept(connection, 110)["lot_unmonitored"]["state"] == "pending"
    nowhere = swept(connection, 116)["lot_unmonitored"]
    assert (nowhere["subject"], nowhere["name"], nowhere["site_id"]) == ("lot:a", "Lot A", "site")
    assert (nowhere["state"], nowhere["severity"], nowhere["began_at"]) == ("firing", "warning", at(100))
    scenario.place("a", "freezer", 117)
    assert swept(connection, 118) == {}
    assert states(connection, "lot_unmonitored") == ["resolved"]


def test_a_lot_that_was_used_up_or_forgotten_long_ago_is_nobody_s_news(
    connection: Connection, scenario: Scenario
) -> None:
    """Whoever begins to use this with old books does not hear of every lot in them."""
    scenario.store(course("L1", cold(25)))
    scenario.lot("used up", start=0, end=60)
    scenario.lot("forgotten", start=-10 * DAY)
    connection.execute("UPDATE lots SET recorded_at = %s", [at(-10 * DAY)])
    assert swept(connection, 121) == {}


def test_a_freezer_that_warms_up_is_told_of_before_it_is_beyond(connection: Connection, scenario: Scenario) -> None:
    """Its compressor failed: there is time to carry the boxes away."""
    scenario.store(course("L1", [*cold(12), *(-79.5 + 1.2 * i for i in range(14))]))
    found = swept(connection, 126)["forecast_crosses"]
    assert (found["state"], found["severity"]) == ("firing", "warning")
    assert "is going towards a limit: above −60 °C in about" in found["summary"]
    assert found["figures"]["now_c"] == pytest.approx(-63.9)


def test_a_forecast_that_came_true_is_not_over(connection: Connection, scenario: Scenario) -> None:
    """While the freezer is warm nobody is told that it is over; once it is cold again for a while, it is."""
    scenario.store(course("L1", [*cold(12), *(-79.5 + 1.2 * i for i in range(14))]))
    assert swept(connection, 126)["forecast_crosses"]["state"] == "firing"
    scenario.store(course("L1", [-58.0] * 10, start=130))
    scenario.evaluate(176)
    for minutes in (176, 190):
        assert swept(connection, minutes)["forecast_crosses"]["calm_since"] is None
    scenario.store(course("L1", cold(8), start=180))
    scenario.evaluate(216)
    assert "forecast_crosses" in swept(connection, 216)
    scenario.store(course("L1", cold(8), start=220))
    scenario.evaluate(256)
    assert "forecast_crosses" not in swept(connection, 256)


def test_one_container_that_cannot_be_settled_stops_no_other(
    connection: Connection, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong with the first must not keep anybody from hearing of the second."""
    scenario.container("a-first", loggers=["L0"])
    for logger_id in ("L0", "L1"):
        scenario.store(course(logger_id, cold(25)))

    def fails(connection: Connection, subject: Subject, outcomes: Sequence[RuleOutcome], now_us: int) -> None:
        apply_findings(connection, subject, outcomes, now_us)
        if subject.key == "container:a-first":
            connection.execute("SELECT 1 / 0")

    monkeypatch.setattr(module, "apply_findings", fails)
    assert swept(connection, 140)["logger_silent"]["subject"] == "container:freezer"

    def is_away(*_: object) -> None:
        raise psycopg.OperationalError

    monkeypatch.setattr(module, "apply_findings", is_away)
    with pytest.raises(psycopg.OperationalError):
        swept(connection, 141)


def test_days_given_in_seconds_stop_no_sweep(connection: Connection, scenario: Scenario) -> None:
    """Recorded before that was refused; no date holds what it says."""
    connection.execute(
        "INSERT INTO alerting (scope, scope_id, version, overrides, instruction, reason, recorded_by) "
        "VALUES ('container', 'freezer', 1, %s, '', 'a test', 'quality')",
        [Jsonb({"calibration_due": {"at": 2_592_000, "delay_s": 10**15}})],
    )
    with connection.transaction():
        add_calibration(
            connection,
            TESTER,
            NewCalibration(
                id="first",
                logger_id="L1",
                probe="",
                from_at=at(-DAY),
                until_at=None,
                slope=1.0,
                offset_c=0.5,
                certificate="C-1",
                as_found=None,
                due_at=at(31 * DAY),
            ),
        )
    scenario.store(course("L1", cold(25)))
    assert swept(connection, 140).keys() == {"logger_silent", "calibration_due"}


def test_after_an_outage_loggers_are_given_time_to_be_heard(connection: Connection, scenario: Scenario) -> None:
    """The service was down for half an hour: that nobody listened is no silence."""
    scenario.store(course("L1", cold(25)))
    save_heartbeat(connection, Heartbeat("ingest", at(0), at(121), {}))
    assert swept(connection, 150, running_s=0) == {}, "ingest starts with the evaluator, and has not counted yet"
    save_heartbeat(connection, Heartbeat("ingest", at(150), at(151), {}))
    assert swept(connection, 151, running_s=60) == {}
    save_heartbeat(connection, Heartbeat("ingest", at(150), at(162), {}))
    silent = swept(connection, 162, running_s=720)["logger_silent"]
    assert (silent["state"], silent["began_at"]) == ("firing", at(120))
    # Once told, it does not end because ingest started anew.
    save_heartbeat(connection, Heartbeat("ingest", at(163), at(164), {}))
    assert swept(connection, 164, running_s=840)["logger_silent"]["calm_since"] is None


def test_ingest_that_stays_away_excuses_nobody_for_ever(connection: Connection, scenario: Scenario) -> None:
    """The lots lose measured time all the same."""
    scenario.store(course("L1", cold(25)))
    save_heartbeat(connection, Heartbeat("ingest", at(0), at(121), {}))
    assert list(swept(connection, 150, running_s=601)) == ["logger_silent"]


def test_an_override_turns_a_rule_off_and_ends_its_alert(connection: Connection, scenario: Scenario) -> None:
    """A freezer that is being defrosted on purpose is not to call anybody."""
    scenario.store(course("L1", cold(25)))
    assert list(swept(connection, 140)) == ["logger_silent"]
    record(connection, "container", "freezer", logger_silent=Override(off=True))
    assert swept(connection, 141) == {}


def test_a_container_s_own_override_comes_before_its_profile_s(connection: Connection, scenario: Scenario) -> None:
    """All freezers of the kind may be silent for an hour, this one for three."""
    scenario.store(course("L1", cold(25)))
    record(connection, "profile", "cryo-80", logger_silent=Override(delay_s=3_600, severity=Severity.INFO))
    assert swept(connection, 179) == {}
    record(connection, "container", "freezer", logger_silent=Override(delay_s=10_800))
    assert swept(connection, 299) == {}
    assert swept(connection, 301)["logger_silent"]["severity"] == "info", "what it does not say is the profile's"


def test_what_a_newer_process_recorded_stops_no_older_one(connection: Connection, scenario: Scenario) -> None:
    """During an upgrade both are at work; what the older one does not know, it does not do."""
    connection.execute(
        "INSERT INTO alerting (scope, scope_id, version, overrides, instruction, reason, recorded_by) "
        "VALUES ('container', 'freezer', 1, %s, '', 'a test', 'quality')",
        [Jsonb({"battery_low": {"at": 3.3, "season": "winter"}, "door_open": {"off": True}})],
    )
    scenario.store(course("L1", cold(25)))
    assert swept(connection, 140).keys() == {"logger_silent"}
    assert alerting_of(connection, ["freezer"])["freezer"].overrides[0]["battery_low"] == Override(at=3.3)


@pytest.mark.usefixtures("scenario")
def test_what_is_recorded_of_alerts_has_versions(connection: Connection) -> None:
    """The newest is in force, whole; the earlier ones stay where they were recorded."""
    assert recorded_alerting(connection, "container", "freezer") is None
    assert record(connection, "container", "freezer", battery_low=Override(at=3.3)) == 1
    assert record(connection, "container", "freezer", due_minutes=5, sensor_stuck=Override(off=True)) == 2
    assert record(connection, "profile", "cryo-80") == 1
    found = alerting_of(connection, ["freezer", "unknown"])
    assert found["freezer"].overrides == ({"sensor_stuck": Override(off=True)},)
    assert (found["freezer"].instruction, found["freezer"].due_us) == ("Call Ana.", at_us(5))
    assert found["unknown"].overrides == ()
    recorded = recorded_alerting(connection, "container", "freezer")
    assert recorded is not None
    assert (recorded.version, recorded.overrides) == (2, {"sensor_stuck": Override(off=True)})


@pytest.mark.usefixtures("scenario")
@pytest.mark.parametrize(
    ("cause", "override", "field"),
    [
        ("fire", Override(off=True), "overrides.fire"),
        ("delivery_failing", Override(off=True), "overrides.delivery_failing"),
        ("ingest_behind", Override(delay_s=60), "overrides.ingest_behind"),
        ("evaluator_behind", Override(severity=Severity.INFO), "overrides.evaluator_behind"),
        ("limit_crossed", Override(at=5), "overrides.limit_crossed.at"),
        ("logger_silent", Override(at=3), "overrides.logger_silent.at"),
        ("battery_low", Override(delay_s=-1), "overrides.battery_low.delay_s"),
        ("battery_low", Override(recovers_s=-1), "overrides.battery_low.recovers_s"),
        ("battery_low", Override(at=float("nan")), "overrides.battery_low.at"),
        ("battery_low", Override(at=2_500), "overrides.battery_low.at"),
        ("calibration_due", Override(at=2_592_000), "overrides.calibration_due.at"),
        ("sensor_stuck", Override(at=86_400), "overrides.sensor_stuck.at"),
        ("budget_used", Override(at=80), "overrides.budget_used.at"),
        ("forecast_crosses", Override(at=604_801), "overrides.forecast_crosses.at"),
        ("clock_skew", Override(at=604_801), "overrides.clock_skew.at"),
        ("logger_silent", Override(delay_s=2_592_001), "overrides.logger_silent.delay_s"),
        ("logger_silent", Override(recovers_s=2_592_001), "overrides.logger_silent.recovers_s"),
    ],
)
def test_what_cannot_be_is_refused(connection: Connection, cause: str, override: Override, field: str) -> None:
    """Who makes a slip, or names what no container has, must not believe that something was changed."""
    with pytest.raises(RefusedError) as refused:
        record(connection, "container", "freezer", None, **{cause: override})
    assert refused.value.field == field


@pytest.mark.usefixtures("scenario")
def test_a_refusal_says_what_would_do(connection: Connection) -> None:
    """Who is refused reads why, and what to do instead."""
    with pytest.raises(
        RefusedError, match="no cause 'delivery_failing' of containers or lots; there are limit_crossed"
    ):
        record(connection, "profile", "cryo-80", delivery_failing=Override(off=True))
    with pytest.raises(RefusedError, match="has no figure of its own; leave it out"):
        record(connection, "profile", "cryo-80", limit_crossed=Override(at=-50))


@pytest.mark.usefixtures("scenario")
def test_nothing_is_recorded_of_what_is_not_there(connection: Connection) -> None:
    """A wrong id would leave the container it was meant for as it was."""
    with pytest.raises(NotFoundError, match="no container 'frezer'"):
        record(connection, "container", "frezer")
    with pytest.raises(NotFoundError, match="no profile 'cryo'"):
        record(connection, "profile", "cryo")
    with pytest.raises(RefusedError, match="arrives nowhere"):
        record(connection, "profile", "cryo-80", due_minutes=5)
