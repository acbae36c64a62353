"""Mean kinetic temperature: the published examples, and what it must not depend on."""

import numpy as np
import pytest

from service.domain.instant import SECOND_US
from service.domain.profiles import CRYO_80
from service.domain.series.mean_kinetic import mean_kinetic_temperature_c
from service.domain.series.quality import Quality, quality_of

HOUR_US = 3_600 * SECOND_US
DELTA_H = CRYO_80.activation_energy_kj_per_mol


def of(points: list[tuple[float, float]], max_gap_us: int = 24 * HOUR_US) -> float | None:
    """The mean kinetic temperature of (hour, °C) points."""
    times_us = np.array([round(hour * HOUR_US) for hour, _ in points], dtype=np.int64)
    return mean_kinetic_temperature_c(times_us, np.array([x for _, x in points], dtype=np.float64), max_gap_us, DELTA_H)


@pytest.mark.parametrize(
    ("steps", "expected", "digits"),
    [
        ([(0, 2.0), (12, 2.0), (12 + 1e-9, 25.0), (24, 25.0)], 19.466, 3),
        ([(0, 5.0), (23, 5.0), (23 + 1e-9, 25.0), (24, 25.0)], 7.756, 3),
        ([(0, -80.0), (23, -80.0), (23 + 1e-9, -20.0), (24, -20.0)], -38.85, 2),
    ],
)
def test_the_published_examples(steps: list[tuple[float, float]], expected: float, digits: int) -> None:
    """USP <1160>: warm hours weigh more than cold ones; an hour at −20 °C dominates a day at −80 °C."""
    found = of(steps)
    assert found is not None
    assert round(found, digits) == expected


def test_equal_times_by_trapezoid() -> None:
    """Two readings alone weigh alike."""
    found = of([(0, 2.0), (1, 25.0)])
    assert found is not None
    assert round(found, 3) == 19.466


@pytest.mark.parametrize("celsius", [-273.0, -190.0, -80.0, 5.0, 40.0])
def test_a_steady_temperature_is_its_own_mean(celsius: float) -> None:
    """A vessel that never changed aged its lot as its temperature says, however cold it is."""
    assert of([(0, celsius), (1, celsius), (5, celsius)]) == pytest.approx(celsius, abs=1e-9)


def test_it_lies_between_the_extremes_and_above_the_mean() -> None:
    """Warmth counts more than cold of the same length makes good."""
    found = of([(0, 2.0), (1, 8.0), (2, 2.0), (3, 8.0)])
    assert found is not None
    assert 5.0 < found < 8.0


def test_uneven_spacing_is_weighed_by_time() -> None:
    """More readings of the same course do not change what it did."""
    coarse = of([(0, 5.0), (10, 5.0), (20, 5.0), (20.5, 25.0)])
    fine = of([(h, 5.0) for h in range(21)] + [(20.5, 25.0)])
    assert coarse == pytest.approx(fine, abs=1e-9)


def test_time_nobody_measured_has_no_temperature() -> None:
    """A hole is neither warm nor cold: it is left out, and a lone reading in it weighs nothing."""
    gap_us = HOUR_US
    measured = [(0.0, 5.0), (1.0, 5.0), (1.5, 6.0)]
    assert of([*measured, (100.0, 40.0)], gap_us) == pytest.approx(of(measured, gap_us), abs=1e-12)
    assert of([(0, -272.0), (1, -272.0), (100, 40.0)], gap_us) == pytest.approx(-272.0, abs=1e-9)


@pytest.mark.parametrize("points", [[], [(0, 5.0)], [(0, 5.0), (2, 5.0)]])
def test_without_covered_time_there_is_none(points: list[tuple[float, float]]) -> None:
    """One reading, or two too far apart, is no course of temperatures."""
    assert of(points, HOUR_US) is None


@pytest.mark.parametrize("celsius", [85.0, -127.0, 327.67, float("nan")])
def test_what_says_that_nothing_was_measured_is_a_fault(celsius: float) -> None:
    """A power-on value, a lost bus and a full register are no readings."""
    assert quality_of(celsius) is Quality.FAULT


@pytest.mark.parametrize("celsius", [float("inf"), -273.15, -300.0, 1_000.1, 6_535.6])
def test_what_no_sensor_measures_is_impossible(celsius: float) -> None:
    """Absolute zero, and what is hotter than any probe survives, say nothing of what was measured."""
    assert quality_of(celsius) is Quality.IMPOSSIBLE


def test_what_was_not_sent_is_missing() -> None:
    """No number is no reading; −272 °C is one."""
    assert quality_of(None) is Quality.MISSING
    assert quality_of(-272.0) is Quality.OK
