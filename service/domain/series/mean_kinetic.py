"""Mean kinetic temperature: the one temperature that would have aged a product as much as the real course did."""

import numpy as np
from numpy.typing import NDArray

#: Molar gas constant, kJ/(mol·K).
GAS_CONSTANT = 8.314462e-3
ZERO_C_IN_K = 273.15


def mean_kinetic_temperature_c(
    times_us: NDArray[np.int64],
    temperatures_c: NDArray[np.float64],
    max_gap_us: int,
    activation_energy_kj_per_mol: float,
) -> float | None:
    """Time-weighted mean kinetic temperature, °C, over covered time (USP <1160>).

    T = (ΔH/R) / −ln(Σ e^(−ΔH/RTᵢ)·Δtᵢ / ΣΔtᵢ), by trapezoid over intervals of at most `max_gap_us`.

    Args:
        times_us: ascending, shape (n,), microseconds.
        temperatures_c: shape (n,), °C; NaN for "HI" and "LO": the time beside them is left out, and the caller says so.

    Returns:
        None if no two readings are near enough to cover any time.
    """
    steps_us = np.diff(times_us)
    joined = (steps_us <= max_gap_us) & (steps_us > 0)
    # No line goes on through a reading that is no number, as if that had not been sent.
    joined &= ~(np.isnan(temperatures_c[:-1]) | np.isnan(temperatures_c[1:]))
    if not joined.any():
        return None
    exponents = -activation_energy_kj_per_mol / (GAS_CONSTANT * (temperatures_c + ZERO_C_IN_K))
    ends = np.stack((exponents[:-1][joined], exponents[1:][joined]))
    # Factoring out the largest exponent that counts keeps e^x in range at −190 °C and below.
    largest = float(ends.max())
    weights = steps_us[joined].astype(np.float64)
    mean_rate = float((np.exp(ends - largest).mean(axis=0) * weights).sum() / weights.sum())
    return float(activation_energy_kj_per_mol / GAS_CONSTANT / -(np.log(mean_rate) + largest) - ZERO_C_IN_K)
