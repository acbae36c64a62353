"""A failing course, as short as leaving things out makes it: several shorter ones are tried side by side."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.differential.courses import Course, without
from tests.differential.happenings import time_of_day
from tests.differential.play import Played, Schedule

_SIDE_BY_SIDE = 16

#: Plays courses in a fresh installation.
Player = Callable[[Sequence[Course], Schedule], Sequence[Played]]


def shortest(
    named: Callable[[str], Course], plan: Schedule, play: Player, *, rounds: int = 12
) -> tuple[Played, Schedule]:
    """The shortest version of a course that is found to fail still, and the stages it needs.

    Args:
        named: the course, with everything in it named after what is given.
    """
    [failed] = play([named("s")], plan)
    stages = failed.first_wrong + 1
    plan = Schedule(plan.times_us[:stages], plan.evaluator[:stages])
    count = sum(len(stage.happenings) for stage in failed.course.stages)
    left_out = frozenset(range(sum(len(stage.happenings) for stage in failed.course.stages[:stages]), count))
    size = max(1, (count - len(left_out)) // 4)
    for _ in range(rounds):
        kept = [number for number in range(count) if number not in left_out]
        chunks = [frozenset(kept[at : at + size]) for at in range(0, len(kept), size)]
        found: frozenset[int] = frozenset()
        for at in range(0, len(chunks), _SIDE_BY_SIDE):
            some = chunks[at : at + _SIDE_BY_SIDE]
            tried = [without(named(f"s{number}"), left_out | chunk) for number, chunk in enumerate(some)]
            ends = play([replace(one, stages=one.stages[:stages]) for one in tried], plan)
            likewise = (chunk for chunk, end in zip(some, ends, strict=True) if _fails_as(failed, end))
            found |= frozenset().union(*likewise)
        if found:
            whole = without(named("s"), left_out | found)
            [together] = play([replace(whole, stages=whole.stages[:stages])], plan)
            one_chunk = next(chunk for chunk in chunks if chunk <= found)
            left_out |= found if _fails_as(failed, together) else one_chunk
        elif size == 1:
            break
        size = max(1, size // 2)
    course = without(named("s"), left_out)
    [shown] = play([replace(course, stages=course.stages[:stages])], plan)
    return (shown if _fails_as(failed, shown) else failed), plan


def _fails_as(failed: Played, other: Played) -> bool:
    """Whether something of the same kind is wrong: what is left out can break something else."""
    return not _kinds(failed).isdisjoint(_kinds(other))


def _kinds(played: Played) -> set[str]:
    """What is wrong and of which lot, without when and by how much, and without what the course was named."""
    return {re.sub(r"^[0-9]+\. [0-9:]+ |\bs[0-9]*-| -?[0-9.]+\b", "", line) for line in played.wrong}


def story(played: Played, plan: Schedule) -> str:
    """What happened, as sentences, and what was wrong."""
    lines = []
    for stage, evaluator in zip(played.course.stages, plan.evaluator, strict=False):
        if stage.happenings:
            lines += [f"  {one.says}" for one in stage.happenings]
        lines.append(f"at {time_of_day(stage.at_us)} the evaluator: {evaluator}")
    return "\n".join([*lines, "", "What is wrong:", *(f"  {one}" for one in played.wrong[:8])])
