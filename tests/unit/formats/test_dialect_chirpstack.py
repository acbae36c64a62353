"""ChirpStack v4 events, as its documentation shows them."""

from typing import Any

import pytest

from service.domain.series.quality import Quality
from service.formats.chirpstack import decode
from tests.dialects import Spoken, when

EUI = "0101010101010101"
chirpstack = Spoken(decode, f"application/17c82e96-be03-4f38-aef3-f83d48582d97/device/{EUI}/event/up")
UPLINK: dict[str, Any] = {
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "time": "2022-07-18T09:34:15.775023242+00:00",
    "deviceInfo": {
        "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
        "tenantName": "ChirpStack",
        "applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97",
        "applicationName": "Test application",
        "deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad",
        "deviceProfileName": "Test device-profile",
        "deviceName": "Test device",
        "devEui": EUI,
        "tags": {"key": "value"},
    },
    "devAddr": "00189440",
    "dr": 1,
    "fCnt": 7,
    "fPort": 1,
    "confirmed": False,
    "data": "qg==",
    "object": {"temperature": -79.8, "humidity": 41.5, "batteryVoltage": 3.1},
    "rxInfo": [
        {
            "gatewayId": "0016c001f153a14c",
            "uplinkId": 4217106255,
            "gwTime": "2022-07-18T09:34:15.775023242+00:00",
            "rssi": -36,
            "snr": 10.5,
            "context": "E3OWOQ==",
        }
    ],
    "txInfo": {"frequency": 867100000},
}


def test_an_uplink_is_read() -> None:
    """Named by its EUI, at the time the network states, with its frame counter."""
    reading = chirpstack.one(UPLINK)
    assert reading.logger_id == f"chirpstack:{EUI}"
    assert when(reading) == "2022-07-18T09:34:15.775023Z"
    assert (reading.temperature_c, reading.humidity_pct, reading.battery_v) == (-79.8, 41.5, 3.1)
    assert (reading.seq, reading.stamped_on_arrival) == (7, False)


def test_two_gateways_that_hear_one_uplink_make_one_reading() -> None:
    """The same time and the same logger are the same reading, whatever the message's own id says."""
    again = {**UPLINK, "deduplicationId": "00000000-4401-4b8d-9386-a5c902f9202d"}
    assert chirpstack.one(again) == chirpstack.one(UPLINK)


@pytest.mark.parametrize(
    ("made", "probe", "temperature_c"),
    [
        ({"temperatureSensor": {"3": 27.2}}, "3", 27.2),
        ({"TempC1": -20.5}, "1", -20.5),
        ({"TempC_DS18B20": "-24.5 °C"}, "DS18B20", -24.5),
        ({"externalTemperature2": -64}, "external_2", -64.0),
        ({"temperature": {"value": 46.4, "unit": "°F", "displayName": "Temperature"}}, "", 8.0),
        ({"temperature": "26.93"}, "", 26.93),
        ({"temperature": -79, "temperature_alarm": True, "temperature_max": 9, "temp_mode": "slow"}, "", -79.0),
    ],
)
def test_codecs_name_their_fields_as_they_like(made: object, probe: str, temperature_c: float) -> None:
    """A name with temperature in it is one; the rest of the name is the probe."""
    reading = chirpstack.one({**UPLINK, "object": made})
    assert (reading.probe, reading.temperature_c) == (probe, temperature_c)


def test_an_open_probe_of_a_logger_is_a_fault() -> None:
    """327.67 is what an int16 in hundredths says of a probe that is not there."""
    assert chirpstack.one({**UPLINK, "object": {"TempC_DS": 327.67}}).quality is Quality.FAULT


def test_without_a_codec_nothing_is_read_and_nothing_is_wrong() -> None:
    """`object` only comes with a codec; a meter's uplink is none of our business."""
    assert chirpstack.readings({name: value for name, value in UPLINK.items() if name != "object"}) == []
    assert chirpstack.readings({**UPLINK, "object": {"water_l": 8}}) == []


@pytest.mark.parametrize("event", ["join", "ack", "txack", "log", "status", "location", "integration"])
def test_other_events_hold_no_readings(event: str) -> None:
    """A device that joins has measured nothing."""
    topic = f"application/a/device/{EUI}/event/{event}"
    assert chirpstack.readings({"deviceInfo": {"devEui": EUI}, "margin": 10}, topic=topic) == []


def test_without_a_time_only_a_live_message_is_taken() -> None:
    """Nobody else could say when it was."""
    message = {name: value for name, value in UPLINK.items() if name != "time"}
    assert chirpstack.one(message, live=True).stamped_on_arrival
    assert chirpstack.code(message) == "time_unknown"


@pytest.mark.parametrize(
    ("message", "topic", "expected"),
    [
        (b"\x00", None, "not_json"),
        ([UPLINK], None, "wrong_type"),
        ({**UPLINK, "object": [1]}, None, "wrong_type"),
        ({**UPLINK, "time": "now"}, None, "time_unreadable"),
        ({**UPLINK, "deviceInfo": {"devEui": "0202020202020202"}}, None, "device_mismatch"),
        ({**UPLINK, "object": {"temperature": []}}, None, "temperature_unknown"),
        (UPLINK, "somewhere/else/up", "topic_unknown"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name(message: object, topic: str | None, expected: str) -> None:
    """Each with the word it is documented under."""
    assert chirpstack.code(message, topic=topic) == expected


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ({"probe1": {"temperature": -79.8}, "probe2": {"temperature": 4.0}}, {"probe1": -79.8, "probe2": 4.0}),
        ({"sensors": [{"id": 3, "temperature": -79.8}, {"id": 4, "temperature": 4}]}, {"3": -79.8, "4": 4.0}),
        ({"probes": [{"temperature": -79.8}, {"temperature": 4}]}, {"probes_1": -79.8, "probes_2": 4.0}),
        ({"list": [{"name": "temperature", "value": 39.2, "unit": "°F"}, {"name": "humidity", "value": 9}]}, {"": 4.0}),
        ({"messages": [[{"type": "Air Temperature", "measurementValue": 4}]]}, {"Air": 4.0}),
        ({"temperatures": {"top": -79.8, "2": None}}, {"top": -79.8, "2": None}),
        ({"temperatureSensor": {"in": {"value": "4 °C"}}}, {"in": 4.0}),
        ({"unit": "°F", "box": {"inner": {"temperature": 39.2}}}, {"box inner": 4.0}),
    ],
)
def test_a_temperature_in_an_object_is_named_by_what_is_around_it(made: object, expected: object) -> None:
    """One level deeper it is as warm."""
    found = chirpstack.readings({**UPLINK, "object": made})
    assert {reading.probe: reading.temperature_c for reading in found} == expected


@pytest.mark.parametrize(
    "made",
    [
        {"temperature_sensitivity": 0.5}, {"temperature_offset": 0.2}, {"temperature_calibration": -1},
        {"temperature_periodic_report": 10}, {"target_temperature": 5}, {"TempTargetSet": "20.0"}, {"temp_set": 5},
        {"comfort_temperature": 21}, {"min_temperature_limit": 5}, {"temperature_max": 8}, {"color_temp": 370},
        {"device_temperature": 31}, {"cpu_temp": 55}, {"temperatureAlarmThreshold": 8}, {"temp_report_interval": 60},
        {"settings": {"temperature": 8}}, {"thresholds": {"high": {"temperature": 8}}}, {"temp_door": True},
        {"type": "target temperature", "value": 5}, {"temperature_history": [4, 5]},
    ],
)  # fmt: skip
def test_settings_are_no_readings_and_are_counted(made: dict[str, object]) -> None:
    """What a device is set to says nothing of what is in it; that it came can be seen."""
    found = chirpstack.decoded({**UPLINK, "object": made})
    assert (found.readings, found.rejection, found.unknown_fields) == ([], None, 1)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ({"log": [4.0], "temperature": [4.0, 5.0]}, "temperature_unknown"),
        ({"stored": [{"temperature": 4.0, "timestamp": 1767261600}]}, "time_unknown"),
        ({"scale": "F", "box": {"temperature": 39.2}}, "unit_ambiguous"),
        ({"unit": "F", "box": {"temperature": 39.2, "unit": "C"}}, "unit_contradicted"),
    ],
)
def test_what_may_be_another_moment_or_unit_is_refused(made: object, expected: str) -> None:
    """An old temperature must not look like a new one, nor 39 °F like 39 °C."""
    assert chirpstack.code({**UPLINK, "object": made}) == expected
