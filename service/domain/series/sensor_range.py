"""What numbers a probe can show. Any other proves nothing: a decoder took −18 °C for 637.36, a wire broke, a bit fell.

What a logger's maker declares comes first. Without that its kind of sensor counts, if a name tells it, and else what
any probe of a cold chain can show.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.domain.series.quality import Quality


@dataclass(frozen=True, slots=True)
class SensorRange:
    """The coldest and the warmest number a probe can show, both included, before any calibration."""

    low_c: float
    high_c: float

    def shows(self, temperature_c: float) -> bool:
        """Whether it can show this number."""
        return self.low_c <= temperature_c <= self.high_c


#: Nitrogen is solid below −210.0 °C (NIST), and platinum thermometers begin at −200 °C (IEC 60751). No common digital
#: sensor goes above 150 °C (TMP117). Numbers that ran over lie outside: 16 bits in hundredths show −80 °C as 575.36,
#: 12 bits in sixteenths or 8 bits show it as 176, and −18 °C as 238.
PLAUSIBLE = SensorRange(-210.0, 150.0)

_ONE_WIRE = SensorRange(-55.0, 125.0)
_SHT = SensorRange(-40.0, 125.0)
_BME = SensorRange(-40.0, 85.0)
_DHT = SensorRange(-40.0, 80.0)

#: By the names that devices and people give them, from the makers' data sheets.
_BY_SENSOR = {
    "DS18B20": _ONE_WIRE,
    "DS18S20": _ONE_WIRE,
    "DS1820": _ONE_WIRE,
    "DS1822": _ONE_WIRE,
    "LM75": _ONE_WIRE,
    "LM75AD": _ONE_WIRE,
    "SHT20": _SHT,
    "SHT30": _SHT,
    "SHT31": _SHT,
    "SHT35": _SHT,
    "SHT3X": _SHT,
    "SHT40": _SHT,
    "SHT41": _SHT,
    "SHT45": _SHT,
    "SHT4X": _SHT,
    "SHTC3": _SHT,
    "HDC1080": _SHT,
    "HTU21": _SHT,
    "MCP9808": _SHT,
    "SI7021": _SHT,
    "BME280": _BME,
    "BME680": _BME,
    "BMP180": _BME,
    "BMP280": _BME,
    "AM2301": _DHT,
    "AM2302": _DHT,
    "DHT22": _DHT,
    "DHT11": SensorRange(-20.0, 60.0),
    "TMP117": SensorRange(-55.0, 150.0),
}
#: Dragino's LoRaWAN nodes name their sensors so, as in TempC_DS; elsewhere these words may mean anything.
_BY_LORAWAN_FIELD = {"DS": _ONE_WIRE, "SHT": _SHT}
_LORAWAN = frozenset({"chirpstack", "ttn", "thingsboard"})
#: A DS18x20 has an id of its own on the bus; Tasmota names it so.
_ONE_WIRE_ID = re.compile(r"(?:[0-9A-F]{12}|[0-9A-F]{16})(?![0-9A-F])", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9]+")


def sensor_range(
    range_min_c: float | None, range_max_c: float | None, *, logger_id: str = "", probe: str = "", model: str = ""
) -> SensorRange:
    """What a probe can show: each end as declared, else by what the names say of its kind."""
    kind = PLAUSIBLE if range_min_c is not None and range_max_c is not None else _kind(logger_id, probe, model)
    return SensorRange(
        kind.low_c if range_min_c is None else range_min_c, kind.high_c if range_max_c is None else range_max_c
    )


def _kind(logger_id: str, probe: str, model: str) -> SensorRange:
    dialect = logger_id.partition(":")[0]
    names = _BY_SENSOR | _BY_LORAWAN_FIELD if dialect in _LORAWAN else _BY_SENSOR
    for word in _WORD.findall(f"{probe} {model}"):
        if (found := names.get(word.upper())) is not None:
            return found
    if dialect == "tasmota" and _ONE_WIRE_ID.match(probe):
        return _ONE_WIRE
    # Its own sensors are SHT, those of its add-on DS18B20.
    return _ONE_WIRE if dialect == "shelly" else PLAUSIBLE


def doubted(temperatures_c: NDArray[np.float64], qualities: NDArray[np.int16], shown: SensorRange) -> NDArray[np.int16]:
    """Qualities of readings, shape (n,), with those of numbers that the probe cannot show as IMPOSSIBLE.

    To be asked of numbers as they were sent: a calibration says what they mean, not what can be shown.
    """
    # NaN, of readings without a number, compares false.
    outside = (temperatures_c < shown.low_c) | (temperatures_c > shown.high_c)
    if not outside.any():
        return qualities
    return np.where(outside & (qualities == Quality.OK), np.int16(Quality.IMPOSSIBLE), qualities)
