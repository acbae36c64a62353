"""What does and what does not change the time a lot was beyond a limit."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from service.domain import spans
from service.domain.exposure.container import Record, Threshold
from service.domain.instant import END_US, SECOND_US
from service.domain.profiles import Direction, ThawRule
from service.domain.series.crossings import judged, together
from service.domain.series.track import held
from service.domain.verdicts.verdict import judge
from tests.oracle import Allowed, Lot, Series, Value
from tests.property.histories import (
    HORIZON_US,
    MAX_GAP_US,
    MODERATE,
    History,
    disputed_where_measured,
    exposure_of,
    histories,
    instants,
    pairs,
    plain,
    profile_of,
    record_of,
    series,
    tenths_c,
    thaw_rules,
    track_of,
)

ABOVE_60: Threshold = (Direction.ABOVE, -60.0)
#: So near to one another that none of them can be a spike.
near_c = st.integers(-800, -450).map(lambda n: n / 10)


def paced(values: list[Value], step_us: int = SECOND_US) -> tuple[tuple[int, Value], ...]:
    """Readings at a logger's even pace."""
    return tuple((i * step_us, value) for i, value in enumerate(values))


def certain_us(record: Record, threshold: Threshold = ABOVE_60) -> int:
    """Time certainly beyond."""
    return spans.total_us(record.beyond[threshold])


def disputed_us(record: Record, threshold: Threshold = ABOVE_60) -> int:
    """Measured time possibly but not certainly beyond."""
    return spans.total_us(disputed_where_measured(record, threshold))


@MODERATE
@given(histories(), instants, st.none() | thaw_rules)
def test_splitting_a_placement_anywhere_changes_nothing(history: History, at_us: int, rule: ThawRule | None) -> None:
    """Writing down that a lot stayed where it was is not a movement."""
    cut = [
        part
        for name, from_us, until_us in history.lot.stays
        for part in ((name, from_us, min(at_us, until_us)), (name, max(at_us, from_us), until_us))
        if part[1] < part[2]
    ]
    whole = exposure_of(history, thaw=rule)
    split = exposure_of(replace(history, lot=replace(history.lot, stays=tuple(cut))), thaw=rule)
    profile = profile_of(history.limits, rule)
    assert judge(split, profile).verdict == judge(whole, profile).verdict
    assert judge(split, profile).reasons == judge(whole, profile).reasons
    assert split.thaw == whole.thaw
    assert split.parts == whole.parts
    assert pairs(split.gaps) == pairs(whole.gaps)
    assert pairs(split.pending) == pairs(whole.pending)
    for one, other in zip(split.limits, whole.limits, strict=True):
        assert pairs(one.certain) == pairs(other.certain)
        assert pairs(one.possible) == pairs(other.possible)
        assert one.beyond_since_us == other.beyond_since_us


@MODERATE
@given(
    st.lists(near_c, min_size=2, max_size=12),
    st.integers(2, MAX_GAP_US) | st.integers(2, 9),
    st.sampled_from(list(Direction)),
    near_c | st.just(-60.0),
    st.data(),
)
def test_inserting_readings_on_the_line_changes_nothing_but_a_microsecond_a_crossing(
    values: list[Value], step_us: int, direction: Direction, threshold_c: float, drawn: st.DataObject
) -> None:
    """A logger that samples more often sees the same steady rise: but for a microsecond of rounding a crossing."""
    before = paced(values, step_us)
    after = dict(before)
    for (t1, x1), (t2, x2) in drawn.draw(st.lists(st.sampled_from(list(pairwise(before))), min_size=1, max_size=6)):
        at_us = drawn.draw(st.integers(t1 + 1, t2 - 1))
        on_the_line = x1 + (at_us - t1) / (t2 - t1) * (x2 - x1)
        after.setdefault(at_us, min(max(on_the_line, min(x1, x2)), max(x1, x2)))
    threshold: Threshold = (direction, threshold_c)
    one, other = (record_of([Series(found)], [threshold]) for found in (before, tuple(sorted(after.items()))))
    assert pairs(other.gaps) == pairs(one.gaps)
    assert (other.measured_until_us, other.open_beyond) == (one.measured_until_us, one.open_beyond)
    assert disputed_us(one, threshold) == disputed_us(other, threshold) == 0
    # The crossing of an interval is rounded once before and once after.
    crossings = sum(min(x1, x2) < threshold_c < max(x1, x2) for (_, x1), (_, x2) in pairwise(before))
    was, becomes = one.beyond[threshold], other.beyond[threshold]
    assert spans.total_us(spans.subtract(was, becomes)) + spans.total_us(spans.subtract(becomes, was)) <= crossings


@MODERATE
@given(histories(), st.integers(1, 300).map(lambda n: n / 10))
def test_widening_a_limit_never_adds_exposure(history: History, wider_c: float) -> None:
    """A product that stands more warmth or cold is never found to have been beyond its limits for longer."""
    wider = [
        replace(limit, threshold_c=limit.threshold_c + (wider_c if limit.side == "above" else -wider_c))
        for limit in history.limits
    ]
    strict, wide = exposure_of(history), exposure_of(replace(history, limits=wider))
    for one, other in zip(strict.limits, wide.limits, strict=True):
        assert spans.total_us(spans.subtract(other.certain, one.certain)) == 0
        assert spans.total_us(spans.subtract(other.possible, one.possible)) == 0


@MODERATE
@given(series(), st.sampled_from(list(Direction)), tenths_c)
def test_certain_is_possible(probe: Series, direction: Direction, threshold_c: float) -> None:
    """What is proven to have happened may have happened."""
    track = held(track_of(probe), probe.from_us, END_US if probe.until_us is None else probe.until_us, MAX_GAP_US)
    found = judged(together([track]), [(direction, threshold_c)], MAX_GAP_US).beyond[0]
    assert len(spans.subtract(found.certain.of(0), found.possible.of(0))) == 0


@MODERATE
@given(st.lists(near_c, max_size=10), st.lists(near_c, max_size=10), st.integers(0, 12))
def test_two_sensors_hot_in_turn_add_up(first: list[Value], second: list[Value], later: int) -> None:
    """The top shelf was warm, then the bottom shelf: the lot may have been on both, so both times count."""
    one = Series(paced(first))
    other = Series(tuple((t + later * SECOND_US, x) for t, x in paced(second)), from_us=later * SECOND_US)
    alone = [record_of([probe], [ABOVE_60]) for probe in (one, other)]
    both = record_of([one, other], [ABOVE_60])
    assert pairs(both.beyond[ABOVE_60]) == pairs(spans.union(*(r.beyond[ABOVE_60] for r in alone)))
    if later >= len(first):
        assert certain_us(both) == sum(certain_us(r) for r in alone)


@MODERATE
@given(near_c, st.floats(-60.0, 30.0), st.floats(0.0, 40.0))
def test_hi_counts_from_the_end_of_the_range(before_c: float, range_max_c: float, farther_c: float) -> None:
    """A display that says HI proves the top of its range, and leaves open how much warmer it was."""
    cold = min(before_c, -60.1)
    said = Series(paced([cold, "HI", "HI", cold]), range_max_c=range_max_c)
    read = Series(paced([cold, range_max_c, range_max_c, cold]))
    beyond_range: Threshold = (Direction.ABOVE, range_max_c + farther_c)
    found, plainly = record_of([said], [ABOVE_60, beyond_range]), record_of([read], [ABOVE_60])
    assert pairs(found.beyond[ABOVE_60]) == pairs(plainly.beyond[ABOVE_60])
    # A threshold the logger cannot reach is neither passed nor kept.
    assert certain_us(found, beyond_range) == 0
    assert pairs(found.disputed[beyond_range]) == [(0, 3 * SECOND_US)]


@MODERATE
@given(near_c, st.floats(-100.0, -90.0), st.floats(0.0, 40.0))
def test_lo_counts_from_the_end_of_the_range(before_c: float, range_min_c: float, farther_c: float) -> None:
    """A display that says LO proves the bottom of its range, and leaves open how much colder it was."""
    below_90: Threshold = (Direction.BELOW, -90.0)
    beyond_range: Threshold = (Direction.BELOW, range_min_c - farther_c)
    said = Series(paced([before_c, "LO", "LO", before_c]), range_min_c=range_min_c)
    read = Series(paced([before_c, range_min_c, range_min_c, before_c]))
    found, plainly = record_of([said], [below_90, beyond_range]), record_of([read], [below_90])
    assert pairs(found.beyond[below_90]) == pairs(plainly.beyond[below_90])
    assert certain_us(found, beyond_range) == 0
    assert pairs(found.disputed[beyond_range]) == [(0, 3 * SECOND_US)]


@MODERATE
@given(st.sampled_from(["HI", "LO"]), st.lists(near_c, min_size=1, max_size=4), st.sampled_from(list(Direction)))
def test_without_a_known_range_hi_and_lo_prove_nothing(said: str, around: list[Value], direction: Direction) -> None:
    """A logger whose range nobody wrote down says HI: the time around it is disputed, never in range."""
    threshold: Threshold = (direction, -60.0)
    calm = -70.0 if direction is Direction.ABOVE else -50.0
    record = record_of([Series(paced([*around, calm, said, calm]))], [threshold])
    middle = len(around) + 1
    around_it = ((middle - 1) * SECOND_US, (middle + 1) * SECOND_US)
    assert pairs(spans.clip(record.disputed[threshold], *around_it)) == [around_it]
    assert not pairs(spans.clip(record.beyond[threshold], *around_it))


@MODERATE
@given(series(), st.lists(st.tuples(instants, st.sampled_from([85.0, -127.0, 327.67, None])), max_size=6))
def test_faults_are_skipped(probe: Series, faults: list[tuple[int, Value]]) -> None:
    """A restarting sensor's 85.0 between two readings leaves the line between them as it was."""
    known = dict(probe.readings)
    disturbed = replace(probe, readings=tuple({**dict(faults), **known}.items()))
    assert plain(record_of([disturbed], [ABOVE_60])) == plain(record_of([probe], [ABOVE_60]))


@MODERATE
@given(st.lists(st.integers(-80, -75), min_size=2, max_size=8), st.integers(-30, 60), st.data())
def test_a_lone_spike_is_disputed_but_never_the_newest(calm: list[Value], spike_c: int, drawn: st.DataObject) -> None:
    """One reading of 0 °C among many at −78 °C may be a bad contact; the newest one may be a door left open."""
    at = drawn.draw(st.integers(1, len(calm) - 1))
    record = record_of([Series(paced([*calm[:at], float(spike_c), *calm[at:]]))], [ABOVE_60])
    assert certain_us(record) == 0
    assert disputed_us(record) > 0
    assert not record.open_beyond
    newest = record_of([Series(paced([*calm, float(spike_c)]))], [ABOVE_60])
    assert certain_us(newest) > 0
    assert disputed_us(newest) == 0
    assert newest.open_beyond == {ABOVE_60}


@MODERATE
@example(MAX_GAP_US, 3 * MAX_GAP_US)
@example(MAX_GAP_US + 1, 3 * MAX_GAP_US)
@given(st.integers(0, 3 * MAX_GAP_US), st.integers(0, 3 * MAX_GAP_US))
def test_silence_is_pending_then_a_gap_from_the_last_reading_on(silent_us: int, moved_after_us: int) -> None:
    """A late logger is waited for as long as two readings may be apart; then nothing since the last one is proven.

    That holds for a lot that has left the freezer meanwhile: the length of the silence is judged before it is clipped.
    """
    last_us = 3 * SECOND_US
    stays = (("A", 0, last_us + moved_after_us),) if moved_after_us else ()
    now_us = last_us + silent_us
    history = History(
        {"A": [Series(paced([-80.0] * 4))]},
        Lot(0, min(END_US, last_us + moved_after_us), stays or (("A", 0, END_US),)),
        [Allowed("above", -60.0, budget_s=60)],
        now_us,
    )
    exposure = exposure_of(history)
    tail = [(last_us, last_us + min(silent_us, moved_after_us))]
    tail = [x for x in tail if x[1] > x[0]]
    pending = silent_us <= MAX_GAP_US
    assert pairs(exposure.pending) == (tail if pending else [])
    assert pairs(exposure.gaps) == ([] if pending else tail)
    assert exposure.parts.in_range_us == last_us


@MODERATE
@example(MAX_GAP_US, MAX_GAP_US)
@example(MAX_GAP_US + 1, MAX_GAP_US + 1)
@given(st.integers(0, 3 * MAX_GAP_US), st.integers(1, 3 * MAX_GAP_US))
def test_an_attachment_is_measured_to_its_edges_or_not_beyond_its_readings(head_us: int, tail_us: int) -> None:
    """A probe hung up minutes before its first reading speaks for these minutes; hours before, for none of them."""
    first_us, last_us = head_us, head_us + SECOND_US
    probe = Series(((first_us, -80.0), (last_us, -80.0)), 0, last_us + tail_us)
    record = record_of([probe], [ABOVE_60])
    measured = spans.clip(spans.complement(record.gaps), 0, record.measured_until_us)
    from_us = 0 if head_us <= MAX_GAP_US else first_us
    until_us = last_us + (tail_us if tail_us <= MAX_GAP_US else 0)
    assert pairs(measured) == [(from_us, until_us)]


@MODERATE
@given(series(), instants)
def test_a_reading_outside_an_attachment_has_no_say_inside(probe: Series, at_us: int) -> None:
    """What a logger measured on the desk, before or after, changes nothing about the freezer it hung in."""
    until_us = HORIZON_US if probe.until_us is None else probe.until_us
    inside = tuple(r for r in probe.readings if probe.from_us <= r[0] < until_us)
    attached = replace(probe, readings=inside, until_us=until_us)
    outside_us = until_us + at_us if at_us % 2 else probe.from_us - 1 - at_us
    desk = replace(attached, readings=(*inside, (outside_us, 22.0)))
    assert plain(record_of([desk], [ABOVE_60])) == plain(record_of([attached], [ABOVE_60]))


@MODERATE
@given(histories())
def test_a_container_never_measured_is_a_gap(history: History) -> None:
    """A freezer without a logger proves nothing, for no lot and at no time."""
    exposure = exposure_of(history, records={})
    assert pairs(exposure.gaps) == pairs(exposure.life)
    assert exposure.parts.gap_us == spans.total_us(exposure.life)
    assert all(np.array_equal(found.possible, exposure.life) for found in exposure.limits)
