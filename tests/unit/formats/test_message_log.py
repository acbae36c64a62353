"""Logs of messages (values invented): what a device said is read as if it had come over MQTT, whoever wrote it down."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from service.answers.files import judge_file
from service.domain.profiles import BUILT_IN
from service.domain.series.quality import Quality
from service.domain.verdicts.verdict import Verdict
from service.formats.files import parse_file
from service.formats.logger_file import LoggerFile, refuse_unbelievable
from service.formats.reading import Rejection
from service.formats.units import Unit
from tests.dialects import CLOCK, EXAMPLES

FIELD = Path(__file__).parents[2] / "field"
SENSOR = '{"Epoch": 1772442000, "DS18B20": {"Temperature": -79.8}}'


def read(text: str, zone: str | None = None, logger_id: str | None = None, unit: Unit | None = None) -> LoggerFile:
    return parse_file(text.encode(), zone, logger_id=logger_id, unit=unit)


def refusal(text: str, zone: str | None = None, logger_id: str | None = None, unit: Unit | None = None) -> Rejection:
    with pytest.raises(Rejection) as caught:
        read(text, zone, logger_id, unit)
    return caught.value


def us(moment: str) -> int:
    """Microseconds since 1970."""
    return round(datetime.fromisoformat(moment).timestamp() * 1_000_000)


LATER_US = us("2026-03-03T00:00Z")


def rows(file: LoggerFile) -> list[tuple[int, float | None]]:
    """Instants and temperatures."""
    return [(reading.measured_at_us, reading.temperature_c) for reading in file.readings]


def sentences(file: LoggerFile) -> list[str]:
    assert file.understood is not None
    return file.understood.sentences()


def test_tasmotas_console_tells_the_night() -> None:
    """What the device printed of itself is its log; its clock's zone has to be said, for `Time` has none."""
    text = (FIELD / "tasmota-console/console.txt").read_text()
    assert refusal(text).code == "zone_required"
    found = read(text, "Europe/Zurich")
    assert found.logger_id == "tasmota:cold-box"
    assert rows(found) == [
        (us("2026-03-02T10:00+01:00") + at * 300_000_000, celsius)
        for at, celsius in enumerate([-19.8, None, -19.5, -19.4])
    ]
    assert {reading.probe for reading in found.readings} == {"0000000000A1"}
    assert found.readings[1].quality is Quality.MISSING
    assert sentences(found) == [
        "a log of messages: 4 with temperatures, in the dialect tasmota",
        "first and last: lines 4 and 8",
        "skipped: lines that are no messages of a known topic: 4",
    ]


@pytest.mark.parametrize("name", ["verbose.txt", "timed.txt", "lines.json"])
def test_what_mosquitto_sub_wrote(name: str) -> None:
    """With `-v`, with a time by `-F`, or as JSON: the device's own time counts, and not when the line was written."""
    text = (FIELD / "mosquitto-log" / name).read_text()
    found = read(text, logger_id="tasmota:cold-box")
    assert rows(found) == [(us("2026-03-02T10:00+01:00"), -20.0), (us("2026-03-02T10:05+01:00"), -19.5)]


def test_a_log_of_several_loggers_is_read_one_at_a_time() -> None:
    """One file is one logger's evidence."""
    text = (FIELD / "mosquitto-log/timed.txt").read_text()
    assert refusal(text).code == "several_loggers"
    found = read(text, logger_id="zigbee2mqtt:shelf 4")
    assert rows(found) == [(us("2026-03-02T10:03:07+01:00"), 4.5)]
    assert "skipped: messages of other loggers: 2" in sentences(found)
    assert refusal(text, logger_id="TAG-1").code == "logger_mismatch"


@pytest.mark.parametrize("name", ["events.txt", "events.jsonl"])
def test_what_a_shelly_sent(name: str) -> None:
    """With its topic or without: a notification names its device."""
    found = read((FIELD / "shelly-log" / name).read_text())
    assert found.logger_id == "shelly:shellyplusht-0a1b"
    assert rows(found) == [(us("2026-03-02T09:00:00.5Z"), 4.5), (us("2026-03-02T09:20:00.5Z"), 5.0)]


def test_a_shellys_history_is_a_table() -> None:
    """`Timestamp;Temperature`: its unit, its clock and its logger are asked."""
    text = (FIELD / "shelly-history/history.csv").read_text()
    assert refusal(text, "Europe/Zurich", "f7").code == "unit_required"
    found = read(text, "Europe/Zurich", "f7", "C")
    assert rows(found) == [
        (us("2026-03-02T09:00Z"), 4.5), (us("2026-03-02T09:05Z"), 4.6), (us("2026-03-02T09:10Z"), None),
    ]  # fmt: skip


@pytest.mark.parametrize("dialect", ["coldchain_v1", "chirpstack", "ttn", "thingsboard", "shelly"])
def test_a_message_of_each_dialect_may_be_logged(dialect: str) -> None:
    """As it is on the wire."""
    _, topic, payload, logger_id, celsius = EXAMPLES[dialect]
    found = read(f"{topic} {json.dumps(payload)}\n")
    assert (found.logger_id, found.readings[0].temperature_c) == (logger_id, celsius)


@pytest.mark.parametrize(
    ("line", "logger_id"),
    [
        (f"Mar  2 10:00:00 box ESP-MQT: tele/box/SENSOR = {SENSOR}", "tasmota:box"),
        (f"10:00:00 RSL: SENSOR = {SENSOR}", None),
        (SENSOR, None),
        ('{"measured_at": "2026-03-02T09:00:00Z", "temperature_c": -79.8}', None),
        ('coldchain/v1/hq/TAG-1/readings [{"measured_at": "2026-03-02T09:00:00Z", "temperature_c": -79.8}]', "TAG-1"),
    ],
)
def test_ways_to_write_a_line(line: str, logger_id: str | None) -> None:
    """A line that names no device is of the logger that the caller says."""
    if logger_id is None:
        assert refusal(line).code == "logger_required"
    found = read(line, logger_id=logger_id or "f7")
    assert (found.logger_id, rows(found)) == (logger_id or "f7", [(us("2026-03-02T09:00Z"), -79.8)])


def test_a_message_that_cannot_be_read_is_told_by_its_line() -> None:
    """It costs itself; where many cannot be read the log is refused."""
    good = "".join(
        f"tele/box/SENSOR {json.dumps({'Epoch': 1772442000 + at, 'DS18B20': {'Temperature': -79.8}})}\n"
        for at in range(4)
    )
    found = read(good + 'tele/box/SENSOR {"Epoch": 1772443\n')
    assert len(found.readings) == 4
    assert "not read: messages refused, in whole or in part: 1 (line 5: not valid JSON" in sentences(found)[2]
    assert refusal(good[: len(good) // 4] + 'tele/box/SENSOR {"Epoch": 1772443\n').code == "not_json"
    # A redelivered or retained message looks like this one: nobody knows when it was measured.
    assert refusal('2026-03-02T10:00:00Z zigbee2mqtt/box {"temperature": 4.5}\n').code == "time_unknown"
    assert refusal("tele/box/SENSOR {}\n").code == "no_readings"


def test_no_guess_whose_a_line_is() -> None:
    """A line without a name beside one with a name may be another device's, unless somebody says whose they are."""
    text = f"10:00:00 MQT: tele/box/SENSOR = {SENSOR}\n10:05:00 RSL: SENSOR = {SENSOR.replace('2000', '2300')}\n"
    assert refusal(text).code == "several_loggers"
    assert len(read(text, logger_id="tasmota:box").readings) == 2
    assert refusal(text, logger_id="tasmota:box", unit="F").code == "unit_contradicted"


def test_a_foreign_name_comes_from_a_log_of_its_dialect_alone() -> None:
    """A table cannot pass for a device that is heard over MQTT; its own messages are its own."""
    refuse_unbelievable(read(f"tele/box/SENSOR {SENSOR}\n"), LATER_US, CLOCK)
    table = "serial,time,temp_c\ntasmota:box,2026-03-02 09:00,-79.8\n"
    other = '{"measured_at": "2026-03-02T09:00:00Z", "temperature_c": -79.8}\n'
    for file in (read(table, "UTC"), read(other, logger_id="tasmota:box")):
        with pytest.raises(Rejection, match="looks like, the id of a device") as caught:
            refuse_unbelievable(file, LATER_US, CLOCK)
        assert caught.value.code == "reserved_name"


def test_autumn_is_told_by_the_lines_around() -> None:
    """Two sensors print one after the other; the hour that comes twice is followed in each."""
    shown = ["01:40", "02:00", "02:20", "02:40", "02:00", "02:20", "02:40", "03:00"]
    lines = [{"Time": f"2026-10-25T{at}:00", "A": {"Temperature": -80}, "B": {"Temperature": -79}} for at in shown]
    found = read("\n".join(f"tele/box/SENSOR = {json.dumps(line)}" for line in lines), "Europe/Zurich")
    for probe in "AB":
        times = [reading.measured_at_us for reading in found.readings if reading.probe == probe]
        assert times == [us("2026-10-25T01:40+02:00") + at * 1_200_000_000 for at in range(8)]


def test_a_log_is_judged_by_what_its_sensor_can_show() -> None:
    """A DS18B20 ends at −55 °C: −79.8 of it proves no cold, in a log as over MQTT."""
    profile = next(one for one in BUILT_IN if one.id == "cryo-80")
    sensor = {"Id": "0000000000A1", "Temperature": -79.8}
    messages = [{"Epoch": 1772442000 + at * 300, "DS18B20": sensor} for at in range(30)]
    lines = [f"tele/box/SENSOR {json.dumps(message)}" for message in messages]
    found = judge_file(read("\n".join(lines)), profile)
    assert found.judgement.verdict is Verdict.UNPROVEN
