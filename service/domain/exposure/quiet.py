"""Which new readings change nothing but until when their container is measured, told without loading a reading.

Nearly every reading that a logger sends is within limits, soon after the one before, and later than all others. What is
known of many series is laid side by side and looked at in one pass. Whatever could be otherwise is not quiet: its
readings are loaded, and judged as all are. Why that finds the same is said in docs/exposure.md.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from service.domain.instant import BEGINNING_US, END_US
from service.domain.series.mending import Mending
from service.domain.series.track import SPIKE_C

_Instants = NDArray[np.int64]
_Temperatures = NDArray[np.float64]
_Flags = NDArray[np.bool_]
#: Which of all are meant: a flag for each, or their places.
_Chosen = _Flags | NDArray[np.intp]


class Outcome(IntEnum):
    """What a look at the new readings of a series ends with: quiet, or the first reason why it is not."""

    QUIET = 0
    #: The reading before them is not known, or is no plain number.
    NO_END = 1
    #: They do not come one after another, or not after all that was evaluated.
    LATE = 2
    #: A number that its probe cannot show is among them.
    CANNOT_BE_SHOWN = 3
    #: A clock mend or the edge of a calibration may move some of them, or what is before them.
    PUT_RIGHT = 4
    #: The probe was not attached to one and the same container for all of the time, or will not be for ever.
    ATTACHED_OTHERWISE = 5
    #: The container was never judged, or not yet as far as the reading before them.
    NOT_JUDGED = 6
    #: Its record may be beyond a threshold, was so a moment ago, has a gap there, or an alert that waits for readings.
    NOT_CALM = 7
    #: Its silence was a gap already, so that its lots are judged by these readings.
    SILENT = 8
    #: A threshold is reached.
    BEYOND = 9
    #: One of them may be a spike, or make one of the reading before.
    SPIKE = 10
    #: They are too far apart.
    HOLE = 11


@dataclass(frozen=True, slots=True)
class Arrived:
    """New readings of k series, all of them numbers as they were sent; every column of shape (k,).

    Attributes:
        step_us: the widest step between two of them.
        in_order: whether what was marked at different times does not overlap.
    """

    series_ids: NDArray[np.int64]
    from_us: _Instants
    until_us: _Instants
    coldest_c: _Temperatures
    warmest_c: _Temperatures
    step_us: _Instants
    in_order: _Flags

    def of(self, chosen: _Chosen) -> "Arrived":
        """Those of some of the series."""
        return Arrived(
            self.series_ids[chosen],
            self.from_us[chosen],
            self.until_us[chosen],
            self.coldest_c[chosen],
            self.warmest_c[chosen],
            self.step_us[chosen],
            self.in_order[chosen],
        )


def arrived(
    series_ids: NDArray[np.int64],
    from_us: _Instants,
    until_us: _Instants,
    coldest_c: _Temperatures,
    warmest_c: _Temperatures,
    step_us: _Instants,
) -> Arrived:
    """What n marks say of each series, in the order of their ids. Each column is of shape (n,), in any order."""
    order = np.lexsort((from_us, series_ids))
    series_ids, from_us, until_us = series_ids[order], from_us[order], until_us[order]
    found, first = np.unique(series_ids, return_index=True)
    if not len(found):
        return Arrived(series_ids, from_us, until_us, coldest_c, warmest_c, step_us, np.empty(0, np.bool_))
    between_us = from_us - np.roll(until_us, 1)
    between_us[first] = 1
    steps_us = np.maximum(step_us[order], between_us)
    steps_us[first] = step_us[order][first]
    return Arrived(
        found,
        from_us[first],
        np.maximum.reduceat(until_us, first),
        np.minimum.reduceat(coldest_c[order], first),
        np.maximum.reduceat(warmest_c[order], first),
        np.maximum.reduceat(steps_us, first),
        np.minimum.reduceat(between_us, first) > 0,
    )


@dataclass(frozen=True, slots=True)
class Ends:
    """The newest usable reading of k series before those that arrived, as it was sent; columns of shape (k,).

    Attributes:
        coldest_c, warmest_c: what it lies between; NaN: it is no plain number, or none is known.
    """

    measured_us: _Instants
    coldest_c: _Temperatures
    warmest_c: _Temperatures

    def of(self, chosen: _Chosen) -> "Ends":
        """Those of some of the series."""
        return Ends(self.measured_us[chosen], self.coldest_c[chosen], self.warmest_c[chosen])


@dataclass(frozen=True, slots=True)
class Probes:
    """What is known of k series from their ends to the last of what arrived; columns of shape (k,).

    Attributes:
        low_c, high_c: what numbers a probe can show.
        slope, offset_c: its calibration.
        as_one: whether one calibration, or none, holds for all of that time, and no clock mend reaches into it.
        container: where its container is among `Containers`; -1: it is in none.
        judged: whether it counts for that container's verdicts.
        attached: whether its attachment holds for all of that time, and has no end; true of what is in none.
    """

    low_c: _Temperatures
    high_c: _Temperatures
    slope: _Temperatures
    offset_c: _Temperatures
    as_one: _Flags
    container: NDArray[np.int64]
    judged: _Flags
    attached: _Flags


@dataclass(frozen=True, slots=True)
class Containers:
    """What the records of c containers say, all those of one taken together; columns of shape (c,).

    Attributes:
        max_gap_us: the smallest of the largest gaps.
        measured_until_us: the earliest end of what was judged.
        silent_from_us: when the first silence becomes a gap.
        above_c, below_c: what is between these is within every threshold; infinite where there is none.
        calm: nothing is or was beyond a threshold or missing since its probes' ends, and no alert waits for readings.
    """

    max_gap_us: _Instants
    measured_until_us: _Instants
    silent_from_us: _Instants
    above_c: _Temperatures
    below_c: _Temperatures
    calm: _Flags


def follows(new: Arrived, ends: Ends) -> NDArray[np.int8]:
    """Of each series, whether what arrived comes after a plain number that was evaluated: QUIET, NO_END or LATE."""
    known = np.isfinite(ends.coldest_c) & np.isfinite(ends.warmest_c)
    later = new.in_order & (new.from_us > ends.measured_us)
    return _first({Outcome.NO_END: ~known, Outcome.LATE: ~later}, len(known))


def outcomes(new: Arrived, ends: Ends, probes: Probes, containers: Containers, now_us: int) -> NDArray[np.int8]:
    """Of each series, the `Outcome` as its number, shape (k,). What arrived follows its end.

    Each is told as if it were alone: readings of two probes that are both quiet are so together.
    """
    # Nothing is expected of the last container: it stands for none.
    expected = Containers(
        np.append(containers.max_gap_us, END_US),
        np.append(containers.measured_until_us, END_US),
        np.append(containers.silent_from_us, END_US),
        np.append(containers.above_c, np.inf),
        np.append(containers.below_c, -np.inf),
        np.append(containers.calm, True),
    )
    judged, at = probes.judged & (probes.container >= 0), probes.container
    shown = (np.minimum(new.coldest_c, ends.coldest_c) >= probes.low_c) & (
        np.maximum(new.warmest_c, ends.warmest_c) <= probes.high_c
    )
    end_low_c, end_high_c, low_c, high_c = (
        probes.slope * value_c + probes.offset_c
        for value_c in (ends.coldest_c, ends.warmest_c, new.coldest_c, new.warmest_c)
    )
    coldest_c, warmest_c = np.minimum(low_c, end_low_c), np.maximum(high_c, end_high_c)
    within = (coldest_c > expected.below_c[at]) & (warmest_c < expected.above_c[at])
    step_us = np.maximum(new.step_us, new.from_us - ends.measured_us)
    return _first(
        {
            Outcome.CANNOT_BE_SHOWN: ~shown,
            Outcome.PUT_RIGHT: ~probes.as_one,
            Outcome.ATTACHED_OTHERWISE: ~probes.attached,
            Outcome.NOT_JUDGED: judged & (expected.measured_until_us[at] < ends.measured_us),
            Outcome.NOT_CALM: ~expected.calm[at],
            # One that nothing ever measured has no lot whose verdict rests on it.
            Outcome.SILENT: (expected.silent_from_us[at] < now_us) & (expected.measured_until_us[at] > BEGINNING_US),
            Outcome.BEYOND: judged & ~within,
            Outcome.SPIKE: judged & ~(warmest_c - coldest_c <= SPIKE_C),
            Outcome.HOLE: judged & (step_us > expected.max_gap_us[at]),
        },
        len(judged),
    )


def _first(reasons: dict[Outcome, _Flags], count: int) -> NDArray[np.int8]:
    """The first reason of each series that holds."""
    found = np.full(count, Outcome.QUIET, dtype=np.int8)
    for outcome, holds in reversed(reasons.items()):
        found[holds] = outcome
    return found


@dataclass(frozen=True, slots=True)
class PutRight:
    """What is put right of a series over a time: one calibration for all of it.

    `as_one`: whether that is all; else some of its readings may be moved, or calibrated otherwise than others.
    """

    slope: float
    offset_c: float
    as_one: bool


NOTHING_PUT_RIGHT = PutRight(1.0, 0.0, as_one=True)


def put_right(mending: Mending, from_us: int, until_us: int) -> PutRight:
    """What is put right of readings in [from_us, until_us], of which the first is the newest of those before."""
    # What a mended clock moved, and where it was moved to, must lie before them.
    over_us = max((max(x.until_us, x.until_us + x.offset_us) for x in mending.clock), default=BEGINNING_US)
    touching = [x for x in mending.calibrations if x.from_us <= until_us and x.until_us > from_us]
    if not touching:
        return PutRight(1.0, 0.0, over_us <= from_us)
    one = touching[0]
    return PutRight(one.slope, one.offset_c, over_us <= from_us and one.from_us <= from_us and until_us < one.until_us)
