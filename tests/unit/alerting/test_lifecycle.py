"""The life of an alert, from the first sign to its end."""

import itertools

import pytest

from service.domain.alerting.details import Plain
from service.domain.alerting.lifecycle import (
    TRANSITIONS,
    AlertState,
    Change,
    Current,
    Figures,
    Finding,
    Step,
    acknowledged,
    came_late,
    next_step,
    passed_on,
)
from service.domain.instant import SECOND_US
from service.domain.severity import Severity

MINUTE_US = 60 * SECOND_US
DELAY_S = 600
DELAY_US = DELAY_S * SECOND_US
RECOVERS_S = 300


def warm(since_us: int = 0, *, stale: bool = False, remaining_s: float | None = None) -> Finding:
    return Finding(since_us, Plain(), Severity.CRITICAL, DELAY_S, stale, Figures(remaining_s=remaining_s))


def stands(state: AlertState, *, acknowledged_us: int | None = None, calm_since_us: int | None = None) -> Current:
    return Current(state, acknowledged_us, calm_since_us)


def step(
    current: Current | None, found: Finding | None, now_us: int, calm_until_us: int | None = None
) -> tuple[Change, AlertState | None] | None:
    told = next_step(current, found, now_us, recovers_s=RECOVERS_S, calm_until_us=calm_until_us)
    return None if told is None else (told.change, told.state)


def test_nothing_comes_of_nothing() -> None:
    """A freezer within limits has no alert."""
    assert step(None, None, MINUTE_US) is None


def test_a_crossing_is_first_only_watched() -> None:
    """A door opened to take out a lot lets warm air in; that is nobody's call yet."""
    assert step(None, warm(), DELAY_US - 1) == (Change.BEGAN, AlertState.PENDING)


def test_it_fires_when_the_delay_has_passed() -> None:
    """Ten minutes above −60 °C is no open door; the delay counts to the microsecond."""
    pending = stands(AlertState.PENDING)
    assert step(pending, warm(), DELAY_US - 1) is None
    assert step(pending, warm(), DELAY_US) == (Change.LASTED, AlertState.FIRING)


def test_a_crossing_heard_of_late_fires_at_once() -> None:
    """A logger that reports every quarter of an hour may tell of ten warm minutes in one breath."""
    assert step(None, warm(), DELAY_US) == (Change.LASTED, AlertState.FIRING)


def test_silence_while_it_is_watched_still_fires() -> None:
    """A logger that falls silent while the freezer warms gives no reason to stop the clock."""
    assert step(stands(AlertState.PENDING), warm(stale=True), 100 * DELAY_US) == (Change.LASTED, AlertState.FIRING)


def test_old_readings_alone_never_open_an_alert() -> None:
    """A logger's file uploaded days later is history, not an emergency."""
    assert step(None, warm(stale=True), 100 * DELAY_US) is None


@pytest.mark.parametrize("stale", [False, True])
def test_it_fires_once(stale: bool) -> None:
    """As long as the freezer stays warm there is one alert for it; a logger that died changes nothing of that."""
    assert step(stands(AlertState.FIRING), warm(stale=stale), 10_000 * DELAY_US) is None


def test_one_only_watched_vanishes_unheard() -> None:
    """Cold again before anybody was told: there is nothing to tell."""
    assert step(stands(AlertState.PENDING), None, MINUTE_US) == (Change.ENDED, None)


@pytest.mark.parametrize("state", [AlertState.FIRING, AlertState.ACKNOWLEDGED])
def test_it_is_over_when_it_has_been_calm_for_long_enough(state: AlertState) -> None:
    """Cold for five minutes, measured and not assumed: a freezer that flaps about its limit is one alert."""
    calm = stands(state, acknowledged_us=0, calm_since_us=10 * MINUTE_US)
    assert step(calm, None, 15 * MINUTE_US - 1) is None
    assert step(calm, None, 15 * MINUTE_US) == (Change.ENDED, AlertState.RESOLVED)
    assert step(calm, None, 900 * MINUTE_US, calm_until_us=14 * MINUTE_US) is None, "silence proves nothing"
    assert step(calm, None, 900 * MINUTE_US, calm_until_us=15 * MINUTE_US) == (Change.ENDED, AlertState.RESOLVED)


def test_what_nobody_is_known_to_have_seen_calm_is_not_over() -> None:
    """The first look after the last warm reading only starts the clock."""
    assert step(stands(AlertState.FIRING), None, 900 * MINUTE_US) is None


@pytest.mark.parametrize(("remaining_s", "fires_after_s"), [(None, 3_600), (7_200, 3_600), (1_200, 1_200), (10, 300)])
def test_taken_over_and_still_so_it_fires_again(remaining_s: float | None, fires_after_s: int) -> None:
    """Who took it over fell asleep: the less time the lots have left, the sooner somebody is called again."""
    taken = stands(AlertState.ACKNOWLEDGED, acknowledged_us=0)
    found = warm(remaining_s=remaining_s)
    assert step(taken, found, fires_after_s * SECOND_US - 1) is None
    assert step(taken, found, fires_after_s * SECOND_US) == (Change.STILL_SO, AlertState.FIRING)


def test_who_answers_for_lots_that_are_lost_is_left_in_peace_for_an_hour() -> None:
    """Who took over a freezer whose lots have no time left is not called every five minutes until the morning."""
    taken = stands(AlertState.ACKNOWLEDGED, acknowledged_us=0)
    assert step(taken, warm(remaining_s=0), 59 * MINUTE_US) is None
    assert step(taken, warm(remaining_s=0), 60 * MINUTE_US) == (Change.STILL_SO, AlertState.FIRING)


def test_a_weak_battery_that_somebody_knows_of_can_wait() -> None:
    """Nothing is at stake: it fires again after a day, not every hour."""
    weak = Finding(0, Plain(), Severity.WARNING, 0)
    taken = stands(AlertState.ACKNOWLEDGED, acknowledged_us=0)
    assert step(taken, weak, 23 * 60 * MINUTE_US) is None
    assert step(taken, weak, 24 * 60 * MINUTE_US) == (Change.STILL_SO, AlertState.FIRING)


@pytest.mark.parametrize("state", [AlertState.PENDING, AlertState.ACKNOWLEDGED, AlertState.RESOLVED])
def test_only_what_fires_is_taken_over(state: AlertState) -> None:
    """There is nothing to take over of what is only watched, is taken over, or is over."""
    assert acknowledged(state) is None
    assert acknowledged(AlertState.FIRING) == Step(Change.ACKNOWLEDGED, AlertState.ACKNOWLEDGED, "acknowledged")


def test_whoever_cannot_come_gives_back_what_they_had_in_hand() -> None:
    """A nurse called into theatre passes on what nobody has, and what they took over; nothing else."""
    for state in (AlertState.FIRING, AlertState.ACKNOWLEDGED):
        step = passed_on(state)
        assert step is not None
        assert step.state is AlertState.FIRING
    assert passed_on(AlertState.PENDING) is None
    assert passed_on(AlertState.RESOLVED) is None


def test_what_was_over_when_it_was_heard_of_is_told_as_past() -> None:
    """An upload of last night's readings opens nothing."""
    assert came_late().state is AlertState.RESOLVED


def test_every_step_is_in_the_table() -> None:
    """Whatever is known and whatever is found, an alert goes only where the table lets it."""
    currents = [
        None,
        *(
            stands(s, acknowledged_us=a, calm_since_us=c)
            for s in AlertState
            for a in (None, 0)
            for c in (None, 0)
            if s is not AlertState.RESOLVED
        ),
    ]
    founds = [None, *(warm(stale=stale, remaining_s=left) for stale in (False, True) for left in (None, 0.0))]
    taken = set()
    for current, found, now_us in itertools.product(currents, founds, (0, DELAY_US, 100 * DELAY_US)):
        told = next_step(current, found, now_us, recovers_s=RECOVERS_S)
        if told is not None:
            key = (current.state if current else None, told.change)
            assert TRANSITIONS[key] is told.state
            taken.add(key)
    by_people = {(AlertState.FIRING, Change.ACKNOWLEDGED)} | {
        (state, Change.PASSED_ON) for state in (AlertState.FIRING, AlertState.ACKNOWLEDGED)
    }
    by_people_or_uploads = by_people | {(None, Change.CAME_LATE)}
    assert taken | by_people_or_uploads == set(TRANSITIONS)
