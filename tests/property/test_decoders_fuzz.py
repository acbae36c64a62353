"""Every decoder against anything at all: readings that can be stored, or the one word for what cannot be taken."""

import json
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.formats.dialect import Arrival, Dialect, is_name
from service.formats.dialects import DIALECTS
from service.formats.files import parse_file
from service.formats.logger_file import LoggerFile
from service.formats.reading import Decoded, Reading, Rejection
from tests.dialects import CLOCK, EXAMPLES, NOW_US

#: Together at least 100,000 inputs.
SOAK_EXAMPLES = 15_000
FEW_EXAMPLES = 300

numbers = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, -127, 85.0, 327.67, 2**63, -(2**63), 2**70, 10**400, 1e308, 1e-308, NOW_US // 1_000])
)
texts = ["HI", "LO", "°F", "C", "46.4 °F", "nan", "-", "", "1e999", "٣", "online", "\x00", "\ud800", "x" * 200]
times = ["2026-01-31T06:00:00.1234567891Z", "9999-12-31", "2026-W05-6T00+00:00", "0001-01-01T00:00:00+23:59"]
atoms = st.none() | st.booleans() | numbers | st.sampled_from(texts + times) | st.text(max_size=20)
BATCH = {"readings": [{"start": 1767225600000, "interval_s": 60, "temperature_c": [-80, "HI", None], "probe": "core"}]}


def names_in(message: object) -> set[str]:
    """Every field's name in a message."""
    if isinstance(message, dict):
        return message.keys() | names_in(list(message.values()))
    return set().union(*map(names_in, message)) if isinstance(message, list) else set()


more = ["tempF", "temperatureSensor", "unit", "value", "Id", "Epoch", "last_seen", "humidity:0", "devicepower:0", "seq"]
keys = st.sampled_from(sorted(names_in([BATCH, *(example[2] for example in EXAMPLES.values())])) + more)
anything = st.recursive(
    atoms,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys | st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@st.composite
def altered(draw: st.DrawFn, message: object) -> object:
    """A message that is nearly right: some part of it replaced, dropped or added."""
    if draw(st.integers(0, 9)) == 0:
        return draw(anything)
    if isinstance(message, dict):
        fields: dict[str, Any] = {
            key: draw(altered(value)) for key, value in message.items() if draw(st.integers(0, 9))
        }
        if draw(st.integers(0, 3)) == 0:
            fields[draw(keys)] = draw(anything)
        return fields
    if isinstance(message, list):
        return [draw(altered(value)) for value in message * draw(st.integers(0, 2))]
    return message


def written(message: object) -> bytes:
    return json.dumps(message).encode()


@st.composite
def cut(draw: st.DrawFn, payload: bytes) -> bytes:
    """Bytes that were damaged on the way."""
    at = draw(st.integers(0, len(payload)))
    return payload[:at] + draw(st.binary(max_size=4)) + payload[at + draw(st.integers(0, 4)) :]


def payloads(message: object) -> st.SearchStrategy[bytes]:
    near = altered(message).map(written)
    return near | near.flatmap(cut) | anything.map(written) | st.binary(max_size=200)


def topics(topic: str) -> st.SearchStrategy[str]:
    levels = topic.split("/")
    strange = st.lists(st.sampled_from([*levels, "", "bridge", "status", "up", "\x00", "x" * 129]), max_size=7)
    return st.integers(0, 4).flatmap(lambda n: st.just(topic) if n else strange.map("/".join) | st.text(max_size=20))


def taken(read: Callable[[], Decoded | LoggerFile]) -> list[Reading]:
    """The readings, none if they were refused."""
    refused = None
    try:
        return read().readings
    except Rejection as rejection:
        refused = rejection
    assert refused.code.isidentifier()
    assert str(refused)
    return []


def check(decode: Dialect, payload: bytes, arrival: Arrival) -> None:
    for reading in taken(partial(decode, payload, arrival)):
        assert is_name(reading.logger_id)
        assert reading.probe == "" or is_name(reading.probe)
        assert CLOCK.earliest_us <= reading.measured_at_us <= NOW_US + CLOCK.ahead_us
        assert reading.temperature_c is None or math.isfinite(reading.temperature_c)
        assert not reading.stamped_on_arrival or (arrival.live and reading.measured_at_us == NOW_US)
        assert reading.seq is None or 0 <= reading.seq < 2**63


def repeated(pytestconfig: pytest.Config, test: Callable[..., None], *given_: st.SearchStrategy[Any]) -> None:
    examples = SOAK_EXAMPLES if pytestconfig.getoption("--soak") else FEW_EXAMPLES
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    settings(max_examples=examples, deadline=None, suppress_health_check=quiet)(given(*given_)(test))()


@pytest.mark.parametrize("name", [*DIALECTS, "batch"])
def test_no_message_stops_ingest(name: str, pytestconfig: pytest.Config) -> None:
    """Whatever a device or a stranger sends, the worst that comes of it is one rejected message."""
    _, topic, example, _, _ = EXAMPLES["coldchain_v1" if name == "batch" else name]
    decode = DIALECTS["coldchain_v1" if name == "batch" else name]

    def nothing_else_is_raised(payload: bytes, spoken_on: str, live: bool) -> None:
        check(decode, payload, Arrival(spoken_on, NOW_US, live, CLOCK))

    message = BATCH if name == "batch" else example
    repeated(pytestconfig, nothing_else_is_raised, payloads(message), topics(topic), st.booleans())


cells = st.sampled_from(
    [
        "2026-01-31 06:00",
        "31/01/2026 06:00",
        "-79,8",
        "46.4 °F",
        "HI",
        "--.-",
        "",
        '"',
        "\t",
        "1e999",
        '{"Temperature": 4}',
    ]
)
lines = st.lists(cells | st.text(max_size=12), max_size=5)
headers = st.sampled_from(
    [
        "measured_at;temperature_c",
        "time,temp",
        "Device: Q-tag\nData:\n\tyyyy-MM-dd hh:mm\tT",
        "sep=;",
        "date;time;°C",
        'tele/box/SENSOR = {"Time": "2026-01-31T06:00:00", "A": {"Temperature": 4}}\ntele/box/SENSOR ',
        "",
    ]
)


def test_no_file_stops_an_import(pytestconfig: pytest.Config) -> None:
    """A file is a logger's, or it is refused with a word."""

    def nothing_else_is_raised(header: str, rows: list[list[str]], mark: str, zone: str | None, noise: bytes) -> None:
        text = "\n".join([header, *(mark.join(row) for row in rows)])
        for content in (text.encode("utf-8", "surrogatepass") + noise, noise):
            taken(partial(parse_file, content, zone, logger_id="logger"))

    zones = st.sampled_from(["UTC", "Europe/Zurich", "+01:00", "", "nowhere"]) | st.none()
    given_ = (headers, st.lists(lines, max_size=6), st.sampled_from([";", ",", "\t"]), zones, st.binary(max_size=20))
    repeated(pytestconfig, nothing_else_is_raised, *given_)
