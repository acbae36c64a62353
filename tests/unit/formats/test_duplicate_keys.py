"""A key that an object has twice says two things: nobody takes one of them for the temperature."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.formats import coldchain_v1
from service.formats.coldchain_v1_plain import plain_of
from service.formats.dialect import Arrival, Dialect
from service.formats.dialects import DIALECTS
from service.formats.duplicate_keys import refuse_duplicate_keys
from service.formats.reading import Rejection
from tests.dialects import CLOCK, EXAMPLES, NOW_US

WHEN = '"measured_at":"2026-02-28T23:59:00Z"'
GOOD = f'{{{WHEN},"temperature_c":5}}'
TWICE = f'{{{WHEN},"temperature_c":5,"temperature_c":-80}}'


def code(decode: Dialect, topic: str, payload: str) -> str:
    """Why it is refused."""
    with pytest.raises(Rejection) as caught:
        decode(payload.encode(), Arrival(topic, NOW_US, True, CLOCK))
    return caught.value.code


@pytest.mark.parametrize(
    "payload",
    [
        TWICE,
        f'{{{WHEN},{WHEN},"temperature_c":5}}',
        f'{{{WHEN},"temperature_c":5,"temperature_c":5}}',
        f'{{{WHEN},"temperature_c":5,"temper\\u0061ture_c":-80}}',
        f'{{{WHEN},"temperature_c":5,"seq":1,"seq":2}}',
        f'{{{WHEN},"temperature_c":5,"about":{{"a":1,"a":2}}}}',
        f"[{TWICE}]",
        f"[{TWICE},{TWICE}]",
        f'{{"readings":[{TWICE}]}}',
        f'{{"readings":[{GOOD}],"readings":[]}}',
        '{"start":"2026-02-28T22:00:00Z","interval_s":60,"interval_s":1,"temperature_c":[1,2]}',
        '{"start":"2026-02-28T22:00:00Z","interval_s":60,"temperature_c":[5,5],"temperature_c":[-80,-80]}',
    ],
)
def test_our_own_dialect_refuses_it(payload: str) -> None:
    """In a reading, in an array, around one, and in a compact batch."""
    assert code(coldchain_v1.take, "coldchain/v1/s/tag/readings", payload) == "duplicate_key"
    assert plain_of([payload.encode()], ["tag"], [NOW_US], CLOCK).rest == [0]


def test_a_status_refuses_it() -> None:
    """A logger is not both."""
    payload = '{"status":"offline","status":"online"}'
    assert code(coldchain_v1.take, "coldchain/v1/s/tag/status", payload) == "duplicate_key"


def test_the_good_elements_beside_it_are_taken() -> None:
    """One bad reading of an upload costs no other."""
    payload = f"[{GOOD},{TWICE}]".encode()
    decoded = coldchain_v1.take(payload, Arrival("coldchain/v1/s/tag/readings", NOW_US, True, CLOCK))
    assert [reading.temperature_c for reading in decoded.readings] == [5.0]
    assert decoded.rejection is not None
    assert decoded.rejection.code == "duplicate_key"


@pytest.mark.parametrize("dialect", EXAMPLES)
def test_every_dialect_refuses_it_at_every_depth(dialect: str) -> None:
    """Whichever object of a device's message has a key twice."""
    _, topic, message, *_ = EXAMPLES[dialect]
    text = json.dumps(message)
    assert DIALECTS[dialect](text.encode(), Arrival(topic, NOW_US, True, CLOCK)).readings
    for at, letter in enumerate(text):
        if letter == "{":
            twice = f'{text[: at + 1]}"x": 1, "x": 2, {text[at + 1 :]}'
            assert code(DIALECTS[dialect], topic, twice) == "duplicate_key", twice


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
)


@given(json_values, st.booleans())
def test_what_has_each_key_once_is_not_refused(value: object, escaped: bool) -> None:
    """Quotes and backslashes in names and texts are what people write."""
    refuse_duplicate_keys(json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass"))


def test_two_fields_for_one_temperature_that_disagree_are_both_taken() -> None:
    """The second contradicts the first, and that is not for a decoder to settle; in °C and °F they say one thing."""
    topic = "zigbee2mqtt/freezer"

    def read(fields: dict[str, object]) -> list[float | None]:
        decoded = DIALECTS["zigbee2mqtt"](json.dumps(fields).encode(), Arrival(topic, NOW_US, True, CLOCK))
        return [reading.temperature_c for reading in decoded.readings]

    assert read({"temperature": 5.0, "temp": -80.0}) == [5.0, -80.0]
    assert read({"temperature": 5.0, "temperature_f": 41.0}) == [5.0]
    assert read({"temperature": 5, "temperature_f": 42}) == [5.0]
    assert read({"temperature_f": -112.0, "temperature": 5.0}) == [5.0, -80.0]
