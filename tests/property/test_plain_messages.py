"""A batch decoded in one go is the batch decoded message by message."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.messages import Message, Prepared, prepare, take_in
from service.domain.instant import to_datetime
from service.domain.series.quality import FAULT_VALUES_C, qualities_of, quality_of
from service.formats.coldchain_v1_plain import plain_of
from service.formats.dialect import Clock
from tests.dialects import CLOCK, NOW_US

SENT_LATEST_US = NOW_US + 2 * CLOCK.ahead_us

#: A few of them over and over: two readings for one instant are where the order of messages matters.
instants = (st.sampled_from([NOW_US - 1, NOW_US]) | st.integers(CLOCK.earliest_us - 10, SENT_LATEST_US)).map(
    lambda at_us: to_datetime(at_us).isoformat().replace("+00:00", "Z")
)
odd_times = st.sampled_from(
    ["2026-01-31T06:00:00", "2026-01-31T06:00:00.1234567Z", "20260131T060000Z", "2026-01-31T06:00:00+05:30", "x", None]
)
numbers = st.floats(-300, 400) | st.sampled_from([*sorted(FAULT_VALUES_C), -273.15, 1000, 1001, 0, -80])
odd_temperatures = st.sampled_from([None, "HI", "LO", "-80", True, [], 10**400])


@st.composite
def elements(draw: st.DrawFn) -> dict[str, Any]:
    """A reading as loggers send it, now and then with something strange in it."""
    strange = draw(st.integers(0, 3)) == 0
    element: dict[str, Any] = {
        "measured_at": draw(instants | odd_times if strange else instants),
        "temperature_c": draw(numbers | odd_temperatures if strange else numbers),
    }
    for field, values in (
        ("probe", st.sampled_from(["", "core", "air", "\x00"] if strange else ["", "core", "air"])),
        ("humidity_pct", st.none() | st.floats(0, 100)),
        ("battery_v", st.sampled_from([None, 3.6, 1e9] if strange else [None, 3.6])),
        ("seq", st.sampled_from([None, 0, 7, 2**63] if strange else [None, 0, 7])),
        ("unheard_of", st.none()),
    ):
        if draw(st.integers(0, 1 if field != "unheard_of" else 20)) == 0:
            element[field] = draw(values)
    return element


payloads = (
    elements().map(json.dumps)
    | st.lists(elements(), max_size=4).map(json.dumps)
    | st.sampled_from(['{"readings": []}', "", "[", "nonsense", "online"])
).map(str.encode)
topics = st.sampled_from(
    ["coldchain/v1/s/one/readings"] * 4
    + ["coldchain/v1/s/two/readings", "coldchain/v1/s/one/status", "unbroken/echo/x", "coldchain/v1/s", "elsewhere"]
)


@st.composite
def batches(draw: st.DrawFn) -> list[Message]:
    """Messages as they come, of several loggers, good and bad."""
    given_ = draw(st.lists(st.tuples(topics, payloads, st.booleans(), st.integers(0, 9)), min_size=2, max_size=8))
    return [
        Message(topic, payload, 1, place, 1, retained and late == 0, NOW_US + late)
        for place, (topic, payload, retained, late) in enumerate(given_)
    ]


def rows(prepared: Prepared) -> list[bytes]:
    """What would be copied, series by name."""
    found = []
    for places, wire in prepared.rows.parts:
        wire["series_id"] = 0
        names = [prepared.rows.keys[number] for number in prepared.rows.key[places]]
        found += [
            f"{name}{place}".encode() + row.tobytes() for name, place, row in zip(names, places, wire, strict=True)
        ]
    return sorted(found)


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(batches())
def test_a_batch_decoded_in_one_go_is_the_same(batch: list[Message]) -> None:
    """Nothing is accepted, refused, ordered or counted otherwise because others came with it."""
    together, alone = prepare(batch, CLOCK), Prepared.of(take_in(batch, CLOCK))
    assert rows(together) == rows(alone)
    assert together.rows.measured_at_us.tolist() == alone.rows.measured_at_us.tolist()

    assert together.intake.topic_site == alone.intake.topic_site
    for name in ("online", "firmware", "retained", "ignored", "unknown_fields"):
        assert getattr(together.intake, name) == getattr(alone.intake, name), name
    assert [(x.message, x.code, x.explanation) for x in together.intake.rejected] == [
        (x.message, x.code, x.explanation) for x in alone.intake.rejected
    ]


def test_ordinary_messages_are_taken_in_one_go() -> None:
    """Else all of this would be for nothing."""
    said = {"measured_at": "2026-01-31T06:00:00.5Z", "temperature_c": -80, "probe": "core", "seq": 3, "battery_v": 3.6}
    plain = plain_of([json.dumps(said).encode(), json.dumps([said]).encode()], ["a", "b"], [NOW_US] * 2, CLOCK)
    assert (plain.rest, plain.message.tolist(), plain.columns.keys) == ([], [0, 1], [("a", "core"), ("b", "core")])


@given(st.integers(Clock(0, 0).earliest_us, 2**32 * 1_000_000))
def test_times_are_exact(at_us: int) -> None:
    """Until the year 2106 every microsecond comes through as it was sent."""
    sent = json.dumps({"measured_at": to_datetime(at_us).isoformat(), "temperature_c": 1.5}).encode()
    plain = plain_of([sent], ["logger"], [at_us], Clock(0, 0))
    assert plain.columns.by_name["measured_at"].tolist() == [at_us]


@pytest.mark.parametrize("sent", [None, float("nan"), -273.15, -273.14, 1000.0, 1000.1, 85.0, -127.0, 327.67, -80.0])
def test_qualities_of_many_are_those_of_each(sent: float | None) -> None:
    """The two forms of one rule agree; a number that was not sent is NaN among many."""
    found = qualities_of(np.array([sent], dtype=np.float64))
    expected = quality_of(None if sent is not None and np.isnan(sent) else sent)
    assert found.tolist() == [expected]
