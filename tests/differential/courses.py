"""Random courses of a cold chain, each told by its seed alone: what happens, in which order, at which stage.

A course knows nothing of what the product answers. It is written in whole beforehand, as happenings that can be left
out one by one: what rested on one that is missing is refused by the product, and then is no fact for the oracle either.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tests.differential.happenings import Happening
from tests.differential.inventory import furnish
from tests.differential.measuring import measured
from tests.differential.people import act
from tests.differential.script import Script

#: What may be in a course, beside probes that measure and lots that are moved.
KINDS = frozenset(
    {
        "warm",
        "silence",
        "late",
        "twice",
        "conflict",
        "hilo",
        "unknown_range",
        "garbage",
        "fault",
        "spike",
        "falling_clock",
        "ahead",
        "calibrate",
        "mend",
        "absence",
        "taken_out",
        "put_in",
        "commission",
        "correct",
        "range_told",
        "visit",
        "backdated",
        "threshold",
        "declared",
        "warns_only",
        "dialects",
        "file",
        "ends",
        "unknown_start",
    }
)


@dataclass(frozen=True)
class Stage:
    """What happens up to one instant, at which all of it arrives."""

    at_us: int
    happenings: tuple[Happening, ...]


@dataclass(frozen=True)
class Course:
    """One course, and the prefix of every name in it."""

    seed: int
    name: str
    stages: tuple[Stage, ...]


def course(seed: int, name: str, times_us: Sequence[int], kinds: frozenset[str] = KINDS) -> Course:
    """The course of that seed, in these stages; everything in it is named `name-…`."""
    return Course(seed, name, tuple(_stages(Script(seed, name, times_us[0], kinds), times_us)))


def _stages(script: Script, times_us: Sequence[int]) -> Iterator[Stage]:
    furnish(script)
    yield Stage(script.now_us, script.taken())
    for number in range(1, len(times_us)):
        was_us, script.now_us = script.now_us, times_us[number]
        sent = measured(script, number, was_us, len(times_us))
        acts = script.chance.choice([0, 1, 1, 2, 3])
        before = script.chance.randint(0, acts)
        for _ in range(before):
            act(script)
        script.told += sent
        for _ in range(acts - before):
            act(script)
        yield Stage(script.now_us, script.taken())


def without(told: Course, left_out: frozenset[int]) -> Course:
    """A course without some of its happenings, by their number in the whole."""
    numbers = iter(range(sum(len(stage.happenings) for stage in told.stages)))
    stages = tuple(
        replace(stage, happenings=tuple(one for one in stage.happenings if next(numbers) not in left_out))
        for stage in told.stages
    )
    return replace(told, stages=stages)
