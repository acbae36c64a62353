"""Interleaved rounds: each contender runs once a round, so that a slow minute hits all of them alike."""

import statistics
from collections.abc import Callable, Mapping

#: A measured rate, in units a second.
Contender = Callable[[], float]


def medians(contenders: Mapping[str, Contender], rounds: int) -> dict[str, float]:
    """Median rate of each contender over so many interleaved rounds, after one unmeasured round."""
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, contender in contenders.items():
            rate = contender()
            if number:
                rates[name].append(rate)
                print(f"  round {number}/{rounds} {name}: {rate:,.0f}/s", flush=True)
    return {name: statistics.median(found) for name, found in rates.items()}


def ratio(name: str, value: float) -> None:
    """The line a reader looks for."""
    print(f"ratio {name} {value:.2f}", flush=True)
