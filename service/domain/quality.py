"""Which numbers are temperatures, and which are a sensor's way of saying that something is wrong."""

from enum import IntEnum


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


def quality_of(temperature_c: float | None) -> Quality:
    """Quality of a number as a logger sent it; `None` is MISSING, impossible numbers are FAULT."""
    if temperature_c is None:
        return Quality.MISSING
    # NaN compares false.
    if not ABSOLUTE_ZERO_C < temperature_c <= HOTTEST_C or temperature_c in FAULT_VALUES_C:
        return Quality.FAULT
    return Quality.OK
