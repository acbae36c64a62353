"""Mended clocks: whatever window is asked for, what a logger truly measured in it is found, and what lies beside it."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.domain import spans
from service.domain.instant import BEGINNING_US, END_US
from service.domain.series.mending import Stretch, at_one_instant, mended_spans, own_window, present, stretches
from service.domain.series.track import Track
from tests.property.histories import MODERATE, pairs

times = st.integers(0, 60)


@st.composite
def clocks(draw: st.DrawFn) -> list[Stretch]:
    """A clock that was wrong over some stretches, by this and that."""
    cuts = sorted(draw(st.sets(times, max_size=6)))
    edges = zip(cuts[::2], cuts[1::2], strict=False)
    return [Stretch(from_us, until_us, draw(st.integers(-40, 40))) for from_us, until_us in edges]


def true_us(said_us: int, clock: Sequence[Stretch]) -> int:
    """What the clock meant."""
    return said_us + sum(s.offset_us for s in clock if s.from_us <= said_us < s.until_us)


def asked(said: Sequence[int], opens_us: int, closes_us: int, padding: int) -> list[int]:
    """As the store answers: the readings in a closed window, and some on each side."""
    before = [t for t in said if t < opens_us][-padding:]
    after = [t for t in said if t > closes_us][:padding]
    return [*before, *(t for t in said if opens_us <= t <= closes_us), *after]


@MODERATE
@given(clocks(), st.sets(times, max_size=30), st.integers(-50, 100), st.integers(0, 30))
def test_no_reading_of_a_window_nor_beside_it_is_missed(
    clock: list[Stretch], readings: set[int], from_us: int, length_us: int
) -> None:
    """A freezer's repaired record needs the readings in a window and three beside it, clock wrong or not."""
    said, until_us, padding = sorted(readings), from_us + length_us, 3
    loaded = set()
    for stretch in stretches(clock):
        found = asked(said, *own_window(stretch, from_us, until_us), padding)
        loaded |= {t + stretch.offset_us for t in found if stretch.from_us <= t < stretch.until_us}
    wanted = sorted({true_us(t, clock) for t in said})
    assert loaded <= set(wanted)
    assert set(asked(wanted, from_us, until_us, padding)) <= loaded


@MODERATE
@given(clocks())
def test_stretches_are_all_of_time_once(clock: list[Stretch]) -> None:
    """A reading has one true time."""
    edges = sorted((s.from_us, s.until_us) for s in stretches(clock))
    assert (edges[0][0], edges[-1][1]) == (BEGINNING_US, END_US)
    assert all(one[1] == following[0] for one, following in pairwise(edges))


@MODERATE
@given(clocks(), st.lists(st.tuples(times, times), max_size=4))
def test_what_changed_is_looked_for_where_it_was_measured(clock: list[Stretch], changed: list[tuple[int, int]]) -> None:
    """A late upload by a wrong clock changes the hours it was measured in; what was stamped on arrival, those named."""
    instants = {t for from_us, until_us in pairs(spans.spans(changed)) for t in range(from_us, until_us)}
    found = mended_spans(spans.spans(changed), clock)
    covered = {t for from_us, until_us in pairs(found) for t in range(from_us, until_us)}
    assert covered == instants | {true_us(t, clock) for t in instants}


@MODERATE
@given(st.lists(st.tuples(times, st.integers(-90, 0), st.integers(0, 2)), max_size=12))
def test_readings_on_one_instant_are_one_whose_bounds_are_all_theirs(found: list[tuple[int, int, int]]) -> None:
    """At −80 and at −50 at once, as a mended clock has it: somewhere between them, disputed, not averaged."""
    found.sort()
    merged = at_one_instant(
        Track(
            np.array([t for t, _, _ in found], dtype=np.int64),
            np.array([low for _, low, _ in found], dtype=np.float64),
            np.array([low + more for _, low, more in found], dtype=np.float64),
        )
    )
    assert merged.times_us.tolist() == sorted({t for t, _, _ in found})
    for at_us, low, high in zip(merged.times_us, merged.low_c, merged.high_c, strict=True):
        assert low == min(lowest for t, lowest, _ in found if t == at_us)
        assert high == max(lowest + more for t, lowest, more in found if t == at_us)


def test_a_probe_that_was_away_stands_for_what_is_left() -> None:
    """A battery change cuts an attachment in two; one longer than the attachment leaves nothing of it."""
    assert pairs(present(0, END_US, [(10, 20), (15, 30)])) == [(0, 10), (30, END_US)]
    assert pairs(present(0, 40, [(-5, 50)])) == []
