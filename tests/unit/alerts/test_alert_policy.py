"""Who is told of an alert, when, and why."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.notification import Planned
from alerts.on_call.config import Chain, Config, Route, Stage
from alerts.policy.muting import Silence
from alerts.policy.plan import plan
from alerts.policy.why import FLAP_WINDOW, PAST_TOLD_WITHIN, returned_to_firing, why_notify
from alerts.receivers.receiver import ReceiverSetting
from service.domain.alerting.alert import Alert
from service.domain.alerting.details import Plain
from service.domain.alerting.notification import OVER, NotificationHistory, Reason
from tests.unit.alerts.timelines import (
    NOON,
    World,
    acknowledges,
    becomes,
    came_late,
    config,
    fires,
    is_pending,
    is_still_so,
    person,
    resolves,
    silenced,
)

BEGAN = datetime(2026, 3, 1, 0, 6, tzinfo=UTC)
NOW = BEGAN + timedelta(hours=1)
CONFIG = config()
ANA = frozenset({"ana-phone"})

FIRING = Alert(
    id=7,
    subject="container:freezer",
    name="Freezer",
    container_id="freezer",
    site_id="site",
    site_name="The site",
    time_zone="Europe/Zurich",
    cause="limit_crossed",
    state="firing",
    severity="critical",
    began_at=BEGAN,
    due_at=None,
    fired_at=BEGAN + timedelta(minutes=10),
    acknowledged_at=None,
    acknowledged_by=None,
    resolved_at=None,
    past=False,
    details=Plain(),
    lot_ids=("lot",),
)
ACKNOWLEDGED = replace(FIRING, state="acknowledged")
RESOLVED = replace(FIRING, state="resolved", resolved_at=BEGAN + timedelta(minutes=50))
PENDING = replace(FIRING, state="pending", fired_at=None)
TOLD = NotificationHistory(NOW, Reason.FIRST, "critical", 0, 1, False, ANA, NOW, NOW, None)
TOLD_OVER = replace(TOLD, reason=Reason.RESOLVED)


def why(last: NotificationHistory | None, alert: Alert, now: datetime = NOW) -> Reason | None:
    """Why ana is told."""
    return why_notify(last, alert, ANA, CONFIG, now)


def told(
    alert: Alert, last: NotificationHistory | None = None, *silences: Silence, now: datetime = NOW
) -> list[Planned]:
    """What is planned of one alert."""
    return plan([alert], {} if last is None else {alert.id: last}, silences, CONFIG, now)


def test_a_warm_freezer_is_told_of() -> None:
    """A limit crossed for too long is told to everyone who has not heard of it."""
    assert why(None, FIRING) is Reason.FIRST


def test_one_warm_freezer_is_one_message() -> None:
    """Nobody is called twice for the same freezer before it is time to remind them."""
    assert why(TOLD, FIRING) is None
    assert why(TOLD, FIRING, NOW + timedelta(minutes=15)) is Reason.REMINDER


def test_an_acknowledgement_elsewhere_does_not_keep_it_from_a_receiver() -> None:
    """That somebody has seen it on the pages does not make the freezer cold: whoever is on call hears of it even so."""
    assert why(None, ACKNOWLEDGED) is Reason.FIRST
    assert why(TOLD, ACKNOWLEDGED, NOW + timedelta(days=1)) is None


def test_the_end_is_told_to_those_who_heard_the_beginning() -> None:
    """Whoever was called out hears that it is over."""
    assert why(TOLD, RESOLVED) is Reason.RESOLVED


def test_what_came_and_went_unheard_is_told_once_as_past() -> None:
    """A freezer that was warm while nobody could be told was warm all the same."""
    assert why(None, RESOLVED) is Reason.PAST


@pytest.mark.parametrize("reason", sorted(OVER))
def test_after_the_end_there_is_nothing_to_tell(reason: Reason) -> None:
    """An excursion that is over and told is closed."""
    assert why(replace(TOLD, reason=reason), RESOLVED, NOW + timedelta(days=1)) is None


@pytest.mark.parametrize("last", [None, TOLD])
def test_a_crossing_that_may_yet_pass_is_not_told(last: NotificationHistory | None) -> None:
    """A door that stands open for a minute wakes nobody."""
    assert why(last, PENDING) is None


def test_a_new_receiver_is_not_told_last_year() -> None:
    """Excursions long over are looked up, not announced; one still going on is announced however old it is."""
    resolved_at = BEGAN + timedelta(minutes=50)
    assert why(None, RESOLVED, resolved_at + PAST_TOLD_WITHIN) is Reason.PAST
    assert why(None, RESOLVED, resolved_at + PAST_TOLD_WITHIN + timedelta(seconds=1)) is None
    assert why(TOLD, RESOLVED, resolved_at + 10 * PAST_TOLD_WITHIN) is Reason.RESOLVED
    assert why(None, FIRING, BEGAN + 10 * PAST_TOLD_WITHIN) is Reason.FIRST


def test_what_was_over_when_it_was_heard_of_counts_from_then() -> None:
    """A shipper's logger is read out after weeks; what it says is news on that day."""
    late = replace(RESOLVED, past=True, began_at=BEGAN - timedelta(days=40), resolved_at=BEGAN - timedelta(days=39))
    assert why(None, late) is Reason.PAST
    assert why(None, late, NOW + PAST_TOLD_WITHIN) is None


@pytest.mark.parametrize(
    ("changed", "worse"),
    [
        ({}, False),
        ({"severity": "warning"}, False),
        ({"used": 0.99}, False),
        ({"used": 1.0}, True),
        ({"lot_ids": ("a",) * 11}, False),
        ({"lot_ids": ("a",) * 20}, True),
        ({"lot_ids": ()}, False),
    ],
)
def test_only_what_changes_the_work_is_told_anew(changed: dict[str, object], worse: bool) -> None:
    """One lot more among ten is no call; twice as many, or the last of a budget gone, is."""
    alert = replace(ACKNOWLEDGED, **{"lot_ids": ("a",) * 10, **changed})  # type: ignore[arg-type]
    assert why(replace(TOLD, lots=10), alert) is (Reason.WORSENED if worse else None)


def test_the_first_lot_in_a_warm_freezer_is_told() -> None:
    """An empty freezer that is warm is a repair; with a lot in it, it is a rescue."""
    assert why(replace(TOLD, lots=0), ACKNOWLEDGED) is Reason.WORSENED


def test_what_came_back_is_not_told_at_once() -> None:
    """A freezer at the edge of its limit is not news each time it crosses it."""
    warning, warned_over = replace(FIRING, severity="warning"), replace(TOLD_OVER, severity="warning")
    assert why(warned_over, warning, NOW + timedelta(minutes=5)) is None
    assert why(warned_over, warning, NOW + FLAP_WINDOW) is Reason.REMINDER
    assert why(TOLD_OVER, FIRING, NOW + timedelta(seconds=59)) is None
    assert why(TOLD_OVER, FIRING, NOW + timedelta(seconds=60)) is Reason.REMINDER
    assert why(TOLD_OVER, replace(FIRING, used=1.0), NOW + timedelta(minutes=5)) is Reason.WORSENED


def test_a_clock_that_is_behind_keeps_nothing_back() -> None:
    """Two machines seldom agree on the time; a warm freezer is told of even if it fires in our future."""
    for hours in (1, 1000):
        early = BEGAN - timedelta(hours=hours)
        assert [one.reason for one in told(FIRING, now=early)] == [Reason.FIRST]
        assert [one.reason for one in told(RESOLVED, now=early)] == [Reason.PAST]


@pytest.mark.parametrize("last", [TOLD, TOLD_OVER])
def test_what_was_told_by_a_clock_that_ran_ahead_is_told_again(last: NotificationHistory) -> None:
    """A clock that was six hours ahead and is set right costs no six hours; one that differs a little costs nothing."""
    assert why(last, FIRING, NOW - timedelta(hours=6)) is Reason.REMINDER
    assert why(last, FIRING, NOW - timedelta(minutes=5)) is None


def test_information_is_told_once() -> None:
    """A calibration that is due next month is said once and never repeated."""
    assert why(replace(TOLD, severity="info"), replace(FIRING, severity="info"), NOW + timedelta(days=30)) is None


def test_a_receiver_out_of_order_is_told_by_the_others() -> None:
    """That ana's phone refuses everything cannot be told to ana's phone."""
    alert = replace(FIRING, subject="receiver:ana-phone", site_id=None, cause="delivery_failing", severity="warning")
    [planned] = told(alert)
    assert planned.receivers == ("ben-phone",)
    assert planned.incident.startswith("receiver:ana-phone:")


def test_whoever_has_a_second_receiver_is_told_by_that() -> None:
    """If ana's phone is out of order, ana reads of it in her mail."""
    people = replace(person("ana"), receivers=("ana-phone", "ana-mail"))
    known = config(people)
    alert = replace(FIRING, subject="receiver:ana-phone", site_id=None, cause="delivery_failing")
    [planned] = plan([alert], {}, [], known, NOW)
    assert planned.receivers == ("ana-mail",)


def test_nobody_is_reminded_by_the_receiver_that_is_out_of_order() -> None:
    """A reminder that joins another's of its group goes the way the first message went."""
    ana = replace(person("ana"), receivers=("ana-phone", "ana-mail"))
    about_it = {"site_id": None, "cause": "delivery_failing", "subject": "receiver:ana-phone"}
    alerts = [replace(FIRING, id=number, **about_it) for number in (7, 8)]  # type: ignore[arg-type]
    mail = frozenset({"ana-mail"})
    last = {
        alert.id: replace(TOLD, receivers=mail, at=NOW - timedelta(minutes=minutes))
        for alert, minutes in zip(alerts, (15, 10), strict=True)
    }
    [planned] = plan(alerts, last, [], config(ana), NOW)
    assert (planned.reason, planned.receivers) == (Reason.REMINDER, ("ana-mail",))
    assert len(planned.alerts) == 2


def test_the_route_of_an_alert_decides_who_is_told() -> None:
    """Warnings go to the laboratory; what is critical, and what becomes so, goes to whoever is on call."""
    receivers = {name: ReceiverSetting(name, "log", {}) for name in ("laboratory", "on-call")}
    chains = {name: Chain(name, (Stage(0, (name,)),)) for name in receivers}
    routed = Config(receivers, {}, {}, chains, "on-call", (Route("laboratory", severities=frozenset({"warning"})),))
    warning = replace(FIRING, severity="warning")
    [planned] = plan([warning], {}, [], routed, NOW)
    assert planned.receivers == ("laboratory",)
    last = replace(TOLD, severity="warning", receivers=frozenset({"laboratory"}))
    [planned] = plan([FIRING], {7: last}, [], routed, NOW)
    assert (planned.reason, planned.receivers) == (Reason.WORSENED, ("on-call",))


def test_a_receiver_that_is_gone_from_the_file_keeps_nothing_up() -> None:
    """Somebody who left the house is not told of the end, and the others are."""
    [planned] = told(RESOLVED, replace(TOLD, receivers=frozenset({"ana-phone", "former-phone"})))
    assert planned.receivers == ("ana-phone",)


def test_what_came_and_went_inside_maintenance_is_not_told_after_it() -> None:
    """A defrosting that was announced is no news; what outlasted it is."""
    window = Silence("site", None, None, BEGAN, BEGAN + timedelta(minutes=55))
    assert told(RESOLVED, None, window) == []
    assert [one.reason for one in told(RESOLVED, None, replace(window, until_at=BEGAN + timedelta(minutes=40)))] == [
        Reason.PAST
    ]
    assert [one.reason for one in told(replace(RESOLVED, used=1.0), None, window)] == [Reason.PAST]


@pytest.mark.parametrize(
    ("silence", "mutes"),
    [
        ((None, None, None), True),
        (("site", None, None), True),
        (("other", None, None), False),
        (("site", "freezer", "limit_crossed"), True),
        (("site", "other", None), False),
        (("site", None, "battery_low"), False),
    ],
)
def test_a_silence_mutes_what_it_names(silence: tuple[str | None, str | None, str | None], mutes: bool) -> None:
    """A silence for one freezer leaves the next one audible."""
    site, container, cause = silence
    made = Silence(site, container, cause, NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    assert bool(told(FIRING, None, made)) is not mutes


def test_a_clock_that_runs_ahead_repeats_nothing() -> None:
    """Taken back in a minute, by the evaluator's clock: people are told then, and not each second until then."""
    ahead = replace(TOLD, at=NOW - timedelta(minutes=1), again_at=NOW + timedelta(minutes=1))
    assert not returned_to_firing(ahead, NOW)
    assert returned_to_firing(ahead, NOW + timedelta(minutes=1))
    assert not returned_to_firing(replace(ahead, at=NOW + timedelta(minutes=1)), NOW + timedelta(minutes=2))


_NAMES = st.sampled_from(["freezer-1", "freezer-2", "freezer-3"])
_CAUSES = st.sampled_from(["limit_crossed", "budget_used", "logger_silent", "sensor_stuck"])
_SEVERITIES = st.sampled_from(["info", "warning", "critical"])
_HAPPENINGS = st.one_of(
    st.builds(lambda name, cause, severity: ("fires", name, cause, severity), _NAMES, _CAUSES, _SEVERITIES),
    st.builds(lambda name: ("is pending", name, "limit_crossed", "critical"), _NAMES),
    st.builds(lambda name, cause: ("resolves", name, cause, ""), _NAMES, _CAUSES),
    st.builds(lambda name, cause: ("acknowledges", name, cause, ""), _NAMES, _CAUSES),
    st.builds(lambda name, cause: ("is still so", name, cause, ""), _NAMES, _CAUSES),
    st.builds(lambda name, cause, severity: ("becomes", name, cause, severity), _NAMES, _CAUSES, _SEVERITIES),
    st.builds(lambda name, cause: ("budget runs out", name, cause, ""), _NAMES, _CAUSES),
    st.builds(lambda name: ("is silenced", name, "", ""), _NAMES),
    st.builds(lambda name: ("came late", name, "", ""), _NAMES),
)
_WAITS_S = st.one_of(st.integers(0, 120), st.integers(0, 40_000))


def _happen(world: World, what: str, name: str, cause: str, severity: str) -> None:
    """Let something happen if it can."""
    known = [one for one in world.alerts.values() if (one.name, one.cause) == (name, cause) and not one.resolved_at]
    state = known[0].state if known else ""
    possible = {
        ("fires", ""): lambda: fires(name, cause=cause, severity=severity),
        ("fires", "pending"): lambda: fires(name, cause=cause),
        ("is pending", ""): lambda: is_pending(name, due_in_s=20),
        ("resolves", "firing"): lambda: resolves(name, cause=cause),
        ("resolves", "acknowledged"): lambda: resolves(name, cause=cause),
        ("acknowledges", "firing"): lambda: acknowledges(name, cause=cause),
        ("is still so", "acknowledged"): lambda: is_still_so(name, cause=cause),
        ("becomes", "firing"): lambda: becomes(name, cause=cause, severity=severity),
        ("becomes", "acknowledged"): lambda: becomes(name, cause=cause, severity=severity),
        ("budget runs out", "firing"): lambda: becomes(name, cause=cause, used=1.0),
        ("is silenced", ""): lambda: silenced(for_min=60, container=name),
        ("came late", ""): lambda: came_late(name),
    }.get((what, state))
    if possible is not None:
        possible()(world)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(_WAITS_S, _HAPPENINGS), max_size=25), st.booleans())
def test_everyone_hears_the_beginning_once_and_the_end_once_and_then_there_is_peace(
    happenings: list[tuple[int, tuple[str, str, str, str]]], quiet: bool
) -> None:
    """Whatever a night brings and whenever we look, nobody is told the same twice, and nothing told stays open."""
    sleeper = person("ana", quiet=(22, 7) if quiet else (0, 0))
    world = World(config(sleeper, person("ben"), stages=[(0, ["ana"]), (10, ["ben"]), (20, ["ana", "ben"])]), NOON)
    heard: Counter[tuple[int, str, Reason]] = Counter()
    stages: Counter[tuple[int, int]] = Counter()

    def look(wait_s: float) -> int:
        world.now += timedelta(seconds=wait_s)
        messages = world.look()
        # What waited to be gathered with something goes alone once that is over.
        messages += world.look()
        assert not world.look()
        for one in messages:
            heard.update((alert.id, one.to, one.planned.reason) for alert in one.planned.alerts)
        planned = {id(one.planned): one.planned for one in messages}
        stages.update(
            (alert.id, one.level) for one in planned.values() if one.reason is Reason.ESCALATED for alert in one.alerts
        )
        return len(messages)

    for wait_s, happening in happenings:
        look(wait_s)
        _happen(world, *happening)
        look(0)
    for alert in list(world.alerts.values()):
        if alert.state == "pending":
            del world.alerts[alert.id]
        elif alert.resolved_at is None:
            world.alerts[alert.id] = replace(alert, state="resolved", resolved_at=world.now)
    for _ in range(30):
        look(3_600)
    assert sum(look(3_600) for _ in range(200)) == 0
    once = {Reason.FIRST, Reason.RESOLVED, Reason.PAST}
    assert all(times == 1 for (_, _, reason), times in heard.items() if reason in once), heard
    assert all(times == 1 for times in stages.values()), stages
    assert all(last.reason in OVER and last.ended == last.receivers for last in world.last.values())
    untold = [alert for alert in world.alerts.values() if alert.id not in world.last]
    assert all(any(silence.matches(alert) for silence in world.silences) for alert in untold), untold
