"""Whose a logger's id is: a freezer's own radio must not be able to speak for the shipper beside it."""

import json

import pytest

from ingest.messages import Message, prepare, take_in
from service.formats import coldchain_v1
from service.formats.dialect import is_name
from service.formats.dialects import DIALECTS
from service.formats.logger_names import FOREIGN
from service.formats.reading import Rejection
from service.formats.tasmota import decode as tasmota
from service.formats.thingsboard import decode as thingsboard
from tests.dialects import CLOCK, NOW_US, Spoken

READING = {"measured_at": "2026-02-28T23:59:00Z", "temperature_c": -80.0}
BATCH = {"start": "2026-02-28T23:50:00Z", "interval_s": 60, "temperature_c": [-80.0, "HI"]}

#: Each as a topic could carry it, each of them what a person would take for another dialect's device.
FORGED = [
    "tasmota:freezer",
    "TTN:cold@ttn/x",
    "Shelly:plug",
    " tasmota:freezer",
    "tasmota :freezer",
    "tasmota\uff1afreezer",
    "tasmota\u2236freezer",
    "\uff54asmota:freezer",
    "t\u0430smota:freezer",
    "t\u0301asmota:freezer",
    "thingsb\u03bfard:x",
    "ch\u0457rpstack:01",
    "tasmota%3Afreezer",
    "zigbee2mqtt:",
]


def test_no_dialects_name_is_free() -> None:
    """Whoever adds a dialect has reserved its name by that."""
    assert sorted(FOREIGN) == sorted(set(DIALECTS) - {"coldchain_v1"})


@pytest.mark.parametrize("logger_id", FORGED)
@pytest.mark.parametrize("sent", [READING, [READING], {"readings": [READING]}, BATCH, [READING, BATCH]])
def test_our_own_topics_speak_for_no_foreign_device(logger_id: str, sent: object) -> None:
    """A logger that names itself into another dialect would hide a freezer's warmth under cold readings of its own."""
    ours = Spoken(coldchain_v1.take, f"coldchain/v1/hq/{logger_id}/readings")
    assert ours.code(sent) in {"reserved_name", "topic_unknown"}
    assert is_name(logger_id)
    with pytest.raises(Rejection) as caught:
        coldchain_v1.decode(json.dumps(sent).encode(), logger_id, NOW_US, CLOCK)
    assert caught.value.code == "reserved_name"


def test_nor_do_they_say_that_it_is_online() -> None:
    """A last will under another's name would call a living freezer dead."""
    ours = Spoken(coldchain_v1.take, "coldchain/v1/hq/tasmota:freezer/status")
    assert ours.code(b"offline") == "reserved_name"


def test_the_quick_way_of_ingest_is_closed_too() -> None:
    """Plain messages are read many at once; a forged name among them is rejected and the others are taken."""
    payload = json.dumps(READING).encode()
    messages = [
        Message(f"coldchain/v1/hq/{name}/readings", payload, 1, 1, 1, False, NOW_US) for name in ("f1", "ttn:a", "f2")
    ]
    prepared = prepare(messages, CLOCK)
    assert prepared.rows.keys == [("f1", ""), ("f2", "")]
    assert [one.code for one in prepared.intake.rejected] == ["reserved_name"]
    assert [reading.logger_id for reading in take_in(messages, CLOCK).readings] == ["f1", "f2"]


@pytest.mark.parametrize(
    "logger_id", ["A4:C1:38:12:34:56", "tasmota", "freezer:tasmota", "冷凍庫:1", "lab:ttn:1", ":x"]
)
def test_a_name_with_a_colon_in_it_is_a_name(logger_id: str) -> None:
    """Many loggers are known by a hardware address; none of them falls silent for its colons."""
    assert Spoken(coldchain_v1.take, f"coldchain/v1/hq/{logger_id}/readings").one(READING).logger_id == logger_id


@pytest.mark.parametrize("topic", ["tele//SENSOR", "tele/SENSOR"])
def test_a_topic_that_names_no_device_is_refused(topic: str) -> None:
    """Several boxes with an empty name would be one freezer."""
    assert Spoken(tasmota, topic).code({"Epoch": 1580060730, "DS18B20": {"Temperature": 1}}) == "bad_name"


def test_nor_is_a_device_without_a_name_taken() -> None:
    """Likewise behind a gateway."""
    told = {"": [{"ts": 1483228800000, "values": {"temperature": 1}}]}
    assert Spoken(thingsboard, "v1/gateway/telemetry").code(told) == "bad_name"
