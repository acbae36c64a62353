"""What is said of loggers, of lots that nothing measures, and of limits that will be crossed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from service.domain.alerting.given_up import GIVEN_UP_CODES
from service.domain.alerting.lifecycle import Finding
from service.domain.alerting.logger_rules import last_heard_us, usual_interval_s
from service.domain.alerting.lot_rules import OLD_US, lot_in_no_container, may_cross
from service.domain.alerting.rule_table import (
    SERVICE_RULES,
    SITE_RULES,
    SWEPT_RULES,
    causes,
    container_rule,
    container_rules,
)
from service.domain.alerting.rules import ContainerFacts, Override, Probe, Rule, ServiceFacts, outcome_of, overridden
from service.domain.alerting.words import forecast_text, what_text
from service.domain.answers.answer import ANSWER_CODES
from service.domain.exposure.container import Record, threshold_of
from service.domain.exposure.uncounted import AttachedProbe
from service.domain.instant import END_US, SECOND_US, to_datetime
from service.domain.profiles import CRYO_80, LYOPHILISED_2_8
from service.domain.series.forecast import Forecast, Wait
from service.domain.series.quality import Quality
from service.domain.severity import Severity

MINUTE_US = 60 * SECOND_US
HOUR_US, DAY_US = 60 * MINUTE_US, 1_440 * MINUTE_US

#: A Sunday in March, as good as any.
NOW_US = 1_772_323_200 * SECOND_US

Sent = float | Quality


def probe(
    sent: Sequence[Sent] = (-80.0,) * 30,
    *,
    logger: str = "L1",
    name: str = "",
    every_min: float = 5,
    silent_min: float = 0,
    **more: float | None,
) -> Probe:
    """A probe of which these readings are the newest, the last of them so long ago."""
    last_us = NOW_US - int(silent_min * MINUTE_US)
    step_us = int(every_min * MINUTE_US)
    times_us = last_us - step_us * np.arange(len(sent) - 1, -1, -1, dtype=np.int64)
    bare = Probe(
        logger,
        name,
        every_min * 60,
        last_us,
        times_us,
        np.array([np.nan if isinstance(x, Quality) else x for x in sent], dtype=np.float64),
        np.array([x if isinstance(x, Quality) else Quality.OK for x in sent], dtype=np.int16),
        lag_us=0,
    )
    return replace(bare, **more)  # type: ignore[arg-type]


def container(*probes: Probe, lots: Sequence[str] = ("A",), kind: str = "freezer", **more: object) -> ContainerFacts:
    """A container watched by these probes."""
    bare = ContainerFacts("c", kind, CRYO_80, Record(), tuple(lots), probes=tuple(probes))
    return replace(bare, **more)  # type: ignore[arg-type]


def rule(cause: str, **override: object) -> Rule[ContainerFacts]:
    """The rule for a cause, with what differs from the table."""
    return overridden(container_rule(cause), ({cause: Override(**override)},))  # type: ignore[arg-type]


def words(cause: str, found: Finding) -> str:
    """What is told of it, after the name of whom it is about."""
    return what_text(cause, found.details)


def says(cause: str, facts: ContainerFacts, **override: object) -> Finding | None:
    """What that rule says of these facts now."""
    return outcome_of(rule(cause, **override), facts, NOW_US).found


# Silence


@pytest.mark.parametrize(
    ("every_min", "silent_min", "silent"),
    [
        (5, 11, False),  # one reading missing, a second late
        (5, 12, True),  # two missing, and three minutes left before 15 min make a gap
        (1, 9.9, False),  # nobody is called for less than ten minutes
        (1, 10.1, True),
        (30, 44, False),  # one reading late is no silence, though for this profile it is a gap
        (30, 46, True),
    ],
)
def test_silence_is_told_by_the_logger_s_own_pace(every_min: float, silent_min: float, silent: bool) -> None:
    """What is long for a logger that reports every minute is usual for one that reports twice an hour."""
    found = says("logger_silent", container(probe(every_min=every_min, silent_min=silent_min)))
    assert (found is not None) is silent


def test_where_there_is_time_silence_is_told_before_it_is_a_gap() -> None:
    """Up to the largest gap a logger may still be saved; after it, lots have lost measured time for ever."""
    gap_min = LYOPHILISED_2_8.max_gap_s / 60
    facts = container(probe(every_min=15, silent_min=gap_min - 5), profile=LYOPHILISED_2_8)
    assert says("logger_silent", facts) is not None


def test_silence_says_which_logger_how_long_and_what_is_usual() -> None:
    """At three in the morning nobody looks up how often a logger reports."""
    found = says("logger_silent", container(probe(silent_min=35)))
    assert found is not None
    assert (found.since_us, found.severity, found.delay_s) == (NOW_US - 35 * MINUTE_US, Severity.CRITICAL, 675)
    assert words("logger_silent", found) == (
        "is silent: nothing was heard from logger L1 for 35 min (it usually reports every 5 min)"
    )


def test_silence_counts_from_a_stable_moment() -> None:
    """Whoever asks later hears of the same silence, and not of one that began anew."""
    facts = container(probe(silent_min=35))
    first, later = (outcome_of(rule("logger_silent"), facts, NOW_US + x).found for x in (0, HOUR_US))
    assert first is not None
    assert later is not None
    assert first.since_us == later.since_us


def test_without_a_pace_a_logger_may_be_silent_for_the_largest_gap() -> None:
    """A logger just attached has sent too little for its habits to show."""
    quiet = replace(probe(silent_min=14), interval_s=None)
    assert says("logger_silent", container(quiet)) is None
    longer = says("logger_silent", container(replace(probe(silent_min=16), interval_s=None)))
    assert longer is not None
    assert "usually" not in words("logger_silent", longer)


def test_a_logger_that_was_never_heard_is_given_time() -> None:
    """A technician attaches a logger minutes before it reports for the first time."""
    facts = container(replace(probe(()), heard_us=None, interval_s=None, lag_us=None))
    found = says("logger_silent", facts)
    assert found is not None
    assert (found.since_us, found.delay_s) == (NOW_US, CRYO_80.max_gap_s)
    assert words("logger_silent", found) == "is silent: nothing was heard from logger L1 since it was put there"


def test_one_of_several_probes_is_a_warning() -> None:
    """While another probe still watches, lots are measured; a probe that fails must be mended all the same."""
    found = says("logger_silent", container(probe(silent_min=35), probe(logger="L2", name="top")))
    assert found is not None
    assert found.severity is Severity.WARNING
    assert words("logger_silent", found).startswith("has a silent probe: nothing was heard from logger L1 for 35 min")


def test_when_all_probes_are_silent_the_longest_is_told_first() -> None:
    """Then nothing measures the lots any more, and it is no comfort that the second probe lasted longer."""
    facts = container(probe(silent_min=35), probe(logger="L2", name="top", silent_min=125))
    found = says("logger_silent", facts)
    assert found is not None
    assert found.severity is Severity.CRITICAL
    assert found.since_us == NOW_US - 125 * MINUTE_US
    assert "logger L2 (probe top) for 2 h 05 min" in words("logger_silent", found)
    assert words("logger_silent", found).index("L2") < words("logger_silent", found).index("L1")


def test_a_silent_probe_beside_a_faulty_one_leaves_nobody_watching() -> None:
    """Each alone is a warning, as the other watches; together nothing measures the lots."""
    silent, faulty = probe(silent_min=35), probe([Quality.FAULT] * 5, logger="L2")
    for cause in ("logger_silent", "sensor_fault"):
        found = says(cause, container(silent, faulty))
        assert found is not None
        assert found.severity is Severity.CRITICAL
        assert "L1" in words(cause, found) or "L2" in words(cause, found)
        for facts in (container(silent, faulty, lots=()), container(silent, faulty, probe(logger="L3"))):
            lesser = says(cause, facts)
            assert lesser is not None
            assert lesser.severity is Severity.WARNING
    dead = probe([Quality.FAULT] * 5, silent_min=35)
    one_of_two = says("logger_silent", container(dead, probe(logger="L2")))
    assert one_of_two is not None
    assert one_of_two.severity is Severity.WARNING, "silent and faulty, it is still one probe"


def test_a_probe_that_may_be_silent_here_still_watches() -> None:
    """It is read out by hand once a day: beside a faulty one that is no emergency."""
    facts = container(probe(silent_min=35), probe([Quality.FAULT] * 5, logger="L2"), silent_after_s=86_400)
    found = says("sensor_fault", facts)
    assert found is not None
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize(("every_min", "allowed_min"), [(1, 10), (5, 11.25), (30, 45)])
def test_silence_counts_only_from_when_somebody_listens(every_min: float, allowed_min: float) -> None:
    """What was sent while the service was down is still on its way."""
    facts = container(probe(every_min=every_min, silent_min=180))
    assert says("logger_silent", facts) is not None
    just_up = replace(facts, ingest_up_since_us=NOW_US - int(allowed_min * MINUTE_US))
    assert says("logger_silent", just_up) is None
    longer_up = replace(facts, ingest_up_since_us=NOW_US - int((allowed_min + 1) * MINUTE_US))
    assert says("logger_silent", longer_up) == says("logger_silent", facts)


def test_a_logger_heard_since_the_start_is_silent_by_its_own_pace() -> None:
    """It was heard, so that its silence is its own."""
    facts = container(probe(silent_min=6), ingest_up_since_us=NOW_US - 8 * MINUTE_US)
    assert says("logger_silent", facts, delay_s=300) is not None
    never = container(replace(probe(()), heard_us=None, interval_s=None), ingest_up_since_us=NOW_US - 8 * MINUTE_US)
    assert says("logger_silent", never) is None


def test_silence_in_an_empty_freezer_is_a_warning() -> None:
    """Nobody gets up for a freezer without lots."""
    found = says("logger_silent", container(probe(silent_min=35), lots=()))
    assert found is not None
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize("kind", ["shipper", "dry_ice_box"])
def test_a_shipper_under_way_may_be_silent(kind: str) -> None:
    """Its logger has no network on the road, and uploads on arrival."""
    under_way = container(probe(silent_min=2_000), kind=kind)
    assert says("logger_silent", under_way) is None
    assert says("logger_silent", replace(under_way, due_us=NOW_US + 1)) is None
    assert says("logger_silent", replace(under_way, due_us=NOW_US - 5 * MINUTE_US)) is None


def test_a_shipper_that_is_overdue_is_told_of() -> None:
    """Silent long after it was to arrive: it is lost, late, or arrived where nobody opened it."""
    facts = container(probe(silent_min=2_000), kind="shipper", due_us=NOW_US - 2 * HOUR_US)
    found = says("logger_silent", facts)
    assert found is not None
    assert (found.since_us, found.severity) == (NOW_US - 2 * HOUR_US, Severity.CRITICAL)
    assert words("logger_silent", found).startswith("is overdue: nothing was heard from logger L1 for 1 d 9 h")


def test_a_shipper_that_arrived_or_was_unpacked_is_waited_for_no_more() -> None:
    """After the upload its logger is switched off; after unpacking nothing is at stake in it."""
    arrived = container(probe(silent_min=100), kind="shipper", due_us=NOW_US - 2 * HOUR_US)
    assert says("logger_silent", arrived) is None
    unpacked = container(probe(silent_min=2_000), kind="shipper", due_us=NOW_US - 2 * HOUR_US, lots=())
    assert says("logger_silent", unpacked) is None


def test_a_wrong_clock_is_no_silence() -> None:
    """A logger two hours behind is heard every five minutes all the same: its clock is what is wrong."""
    behind = probe(silent_min=120, lag_us=120 * MINUTE_US)
    assert last_heard_us(behind) == NOW_US
    assert says("logger_silent", container(behind)) is None
    ahead = probe(silent_min=5, lag_us=-8 * MINUTE_US)
    assert says("logger_silent", container(ahead)) is not None


def test_an_override_sets_how_long_silence_may_last() -> None:
    """A logger read out by hand once a day is silent by nature."""
    facts = container(probe(silent_min=600))
    assert says("logger_silent", facts) is not None
    assert says("logger_silent", facts, delay_s=86_400) is None
    assert says("logger_silent", facts, off=True) is None


def test_an_override_of_severity_does_not_make_a_lesser_matter_worse() -> None:
    """Where silence is only news, so is the silence of one probe of two."""
    facts = container(probe(silent_min=35), probe(logger="L2"))
    found = says("logger_silent", facts, severity=Severity.INFO)
    assert found is not None
    assert found.severity is Severity.INFO


# How often a probe is heard


def test_a_probe_that_sends_each_reading_at_once_shows_its_step() -> None:
    """The median step: one outage does not change it."""
    times_us = np.array([0, 5, 10, 190, 195, 200], dtype=np.int64) * MINUTE_US
    assert usual_interval_s(times_us, times_us + SECOND_US) == 300


def test_a_logger_that_uploads_each_hour_is_heard_each_hour() -> None:
    """Twelve readings at once every hour: an hour between them is no silence."""
    times_us = np.arange(30, dtype=np.int64) * 5 * MINUTE_US
    hourly_us = (times_us // HOUR_US + 1) * HOUR_US
    assert usual_interval_s(times_us, hourly_us) == 3_600
    one_by_one_us = hourly_us + (times_us % HOUR_US) // 1_000
    assert usual_interval_s(times_us, one_by_one_us) == pytest.approx(3_600, rel=0.01)


def test_one_upload_shows_no_pace() -> None:
    """A logger back from an outage sends all it kept; nobody can tell from that when it will be heard next."""
    times_us = np.arange(30, dtype=np.int64) * 5 * MINUTE_US
    at_once_us = np.full(30, times_us[-1])
    assert usual_interval_s(times_us, at_once_us) is None
    earlier_us = np.append(at_once_us, -2 * HOUR_US)
    assert usual_interval_s(times_us, earlier_us) is None
    assert usual_interval_s(times_us, np.append(earlier_us, -6 * HOUR_US)) == 4 * 3_600


@pytest.mark.parametrize("count", [0, 1, 2])
def test_two_readings_show_no_pace(count: int) -> None:
    """One step may be anything."""
    times_us = np.arange(count, dtype=np.int64) * MINUTE_US
    assert usual_interval_s(times_us, times_us) is None


# Faults


@pytest.mark.parametrize("worthless", [Quality.FAULT, Quality.MISSING])
def test_three_readings_without_a_number_are_a_fault(worthless: Quality) -> None:
    """85.0 once is a sensor that was reset; again and again it is a broken wire."""
    assert says("sensor_fault", container(probe([-80.0, worthless, worthless]))) is None
    assert says("sensor_fault", container(probe([-80.0, worthless, worthless, worthless, -80.0]))) is None
    found = says("sensor_fault", container(probe([-80.0, worthless, worthless, worthless])))
    assert found is not None
    assert (found.since_us, found.severity, found.delay_s) == (NOW_US - 10 * MINUTE_US, Severity.CRITICAL, 600)
    assert words("sensor_fault", found) == "has a sensor fault: no usable number comes from logger L1"


@pytest.mark.parametrize("proof", [Quality.HI, Quality.LO])
def test_out_of_range_is_no_fault(proof: Quality) -> None:
    """ "HI" proves that it is warm: the sensor works."""
    assert says("sensor_fault", container(probe([proof] * 10))) is None


def test_a_fault_beside_a_good_probe_is_a_warning() -> None:
    """The lots are measured by the other."""
    found = says("sensor_fault", container(probe([Quality.FAULT] * 5), probe(logger="L2")))
    assert found is not None
    assert found.severity is Severity.WARNING


def test_the_wrong_override_of_one_cause_leaves_the_others() -> None:
    """To be rid of one alarm is not to be rid of all."""
    facts = container(probe([Quality.FAULT] * 5))
    fault = rule("sensor_fault")
    assert overridden(fault, ({"logger_silent": Override(off=True)},)) == fault
    assert says("sensor_fault", facts) is not None


# Stuck


def still(hours: float, number: float = -80.1, kind: str = "freezer", count: int = 30) -> ContainerFacts:
    """A probe of which the newest readings show one number, and so does an older one."""
    shown = probe([number] * count)
    times_us = np.concatenate([[NOW_US - int(hours * HOUR_US)], shown.times_us[1:]])
    return container(replace(shown, times_us=times_us.astype(np.int64)), kind=kind)


def test_a_number_that_never_moves_is_told_after_a_day() -> None:
    """A compressor cycles and people open doors: no sensor in that air shows −80.1 from one day to the next."""
    assert says("sensor_stuck", still(23.9)) is None
    found = says("sensor_stuck", still(26))
    assert found is not None
    assert words("sensor_stuck", found) == "has a sensor that may be stuck: logger L1 has shown −80.1 °C for 1 d 2 h"
    assert (found.since_us, found.severity) == (NOW_US - 26 * HOUR_US, Severity.WARNING)


def test_half_degrees_in_a_steady_refrigerator_are_no_fault() -> None:
    """Such a logger may well show 5.0 for two hours on a Sunday."""
    assert says("sensor_stuck", still(2, number=5.0, kind="refrigerator")) is None


@pytest.mark.parametrize("kind", ["ln2_vessel", "dry_ice_box", "shipper", "ambient"])
def test_what_boils_at_one_temperature_stands_still(kind: str) -> None:
    """Liquid nitrogen and dry ice keep theirs as long as there is any."""
    assert says("sensor_stuck", still(200, kind=kind)) is None


def test_a_number_that_moved_once_is_not_stuck() -> None:
    """One tenth of a degree shows that the sensor lives."""
    facts = still(40)
    moved = facts.probes[0].temperatures_c.copy()
    moved[-10] += 0.1
    assert says("sensor_stuck", replace(facts, probes=(replace(facts.probes[0], temperatures_c=moved),))) is None


def test_a_few_readings_are_too_few_to_be_stuck() -> None:
    """A logger that measures every six hours has shown the same number five times: that is chance."""
    assert says("sensor_stuck", still(30, count=5)) is None


# Battery, calibration, clock


def test_a_low_battery_is_told_once_a_logger() -> None:
    """Two probes of one logger share its battery."""
    low = (probe(battery_v=2.41), probe(name="top", battery_v=2.41), probe(logger="L2", battery_v=3.0))
    found = says("battery_low", container(*low))
    assert found is not None
    assert words("battery_low", found) == "has a low battery: logger L1 has 2.41 V"
    assert says("battery_low", container(probe(battery_v=3.3)), at=3.4) is not None
    assert says("battery_low", container(probe())) is None


@pytest.mark.parametrize(
    ("due_days", "severity", "text"),
    [
        (31, None, ""),
        (12.5, Severity.INFO, "has a calibration due: that of logger L1, in 12 d"),
        (0.5, Severity.INFO, "has a calibration due: that of logger L1, in less than a day"),
        (0, Severity.WARNING, "has a calibration overdue: that of logger L1, for less than a day"),
        (-3, Severity.WARNING, "has a calibration overdue: that of logger L1, for 3 d"),
    ],
)
def test_a_calibration_is_planned_before_it_is_overdue(due_days: float, severity: Severity | None, text: str) -> None:
    """A month is enough to send a probe away; after the date nobody knows whether it is right."""
    due_us = NOW_US + int(due_days * DAY_US)
    found = says("calibration_due", container(probe(calibration_due_us=due_us), probe(logger="L2")))
    assert (found and (found.severity, words("calibration_due", found))) == (severity and (severity, text))
    if found:
        assert found.since_us == (due_us if due_days <= 0 else due_us - 30 * DAY_US)


def test_a_clock_ahead_is_told() -> None:
    """What is far ahead is refused at the door, so it must be mended before."""
    assert says("clock_skew", container(probe(lag_us=-100 * SECOND_US))) is None
    found = says("clock_skew", container(probe(lag_us=-200 * SECOND_US), probe(name="top", lag_us=-200 * SECOND_US)))
    assert found is not None
    assert words("clock_skew", found) == "has a clock that is wrong: that of logger L1 is ahead by at least 3 min"


def test_a_clock_behind_is_told_unless_uploads_explain_it() -> None:
    """A reading that waited an hour for the hourly upload was measured an hour ago: the clock is right."""
    assert says("clock_skew", container(probe(lag_us=10 * MINUTE_US))) is not None
    hourly = probe(lag_us=10 * MINUTE_US, interval_s=3_600.0)
    assert says("clock_skew", container(hourly)) is None
    by_hand = probe(lag_us=9 * DAY_US, interval_s=None)
    assert says("clock_skew", container(by_hand)) is None


# Lots nothing measures


def test_lots_without_a_probe_are_told_of() -> None:
    """Somebody took the logger away, and the freezer is full."""
    found = says("lot_unmonitored", container())
    assert found is not None
    assert (found.severity, found.delay_s) == (Severity.CRITICAL, 900)
    assert says("lot_unmonitored", container(lots=())) is None
    assert says("lot_unmonitored", container(probe())) is None


def test_a_probe_that_nobody_commissioned_is_named_where_nothing_else_counts() -> None:
    """The freezer has a logger, and it does not count: whoever is called need not look for another one."""
    waits = AttachedProbe("a", "c", "Freezer", "L1", "top", False, NOW_US - HOUR_US, END_US, None)
    found = says("lot_unmonitored", container(waiting=(waits,)))
    assert found is not None
    since = f"{to_datetime(NOW_US - HOUR_US):%Y-%m-%d %H:%M} UTC"
    assert words("lot_unmonitored", found) == (
        f"has lots in it and no probe that counts: logger L1 (probe top), attached since {since}, is not commissioned"
    )
    assert what_text("lot_unmonitored", found.details, past=True) == (
        f"had lots in it and no probe that counted: logger L1 (probe top), attached since {since}, was not commissioned"
    )


def test_a_probe_that_sends_and_waits_for_its_commissioning_is_told_of() -> None:
    """It settled long ago, and nobody said so; one that was never heard is a matter for whoever fits it."""
    waits = AttachedProbe("a", "c", "Freezer", "L1", "", False, NOW_US - DAY_US, END_US, None, heard_us=NOW_US)
    found = says("probe_not_commissioned", container(probe(), waiting=(waits,)))
    assert found is not None
    assert (found.severity, found.delay_s, found.since_us) == (Severity.WARNING, 7_200, NOW_US - DAY_US)
    assert words("probe_not_commissioned", found) == (
        "has a probe that sends and is not commissioned, so that its readings do not count: "
        f"logger L1, attached since {to_datetime(NOW_US - DAY_US):%Y-%m-%d %H:%M} UTC"
    )
    many = tuple(replace(waits, logger_id=f"L{i}") for i in range(5))
    crowded = says("probe_not_commissioned", container(waiting=many))
    assert crowded is not None
    assert words("probe_not_commissioned", crowded).endswith("; 2 more")
    for quiet in (
        container(waiting=(replace(waits, heard_us=None),)),
        container(lots=(), waiting=(waits,)),
        container(probe()),
    ):
        assert says("probe_not_commissioned", quiet) is None


def test_a_declared_temperature_measures_nothing() -> None:
    """A room declared to have −80 °C may be warm, and nobody would know: lots in it have no logger."""
    assert says("lot_unmonitored", container(kind="ambient", record=Record())) is not None


def test_a_lot_in_no_container_is_a_matter_for_office_hours() -> None:
    """Somebody forgot to say where it went, or that it was used up."""
    found = lot_in_no_container(rule("lot_unmonitored"), NOW_US - HOUR_US, ["not_released"], NOW_US)
    assert found is not None
    assert (found.severity, found.since_us, found.stale) == (Severity.WARNING, NOW_US - HOUR_US, False)
    assert words("lot_unmonitored", found) == "is recorded in no container: nothing measures its temperature"
    old = lot_in_no_container(rule("lot_unmonitored"), NOW_US - OLD_US - 1, [], NOW_US)
    assert old is not None
    assert old.stale
    assert lot_in_no_container(rule("lot_unmonitored", off=True), NOW_US - HOUR_US, [], NOW_US) is None


@pytest.mark.parametrize("code", GIVEN_UP_CODES)
def test_of_a_lot_whose_last_word_is_spoken_nobody_asks_where_it_is(code: str) -> None:
    """It was used up, or thrown away once its day was over, or rejected."""
    assert code in ANSWER_CODES
    assert lot_in_no_container(rule("lot_unmonitored"), NOW_US - HOUR_US, ["within_limits", code], NOW_US) is None


def test_whatever_else_is_said_of_a_lot_it_may_be_usable_yet() -> None:
    """A recall is lifted, a quarantine ends, a wrong calibration is corrected: till then it is kept cold."""
    others = sorted(ANSWER_CODES.keys() - set(GIVEN_UP_CODES))
    assert {"recalled", "quarantined", "limit_exceeded"} <= set(others)
    assert lot_in_no_container(rule("lot_unmonitored"), NOW_US - HOUR_US, others, NOW_US) is not None


def test_lots_that_are_given_up_need_no_logger() -> None:
    """A freezer in which expired vials wait to be destroyed; one good lot among them is another matter."""
    both = container(lots=("A", "B"), given_up_ids=frozenset("A"))
    assert says("lot_unmonitored", both) is not None
    assert says("lot_unmonitored", replace(both, given_up_ids=frozenset("AB"))) is None


def test_silence_over_lots_that_are_given_up_is_no_night_call() -> None:
    """Nothing is lost there that was not lost before."""
    for cause, facts in (
        ("logger_silent", container(probe(silent_min=60))),
        ("sensor_fault", container(probe([Quality.FAULT] * 30))),
    ):
        found, given_up = says(cause, facts), says(cause, replace(facts, given_up_ids=frozenset("A")))
        assert found is not None
        assert given_up is not None
        assert (found.severity, given_up.severity) == (Severity.CRITICAL, Severity.WARNING)


# Forecasts


WARMING = Forecast(CRYO_80.limits[0], Wait(840.0, 540.0, 1_500.0), None)


def test_a_limit_that_will_be_crossed_is_told_before() -> None:
    """A quarter of an hour is enough to carry boxes to the next freezer."""
    facts = container(probe(), forecast=WARMING, now_c=-64.0)
    found = says("forecast_crosses", facts)
    assert found is not None
    assert words("forecast_crosses", found) == "is going towards a limit: above −60 °C in about 14 min (9–25)"
    assert found.figures.now_c == -64.0
    assert forecast_text(found.details) == "Above −60 °C in about 14 min (9–25)."
    assert says("forecast_crosses", facts, at=530) is None
    assert says("forecast_crosses", container(probe())) is None


def test_beyond_a_limit_there_is_nothing_to_foretell() -> None:
    """Then the limit itself is the news."""
    beyond = Record(open_beyond=frozenset({threshold_of(CRYO_80.limits[0])}))
    facts = container(probe(), forecast=WARMING, record=beyond)
    assert says("forecast_crosses", facts) is None


@pytest.mark.parametrize(
    ("sent", "worth"),
    [
        ([-80.0 + 0.5 * i for i in range(30)], True),  # −65.5 °C and rising half a degree every five minutes
        ([-80.0 + 0.05 * i for i in range(30)], False),  # hours away
        ([-65.5 - 0.5 * i for i in range(30)], False),  # cooling
        ([-80.0, -79.0] * 15, False),  # a compressor that cycles
        ([-80.0 + 4 * i for i in range(4)], False),  # too few to tell
        ([Quality.FAULT] * 30, False),
    ],
)
def test_a_forecast_is_made_only_where_it_may_matter(sent: list[Sent], worth: bool) -> None:
    """A thousand quiet freezers are not worth a thousand forecasts."""
    assert may_cross(rule("forecast_crosses"), container(probe(sent))) is worth


def test_no_forecast_is_made_where_nobody_wants_it() -> None:
    """An empty freezer that is being defrosted, or one whose owner turned the rule off."""
    warming = container(probe([-80.0 + 0.5 * i for i in range(30)]))
    assert not may_cross(rule("forecast_crosses"), replace(warming, lot_ids=()))
    assert not may_cross(rule("forecast_crosses"), replace(warming, given_up_ids=frozenset("A")))
    assert not may_cross(rule("forecast_crosses", off=True), warming)


# The table


def test_each_cause_is_there_once() -> None:
    """Two rules of one cause would fight over one alert."""
    assert len(set(causes())) == len(causes()) == len(container_rules()) + len(SITE_RULES) + len(SERVICE_RULES)


def test_each_figure_that_can_be_set_has_a_bound() -> None:
    """Who sets volts in millivolts is told so, whatever the cause."""
    with_figure = [one for one in container_rules() if one.at is not None]
    assert with_figure == [one for one in container_rules() if one.largest_at is not None]


@pytest.mark.parametrize("one", SWEPT_RULES, ids=lambda one: one.cause)
def test_a_well_watched_freezer_calls_for_nobody(one: Rule[ContainerFacts]) -> None:
    """Silence of the alarms is what a good night sounds like."""
    cycling = [-80.0 + 0.3 * (i % 4) for i in range(30)]
    facts = container(probe(cycling, battery_v=3.6, calibration_due_us=NOW_US + 200 * DAY_US))
    assert outcome_of(one, facts, NOW_US).found is None


@pytest.mark.parametrize("one", SERVICE_RULES, ids=lambda one: one.cause)
def test_a_part_of_the_service_that_is_behind_is_told_of(one: Rule[ServiceFacts]) -> None:
    """An alarm that nobody can hear is told by those that still can."""
    assert outcome_of(one, ServiceFacts("part", None), NOW_US).found is None
    found = outcome_of(one, ServiceFacts("part", NOW_US - 1, "it does not answer"), NOW_US).found
    assert found is not None
    assert found.since_us == NOW_US - 1
    assert words(one.cause, found).endswith(": it does not answer")
