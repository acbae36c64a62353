"""Whose clock is wrong, when those of a service's parts disagree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import checkup
from service.domain.clocks import CLOCK_TOLERANCE_US, Clock, Times, agreed_ahead_us, disagreement, wrong_clocks
from service.domain.instant import SECOND_US
from service.domain.intake.ingest_work import IngestProcess
from service.domain.shares import ALL

HOUR_US = 3_600 * SECOND_US
NOW_US = 1_780_000_000 * SECOND_US
BIT_US = CLOCK_TOLERANCE_US


def clocks(**ahead_h: float) -> list[Clock]:
    """Parts, each so many hours ahead of the database."""
    return [Clock(who, round(hours * HOUR_US)) for who, hours in ahead_h.items()]


@pytest.mark.parametrize(
    ("known", "wrong"),
    [
        ({"api": 0, "evaluator": 0, "ingest": 0}, []),
        ({"api": -7, "evaluator": 0, "ingest": 0}, [("api", -7)]),
        ({"api": 0, "evaluator": 7}, [("evaluator", 7)]),
        ({"api": 7, "evaluator": 7, "ingest": 7}, [("the database", -7)]),
        ({"api": -7_200, "evaluator": 0.001}, [("api", -7_200)]),
        # Two against each other: nobody knows, and the database is what the others are kept against.
        ({"api": -7}, [("api", -7)]),
        ({"api": -7, "ingest": 3, "evaluator": 0}, [("api", -7), ("ingest", 3)]),
        ({}, []),
    ],
)
def test_the_clock_that_the_others_contradict_is_named(known: dict[str, float], wrong: list[tuple[str, float]]) -> None:
    """Whoever is called at night is told which clock to set, not that there is one."""
    found = wrong_clocks(clocks(**known), CLOCK_TOLERANCE_US)
    assert [(clock.who, clock.ahead_us / HOUR_US) for clock in found] == wrong


@pytest.mark.parametrize(
    ("database_us", "latest_us", "agree"),
    [
        (NOW_US, None, True),
        (NOW_US + BIT_US, None, True),
        (NOW_US + BIT_US + 1, None, False),
        (NOW_US - BIT_US, None, True),
        (NOW_US - BIT_US - 1, None, False),
        (NOW_US, NOW_US + BIT_US, True),
        (NOW_US, NOW_US + BIT_US + 1, False),
        (NOW_US, NOW_US - 300 * 24 * HOUR_US, True),
    ],
)
def test_clocks_agree_up_to_the_tolerance_and_no_further(database_us: int, latest_us: int | None, agree: bool) -> None:
    """Machines kept by NTP differ by milliseconds; one whose clock is off by two minutes knows no present."""
    assert (disagreement(NOW_US, Times(database_us, latest_us), CLOCK_TOLERANCE_US) is None) is agree


@given(st.lists(st.integers(-10 * HOUR_US, 10 * HOUR_US), max_size=6))
def test_what_is_agreed_is_what_somebody_says(ahead_us: list[int]) -> None:
    """No time is made up between two clocks; and one on which most agree is never called wrong."""
    known = [Clock(str(number), one_us) for number, one_us in enumerate(ahead_us)]
    agreed_us = agreed_ahead_us(known, CLOCK_TOLERANCE_US)
    assert agreed_us in [0, *ahead_us]
    wrong = wrong_clocks(known, CLOCK_TOLERANCE_US)
    assert len(wrong) <= len(known)
    assert all(abs(clock.ahead_us) > CLOCK_TOLERANCE_US for clock in wrong)


def test_a_checkup_says_what_to_do_about_each_thing_that_is_wrong() -> None:
    """A list of what is wrong without a word about what to do is a list for somebody else."""
    lines = [
        checkup.schema(["0023_clocks.sql"], []),
        checkup.schema([], ["0099_later.sql"]),
        *checkup.roles(["unbroken_api"], [], [], [("ingest", "postgres")]),
        *checkup.roles(
            [], [checkup.Difference("x is a superuser", "ALTER")], [checkup.Difference("y", "GRANT")] * 7, []
        ),
        *checkup.clocks(clocks(api=-7, ingest=0), NOW_US, None, CLOCK_TOLERANCE_US),
        *checkup.clocks(clocks(api=0), NOW_US, NOW_US + HOUR_US, CLOCK_TOLERANCE_US),
        checkup.evaluator({3, 7}, waited_us=None, allowed_us=15 * SECOND_US),
        checkup.evaluator(ALL, waited_us=None, allowed_us=15 * SECOND_US),
        checkup.evaluator((), waited_us=16 * SECOND_US, allowed_us=15 * SECOND_US),
        checkup.ingest([], NOW_US),
        checkup.ingest([IngestProcess("ingest", 0, NOW_US, works_until_us=NOW_US, stopped=True)], NOW_US),
    ]
    wrong = [line.said for line in lines if line.to_do]
    assert wrong == [
        "lacks 0023_clocks.sql",
        "of a newer version: 0099_later.sql",
        "there is no unbroken_api",
        "ingest is at work as postgres, so its own role holds it to nothing",
        "x is a superuser",
        *["y"] * 5,
        "2 more privileges are missing or too many",
        "the clock of api is 7 h behind the others",
        "what was recorded last is from 1 h after now",
        "none holds share 3, 7 of 16",
        "none is at work",
        "is behind by 16 s",
        "has never been at work here",
        "it was stopped at 2026-05-28 20:26 UTC",
    ]
    well = [
        checkup.schema([], []),
        *checkup.clocks(clocks(api=0.01), NOW_US, NOW_US, CLOCK_TOLERANCE_US),
        checkup.evaluator((), waited_us=15 * SECOND_US, allowed_us=15 * SECOND_US),
        checkup.ingest([IngestProcess("ingest", 0, NOW_US)], NOW_US),
    ]
    assert all(line.to_do is None for line in well)
