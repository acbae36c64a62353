"""The Things Stack v3, as its documentation shows its messages."""

from typing import Any

import pytest

from service.formats.ttn import decode
from tests.dialects import Spoken, when

ttn = Spoken(decode, "v3/app1@tenant1/devices/dev1/up")
IDS = {
    "device_id": "dev1",
    "application_ids": {"application_id": "app1"},
    "dev_eui": "0004A30B001C0530",
    "join_eui": "800000000000000C",
    "dev_addr": "00BCB929",
}
UPLINK: dict[str, Any] = {
    "end_device_ids": IDS,
    "correlation_ids": ["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ", "gs:uplink:01E0WZGSXNGBBDQ3D1JEFEDK1T"],
    "received_at": "2020-02-12T15:15:45.787349127Z",
    "uplink_message": {
        "session_key_id": "AXA50tHUQ3k7mP1JpPLmRQ==",
        "f_port": 2,
        "f_cnt": 100,
        "frm_payload": "y/QK+AHmAQr4f/8=",
        "decoded_payload": {
            "BatV": 3.062,
            "Ext_sensor": "Temperature Sensor",
            "Hum_SHT": 48.6,
            "TempC_DS": 27.81,
            "TempC_SHT": 28.08,
        },
        "rx_metadata": [{"gateway_ids": {"gateway_id": "gw1"}, "time": "2020-02-12T15:15:45.1Z", "rssi": -35}],
        "settings": {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7}}},
        "received_at": "2020-02-12T15:15:45.582874892Z",
        "consumed_airtime": "0.056576s",
    },
}


def test_an_uplink_is_read() -> None:
    """Each probe of the device, at the network server's time of reception."""
    found = {reading.probe: reading for reading in ttn.readings(UPLINK)}
    assert {probe: reading.temperature_c for probe, reading in found.items()} == {"DS": 27.81, "SHT": 28.08}
    assert {reading.logger_id for reading in found.values()} == {"ttn:app1@tenant1/dev1"}
    assert {when(reading) for reading in found.values()} == {"2020-02-12T15:15:45.582875Z"}
    assert (found["DS"].battery_v, found["DS"].seq) == (3.062, 100)


def test_what_is_left_out_is_missing_not_zero() -> None:
    """Empty fields are omitted by the network: no frame counter is no counter, and no temperature is none."""
    uplink = {"decoded_payload": {"temperature": 0}}
    message = {"end_device_ids": IDS, "received_at": "2020-02-12T15:15:45Z", "uplink_message": uplink}
    assert (ttn.one(message).temperature_c, ttn.one(message).seq) == (0.0, None)
    assert ttn.readings({**message, "uplink_message": {"decoded_payload": {"humidity": 40}}}) == []
    assert ttn.readings({**message, "uplink_message": {"f_port": 2, "frm_payload": "AA=="}}) == []


def test_a_simulated_uplink_measures_nothing() -> None:
    """The console can simulate one; no vial was ever that warm."""
    assert ttn.readings({**UPLINK, "simulated": True}) == []


@pytest.mark.parametrize("kind", ["join", "down/sent", "down/ack", "location/solved", "service/data"])
def test_other_messages_hold_no_readings(kind: str) -> None:
    """A device that joins has measured nothing."""
    assert ttn.readings({"end_device_ids": IDS, "join_accept": {}}, topic=f"v3/app1@tenant1/devices/dev1/{kind}") == []


@pytest.mark.parametrize(
    ("message", "topic", "expected"),
    [
        (b"{", None, "not_json"),
        ({**UPLINK, "uplink_message": "x"}, None, "wrong_type"),
        ({**UPLINK, "end_device_ids": {"device_id": "dev2"}}, None, "device_mismatch"),
        ({"uplink_message": {"decoded_payload": {"temperature": 1}}}, None, "time_unknown"),
        (UPLINK, "v3/app1@tenant1/up", "topic_unknown"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name(message: object, topic: str | None, expected: str) -> None:
    """Each with the word it is documented under."""
    assert ttn.code(message, topic=topic) == expected


@pytest.mark.parametrize("zero", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z", "", None, "0000-00-00T00:00:00Z"])
def test_a_zero_time_is_none_and_the_next_one_counts(zero: object) -> None:
    """The uplink's own time is missing: the message's is the network's too."""
    message = {**UPLINK, "received_at": "2020-02-12T15:15:46Z"}
    message["uplink_message"] = {**UPLINK["uplink_message"], "received_at": zero}
    assert {when(reading) for reading in ttn.readings(message)} == {"2020-02-12T15:15:46Z"}
