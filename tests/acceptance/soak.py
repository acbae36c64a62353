"""The page that a soak run leaves: each fault, how often it was injected, and what came of it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[2] / "docs/soak.md"

_HEAD = """\
# The last soak run

Written by `make soak`: every fault of `tests/acceptance/test_faults_*.py`, injected into real processes at random
moments while loggers publish and count what the broker acknowledged to them. Each run ends with that count in the
table, equal, reading by reading: nothing lost, nothing twice, nothing at another logger, nothing left with the broker.
Three end otherwise, as they say: a broker killed without warning, a database restored from a backup, a clock set back.

{day}: {passed} of {runs} runs passed.

| fault | runs | passed | seconds, median | longest |
|---|---|---|---|---|
"""


class Run(NamedTuple):
    """One fault at one moment."""

    fault: str
    seed: str
    passed: bool
    took_s: float


def write_page(runs: Iterable[Run], now: datetime, page: Path = PAGE) -> None:
    """Write the page."""
    by_fault: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_fault[run.fault].append(run)
    total = sum(map(len, by_fault.values()))
    passed = sum(run.passed for found in by_fault.values() for run in found)
    lines = [_HEAD.format(day=f"{now:%Y-%m-%d}", passed=passed, runs=total)]
    for fault, found in sorted(by_fault.items()):
        took_s = sorted(run.took_s for run in found)
        good = sum(run.passed for run in found)
        lines.append(f"| {fault} | {len(found)} | {good} | {took_s[len(found) // 2]:.1f} | {took_s[-1]:.1f} |\n")
    failed = [
        f"- {run.fault}, FAULT_SEEDS={run.seed}\n" for found in by_fault.values() for run in found if not run.passed
    ]
    page.write_text("".join([*lines, *(["\nFailed:\n\n", *failed] if failed else [])]), encoding="utf-8")


def as_run(node: str, *, passed: bool, took_s: float) -> Run | None:
    """A run from pytest's name of it, `…/test_faults_broker.py::test_silent[7]`; None if it injects no fault."""
    file, _, test = node.rpartition("/")[2].partition("::")
    name, _, seed = test.partition("[")
    if not file.startswith("test_faults_") or not seed:
        return None
    subject = file.removeprefix("test_faults_").removesuffix(".py")
    fault = name.removeprefix("test_").replace("_", " ")
    return Run(f"{subject}: {fault}", seed.removesuffix("]"), passed, took_s)
