"""A number that no probe can show proves nothing: neither that a lot was warm, nor that it was cold."""

from collections.abc import Sequence

import httpx
import pytest

from ingest.messages import Message
from ingest.routes import Routes
from ingest.writer import Writer
from service.acts.attachments import attach
from service.acts.containers import add_container
from service.acts.logger_ranges import record_range
from service.answers.drawing import draw
from service.domain.exposure.lot import Parts
from service.domain.instant import SECOND_US, rfc3339
from service.domain.profiles import CRYO_80, FROZEN_20
from service.domain.series.quality import Quality
from service.evaluator.alerting.sweep import sweep
from service.store.exposure.records import load_records
from service.store.pool import Connection
from service.store.registry import loggers
from service.store.registry.attachments import NewAttachment
from service.store.registry.profiles import all_profiles
from service.store.series.mended import newest_of
from tests.acting import TESTER
from tests.alarms import alerts_in_words
from tests.dialects import CLOCK
from tests.scenario import BEFOREHAND, Scenario, Sent, at, at_us, course, reading

MINUTE_US = 60 * SECOND_US
UNKNOWN = (None, None)

#: A signed 16-bit number in hundredths, read as unsigned: −18.00 °C.
WRAPPED_C = 637.36


def judged(
    connection: Connection,
    sent: Sequence[Sent],
    range_c: tuple[float | None, float | None] = UNKNOWN,
    profile_id: str = FROZEN_20.id,
) -> tuple[str, Parts]:
    """The verdict on a lot whose logger sent this, a reading each five minutes, and the parts of its life."""
    scenario = Scenario(connection)
    scenario.container("freezer", profile_id, ["L1"], range_c)
    scenario.lot("a", "freezer", profile_id)
    scenario.store(course("L1", sent))
    minutes = (len(sent) - 1) * 5
    scenario.evaluate(minutes)
    found = scenario.judged("a", minutes).judgement
    return found.verdict.value, found.exposure.parts


@pytest.mark.parametrize("wrong", [WRAPPED_C, 6535.6, 176.0, 238.0, 1e9, -273.15, -300.0, -3276.8])
def test_a_number_that_ran_over_condemns_no_lot_and_clears_none(connection: Connection, wrong: float) -> None:
    """For two hours a decoder gave 637.36 for −18.00: nobody knows whether it was warm."""
    verdict, parts = judged(connection, [-18.0] * 12 + [wrong] * 24 + [-18.0] * 12)
    assert verdict == "unproven"
    assert parts.disputed_us == 25 * 5 * MINUTE_US
    assert (parts.above_us, parts.below_us, parts.gap_us) == (0, 0, 0)


def test_one_that_comes_alone_is_no_spike_to_be_believed_in_part(connection: Connection) -> None:
    """Two good readings around it say nothing of the ten minutes between them."""
    _, parts = judged(connection, [-18.0] * 12 + [WRAPPED_C] + [-18.0] * 12)
    assert parts.disputed_us == 10 * MINUTE_US


def test_outside_its_range_a_logger_proves_no_cold(connection: Connection) -> None:
    """−100 °C for an hour of a sensor that ends at −20 °C is a broken wire, and no freezer that is well."""
    verdict, parts = judged(connection, [-18.0] * 6 + [-100.0] * 24 + [-18.0] * 6, (-20.0, 60.0))
    assert verdict == "unproven"
    assert parts.disputed_us == 25 * 5 * MINUTE_US


@pytest.mark.parametrize(("edge", "disputed"), [(60.0, False), (60.01, True), (-20.0, False), (-20.01, True)])
def test_the_ends_of_a_range_belong_to_it(connection: Connection, edge: float, disputed: bool) -> None:
    """A logger shows both ends of what it measures."""
    _, parts = judged(connection, [-18.0] * 6 + [edge] * 6 + [-18.0] * 6, (-20.0, 60.0))
    assert (parts.disputed_us > 0) == disputed


def test_a_wide_declared_range_lets_a_probe_speak(connection: Connection) -> None:
    """A thermocouple in a dryer shows 200 °C, and its maker says so."""
    verdict, parts = judged(connection, [-18.0] * 6 + [200.0] * 24 + [-18.0] * 6, (-200.0, 400.0))
    assert verdict == "nonviable"
    assert parts.disputed_us == 0


def test_a_range_is_of_the_number_as_it_is_shown(connection: Connection) -> None:
    """A calibration says what a shown number means: it makes none possible that cannot be shown."""
    scenario = Scenario(connection)
    scenario.container("freezer", FROZEN_20.id, ["L1"], (-30.0, 60.0))
    scenario.lot("a", "freezer", FROZEN_20.id)
    scenario.store(course("L1", [-18.0] * 6 + [-40.0] * 24 + [-18.0] * 6))
    connection.execute(
        "INSERT INTO recorded_calibrations (id, series_id, from_at, slope, offset_c, certificate, recorded_by) "
        "VALUES ('c', %s, %s, 1, 15, 'C-1', 'A. Meier')",
        [scenario.ids["L1", ""], at(-1)],
    )
    scenario.evaluate(175)
    parts = scenario.judged("a", 175).judgement.exposure.parts
    assert parts.disputed_us == 25 * 5 * MINUTE_US


def test_a_range_that_becomes_known_is_asked_of_what_was_judged(connection: Connection) -> None:
    """The file that brings a logger's range makes doubtful what it cannot have shown."""
    scenario = Scenario(connection)
    scenario.container("freezer", CRYO_80.id, ["L1"], UNKNOWN)
    scenario.lot("a", "freezer")
    scenario.store(course("L1", [-120.0] * 36))
    scenario.evaluate(175)
    assert scenario.judged("a", 175).judgement.exposure.parts.disputed_us == 0
    with connection.transaction():
        record_range(connection, TESTER, "L1", -95.0, 40.0, reason="its data sheet")
    scenario.evaluate(175)
    assert scenario.judged("a", 175).judgement.verdict == "unproven"


def test_a_repair_finds_what_a_whole_judgement_finds(connection: Connection) -> None:
    """Readings that came one by one leave the record that all of them together leave."""
    scenario = Scenario(connection)
    sent: list[Sent] = [-80.0, 700.0, -80.0, -80.0, 1e6, 1e6, "HI", -70.0, -300.0, None, 85.0, 1e6, -80.0, -80.0]
    for name in ("whole", "bit-by-bit"):
        scenario.container(name, CRYO_80.id, [name], (-100.0, 50.0))
        scenario.lot(f"in-{name}", name)
    scenario.store(course("whole", sent))
    scenario.evaluate(66)
    for i in [*range(0, len(sent), 2), *range(1, len(sent), 2)]:
        scenario.store([reading("bit-by-bit", 5 * i, sent[i])])
        scenario.evaluate(66)
    records = load_records(connection, ["whole", "bit-by-bit"])
    assert repr(records["whole", 900]) == repr(records["bit-by-bit", 900])


def test_such_a_number_is_told_as_no_temperature(connection: Connection) -> None:
    """No message says "637 °C"; that the sensor is at fault is told."""
    scenario = Scenario(connection)
    scenario.container("freezer", FROZEN_20.id, ["L1"], UNKNOWN)
    scenario.lot("a", "freezer", FROZEN_20.id)
    scenario.store(course("L1", [-18.0] * 12 + [WRAPPED_C] * 12))
    scenario.evaluate(115)
    [newest] = newest_of(connection, [scenario.ids["L1", ""]], at_us(115)).values()
    assert (newest.temperature_c, newest.quality) == (None, Quality.IMPOSSIBLE)
    sweep(connection, all_profiles(connection), at_us(115))
    rows = alerts_in_words(connection)
    assert "637" not in repr(rows)
    [fault] = [row for row in rows if row["cause"] == "sensor_fault"]
    assert (fault["severity"], fault["state"]) == ("critical", "firing")
    assert "numbers that no such probe can show come from logger L1" in fault["summary"]


def test_every_second_number_garbled_is_a_sensor_at_fault(connection: Connection) -> None:
    """No three in a row, and yet nothing of it can be believed."""
    scenario = Scenario(connection)
    scenario.container("freezer", FROZEN_20.id, ["L1"], UNKNOWN)
    scenario.lot("a", "freezer", FROZEN_20.id)
    scenario.store(course("L1", [-18.0, WRAPPED_C] * 12))
    sweep(connection, all_profiles(connection), at_us(115))
    causes = {row["cause"] for row in connection.execute("SELECT cause FROM alerts")}
    assert "sensor_fault" in causes


def test_it_is_drawn_as_a_reading_without_a_number(connection: Connection) -> None:
    """A curve that leaps to 637 °C hides the curve that matters, whether it is drawn of readings or of hours."""
    scenario = Scenario(connection)
    scenario.container("freezer", FROZEN_20.id, ["L1"], UNKNOWN)
    scenario.store(course("L1", [-18.0] * 90 + [WRAPPED_C] + [-18.0] * 90))
    scenario.evaluate(900)
    for points in (8, 1_000):
        drawn = draw(connection, scenario.ids["L1", ""], at_us(0), at_us(1_000), points).temperatures_c
        assert WRAPPED_C not in drawn
        assert -18.0 in drawn


ROUTES = Routes({"tele/+/SENSOR": "tasmota", "v3/+/devices/+/up": "ttn", "coldchain/v1/#": "coldchain_v1"})


@pytest.mark.parametrize(
    ("topic", "series", "payload", "wrong"),
    [
        (
            "v3/cold@ttn/devices/frz-1/up",
            ("ttn:cold@ttn/frz-1", "DS"),
            '{"end_device_ids":{"device_id":"frz-1"},"received_at":"%s","uplink_message":{"f_port":2,"f_cnt":7,'
            '"decoded_payload":{"TempC_DS":%s}}}',
            WRAPPED_C,
        ),
        (
            "v3/cold@ttn/devices/frz-1/up",
            ("ttn:cold@ttn/frz-1", "DS"),
            '{"end_device_ids":{"device_id":"frz-1"},"received_at":"%s","uplink_message":{"f_port":2,"f_cnt":7,'
            '"decoded_payload":{"TempC_DS":%s}}}',
            -60.0,
        ),
        ("coldchain/v1/hq/wrap-1/readings", ("wrap-1", ""), '{"measured_at":"%s","temperature_c":%s}', 643.74),
        (
            "tele/frz/SENSOR",
            ("tasmota:frz", "01131B72B3AA"),
            '{"Time":"%s","DS18B20":{"Id":"01131B72B3AA","Temperature":%s},"TempUnit":"C"}',
            126.0,
        ),
    ],
)
def test_whatever_dialect_it_came_in(
    connection: Connection, topic: str, series: tuple[str, str], payload: str, wrong: float
) -> None:
    """The same slip of a decoder by a campus network, by our own topics and by a flashed plug, as its sensor allows."""
    scenario = Scenario(connection)
    add_container(connection, TESTER, "freezer", "site", "Freezer", "freezer", FROZEN_20.id)
    loggers.register_logger(connection, series[0], "site", "", None, None)
    with connection.transaction():
        attach(
            connection,
            NewAttachment(
                id="a",
                container_id="freezer",
                logger_id=series[0],
                probe=series[1],
                place="air",
                from_at=at(0),
                until_at=None,
                commissioned_at=at(0),
            ),
            BEFOREHAND,
        )
    scenario.lot("a", "freezer", FROZEN_20.id)
    numbers = [-18.0] * 6 + [wrong] * 24 + [-18.0] * 6
    messages = [
        Message(topic, (payload % (rfc3339(at(5 * i)), number)).encode(), 1, i, 1, False, at_us(5 * i))
        for i, number in enumerate(numbers)
    ]
    writer = Writer(CLOCK, 1 << 20, ROUTES)
    writer.write(connection, messages)
    assert (writer.tally.new, writer.tally.rejected) == (36, {})
    scenario.evaluate(175)
    found = scenario.judged("a", 175).judgement
    assert found.verdict == "unproven"
    assert found.exposure.parts.disputed_us == 25 * 5 * MINUTE_US


def test_an_unknown_range_is_asked_for(connection: Connection, api: httpx.Client) -> None:
    """On the answer, in the list of loggers, and no longer once it is recorded."""
    scenario = Scenario(connection)
    scenario.container("freezer", FROZEN_20.id, ["L1"], (-40.0, None))
    scenario.container("other", FROZEN_20.id, ["L2"], (-40.0, 60.0))
    scenario.lot("a", "freezer", FROZEN_20.id)
    scenario.lot("b", "other", FROZEN_20.id)
    scenario.store([*course("L1", [-18.0] * 12), *course("L2", [-18.0] * 12)])
    scenario.evaluate(55)

    def asked(lot: str) -> list[str]:
        reasons = scenario.judged(lot, 55).judgement.reasons
        return [reason.text for reason in reasons if reason.code == "range_unknown"]

    [text] = asked("a")
    assert "logger L1" in text
    assert asked("b") == []
    listed = api.get("/v1/loggers", params={"range_known": False}).json()["items"]
    assert [(one["id"], one["range_known"]) for one in listed] == [("L1", False)]
    assert api.post("/v1/loggers/L1/range", json={"range_min_c": -30.0, "range_max_c": 60.0}).status_code == 409
    assert api.post("/v1/loggers/L1/range", json={"range_max_c": -50.0}).status_code == 409
    known = {"range_max_c": 60.0, "reason": "its data sheet"}
    answer = api.post("/v1/loggers/L1/range", json=known)
    assert (answer.status_code, answer.json()["range_known"]) == (200, True)
    scenario.evaluate(55)
    assert asked("a") == []
    assert connection.execute("SELECT cause FROM verdicts WHERE lot_id = 'a' ORDER BY id DESC").fetchone() == {
        "cause": "logger_range"
    }


def test_the_newest_reading_of_a_logger_says_that_it_is_impossible(connection: Connection, api: httpx.Client) -> None:
    """Whoever looks a logger up reads what was sent, and that it is no temperature."""
    scenario = Scenario(connection)
    scenario.container("freezer", FROZEN_20.id, ["L1"], UNKNOWN)
    scenario.store(course("L1", [-18.0, WRAPPED_C]))
    newest = api.get("/v1/loggers/L1").json()["last_reading"]
    assert (newest["temperature_c"], newest["quality"]) == (WRAPPED_C, "impossible")
