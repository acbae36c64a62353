"""Messages in the layouts of devices in the field (values invented): each is read rightly, or refused in words."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from service.domain.instant import SECOND_US, to_datetime
from service.domain.series.quality import Quality
from service.formats.dialect import Arrival
from service.formats.dialects import DIALECTS
from service.formats.reading import Decoded, Reading, Rejection
from tests.dialects import CLOCK, NOW_US

FIELD = Path(__file__).parents[2] / "field"
DIALECT_OF = {
    "coldchain": "coldchain_v1", "v1": "thingsboard", "application": "chirpstack", "v3": "ttn", "tele": "tasmota",
    "zigbee2mqtt": "zigbee2mqtt", "shellyplusht-usb1": "shelly",
}  # fmt: skip


def decoded(folder: str, number: int = 1, *, live: bool = True) -> Decoded:
    """What a message of a folder comes to, sent now."""
    topic = (FIELD / folder / f"topic-{number}").read_text().strip()
    text = (FIELD / folder / f"payload-{number}.json").read_text()
    text = text.replace("@EPOCHMS@", str(NOW_US // 1_000)).replace("@EPOCH@", str(NOW_US // SECOND_US))
    now = to_datetime(NOW_US)
    text = re.sub(r"@NOW([+-]\d+)?@", lambda at: (now + timedelta(seconds=int(at[1] or 0))).isoformat(), text)
    arrival = Arrival(topic, NOW_US, live, CLOCK)
    return DIALECTS[DIALECT_OF[topic.split("/")[0]]](text.encode(), arrival)


def readings(folder: str, number: int = 1) -> list[Reading]:
    """The readings of a message of which nothing is refused."""
    found = decoded(folder, number)
    assert found.rejection is None
    return found.readings


def test_a_failed_sensor_costs_one_reading() -> None:
    """`nan` is no JSON; the good sensor of the box is read, and the other one failed."""
    assert [(r.probe, r.temperature_c, r.quality) for r in readings("nan-costs-all")] == [
        ("000000000001", None, Quality.MISSING),
        ("000000000002", -79.5, Quality.OK),
    ]
    assert [r.temperature_c for r in readings("nan-costs-all", 2)] == [-79.5, None, -79.4]


def test_an_array_of_probes_is_a_series_each() -> None:
    """Elsys' decoder makes an array of several probes."""
    assert {r.probe: r.temperature_c for r in readings("elsys-array")} == {
        "": 21.5, "external": 4.9, "external_2_1": -79.8, "external_2_2": -80.1, "external_2_3": -54.0,
    }  # fmt: skip


def test_a_clock_half_an_hour_ahead_is_refused_with_words() -> None:
    """Nobody knows when it was measured; the message is kept, and can be mended."""
    with pytest.raises(Rejection, match="ahead of the time it arrived: set the logger's clock") as caught:
        decoded("chirpstack-ahead")
    assert (caught.value.code, caught.value.loggers) == ("time_ahead", {"chirpstack:0102030405060709": "time_ahead"})


def test_go_s_zero_time_is_no_time() -> None:
    """It is what a gateway without a clock says: as if it said nothing."""
    [reading] = readings("chirpstack-zero-time")
    assert (reading.temperature_c, reading.measured_at_us, reading.stamped_on_arrival) == (-79.8, NOW_US, True)
    with pytest.raises(Rejection) as caught:
        decoded("chirpstack-zero-time", live=False)
    assert caught.value.code == "time_unknown"


def test_a_logger_on_a_cable_has_no_battery() -> None:
    """0.43 V in an empty box is no battery that runs down."""
    [reading] = readings("shelly-usb")
    assert (reading.temperature_c, reading.battery_v) == (5.0, None)
    assert reading.measured_at_us == NOW_US + 210_000


@pytest.mark.parametrize(("number", "sent"), [(1, 637.36), (2, 643.74)])
def test_a_number_wrapped_round_is_kept_as_it_came(number: int, sent: float) -> None:
    """What no probe can show is judged where the probe is known (test_impossible_numbers); nothing is lost here."""
    [reading] = readings("wrapped-int16", number)
    assert reading.temperature_c == sent


@pytest.mark.parametrize("number", [1, 2])
def test_fahrenheit_in_a_name_is_fahrenheit(number: int) -> None:
    """-70 °F is -56.667 °C, which is too warm for a lot kept below -60 °C; -70 °C would look fine."""
    [reading] = readings("deg-f-name", number)
    assert reading.temperature_c == pytest.approx(-56.667, abs=1e-3)


def test_sensors_in_one_object_are_known_by_their_address() -> None:
    """Tasmota with several DS18x20."""
    assert [(r.probe, r.temperature_c) for r in readings("tasmota-nested")] == [
        ("28FFA1B2C3D4E5F6", -54.5), ("28FFA1B2C3D4E5F7", 4.5),
    ]  # fmt: skip


def test_a_sensor_that_a_zigbee_bridge_hears_is_read() -> None:
    """By the name that its owner gave it."""
    [reading] = readings("tasmota-zigbee")
    assert (reading.logger_id, reading.probe, reading.temperature_c) == ("tasmota:zbbridge", "Freezer 4", -79.8)


def test_what_a_bridge_remembers_is_no_new_reading() -> None:
    """Tasmota's `ZbInfo` tells a sensor's last temperature, and when it was heard: it may be days old."""
    known = {"Device": "0x1", "Name": "F4", "Temperature": -79.8, "LastSeenEpoch": NOW_US // SECOND_US - 86_400}
    arrival = Arrival("tele/zbbridge/SENSOR", NOW_US, True, CLOCK)
    with pytest.raises(Rejection) as caught:
        DIALECTS["tasmota"](json.dumps({"ZbInfo": {"0x1": known}}).encode(), arrival)
    assert caught.value.code == "time_unknown"


@pytest.mark.parametrize("time", [0, "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00+00:00", ""])
def test_a_clock_s_zero_is_no_time(time: object) -> None:
    """Each program has its own beginning of time; none of them is when a freezer was measured."""
    message = {"time": time, "deviceInfo": {"devEui": "0102030405060708"}, "object": {"temperature": -79.8}}
    arrival = Arrival("application/1/device/0102030405060708/event/up", NOW_US, True, CLOCK)
    [reading] = DIALECTS["chirpstack"](json.dumps(message).encode(), arrival).readings
    assert (reading.measured_at_us, reading.stamped_on_arrival) == (NOW_US, True)
