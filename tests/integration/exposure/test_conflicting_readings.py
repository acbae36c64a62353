"""Two temperatures for one instant: nobody knows which was so, and somebody is told."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ingest.routes import OURS
from service.acts.calibrations import add_calibration
from service.acts.clock_mends import add_clock_mend
from service.acts.redrive import Mend, redrive
from service.answers.drawing import draw
from service.domain.exposure.lot import Parts
from service.domain.instant import SECOND_US, rfc3339
from service.domain.profiles import LYOPHILISED_2_8
from service.domain.series.quality import quality_of
from service.domain.verdicts.causes import Cause
from service.evaluator.alerting.sweep import sweep
from service.evaluator.generation import changes, write_next
from service.formats.dialect import Clock
from service.formats.reading import Reading
from service.store.dirty import mark_containers
from service.store.exposure.records import load_records
from service.store.pool import Connection
from service.store.registry.calibrations import NewCalibration
from service.store.registry.clock_mends import NewClockMend
from service.store.registry.profiles import all_profiles
from tests.acting import TESTER
from tests.alarms import alerts_in_words
from tests.rejected_messages import add_rejected
from tests.scenario import Scenario, Sent, at, at_us, course, reading

MINUTE_US = 60 * SECOND_US
PROFILE, MAX_GAP_S = LYOPHILISED_2_8.id, LYOPHILISED_2_8.max_gap_s

#: A refrigerator's air, as its compressor cycles.
CYCLE = (4.6, 4.9, 5.3, 5.0)


def cool(count: int) -> list[Sent]:
    """So many readings of a refrigerator that is well."""
    return [CYCLE[i % len(CYCLE)] for i in range(count)]


@pytest.fixture
def scenario(connection: Connection) -> Scenario:
    """A refrigerator at 5 °C with a lot, read every five minutes for eight hours and judged."""
    store = Scenario(connection)
    store.container("fridge", PROFILE, ["L1"])
    store.lot("a", "fridge", PROFILE)
    store.store(course("L1", cool(97)))
    store.evaluate(480)
    assert store.verdict("a", 480) == "viable"
    return store


def parts(scenario: Scenario, minutes: float = 480) -> Parts:
    """The parts of the lot's life."""
    return scenario.judged("a", minutes).judgement.exposure.parts


def alert(connection: Connection, minutes: float) -> dict[str, Any] | None:
    """Sweep then; the alert of contradictions, if one is open."""
    sweep(connection, all_profiles(connection), at_us(minutes))
    found = alerts_in_words(connection, "WHERE cause = 'conflicting_readings' AND state <> 'resolved'")
    return found[0] if found else None


def test_a_clock_that_fell_back_leaves_a_warm_night_possible(scenario: Scenario) -> None:
    """Three hours at 31 °C under stamps that were used at 5 °C: of each one of the two is true, nobody knows which."""
    again = course("L1", [31.0] * 36, start=120)
    assert scenario.store(again).conflicting == 36
    scenario.evaluate(480)
    judged = scenario.judged("a", 480).judgement
    assert judged.verdict == "unproven"
    assert "limit_possibly_exceeded" in judged.reason_codes
    # From the crossing before the first such instant, to the one after the last.
    assert 175 * MINUTE_US < parts(scenario).disputed_us < 185 * MINUTE_US
    assert parts(scenario).above_us == 0


def test_whichever_came_first_the_answer_is_the_same(scenario: Scenario) -> None:
    """Hot first or cold first: what was said is the same."""
    found = []
    for name, first, second in (("hot", 31.0, 5.0), ("cold", 5.0, 31.0)):
        scenario.container(name, PROFILE, [name])
        scenario.lot(f"in-{name}", name, PROFILE)
        scenario.store(course(name, [5.0] * 12 + [first] * 12 + [5.0] * 12))
        scenario.store(course(name, [second] * 12, start=60))
        scenario.evaluate(180)
        found.append(scenario.judged(f"in-{name}", 175).judgement)
    assert found[0].exposure.parts == found[1].exposure.parts
    assert found[0].exposure.parts.disputed_us > 55 * MINUTE_US


def test_a_repair_finds_what_a_whole_judgement_finds(connection: Connection, scenario: Scenario) -> None:
    """The record mended where readings contradict is the one made of all readings, and `evaluate --all` agrees."""
    said = [(60, 12.0), (65, "HI"), (480, -3.0), (240, 85.0), (300, 700.0), (0, 9.0)]
    scenario.store([reading("L1", minutes, sent) for minutes, sent in said])
    scenario.evaluate(481)
    mended = load_records(connection, ["fridge"])
    write_next(connection, lambda *_: None)
    assert changes(connection, at_us(481)) == []
    mark_containers(connection, ["fridge"], Cause.ATTACHMENT)
    scenario.evaluate(481)
    whole = load_records(connection, ["fridge"])
    assert repr(mended) == repr(whole)
    assert sum(len(found) for found in whole["fridge", MAX_GAP_S].disputed.values()) >= 4


def test_readings_that_agree_about_every_limit_dispute_nothing(connection: Connection, scenario: Scenario) -> None:
    """5.0 and 5.4 °C are both within limits: whichever was so, the lot was."""
    assert scenario.store(course("L1", [5.4] * 36, start=120)).conflicting == 36
    scenario.evaluate(480)
    assert scenario.verdict("a", 480) == "viable"
    assert parts(scenario).disputed_us == 0
    row = alert(connection, 480)
    assert row is not None
    assert row["severity"] == "warning"


def test_readings_that_are_both_beyond_are_certain(scenario: Scenario) -> None:
    """20 or 31 °C: above 8 °C it was in any case."""
    scenario.store(course("L1", [20.0] * 12, start=485))
    scenario.store(course("L1", [31.0] * 12, start=485))
    scenario.evaluate(540)
    assert parts(scenario, 540).above_us >= 55 * MINUTE_US
    assert parts(scenario, 540).disputed_us < 5 * MINUTE_US


def test_another_humidity_is_no_contradiction(connection: Connection, scenario: Scenario) -> None:
    """Only a temperature contradicts a temperature."""
    again = [replace(one, humidity_pct=40.0) for one in course("L1", cool(97))]
    assert scenario.store(again).conflicting == 0
    scenario.evaluate(480)
    assert scenario.verdict("a", 480) == "viable"
    assert alert(connection, 480) is None


@pytest.mark.parametrize("faulty_first", [True, False])
def test_a_fault_contradicts_no_temperature(connection: Connection, faulty_first: bool) -> None:
    """85.0 of a DS18B20 is no reading; the other one of that instant is the only one there is."""
    store = Scenario(connection)
    store.container("fridge", PROFILE, ["L1"])
    store.lot("a", "fridge", PROFILE)
    fault, good = course("L1", [85.0] * 49), course("L1", cool(49))
    store.store(fault if faulty_first else good)
    assert store.store(good if faulty_first else fault).conflicting == 49
    store.evaluate(240)
    assert store.verdict("a", 240) == "viable"
    assert parts(store, 240).disputed_us == 0
    assert alert(connection, 240) is None


def test_many_contradictions_of_one_instant_are_all_possible(connection: Connection, scenario: Scenario) -> None:
    """The bounds of an instant are those of all that was said of it."""
    scenario.store([reading("L1", 240, sent) for sent in (9.0, 5.1, -4.0, 5.2, 60.0)])
    scenario.evaluate(480)
    record = load_records(connection, ["fridge"])["fridge", MAX_GAP_S]
    assert {threshold: len(found) for threshold, found in record.disputed.items()} == dict.fromkeys(record.beyond, 1)


def test_a_contradiction_is_calibrated_like_what_it_contradicts(connection: Connection, scenario: Scenario) -> None:
    """The probe shows 4 K too little: 5 and 4.2 °C were 9 and 8.2 °C, both above 8 °C."""
    scenario.store(course("L1", [4.5] * 12, start=120))
    with connection.transaction():
        add_calibration(
            connection,
            TESTER,
            NewCalibration(
                id="c",
                logger_id="L1",
                probe="",
                from_at=at(0),
                until_at=None,
                slope=1.0,
                offset_c=4.0,
                certificate="C-1",
                as_found=None,
                due_at=None,
            ),
        )
    scenario.evaluate(480)
    assert parts(scenario).above_us == 480 * MINUTE_US
    assert parts(scenario).disputed_us == 0


def test_a_mended_clock_moves_both(connection: Connection, scenario: Scenario) -> None:
    """What contradicts a reading was stamped by the same clock, so it is mended with it."""
    scenario.store(course("L1", [31.0] * 6, start=240))
    scenario.evaluate(480)
    before = load_records(connection, ["fridge"])["fridge", MAX_GAP_S]
    with connection.transaction():
        add_clock_mend(
            connection,
            TESTER,
            NewClockMend(
                id="m",
                logger_id="L1",
                from_at=at(230),
                until_at=at(400),
                offset_us=-MINUTE_US,
                reason="set wrongly",
            ),
        )
    scenario.evaluate(480)
    after = load_records(connection, ["fridge"])["fridge", MAX_GAP_S]
    for key, was in before.disputed.items():
        # The edges lie on the lines to the neighbours before and after, which moved too.
        assert np.array_equal(after.disputed[key], was - MINUTE_US), key


def test_a_contradiction_is_told_with_its_container_and_lots(connection: Connection, scenario: Scenario) -> None:
    """How many, since when and what to look at: the logger's clock, or two devices of one id."""
    assert alert(connection, 480) is None
    scenario.store([replace(one, temperature_c=31.0) for one in course("L1", [5.0] * 36, start=120)])
    row = alert(connection, 490)
    assert row is not None
    assert (row["subject"], row["severity"], row["lot_ids"], row["state"]) == (
        "container:fridge",
        "critical",
        ["a"],
        "firing",
    )
    for said in ("Fridge", "logger L1", "36 times", "clock", "two devices", "a"):
        assert said in row["summary"]
    # A day without any more is the end of it.
    connection.execute("UPDATE reading_conflicts SET recorded_at = %s", [at(490)])
    assert alert(connection, 489 + 1_440) is not None
    assert alert(connection, 491 + 1_440) is None


def test_a_message_driven_again_days_later_is_told_then(connection: Connection, scenario: Scenario) -> None:
    """It arrived long ago, and contradicts only now that somebody put it right."""
    sent = [{"measured_at": rfc3339(at(120 + 5 * i)), "temperature_c": 31.0} for i in range(12)]
    message_id = add_rejected(
        connection,
        topic="coldchain/v1/site/L1/readings",
        payload=json.dumps(sent).encode() + b"]",
        code="not_json",
        received_at=at(200),
    )
    mend = Mend(payload=json.dumps(sent).encode())
    stored = redrive(connection, TESTER, message_id, mend, OURS.of, Clock(at_us(-1), SECOND_US))
    assert stored.conflicting == 12
    minutes = 5 * 1_440
    scenario.evaluate(minutes)
    assert parts(scenario, minutes).disputed_us >= 55 * MINUTE_US
    found = alert(connection, minutes)
    assert found is not None
    assert "12 times" in found["summary"]


def test_lots_that_were_there_are_named_though_they_left(connection: Connection, scenario: Scenario) -> None:
    """The time that is disputed is part of their life wherever they are now."""
    scenario.container("other", PROFILE, ["L2"])
    connection.execute("UPDATE recorded_placements SET until_at = %s", [at(300)])
    scenario.place("a", "other", 300)
    scenario.store(course("L1", [31.0] * 12, start=120))
    row = alert(connection, 480)
    assert row is not None
    assert row["lot_ids"] == ["a"]


def _stored(connection: Connection) -> list[tuple[float | None, int]]:
    rows = connection.execute("SELECT temperature_c, quality FROM readings ORDER BY series_id, measured_at").fetchall()
    return [(row["temperature_c"], row["quality"]) for row in rows]


SIDES = st.sampled_from([None, 1.5])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from([-80.0, 5.0, None]), SIDES, SIDES), min_size=2, max_size=8)
)
def test_the_first_of_one_message_stays(
    connection: Connection, scenario: Scenario, sent: list[tuple[int, float | None, float | None, float | None]]
) -> None:
    """Whatever else they say of humidity and battery, and however they are written to the database."""
    connection.execute("DELETE FROM readings")
    connection.execute("DELETE FROM reading_conflicts")
    scenario.store(
        [
            Reading("L", "", at_us(minute), number, quality_of(number), humidity, battery)
            for minute, number, humidity, battery in sent
        ]
    )
    first: dict[int, float | None] = {}
    for minute, number, _, _ in sent:
        first.setdefault(minute, number)
    rows = connection.execute("SELECT temperature_c FROM readings ORDER BY measured_at").fetchall()
    assert [row["temperature_c"] for row in rows] == [first[minute] for minute in sorted(first)]


def test_a_contradiction_is_drawn(connection: Connection, scenario: Scenario) -> None:
    """Whoever looks at the curve sees what is disputed, also where it is drawn of hours."""
    scenario.store([reading("L1", 240, 31.0)])
    scenario.evaluate(480)
    series_id = scenario.ids["L1", ""]
    for points in (8, 1_000):
        assert 31.0 in draw(connection, series_id, at_us(0), at_us(481), points).temperatures_c
