"""A slow, scalar judge of cold chains, written from the rules and not from the code: loops, ints and floats.

All time is cut at every instant at which anything can change; between two cuts nothing does, so one question asked
of each piece ("who measured you, and what did they say?") is the whole method.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil, inf, isinf

SECOND_US = 1_000_000
FAULTS_C = (85.0, -127.0, 327.67)

#: From solid nitrogen to where the common sensors end.
PLAUSIBLE_C = (-210.0, 150.0)
#: A number that the probe cannot show: whatever it was may have been anything.
GARBLED = "garbled"

#: A temperature, "HI", "LO", or None where nothing was measured.
Value = float | str | None
Span = tuple[int, int]


@dataclass(frozen=True)
class Series:
    """One probe's readings as they came in, and when it hung in its container (`until_us` None: it still does)."""

    readings: tuple[tuple[int, Value], ...]
    from_us: int = 0
    until_us: int | None = None
    range_min_c: float | None = None
    range_max_c: float | None = None
    door_grace_s: int = 0


@dataclass(frozen=True)
class Allowed:
    """A limit in the oracle's words."""

    side: str
    threshold_c: float
    condemns: bool = True
    budget_s: int | None = None
    single_s: int | None = None


@dataclass(frozen=True)
class Lot:
    """A life, and where it was spent: (container, from, until)."""

    life_from_us: int
    life_until_us: int
    stays: tuple[tuple[str, int, int], ...]


@dataclass
class Found:
    """What the oracle found: spans by kind, and of each limit."""

    parts: dict[str, int]
    certain: list[list[Span]]
    possible: list[list[Span]]
    gaps: list[Span]
    pending: list[Span]
    verdict: str = "viable"
    codes: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Piece:
    """The straight line between two instants, its two ends known between a low and a high bound."""

    from_us: int
    until_us: int
    lows_c: tuple[float, float]
    highs_c: tuple[float, float]


def bounded(series: Series) -> list[tuple[int, float, float]]:
    """(instant, low, high) of every usable reading inside the attachment, in order of time."""
    inside = []
    for at_us, value in sorted(dict(series.readings).items()):
        if value is None or value in FAULTS_C:
            continue
        if at_us >= series.from_us and (series.until_us is None or at_us < series.until_us):
            inside.append((at_us, value if can_be_shown(series, value) else GARBLED))
    bounds = []
    for i, (at_us, value) in enumerate(inside):
        if value == "HI":
            bounds.append((at_us, -inf if series.range_max_c is None else series.range_max_c, inf))
        elif value == GARBLED:
            bounds.append((at_us, -inf, inf))
        elif value == "LO":
            bounds.append((at_us, -inf, inf if series.range_min_c is None else series.range_min_c))
        elif 0 < i < len(inside) - 1 and is_spike(inside[i - 1][1], value, inside[i + 1][1]):
            (t0, before), (t2, after) = inside[i - 1], inside[i + 1]
            line = before + (at_us - t0) / (t2 - t0) * (after - before)
            bounds.append((at_us, min(line, value), max(line, value)))
        else:
            bounds.append((at_us, value, value))
    return bounds


def can_be_shown(series: Series, value: Value) -> bool:
    """Whether a number lies within the range of its logger, or within what any probe of a cold chain shows."""
    if value is None or isinstance(value, str):
        return True
    low = PLAUSIBLE_C[0] if series.range_min_c is None else series.range_min_c
    high = PLAUSIBLE_C[1] if series.range_max_c is None else series.range_max_c
    return low <= value <= high


def is_spike(before: Value, here: float, after: Value) -> bool:
    """More than 40 K off both neighbours, to the same side, while these are within 10 K of one another."""
    if isinstance(before, str) or isinstance(after, str):
        return False
    if here > before and here > after:
        return here - before > 40 and here - after > 40 and abs(after - before) <= 10
    if here < before and here < after:
        return before - here > 40 and after - here > 40 and abs(after - before) <= 10
    return False


def pieces_of(series: Series, max_gap_us: int) -> list[Piece]:
    """The time a series speaks for: between near readings, and from the edges of its attachment to near ones."""
    points = bounded(series)
    if not points:
        return []
    first, last = points[0], points[-1]
    if first[0] - series.from_us <= max_gap_us:
        points.insert(0, (series.from_us, first[1], first[2]))
    if series.until_us is not None and series.until_us - last[0] <= max_gap_us:
        points.append((series.until_us, last[1], last[2]))
    return [
        Piece(t1, t2, (low1, low2), (high1, high2))
        for (t1, low1, high1), (t2, low2, high2) in pairwise(points)
        if 0 < t2 - t1 <= max_gap_us
    ]


def spoke_until_us(series: Series, max_gap_us: int) -> int | None:
    """The last instant a series speaks for."""
    points = bounded(series)
    if not points:
        return None
    if series.until_us is not None and series.until_us - points[-1][0] <= max_gap_us:
        return series.until_us
    return points[-1][0]


def above(piece: Piece, ends_c: tuple[float, float], threshold_c: float) -> Span:
    """The part of a piece above the threshold if its line runs between `ends_c`; the crossing is rounded once."""
    a, b = ends_c[0] - threshold_c, ends_c[1] - threshold_c
    if a > 0 and b > 0:
        return piece.from_us, piece.until_us
    if a <= 0 and b <= 0:
        return piece.from_us, piece.from_us
    share = 1.0 if isinf(a) else a / (a - b)
    crossing = piece.from_us + round((piece.until_us - piece.from_us) * share)
    return (piece.from_us, crossing) if a > 0 else (crossing, piece.until_us)


def beyond(piece: Piece, limit: Allowed) -> tuple[Span, Span]:
    """The parts of a piece certainly and possibly beyond a limit."""
    if limit.side == "above":
        return above(piece, piece.lows_c, limit.threshold_c), above(piece, piece.highs_c, limit.threshold_c)
    mirrored = [(-x, -y) for x, y in (piece.highs_c, piece.lows_c)]
    return above(piece, mirrored[0], -limit.threshold_c), above(piece, mirrored[1], -limit.threshold_c)


def door_opened(series: Series, lines: list[tuple[Piece, Span, Span]]) -> list[tuple[Piece, Span, Span]]:
    """The same, but nothing is sure of a stretch that was shorter than the series' grace, from crossing to crossing."""
    stretches: list[Span] = []
    for _, _, maybe in lines:
        if maybe[0] < maybe[1]:
            append(stretches, maybe)
    begins, ends = {piece.from_us for piece, _, _ in lines}, {piece.until_us for piece, _, _ in lines}
    cut_off = begins ^ ends
    if series.until_us is None and ends:
        # Beyond the newest reading nothing is silent yet; a lone reading after a hole is newer than any piece.
        cut_off.discard(bounded(series)[-1][0])
    opened = [s for s in stretches if total([s]) < series.door_grace_s * SECOND_US and not cut_off & set(s)]
    return [
        (piece, (sure[0], sure[0]) if any(within(sure, s) for s in opened) else sure, maybe)
        for piece, sure, maybe in lines
    ]


def unheard(series: Series, limit: Allowed, max_gap_us: int) -> list[tuple[int, float]]:
    """From each reading that may be beyond a limit and that silence followed, to the next or to its being taken out."""
    points = bounded(series)
    following = [*(at_us for at_us, _, _ in points[1:]), inf if series.until_us is None else series.until_us]
    return [
        (at_us, next_us)
        for (at_us, low, high), next_us in zip(points, following, strict=False)
        if next_us - at_us > max_gap_us
        and (high > limit.threshold_c if limit.side == "above" else low < limit.threshold_c)
    ]


def judge(
    lot: Lot,
    containers: dict[str, list[Series]],
    limits: list[Allowed],
    max_gap_s: int,
    now_us: int,
    *,
    warning_fraction: float = 0.5,
) -> Found:
    """Ask every piece of a life what is known of it, and add up the answers."""
    max_gap_us = max_gap_s * SECOND_US
    end_us = min(lot.life_until_us, now_us)
    measured = {name: [pieces_of(series, max_gap_us) for series in held] for name, held in containers.items()}
    said = {name: [spoke_until_us(series, max_gap_us) for series in held] for name, held in containers.items()}
    last_us = {name: max((t for t in ends if t is not None), default=None) for name, ends in said.items()}
    cuts = {lot.life_from_us, end_us, now_us}
    cuts |= {t for _, from_us, until_us in lot.stays for t in (from_us, until_us)}
    cuts |= {t for t in last_us.values() if t is not None}
    lines: dict[tuple[str, int], list[tuple[Piece, Span, Span]]] = {}
    silences: dict[tuple[str, int], list[tuple[int, float]]] = {}
    for name, tracks in measured.items():
        for k, limit in enumerate(limits):
            lines[name, k] = [
                line
                for series, pieces in zip(containers[name], tracks, strict=True)
                for line in door_opened(series, [(piece, *beyond(piece, limit)) for piece in pieces])
            ]
            cuts |= {t for piece, sure, maybe in lines[name, k] for t in (piece.from_us, piece.until_us, *sure, *maybe)}
            silences[name, k] = [span for series in containers[name] for span in unheard(series, limit, max_gap_us)]
            cuts |= {t for from_us, until_us in silences[name, k] for t in (from_us, until_us) if t != inf}
        cuts |= {t for pieces in tracks for piece in pieces for t in (piece.from_us, piece.until_us)}
    parts = dict.fromkeys(("in_range", "above", "below", "disputed", "gap", "pending"), 0)
    found = Found(parts, [[] for _ in limits], [[] for _ in limits], [], [])
    unplaced = False
    for span in pairwise(sorted(t for t in cuts if lot.life_from_us <= t <= end_us)):
        home = next((name for name, from_us, until_us in lot.stays if from_us <= span[0] < until_us), None)
        unplaced |= home is None
        sides, disputed = set(), False
        kind = kind_of(span, measured.get(home, []), last_us.get(home), now_us, max_gap_us)
        for k, limit in enumerate(limits):
            known = lines.get((home, k), []) if kind == "measured" else []
            sure = any(within(span, sure) for _, sure, _ in known)
            maybe = any(within(span, maybe) for _, _, maybe in known)
            maybe |= any(within(span, silent) for silent in silences.get((home, k), []))
            if sure:
                append(found.certain[k], span)
                sides.add(limit.side)
            if sure or maybe or kind == "gap":
                append(found.possible[k], span)
            disputed |= maybe
        if kind == "measured":
            kind = "above" if "above" in sides else "below" if sides else "disputed" if disputed else "in_range"
        if kind in ("gap", "pending"):
            append(found.gaps if kind == "gap" else found.pending, span)
        parts[kind] += span[1] - span[0]
    conclude(found, limits, warning_fraction, unplaced, beyond_now(lot, containers, limits, now_us))
    return found


def kind_of(span: Span, tracks: list[list[Piece]], last_us: int | None, now_us: int, max_gap_us: int) -> str:
    """Whether a piece of life was measured, is a gap, or may still turn out to be measured."""
    if any(within(span, (piece.from_us, piece.until_us)) for pieces in tracks for piece in pieces):
        return "measured"
    if last_us is not None and span[0] >= last_us and now_us - last_us <= max_gap_us:
        return "pending"
    return "gap"


def beyond_now(lot: Lot, containers: dict[str, list[Series]], limits: list[Allowed], now_us: int) -> list[bool]:
    """By limit: does the last reading of a series still hanging where the lot is lie beyond it?"""
    here = [name for name, from_us, until_us in lot.stays if from_us <= now_us < until_us]
    if not here or not lot.life_from_us <= now_us < lot.life_until_us:
        return [False] * len(limits)
    lasts = [bounded(series)[-1] for series in containers[here[0]] if series.until_us is None and bounded(series)]
    return [
        any(low > limit.threshold_c if limit.side == "above" else high < limit.threshold_c for _, low, high in lasts)
        for limit in limits
    ]


def conclude(
    found: Found, limits: list[Allowed], warning_fraction: float, unplaced: bool, now_beyond: list[bool]
) -> None:
    """The verdict, worst first."""
    nonviable, unproven, at_risk, notes = set(), set(), set(), set()
    for k, limit in enumerate(limits):
        over = passed(found.certain[k], limit) if limit.condemns else [False, False]
        nonviable |= chosen(("limit_exceeded", "single_run_exceeded"), over)
        if limit.condemns and not any(over):
            maybe = passed(found.possible[k], limit)
            unproven |= chosen(("limit_possibly_exceeded", "single_run_possibly_exceeded"), maybe)
        if not any(over):
            for allowed_s, used_us in (
                (limit.budget_s, total(found.certain[k])),
                (limit.single_s, longest(found.certain[k])),
            ):
                if allowed_s is not None and used_us > 0 and used_us >= ceil(warning_fraction * allowed_s * SECOND_US):
                    at_risk.add("budget_low")
            if now_beyond[k]:
                at_risk.add("beyond_now")
        if not limit.condemns and found.certain[k]:
            notes.add("was_beyond")
    if not any(limit.condemns and (limit.budget_s, limit.single_s) != (None, None) for limit in limits):
        unproven.add("no_condemning_limit")
    if not unproven and not any(found.parts[kind] for kind in ("in_range", "above", "below", "disputed")):
        unproven.add("never_measured")
    if unproven and unplaced:
        unproven.add("in_no_container")
    found.verdict = "nonviable" if nonviable else "unproven" if unproven else "at_risk" if at_risk else "viable"
    if found.verdict == "viable":
        notes.add("within_limits")
    found.codes = nonviable | unproven | at_risk | notes


def passed(spans: list[Span], limit: Allowed) -> list[bool]:
    """Whether the total, and the longest run, exceed what a limit allows."""
    return [
        limit.budget_s is not None and total(spans) > limit.budget_s * SECOND_US,
        limit.single_s is not None and longest(spans) > limit.single_s * SECOND_US,
    ]


def chosen(codes: tuple[str, str], flags: list[bool]) -> set[str]:
    """The codes whose flag is set."""
    return {code for code, flag in zip(codes, flags, strict=True) if flag}


def count_thaws(thawed: list[bool], least: int, *, or_just: bool = False) -> int:
    """Thaws of a known history, cut into equal moments: more than `least` above, between as many frozen in a row.

    `or_just`: just `least` above is a thaw too.
    """
    count = above = frozen = 0
    for warm in thawed:
        frozen = 0 if warm else frozen + 1
        above += warm
        count += warm and above == least + (not or_just)
        if frozen >= least:
            above = 0
    return count


def within(inner: Span, outer: Span) -> bool:
    """Whether one span lies inside another."""
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def append(spans: list[Span], span: Span) -> None:
    """Put a span at the end, joined to the one before it if they touch."""
    if spans and spans[-1][1] == span[0]:
        spans[-1] = (spans[-1][0], span[1])
    else:
        spans.append(span)


def total(spans: list[Span]) -> int:
    """Length of all together."""
    return sum(until_us - from_us for from_us, until_us in spans)


def longest(spans: list[Span]) -> int:
    """Length of the longest."""
    return max((until_us - from_us for from_us, until_us in spans), default=0)
