"""What a chart shows of a lot or a container: what each probe measured, the limits, and what became of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from service.answers.drawing import is_moved
from service.answers.judging import JudgedLot
from service.answers.measured import Measured, measured_in, measured_of_lot
from service.domain import spans
from service.domain.answers.assessable import times_of
from service.domain.answers.papers import Finding
from service.domain.exposure.container import Record, threshold_of
from service.domain.instant import SECOND_US, from_datetime
from service.domain.profiles import Limit, Profile
from service.domain.series.drawing import Outline, not_shown
from service.domain.series.mending import Calibration, Mending, by_calibration
from service.domain.series.quality import as_numbers
from service.domain.series.strip import NO_STRIP, Strip, after_each_other, of_buckets, of_readings, on_grid
from service.domain.spans import Spans
from service.store.exposure.records import load_records
from service.store.pool import Connection
from service.store.registry.attachments import attachments, judged_attachments
from service.store.registry.containers import Container
from service.store.series.mended import TrueWindow, load_mended, load_mended_windows, load_mendings
from service.store.series.rollups import DAY_S, HOUR_S, has_more_readings, load_outline
from service.store.series.series import StoredSeries, conflicting_stretches

#: As many readings of one probe are read for a chart; where there are more, it is made of hours or days.
_MOST_READ = 20_000

#: So many for each point wanted are still drawn one by one.
_FEW = 2

#: Hours or days that have to be computed from their readings after all are read in at most about so many goes.
_MOST_GOES = 50


@dataclass(frozen=True, slots=True)
class Line:
    """What a series measured in a container, as one line of a chart.

    `range_min_c`, `range_max_c`: what its logger can show, so what "LO" and "HI" prove; None: it is not known.
    """

    container_id: str
    series_id: int
    strip: Strip
    range_min_c: float | None
    range_max_c: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """The lot was in a container over [from_us, until_us)."""

    container_id: str
    from_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Chart:
    """All that is drawn of [from_us, until_us).

    Attributes:
        whole: the longest that can be asked for.
        width_us: what lies nearer together is drawn as one.
        beyond: when it was certainly beyond each of `limits`.
    """

    from_us: int
    until_us: int
    whole: tuple[int, int]
    width_us: int
    max_gap_us: int
    lines: tuple[Line, ...]
    limits: tuple[Limit, ...]
    beyond: tuple[Spans, ...]
    disputed: Spans
    gaps: Spans
    places: tuple[Place, ...]


def lot_chart(
    connection: Connection, judged: JudgedLot, now_us: int, from_us: int, until_us: int, points: int
) -> Chart:
    """What a lot went through, in a container or another, at about so many points a line."""
    exposure = judged.judgement.exposure
    whole = _whole(exposure.life, now_us)
    window = _window(whole, from_us, until_us)
    width_us = _width_us(window, points)

    def shown(some: Spans) -> Spans:
        return spans.joined(spans.clip(some, *window), width_us)

    attached = judged_attachments(connection, judged.lot.container_ids)
    return Chart(
        *window,
        whole=whole,
        width_us=width_us,
        max_gap_us=judged.profile.max_gap_s * SECOND_US,
        lines=lines(connection, measured_of_lot(attached, judged.lot, *window), window, points),
        limits=tuple(found.limit for found in exposure.limits),
        beyond=tuple(shown(found.certain) for found in exposure.limits),
        disputed=shown(spans.subtract(times_of(exposure, Finding.DISPUTED), exposure.pending)),
        gaps=shown(exposure.gaps),
        places=tuple(
            Place(stay.container_id, int(there[0, 0]), int(there[-1, 1]))
            for stay, placed in exposure.placed
            if len(there := spans.clip(placed, *window))
        ),
    )


def container_chart(
    connection: Connection,
    container: Container,
    profile: Profile,
    now_us: int,
    from_us: int,
    until_us: int,
    points: int,
) -> Chart:
    """What was measured in a container by every probe, judged or not."""
    attached = attachments(connection, container.id)
    first_us = min((from_datetime(one.from_at) for one in attached), default=now_us)
    whole = _whole(spans.spans([(first_us, now_us)]), now_us)
    window = _window(whole, from_us, until_us)
    width_us = _width_us(window, points)
    records = load_records(connection, [container.id], *window)
    record = records.get((container.id, profile.max_gap_s), Record())

    def shown(some: Spans) -> Spans:
        return spans.joined(spans.clip(some, *window), width_us)

    silent = spans.spans([(record.measured_until_us, now_us)])
    is_gap = now_us - record.measured_until_us > profile.max_gap_s * SECOND_US
    lacking = spans.union(record.gaps, silent) if is_gap else record.gaps
    disputed = spans.union(*(record.disputed.get(threshold_of(limit), spans.NONE) for limit in profile.limits))
    return Chart(
        *window,
        whole=whole,
        width_us=width_us,
        max_gap_us=profile.max_gap_s * SECOND_US,
        lines=lines(connection, measured_in(attached, *window), window, points),
        limits=profile.limits,
        beyond=tuple(shown(record.beyond.get(threshold_of(limit), spans.NONE)) for limit in profile.limits),
        disputed=shown(spans.subtract(disputed, lacking)),
        gaps=shown(lacking),
        places=(),
    )


def lines(
    connection: Connection, measured: Iterable[Measured], window: tuple[int, int], points: int
) -> tuple[Line, ...]:
    """What was measured in a window, a line for each series in each container, with hardly more points than that."""
    by_line: defaultdict[tuple[str, int], list[Measured]] = defaultdict(list)
    for one in measured:
        by_line[one.container_id, one.series_id].append(one)
    mendings = load_mendings(connection, {series_id for _, series_id in by_line})
    width_us = _width_us(window, points)
    length_s = next((x for x in (DAY_S, HOUR_S) if width_us >= x * SECOND_US), None)
    found = []
    for (container_id, series_id), some in by_line.items():
        mending = mendings[series_id]
        strip = after_each_other([strip_of(connection, one, mending, length_s) for one in some])
        # Few are shown one by one.
        if len(strip) > _FEW * points:
            strip = on_grid(strip, window[0], width_us)
        found.append(Line(container_id, series_id, strip, mending.range_min_c, mending.range_max_c))
    return tuple(found)


def strip_of(connection: Connection, one: Measured, mending: Mending, length_s: int | None) -> Strip:
    """What a series measured, by hours or days.

    Args:
        length_s: of those, `HOUR_S` or `DAY_S`; None: its readings are wanted, or hours where those are too many.
    """
    if is_moved(mending, one.from_us, one.until_us) or not all(x.slope > 0 for x in mending.calibrations):
        return _read(connection, one.series_id, mending, one.from_us, one.until_us)
    if length_s is None:
        if not has_more_readings(connection, one.series_id, one.from_us, one.until_us, _MOST_READ):
            return _read(connection, one.series_id, mending, one.from_us, one.until_us)
        length_s = HOUR_S
    parts = by_calibration(spans.spans([(one.from_us, one.until_us)]), mending.calibrations)
    return after_each_other([_rolled_up(connection, one.series_id, mending, part, length_s) for part in parts])


def _rolled_up(connection: Connection, series_id: int, mending: Mending, part: Calibration, length_s: int) -> Strip:
    """Hours or days of a part: those that are whole, and of which the roll-ups tell all. The rest from its readings."""
    length_us = length_s * SECOND_US
    there = spans.spans([(part.from_us, part.until_us)])
    whole_us = -(-part.from_us // length_us) * length_us, part.until_us // length_us * length_us
    if whole_us[0] >= whole_us[1]:
        return _read(connection, series_id, mending, part.from_us, part.until_us)
    buckets = load_outline(connection, series_id, *whole_us, length_s)
    twice = conflicting_stretches(connection, series_id, *whole_us, length_s)
    unsure = not_shown(buckets, mending.shown)
    again = spans.spans(
        [
            *zip(buckets.from_us[unsure].tolist(), buckets.until_us[unsure].tolist(), strict=True),
            *((from_datetime(at), from_datetime(at) + length_us) for at in twice),
        ]
    )
    again = spans.clip(_in_few_goes(again, length_us), *whole_us)
    strip = of_buckets(_without(buckets, again), part.slope, part.offset_c)
    read = spans.union(again, spans.subtract(there, spans.spans([whole_us])))
    wanted = [TrueWindow(series_id, mending, from_us, until_us - 1) for from_us, until_us in read.tolist()]
    # Each part for itself: they may lie years apart.
    found = load_mended_windows(connection, wanted, padding=0, near_us=0)
    return after_each_other([strip, *map(_strip, found)])


def _in_few_goes(again: Spans, length_us: int) -> Spans:
    apart_us = length_us
    while len(again) > _MOST_GOES:
        again = spans.joined(again, apart_us)
        apart_us *= 2
    return again


def _without(buckets: Outline, again: Spans) -> Outline:
    if len(again) == 0:
        return buckets
    kept = np.array([not spans.contains(again, at) for at in buckets.from_us.tolist()], dtype=np.bool_)
    return Outline(*(getattr(buckets, name)[kept] for name in Outline.__slots__))


def _read(connection: Connection, series_id: int, mending: Mending, from_us: int, until_us: int) -> Strip:
    return _strip(load_mended(connection, series_id, mending, from_us, until_us - 1))


def _strip(found: StoredSeries) -> Strip:
    values_c = as_numbers(found.temperatures_c, found.qualities)
    return of_readings(found.times_us, values_c) if len(found.times_us) else NO_STRIP


def _whole(life: Spans, now_us: int) -> tuple[int, int]:
    """From the beginning of a life to now, or its end; of what has not begun, the hour before now."""
    return (int(life[0, 0]), int(life[-1, 1])) if len(life) else (now_us - HOUR_S * SECOND_US, now_us)


def _window(whole: tuple[int, int], from_us: int, until_us: int) -> tuple[int, int]:
    """What is asked for of the whole, at least a second of it."""
    opens_us = min(max(whole[0], from_us), whole[1] - SECOND_US)
    closes_us = max(min(whole[1], until_us), opens_us + SECOND_US)
    return opens_us, closes_us


def _width_us(window: Sequence[int], points: int) -> int:
    return max(1, (window[1] - window[0]) // points)
