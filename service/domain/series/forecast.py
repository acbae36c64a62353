"""When a limit will be crossed at the present slope, and when what is allowed beyond it will be used up.

The slope is the median of the slopes of pairs of the newest readings (Theil 1950, Sen 1968), so that one opened door
does not turn it; how well it is known shows in the spread of these slopes. It is told only where the readings bear it
out: a compressor that cycles is going nowhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from service.domain.instant import SECOND_US
from service.domain.profiles import Direction, Limit
from service.domain.series.track import Track

#: The slope is taken over this time: longer than a compressor's cycle, shorter than a freezer takes to warm up.
WINDOW_S = 2_700

#: Or over this many intervals of a logger that measures seldom, but over no more than `LONGEST_WINDOW_S`.
LEAST_READINGS = 8
LONGEST_WINDOW_S = 10_800

#: The rise over the window must be at least this many times the scatter about the line.
CLEAR = 4.0

#: What warms up bends: it slows down towards the room, or speeds up as ice runs out. The slope may be off by this much.
BEND = 0.25

#: A line is not drawn farther ahead than this many times the window it was seen over.
FARTHEST = 4.0


class NoForecast(StrEnum):
    """Why nothing is foretold."""

    TOO_FEW = "too few readings lately"
    STALE = "no reading lately"
    UNCLEAR = "the readings go up and down more than they go anywhere"
    AWAY = "it is not going towards the limit"
    FAR = "at the present slope the limit is too far away to tell"


@dataclass(frozen=True, slots=True)
class Trend:
    """The line through the newest readings of a series, at its newest reading.

    Attributes:
        slope_c_per_s: the median of slopes; `least`, `most`: how small and how large it may be.
    """

    at_us: int
    level_c: float
    slope_c_per_s: float
    least_c_per_s: float
    most_c_per_s: float
    window_s: float


@dataclass(frozen=True, slots=True)
class Wait:
    """How long until something happens, seconds from now."""

    about_s: float
    earliest_s: float
    latest_s: float

    def and_then(self, more_s: float) -> "Wait":
        """The same, later by `more_s`."""
        return Wait(self.about_s + more_s, self.earliest_s + more_s, self.latest_s + more_s)


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a limit is crossed (None: it is beyond now), and when its budget is gone (None: it has none)."""

    limit: Limit
    crosses: Wait | None
    budget_gone: Wait | None


def trend(readings: Track, now_us: int, max_gap_us: int) -> Trend | NoForecast:
    """The line through the numbers among the newest readings; what was measured after `now_us` is left out."""
    numbers = (readings.low_c == readings.high_c) & (readings.times_us <= now_us)
    times_us, values_c = readings.times_us[numbers], readings.low_c[numbers]
    if len(times_us) < LEAST_READINGS:
        return NoForecast.TOO_FEW
    if now_us - times_us[-1] > max_gap_us:
        return NoForecast.STALE
    slowest_us = int(times_us[-1] - times_us[-LEAST_READINGS])
    window_us = min(max(WINDOW_S * SECOND_US, slowest_us), LONGEST_WINDOW_S * SECOND_US)
    lately = times_us >= times_us[-1] - window_us
    if lately.sum() < LEAST_READINGS or times_us[-1] - times_us[lately][0] < window_us / 2:
        return NoForecast.TOO_FEW
    return _line(times_us[lately], values_c[lately])


def _line(times_us: NDArray[np.int64], values_c: NDArray[np.float64]) -> Trend | NoForecast:
    ago_s = (times_us - times_us[-1]) / SECOND_US
    window_s = -float(ago_s[0])
    slopes = _slopes(ago_s, values_c, window_s / 3)
    slope = float(np.median(slopes))
    level_c = float(np.median(values_c - slope * ago_s))
    scatter_c = 1.4826 * float(np.median(np.abs(values_c - slope * ago_s - level_c)))
    least, most = np.quantile(slopes, [0.1, 0.9])
    newest = ago_s >= -window_s / 2
    newer = _slopes(ago_s[newest], values_c[newest], window_s / 6)
    if len(newer) == 0:
        # A hole in the newer half: its readings lie too close together to tell where they go.
        return NoForecast.UNCLEAR
    lately = float(np.median(newer))
    # A line of which the newer half tells another story is none.
    steady = slope != 0 and 0.5 < lately / slope < 2
    if least <= 0 <= most or not steady or abs(slope) * window_s < CLEAR * scatter_c:
        return NoForecast.UNCLEAR
    return Trend(
        int(times_us[-1]),
        level_c,
        slope,
        min(float(least), slope - BEND * abs(slope), lately),
        max(float(most), slope + BEND * abs(slope), lately),
        window_s,
    )


def _slopes(ago_s: NDArray[np.float64], values_c: NDArray[np.float64], apart_s: float) -> NDArray[np.float64]:
    """Slopes of all pairs of readings so far apart that noise does not drown them, °C/s."""
    i, j = np.triu_indices(len(ago_s), 1)
    far = ago_s[j] - ago_s[i] >= apart_s
    return (values_c[j[far]] - values_c[i[far]]) / (ago_s[j[far]] - ago_s[i[far]])


def forecast(found: Trend, limit: Limit, remaining_us: int | None, now_us: int) -> Forecast | NoForecast:
    """What the line says of a limit.

    Args:
        remaining_us: of its budget; None: it has none.
    """
    sign = 1 if limit.direction is Direction.ABOVE else -1
    to_go_c = sign * (limit.threshold_c - found.level_c)
    slow, fast = sorted((sign * found.least_c_per_s, sign * found.most_c_per_s))
    remaining_s = None if remaining_us is None else remaining_us / SECOND_US
    if fast <= 0:
        return NoForecast.AWAY
    if to_go_c < 0:
        gone = None if remaining_s is None else Wait(remaining_s, remaining_s, remaining_s)
        return Forecast(limit, None, gone)
    since_s = (now_us - found.at_us) / SECOND_US
    about_s, earliest_s, latest_s = (to_go_c / x - since_s for x in (sign * found.slope_c_per_s, fast, slow))
    if about_s > FARTHEST * found.window_s:
        return NoForecast.FAR
    crosses = Wait(max(0.0, about_s), max(0.0, earliest_s), max(0.0, latest_s))
    return Forecast(limit, crosses, None if remaining_s is None else crosses.and_then(remaining_s))


def soonest(found: Iterable[Forecast]) -> Forecast | None:
    """The forecast to tell first: what is crossed already, then what will be crossed first."""
    return min(found, key=lambda x: -1.0 if x.crosses is None else x.crosses.about_s, default=None)


def forecast_text(found: Forecast) -> str:
    """A forecast as people say it: ``'Above −60 °C in about 14 min (9–25); the time allowed is …'``."""
    where = found.limit.text[0].upper() + found.limit.text[1:]
    said = f"{where} now" if found.crosses is None else f"{where} in about {wait_text(found.crosses)}"
    if found.budget_gone is not None:
        said += f"; the time allowed is used up in about {wait_text(found.budget_gone)}"
    return f"{said}."


def wait_text(wait: Wait) -> str:
    """About how long, and between how long and how long: ``'14 min (9–25)'``."""
    earliest, about, latest = (round(x / 60) for x in (wait.earliest_s, wait.about_s, wait.latest_s))
    return f"{about} min" if earliest == latest else f"{about} min ({earliest}–{latest})"
