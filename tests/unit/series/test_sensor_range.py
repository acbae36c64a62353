"""What a probe can show, by its declared range, its kind, or what any probe of a cold chain can."""

import numpy as np
import pytest

from service.domain.series.quality import Quality
from service.domain.series.sensor_range import PLAUSIBLE, SensorRange, doubted, sensor_range

DS18B20 = SensorRange(-55.0, 125.0)


@pytest.mark.parametrize(
    ("logger_id", "probe", "model", "expected"),
    [
        ("tag", "", "", PLAUSIBLE),
        ("tag", "top", "Ultra Low", PLAUSIBLE),
        ("tag", "", "ACME ds18b20 (rev. 2)", DS18B20),
        ("tasmota:freezer", "DS18B20-2", "", DS18B20),
        ("tasmota:freezer", "01131B72B3AA", "", DS18B20),
        ("tasmota:freezer", "ANALOG", "", PLAUSIBLE),
        ("tasmota:freezer", "SHT3X-0x44", "", SensorRange(-40.0, 125.0)),
        ("ttn:app@tenant/dev", "DS", "", DS18B20),
        ("chirpstack:0102030405060708", "SHT", "", SensorRange(-40.0, 125.0)),
        ("shelly:plug", "0", "", DS18B20),
        # Elsewhere a probe may be named by anything: a −80 °C freezer of a Dr Schmidt.
        ("tag", "DS", "", PLAUSIBLE),
        ("tag", "01131B72B3AA", "", PLAUSIBLE),
    ],
)
def test_the_kind_of_a_sensor_is_told_by_names(logger_id: str, probe: str, model: str, expected: SensorRange) -> None:
    """Only by such as name one; no guess narrows what a probe may show."""
    assert sensor_range(None, None, logger_id=logger_id, probe=probe, model=model) == expected


def test_what_is_declared_comes_first() -> None:
    """A maker knows a logger better than its name does; an end that is not declared is that of its kind."""
    assert sensor_range(-95.0, 40.0, model="DS18B20") == SensorRange(-95.0, 40.0)
    assert sensor_range(None, 40.0, model="DS18B20") == SensorRange(-55.0, 40.0)
    assert sensor_range(-200.0, None) == SensorRange(-200.0, PLAUSIBLE.high_c)


@pytest.mark.parametrize("was_c", [-18.0, -80.0, -5.3])
def test_a_number_that_ran_over_lies_outside(was_c: float) -> None:
    """8 bits, 12 bits in sixteenths, and 16 bits in hundredths, tenths and 256ths, signed and read as unsigned."""
    for turn_c in (256.0, 655.36, 6_553.6):
        assert not PLAUSIBLE.shows(was_c + turn_c)


@pytest.mark.parametrize("number_c", [-195.8, -80.0, 0.0, 21.5, 85.1, 121.0])
def test_what_cold_chains_show_lies_inside(number_c: float) -> None:
    """Liquid nitrogen, freezers, a room, a hot van, an autoclave."""
    assert PLAUSIBLE.shows(number_c)


def test_only_numbers_are_doubted() -> None:
    """HI and LO have no number; a fault is none."""
    numbers = np.array([-18.0, 637.36, np.nan, np.nan, 300.0, np.nan])
    kinds = [Quality.OK, Quality.OK, Quality.HI, Quality.LO, Quality.FAULT, Quality.MISSING]
    found = doubted(numbers, np.array(kinds, dtype=np.int16), PLAUSIBLE)
    assert found.tolist() == [Quality.OK, Quality.IMPOSSIBLE, *kinds[2:]]
