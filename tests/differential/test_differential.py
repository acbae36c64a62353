"""Random courses of cold chains through the real doors: what is answered is what an oracle finds, written apart."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import pytest

from service.local.servers import LocalServers
from tests.differential.courses import Course, course
from tests.differential.doors import installation
from tests.differential.play import BEGINS_US, Played, Schedule, play, schedule
from tests.differential.report import RESULTS, Result
from tests.differential.shrinking import shortest, story

_IN_CI, _IN_A_BATCH = 20, 25


def test_what_is_answered_is_so(batch: str, servers: LocalServers, request: pytest.FixtureRequest) -> None:
    """Whatever happens to a cold chain, no lot is called usable that is not, and every total is what was measured."""
    seed, _, alone = batch.partition(".")
    many = _IN_A_BATCH if request.config.getoption("--soak") else _IN_CI
    plan = schedule(int(seed))
    began_s = time.monotonic()

    def in_fresh_installation(courses: Sequence[Course], stages: Schedule) -> Sequence[Played]:
        with installation(servers, "differential", datetime.fromtimestamp(BEGINS_US / 1e6, UTC), int(seed)) as doors:
            return play(doors, courses, stages)

    def named(number: int, name: str) -> Course:
        return course(int(seed) * 1_000 + number, name, plan.times_us)

    numbers = [int(alone)] if alone else range(many)
    played = in_fresh_installation([named(number, f"c{number}") for number in numbers], plan)
    RESULTS.append(Result(seed, played, time.monotonic() - began_s))
    failed = [number for number, one in zip(numbers, played, strict=True) if one.wrong]
    if failed:
        shown = story(*shortest(partial(named, failed[0]), plan, in_fresh_installation))
        names = ",".join(f"{seed}.{number}" for number in failed)
        pytest.fail(f"COURSES={names}; the first of them, shortened:\n{shown}", pytrace=False)
