"""Who is told of an alert, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.notification import Alert, Event, Notification
from alerts.policy import PAST_NEWS, Reason, why_notify

BEGAN = datetime(2026, 3, 1, 0, 6, tzinfo=UTC)
NOW = BEGAN + timedelta(hours=1)
NOBODY: frozenset[Event] = frozenset()
OF_FIRING = frozenset({Event.FIRING})
OF_THE_END = frozenset({Event.RESOLVED})
OF_BOTH = OF_FIRING | OF_THE_END

FIRING = Alert(
    id=7,
    container_id="freezer",
    container_name="Freezer",
    site_id="site",
    site_name="The site",
    time_zone="Europe/Zurich",
    cause="limit_crossed",
    state="firing",
    severity="critical",
    began_at=BEGAN,
    fired_at=BEGAN + timedelta(minutes=10),
    resolved_at=None,
    summary="Freezer (site) is above −60 °C; 1 lot: lot",
    lot_ids=["lot"],
)
ACKNOWLEDGED = replace(FIRING, state="acknowledged")
RESOLVED = replace(FIRING, state="resolved", resolved_at=BEGAN + timedelta(minutes=50))
PENDING = replace(FIRING, state="pending", fired_at=None)


def test_a_warm_freezer_is_told_of() -> None:
    """A limit crossed for too long is told to everyone who has not heard of it."""
    assert why_notify(NOBODY, FIRING, NOW) is Reason.FIRING


def test_one_warm_freezer_is_one_message() -> None:
    """Nobody is called twice for the same freezer and the same night."""
    assert why_notify(OF_FIRING, FIRING, NOW) is None


def test_an_acknowledgement_elsewhere_does_not_keep_it_from_a_receiver() -> None:
    """That somebody has seen it on the dashboard does not make the freezer cold: the webhook hears of it even so."""
    assert why_notify(NOBODY, ACKNOWLEDGED, NOW) is Reason.FIRING
    assert why_notify(OF_FIRING, ACKNOWLEDGED, NOW) is None


def test_the_end_is_told_to_those_who_heard_the_beginning() -> None:
    """Whoever was called out hears that it is over."""
    assert why_notify(OF_FIRING, RESOLVED, NOW) is Reason.RESOLVED


def test_what_came_and_went_unheard_is_told_once_as_past() -> None:
    """A freezer that was warm while the webhook was away was warm all the same."""
    assert why_notify(NOBODY, RESOLVED, NOW) is Reason.PAST


@pytest.mark.parametrize("told", [OF_THE_END, OF_BOTH])
@pytest.mark.parametrize("alert", [FIRING, RESOLVED])
def test_after_the_end_there_is_nothing_to_tell(told: frozenset[Event], alert: Alert) -> None:
    """An excursion that is over and told is closed."""
    assert why_notify(told, alert, NOW) is None


@pytest.mark.parametrize("told", [NOBODY, OF_FIRING])
def test_a_crossing_that_may_yet_pass_is_not_told(told: frozenset[Event]) -> None:
    """A door that stands open for a minute wakes nobody."""
    assert why_notify(told, PENDING, NOW) is None


def test_a_new_webhook_is_not_told_last_year() -> None:
    """Excursions long over are looked up, not announced; one still going on is announced however old it is."""
    resolved_at = BEGAN + timedelta(minutes=50)
    assert why_notify(NOBODY, RESOLVED, resolved_at + PAST_NEWS) is Reason.PAST
    assert why_notify(NOBODY, RESOLVED, resolved_at + PAST_NEWS + timedelta(seconds=1)) is None
    assert why_notify(OF_FIRING, RESOLVED, resolved_at + 10 * PAST_NEWS) is Reason.RESOLVED
    assert why_notify(NOBODY, FIRING, BEGAN + 10 * PAST_NEWS) is Reason.FIRING


@pytest.mark.parametrize("alert", [FIRING, ACKNOWLEDGED, RESOLVED, PENDING])
def test_telling_comes_to_an_end(alert: Alert) -> None:
    """However an alert stands, recording what was told leaves nothing more to tell."""
    told, messages = NOBODY, 0
    while (reason := why_notify(told, alert, NOW)) is not None:
        told |= {reason.event}
        messages += 1
    assert messages <= 1


def test_a_repetition_carries_the_same_key() -> None:
    """A pager that heard of a freezer can tell the same call from a second freezer."""
    assert Notification(Event.FIRING, FIRING, "text").key == "alert-7-firing"
    assert Notification(Event.RESOLVED, RESOLVED, "text").key == "alert-7-resolved"


def test_a_clock_that_is_behind_keeps_nothing_back() -> None:
    """Two machines seldom agree on the time; a warm freezer is told of even if it fires in our future."""
    assert why_notify(NOBODY, FIRING, BEGAN - timedelta(hours=1)) is Reason.FIRING
    assert why_notify(NOBODY, RESOLVED, BEGAN - timedelta(hours=1)) is Reason.PAST
