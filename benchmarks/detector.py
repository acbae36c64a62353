"""``python -m benchmarks.detector``: how near judging readings is to merely copying them.

One thread. The run fails if what was found is not, to the microsecond, what the scalar oracle of the tests finds in
some of the series, or if a peer's totals differ.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np

from benchmarks.detector_inputs import LIMIT_C, MINUTE_US, dense_c, numbers, rare_c, times_us, with_hi
from benchmarks.detector_peers import Peer, Totals, peers
from benchmarks.rounds import Contender, medians, ratio
from service.domain import spans
from service.domain.profiles import Direction
from service.domain.series.crossings import SeriesTimes, Tracks, judged
from tests import oracle

MAX_GAP_US = 15 * MINUTE_US
LIMIT = (Direction.ABOVE, LIMIT_C)
FOUR_LIMITS = [LIMIT, (Direction.ABOVE, -50.0), (Direction.ABOVE, -20.0), (Direction.BELOW, -90.0)]
#: Loggers of one contender say HI from here on: within the excursions, above the limit.
RANGE_MAX_C = -45.0
#: Series of each input that are judged by the oracle too.
SAMPLE = 4


def timed(work: Callable[[], object], readings: int) -> Contender:
    """Readings a second of some work."""

    def rate() -> float:
        started_s = time.perf_counter()
        work()
        return readings / (time.perf_counter() - started_s)

    return rate


def check(name: str, tracks: Tracks, limits: list[tuple[Direction, float]]) -> SeriesTimes:
    """Judge all, and some series by the oracle too."""
    found = judged(tracks, limits, MAX_GAP_US)
    series = len(tracks.starts) - 1
    for number in {0, series - 1, *random.Random(1).sample(range(series), min(SAMPLE, series))}:
        readings = slice(tracks.starts[number], tracks.starts[number + 1])
        ends = list(
            zip(
                tracks.times_us[readings].tolist(),
                tracks.low_c[readings].tolist(),
                tracks.high_c[readings].tolist(),
                strict=True,
            )
        )
        lines = [
            oracle.Piece(t1, t2, (low1, low2), (high1, high2))
            for (t1, low1, high1), (t2, low2, high2) in pairwise(ends)
            if t2 - t1 <= MAX_GAP_US
        ]
        covered = spans.subtract(spans.spans([(ends[0][0], ends[-1][0])]), found.holes.of(number))
        assert covered.tolist() == joined((line.from_us, line.until_us) for line in lines)
        for (direction, threshold_c), beyond in zip(limits, found.beyond, strict=True):
            expected = [oracle.beyond(line, oracle.Allowed(direction.value, threshold_c)) for line in lines]
            assert beyond.certain.of(number).tolist() == joined(sure for sure, _ in expected)
            assert beyond.possible.of(number).tolist() == joined(maybe for _, maybe in expected)
    count = len(found.beyond[0].certain.pairs)
    print(f"  {name}: {series:,} series, {len(tracks.times_us):,} readings, {count:,} spans beyond; the oracle agrees")
    return found


def joined(raw: Iterable[oracle.Span]) -> list[list[int]]:
    """Spans in order of time without empty ones, those that touch joined."""
    found: list[oracle.Span] = []
    for span in raw:
        if span[1] > span[0]:
            oracle.append(found, span)
    return [list(span) for span in found]


def totals_us(found: SeriesTimes) -> Totals:
    """Time certainly beyond the first limit, by series."""
    certain = found.beyond[0].certain
    before_us = np.insert(np.cumsum(certain.pairs[:, 1] - certain.pairs[:, 0]), 0, 0)
    return np.diff(before_us[certain.starts]).astype(np.float64)


def agreed(name: str, peer: Peer, expected_us: Totals) -> Peer:
    """A peer that was asked once: it does not round its crossings, but for that it must find the same."""
    assert np.allclose(peer(), expected_us, rtol=1e-9, atol=1_000), f"{name} finds other totals"
    return peer


def main() -> None:
    """Print a ratio a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--peer-rounds", type=int, default=5)
    parser.add_argument("--readings", type=int, default=10_000_000)
    given = parser.parse_args()
    count = given.readings // 10_000 * 10_000
    chance = np.random.default_rng(1)

    rare_values_c = rare_c(count, chance)
    rare = numbers(count // 10_000, times_us(count // 10_000, 10_000, chance), rare_values_c)
    short = numbers(count // 100, times_us(count // 100, 100, chance), rare_values_c)
    dense = numbers(count // 10_000, rare.times_us, dense_c(count, chance))
    hi = with_hi(rare, RANGE_MAX_C)
    print(f"  {(rare_values_c > LIMIT_C).mean():.2%} of the rare readings are beyond", flush=True)
    expected_us = totals_us(check("rare", rare, [LIMIT]))
    check("rare, four limits", rare, FOUR_LIMITS)
    check("rare, with HI", hi, [LIMIT])
    check("dense", dense, [LIMIT])
    check("short", short, [LIMIT])

    times_copy, values_copy = rare.times_us.copy(), rare.low_c.copy()

    def copy_in_place() -> None:
        np.copyto(times_copy, rare.times_us)
        np.copyto(values_copy, rare.low_c)

    contenders = {
        "copy": copy_in_place,
        "copy_anew": lambda: (rare.times_us.copy(), rare.low_c.copy()),
        "rare": lambda: judged(rare, [LIMIT], MAX_GAP_US),
        "four": lambda: judged(rare, FOUR_LIMITS, MAX_GAP_US),
        "hi": lambda: judged(hi, [LIMIT], MAX_GAP_US),
        "short": lambda: judged(short, [LIMIT], MAX_GAP_US),
        "dense": lambda: judged(dense, [LIMIT], MAX_GAP_US),
    }
    rates = medians({name: timed(work, count) for name, work in contenders.items()}, given.rounds)
    for name, rate in rates.items():
        print(f"  {name}: {1e9 / rate:.2f} ns a reading", flush=True)
    ratio("detector_copy_anew_vs_copy", rates["copy"] / rates["copy_anew"])
    ratio("detector_rare_vs_copy", rates["copy"] / rates["rare"])
    ratio("detector_hi_vs_copy", rates["copy"] / rates["hi"])
    ratio("detector_dense_vs_copy", rates["copy"] / rates["dense"])
    ratio("detector_four_vs_one", rates["rare"] / rates["four"])
    ratio("detector_short_vs_long", rates["rare"] / rates["short"])

    others = {name: agreed(name, peer, expected_us) for name, peer in peers(rare, LIMIT_C, MAX_GAP_US).items()} | {
        "copy": copy_in_place
    }
    rates = medians({name: timed(work, count) for name, work in others.items()}, given.peer_rounds)
    for name in others:
        if name != "copy":
            ratio(f"detector_{name}_vs_copy", rates["copy"] / rates[name])


if __name__ == "__main__":
    main()
