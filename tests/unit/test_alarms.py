"""When a container's limit calls for people, and the life of an alert."""

from dataclasses import replace

import pytest

from service.domain import spans
from service.domain.alarms import AlertState, Crossing, crossing, next_step, summary
from service.domain.container import Record, Threshold, threshold_of
from service.domain.instant import SECOND_US
from service.domain.profiles import CRYO_80, Effect, Limit

MINUTE_US = 60 * SECOND_US
WARM, THAWING, TOO_COLD = CRYO_80.limits
DELAY_US = WARM.alarm_delay_s * SECOND_US


def record(*crossed: tuple[Limit, int], measured_until_us: int) -> Record:
    """A container whose last reading lies beyond these limits, each since then."""
    beyond: dict[Threshold, spans.Spans] = {
        threshold_of(limit): spans.spans([(since_us, measured_until_us)] if since_us < measured_until_us else [])
        for limit, since_us in crossed
    }
    return Record(beyond=beyond, measured_until_us=measured_until_us, open_beyond=frozenset(beyond))


def warm(since_us: int, *, stale: bool = False, limit: Limit = WARM) -> Crossing:
    return Crossing(limit, since_us, stale)


def test_a_cold_freezer_calls_nobody() -> None:
    """Within limits there is no crossing and nothing to do."""
    assert crossing(record(measured_until_us=MINUTE_US), CRYO_80, MINUTE_US) is None
    assert next_step(None, None, MINUTE_US) is None


def test_a_past_excursion_is_no_crossing() -> None:
    """A freezer that was warm and is cold again is not beyond anything now."""
    over = replace(record((WARM, 0), measured_until_us=MINUTE_US), open_beyond=frozenset())
    assert crossing(over, CRYO_80, MINUTE_US) is None


def test_a_crossing_counts_from_the_last_time_the_limit_was_passed() -> None:
    """Yesterday's excursion does not make tonight's longer."""
    threshold = threshold_of(WARM)
    twice = Record(
        beyond={threshold: spans.spans([(0, MINUTE_US), (5 * MINUTE_US, 6 * MINUTE_US)])},
        measured_until_us=6 * MINUTE_US,
        open_beyond=frozenset({threshold}),
    )
    assert crossing(twice, CRYO_80, 6 * MINUTE_US) == warm(5 * MINUTE_US)


def test_a_single_warm_reading_counts_from_when_it_was_taken() -> None:
    """One reading covers no time, and yet says the freezer is warm."""
    assert crossing(record((WARM, 0), measured_until_us=0), CRYO_80, MINUTE_US) == warm(0)


def test_a_crossing_is_first_only_watched() -> None:
    """A door opened to take out a lot lets warm air in; that is nobody's call yet."""
    step = next_step(None, warm(0), DELAY_US - 1)
    assert step is not None
    assert step.state is AlertState.PENDING


def test_it_fires_when_the_delay_has_passed() -> None:
    """Ten minutes above −60 °C is no open door; the delay counts to the microsecond."""
    assert next_step(AlertState.PENDING, warm(0), DELAY_US - 1) is None
    step = next_step(AlertState.PENDING, warm(0), DELAY_US)
    assert step is not None
    assert step.state is AlertState.FIRING
    assert "10 min" in step.reason


def test_a_crossing_heard_of_late_fires_at_once() -> None:
    """A logger that reports every quarter of an hour may tell of ten warm minutes in one breath."""
    step = next_step(None, warm(0), DELAY_US)
    assert step is not None
    assert step.state is AlertState.FIRING


def test_silence_while_it_is_watched_still_fires() -> None:
    """A logger that falls silent while the freezer warms gives no reason to stop the clock."""
    step = next_step(AlertState.PENDING, warm(0, stale=True), 100 * DELAY_US)
    assert step is not None
    assert step.state is AlertState.FIRING


def test_old_readings_alone_never_open_an_alert() -> None:
    """A logger's file uploaded days later is history, not an emergency."""
    measured_until_us = MINUTE_US
    at_the_limit_us = measured_until_us + CRYO_80.max_gap_s * SECOND_US
    uploaded = record((WARM, 0), measured_until_us=measured_until_us)
    fresh, old = crossing(uploaded, CRYO_80, at_the_limit_us), crossing(uploaded, CRYO_80, at_the_limit_us + 1)
    assert fresh is not None
    assert old is not None
    assert (fresh.stale, old.stale) == (False, True)
    assert next_step(None, old, at_the_limit_us + 1) is None


@pytest.mark.parametrize("state", [AlertState.FIRING, AlertState.ACKNOWLEDGED])
def test_silence_never_resolves(state: AlertState) -> None:
    """A warm freezer whose logger died is still a warm freezer."""
    assert next_step(state, warm(0, stale=True), 10_000 * DELAY_US) is None


@pytest.mark.parametrize("state", [AlertState.FIRING, AlertState.ACKNOWLEDGED])
def test_it_fires_once(state: AlertState) -> None:
    """As long as the freezer stays warm there is one alert for it, acknowledged or not."""
    assert next_step(state, warm(0), 2 * DELAY_US) is None


@pytest.mark.parametrize("state", [AlertState.PENDING, AlertState.FIRING, AlertState.ACKNOWLEDGED])
def test_a_reading_within_limits_ends_it(state: AlertState) -> None:
    """Cold again, measured and not assumed: an alert is over, and one only watched vanishes unheard."""
    step = next_step(state, None, DELAY_US)
    assert step is not None
    assert step.state is AlertState.RESOLVED
    assert step.reason == "a reading within limits arrived"


def test_of_two_limits_passed_too_long_the_more_serious_is_told() -> None:
    """Above −20 °C the lots thaw: that, not −60 °C, is the news."""
    both = record((WARM, 0), (THAWING, 5 * MINUTE_US), measured_until_us=20 * MINUTE_US)
    found = crossing(both, CRYO_80, 20 * MINUTE_US)
    assert found == warm(5 * MINUTE_US, limit=THAWING)


def test_a_limit_whose_delay_has_passed_comes_before_one_that_waits() -> None:
    """Half a minute above −20 °C may be a slip; eleven minutes above −60 °C are not."""
    both = record((WARM, 0), (THAWING, 11 * MINUTE_US), measured_until_us=11 * MINUTE_US + 1)
    assert crossing(both, CRYO_80, 11 * MINUTE_US + 30 * SECOND_US) == warm(0)


def test_a_limit_that_condemns_comes_before_one_that_warns() -> None:
    """With one probe too warm and another too cold, what ruins lots is told first."""
    assert (WARM.effect, TOO_COLD.effect) == (Effect.CONDEMNS, Effect.WARNS)
    both = record((TOO_COLD, 0), (WARM, 0), measured_until_us=120 * MINUTE_US)
    found = crossing(both, CRYO_80, 120 * MINUTE_US)
    assert found is not None
    assert found.limit is WARM


def test_of_two_limits_below_the_colder_is_more_serious() -> None:
    """For cold, farther is lower."""
    cold, colder = replace(TOO_COLD, threshold_c=-90.0), replace(TOO_COLD, threshold_c=-120.0)
    profile = replace(CRYO_80, limits=(colder, cold))
    found = crossing(record((cold, 0), (colder, 0), measured_until_us=MINUTE_US), profile, MINUTE_US)
    assert found is not None
    assert found.limit is colder


@pytest.mark.parametrize(
    ("lot_ids", "lots"),
    [
        ([], "no lots in it"),
        (["A"], "1 lot: A"),
        (["A", "B", "C"], "3 lots: A, B, C"),
        (["A", "B", "C", "D", "E"], "5 lots: A, B, C and 2 more"),
    ],
)
def test_an_alert_names_container_limit_and_lots(lot_ids: list[str], lots: str) -> None:
    """The first words say what is warm, where, and what lies in it."""
    assert summary("Freezer 2", "basel", warm(0), lot_ids) == f"Freezer 2 (basel) is above −60 °C; {lots}"


def test_too_cold_is_said_as_below() -> None:
    """A freezer may fail in both directions."""
    assert summary("Freezer 2", "basel", warm(0, limit=TOO_COLD), []).startswith("Freezer 2 (basel) is below −90 °C")
