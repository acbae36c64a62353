"""Figures that stand beside a verdict and never overrule it: extremes and means."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.domain.instant import SECOND_US
from service.domain.profiles import Profile
from service.domain.series.mean_kinetic import mean_kinetic_temperature_c
from service.domain.series.quality import Quality


@dataclass(frozen=True, slots=True)
class Course:
    """What one judged series measured for a lot during one stay.

    Attributes:
        times_us, temperatures_c, qualities: shape (n,), ascending; NaN where there is no number.
    """

    container_id: str
    series_id: int
    times_us: NDArray[np.int64]
    temperatures_c: NDArray[np.float64]
    qualities: NDArray[np.int16]

    @property
    def numbers(self) -> NDArray[np.bool_]:
        """Which readings are numbers to be believed."""
        return np.equal(self.qualities, Quality.OK)


@dataclass(frozen=True, slots=True)
class Temperatures:
    """Extremes and means over courses, °C; None where no reading supports one.

    The means are over covered time. Where several series measured one stay, the warmest of them counts.
    """

    readings: int
    without_number: int
    minimum_c: float | None
    maximum_c: float | None
    mean_c: float | None
    mean_kinetic_c: float | None


def temperatures(stays: Sequence[Sequence[Course]], profile: Profile) -> Temperatures:
    """Figures of a lot from the courses of each of its stays."""
    courses = [course for stay in stays for course in stay]
    values = np.concatenate([course.temperatures_c[course.numbers] for course in courses] or [np.empty(0)])
    warmest = [max(stay, key=_warmth) for stay in stays if stay]
    times_us = np.concatenate([course.times_us[course.numbers] for course in warmest] or [np.empty(0, np.int64)])
    means = np.concatenate([course.temperatures_c[course.numbers] for course in warmest] or [np.empty(0)])
    max_gap_us = profile.max_gap_s * SECOND_US
    return Temperatures(
        readings=sum(len(course.times_us) for course in courses),
        without_number=sum(len(course.times_us) for course in courses) - len(values),
        minimum_c=float(values.min()) if len(values) else None,
        maximum_c=float(values.max()) if len(values) else None,
        mean_c=_mean_c(times_us, means, max_gap_us),
        mean_kinetic_c=mean_kinetic_temperature_c(times_us, means, max_gap_us, profile.activation_energy_kj_per_mol),
    )


def _warmth(course: Course) -> float:
    values = course.temperatures_c[course.numbers]
    return float(values.mean()) if len(values) else -np.inf


def _mean_c(times_us: NDArray[np.int64], values_c: NDArray[np.float64], max_gap_us: int) -> float | None:
    steps_us = np.diff(times_us)
    joined = (steps_us > 0) & (steps_us <= max_gap_us)
    if not joined.any():
        return None
    middles = ((values_c[:-1] + values_c[1:]) / 2)[joined]
    return float(np.average(middles, weights=steps_us[joined].astype(np.float64)))
