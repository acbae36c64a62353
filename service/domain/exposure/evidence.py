"""Figures that stand beside a verdict and never overrule it: extremes and means."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.domain.instant import SECOND_US
from service.domain.profiles import Profile
from service.domain.series.bounded import Bounded, bounded, coldest, warmest
from service.domain.series.mean_kinetic import mean_kinetic_temperature_c
from service.domain.series.quality import Quality, as_numbers, counting


@dataclass(frozen=True, slots=True)
class Course:
    """What one judged series measured for a lot during one stay.

    Attributes:
        times_us, temperatures_c, qualities: shape (n,), ascending; NaN where there is no number.
        range_min_c, range_max_c: what its logger can show; None: it is not known.
    """

    container_id: str
    series_id: int
    times_us: NDArray[np.int64]
    temperatures_c: NDArray[np.float64]
    qualities: NDArray[np.int16]
    range_min_c: float | None = None
    range_max_c: float | None = None

    @property
    def numbers(self) -> NDArray[np.bool_]:
        """Which readings are numbers to be believed."""
        return np.equal(self.qualities, Quality.OK)

    @property
    def extremes(self) -> tuple[Bounded | None, Bounded | None]:
        """The coldest and the warmest of it; None: nothing usable was measured."""
        values_c = as_numbers(self.temperatures_c, self.qualities)
        values_c = values_c[~np.isnan(values_c)]
        ends_c = (float(values_c.min()), float(values_c.max())) if len(values_c) else (None, None)
        cold, warm = (bounded(end_c, self.range_min_c, self.range_max_c) for end_c in ends_c)
        return cold, warm


@dataclass(frozen=True, slots=True)
class Temperatures:
    """Extremes and means over courses; None where no reading supports one.

    The means are over covered time. Where several series measured one stay, the warmest of them counts.

    Attributes:
        without_number: readings that are no number to be believed, such as "HI", "LO" and faults.
        mean_c, mean_kinetic_c: of the time between numbers.
        left_out_us: covered time that the means leave out: beside a reading that says something, and no number.
    """

    readings: int
    without_number: int
    minimum: Bounded | None
    maximum: Bounded | None
    mean_c: float | None
    mean_kinetic_c: float | None
    left_out_us: int


def temperatures(stays: Sequence[Sequence[Course]], profile: Profile) -> Temperatures:
    """Figures of a lot from the courses of each of its stays."""
    courses = [course for stay in stays for course in stay]
    extremes = [course.extremes for course in courses]
    said = [_said(max(stay, key=_warmth)) for stay in stays if stay]
    times_us = np.concatenate([times_us for times_us, _ in said] or [np.empty(0, np.int64)])
    values_c = np.concatenate([values_c for _, values_c in said] or [np.empty(0)])
    max_gap_us = profile.max_gap_s * SECOND_US
    steps_us = np.diff(times_us)
    covered = (steps_us > 0) & (steps_us <= max_gap_us)
    middles_c = (values_c[:-1] + values_c[1:]) / 2
    known = covered & ~np.isnan(middles_c)
    return Temperatures(
        readings=sum(len(course.times_us) for course in courses),
        without_number=sum(int((~course.numbers).sum()) for course in courses),
        minimum=coldest(cold for cold, _ in extremes),
        maximum=warmest(warm for _, warm in extremes),
        mean_c=float(np.average(middles_c[known], weights=steps_us[known])) if known.any() else None,
        mean_kinetic_c=mean_kinetic_temperature_c(times_us, values_c, max_gap_us, profile.activation_energy_kj_per_mol),
        left_out_us=int(steps_us[covered & ~known].sum()),
    )


def _said(course: Course) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """What a series measured, NaN where that is no number; faults are left out, as if they had not been sent."""
    usable = counting(course.qualities)
    return course.times_us[usable], np.where(course.numbers, course.temperatures_c, np.nan)[usable]


def _warmth(course: Course) -> float:
    """By which the warmest course is found: "HI" counts with the least it proves, or else as the warmest number."""
    values_c = as_numbers(course.temperatures_c, course.qualities)
    numbers_c = values_c[course.numbers]
    ends = (
        (np.inf, course.range_max_c, numbers_c.max(initial=-np.inf)),
        (-np.inf, course.range_min_c, numbers_c.min(initial=np.inf)),
    )
    for end, bound_c, farthest_c in ends:
        values_c[values_c == end] = bound_c if bound_c is not None else farthest_c if len(numbers_c) else end
    values_c = values_c[~np.isnan(values_c)]
    # Of a course that is HI and LO and nothing else, the worse counts.
    if not len(values_c) or np.isinf(values_c).any():
        return float(values_c.max(initial=-np.inf))
    return float(values_c.mean())
