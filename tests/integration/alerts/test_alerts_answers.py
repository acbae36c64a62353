"""Somebody says "I am on it": a pager that calls one person after the other falls silent, and nothing else does."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from alerts.delivery.pager_acknowledgements import with_pager_keys
from alerts.messages.message_writer import Links, MessageWriter
from alerts.messages.templates import BUILT_IN
from alerts.on_call.config import Config
from alerts.planner import Planner
from alerts.receivers.receiver import Receiver, ReceiverSetting
from service.acts.acknowledgements import acknowledge
from service.store.alerting import outbox
from service.store.alerting.alert_changes import NewStep, add_steps, change_states, notify_changed
from service.store.pool import Connection
from tests.acting import person
from tests.pagerduty import PagerDuty, pager_service
from tests.scenario import at
from tests.telling import SOME_ROUNDS_S, Clock, Noted, alert_for, delivered, fleet, in_turn, telling, until


@pytest.fixture
def pagerduty() -> Iterator[PagerDuty]:
    with pager_service() as account:
        yield account


@pytest.fixture
def pager(pagerduty: PagerDuty) -> Receiver:
    return pagerduty.receiver()


def duty_first(*others: str) -> Config:
    """The pager and these at once, and the boss after ten hours."""
    config = in_turn((0, ("duty", *others)), (36_000, ("boss",)), names=("duty", *others, "boss"))
    return replace(config, receivers={**config.receivers, "duty": ReceiverSetting("duty", "pagerduty", {})})


def take(connection: Connection, *alert_ids: int, minute: float = 62) -> None:
    """Ana is on it."""
    with connection.transaction():
        assert acknowledge(connection, person("Ana"), alert_ids, comment="", at=at(minute)) == list(alert_ids)


def take_back(connection: Connection, alert_id: int, minute: float) -> None:
    """It is still so, and the evaluator takes it from Ana."""
    with connection.transaction():
        change_states(connection, {alert_id: "firing"}, at(minute))
        add_steps(connection, [NewStep(alert_id, "acknowledged", "firing", "still so")], at(minute))
        notify_changed(connection)


def end(connection: Connection, *alert_ids: int, minute: float) -> None:
    """It is cold again."""
    with connection.transaction():
        for alert_id in alert_ids:
            change_states(connection, {alert_id: "resolved"}, at(minute))
        notify_changed(connection)


def all_messages(connection: Connection) -> list[tuple[str, str, str | None]]:
    """Receiver, reason and outcome of every message."""
    rows = connection.execute("SELECT receiver, reason, outcome FROM notifications ORDER BY id").fetchall()
    return [(row["receiver"], row["reason"], row["outcome"]) for row in rows]


def test_silence_follows_an_answer_once(
    connection: Connection, database_url: str, pagerduty: PagerDuty, pager: Receiver
) -> None:
    """Ana answers from a page: the pager stops calling the next, however many processes there are and begin anew."""
    fleet(connection, "freezer")
    config, clock = duty_first(), Clock(at(60))
    with (
        telling(database_url, pager, config=config, clock=clock),
        telling(database_url, pager, config=config, clock=clock),
    ):
        alert_id = alert_for(connection, "freezer", site="at-freezer")
        until(lambda: delivered(connection, "duty") == ["first"])
        before = connection.execute("SELECT * FROM tellings").fetchall()
        clock.set(at(63))
        take(connection, alert_id)
        until(lambda: delivered(connection, "duty") == ["first", "taken"])
        time.sleep(SOME_ROUNDS_S)
    with telling(database_url, pager, config=config, clock=clock):
        time.sleep(SOME_ROUNDS_S)
    [(first, incident), taken] = pagerduty.heard
    assert (first, taken) == ("trigger", ("acknowledge", incident))
    assert pagerduty.incidents == {incident: "acknowledged"}
    assert connection.execute("SELECT * FROM tellings").fetchall() == before
    [text] = connection.execute("SELECT document->>'text' AS text FROM notifications WHERE reason = 'taken'").fetchall()
    assert "Ana has been on it since" in text["text"]


def test_a_pager_goes_on_calling_for_what_nobody_is_on(
    connection: Connection, database_url: str, pagerduty: PagerDuty, pager: Receiver
) -> None:
    """Two freezers are one incident: that Ana sees to one of them is no reason to be silent about the other."""
    fleet(connection, "one", "two")
    clock = Clock(at(60))
    with connection.transaction():
        one, two = (alert_for(connection, name, site="at-one") for name in ("one", "two"))
    with telling(database_url, pager, config=duty_first(), clock=clock):
        until(lambda: delivered(connection, "duty") == ["first"])
        clock.set(at(63))
        take(connection, one)
        time.sleep(SOME_ROUNDS_S)
        assert [action for action, _ in pagerduty.heard] == ["trigger"]
        take(connection, two)
        until(lambda: delivered(connection, "duty") == ["first", "taken"])
    assert list(pagerduty.incidents.values()) == ["acknowledged"]


def test_what_is_answered_and_over_at_once_is_over(
    connection: Connection, database_url: str, pagerduty: PagerDuty, pager: Receiver
) -> None:
    """Somebody shut the door and said so when the freezer was cold already."""
    fleet(connection, "freezer")
    clock = Clock(at(60))
    alert_id = alert_for(connection, "freezer", site="at-freezer")
    with telling(database_url, pager, config=duty_first(), clock=clock):
        until(lambda: delivered(connection, "duty") == ["first"])
        clock.set(at(63))
        with connection.transaction():
            take(connection, alert_id)
            end(connection, alert_id, minute=62.5)
        until(lambda: delivered(connection, "duty") == ["first", "resolved"])
        time.sleep(SOME_ROUNDS_S)
    assert [action for action, _ in pagerduty.heard] == ["trigger", "resolve"]


def test_people_are_not_told_that_somebody_is_on_it(
    connection: Connection, database_url: str, pagerduty: PagerDuty, pager: Receiver
) -> None:
    """A mail or a text message calls nobody by itself: one more would only wake people."""
    fleet(connection, "freezer")
    mail, clock = Noted("mail"), Clock(at(60))
    alert_id = alert_for(connection, "freezer", site="at-freezer")
    with telling(database_url, pager, mail, config=duty_first("mail"), clock=clock):
        until(lambda: delivered(connection, "duty") == ["first"] == delivered(connection, "mail"))
        clock.set(at(63))
        take(connection, alert_id)
        until(lambda: delivered(connection, "duty") == ["first", "taken"])
        time.sleep(SOME_ROUNDS_S)
    assert mail.told == [("first", ("freezer",))]
    assert len(pagerduty.events) == 2


def test_a_pager_that_will_not_hear_of_an_answer_wakes_nobody_else(
    connection: Connection, database_url: str, pagerduty: PagerDuty, pager: Receiver
) -> None:
    """The pager says no to the acknowledgement: the boss sleeps on, for Ana is on it."""
    fleet(connection, "freezer")
    boss, clock = Noted("boss"), Clock(at(60))
    alert_id = alert_for(connection, "freezer", site="at-freezer")
    with telling(database_url, pager, boss, config=duty_first(), clock=clock):
        until(lambda: delivered(connection, "duty") == ["first"])
        clock.set(at(63))
        pagerduty.broken = [(400, None)]
        take(connection, alert_id)
        until(lambda: all_messages(connection) == [("duty", "first", "delivered"), ("duty", "taken", "failed")])
        time.sleep(SOME_ROUNDS_S)
    assert boss.tried == []
    assert len(all_messages(connection)) == 2


def test_what_nobody_is_on_any_more_calls_again(
    connection: Connection, database_url: str, pagerduty: PagerDuty, pager: Receiver
) -> None:
    """Ana fell asleep over it. PagerDuty is silent about what was acknowledged, so it is called under a new key."""
    fleet(connection, "freezer")
    clock = Clock(at(60))
    alert_id = alert_for(connection, "freezer", site="at-freezer")
    with telling(database_url, pager, config=duty_first(), clock=clock):
        until(lambda: delivered(connection, "duty") == ["first"])
        clock.set(at(63))
        take(connection, alert_id)
        until(lambda: delivered(connection, "duty") == ["first", "taken"])
        clock.set(at(123))
        take_back(connection, alert_id, 122)
        until(lambda: list(pagerduty.incidents.values()) == ["acknowledged", "triggered"])
        clock.set(at(139))
        until(lambda: delivered(connection, "duty") == ["first", "taken", "reminder", "reminder"])
        assert list(pagerduty.incidents.values()) == ["acknowledged", "triggered"]
        clock.set(at(141))
        take(connection, alert_id, minute=140)
        until(lambda: list(pagerduty.incidents.values()) == ["acknowledged", "acknowledged"])
        # Nobody can answer again here what got worse in Ana's hands: it calls.
        connection.execute("UPDATE alerts SET figures = '{\"used\": 1}' WHERE id = %s", [alert_id])
        until(lambda: list(pagerduty.incidents.values()) == ["acknowledged", "acknowledged", "triggered"])
        time.sleep(SOME_ROUNDS_S)
        assert list(pagerduty.incidents.values())[2] == "triggered"
        end(connection, alert_id, minute=141)
        until(lambda: list(pagerduty.incidents.values()) == ["resolved"] * 3)
    assert pagerduty.refusals == []


def test_a_pager_that_was_away_hears_the_call_before_the_answer(
    connection: Connection, database_url: str, pagerduty: PagerDuty, pager: Receiver
) -> None:
    """PagerDuty drops the acknowledgement of what it never heard of: whoever is on call would not know of it."""
    fleet(connection, "freezer")
    clock = Clock(at(60))
    pagerduty.broken = [(503, None)] * 12
    alert_id = alert_for(connection, "freezer", site="at-freezer")
    with telling(database_url, pager, config=duty_first(), clock=clock):
        until(lambda: len(pagerduty.broken) < 11)
        clock.set(at(63))
        take(connection, alert_id)
        until(lambda: delivered(connection, "duty") == ["first", "taken"])
    assert list(pagerduty.incidents.values()) == ["acknowledged"]


def test_an_answer_that_holds_no_more_is_not_sent(connection: Connection) -> None:
    """Ana's hour is over before the pager took it that she is on it: it calls, and never hears of her."""
    fleet(connection, "freezer")
    alert_id = alert_for(connection, "freezer", site="at-freezer")
    now = at(60)
    planners = [Planner(MessageWriter(duty_first(), BUILT_IN, Links()), lambda: now, 1) for _ in range(2)]

    def told() -> list[str]:
        return [one.reason.value for planner in planners for one in planner.round(connection)]

    assert told() == ["first"]
    row = outbox.lease(connection, "duty", "courier", now, 45)
    assert row is not None
    now = at(63)
    take(connection, alert_id)
    assert told() == ["taken"]
    assert outbox.lease(connection, "duty", "courier", now, 45) is None
    outbox.delivered(connection, row.id, now)
    now = at(123)
    take_back(connection, alert_id, 122)
    assert told() == ["reminder"]
    assert all_messages(connection) == [
        ("duty", "first", "delivered"),
        ("duty", "taken", "overtaken"),
        ("duty", "reminder", None),
    ]


def test_what_another_receiver_refused_calls_by_the_silent_pager(connection: Connection) -> None:
    """What falls back from a mailbox to a pager, or the other way, comes under the key that is known there."""
    fleet(connection, "freezer")
    alert_id = alert_for(connection, "freezer", site="at-freezer")
    now = at(60)
    planner = Planner(MessageWriter(duty_first(), BUILT_IN, Links()), lambda: now, 1)
    [first] = planner.round(connection)
    now = at(63)
    take(connection, alert_id)
    planner.round(connection)
    refused = {"incident": first.incident, "reason": "worsened"}
    anew = with_pager_keys(connection, "duty", "pagerduty", refused, [alert_id])
    assert anew["incident"].startswith(f"{first.incident}#")
    assert with_pager_keys(connection, "mail", "smtp", anew, [alert_id]) == refused
    assert with_pager_keys(connection, "other-duty", "pagerduty", anew, [alert_id]) == refused
