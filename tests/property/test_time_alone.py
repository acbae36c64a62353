"""A lot about which nothing arrives is judged anew only when time alone can change what is said of it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.domain.instant import END_US, SECOND_US
from service.domain.profiles import ThawRule
from service.domain.verdicts.verdict import judge
from tests.oracle import Allowed, Lot, Series
from tests.property.histories import (
    HORIZON_US,
    MAX_GAP_US,
    MODERATE,
    History,
    histories,
    instants,
    outlook_of,
    profile_of,
    thaw_rules,
)


def said_at(history: History, now_us: int, thaw: ThawRule | None) -> tuple[str, tuple[str, ...], int | None]:
    """Verdict and reason codes at an instant, and when they may change next."""
    later = replace(history, now_us=now_us)
    exposure, ahead = outlook_of(later, thaw=thaw)
    judgement = judge(exposure, profile_of(history.limits, thaw))
    return judgement.verdict, tuple(r.code for r in judgement.reasons), ahead.changes_at_us


@MODERATE
@given(histories(), st.lists(instants, min_size=1, max_size=3), st.none() | thaw_rules)
def test_nothing_changes_before_it_may(history: History, waits_us: list[int], thaw: ThawRule | None) -> None:
    """Until the announced instant a verdict stands though the clock runs; without one it stands for ever."""
    *said, changes_at_us = said_at(history, history.now_us, thaw)
    if changes_at_us is None:
        laters = [*(history.now_us + wait_us for wait_us in waits_us), history.now_us + 10**12]
    else:
        assert history.now_us < changes_at_us < END_US
        ahead_us = changes_at_us - history.now_us
        laters = [changes_at_us - 1, *(history.now_us + wait_us % ahead_us for wait_us in waits_us)]
    for later_us in laters:
        assert [*said_at(history, later_us, thaw)[:2]] == said


@MODERATE
@given(histories(), st.none() | thaw_rules)
def test_looking_only_when_announced_misses_nothing(history: History, thaw: ThawRule | None) -> None:
    """Going from announced instant to announced instant soon comes to an end, with the verdict a late look finds."""
    now_us, looks = history.now_us, 0
    *said, changes_at_us = said_at(history, now_us, thaw)
    while changes_at_us is not None:
        assert changes_at_us > now_us
        now_us, looks = changes_at_us, looks + 1
        assert looks < 200
        *said, changes_at_us = said_at(history, now_us, thaw)
    assert [*said_at(history, max(now_us, HORIZON_US) + 10**12, thaw)[:2]] == said


@MODERATE
@given(st.integers(0, 8), st.integers(0, 8) | st.none(), st.booleans())
def test_silence_makes_a_lot_unproven_to_the_microsecond(budget_s: int, single_s: int | None, moved: bool) -> None:
    """A dead logger's freezer is fine while it is waited for, then until the silence could hide a limit passed.

    That a lot has moved on does not end the waiting for the freezer it left.
    """
    last_us = 3 * SECOND_US
    stays = (("A", 0, last_us + 1), ("B", last_us + 1, END_US)) if moved else (("A", 0, END_US),)
    history = History(
        {
            "A": [Series(tuple((n * SECOND_US, -80.0) for n in range(4)))],
            "B": [Series(tuple((n * SECOND_US, -80.0) for n in range(2, 20)))],
        },
        Lot(0, END_US, stays),
        [Allowed("above", -60.0, budget_s=budget_s, single_s=single_s)],
        last_us + 1,
    )
    pending_us = last_us + MAX_GAP_US
    if moved:
        expected_us = pending_us + 1 if 0 in (budget_s, single_s) else None
    else:
        least_s = min(x for x in (budget_s, single_s) if x is not None)
        expected_us = max(pending_us, last_us + least_s * SECOND_US) + 1
    now_us, seen = history.now_us, None
    while seen is None and now_us < 15 * SECOND_US:
        verdict, _, changes_at_us = said_at(history, now_us, None)
        if verdict == "unproven":
            seen = now_us
        if changes_at_us is None:
            break
        now_us = changes_at_us
    assert seen == expected_us
