"""Units: −70 °F is −56.7 °C, which no frozen lot survives for long; taken for −70 °C it looks like a good night."""

import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.series.quality import Quality
from service.formats import chirpstack, coldchain_v1, tasmota, thingsboard, ttn, zigbee2mqtt
from service.formats.cells import cell_of, in_celsius
from service.formats.reading import Reading, Rejection
from service.formats.units import Unit, channels_in, named, unit_in_name, unit_of
from tests.dialects import NOW_US, Spoken

SAY_F = [
    "temp_f", "tempF", "TempF", "TEMP_F", "tempf", "temperature_F", "TempF_DS", "airTemp_F", "temperature_f_kitchen",
    "temperature_degF", "temp_deg_F", "temp_degf", "tempDegF", "temperature_degrees_f", "TEMPERATURE_DEGF",
    "temperatureFahrenheit", "temperature_fahrenheit", "TemperatureInFahrenheit", "temperature in F", "tempfahrenheit",
    "Temp ℉", "temp_℉", "temperature(°F)", "temperature[F]", "Temp, (*F)", "Temp ºF", "Temp ˚F", "Temp Â°F",
    "Temp &deg;F", "Temp \ufffdF", "Temp ?F", "ｔｅｍｐ（Ｆ）", "Temp, °F (LGR S/N: 70001234, SEN S/N: 70001234)",
    "Probe C Temp °F", "Type K temp (°F)", "temperature_value_f", "external_temperature_fahrenheit",
]  # fmt: skip
SAY_C = [
    "temperature_c", "TempC_DS", "TempC1", "temp_℃", "temperature_celsius", "Temp (oC)", "temperatureCelsius",
    "temp degC", "Celsius(\ufffdC)", "温度(℃)", "Temp (°C) Type K", "Temperatur °C", "Température (°C)",
]  # fmt: skip
SAY_K = ["temp_k", "temperature_kelvin", "temperatureK", "Temp (K)", "temp_deg_K", "Temp °K", "temp \u212a"]
SAY_NOTHING = [
    "temperature",
    "Temp",
    "temp_top",
    "Temp Type K",
    "type_k_temp",
    "K-type temp",
    "temp_tc_k",
    "TempFreezer",
]
MAY_NAME_A_CHANNEL = ["Probe C", "Channel K", "Sensor F", "temp_probe_c", "temperature_2F", "f_temp", "Probe (C)"]
SAY_TWO = ["Temp °F (°C)", "temp_c_fahrenheit", "Temp C/F", "Temp (F/C)", "temperature_degC_or_kelvin", "Temp C (°F)"]


@pytest.mark.parametrize(
    ("name", "unit"),
    [(n, u) for u, ns in (("F", SAY_F), ("C", SAY_C), ("K", SAY_K), (None, SAY_NOTHING)) for n in ns],
)
def test_a_unit_is_found_wherever_a_name_says_it(name: str, unit: Unit | None) -> None:
    """Makers write a unit in every way there is, and their exports garble the rest."""
    assert unit_in_name(name) == unit


@pytest.mark.parametrize(
    ("name", "code"),
    [(n, c) for c, ns in (("unit_ambiguous", MAY_NAME_A_CHANNEL), ("unit_contradicted", SAY_TWO)) for n in ns],
)
def test_what_may_mean_two_things_is_asked(name: str, code: str) -> None:
    """The third probe of a freezer is called C as well as a unit is."""
    with pytest.raises(Rejection) as caught:
        unit_in_name(name)
    assert caught.value.code == code


def test_a_letter_that_may_be_a_channel_is_one_once_the_unit_is_stated() -> None:
    """That is the way out for whoever was asked."""
    assert unit_in_name("Probe C", stated="F") == "F"
    assert unit_in_name("temp_probe_c", stated="C") == "C"
    with pytest.raises(Rejection) as caught:
        unit_in_name("tempC", stated="F")
    assert caught.value.code == "unit_contradicted"


def test_a_letter_in_a_row_of_letters_counts_probes() -> None:
    """Beside `temp_a` and `temp_b` nobody can tell what `temp_c` is; beside `temp_f` it can be nothing but the unit."""
    assert channels_in(["temp_a", "temp_b", "temp_c", "temp_f", "humidity"]) == {"temp_a", "temp_b", "temp_c", "temp_f"}
    assert channels_in(["temp_c", "temp_f", "temp_k", "temp_1"]) == set()
    assert unit_in_name("Temp C (°F)", is_channel=True) == "F"
    assert [named("temp_c").lettered, named("temp_c").letters] == [{"C"}, set()]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        *((text, "F") for text in ("°F", "F", "f", "℉", "degF", "deg F", "Fahrenheit", "degrees fahrenheit", "[degF]")),
        *((text, "C") for text in ("°C", "C", "℃", "Celsius", "Cel", "CEL", "degrees C", "Â°C", "metric")),
        *((text, "K") for text in ("K", "k", "kelvin")),
        ("imperial", "F"),
        ("", None),
        (None, None),
    ],
)
def test_a_units_own_text(text: object, unit: Unit | None) -> None:
    """A field that says nothing but the unit says it as variously."""
    assert unit_of(text) == unit


@pytest.mark.parametrize("text", ["R", "%", "hPa", "Rankine", "°", "C or F", "CF", 1, True, ["C"], "C" * 1000])
def test_an_unknown_unit_is_refused(text: object) -> None:
    """Whatever it is, it is not °C."""
    with pytest.raises(Rejection) as caught:
        unit_of(text)
    assert caught.value.code == "unit_unknown"


@given(st.floats(-200, 300), st.sampled_from(["°F", " ℉", "F", " deg F"]))
def test_fahrenheit_is_converted_to_a_millionth(number: float, sign: str) -> None:
    """46.4 °F is 8.0 °C, not a hair below a limit."""
    fahrenheit = round(number, 3)
    cell = cell_of(f"{fahrenheit:.3f}{sign}")
    assert cell is not None
    assert cell.unit == "F"
    assert cell.number is not None
    celsius, _ = in_celsius(cell.number, "F")
    assert celsius == pytest.approx((fahrenheit - 32) * 5 / 9, abs=1e-6)


def test_a_reading_at_a_limit_is_at_it_in_fahrenheit_too() -> None:
    """43.7 °F is 6.5 °C, which is not above 6.5 °C: every tenth of a degree is met exactly."""
    tenths = range(-1_000, 601)
    exactly = [tenth / 10 for tenth in tenths]
    assert [in_celsius((tenth * 18 + 3_200) / 100, "F")[0] for tenth in tenths] == exactly


def test_faults_are_found_behind_a_unit() -> None:
    """185 °F and 358.15 K are a DS18B20's power-on value; nothing is as cold as 0 K."""
    assert in_celsius(185, "F") == (85.0, Quality.FAULT)
    assert in_celsius(358.15, "K") == (85.0, Quality.FAULT)
    assert in_celsius(0, "K")[1] is Quality.IMPOSSIBLE
    assert in_celsius(193.15, "K") == (-80.0, Quality.OK)


def of_dialect(dialect: str, values: dict[str, Any]) -> list[Reading]:
    """The readings of a message of a dialect that holds these fields."""
    at_ms = NOW_US // 1000
    messages: dict[str, tuple[Any, str, Any]] = {
        "thingsboard": (thingsboard, "v1/gateway/telemetry", {"f": [{"ts": at_ms, "values": values}]}),
        "chirpstack": (chirpstack, "application/1/device/01/event/up", {"object": values}),
        "ttn": (ttn, "v3/a@t/devices/d/up", {"uplink_message": {"decoded_payload": values}}),
        "tasmota": (tasmota, "tele/f/SENSOR", {"Epoch": at_ms // 1000, "DS18B20": values}),
        "zigbee2mqtt": (zigbee2mqtt, "zigbee2mqtt/f", values),
    }
    module, topic, message = messages[dialect]
    found = Spoken(module.decode, topic).decoded(message, live=True)
    if found.rejection is not None:
        raise found.rejection
    return found.readings


DIALECTS = ["thingsboard", "chirpstack", "ttn", "tasmota", "zigbee2mqtt"]
IN_FAHRENHEIT: list[dict[str, Any]] = [
    *({name: -70.0} for name in SAY_F if "temp" in name.lower()),
    {"temperature": "-70.0 °F"},
    {"temperature": "-70.0℉"},
    {"temperature": -70.0, "unit": "°F"},
    {"temperature": -70.0, "unit_of_measurement": "℉"},
    {"temperature": -70.0, "unitOfMeasurement": "F"},
    {"temperature": -70.0, "temp_unit": "fahrenheit"},
    {"temperature": -70.0, "TempUnit": "F"},
    {"temperature": -70.0, "units": "imperial"},
    {"temperature_top": -70.0, "temperature_top_unit": "F"},
    {"temp_probe_c": -70.0, "temperatureUnit": "F"},
    {"temperature": {"value": -70.0, "unit": "F"}},
    {"temperature": {"value": -70.0, "unit_of_measurement": "°F"}},
    {"temperature": {"fahrenheit": -70.0}},
    {"temperature": {"f": -70.0}},
    {"temperature": {"top": -70.0, "unit": "degF"}},
    {"external_temperature_f": [-70.0]},
    {"temp_k": 216.483333},
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("values", IN_FAHRENHEIT, ids=str)
def test_a_freezer_at_minus_70_fahrenheit_is_warm_in_every_dialect(dialect: str, values: dict[str, Any]) -> None:
    """It is beyond −60 °C, and no way of writing its unit makes it look like −70 °C."""
    [reading] = of_dialect(dialect, values)
    assert reading.temperature_c == pytest.approx(-56.666667, abs=1e-6)


REFUSED: list[tuple[dict[str, Any], str]] = [
    *(({name: -70.0}, "unit_ambiguous") for name in ("temp_probe_c", "temperature_2F", "f_temp", "temp_channel_k")),
    ({"temp_a": -70.0, "temp_b": -71.0, "temp_f": -72.0}, "unit_ambiguous"),
    ({"temperature": {"a": -70.0, "c": -71.0}}, "unit_ambiguous"),
    ({"temperature": -70.0, "temperature_display_unit": "F"}, "unit_ambiguous"),
    ({"temp_f": -70.0, "unit": "C"}, "unit_contradicted"),
    ({"tempC": -70.0, "temp_unit": "F"}, "unit_contradicted"),
    ({"temp_c": "-70.0 °F"}, "unit_contradicted"),
    ({"temperature_c": {"value": -70.0, "unit": "°F"}}, "unit_contradicted"),
    ({"temperature": {"value": -70.0, "unit": "°F"}, "unit": "C"}, "unit_contradicted"),
    ({"temp_c_fahrenheit": -70.0}, "unit_contradicted"),
    ({"temperature": -70.0, "unit": "Rankine"}, "unit_unknown"),
    ({"temperature": -70.0, "unit": "C", "units": "F"}, "unit_contradicted"),
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("values", "code"), REFUSED, ids=str)
def test_what_contradicts_itself_is_no_proof_in_any_dialect(dialect: str, values: dict[str, Any], code: str) -> None:
    """Of two units one is wrong, and nobody knows which."""
    with pytest.raises(Rejection) as caught:
        of_dialect(dialect, values)
    assert caught.value.code == code


@pytest.mark.parametrize("dialect", DIALECTS)
def test_celsius_stays_as_it_was_sent(dialect: str) -> None:
    """Not a bit of it is rounded, and words for no number stay what they are."""
    assert [r.temperature_c for r in of_dialect(dialect, {"temp_deg_C": -79.123456789})] == [-79.123456789]
    assert [r.quality for r in of_dialect(dialect, {"temp_F": "HI", "temp_F_low": "LO", "temp_degF": None})] == [
        Quality.HI,
        Quality.LO,
        Quality.MISSING,
    ]
    probes = {"external_temperature_2": [-79.8, -80.1, -54.0]}
    assert [r.temperature_c for r in of_dialect(dialect, probes)] == [-79.8, -80.1, -54.0]


def test_what_a_display_shows_is_not_what_is_sent() -> None:
    """Zigbee2MQTT sends °C whatever the device shows; elsewhere the unit beside a temperature is its unit."""
    values = {"temperature": 4.0, "temperature_unit": "fahrenheit"}
    assert [r.temperature_c for r in of_dialect("zigbee2mqtt", values)] == [4.0]
    assert [r.temperature_c for r in of_dialect("chirpstack", {**values, "temperature": 39.2})] == [4.0]


def test_the_unit_may_stand_beside_the_values() -> None:
    """A gateway says it once for a device's values, a Tasmota for all its sensors."""
    at_ms = NOW_US // 1000
    gateway = Spoken(thingsboard.decode, "v1/gateway/telemetry")
    assert gateway.one({"f": [{"ts": at_ms, "unit": "℉", "values": {"temperature": 41.0}}]}).temperature_c == 5.0
    box = Spoken(tasmota.decode, "tele/f/SENSOR")
    assert box.one({"Epoch": at_ms // 1000, "DS18B20": {"Temperature": 278.15}, "TempUnit": "K"}).temperature_c == 5.0
    assert box.code({"Epoch": at_ms // 1000, "DS": {"Temperature_F": 41}, "TempUnit": "C"}) == "unit_contradicted"


@pytest.mark.parametrize("beside", [{"unit": "F"}, {"temperature_unit": "°F"}, {"unit_of_measurement": "kelvin"}])
def test_our_own_dialect_knows_one_unit(beside: dict[str, str]) -> None:
    """`temperature_c` is in °C by its name; a field beside it that says °F says that the name is wrong."""
    ours = Spoken(coldchain_v1.take, "coldchain/v1/hq/f/readings")
    reading = {"measured_at": NOW_US // 1000, "temperature_c": -70.0}
    batch = {"start": NOW_US // 1000 - 60_000, "interval_s": 60, "temperature_c": [-70.0]}
    for message in (reading | beside, [reading | beside], {"readings": [reading], **beside}, batch | beside):
        assert ours.code(message) == "unit_contradicted"
    assert ours.one(reading | {"unit": "°C", "humidity_unit": "%", "units": "some"}).temperature_c == -70.0


def test_a_unit_that_is_a_labyrinth_ends_no_intake() -> None:
    """Whatever stands where a unit belongs, a message is taken or rejected, and the next one is read."""
    ours = Spoken(coldchain_v1.take, "coldchain/v1/hq/f/readings")
    deep = b"[" * 100_000 + b"]" * 100_000
    message = b'{"measured_at": %d, "temperature_c": -70.0, "unit": %s}' % (NOW_US // 1000, deep)
    try:
        assert ours.decoded(message).readings
    except Rejection as rejection:
        assert rejection.code == "not_json"  # noqa: PT017  either outcome is right


@pytest.mark.parametrize("name", ["temp_" + "c_" * 200_000, "temp" * 100_000, "temp &#" * 60_000, "temp_unit" * 50_000])
def test_a_name_without_end_costs_no_time(name: str) -> None:
    """One message of a logger gone mad does not keep ingest from the freezers beside it."""
    started_s = time.thread_time()
    with suppress(Rejection):
        assert of_dialect("chirpstack", {name: -70.0, "temperature_unit": "F"}) == []
    assert time.thread_time() - started_s < 2


@pytest.mark.parametrize(
    "beside",
    [
        {"scale": "F"}, {"degrees": "F"}, {"temperature_type": "F"}, {"temp_format": "fahrenheit"}, {"unit1": "F"},
        {"unitCode": "FAH"}, {"native_unit_of_measurement": "°F"}, {"eu": "degF"}, {"fahrenheit": True},
        {"isFahrenheit": True}, {"celsius": False}, {"config": {"temperature_unit": "F"}}, {"sensor": {"unit": "°F"}},
        {"temperature_symbol": "℉"}, {"unit_1": "K"}, {"settings": {"display": {"unit": "Fahrenheit"}}},
    ],
)  # fmt: skip
def test_a_hint_at_another_unit_is_no_silence(beside: dict[str, Any]) -> None:
    """A freezer at −70 °F says so in a field nobody has heard of: taken for °C it looks like a good night."""
    for spoken in (
        Spoken(ttn.decode, "v3/a@t/devices/d/up"),
        Spoken(chirpstack.decode, "application/a/device/0102030405060708/event/up"),
    ):
        values = {"temperature": -70.0, **beside}
        message = {"uplink_message": {"decoded_payload": values}, "object": values}
        assert spoken.code(message, live=True) == "unit_ambiguous"
    assert Spoken(tasmota.decode, "tele/x/SENSOR").code({"DS18B20": {"Temperature": -70.0, **beside}}, live=True)


@pytest.mark.parametrize(
    "own", [{"v": -70.0, "u": "F"}, {"value": -70.0, "unitCode": "FAH"}, {"value": -70.0, "metadata": {"unit": "°F"}}]
)
def test_an_object_that_hints_at_another_unit_is_none_in_celsius(own: dict[str, Any]) -> None:
    """What a temperature's own object calls its unit is its unit, however it is called."""
    message = {"object": {"temperature": own}}
    spoken = Spoken(chirpstack.decode, "application/a/device/0102030405060708/event/up")
    assert spoken.code(message, live=True) == "unit_ambiguous"


@pytest.mark.parametrize(
    "beside",
    [
        {"grade": "F"}, {"channel": "F"}, {"thermocouple_type": "K"}, {"temperature_type": "K"}, {"scale": 10},
        {"fahrenheit": False}, {"celsius": True}, {"fahrenheit": -94.0}, {"name": "Kelvin"}, {"brand": "Imperial"},
        {"scale": "C"}, {"humidity_unit": "%"}, {"battery": {"unit": "V"}}, {"config": {"temperature_unit": "°C"}},
        {"outdoor": {"temperature": 39.2, "unit": "F"}}, {"work_mode": "DS18B20"}, {"status": "fault"},
    ],
)  # fmt: skip
def test_what_hints_at_nothing_refuses_nothing(beside: dict[str, Any]) -> None:
    """A logger that is refused for a letter in its name is a logger that is not heard."""
    message = {"object": {"temperature": -70.0, **beside}}
    spoken = Spoken(chirpstack.decode, "application/a/device/0102030405060708/event/up")
    assert spoken.readings(message, live=True)[0].temperature_c == -70.0


def test_what_a_display_shows_is_no_unit_of_what_zigbee_sends() -> None:
    """Zigbee2MQTT sends °C whatever a thermostat's display is set to."""
    message = {"temperature": -70.0, "temperature_unit": "fahrenheit", "temperature_display_mode": "fahrenheit"}
    assert Spoken(zigbee2mqtt.decode, "zigbee2mqtt/x").one(message, live=True).temperature_c == -70.0
