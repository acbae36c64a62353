"""Span algebra against sets of whole numbers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.domain import spans
from service.domain.brought import Brought, shares
from service.domain.exposure.lot import Exposure, Parts, Stay
from service.domain.instant import BEGINNING_US, END_US
from service.domain.spans import Spans
from tests.property.histories import MODERATE, pairs

WORLD = range(40)
raw_pairs = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)


def members(found: Spans) -> set[int]:
    """The whole numbers of the small world that are in the spans."""
    return {n for n in WORLD if any(from_us <= n < until_us for from_us, until_us in pairs(found))}


def assert_tidy(found: Spans) -> None:
    """Sorted, disjoint, not touching, each of positive length, whole microseconds."""
    flat = found.reshape(-1)
    assert found.dtype == np.int64
    assert found.shape == (len(flat) // 2, 2)
    assert bool((np.diff(flat) > 0).all())


@MODERATE
@given(raw_pairs, raw_pairs, st.integers(0, 40), st.integers(0, 40))
def test_spans_are_sets_of_time(raw_a: list[tuple[int, int]], raw_b: list[tuple[int, int]], p: int, q: int) -> None:
    """Time beyond a limit, in gaps and in placements adds and subtracts as sets do: nothing is counted twice."""
    a, b = spans.spans(raw_a), spans.spans(raw_b)
    in_a, in_b = members(a), members(b)
    from_us, until_us = min(p, q), max(p, q)
    window = set(range(from_us, until_us))
    assert in_a == {n for n in WORLD if any(x <= n < y for x, y in raw_a)}
    for found, expected in (
        (a, in_a),
        (spans.union(a, b), in_a | in_b),
        (spans.union(), set()),
        (spans.intersect(a, b), in_a & in_b),
        (spans.subtract(a, b), in_a - in_b),
        (spans.complement(a), set(WORLD) - in_a),
        (spans.clip(a, from_us, until_us), in_a & window),
        (spans.splice(a, (from_us, until_us), b), (in_a - window) | (in_b & window)),
    ):
        assert_tidy(found)
        assert members(found) == expected
    assert spans.total_us(a) == len(in_a)
    assert spans.before_us(a, np.arange(41)).tolist() == [len(in_a & set(range(n))) for n in range(41)]
    assert spans.contains(a, p) == (p in in_a)


@MODERATE
@given(raw_pairs, st.integers(0, 40))
def test_a_running_total_is_reached_at_an_instant(raw: list[tuple[int, int]], allowed: int) -> None:
    """A budget is exceeded right after the instant at which the last of it was used."""
    a = spans.spans(raw)
    reached = spans.reached_at_us(a, allowed)
    ticks = sorted(members(a))
    assert reached == (ticks[allowed] if len(ticks) > allowed else None)
    assert spans.longest_us(a) == max((until_us - from_us for from_us, until_us in pairs(a)), default=0)


@MODERATE
@given(raw_pairs)
def test_time_has_no_edge_that_loses_anything(raw: list[tuple[int, int]]) -> None:
    """What is not in a set of time is in its complement, from the beginning to the end of time."""
    a = spans.spans(raw)
    rest = spans.complement(a)
    assert spans.total_us(a) + spans.total_us(rest) == END_US - BEGINNING_US
    assert pairs(spans.complement(rest)) == pairs(a)
    assert pairs(spans.union(a, rest)) == [(BEGINNING_US, END_US)]


@MODERATE
@given(raw_pairs, st.integers(0, 10))
def test_joined_spans_keep_only_the_wider_holes(raw: list[tuple[int, int]], apart: int) -> None:
    """Changes close together are looked at as one; what lies farther apart stays so."""
    a = spans.spans(raw)
    holes = zip(a[:-1, 1].tolist(), a[1:, 0].tolist(), strict=True)
    found = spans.joined(a, apart)
    assert_tidy(found)
    assert members(found) == members(a) | {n for x, y in holes if y - x <= apart for n in range(x, y)}


@MODERATE
@given(raw_pairs, raw_pairs, st.lists(st.tuples(st.integers(1, 3), st.booleans(), raw_pairs), max_size=6))
def test_what_rests_on_what_was_brought_is_counted_once(
    raw_gaps: list[tuple[int, int]],
    raw_stays: list[tuple[int, int]],
    raw: list[tuple[int, bool, list[tuple[int, int]]]],
) -> None:
    """A lot that was in two freezers rests on a file as long as it was measured where the file says so."""
    there = {"f1": spans.spans(raw_stays), "f2": spans.subtract(spans.spans([(0, 40)]), spans.spans(raw_stays))}
    gaps = spans.spans(raw_gaps)
    exposure = Exposure(
        life=spans.spans([(0, 40)]),
        limits=(),
        gaps=gaps,
        unplaced=spans.NONE,
        pending=spans.NONE,
        unjudged=spans.NONE,
        parts=Parts(0, 0, 0, 0, 0, 0),
        placed=tuple((Stay(name, 0, 40), its) for name, its in there.items()),
        present=None,
    )
    times = {(name, number): spans.NONE for name in there for number in (1, 2, 3)}
    for number, is_first, pairs_of_it in raw:
        key = ("f1" if is_first else "f2", number)
        times[key] = spans.union(times[key], spans.spans(pairs_of_it))
    brought = {
        name: Brought(
            *np.concatenate([times[name, number] for number in (1, 2, 3)]).T,
            np.repeat([1, 2, 3], [len(times[name, number]) for number in (1, 2, 3)]),
        )
        for name in there
    }
    found = shares(exposure, brought)
    expected = {
        number: sum(len(members(times[name, number]) & members(its) - members(gaps)) for name, its in there.items())
        for number in (1, 2, 3)
    }
    assert dict(zip(found.origin_ids.tolist(), found.lengths_us.tolist(), strict=True)) == {
        number: length for number, length in expected.items() if length
    }
    assert (np.diff(found.lengths_us) <= 0).all()
