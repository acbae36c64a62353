"""The judge that the product is compared with. Plain Python, exact rationals, nothing of `service.domain`.

Written from the rules in docs/exposure.md, not from the code. Where they leave a choice open, this is what was chosen:

- Between two absences an attachment is one of its own: held at its own edges, and what was heard before is forgotten.
- An edge farther from the nearest reading than the largest gap is not held at all.
- Readings that contradict each other for one instant are one whose bounds are all of theirs.
- What cannot be believed (outside the range, or what no probe shows) is covered time that may be at any temperature.
- A probe that was beyond its limit and may still be heard from: to count the time since as possible at once is right,
  and so is to wait for the largest gap. Such figures have a least and a most.
- A life of which no time at all was measured proves nothing, nor does a profile without a limit that condemns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import inf

SECOND_US = 1_000_000
NEVER_US = 10**18

#: A DS18B20 that has just started, or lost its bus; an int16 in hundredths at its end.
FAULTS_C = (85.0, -127.0, 327.67)
#: What probes of a cold chain can show, where nothing is known of the one at hand.
COLDEST_C, HOTTEST_C = -210.0, 150.0
#: A lone reading so far from both neighbours, which are within the second of each other, is doubted (DECISIONS.md, 3).
SPIKE_C, NEIGHBOURS_C = 40.0, 10.0

#: A temperature, "HI", "LO", or None.
Value = float | str | None
Span = tuple[int, int]
Point = tuple[int, float, float]


@dataclass(frozen=True)
class Limit:
    """One threshold; `above`: harm lies above it."""

    above: bool
    threshold_c: float
    condemns: bool
    budget_s: int | None
    single_s: int | None = None
    alarm_delay_s: int = 600


@dataclass(frozen=True)
class Heard:
    """What one probe said of one container over [from_us, until_us), at true times; NEVER_US: it still hangs there.

    `points` are (instant, lowest, highest) of every usable reading of that time, ascending, each instant once.
    """

    from_us: int
    until_us: int
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Container:
    """What measured a container, each stretch of an attachment for itself, and the temperature declared of it."""

    heard: tuple[Heard, ...] = ()
    declared_c: float | None = None


@dataclass(frozen=True)
class Life:
    """A lot: from when (None: unknown) until when it lives, and where it was; stays are disjoint and in order."""

    from_us: int | None
    until_us: int
    stays: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Totals:
    """Of one limit, microseconds; where a choice is open, the least and the most that may rightly be said."""

    certain: int
    longest_certain: int
    possible: tuple[int, int]
    longest_possible: tuple[int, int]


@dataclass(frozen=True)
class Judged:
    """What must be said of a lot, microseconds; the least and the most where a choice is open."""

    life: int
    above: int
    below: int
    gap: tuple[int, int]
    pending: tuple[int, int]
    in_range: tuple[int, int]
    limits: tuple[Totals, ...]
    verdicts: frozenset[str]
    has_ended: bool

    @property
    def answers(self) -> frozenset[str]:
        """What may be answered to whoever asks."""
        if self.has_ended:
            return frozenset({"do_not_use"})
        said = {"viable": "usable", "at_risk": "usable", "unproven": "not_proven", "nonviable": "do_not_use"}
        return frozenset(said[verdict] for verdict in self.verdicts)


# Spans: sorted, disjoint, not touching.


def joined(*many: Iterable[Span]) -> list[Span]:
    """All time that lies in any of them."""
    found: list[Span] = []
    for start, end in sorted(span for spans in many for span in spans):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def cut(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """The part of them in [start, end)."""
    return [(max(a, start), min(b, end)) for a, b in spans if max(a, start) < min(b, end)]


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """The part of them that lies in none of the others."""
    left = joined(spans)
    for start, end in taken:
        left = [piece for a, b in left for piece in ((a, min(b, start)), (max(a, end), b)) if piece[0] < piece[1]]
    return left


def length(spans: Iterable[Span]) -> int:
    """Of all together."""
    return sum(end - start for start, end in spans)


def longest(spans: Iterable[Span]) -> int:
    """Of the longest."""
    return max((end - start for start, end in spans), default=0)


# One probe.


def bounds(
    value: Value, range_c: tuple[float | None, float | None], slope: float, offset_c: float
) -> tuple[float, float] | None:
    """Lowest and highest temperature that a value leaves possible; None: it is no reading."""
    low, high = range_c
    if value is None:
        return None
    if value == "HI":
        return (-inf if high is None else high, inf)
    if value == "LO":
        return (-inf, inf if low is None else low)
    assert isinstance(value, float)
    if value in FAULTS_C:
        return None
    if not (COLDEST_C if low is None else low) <= value <= (HOTTEST_C if high is None else high):
        return (-inf, inf)
    true_c = slope * value + offset_c
    return (true_c, true_c)


def doubted(points: Sequence[Point]) -> list[Point]:
    """Lone spikes may be their own value or the line between their neighbours; never the first or the last reading."""
    found = list(points)
    for i in range(1, len(points) - 1):
        (t0, a, a2), (t1, b, b2), (t2, c, c2) = points[i - 1 : i + 2]
        if (a, b, c) != (a2, b2, c2) or inf in map(abs, (a, b, c)):
            continue
        if abs(b - a) > SPIKE_C and abs(b - c) > SPIKE_C and abs(c - a) <= NEIGHBOURS_C:
            line = a + (t1 - t0) / (t2 - t0) * (c - a)
            found[i] = (t1, min(b, line), max(b, line))
    return found


def held(heard: Heard, max_gap_us: int) -> list[Point]:
    """Its points, the first and the last once more at the edges of its time if these are near."""
    points = doubted(heard.points)
    if points and 0 < points[0][0] - heard.from_us <= max_gap_us:
        points.insert(0, (heard.from_us, *points[0][1:]))
    if points and 0 < heard.until_us - points[-1][0] <= max_gap_us:
        points.append((heard.until_us, *points[-1][1:]))
    return points


def part_above(t0: int, t1: int, x0: float, x1: float, threshold_c: float) -> Span:
    """Where the straight line from x0 to x1 is above the threshold; the crossing is rounded once."""
    if x0 > threshold_c and x1 > threshold_c:
        return (t0, t1)
    if x0 <= threshold_c and x1 <= threshold_c:
        return (t0, t0)
    if abs(x0) == inf or abs(x1) == inf:
        # As steep as one likes: beyond for all of it, or for none.
        beyond = inf in (x0, x1)
        return (t0, t1) if beyond else (t0, t0)
    a, b = Fraction(x0) - Fraction(threshold_c), Fraction(x1) - Fraction(threshold_c)
    crossing = t0 + round((t1 - t0) * abs(a) / (abs(a) + abs(b)))
    return (t0, crossing) if a > 0 else (crossing, t1)


def beyond(points: Sequence[Point], limit: Limit, max_gap_us: int) -> tuple[list[Span], list[Span]]:
    """Where one probe was certainly, and where it was possibly beyond a limit, between readings near each other."""
    certain, possible = [], []
    for (t0, low0, high0), (t1, low1, high1) in pairwise(points):
        if t1 - t0 > max_gap_us:
            continue
        if limit.above:
            sure, maybe = (low0, low1, limit.threshold_c), (high0, high1, limit.threshold_c)
        else:
            sure, maybe = (-high0, -high1, -limit.threshold_c), (-low0, -low1, -limit.threshold_c)
        certain.append(part_above(t0, t1, *sure))
        possible.append(part_above(t0, t1, *maybe))
    return joined(certain), joined(possible)


def may_be_beyond(point: Point, limit: Limit) -> bool:
    """Whether a reading leaves it possible that the limit was passed."""
    return point[2] > limit.threshold_c if limit.above else point[1] < limit.threshold_c


def fell_silent(
    heard: Heard, points: Sequence[Point], limit: Limit, max_gap_us: int, now_us: int | None = None
) -> list[Span]:
    """From each last reading that may be beyond the limit, until the probe is heard again or taken away.

    `now_us`: leave out what may still be heard from, because the largest gap has not passed yet.
    """
    found = []
    for i, point in enumerate(points):
        following = points[i + 1][0] if i + 1 < len(points) else heard.until_us
        if now_us is not None and following == NEVER_US and now_us - point[0] <= max_gap_us:
            continue
        if following - point[0] > max_gap_us and may_be_beyond(point, limit):
            found.append((point[0], following))
    return found


# One container.


@dataclass(frozen=True)
class Known:
    """Of one limit of a container: certainly and possibly beyond it; silent since beyond it, at least and at most."""

    certain: list[Span]
    possible: list[Span]
    silent: tuple[list[Span], list[Span]]


@dataclass(frozen=True)
class Record:
    """What is known of a container, and until when it was measured, if ever."""

    covered: list[Span]
    measured_until: int | None
    beyond: list[Known]


def record_of(container: Container, limits: Sequence[Limit], max_gap_us: int, now_us: int) -> Record:
    """The worst of all probes at each instant, and what the room is declared to be where that is beyond a limit."""
    tracks = [(heard, held(heard, max_gap_us)) for heard in container.heard]
    tracks = [(heard, points) for heard, points in tracks if points]
    covered = joined((a[0], b[0]) for _, points in tracks for a, b in pairwise(points) if b[0] - a[0] <= max_gap_us)
    known = []
    for limit in limits:
        found = [beyond(points, limit, max_gap_us) for _, points in tracks]
        declared_c = container.declared_c
        is_beyond = declared_c is not None and may_be_beyond((0, declared_c, declared_c), limit)
        always = [(-NEVER_US, NEVER_US)] if is_beyond else []
        silent = [
            joined(*(fell_silent(heard, points, limit, max_gap_us, at) for heard, points in tracks))
            for at in (now_us, None)
        ]
        known.append(
            Known(
                joined(always, *(sure for sure, _ in found)),
                joined(always, *(maybe for _, maybe in found)),
                (silent[0], silent[1]),
            )
        )
    return Record(covered, max((points[-1][0] for _, points in tracks), default=None), known)


# One lot.


def judge(
    life: Life,
    records: dict[str, Record],
    limits: Sequence[Limit],
    max_gap_s: int,
    now_us: int,
    *,
    warning_fraction: float = 0.5,
) -> Judged:
    """All that was, of one lot, as of `now_us`. `records`: of each container it was in, by these limits."""
    max_gap_us = max_gap_s * SECOND_US
    start = life.from_us if life.from_us is not None else min((stay[1] for stay in life.stays), default=now_us)
    lived = joined([(start, min(life.until_us, now_us))])
    gap, measured = without(lived, [(a, b) for _, a, b in life.stays]), 0
    pending: list[Span] = []
    certain: list[list[Span]] = [[] for _ in limits]
    possible: list[list[Span]] = [[] for _ in limits]
    silent: list[list[Span]] = [[] for _ in limits]
    may_wait: list[list[Span]] = [[] for _ in limits]
    for name, a, b in life.stays:
        record, home = records[name], [part for span in lived for part in cut([span], a, b)]
        until = record.measured_until
        unmeasured = without(home, record.covered)
        measured += length(home) - length(unmeasured)
        if until is not None and now_us - until <= max_gap_us:
            pending += [part for span in unmeasured for part in cut([span], until, now_us)]
            unmeasured = without(unmeasured, [(until, NEVER_US)])
        gap += unmeasured
        for k, known in enumerate(record.beyond):
            for span in home:
                certain[k] += cut(known.certain, *span)
                possible[k] += cut(known.possible, *span)
                silent[k] += cut(known.silent[0], *span)
                may_wait[k] += cut(known.silent[1], *span)
    gap, pending = joined(gap), joined(pending)
    sure = [joined(spans) for spans in certain]
    least = [joined(sure[k], possible[k], silent[k], gap) for k in range(len(limits))]
    most = [joined(least[k], may_wait[k]) for k in range(len(limits))]
    totals = tuple(
        Totals(
            length(sure[k]),
            longest(sure[k]),
            (length(least[k]), length(most[k])),
            (longest(least[k]), longest(most[k])),
        )
        for k in range(len(limits))
    )
    above = joined(*(sure[k] for k, limit in enumerate(limits) if limit.above))
    outside = joined(above, *sure)
    fine = [length(without(lived, joined(outside, gap, pending, *some))) for some in (most, least)]
    verdicts = {
        _verdict(limits, totals, which, warning_fraction, known_life=life.from_us is not None and measured > 0)
        for which in (0, 1)
    }
    if verdicts & {"viable", "at_risk"}:
        # Whether it is beyond a limit now is told by its last readings; here only by what was counted.
        verdicts.add("at_risk")
    return Judged(
        length(lived),
        length(above),
        length(outside) - length(above),
        (length(without(gap, outside)), length(gap)),
        (length(without(pending, joined(*most))), length(pending)),
        (fine[0], fine[1]),
        totals,
        frozenset(verdicts),
        life.until_us <= now_us,
    )


def _verdict(
    limits: Sequence[Limit], totals: Sequence[Totals], which: int, warning_fraction: float, *, known_life: bool
) -> str:
    passed = [
        (
            _passed(limit, used.certain, used.longest_certain),
            _passed(limit, used.possible[which], used.longest_possible[which]),
        )
        for limit, used in zip(limits, totals, strict=True)
        if limit.condemns
    ]
    if any(surely for surely, _ in passed):
        return "nonviable"
    if any(maybe for _, maybe in passed) or not passed or not known_life:
        return "unproven"
    low = any(
        used_us > 0 and used_us >= warning_fraction * allowed_s * SECOND_US
        for limit, used in zip(limits, totals, strict=True)
        for allowed_s, used_us in ((limit.budget_s, used.certain), (limit.single_s, used.longest_certain))
        if allowed_s is not None
    )
    return "at_risk" if low else "viable"


def _passed(limit: Limit, total_us: int, longest_us: int) -> bool:
    return (limit.budget_s is not None and total_us > limit.budget_s * SECOND_US) or (
        limit.single_s is not None and longest_us > limit.single_s * SECOND_US
    )
