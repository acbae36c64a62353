"""Forecasts: told where the readings bear them out, and then mostly right."""

from collections.abc import Sequence

import numpy as np
import pytest

from service.domain.instant import SECOND_US
from service.domain.profiles import Direction, Effect, Limit
from service.domain.series.forecast import Forecast, NoForecast, Wait, forecast, forecast_text, soonest, trend
from service.domain.series.track import Track
from simulators.bodies import Body, minus_25_freezer, refrigerator, ultra_low_freezer
from simulators.thermal import CompressorFailure, Place, ThermalModel

MINUTE_US, HOUR_MS = 60 * SECOND_US, 3_600_000
ABOVE_60 = Limit(Direction.ABOVE, -60.0, Effect.CONDEMNS, budget_s=3_600)
BELOW_2 = Limit(Direction.BELOW, 2.0, Effect.WARNS, budget_s=None)
HOUR_US = 60 * MINUTE_US

CONTAINERS: dict[str, tuple[Body, float]] = {
    "ultra-low": (ultra_low_freezer(), -60.0),
    "refrigerator": (refrigerator(), 8.0),
    "minus-25": (minus_25_freezer(), -15.0),
}


def told(celsius: Sequence[float], limit: Limit = ABOVE_60, every_min: int = 5, silent_min: int = 0) -> object:
    """The forecast, or why there is none, for readings of which the last was so long ago."""
    times_us = np.arange(len(celsius), dtype=np.int64) * every_min * MINUTE_US
    values_c = np.array(celsius, dtype=np.float64)
    now_us = int(times_us[-1]) + silent_min * MINUTE_US
    line = trend(Track(times_us, values_c, values_c), now_us, 15 * MINUTE_US)
    remaining_us = None if limit.budget_s is None else limit.budget_s * SECOND_US
    return line if isinstance(line, NoForecast) else forecast(line, limit, remaining_us, now_us)


def test_a_steady_rise_crosses_the_limit_when_the_ruler_does() -> None:
    """Two degrees every five minutes, six below the limit: a quarter of an hour, and then the hour that is allowed."""
    found = told([-96 + 2 * n for n in range(16)])
    assert isinstance(found, Forecast)
    assert found.crosses == Wait(pytest.approx(900), pytest.approx(720), pytest.approx(1_200))
    assert found.budget_gone == Wait(pytest.approx(4_500), pytest.approx(4_320), pytest.approx(4_800))
    assert forecast_text(found) == (
        "Above −60 °C in about 15 min (12–20); the time allowed is used up in about 75 min (72–80)."
    )


def test_time_since_the_last_reading_has_passed() -> None:
    """Ten minutes after the last reading, ten minutes less are left."""
    found = told([-96 + 2 * n for n in range(16)], silent_min=10)
    assert isinstance(found, Forecast)
    assert found.crosses == Wait(pytest.approx(300), pytest.approx(120), pytest.approx(600))


def test_a_fall_towards_a_limit_below_is_foretold_too() -> None:
    """A refrigerator that is freezing: here is no budget to be used up."""
    found = told([8 - 0.3 * n for n in range(16)], BELOW_2)
    assert isinstance(found, Forecast)
    assert found.crosses is not None
    assert found.crosses.about_s == pytest.approx(1_500)
    assert found.budget_gone is None


def test_beyond_already_only_the_budget_is_left() -> None:
    """A freezer that is warm and getting warmer has the rest of the hour, and not less."""
    found = told([-80 + 2 * n for n in range(16)])
    assert found == Forecast(ABOVE_60, None, Wait(3_600, 3_600, 3_600))
    assert isinstance(found, Forecast)
    assert forecast_text(found) == "Above −60 °C now; the time allowed is used up in about 60 min."
    later = Forecast(ABOVE_60, Wait(60, 50, 90), None)
    assert soonest([later, found]) is found
    assert soonest([]) is None


@pytest.mark.parametrize(
    ("celsius", "why"),
    [
        ([-70.0] * 7, NoForecast.TOO_FEW),
        ([-80.0] * 16, NoForecast.UNCLEAR),
        ([-80.0, -78.0] * 8, NoForecast.UNCLEAR),
        ([-60.0 - 2 * n for n in range(16)], NoForecast.AWAY),
        ([-90 + 0.05 * n for n in range(16)], NoForecast.FAR),
        # A door was open and is shut again.
        ([*[-80.0] * 10, -70, -62, -68, -74, -77, -79], NoForecast.UNCLEAR),
    ],
)
def test_what_readings_do_not_bear_out_is_not_told(celsius: list[float], why: NoForecast) -> None:
    """No forecast is better than one that cries wolf; and it says why there is none."""
    assert told(celsius) is why


def test_a_logger_that_fell_silent_foretells_nothing() -> None:
    """Nobody knows whether it went on like that."""
    assert told([-96 + 2 * n for n in range(16)], silent_min=16) is NoForecast.STALE


def noisy(model: ThermalModel, until_ms: int, every_s: int, seed: int) -> Track:
    """What a probe in the air with a sensor of 0.15 K noise has said in the three hours until then."""
    at_ms = np.arange(until_ms - 3 * HOUR_MS, until_ms + 1, every_s * 1_000)
    values_c = model.temperatures_c(at_ms, Place.AIR)
    values_c = values_c + np.random.default_rng([seed, until_ms]).normal(0, 0.15, len(at_ms))
    return Track(at_ms * 1_000, values_c, values_c)


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("every_s", [60, 300])
def test_a_freezer_whose_compressor_cycles_is_going_nowhere(name: str, every_s: int) -> None:
    """Up two degrees and down again all day, its door opened now and then: hardly ever is that taken for a failure."""
    body, threshold_c = CONTAINERS[name]
    limit = Limit(Direction.ABOVE, threshold_c, Effect.CONDEMNS, budget_s=3_600)
    alarms = asked = 0
    for seed in range(4):
        model = ThermalModel(body, seed=seed, name=name, epoch_ms=0)
        for now_ms in range(6 * HOUR_MS, 30 * HOUR_MS, 40 * 60_000):
            line = trend(noisy(model, now_ms, every_s, seed), now_ms * 1_000, 35 * MINUTE_US)
            asked += 1
            alarms += not isinstance(line, NoForecast) and isinstance(
                forecast(line, limit, HOUR_US, now_ms * 1_000), Forecast
            )
    assert alarms <= asked // 100


@pytest.mark.parametrize("every_s", [60, 300])
def test_the_true_crossing_lies_in_the_interval(every_s: int) -> None:
    """Compressors that failed, at many moments before the limit: at least four of five intervals hold the truth."""
    inside = outside = 0
    for name, (body, threshold_c) in CONTAINERS.items():
        limit = Limit(Direction.ABOVE, threshold_c, Effect.CONDEMNS, budget_s=3_600)
        for seed in range(6):
            fails_ms = 20 * HOUR_MS + seed * 977_000
            failure = CompressorFailure(fails_ms, fails_ms + 40 * HOUR_MS)
            model = ThermalModel(body, seed=seed, name=name, epoch_ms=0, events=[failure])
            grid_ms = np.arange(fails_ms, fails_ms + 30 * HOUR_MS, 10_000)
            crosses_ms = int(grid_ms[np.argmax(model.temperatures_c(grid_ms, Place.AIR) > threshold_c)])
            for minutes_before in (15, 30, 45, 60, 90):
                now_ms = (crosses_ms // 60_000 - minutes_before) * 60_000
                line = trend(noisy(model, now_ms, every_s, seed), now_ms * 1_000, 35 * MINUTE_US)
                if isinstance(line, NoForecast):
                    continue
                found = forecast(line, limit, HOUR_US, now_ms * 1_000)
                if isinstance(found, Forecast) and found.crosses is not None:
                    true_s = (crosses_ms - now_ms) / 1_000
                    held = found.crosses.earliest_s <= true_s <= found.crosses.latest_s
                    inside, outside = inside + held, outside + (not held)
    assert inside + outside > 40
    assert inside >= 0.8 * (inside + outside)


def test_a_hole_in_the_newer_half_leaves_no_line() -> None:
    """A logger that was away, and has sent three readings since, does not tell yet where its freezer goes."""
    minutes = [0, 2, 4, 6, 8, 10, 12, 43, 44, 45]
    times_us = np.array(minutes, dtype=np.int64) * MINUTE_US
    values_c = -90.0 + np.array(minutes) * 0.4
    assert trend(Track(times_us, values_c, values_c), int(times_us[-1]), 15 * MINUTE_US) is NoForecast.UNCLEAR
