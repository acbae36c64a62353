"""Our own MQTT dialect: what is taken, and what is refused with which word."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.instant import SECOND_US, from_datetime
from service.domain.series.quality import Quality
from service.formats.coldchain_v1 import Topic, decode, parse_topic
from service.formats.dialect import LARGEST_PAYLOAD_BYTES, Clock
from service.formats.reading import Decoded, Rejection
from tests.scenario import START

NOW_US = from_datetime(START)
CLOCK = Clock(earliest_us=1_420_070_400 * SECOND_US, ahead_us=600 * SECOND_US)
GOOD = {"measured_at": "2026-02-28T23:59:00Z", "temperature_c": -79.5}


def decoded(message: object) -> Decoded:
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return decode(payload, "logger", NOW_US, CLOCK)


def code(message: object) -> str:
    with pytest.raises(Rejection) as caught:
        decoded(message)
    return caught.value.code


def test_one_object_an_array_and_a_wrapper_are_taken() -> None:
    """A logger may send one reading, or many."""
    single, array, wrapped = decoded(GOOD), decoded([GOOD]), decoded({"readings": [GOOD]})
    assert single == array == wrapped
    assert single.readings[0].measured_at_us == NOW_US - 60 * SECOND_US
    assert single.readings[0].temperature_c == -79.5


def test_an_empty_array_holds_nothing_and_is_no_fault() -> None:
    """A logger with nothing to say may say so."""
    assert decoded([]) == Decoded([])


@pytest.mark.parametrize(
    ("measured_at", "offset_us"),
    [
        ("2026-03-01T00:00:00Z", 0),
        ("2026-03-01T01:00:00+01:00", 0),
        ("2026-02-28T19:00:00.000001-05:00", 1),
        (NOW_US // 1_000, 0),
        (NOW_US // 1_000 + 600_000, 600 * SECOND_US),
    ],
)
def test_times_are_exact_to_the_microsecond(measured_at: object, offset_us: int) -> None:
    """RFC 3339 with an offset, or Unix milliseconds, up to ten minutes ahead."""
    assert decoded({**GOOD, "measured_at": measured_at}).readings[0].measured_at_us == NOW_US + offset_us


@pytest.mark.parametrize(
    ("sent", "number", "quality"),
    [
        ("HI", None, Quality.HI),
        ("LO", None, Quality.LO),
        (None, None, Quality.MISSING),
        (85.0, 85.0, Quality.FAULT),
        (-127, -127.0, Quality.FAULT),
        (-300, -300.0, Quality.IMPOSSIBLE),
        (1e308, 1e308, Quality.IMPOSSIBLE),
        (4, 4.0, Quality.OK),
    ],
)
def test_what_is_no_temperature_is_flagged_not_dropped(sent: object, number: float | None, quality: Quality) -> None:
    """A sensor's way of saying that something is wrong is kept as such."""
    reading = decoded({**GOOD, "temperature_c": sent}).readings[0]
    assert (reading.temperature_c, reading.quality) == (number, quality)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"", "not_json"),
        (b"hello", "not_json"),
        (b'{"measured_at": 1, "temperature_c": NaN}', "time_too_early"),
        (b'{"measured_at": 1, "temperature_c": NaN', "not_json"),
        (b'{"measured_at": 1, "temperature_c": cold}', "not_json"),
        (b'{"measured_at": "2026-02-28T23:59:00Z", "temperature_c": 1} {}', "not_json"),
        (b"\xff\xfe{}", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"7", "wrong_type"),
        (b'"text"', "wrong_type"),
        ({}, "wrong_type"),
        ({"readings": 5}, "wrong_type"),
        ({"measured_at": GOOD["measured_at"]}, "wrong_type"),
        ({**GOOD, "temperature_c": "-80"}, "temperature_unknown"),
        ({**GOOD, "temperature_c": True}, "wrong_type"),
        ({**GOOD, "temperature_c": [1]}, "wrong_type"),
        ({**GOOD, "measured_at": 1.5}, "wrong_type"),
        ({**GOOD, "seq": -1}, "wrong_type"),
        ({**GOOD, "seq": 2**63}, "wrong_type"),
        ({**GOOD, "battery_v": 1e300}, "wrong_type"),
        ({**GOOD, "probe": "a\x00b"}, "bad_probe"),
        ({**GOOD, "measured_at": "2026-03-01T00:00:00"}, "time_unreadable"),
        ({**GOOD, "measured_at": "yesterday"}, "time_unreadable"),
        ({**GOOD, "measured_at": "1970-01-01T00:00:00Z"}, "time_too_early"),
        ({**GOOD, "measured_at": 0}, "time_too_early"),
        ({**GOOD, "measured_at": NOW_US // 1_000 + 600_001}, "time_ahead"),
        ({**GOOD, "measured_at": 2**70}, "time_ahead"),
        (b" " * (LARGEST_PAYLOAD_BYTES + 1), "too_large"),
    ],
)
def test_what_cannot_be_a_reading_is_refused_by_name(message: object, expected: str) -> None:
    """Bad input ends with one documented word and a sentence that says what to do."""
    assert code(message) == expected


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (b"7", "'7' is not what is read here; send a JSON object"),
        ({"readings": 5}, "'5' is not what is read here; send an array of readings"),
        ({"temperature_c": -80}, "measured_at is missing; send RFC 3339 with an offset"),
        ({**GOOD, "measured_at": 1.5}, "measured_at is '1.5'; send RFC 3339 with an offset"),
        ({**GOOD, "temperature_c": [1]}, 'temperature_c is \'[1]\'; send a number, "HI", "LO" or null'),
        ({**GOOD, "battery_v": "3 V"}, "battery_v is '\"3 V\"'; send a number"),
        ({**GOOD, "seq": -1}, "seq is '-1'; send a whole number from 0"),
        ({"start": GOOD["measured_at"], "interval_s": 0, "temperature_c": []}, "interval_s is '0'; send seconds"),
        ({**GOOD, "measured_at": NOW_US // SECOND_US}, "looks like Unix seconds; send Unix milliseconds"),
    ],
)
def test_a_field_is_refused_with_what_to_send(message: object, words: str) -> None:
    """Whoever programs a logger is told what to send, and not how it is checked."""
    with pytest.raises(Rejection) as caught:
        decoded(message)
    assert words in str(caught.value)
    assert "Expected" not in str(caught.value)


def test_good_elements_beside_a_bad_one_are_taken() -> None:
    """One broken reading does not cost a logger its others."""
    found = decoded([GOOD, {**GOOD, "measured_at": "x"}, {**GOOD, "seq": 3}])
    assert [reading.seq for reading in found.readings] == [None, 3]
    assert found.rejection is not None
    assert found.rejection.code == "time_unreadable"
    assert str(found.rejection).startswith("1 of 3 elements; the first is [1]")


def test_unknown_fields_are_ignored_and_counted() -> None:
    """A logger may say more than we ask."""
    found = decoded({"readings": [{**GOOD, "mood": "fine", "rssi": -70}], "v": 2})
    assert (len(found.readings), found.unknown_fields) == (1, 3)


BATCH = {"start": "2026-02-28T23:00:00Z", "interval_s": 60, "temperature_c": [-79.5, "HI", None, 85]}


def test_a_compact_batch_is_readings_at_even_steps() -> None:
    """A shipper that was away for days sends times only once."""
    found = decoded({**BATCH, "probe": "core", "note": "home again"})
    assert [(r.measured_at_us - NOW_US) // (60 * SECOND_US) for r in found.readings] == [-60, -59, -58, -57]
    assert [(r.temperature_c, r.quality) for r in found.readings] == [
        (-79.5, Quality.OK),
        (None, Quality.HI),
        (None, Quality.MISSING),
        (85.0, Quality.FAULT),
    ]
    assert ({r.probe for r in found.readings}, found.unknown_fields) == ({"core"}, 1)


def test_batches_and_readings_may_be_sent_together() -> None:
    """Within an array or the wrapper, each element is the one or the other."""
    found = decoded({"readings": [BATCH, GOOD, {**BATCH, "start": (NOW_US - 600 * SECOND_US) // 1_000}]})
    assert len(found.readings) == 9
    assert found.rejection is None


def test_steps_may_be_shorter_than_a_second_and_are_exact() -> None:
    """No rounding adds up over a long batch."""
    found = decoded({**BATCH, "interval_s": 0.1, "temperature_c": [-80] * 1_001})
    assert found.readings[-1].measured_at_us - found.readings[0].measured_at_us == 100 * SECOND_US


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"interval_s": 0}, "wrong_type"),
        ({"interval_s": -60}, "wrong_type"),
        ({"interval_s": 1e9}, "wrong_type"),
        ({"interval_s": "60"}, "wrong_type"),
        ({"temperature_c": 5}, "wrong_type"),
        ({"temperature_c": [True]}, "wrong_type"),
        ({"temperature_c": [1] * 100_001}, "wrong_type"),
        ({"temperature_c": ["cold"]}, "temperature_unknown"),
        ({"start": "2026-03-01"}, "time_unreadable"),
        ({"start": 0}, "time_too_early"),
        ({"temperature_c": [1] * 100}, "time_ahead"),
        ({"probe": "\t"}, "bad_probe"),
    ],
)
def test_a_batch_with_wrong_times_is_refused_whole(change: dict[str, object], expected: str) -> None:
    """If its last reading lies in the future, its start or its interval is wrong, and so is every reading in it."""
    assert code({**BATCH, **change}) == expected


def test_one_bad_value_of_a_batch_costs_one_value() -> None:
    """A freezer's night is not lost for one sample; a failed one is kept as such, another is refused by its place."""
    values = b'[-80, NaN, "unavailable", true, "cold", -79]'
    payload = b'{"start": "2026-02-28T23:00:00Z", "interval_s": 60, "temperature_c": ' + values + b"}"
    found = decoded(payload)
    minute = (found.readings[0].measured_at_us, 60 * SECOND_US)
    assert [(r.temperature_c, (r.measured_at_us - minute[0]) // minute[1]) for r in found.readings] == [
        (-80.0, 0), (None, 1), (None, 2), (-79.0, 5),
    ]  # fmt: skip
    assert found.rejection is not None
    assert str(found.rejection).startswith("2 of 6 elements; the first is temperature_c[3]: temperature_c is")


@pytest.mark.parametrize("word", ["NaN", "-nan", "nan", "Infinity", "-inf", "1e999", "ovf", "unavailable", "", "--"])
def test_what_a_failed_sensor_writes_costs_one_reading(word: str) -> None:
    """It is no JSON, or no number: the readings beside it are taken, and it is one that failed."""
    for sent in (word, f'"{word}"'):
        if sent in ('"1e999"', '"Infinity"', '"-inf"', '"ovf"'):
            continue
        bad = f'{{"measured_at": "2026-02-28T23:58:00Z", "temperature_c": {sent}}}'
        found = decoded(f'{{"readings": [{json.dumps(GOOD)}, {bad}]}}'.encode())
        assert [(r.temperature_c, r.quality) for r in found.readings] == [(-79.5, Quality.OK), (None, Quality.MISSING)]
        assert found.rejection is None


@pytest.mark.parametrize("beside", [{"humidity_pct": "unavailable"}, {"battery_v": "n/a", "seq": ""}])
def test_a_sensor_that_failed_beside_the_thermometer_costs_no_temperature(beside: dict[str, object]) -> None:
    """A vial does not care whether the humidity was measured."""
    [reading] = decoded({**GOOD, **beside}).readings
    assert (reading.temperature_c, reading.humidity_pct, reading.battery_v, reading.seq) == (-79.5, None, None, None)


def test_a_topic_names_site_and_logger() -> None:
    """Whose reading it is comes from the topic the broker let it publish on."""
    assert parse_topic("coldchain/v1/zurich/TAG 1/readings") == Topic("zurich", "TAG 1", "readings")


@pytest.mark.parametrize(
    "topic",
    [
        "coldchain/v1/site/logger",
        "coldchain/v1/site/logger/readings/more",
        "coldchain/v2/site/logger/readings",
        "coldchain/v1//logger/readings",
        "coldchain/v1/site//readings",
        "coldchain/v1/site/logger/temperature",
        f"coldchain/v1/site/{'x' * 129}/readings",
        "coldchain/v1/site/a\tb/readings",
    ],
)
def test_a_topic_that_does_not_fit_is_refused(topic: str) -> None:
    """A reading is never attributed by guesswork."""
    with pytest.raises(Rejection, match="does not fit"):
        parse_topic(topic)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["measured_at", "temperature_c", "probe", "seq", "readings", "x"]), inner)
    ),
    max_leaves=12,
)


@given(st.one_of(st.binary(), json_values.map(lambda value: json.dumps(value).encode())))
def test_nothing_but_a_rejection_is_ever_raised(payload: bytes) -> None:
    """No message stops ingest."""
    try:
        found = decode(payload, "logger", NOW_US, CLOCK)
    except Rejection:
        return
    assert all(CLOCK.earliest_us <= r.measured_at_us <= NOW_US + CLOCK.ahead_us for r in found.readings)
