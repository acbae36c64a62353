"""In whatever order and batches readings arrive, a container's record ends the same."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from service.domain import spans
from service.domain.exposure.container import Record, Threshold, judge_container, repaired
from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.profiles import Direction
from service.domain.spans import Spans
from tests.oracle import FAULTS_C, Series, Value
from tests.property.histories import MAX_GAP_S, MODERATE, plain, record_of, series, watch_of

THRESHOLDS: list[Threshold] = [(Direction.ABOVE, -60.0), (Direction.ABOVE, -20.0), (Direction.BELOW, -90.0)]
REACH, PADDING = 2, 3
ANY_PROBE = series()


@dataclass(frozen=True)
class Arrival:
    """A reading of one of the container's probes, as it comes in."""

    probe: int
    at_us: int
    value: Value


@st.composite
def doors(draw: st.DrawFn) -> Series:
    """A probe in the air that is warm for many readings in a row, now for less and now for more than its grace."""
    runs = draw(st.lists(st.integers(1, 12), min_size=3, max_size=5))
    temperatures_c = [c for i, length in enumerate(runs) for c in [-50.0 if i % 2 else -80.0] * length]
    readings = tuple((n * SECOND_US // 2, c) for n, c in enumerate(temperatures_c))
    return Series(readings, door_grace_s=draw(st.integers(1, 5)))


@st.composite
def arrivals_of(draw: st.DrawFn, probes: Sequence[Series]) -> list[list[Arrival]]:
    """All readings of some probes shuffled, some twice, in batches."""
    sent = [Arrival(i, at_us, value) for i, probe in enumerate(probes) for at_us, value in probe.readings]
    again = draw(st.lists(st.sampled_from(sent), max_size=4)) if sent else []
    order = draw(st.permutations([*sent, *again]))
    batches, left = [], list(order)
    while left:
        size = draw(st.integers(1, len(left)))
        batches.append(left[:size])
        left = left[size:]
    return batches


@st.composite
def deliveries(
    draw: st.DrawFn, of_probes: st.SearchStrategy[Series] = ANY_PROBE
) -> tuple[list[Series], list[list[Arrival]]]:
    """Some probes, and their readings as they arrive."""
    probes = draw(st.lists(of_probes, min_size=1, max_size=3))
    return probes, draw(arrivals_of(probes))


def usable_us(probe: Series) -> list[int]:
    """The instants of a probe's readings that count."""
    return sorted(at_us for at_us, value in probe.readings if value is not None and value not in FAULTS_C)


def window_of(probe: Series, at_us: int) -> tuple[int, int]:
    """From the second usable reading before a changed one to the second after it; without limit where there is none."""
    before = [t for t in usable_us(probe) if t < at_us]
    after = [t for t in usable_us(probe) if t > at_us]
    return (
        before[-REACH] if len(before) >= REACH else BEGINNING_US,
        after[REACH - 1] if len(after) >= REACH else END_US,
    )


def loaded(probe: Series, window: tuple[int, int]) -> Series:
    """The readings in a window and as long as a door may be open, and three usable ones of padding on each side."""
    grace_us = probe.door_grace_s * SECOND_US
    window = (window[0] - grace_us, window[1] + grace_us)
    before = [t for t in usable_us(probe) if t < window[0]][-PADDING:]
    after = [t for t in usable_us(probe) if t > window[1]][:PADDING]
    wanted = {*before, *after}
    kept = tuple(r for r in probe.readings if window[0] <= r[0] <= window[1] or r[0] in wanted)
    return replace(probe, readings=kept)


def widened(windows: Spans, probes: Sequence[Series]) -> Spans:
    """As much farther on each side as a door may be open."""
    grace_us = max(probe.door_grace_s for probe in probes) * SECOND_US
    farther = spans.spans([(from_us - grace_us, until_us + grace_us) for from_us, until_us in windows.tolist()])
    return spans.clip(farther, BEGINNING_US, END_US)


def judged_as_they_come(probes: Sequence[Series], batches: Sequence[Sequence[Arrival]]) -> Record:
    """The record as the evaluator keeps it: repaired in windows, batch by batch."""
    known = [replace(probe, readings=()) for probe in probes]
    record = Record()
    for batch in batches:
        for one in batch:
            stored = dict(known[one.probe].readings)
            stored.setdefault(one.at_us, one.value)
            known[one.probe] = replace(known[one.probe], readings=tuple(sorted(stored.items())))
        windows: Spans = spans.spans([window_of(known[one.probe], one.at_us) for one in batch])
        for from_us, until_us in widened(windows, probes).tolist():
            window = (from_us, until_us)
            fresh = judge_container([watch_of(loaded(p, window)) for p in known], THRESHOLDS, MAX_GAP_S)
            record = repaired(record, window, fresh)
    return record


@MODERATE
@given(deliveries())
def test_order_batches_and_duplicates_change_nothing(delivery: tuple[list[Series], list[list[Arrival]]]) -> None:
    """Loggers that were out of reach deliver late, twice and in pieces: what happened in the freezer stays the same."""
    probes, batches = delivery
    if batches:
        assert plain(judged_as_they_come(probes, batches)) == plain(record_of(probes, THRESHOLDS))


@MODERATE
@given(deliveries(doors()))
def test_a_late_reading_tells_a_door_from_a_failing_freezer(delivery: tuple[list[Series], list[list[Arrival]]]) -> None:
    """What looked like one long excursion was two openings of a door, or the other way round: as if heard in order."""
    probes, batches = delivery
    assert plain(judged_as_they_come(probes, batches)) == plain(record_of(probes, THRESHOLDS))


@MODERATE
@given(deliveries())
def test_a_sensor_fault_is_as_if_nothing_had_been_sent(delivery: tuple[list[Series], list[list[Arrival]]]) -> None:
    """85.0 of a restarting sensor and a null between readings neither warm a freezer nor open a gap."""
    probes, _ = delivery
    cleaned = [
        replace(p, readings=tuple(r for r in p.readings if r[1] is not None and r[1] not in FAULTS_C)) for p in probes
    ]
    assert plain(record_of(probes, THRESHOLDS)) == plain(record_of(cleaned, THRESHOLDS))
