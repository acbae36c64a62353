"""A temperature at a moment is the same in whatever unit, under whatever name, however deep and by whatever clock."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from service.formats.cells import in_celsius
from service.formats.dialect import Arrival
from service.formats.dialects import DIALECTS
from service.formats.files import parse_file
from service.formats.reading import Rejection
from service.formats.units import Unit
from tests.dialects import CLOCK

UNITS: list[Unit] = ["C", "F", "K"]
DEGREES: dict[Unit, list[str]] = {
    "C": ["°C", "℃", "degC", "Celsius", "[C]"], "F": ["°F", "℉", "degF", "Fahrenheit", "(F)"], "K": ["K", "Kelvin"],
}  # fmt: skip
NAMES = ["temperature", "Temp", "temp", "Temperatur", "air temperature", "Temperature top", "température"]
ZONES = ["UTC", "Europe/Zurich", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Auckland"]
#: No hour of these days comes twice in any of the zones.
DAYS = [datetime(2026, 1, 20, tzinfo=UTC), datetime(2026, 7, 21, tzinfo=UTC)]


def us(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000


def offset_text(at: datetime) -> str:
    minutes = int((at.utcoffset() or timedelta()).total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


number = st.integers(-900, 600).map(lambda tenths: tenths / 10)
moments = st.tuples(st.sampled_from(DAYS), st.integers(0, 1_439)).map(lambda it: it[0] + timedelta(minutes=it[1]))

# As a table.

UNIT_IN = ["name", "cell", "column", "above", "asked"]
ZONE_IN = ["each time", "name", "column", "above", "asked"]
WRITTEN = ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%d-%b-%Y %H:%M", "%Y/%m/%d %H:%M"]


@settings(deadline=None, max_examples=80)
@given(
    st.lists(number, min_size=1, max_size=4), st.sampled_from(UNITS), st.sampled_from(UNIT_IN), st.sampled_from(NAMES),
    moments, st.sampled_from(ZONES), st.sampled_from(ZONE_IN), st.sampled_from(WRITTEN), st.sampled_from(",;\t"),
    st.data(),
)  # fmt: skip
def test_a_table_says_the_same_in_any_unit_and_zone(
    shown: list[float],
    unit: Unit,
    unit_in: str,
    name: str,
    first: datetime,
    zone: str,
    zone_in: str,
    written: str,
    delimiter: str,
    data: st.DataObject,
) -> None:
    """Where a file says its unit and its clock is its maker's choice, and never ours."""
    said = data.draw(st.sampled_from(DEGREES[unit]))
    local = [(first + timedelta(minutes=10 * at)).astimezone(ZoneInfo(zone)) for at in range(len(shown))]
    above, time_name, temperature_name = [], "Time", f"{name} {said}" if unit_in == "name" else name
    extra: dict[str, Callable[[datetime], str]] = {}
    if unit_in == "above":
        above.append(f"Temperature unit: {said.strip('[]()')}")
    elif unit_in == "column":
        extra["Unit"] = lambda _: said.strip("[]()")
    clock = f"UTC{offset_text(local[0])}"
    if zone_in == "name":
        time_name = f"Time, {clock}"
    elif zone_in == "above":
        above.append(f"Time zone: {clock}")
    elif zone_in == "column":
        extra["Time zone"] = offset_text
    rows = []
    for at, value in zip(local, shown, strict=True):
        moment = at.strftime(written) + (f" {offset_text(at)}" if zone_in == "each time" else "")
        rows.append([moment, f"{value} {said.strip('[]()')}" if unit_in == "cell" else str(value)])
        rows[-1] += [tell(at) for tell in extra.values()]
    lines = [[time_name, temperature_name, *extra], *rows]
    text = [*above, *(delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in line) for line in lines)]
    found = parse_file(
        "\n".join([*text, ""]).encode(),
        zone if zone_in == "asked" else None,
        logger_id="f7",
        unit=unit if unit_in == "asked" else None,
    ).readings
    assert [(reading.measured_at_us, reading.temperature_c) for reading in found] == [
        (us(first + timedelta(minutes=10 * at)), in_celsius(value, unit)[0]) for at, value in enumerate(shown)
    ]


# As a message, heard or logged.

Fields = dict[str, object]
SAID: list[Callable[[str, float, str], Fields]] = [
    lambda name, value, said: {f"{name}_{said}": value},
    lambda name, value, said: {name: f"{value} {said}"},
    lambda name, value, said: {name: value, "unit": said},
    lambda name, value, said: {name: {"value": value, "unit": said}},
    lambda name, value, said: {"name": name, "value": str(value), "unit": said},
    lambda name, value, said: {name: value, f"{name}_unit": said},
]
NESTED: list[Callable[[Fields], Fields]] = [
    lambda fields: fields,
    lambda fields: {"shelf": fields},
    lambda fields: {"data": {"shelf 2": {"inner": fields}}},
    lambda fields: {"probes": [fields]},
    lambda fields: {"probes": [{"id": "a1", "readings": [[fields]]}]},
]


def local_text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S") + offset_text(at)


#: Topic, and what stands around the fields, for a moment that somebody's clock shows.
CARRIED: dict[str, tuple[str, Callable[[Fields, datetime], object]]] = {
    "thingsboard": ("v1/gateway/telemetry", lambda f, at: {"Box": [{"ts": us(at) // 1_000, "values": f}]}),
    "chirpstack": (
        "application/a/device/0102030405060708/event/up",
        lambda f, at: {"time": local_text(at), "object": f},
    ),
    "ttn": (
        "v3/a@t/devices/d/up",
        lambda f, at: {"received_at": local_text(at), "uplink_message": {"decoded_payload": f}},
    ),
    "tasmota": ("tele/box/SENSOR", lambda f, at: {"Time": local_text(at), **f}),
    "zigbee2mqtt": ("zigbee2mqtt/box", lambda f, at: {"last_seen": local_text(at), **f}),
}
UNIT_WORDS: dict[Unit, list[str]] = {
    "C": ["°C", "degC", "celsius"],
    "F": ["°F", "degF", "fahrenheit"],
    "K": ["K", "kelvin"],
}
#: Whether `temp_K` is a channel or a unit may be asked.
REFUSED = {"unit_ambiguous"}
messages = st.tuples(
    st.sampled_from(list(CARRIED)), st.sampled_from(SAID), st.sampled_from(NESTED), st.sampled_from(NAMES[:6]),
    st.sampled_from(UNITS), st.sampled_from(ZONES), st.booleans(),
)  # fmt: skip


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(number, moments, messages, st.data())
def test_a_message_says_the_same_heard_or_logged(
    value: float,
    at: datetime,
    message: tuple[str, Callable[..., Fields], Callable[[Fields], Fields], str, Unit, str, bool],
    data: st.DataObject,
) -> None:
    """One unit, name, nesting and zone is one temperature at one moment, or it is refused with words."""
    dialect, say, nest, name, unit, zone, logged = message
    said = data.draw(st.sampled_from(UNIT_WORDS[unit]))
    # Zigbee2MQTT's own `temperature_unit` is of the device's display: what it sends is in °C.
    assume(not (dialect == "zigbee2mqtt" and "temperature_unit" in nest(say(name, value, said))))
    topic, carried = CARRIED[dialect]
    payload = json.dumps(carried(nest(say(name, value, said)), at.astimezone(ZoneInfo(zone))))
    try:
        if logged:
            readings = list(parse_file(f"{topic} {payload}\n".encode(), None).readings)
        else:
            found = DIALECTS[dialect](payload.encode(), Arrival(topic, us(at), False, CLOCK))
            assert found.rejection is None
            readings = found.readings
    except Rejection as refused:
        event(f"refused: {refused.code}")
        readings = None if refused.code in REFUSED else pytest.fail(str(refused))
    if readings is None:
        return
    [reading] = readings
    assert reading.measured_at_us == us(at)
    assert reading.temperature_c == in_celsius(value, unit)[0]
