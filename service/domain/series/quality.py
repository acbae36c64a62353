"""Which numbers are temperatures, and which are a sensor's way of saying that something is wrong."""

import math
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Quality(IntEnum):
    """What a reading is worth; the numbers are stored.

    OK, HI and LO say something of the temperature. IMPOSSIBLE is a number that no such probe can show: whatever it was
    may have been anything, so it is judged as every temperature at once. FAULT and MISSING are no readings.
    """

    OK = 0
    HI = 1
    LO = 2
    FAULT = 3
    MISSING = 4
    IMPOSSIBLE = 5


#: DS18B20: 85.0 is its power-on value, −127 a lost bus; 327.67 is an int16 in hundredths at its end.
FAULT_VALUES_C = frozenset({85.0, -127.0, 327.67})

#: Nothing is as cold; this number and those below it come from no sensor, whatever its range is said to be.
ABSOLUTE_ZERO_C = -273.15

#: No probe of a cold chain survives this; a larger number is a garbled one, and could overflow a mean.
HOTTEST_C = 1_000.0


# Looked up once: for an enumeration's member that costs as much as the comparison below.
_OK = Quality.OK


def quality_of(temperature_c: float | None) -> Quality:
    """Quality of a number as a logger sent it; `None` is MISSING.

    What its probe can show is not known here: `sensor_range.doubted` asks that when readings are read.
    """
    if temperature_c is None:
        return Quality.MISSING
    # NaN compares false.
    if ABSOLUTE_ZERO_C < temperature_c <= HOTTEST_C:
        return Quality.FAULT if temperature_c in FAULT_VALUES_C else _OK
    return Quality.FAULT if math.isnan(temperature_c) else Quality.IMPOSSIBLE


def qualities_of(temperatures_c: NDArray[np.float64]) -> NDArray[np.int16]:
    """`quality_of` for many at once, shape (n,); NaN stands for a number that was not sent, and is MISSING."""
    qualities = np.full(len(temperatures_c), Quality.OK, dtype=np.int16)
    # NaN compares false.
    believable = (temperatures_c > ABSOLUTE_ZERO_C) & (temperatures_c <= HOTTEST_C)
    qualities[~believable] = Quality.IMPOSSIBLE
    qualities[np.isin(temperatures_c, list(FAULT_VALUES_C))] = Quality.FAULT
    qualities[np.isnan(temperatures_c)] = Quality.MISSING
    return qualities


def as_numbers(temperatures_c: NDArray[np.float64], qualities: NDArray[np.int16]) -> NDArray[np.float64]:
    """Readings as numbers that can be compared, shape (n,): "HI" is +∞, "LO" −∞, and what is no temperature NaN."""
    found = np.where(qualities == Quality.OK, temperatures_c, np.nan)
    # Beyond the logger's range is farther than any of its numbers.
    found[qualities == Quality.HI] = np.inf
    found[qualities == Quality.LO] = -np.inf
    return found


def counting(qualities: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Which readings are judged, shape (n,); the others are left out as if they had not been sent."""
    found: NDArray[np.bool_] = (qualities <= Quality.LO) | (qualities == Quality.IMPOSSIBLE)
    return found
