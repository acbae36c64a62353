"""Messages that waited are true when they are sent, the end of an alert is one instant, and who was at stake stays."""

import threading
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from alerts.delivery.courier import Courier, Pace
from alerts.messages.message_writer import Links, MessageWriter
from alerts.messages.templates import BUILT_IN
from alerts.notification import Notification
from alerts.on_call.config import Config
from alerts.planner import Planner
from alerts.receivers.alertmanager import posted
from service.acts.acknowledgements import acknowledge
from service.acts.corrections import correct
from service.acts.moves import move
from service.answers.excursions import excursions_of
from service.domain.corrections import Word
from service.evaluator.alerting.limit_alerts import update_alerts_of
from service.store.alerting.history import alerts_of
from service.store.pool import Connection
from service.store.registry.profiles import all_profiles
from service.web.alerting.rows import alert_views
from tests.acting import TESTER, person
from tests.scenario import Scenario, at, at_us, course
from tests.telling import Noted, all_at_once, in_turn, warm_freezer


class Night:
    """An outbox whose messages wait until somebody serves their receiver."""

    def __init__(self, connection: Connection, config: Config | None = None) -> None:
        self.connection = connection
        self.now = at(14)
        self.writer = MessageWriter(config or all_at_once("log"), BUILT_IN, Links())
        self.planner = Planner(self.writer, lambda: self.now, 1)

    def plan(self, minutes: float) -> list[str]:
        """Decide at that time what is to be told."""
        self.now = at(minutes)
        return [one.reason.value for one in self.planner.round(self.connection)]

    def send(self, minutes: float, name: str = "log") -> list[Notification]:
        """A receiver is back at that time, and takes what waited for it."""
        self.now = at(minutes)
        noted = Noted(name)
        Courier(noted, "courier", self.writer, Pace(poll_s=0), lambda: self.now, threading.Event()).work(
            self.connection
        )
        return noted.taken


def cold_again(scenario: Scenario, minutes: float = 22) -> None:
    """Back within limits since minute 15, and not for long enough to be over."""
    scenario.store(course("logger", [-80, -80], start=17, every=1))
    scenario.evaluate(minutes)


def long_cold(scenario: Scenario) -> None:
    """Cold, and for long enough."""
    scenario.store(course("logger", [-80] * 5, start=20, every=5))
    scenario.evaluate(40)


def test_a_message_that_waited_says_that_it_is_back_within_limits(connection: Connection) -> None:
    """A telephone that was off while it was warm rings with what is so now, not with '−50 °C'."""
    scenario, night = warm_freezer(connection), Night(connection)
    assert night.plan(14) == ["first"]
    cold_again(scenario)
    [sent] = night.send(22)
    assert sent.subject.startswith("CRITICAL, back within limits since 2026-03-01 01:15 CET: Freezer (site) was above")
    assert "−50" not in sent.text
    assert sent.alerts[0]["calm_since"] == "2026-03-01T00:15:00Z"
    [kept] = connection.execute("SELECT document FROM notifications").fetchall()
    assert kept["document"]["text"] == sent.text, "what was sent is what is shown"


def test_no_reminder_while_it_is_back_and_reminders_again_when_it_warms(connection: Connection) -> None:
    """Back within limits is said once; it warms again, and the reminders go on, to the minute it is over."""
    scenario, night = warm_freezer(connection), Night(connection)
    assert night.plan(14) == ["first"]
    cold_again(scenario)
    assert night.plan(23) == []
    assert night.plan(30) == ["calm"]
    assert night.plan(50) == []
    [sent] = night.send(50)
    assert "back within limits since 2026-03-01 01:15 CET" in sent.subject
    scenario.store(course("logger", [-50, -50], start=51, every=1))
    scenario.evaluate(53)
    assert night.plan(53) == ["reminder"]
    [sent] = night.send(53)
    assert "still so" in sent.subject


def test_a_message_that_waited_until_it_was_over_says_so(connection: Connection) -> None:
    """Two machines tell, and the one that planned the end has not yet: nobody hears of an alarm that is no more."""
    scenario, night = warm_freezer(connection), Night(connection)
    night.plan(14)
    long_cold(scenario)
    [sent] = night.send(40)
    assert sent.subject.startswith("OVER since 2026-03-01 01:16 CET, told only now. The alert was: Freezer (site)")
    assert "1 lot: lot" in sent.text or "Lots (1): lot" in sent.text


def test_nobody_is_called_next_for_what_somebody_has_taken_over_meanwhile(connection: Connection) -> None:
    """Ben's telephone was off when he was the next to be called; ana answered before it was on again."""
    warm_freezer(connection)
    night = Night(connection, in_turn((0.0, ("ana",)), (300.0, ("ben",)), names=("ana", "ben")))
    assert night.plan(14) == ["first"]
    assert night.plan(20) == ["escalated"]
    [alert] = connection.execute("SELECT id FROM alerts").fetchall()
    with connection.transaction():
        acknowledge(connection, person("ana"), [alert["id"]], comment="", at=at(21))
    assert night.send(22, "ben") == []
    rows = connection.execute("SELECT outcome FROM notifications WHERE receiver = 'ben'").fetchall()
    assert [row["outcome"] for row in rows] == ["overtaken"]


def test_the_end_is_one_instant_everywhere(connection: Connection, api: httpx.Client) -> None:
    """The excursion, the message, the page, the API and what other systems are sent end at the same minute."""
    scenario, night = warm_freezer(connection), Night(connection)
    night.plan(14)
    night.send(14)
    long_cold(scenario)
    assert night.plan(40) == ["resolved"]
    [sent] = night.send(40)
    [excursion] = excursions_of(connection, scenario.judged("lot", 60), at_us(60))
    ended = datetime.fromisoformat(str(sent.alerts[0]["resolved_at"]))
    assert (ended, datetime.fromisoformat(str(sent.alerts[0]["began_at"]))) == (at(16), at(10 / 3))
    assert excursion.until_us == at_us(16)
    assert "OVER since 2026-03-01 01:16 CET" in sent.subject
    assert "until 2026-03-01 01:16 CET (00:16 UTC), 12 min 40 s" in sent.text
    assert {entry["endsAt"] for entry in posted(sent, at(40))} == {"2026-03-01T00:16:00+00:00"}
    [alert] = api.get("/v1/alerts").json()["items"]
    assert alert["resolved_at"] == "2026-03-01T00:16:00Z"
    assert api.get(f"/v1/alerts/{alert['id']}").json()["steps"][-1]["taken_at"] == "2026-03-01T00:40:00Z"
    [shown] = alert_views(connection, alerts_of(connection, [alert["id"]]), at(60))
    assert shown.until is not None
    assert (shown.until.text, shown.until.utc) == ("2026-03-01 01:16 CET", "00:16 UTC")
    assert shown.state_text.startswith("It is over since 2026-03-01 01:16 CET")


def _everything(scenario: Scenario) -> None:
    with scenario.connection.transaction():
        word = Word(TESTER, datetime.now(UTC), 900, 60, "the freezer was warm")
        move(scenario.connection, "freezer", "spare", at=at(15), word=word)


def _one_by_one(scenario: Scenario) -> None:
    for lot in ("lot", "other"):
        scenario.place(lot, "spare", 15)


def _taken_out(scenario: Scenario) -> None:
    scenario.connection.execute("UPDATE recorded_placements SET until_at = %s WHERE lot_id <> 'late'", [at(15)])


def _ended(scenario: Scenario) -> None:
    scenario.connection.execute("UPDATE lots SET life_ends_at = %s WHERE id <> 'late'", [at(15)])


def _corrected(scenario: Scenario) -> None:
    for lot in ("lot", "other"):
        with scenario.connection.transaction():
            change = {"container_id": "spare"}
            correct(
                scenario.connection,
                TESTER,
                kind="placement",
                row_id=f"{lot}-freezer-0",
                change=change,
                reason="slip",
            )


@pytest.mark.parametrize(
    ("leave", "became"),
    [
        (_everything, "moved to Spare on 2026-03-01 01:15 CET (00:15 UTC)"),
        (_one_by_one, "moved to Spare on 2026-03-01 01:15 CET (00:15 UTC)"),
        (_taken_out, "taken out on 2026-03-01 01:15 CET (00:15 UTC)"),
        (_ended, "ended its life on 2026-03-01 01:15 CET (00:15 UTC)"),
        (_corrected, "by a correction was not there, but in Spare"),
    ],
)
def test_who_was_at_stake_stays_recorded(connection: Connection, api: httpx.Client, leave: Any, became: str) -> None:
    """Everything was moved in the night: in the morning quality sees whose lots they were, and where they are."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.container("spare", loggers=["logger-spare"])
    scenario.lot("lot", "freezer")
    scenario.lot("other", "freezer")
    scenario.store(course("logger", [-80, -80, *[-50] * 6], every=2))
    scenario.evaluate(14)
    night = Night(connection)
    night.plan(14)
    night.send(14)
    leave(scenario)
    scenario.store(course("logger", [-50] * 3, start=16, every=2))
    scenario.evaluate(21)
    [alert] = api.get("/v1/alerts").json()["items"]
    assert alert["lot_ids"] == ["lot", "other"]
    scenario.store(course("logger", [-80] * 5, start=22, every=3))
    scenario.evaluate(40)
    assert "resolved" in night.plan(40)
    [sent] = [one for one in night.send(40) if one.reason.value == "resolved"]
    assert f"Were at stake (2): lot, other: {became}" in sent.text
    assert "none is recorded" not in sent.text
    assert "no lots" not in sent.subject
    assert sent.alerts[0]["lot_ids"] == ["lot", "other"]
    assert api.get(f"/v1/alerts/{alert['id']}").json()["lot_ids"] == ["lot", "other"]
    lots = api.get(f"/v1/alerts/{alert['id']}/lots").json()["items"]
    assert [(one["lot_id"], one["there"]) for one in lots] == [("lot", False), ("other", False)]
    assert {one["to_id"] for one in lots} == ({"spare"} if "Spare" in became else {None})
    [shown] = alert_views(connection, alerts_of(connection, [alert["id"]]), at(60))
    assert (shown.lot_ids, shown.gone) == ((), ((("lot", "other"), became),))


def test_a_lot_that_was_there_between_two_looks_or_is_recorded_later_was_at_stake_too(
    connection: Connection, api: httpx.Client
) -> None:
    """A lot in a warm freezer for three minutes, and one whose box was written down next morning, are named."""
    scenario = warm_freezer(connection)
    scenario.container("spare", loggers=["logger-spare"])
    scenario.lot("brief", "freezer", start=14.5)
    scenario.place("brief", "spare", 15)
    scenario.evaluate(16)
    long_cold(scenario)
    scenario.lot("late", "freezer", start=1)
    scenario.lot("after", "freezer", start=30)
    while scenario.evaluate(60).marks:
        pass
    [alert] = api.get("/v1/alerts").json()["items"]
    assert alert["lot_ids"] == ["lot", "brief", "late"]
    gone, _, there = api.get(f"/v1/alerts/{alert['id']}/lots").json()["items"]
    assert (there["lot_id"], there["there"]) == ("lot", True)
    assert (gone["lot_id"], gone["to_name"]) == ("brief", "Spare")


def test_a_lot_that_left_before_anybody_looked_was_at_stake(connection: Connection, api: httpx.Client) -> None:
    """The readings came late: the lot had been moved before the alert was raised, but after it was warm."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.container("spare", loggers=["logger-spare"])
    scenario.lot("moved", "freezer")
    scenario.place("moved", "spare", 8)
    scenario.lot("stays", "freezer")
    scenario.store(course("logger", [-80, -80, *[-50] * 6], every=2))
    scenario.evaluate(14)
    [alert] = api.get("/v1/alerts").json()["items"]
    assert sorted(alert["lot_ids"]) == ["moved", "stays"]


def test_what_was_measured_before_it_fell_silent_is_not_how_warm_it_is_now(connection: Connection) -> None:
    """A logger that fell silent while it was warm: hours later nobody is told that it is −50 °C now."""
    warm_freezer(connection)
    night = Night(connection)
    night.plan(14)
    assert "now −50 °C" in night.send(14)[0].subject
    with connection.transaction():
        update_alerts_of(connection, ["freezer"], all_profiles(connection), at_us(90))
    assert night.plan(90) == ["reminder"]
    [sent] = night.send(90)
    assert "when last heard of" in sent.subject
    assert "−50 °C" not in sent.text


def test_other_systems_are_told_what_is_so_too(connection: Connection) -> None:
    """What a webhook or an Alertmanager shows beside the text says the same as the text."""
    scenario, night = warm_freezer(connection), Night(connection)
    night.plan(14)
    cold_again(scenario)
    [sent] = night.send(22)
    [alert] = sent.alerts
    assert alert["summary"].startswith("Freezer (site) was above −60 °C")
    assert alert["now_c"] is None
