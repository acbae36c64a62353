"""Many series judged in one pass, in blocks of any length, are what each of them is alone, to the microsecond."""

from itertools import pairwise

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from service.domain import spans
from service.domain.instant import END_US
from service.domain.profiles import Direction
from service.domain.series.crossings import SeriesTimes, judged, together
from service.domain.series.track import Track, held
from service.domain.spans import Spans
from tests import oracle
from tests.oracle import Allowed, Series
from tests.property.histories import MAX_GAP_US, MODERATE, pairs, series, temperatures_c, track_of
from tests.property.test_spans import assert_tidy

limits = st.lists(
    st.tuples(st.sampled_from(list(Direction)), st.sampled_from([-60.0, -20.0, -90.0]) | st.floats(-100.0, 30.0)),
    max_size=4,
)
#: Of numbers alone, which share one array of bounds, or with HI and LO among them; or no series at all.
fleets = st.lists(series(temperatures_c), max_size=6) | st.lists(series(), max_size=6)
blocks = st.integers(1, 12) | st.just(10_000)
#: Never, always, and in some blocks.
denses = st.sampled_from([2.0, -1.0, 0.0, 0.25, 0.5])


def held_of(probe: Series) -> Track:
    """A probe's readings within its attachment."""
    return held(track_of(probe), probe.from_us, END_US if probe.until_us is None else probe.until_us, MAX_GAP_US)


def of_series(found: SeriesTimes, number: int) -> list[list[tuple[int, int]]]:
    """All that was found of one series, as plain values."""
    parts = [found.holes, *(part for beyond in found.beyond for part in (beyond.certain, beyond.possible))]
    for part in parts:
        assert_tidy(part.of(number))
    return [pairs(part.of(number)) for part in parts]


def union_of(raw: list[oracle.Span]) -> Spans:
    """The spans of pieces in order of time, joined by loops."""
    found: list[oracle.Span] = []
    for span in raw:
        if span[1] > span[0]:
            oracle.append(found, span)
    return np.array(found, dtype=np.int64).reshape(-1, 2)


@MODERATE
@given(fleets, limits, blocks, denses)
def test_each_series_of_many_is_judged_as_the_oracle_judges_it(
    probes: list[Series], asked: list[tuple[Direction, float]], block: int, dense: float
) -> None:
    """A logger's excursion is the same whichever other loggers are looked at with it."""
    found = judged(together([held_of(probe) for probe in probes]), asked, MAX_GAP_US, block=block, dense=dense)
    for number, probe in enumerate(probes):
        pieces = oracle.pieces_of(probe, MAX_GAP_US)
        of_oracle = []
        for direction, threshold_c in asked:
            lines = [oracle.beyond(piece, Allowed(direction.value, threshold_c)) for piece in pieces]
            of_oracle += [pairs(union_of([sure for sure, _ in lines])), pairs(union_of([maybe for _, maybe in lines]))]
        holes, *of_ours = of_series(found, number)
        assert of_ours == of_oracle
        times_us = held_of(probe).times_us.tolist()
        assert holes == pairs(spans.spans((a, b) for a, b in pairwise(times_us) if b - a > MAX_GAP_US))


@MODERATE
@given(fleets, limits, blocks, denses)
def test_many_series_at_once_are_each_alone(
    probes: list[Series], asked: list[tuple[Direction, float]], block: int, dense: float
) -> None:
    """Where blocks of work begin and end, and which form does it, leaves no trace; no line joins two loggers."""
    tracks = [held_of(probe) for probe in probes]
    found = judged(together(tracks), asked, MAX_GAP_US, block=block, dense=dense)
    for number, track in enumerate(tracks):
        assert of_series(found, number) == of_series(judged(together([track]), asked, MAX_GAP_US), 0)
    ends = [found.holes, *(beyond.certain for beyond in found.beyond), *(beyond.possible for beyond in found.beyond)]
    for part in ends:
        assert part.starts.tolist()[0] == 0
        assert part.starts.tolist()[-1] == len(part.pairs)
        assert len(part.starts) == len(tracks) + 1


@MODERATE
@example([-60.0, -50.0, -60.0, -50.0], 2, 3, [-60.0])
@given(
    st.lists(temperatures_c | st.sampled_from([float("inf"), float("-inf")]), max_size=30),
    st.integers(1, MAX_GAP_US + 1),
    st.integers(1, 8),
    st.lists(st.floats(-100.0, 30.0), min_size=1, max_size=3),
)
def test_the_dense_and_the_rare_form_agree(
    values_c: list[float], step_us: int, block: int, thresholds_c: list[float]
) -> None:
    """Bounds without end, readings on the limit and intervals of a microsecond are no exception."""
    values = np.array(values_c, dtype=np.float64)
    track = Track(np.arange(len(values), dtype=np.int64) * step_us, values, values)
    asked = [(direction, threshold_c) for threshold_c in thresholds_c for direction in Direction]
    dense, rare = (
        judged(together([track]), asked, MAX_GAP_US, block=block, dense=share).beyond for share in (-1.0, 2.0)
    )
    for one, other in zip(dense, rare, strict=True):
        assert pairs(one.certain.of(0)) == pairs(other.certain.of(0))
