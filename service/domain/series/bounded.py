"""A temperature as far as readings prove it: "HI" and "LO" are no numbers, and must not be told as if they were.

"HI" proves that it was at least as warm as its logger can show, "LO" that it was at most as warm as the other end.
Where nobody recorded what the logger can show, they prove no number at all.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from service.domain.instant import temperature_text
from service.domain.series.quality import Quality


class Bound(StrEnum):
    """What a number says: that it was so, or only on which side of it the truth lies."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Bounded:
    """The coldest, the warmest or the newest of some readings.

    Attributes:
        temperature_c: None: beyond the range of a logger, and that range is not known.
        disputed: what is farther is no "HI" or "LO", but a reading that proves nothing.
    """

    temperature_c: float | None
    bound: Bound = Bound.EXACT
    disputed: bool = False


def bounded(value_c: float | None, range_min_c: float | None, range_max_c: float | None) -> Bounded | None:
    """A value of one logger, of which +∞ is "HI" and −∞ is "LO"; None: there is none.

    Args:
        value_c: None, NaN: nothing usable was measured.
        range_min_c, range_max_c: what the logger can show; None: it is not known.
    """
    if value_c is None or math.isnan(value_c):
        return None
    if math.isfinite(value_c):
        return Bounded(value_c)
    return Bounded(range_max_c, Bound.AT_LEAST) if value_c > 0 else Bounded(range_min_c, Bound.AT_MOST)


def of_reading(
    temperature_c: float | None, quality: Quality, range_min_c: float | None, range_max_c: float | None
) -> Bounded | None:
    """What one reading proves, by what its logger can show; None: nothing."""
    if quality is Quality.HI:
        return Bounded(range_max_c, Bound.AT_LEAST)
    if quality is Quality.LO:
        return Bounded(range_min_c, Bound.AT_MOST)
    return None if temperature_c is None or quality is not Quality.OK else Bounded(temperature_c)


def warmest(some: Iterable[Bounded | None]) -> Bounded | None:
    """The warmest of several loggers: "HI" is warmer than any number, and "LO" colder."""
    return _farthest(some, (Bound.AT_LEAST, Bound.EXACT, Bound.AT_MOST), max)


def coldest(some: Iterable[Bounded | None]) -> Bounded | None:
    """The coldest of several loggers."""
    return _farthest(some, (Bound.AT_MOST, Bound.EXACT, Bound.AT_LEAST), min)


def _farthest(
    some: Iterable[Bounded | None], order: tuple[Bound, ...], farthest: Callable[[Iterable[float]], float]
) -> Bounded | None:
    found = [one for one in some if one is not None]
    bound = next((bound for bound in order if any(one.bound is bound for one in found)), None)
    if bound is None:
        return None
    # A number that another logger showed proves as much, unless it is of the far side.
    proving = [one.temperature_c for one in found if order.index(one.bound) <= max(order.index(bound), 1)]
    known = [one_c for one_c in proving if one_c is not None]
    # One that is beyond a range that nobody knows may be beyond all numbers.
    return Bounded(farthest(known) if len(known) == len(proving) else None, bound)


def _tenths(temperature_c: float) -> str:
    return temperature_text(round(temperature_c, 1))


def bounded_text(one: Bounded, number_text: Callable[[float], str] = _tenths) -> str:
    """As people read it: ``'−50 °C'``, ``'at least 40 °C (HI)'``, ``'above its range (HI)'``.

    Args:
        number_text: words for a number that is exact.
    """
    if one.bound is Bound.EXACT:
        return "" if one.temperature_c is None else number_text(one.temperature_c)
    least = one.bound is Bound.AT_LEAST
    why = "disputed" if one.disputed else "HI" if least else "LO"
    if one.temperature_c is None:
        return f"{'above' if least else 'below'} its range ({why})"
    return f"at {'least' if least else 'most'} {temperature_text(round(one.temperature_c, 2))} ({why})"
