"""What a probe says now: its newest usable reading, where it is going, and how near that is to a limit."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.domain.instant import SECOND_US
from service.domain.profiles import Direction, Effect, Limit
from service.domain.series.bounded import Bounded, of_reading
from service.domain.series.quality import Quality, counting

#: The trend is that of the last hour, of at most so many of its readings.
TREND_S = 3_600
_MOST_READINGS = 60

#: Readings over less time than this show no trend.
_LEAST_S = 1_200

#: What changes by less than this in an hour is steady, and what scatters by half of its rise: a compressor cycles.
_STEADY_C = 0.3
_CLEAR = 2.0


@dataclass(frozen=True, slots=True)
class Present:
    """The newest usable reading of a probe.

    Attributes:
        temperature_c: None: it is no number.
        quality: OK, HI or LO; IMPOSSIBLE: no such probe can show it, or the logger said two things of that instant.
        range_min_c, range_max_c: what its logger can show; None: it is not known.
    """

    measured_us: int
    temperature_c: float | None
    quality: Quality
    range_min_c: float | None = None
    range_max_c: float | None = None

    @property
    def bounded(self) -> Bounded | None:
        """The temperature, as far as it proves it; None: it proves nothing."""
        return of_reading(self.temperature_c, self.quality, self.range_min_c, self.range_max_c)


def newest(
    times_us: NDArray[np.int64],
    temperatures_c: NDArray[np.float64],
    qualities: NDArray[np.int16],
    range_min_c: float | None = None,
    range_max_c: float | None = None,
) -> Present | None:
    """The newest usable of these readings, ascending in time; None: there is none.

    Args:
        range_min_c, range_max_c: what their logger can show; None: it is not known.
    """
    usable = np.flatnonzero(counting(qualities))
    if not len(usable):
        return None
    last_us = int(times_us[usable[-1]])
    then = usable[times_us[usable] == last_us]
    kinds = set(qualities[then].tolist())
    if kinds == {int(Quality.OK)} and len(set(temperatures_c[then].tolist())) == 1:
        return Present(last_us, float(temperatures_c[then[0]]), Quality.OK, range_min_c, range_max_c)
    if len(kinds) == 1 and kinds <= {int(Quality.HI), int(Quality.LO)}:
        return Present(last_us, None, Quality(kinds.pop()), range_min_c, range_max_c)
    return Present(last_us, None, Quality.IMPOSSIBLE, range_min_c, range_max_c)


def per_hour_c(
    times_us: NDArray[np.int64], temperatures_c: NDArray[np.float64], qualities: NDArray[np.int16]
) -> float | None:
    """How fast it warms over the hour before its newest number, °C/h: the median of slopes; 0: it is steady.

    None: there are too few readings to tell.
    """
    numbers = np.flatnonzero(qualities == Quality.OK)
    numbers = numbers[times_us[numbers] >= times_us[numbers[-1]] - TREND_S * SECOND_US] if len(numbers) else numbers
    if len(numbers) < 3 or times_us[numbers[-1]] - times_us[numbers[0]] < _LEAST_S * SECOND_US:
        return None
    if len(numbers) > _MOST_READINGS:
        numbers = numbers[np.linspace(0, len(numbers) - 1, _MOST_READINGS).astype(np.intp)]
    hours = (times_us[numbers] - times_us[numbers[-1]]) / (3_600 * SECOND_US)
    values_c = temperatures_c[numbers]
    i, j = np.triu_indices(len(hours), 1)
    apart = hours[j] - hours[i]
    far = apart >= -float(hours[0]) / 3
    slope = float(np.median((values_c[j[far]] - values_c[i[far]]) / apart[far]))
    off_c = np.abs(values_c - slope * hours - np.median(values_c - slope * hours))
    scatter_c = 1.4826 * float(np.median(off_c))
    return slope if abs(slope) >= max(_STEADY_C, _CLEAR * scatter_c) else 0.0


@dataclass(frozen=True, slots=True)
class Nearest:
    """The limit that matters most to a reading.

    Attributes:
        to_go_c: how far away it is; negative: beyond. For what is no number the nearest that it proves; infinite: none.
        is_exact: False: it is at least so far beyond, or away.
    """

    limit: Limit
    to_go_c: float
    is_exact: bool = True

    @property
    def urgency(self) -> tuple[bool, bool, float]:
        """What matters most first: beyond before within, what condemns before what warns, then the nearest."""
        # What is beyond by at least so much may be so by any amount.
        to_go_c = self.to_go_c if self.is_exact or self.to_go_c >= 0 else float("-inf")
        return to_go_c >= 0, self.limit.effect is not Effect.CONDEMNS, to_go_c


def nearest(present: Present, limits: Iterable[Limit]) -> Nearest | None:
    """None: there are no limits. What is no number may be beyond a limit by any amount."""
    return min((_distance(present, limit) for limit in limits), key=lambda x: x.urgency, default=None)


def _distance(present: Present, limit: Limit) -> Nearest:
    above = limit.direction is Direction.ABOVE
    if present.temperature_c is not None:
        return Nearest(limit, _to_go_c(present.temperature_c, limit))
    harmless = present.quality is (Quality.LO if above else Quality.HI)
    proven_c = None if present.bounded is None else present.bounded.temperature_c
    known_c = None if proven_c is None else _to_go_c(proven_c, limit)
    # What its end proves is how far it is beyond at least, or away at least; on the other side it proves nothing.
    if known_c is not None and (known_c >= 0 if harmless else known_c < 0):
        return Nearest(limit, known_c, is_exact=False)
    return Nearest(limit, float("inf") if harmless else float("-inf"))


def _to_go_c(temperature_c: float, limit: Limit) -> float:
    to_go_c = limit.threshold_c - temperature_c
    return to_go_c if limit.direction is Direction.ABOVE else -to_go_c
