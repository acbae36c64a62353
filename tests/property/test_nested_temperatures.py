"""A temperature anywhere in a message is read the same in every dialect, refused with words, or counted: never lost."""

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.formats.dialect import Arrival
from service.formats.dialects import DIALECTS
from service.formats.reading import Decoded, Rejection
from tests.dialects import CLOCK, NOW_US

NOW_S = NOW_US // 1_000_000
EUI = "0102030405060708"
#: Fields whose names a maker chose, as each dialect carries them.
CARRIED: dict[str, tuple[str, Callable[[dict[str, object]], object]]] = {
    "thingsboard": ("v1/gateway/telemetry", lambda fields: {"Box": [{"ts": NOW_S * 1_000, "values": fields}]}),
    "chirpstack": (f"application/a/device/{EUI}/event/up", lambda fields: {"object": fields}),
    "ttn": ("v3/a@t/devices/d/up", lambda fields: {"uplink_message": {"decoded_payload": fields}}),
    "tasmota": ("tele/box/SENSOR", lambda fields: {"Epoch": NOW_S, **fields}),
    "zigbee2mqtt": ("zigbee2mqtt/box", lambda fields: fields),
}
names = st.sampled_from(
    ["temperature", "Temperature", "temp", "TempC_DS", "externalTemperature2", "temperatures", "tempf", "temp_probe_c",
     "temperature_offset", "device_temperature", "target_temperature", "temperature_sensitivity", "температура"]
)  # fmt: skip
around = st.sampled_from(["data", "sensors", "probe 1", "settings", "DS18x20", "temperatureSensor", "id", "name", "0"])
atoms = st.none() | st.booleans() | st.floats(-90, 60) | st.sampled_from(["", "unavailable", "46.4 °F", "cold", "26,1"])


def nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return (
        st.tuples(around, inner, st.dictionaries(around, atoms, max_size=2)).map(lambda it: {**it[2], it[0]: it[1]})
        | st.tuples(inner, st.lists(atoms, max_size=2)).map(lambda it: [*it[1], it[0]])
        | st.tuples(names, inner).map(lambda it: {it[0]: it[1]})
    )


named = st.tuples(names, atoms | st.lists(atoms, max_size=3)).map(lambda it: {it[0]: it[1]})
said = st.tuples(names, atoms).map(lambda it: {"name": it[0], "value": it[1]})
temperatures = st.recursive(named | said, nested, max_leaves=4)


def decoded(dialect: str, fields: dict[str, object]) -> Decoded:
    topic, carried = CARRIED[dialect]
    return DIALECTS[dialect](json.dumps(carried(fields)).encode(), Arrival(topic, NOW_US, True, CLOCK))


@pytest.mark.parametrize("dialect", CARRIED)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(temperatures)
def test_nothing_that_looks_like_a_temperature_is_passed_over(dialect: str, found: object) -> None:
    """However deep a codec hides it, people can see that something came and was not understood."""
    try:
        taken = decoded(dialect, found if isinstance(found, dict) else {"list": found})
    except Rejection:
        pass  # with words, as all that is refused
    else:
        assert taken.readings or taken.rejection or taken.unknown_fields


SAID: list[Callable[[float], dict[str, object]]] = [
    lambda celsius: {"temperature": celsius},
    lambda celsius: {"temperature": str(celsius)},
    lambda celsius: {"temperature": f"{celsius} °C"},
    lambda celsius: {"temperature": {"value": celsius, "unit": "C"}},
    lambda celsius: {"temp_degF": celsius * 1.8 + 32},
    lambda celsius: {"temperature": celsius * 1.8 + 32, "unit": "°F"},
    lambda celsius: {"temperature": {"value": celsius + 273.15, "unit": "K"}},
    lambda celsius: {"name": "Temperature", "value": celsius * 1.8 + 32, "unit": "°F"},
]
NESTED: list[Callable[[dict[str, object]], dict[str, object]]] = [
    lambda fields: fields,
    lambda fields: {"top": fields},
    lambda fields: {"box": {"top": fields}},
    lambda fields: {"probes": [fields]},
    lambda fields: {"probes": [[{"id": 7, **fields}]]},
    lambda fields: {"unit": "°C", "top": fields},
]


@settings(max_examples=150, deadline=None)
@given(st.floats(-90, 60).map(lambda celsius: round(celsius, 2)), st.sampled_from(SAID), st.sampled_from(NESTED))
def test_a_temperature_is_the_same_in_every_dialect(
    celsius: float, say: Callable[[float], dict[str, object]], nest: Callable[[dict[str, object]], dict[str, object]]
) -> None:
    """One unit, name and nesting is one temperature, whoever carries it, or none."""
    outcomes = set()
    for dialect in CARRIED:
        try:
            found = decoded(dialect, nest(say(celsius)))
        except Rejection as refused:
            outcomes.add((refused.code, ""))
            continue
        [reading] = found.readings
        assert reading.temperature_c is not None
        assert abs(reading.temperature_c - celsius) < 1e-5
        outcomes.add(("", "" if dialect == "tasmota" else reading.probe))
    assert all(code in {"", "unit_contradicted", "unit_ambiguous"} for code, _ in outcomes)
    assert len({code for code, _ in outcomes}) == 1
