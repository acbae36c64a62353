"""Which numbers are temperatures, and which are a sensor's way of saying that something is wrong."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Quality(IntEnum):
    """What a stored reading is worth. Only OK, HI and LO are usable; the numbers are stored."""

    OK = 0
    HI = 1
    LO = 2
    FAULT = 3
    MISSING = 4


#: DS18B20: 85.0 is its power-on value, −127 a lost bus; 327.67 is an int16 in hundredths at its end.
FAULT_VALUES_C = frozenset({85.0, -127.0, 327.67})

#: Nothing is as cold; this number and those below it come from no sensor.
ABSOLUTE_ZERO_C = -273.15

#: No probe of a cold chain survives this; a larger number is a garbled one, and could overflow a mean.
HOTTEST_C = 1_000.0


# Looked up once: for an enumeration's member that costs as much as the comparison below.
_OK = Quality.OK


def quality_of(temperature_c: float | None) -> Quality:
    """Quality of a number as a logger sent it; `None` is MISSING, impossible numbers are FAULT."""
    if temperature_c is None:
        return Quality.MISSING
    # NaN compares false.
    if ABSOLUTE_ZERO_C < temperature_c <= HOTTEST_C and temperature_c not in FAULT_VALUES_C:
        return _OK
    return Quality.FAULT


def qualities_of(temperatures_c: NDArray[np.float64]) -> NDArray[np.int16]:
    """`quality_of` for many at once, shape (n,); NaN stands for a number that was not sent, and is MISSING."""
    qualities = np.full(len(temperatures_c), Quality.OK, dtype=np.int16)
    # NaN compares false.
    believable = (temperatures_c > ABSOLUTE_ZERO_C) & (temperatures_c <= HOTTEST_C)
    qualities[~believable | np.isin(temperatures_c, list(FAULT_VALUES_C))] = Quality.FAULT
    qualities[np.isnan(temperatures_c)] = Quality.MISSING
    return qualities
