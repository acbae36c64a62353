"""How well a logger does its work, from the times, counters and voltages of its readings.

All of it helps people to find a logger that needs them, and no verdict depends on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: The clock is told from this many of the newest readings. A logger that uploads its memory now and then sends the last
#: of them fresh, so its clock is seen all the same.
NEWEST = 20


@dataclass(frozen=True, slots=True)
class Heard:
    """Readings, in any order, as columns of equal length.

    Attributes:
        measured_us, received_us: integer microseconds since 1970.
        seq: the logger's counter, −1 where it sent none.
        battery_v: NaN where it sent none.
        stamped: our clock stood in for the logger's, so that the two times say nothing of its clock.
    """

    measured_us: NDArray[np.int64]
    received_us: NDArray[np.int64]
    seq: NDArray[np.int64]
    battery_v: NDArray[np.float64]
    stamped: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Gaps:
    """Where readings are missing by a probe's own pace. `usual_us` None: fewer than two steps, so it shows no pace."""

    usual_us: int | None
    count: int
    total_us: int
    longest_us: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a counter says: how many numbers nobody heard, and how often it began anew."""

    missing: int
    restarts: int


def together(probes: Sequence[Heard]) -> Heard:
    """The readings of several probes as one; at least one must be given."""
    return Heard(
        np.concatenate([heard.measured_us for heard in probes]),
        np.concatenate([heard.received_us for heard in probes]),
        np.concatenate([heard.seq for heard in probes]),
        np.concatenate([heard.battery_v for heard in probes]),
        np.concatenate([heard.stamped for heard in probes]),
    )


def clock_lag_us(heard: Heard, newest: int = NEWEST) -> int | None:
    """The smallest time from measuring to arrival among the newest readings; None if the logger's clock made none.

    Transport and buffering only add to it, so it is the most by which the clock can be behind; if it is negative, the
    clock is ahead by at least as much.
    """
    own = ~heard.stamped
    measured_us, received_us = heard.measured_us[own], heard.received_us[own]
    if not len(measured_us):
        return None
    moments_us = np.unique(measured_us)[-newest:]
    of_newest = measured_us >= moments_us[0]
    return int((received_us[of_newest] - measured_us[of_newest]).min())


def latest_battery_v(heard: Heard) -> float | None:
    """The voltage measured last, to the millivolt; of two at the same instant the lower."""
    told = ~np.isnan(heard.battery_v)
    if not told.any():
        return None
    measured_us, battery_v = heard.measured_us[told], heard.battery_v[told]
    # Stored in single precision, whose further digits nobody sent.
    return round(float(battery_v[measured_us == measured_us.max()].min()), 3)


def gaps(heard: Heard, since_us: int) -> Gaps:
    """Steps between one probe's readings more than half longer than its usual one, as far as they lie after `since_us`.

    The usual step is the median of all given. Silence after the last reading is no gap here: what was measured may
    still be on its way.
    """
    times_us = np.unique(heard.measured_us)
    steps_us = np.diff(times_us)
    if len(steps_us) < 2:
        return Gaps(None, 0, 0, 0)
    usual_us = int(np.median(steps_us))
    long = (2 * steps_us > 3 * usual_us) & (times_us[1:] > since_us)
    lengths_us = times_us[1:][long] - np.maximum(times_us[:-1][long], since_us)
    return Gaps(usual_us, len(lengths_us), int(lengths_us.sum()), int(lengths_us.max(initial=0)))


def numbers(heard: Heard, since_us: int) -> Numbers:
    """What the counter of one probe says of the time since `since_us`, read in the order of measuring.

    A number lower than the one before is a restart: what was lost around it cannot be counted.
    """
    counted = (heard.seq >= 0) & (heard.measured_us >= since_us)
    measured_us, seq = heard.measured_us[counted], heard.seq[counted]
    steps = np.diff(seq[np.lexsort((seq, measured_us))])
    # Python's integers: a counter may leap, and leap again after a restart, farther than 64 bits can add up.
    return Numbers(sum(step - 1 for step in steps[steps > 1].tolist()), int((steps < 0).sum()))
