"""What a probe says now: the newest reading that says anything, and where it is going."""

from collections.abc import Sequence

import numpy as np
import pytest

from service.domain.instant import SECOND_US
from service.domain.profiles import CRYO_80, LYOPHILISED_2_8, Limit
from service.domain.series.present import Present, nearest, newest, per_hour_c
from service.domain.series.quality import Quality

_MINUTE_US = 60 * SECOND_US


def _columns(sent: Sequence[float | str], every_min: float = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    times_us = (np.arange(len(sent)) * every_min * _MINUTE_US).astype(np.int64)
    qualities = [Quality[x] if isinstance(x, str) else Quality.OK for x in sent]
    numbers = [np.nan if isinstance(x, str) else float(x) for x in sent]
    return times_us, np.array(numbers), np.array(qualities, dtype=np.int16)


def test_a_fault_hides_no_reading_before_it() -> None:
    """A broken wire says nothing of a freezer; what was measured before it is the newest that is known."""
    assert newest(*_columns([-80, -79, "FAULT", "MISSING"])) == Present(5 * _MINUTE_US, -79.0, Quality.OK)
    assert newest(*_columns(["FAULT"])) is None


def test_hi_is_told_as_hi_and_no_number() -> None:
    """A logger that shows HI has measured something warmer than it can tell: no limit above is known to be kept."""
    found = newest(*_columns([-20, "HI"]))
    assert found == Present(5 * _MINUTE_US, None, Quality.HI)
    of_cryo = nearest(found, CRYO_80.limits)
    assert of_cryo is not None
    assert of_cryo.to_go_c == -np.inf
    cold = nearest(Present(0, None, Quality.LO), [limit for limit in CRYO_80.limits if limit.threshold_c > -90])
    assert cold is not None
    assert cold.to_go_c == np.inf


@pytest.mark.parametrize(
    ("quality", "range_c", "limits", "told"),
    [
        # At least −40 °C is at least 20 degrees above −60; at least −65 °C may be above it by any amount.
        (Quality.HI, (-100.0, -40.0), CRYO_80.limits[:1], (-20.0, False)),
        (Quality.HI, (-100.0, -65.0), CRYO_80.limits[:1], (-np.inf, True)),
        (Quality.LO, (-100.0, -40.0), CRYO_80.limits[:1], (40.0, False)),
        (Quality.LO, (-50.0, -40.0), CRYO_80.limits[:1], (np.inf, True)),
        (Quality.IMPOSSIBLE, (-100.0, -40.0), CRYO_80.limits[:1], (-np.inf, True)),
    ],
)
def test_hi_is_at_least_so_far_beyond_a_limit_as_its_range_says(
    quality: Quality, range_c: tuple[float, float], limits: tuple[Limit, ...], told: tuple[float, bool]
) -> None:
    """What a logger can show says how far; where that is on the right side of the limit, it may be any amount."""
    found = nearest(Present(0, None, quality, *range_c), limits)
    assert found is not None
    assert (found.limit.threshold_c, found.to_go_c, found.is_exact) == (-60.0, *told)
    # However little it proves, it is told before a number that is beyond by less.
    if told[0] < 0:
        assert found.urgency < nearest(Present(0, 100.0, Quality.OK), limits).urgency  # type: ignore[union-attr]


def test_two_numbers_for_one_instant_are_none() -> None:
    """A logger that said two things of an instant has said nothing to rely on."""
    times_us, numbers, qualities = _columns([-80, -70, -60])
    assert newest(np.array([0, 1, 1]), numbers, qualities) == Present(1, None, Quality.IMPOSSIBLE)
    assert newest(np.array([0, 1, 1]), np.array([-80.0, -70, -70]), qualities) == Present(1, -70.0, Quality.OK)
    assert times_us[0] == 0


@pytest.mark.parametrize(
    ("temperature_c", "threshold_c", "to_go_c"), [(5, 8, 3), (1, 8, 7), (-2, -0.5, -1.5), (27, 8, -19)]
)
def test_a_refrigerator_is_told_by_the_limit_that_matters_most(
    temperature_c: float, threshold_c: float, to_go_c: float
) -> None:
    """Within limits it is the one that condemns; beyond, the one it is farthest beyond: frozen is beyond, too."""
    found = nearest(Present(0, temperature_c, Quality.OK), LYOPHILISED_2_8.limits)
    assert found is not None
    assert (found.limit.threshold_c, found.to_go_c) == (threshold_c, to_go_c)


def test_a_warming_freezer_rises_and_a_cycling_one_is_steady() -> None:
    """A compressor's cycle goes nowhere; a freezer that warms by six degrees an hour does, whatever its pace."""
    assert per_hour_c(*_columns([-80 + n / 2 for n in range(13)])) == pytest.approx(6.0)
    assert per_hour_c(*_columns([-80 + n / 600 for n in range(3600)], every_min=1 / 60)) == pytest.approx(6.0)
    assert per_hour_c(*_columns([-80 + 3 * (n % 4) for n in range(13)])) == 0.0
    assert per_hour_c(*_columns([-80, -70])) is None
    assert per_hour_c(*_columns(["HI"] * 5)) is None


def test_an_hour_ago_is_forgotten() -> None:
    """A door that was open two hours ago is no trend of the last hour."""
    assert per_hour_c(*_columns([-40, -50, -60, -70, -80] + [-80.0] * 13)) == 0.0
