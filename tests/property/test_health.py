"""A logger's health: what late, doubled and shuffled readings cannot change, and what a simple count says too."""

from dataclasses import dataclass
from itertools import pairwise
from random import Random
from statistics import median

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.domain.instant import SECOND_US
from service.domain.series.health import (
    NEWEST,
    Gaps,
    Heard,
    Numbers,
    clock_lag_us,
    gaps,
    latest_battery_v,
    numbers,
    together,
)

MINUTE_US = 60 * SECOND_US


@dataclass(frozen=True)
class Sent:
    """One reading, as far as health goes."""

    measured_us: int
    received_us: int
    seq: int = -1
    battery_v: float = float("nan")
    stamped: bool = False


def heard(sent: list[Sent]) -> Heard:
    """As columns."""
    return Heard(
        np.array([s.measured_us for s in sent], dtype=np.int64),
        np.array([s.received_us for s in sent], dtype=np.int64),
        np.array([s.seq for s in sent], dtype=np.int64),
        np.array([s.battery_v for s in sent], dtype=np.float64),
        np.array([s.stamped for s in sent], dtype=np.bool_),
    )


times_us = st.integers(0, 10_000 * MINUTE_US)
readings = st.builds(
    Sent,
    measured_us=st.integers(0, 40).map(lambda n: n * MINUTE_US) | times_us,
    received_us=times_us,
    seq=st.integers(-1, 12) | st.sampled_from([2**62, 2**63 - 1]),
    battery_v=st.sampled_from([float("nan"), 3.6, 3.5, 2.9]),
    stamped=st.booleans(),
)
several = st.lists(readings, min_size=1, max_size=40)


@given(several, several, st.randoms(use_true_random=False), times_us)
def test_order_and_repetition_change_nothing(
    sent: list[Sent], again: list[Sent], chance: Random, since_us: int
) -> None:
    """A logger that uploads its memory twice, out of order, is no worse for it."""
    doubled = [*sent, *(s for s in sent if s in again or s.seq % 2)]
    chance.shuffle(doubled)
    plain, mixed = heard(sent), heard(doubled)
    assert gaps(plain, since_us) == gaps(mixed, since_us)
    assert numbers(plain, since_us) == numbers(mixed, since_us)
    assert clock_lag_us(plain) == clock_lag_us(mixed)
    assert latest_battery_v(plain) == latest_battery_v(mixed)


@given(several, times_us)
def test_it_is_what_counting_by_hand_gives(sent: list[Sent], since_us: int) -> None:
    """The vectorised code equals a plain loop over the readings."""
    moments = sorted({s.measured_us for s in sent})
    steps = [b - a for a, b in pairwise(moments)]
    if len(steps) < 2:
        expected = Gaps(None, 0, 0, 0)
    else:
        usual = int(median(steps))
        pairs = pairwise(moments)
        lengths = [b - max(a, since_us) for a, b in pairs if 2 * (b - a) > 3 * usual and b > since_us]
        expected = Gaps(usual, len(lengths), sum(lengths), max(lengths, default=0))
    assert gaps(heard(sent), since_us) == expected

    counted = [s.seq for s in sorted(sent, key=lambda s: (s.measured_us, s.seq)) if s.measured_us >= since_us]
    counted = [seq for seq in counted if seq >= 0]
    missing = restarts = 0
    for a, b in pairwise(counted):
        missing += max(0, b - a - 1)
        restarts += b < a
    assert numbers(heard(sent), since_us) == Numbers(missing, restarts)


@given(st.integers(2, 60), st.sets(st.integers(1, 58)), st.integers(0, 5))
def test_every_number_lost_on_the_way_is_missed(count: int, lost: set[int], restarts: int) -> None:
    """Of a counter without restarts, exactly what did not arrive is missing; a restart adds nothing."""
    lost = {n for n in lost if n < count - 1}
    runs = [
        Sent((run * 100 + n) * MINUTE_US, 0, seq=n)
        for run in range(restarts + 1)
        for n in range(count)
        if n not in lost
    ]
    assert numbers(heard(runs), 0) == Numbers(len(lost) * (restarts + 1), restarts)


@given(st.integers(-5_000, 5_000), st.lists(st.integers(0, 3_600), min_size=1, max_size=60))
def test_delay_never_hides_that_a_clock_is_ahead(lag_s: int, delays_s: list[int]) -> None:
    """Buffering and transport only make a clock look further behind; one prompt reading tells."""
    sent = [Sent(n * MINUTE_US, n * MINUTE_US + (lag_s + delay_s) * SECOND_US) for n, delay_s in enumerate(delays_s)]
    assert clock_lag_us(heard(sent)) == (lag_s + min(delays_s[-NEWEST:])) * SECOND_US


def test_a_clock_that_was_set_right_is_soon_believed() -> None:
    """What the clock was like last week says nothing of today."""
    wrong = [Sent(n * MINUTE_US, (n - 60) * MINUTE_US) for n in range(100)]
    right = [Sent((100 + n) * MINUTE_US, (100 + n) * MINUTE_US + 2 * SECOND_US) for n in range(NEWEST)]
    assert clock_lag_us(heard(wrong)) == -60 * MINUTE_US
    assert clock_lag_us(heard([*wrong, *right])) == 2 * SECOND_US


def test_our_clock_says_nothing_of_a_loggers() -> None:
    """A device without a clock has no lag: its readings are stamped when they come."""
    assert clock_lag_us(heard([Sent(5, 5, stamped=True)])) is None
    assert clock_lag_us(heard([Sent(5, 5, stamped=True), Sent(1, 8)])) == 7


def test_a_gap_is_measured_by_the_loggers_own_pace() -> None:
    """A lost reading is a gap of two steps; a late one is none, and silence at the end may yet be filled."""
    minutes = [0, 5, 10, 20, 25, 32, 35, 40]
    sent = heard([Sent(m * MINUTE_US, m * MINUTE_US) for m in minutes])
    assert gaps(sent, 0) == Gaps(5 * MINUTE_US, 1, 10 * MINUTE_US, 10 * MINUTE_US)
    assert gaps(sent, 14 * MINUTE_US) == Gaps(5 * MINUTE_US, 1, 6 * MINUTE_US, 6 * MINUTE_US)
    assert gaps(sent, 20 * MINUTE_US) == Gaps(5 * MINUTE_US, 0, 0, 0)


def test_probes_share_a_battery_and_a_clock() -> None:
    """What belongs to the device is told from whichever of its probes spoke last."""
    top = heard([Sent(1, 9, battery_v=3.6), Sent(3, 9, battery_v=3.4)])
    bottom = heard([Sent(2, 4, battery_v=3.5)])
    assert latest_battery_v(together([top, bottom])) == 3.4
    assert clock_lag_us(together([top, bottom])) == 2
    assert latest_battery_v(heard([Sent(1, 1)])) is None
