"""Slips of clocks and probes, put right when readings are read: what is stored stays as it came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.domain import spans
from service.domain.series.quality import Quality
from service.domain.series.sensor_range import PLAUSIBLE, SensorRange
from service.domain.series.track import Track
from service.domain.spans import Spans


@dataclass(frozen=True, slots=True)
class Stretch:
    """A logger's clock over [from_us, until_us), as it said itself: what it measured was at `offset_us` more.

    Not so what the logger gave no time for: that was stamped on arrival, by our clock.
    """

    from_us: int
    until_us: int
    offset_us: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a probe said over [from_us, until_us) is `slope` · x + `offset_c`."""

    from_us: int
    until_us: int
    slope: float
    offset_c: float


@dataclass(frozen=True, slots=True)
class Mending:
    """What to know of one series to read it right.

    Attributes:
        clock, calibrations: all that was put right of it: disjoint stretches, disjoint calibrations, in any order.
        shown: what numbers its probe can show, before it was put right.
        range_min_c, range_max_c: what its logger can show, as recorded: what "LO" and "HI" prove. None: nothing.
    """

    clock: tuple[Stretch, ...] = ()
    calibrations: tuple[Calibration, ...] = ()
    shown: SensorRange = PLAUSIBLE
    range_min_c: float | None = None
    range_max_c: float | None = None


def stretches(mended: Iterable[Stretch]) -> list[Stretch]:
    """All time of a logger's clock, cut so that each stretch has one offset: the mended ones, and 0 between them."""
    mended = list(mended)
    right = spans.complement(spans.spans([(stretch.from_us, stretch.until_us) for stretch in mended]))
    return mended + [Stretch(from_us, until_us, 0) for from_us, until_us in right.tolist()]


def own_window(stretch: Stretch, from_us: int, until_us: int) -> tuple[int, int]:
    """The closed window [from_us, until_us] on a stretch's own clock, cut to the stretch.

    Empty (its end just before its start) at the edge of the stretch nearer to the window if they do not meet. So the
    readings of the stretch next to what is returned are those next to the window, on either side of it.
    """
    opens_us = min(max(from_us - stretch.offset_us, stretch.from_us), stretch.until_us)
    closes_us = min(max(until_us - stretch.offset_us, stretch.from_us - 1), stretch.until_us - 1)
    return opens_us, closes_us


def mended_spans(changed: Spans, mended: Sequence[Stretch]) -> Spans:
    """Spans of a logger's clock as spans of true time, and as they are too: some readings may be stamped on arrival."""
    of_stretch = (
        spans.intersect(changed, spans.spans([(stretch.from_us, stretch.until_us)])) + stretch.offset_us
        for stretch in mended
    )
    return spans.union(changed, *of_stretch)


def calibrated(
    times_us: NDArray[np.int64],
    temperatures_c: NDArray[np.float64],
    qualities: NDArray[np.int16],
    calibrations: Iterable[Calibration],
) -> NDArray[np.float64]:
    """Temperatures as their calibrations have them, shape (n,), at true times.

    Only numbers are changed: "HI" and "LO" say what the logger can show, and a sentinel of a fault is no temperature.
    """
    found = temperatures_c
    for one in calibrations:
        counts = (qualities == Quality.OK) & (times_us >= one.from_us) & (times_us < one.until_us)
        found = np.where(counts, one.slope * temperatures_c + one.offset_c, found)
    return found


def by_calibration(there: Spans, calibrations: Iterable[Calibration]) -> list[Calibration]:
    """Some time, cut so that each part is calibrated in one way; what no calibration holds for is as it was said."""
    parts = [(spans.clip(there, one.from_us, one.until_us), one.slope, one.offset_c) for one in calibrations]
    parts.append((spans.subtract(there, spans.union(*(some for some, _, _ in parts))), 1.0, 0.0))
    return [
        Calibration(from_us, until_us, slope, offset_c)
        for some, slope, offset_c in parts
        for from_us, until_us in some.tolist()
    ]


def at_one_instant(readings: Track) -> Track:
    """Readings of one instant as one whose bounds are all of theirs.

    A logger said two things of that instant, or a mended clock put them there. Nobody can tell which of them was so, or
    was measured when: what they do not agree on is disputed. Times need only ascend.
    """
    if (readings.times_us[1:] > readings.times_us[:-1]).all():
        return readings
    times_us, first = np.unique(readings.times_us, return_index=True)
    return Track(times_us, np.minimum.reduceat(readings.low_c, first), np.maximum.reduceat(readings.high_c, first))


def present(from_us: int, until_us: int, absences: Iterable[tuple[int, int]]) -> Spans:
    """The time of an attachment, [from_us, until_us), in which the probe was where it belonged."""
    return spans.subtract(spans.spans([(from_us, until_us)]), spans.spans(absences))
