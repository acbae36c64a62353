"""From alert states to messages, over a real TimescaleDB and a real HTTP server."""

import time
from dataclasses import replace
from datetime import time as time_of_day
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.delivery.fallback import Fallback
from alerts.messages.message_writer import Links, MessageWriter
from alerts.messages.templates import BUILT_IN
from alerts.notification import Notification
from alerts.on_call.config import Chain, Config, Route, Stage
from alerts.on_call.rota import Person
from alerts.planner import Planner
from alerts.receivers.receiver import PermanentFailureError, TemporaryFailureError
from service.local.servers import LocalServers
from service.store.alerting import outbox
from service.store.alerting.alert_changes import change_states
from service.store.pool import Connection
from tests.ports import free_port
from tests.scenario import Scenario, at, course
from tests.telling import (
    SOME_ROUNDS_S,
    Noted,
    alert_for,
    all_at_once,
    delivered,
    fleet,
    in_turn,
    telling,
    until,
    warm_freezer,
    webhook_receiver,
)
from tests.webhook import DIE, HANG, Answer, Webhook


def cool(scenario: Scenario) -> None:
    """The freezer is cold again, and has been for long enough."""
    scenario.store(course("logger", [-80] * 5, start=20, every=5))
    scenario.evaluate(40)


def test_a_warm_freezer_is_told_once_and_its_end_once(connection: Connection, database_url: str) -> None:
    """One excursion is two messages: it began, it is over; each names the freezer, the limit and the lot."""
    scenario = warm_freezer(connection)
    log = Noted()
    with Webhook() as webhook, telling(database_url, log, webhook_receiver(webhook)):
        until(lambda: delivered(connection, "webhook") == ["first"] == delivered(connection, "log"))
        time.sleep(SOME_ROUNDS_S)
        assert webhook.reasons == ["first"]
        cool(scenario)
        until(lambda: delivered(connection, "webhook") == ["first", "resolved"] == delivered(connection, "log"))
        time.sleep(SOME_ROUNDS_S)
    assert webhook.keys == log.keys
    assert len(set(webhook.keys)) == 2
    first, resolved = webhook.bodies
    assert first["incident"] == resolved["incident"]
    assert (first["key"], resolved["key"]) == tuple(webhook.keys)
    [alert] = first["alerts"]
    assert alert["container_id"] == "freezer"
    assert alert["lot_ids"] == ["lot"]
    assert alert["began_at"] == "2026-03-01T00:03:20Z"
    assert alert["resolved_at"] is None
    assert first["text"].startswith(first["subject"])
    for said in ("CRITICAL", "Freezer", "above −60 °C"):
        assert said in first["subject"]
    assert "lot" in first["text"]
    # Since when it was cold again; that it stayed so was certain later.
    assert resolved["alerts"][0]["resolved_at"] == "2026-03-01T00:16:00Z"
    assert resolved["alerts"][0]["closed_at"] == "2026-03-01T00:40:00Z"


@pytest.mark.parametrize("status", [500, 503, 408, 429])
def test_only_yes_is_yes(connection: Connection, database_url: str, status: int) -> None:
    """A webhook that stumbles has told nobody: the freezer is told of again until a 2xx, recognisably the same."""
    warm_freezer(connection)
    with Webhook(answers=[status] * 3) as webhook, telling(database_url, webhook_receiver(webhook)):
        until(lambda: delivered(connection, "webhook") == ["first"])
        time.sleep(SOME_ROUNDS_S)
    assert webhook.calls == ["POST /alerts"] * 4
    assert len(set(webhook.keys)) == 1


def test_a_receiver_that_has_too_much_is_left_alone_as_long_as_it_asks(
    connection: Connection, database_url: str
) -> None:
    """429 with Retry-After is kept, also by what else there is to tell; a pager that is pressed harder blocks us."""
    fleet(connection, "odd", "plain")
    alert_for(connection, "odd", site="at-odd")
    with Webhook(answers=[Answer(429, retry_after="1")]) as webhook, telling(database_url, webhook_receiver(webhook)):
        until(lambda: len(webhook.calls) == 1)
        refused_s = time.monotonic()
        alert_for(connection, "plain", site="at-plain")
        until(lambda: len(webhook.taken) == 2)
        assert time.monotonic() - refused_s > 0.9
    assert len(webhook.calls) == 3


@pytest.mark.parametrize("answer", [HANG, DIE])
def test_an_answer_that_does_not_come_is_none(connection: Connection, database_url: str, answer: int) -> None:
    """A webhook that hangs, or dies with the message, may or may not have told anybody; it is sent the same again."""
    warm_freezer(connection)
    with Webhook(answers=[answer]) as webhook, telling(database_url, webhook_receiver(webhook, 0.3)):
        until(lambda: delivered(connection, "webhook") == ["first"])
        time.sleep(SOME_ROUNDS_S)
    assert webhook.reasons == ["first"] * 2
    assert len(set(webhook.keys)) == 1


def test_a_webhook_that_is_down_hears_of_it_when_it_is_back(connection: Connection, database_url: str) -> None:
    """The freezer outlasts the maintenance of the pager."""
    warm_freezer(connection)
    webhook = Webhook(port=free_port())
    with telling(database_url, webhook_receiver(webhook)):
        time.sleep(SOME_ROUNDS_S)
        assert delivered(connection, "webhook") == []
        with webhook:
            until(lambda: delivered(connection, "webhook") == ["first"])
            time.sleep(SOME_ROUNDS_S)
            assert webhook.reasons == ["first"]


def test_the_log_does_not_wait_for_a_webhook_that_hangs(connection: Connection, database_url: str) -> None:
    """Whoever reads the log learns of the freezer at once, however the pager fares; no transaction waits for it."""
    scenario = warm_freezer(connection)
    log = Noted()
    with Webhook(answers=[HANG]) as webhook, telling(database_url, log, webhook_receiver(webhook, 10)):
        until(lambda: webhook.reasons == ["first"])
        cool(scenario)
        until(lambda: delivered(connection, "log") == ["first", "resolved"])
        session = connection.execute(
            "SELECT state, xact_start FROM pg_stat_activity WHERE application_name = 'unbroken alerts webhook' "
            "AND datname = current_database()"
        ).fetchone()
        assert session == {"state": "idle", "xact_start": None}
        assert delivered(connection, "webhook") == []
        webhook.released.set()
        until(lambda: delivered(connection, "webhook") == ["resolved"])
    assert log.told == [("first", ("freezer",)), ("resolved", ("freezer",))]


def test_what_came_and_went_unheard_is_one_message(connection: Connection, database_url: str) -> None:
    """A freezer that warmed and cooled while nobody could be told is told once, as past."""
    cool(warm_freezer(connection))
    with Webhook() as webhook, telling(database_url, webhook_receiver(webhook)):
        until(lambda: delivered(connection, "webhook"))
        time.sleep(SOME_ROUNDS_S)
    assert webhook.reasons == ["past"]


def test_a_receiver_that_comes_back_gets_the_newest_only(connection: Connection, database_url: str) -> None:
    """A pager that was off all night hears in the morning that the freezer failed and is well, not every reminder."""
    scenario = warm_freezer(connection)
    log, webhook = Noted(), Webhook(port=free_port())
    with telling(database_url, log, webhook_receiver(webhook)):
        until(lambda: len(log.taken) == 1)
        cool(scenario)
        until(lambda: len(log.taken) == 2)
        with webhook:
            until(lambda: delivered(connection, "webhook"))
            time.sleep(SOME_ROUNDS_S)
    assert webhook.reasons == ["resolved"]


def test_a_crossing_within_the_delay_is_not_told(connection: Connection, database_url: str) -> None:
    """A freezer that has been warm for two minutes may only have been opened."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.store(course("logger", [-80, -50, -50], every=2))
    scenario.evaluate(4)
    assert [row["state"] for row in connection.execute("SELECT state FROM alerts").fetchall()] == ["pending"]
    log = Noted()
    with telling(database_url, log):
        time.sleep(SOME_ROUNDS_S)
    assert log.taken == []


def test_the_instruction_of_the_container_and_its_figures_are_told(connection: Connection, database_url: str) -> None:
    """At three in the morning nobody remembers where the dry ice is."""
    warm_freezer(connection)
    connection.execute(
        "INSERT INTO alerting (scope, scope_id, version, overrides, instruction, reason, recorded_by) VALUES "
        "('container', 'freezer', 1, '{}', 'Ask the porter.', 'new', 'ana'), "
        "('container', 'freezer', 2, '{}', 'Dry ice is in the cellar.', 'moved', 'ana')"
    )
    log = Noted()
    with telling(database_url, log):
        until(lambda: log.taken)
    [alert] = log.taken[0].alerts
    assert alert["instruction"] == "Dry ice is in the cellar."
    assert alert["now_c"] == -50
    assert (alert["site_name"], alert["time_zone"]) == ("The site", "Europe/Zurich")
    assert "Dry ice is in the cellar." in log.taken[0].text


def test_a_silence_is_kept_until_it_ends(connection: Connection, database_url: str) -> None:
    """Maintenance of a freezer calls nobody; what is still so afterwards does."""
    warm_freezer(connection)
    connection.execute(
        "INSERT INTO silences (container_id, from_at, until_at, reason, recorded_by) "
        "VALUES ('freezer', %s, %s, 'defrost', 'ana')",
        [at(0), at(120)],
    )
    log = Noted()
    with telling(database_url, log):
        time.sleep(SOME_ROUNDS_S)
        assert log.taken == []
        connection.execute("UPDATE silences SET until_at = %s", [at(59)])
        until(lambda: log.told == [("first", ("freezer",))])


@pytest.mark.parametrize("error", [TemporaryFailureError("busy"), ZeroDivisionError("a mistake")])
def test_a_message_nobody_takes_does_not_keep_back_the_others(
    connection: Connection, database_url: str, error: Exception
) -> None:
    """One freezer whose message a webhook refuses, or stumbles over, must not silence the freezer next to it."""
    fleet(connection, "odd", "plain")
    odd = alert_for(connection, "odd", site="at-odd")
    webhook = Noted("webhook", refuses=(odd,), error=error)
    with telling(database_url, webhook):
        until(lambda: len(webhook.tried) >= 3)
        alert_for(connection, "plain", site="at-plain")
        until(lambda: webhook.told == [("first", ("plain",))])
        webhook.refuses = ()
        until(lambda: webhook.told == [("first", ("plain",)), ("first", ("odd",))])
        time.sleep(SOME_ROUNDS_S)
    assert len(webhook.taken) == 2


class Broken:
    """A receiver with a mistake in it."""

    name = "broken"

    def deliver(self, notification: Notification) -> None:
        raise ZeroDivisionError(notification.key)


def test_a_mistake_in_one_receiver_is_not_everybodys(connection: Connection, database_url: str) -> None:
    """A freezer is told of by whatever still works."""
    warm_freezer(connection)
    log = Noted()
    with telling(database_url, Broken(), log):
        until(lambda: delivered(connection, "log") == ["first"])
    assert delivered(connection, "broken") == []


def outcomes(connection: Connection) -> dict[str, tuple[str | None, int]]:
    """By receiver: what became of the only message it was to get, and its stage."""
    rows = connection.execute("SELECT receiver, outcome, level FROM notifications ORDER BY id").fetchall()
    return {row["receiver"]: (row["outcome"], row["level"]) for row in rows}


@pytest.mark.parametrize("status", [404, 401, 302, 307])
def test_who_refuses_for_ever_is_left_and_the_next_stage_told_at_once(
    connection: Connection, database_url: str, status: int
) -> None:
    """A pager that knows no such person must not cost the hour until the next stage is due."""
    warm_freezer(connection)
    chief = Noted("chief")
    config = in_turn((0, ("webhook",)), (3_600, ("chief",)), names=("webhook", "chief"))
    with (
        Webhook(answers=[status]) as webhook,
        telling(database_url, webhook_receiver(webhook), chief, config=config),
    ):
        until(lambda: chief.told == [("first", ("freezer",))])
        time.sleep(SOME_ROUNDS_S)
        assert len(webhook.calls) == 1
        assert chief.keys == webhook.keys, "it is the same message"
    assert outcomes(connection) == {"webhook": ("failed", 0), "chief": ("delivered", 1)}
    [telling_of] = connection.execute("SELECT receivers FROM tellings").fetchall()
    assert telling_of["receivers"] == ["webhook", "chief"], "whoever heard of it is to hear that it is over"


def test_a_person_is_first_tried_by_their_other_receivers(connection: Connection, database_url: str) -> None:
    """Whose telephone number is wrong still reads mail."""
    warm_freezer(connection)
    pager = Noted("pager", refuses=(1,), error=PermanentFailureError("no such number"))
    mail, chief = Noted("mail"), Noted("chief")
    config = Config(
        receivers=all_at_once("pager", "mail", "chief").receivers,
        people={"ana": Person("ana", ZoneInfo("Europe/Zurich"), ("pager", "mail"))},
        rotas={},
        chains={"all": Chain("all", (Stage(0, ("ana",)), Stage(3_600, ("chief",))))},
        default_chain="all",
    )
    with telling(database_url, pager, mail, chief, config=config):
        until(lambda: mail.told == [("first", ("freezer",))])
        time.sleep(SOME_ROUNDS_S)
    assert len(pager.tried) == 1
    assert chief.taken == []


def test_what_waits_for_a_receiver_that_is_no_more_goes_to_others(connection: Connection, database_url: str) -> None:
    """A pager that was cancelled while it failed takes no freezer with it."""
    warm_freezer(connection)
    pager, mail = Noted("pager", refuses=(1,)), Noted("mail")
    with telling(database_url, pager):
        until(lambda: pager.tried)
    with telling(database_url, mail):
        until(lambda: mail.told == [("first", ("freezer",))])
        time.sleep(SOME_ROUNDS_S)
    assert outcomes(connection)["pager"] == ("failed", 0)
    assert len(mail.taken) == 1


def test_a_database_that_is_not_there_yet_is_waited_for(
    connection: Connection, database_url: str, servers: LocalServers
) -> None:
    """After a power cut machines come back in any order; the freezer is told of when the database is there."""
    warm_freezer(connection)
    name = database_url.rsplit("/", 1)[1]
    connection.close()
    log = Noted()
    later = f"{name}_later"
    with telling(servers.database.url_for(later), log):
        time.sleep(SOME_ROUNDS_S)
        servers.database.create_database(later, name)
        try:
            until(lambda: len(log.taken) == 1)
        finally:
            servers.database.drop_database(later)


def test_two_that_plan_at_once_tell_it_once(connection: Connection, database_url: str) -> None:
    """Two processes watch over each other's death, and nobody is called twice for it."""
    fleet(connection, *(f"freezer-{n}" for n in range(12)))
    first, second = Noted(), Noted()
    with telling(database_url, first), telling(database_url, second):
        for n in range(12):
            alert_for(connection, f"freezer-{n}", site=f"at-freezer-{n}")
        until(lambda: len(delivered(connection, "log")) == 12)
        time.sleep(SOME_ROUNDS_S)
    told: list[Any] = [one for _, some in (*first.told, *second.told) for one in some]
    assert sorted(told) == sorted(f"freezer-{n}" for n in range(12))
    assert len(first.tried) + len(second.tried) == 12


def test_a_clock_that_ran_ahead_and_was_set_right_keeps_no_message_back(connection: Connection) -> None:
    """What was planned or put off six hours ahead is sent now; what was put off just now waits as it should."""
    document = {"key": "key", "reason": "first", "severity": "critical"}
    outbox.add_notification(
        connection, receiver="log", alert_ids=[7], site_id="site", level=0, document=document, now=at(360)
    )
    for minute, not_before in ((0, at(361)), (2, at(3))):
        row = outbox.lease(connection, "log", "courier", at(minute), 45)
        assert row is not None
        outbox.put_off(connection, row.id, "courier", not_before, "busy")
    assert outbox.lease(connection, "log", "courier", at(2), 45) is None
    assert outbox.lease(connection, "log", "courier", at(3), 45) is not None


def test_the_lease_of_one_machine_is_kept_by_another_whose_clock_is_ahead(connection: Connection) -> None:
    """Two machines whose clocks differ by a minute do not send everything twice."""
    document = {"key": "key", "reason": "first", "severity": "critical"}
    outbox.add_notification(
        connection, receiver="log", alert_ids=[7], site_id="site", level=0, document=document, now=at(0)
    )
    assert outbox.lease(connection, "log", "one", at(0), 45) is not None
    assert outbox.lease(connection, "log", "other", at(1), 45) is None
    _leases_run_out(connection)
    assert outbox.lease(connection, "log", "other", at(1), 45) is not None


def _leases_run_out(connection: Connection) -> None:
    """So much time passes."""
    connection.execute("UPDATE notifications SET leased_until = now() WHERE leased_until IS NOT NULL")


class Night:
    """A planner and what falls back, on a clock that a test sets; what is sent is sent by the test."""

    def __init__(self, connection: Connection, config: Config) -> None:
        self.connection = connection
        self.writer = MessageWriter(config, BUILT_IN, Links())
        self.now = at(10)
        self._planner = Planner(self.writer, lambda: self.now, 1)

    def plan(self, minute: float) -> list[tuple[str, tuple[str, ...]]]:
        """Reasons and receivers of what is planned then."""
        self.now = at(minute)
        return [(one.reason.value, one.receivers) for one in self._planner.round(self.connection)]

    def take(self, receiver: str) -> outbox.Message:
        """The next message of a receiver, under way."""
        row = outbox.lease(self.connection, receiver, "courier", self.now, 45)
        assert row is not None
        return row

    def refuse(self, receiver: str, row: outbox.Message) -> None:
        """The receiver will never take it."""
        Fallback(self.writer).pass_on(self.connection, row, receiver, "courier", "410", self.now)

    def outbox(self) -> list[tuple[str, str, str | None]]:
        """Receiver, reason and outcome of every message."""
        rows = self.connection.execute("SELECT receiver, reason, outcome FROM notifications ORDER BY id").fetchall()
        return [(row["receiver"], row["reason"], row["outcome"]) for row in rows]


def with_a_boss(**people: Person) -> Config:
    """A pager first, and the boss hours later."""
    config = in_turn((0, ("pager",)), (36_000, ("boss",)), names=("pager", "mail", "boss"))
    return replace(config, people=people)


def test_what_gets_better_and_worse_again_begins_its_stages_anew(connection: Connection) -> None:
    """The second stage is not called out a second after the first heard that it is critical again."""
    fleet(connection, "freezer")
    alert_id = alert_for(connection, "freezer", site="at-freezer")
    config = in_turn((0, ("ana",)), (600, ("boss",)), names=("ana", "boss", "laboratory"))
    config = replace(
        config,
        chains={**config.chains, "calm": Chain("calm", (Stage(0, ("laboratory",)),))},
        routes=(Route("calm", severities=frozenset({"warning"})),),
    )
    night = Night(connection, config)
    assert night.plan(10) == [("first", ("ana",))]
    connection.execute("UPDATE alerts SET severity = 'warning' WHERE id = %s", [alert_id])
    assert night.plan(15) == [("first", ("laboratory",))]
    connection.execute("UPDATE alerts SET severity = 'critical' WHERE id = %s", [alert_id])
    assert night.plan(30) == [("worsened", ("ana",))]
    assert night.plan(39.9) == []
    assert night.plan(40) == [("escalated", ("boss",))]


def test_what_somebody_has_in_hand_calls_nobody_else_when_a_receiver_refuses(connection: Connection) -> None:
    """Ana answered from the pages before her pager said no: the boss sleeps on, unless a budget runs out."""
    fleet(connection, "freezer")
    alert_id = alert_for(connection, "freezer", site="at-freezer")
    night = Night(connection, with_a_boss())
    night.plan(10)
    under_way = night.take("pager")
    change_states(connection, {alert_id: "acknowledged"}, night.now, "ana")
    night.refuse("pager", under_way)
    assert night.outbox() == [("pager", "first", "failed")]
    connection.execute("UPDATE alerts SET figures = '{\"used\": 1}' WHERE id = %s", [alert_id])
    assert night.plan(20) == [("worsened", ("pager",))]
    night.refuse("pager", night.take("pager"))
    assert night.outbox()[1:] == [("pager", "worsened", "failed"), ("boss", "worsened", None)]


def test_what_is_over_when_a_receiver_refuses_calls_nobody_else(connection: Connection) -> None:
    """Nobody hears in the night of a freezer that is cold again, and nobody hears only that it is warm."""
    fleet(connection, "freezer")
    alert_id = alert_for(connection, "freezer", site="at-freezer")
    night = Night(connection, with_a_boss())
    night.plan(10)
    under_way = night.take("pager")
    change_states(connection, {alert_id: "resolved"}, at(12))
    assert night.plan(12) == [("resolved", ("pager",))]
    night.refuse("pager", under_way)
    assert night.plan(30) == []
    assert night.outbox() == [("pager", "first", "failed"), ("pager", "resolved", None)]


def test_whoever_hears_late_that_it_is_warm_hears_that_it_is_over(connection: Connection) -> None:
    """Ana's mail says first what her pager would not, and then that it is over."""
    fleet(connection, "freezer")
    alert_id = alert_for(connection, "freezer", site="at-freezer")
    night = Night(connection, with_a_boss(ana=Person("ana", ZoneInfo("Europe/Zurich"), ("pager", "mail"))))
    night.plan(10)
    under_way = night.take("pager")
    change_states(connection, {alert_id: "resolved"}, at(12))
    night.plan(12)
    night.refuse("pager", under_way)
    assert night.plan(13) == [("resolved", ("mail",))]
    assert night.plan(30) == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"severity": "warning"}, []),
        ({"severity": "critical"}, [("boss", "first", None)]),
        ({"severity": "warning", "used": 1.0}, [("boss", "first", None)]),
    ],
)
def test_what_falls_back_keeps_quiet_hours(
    connection: Connection, more: dict[str, Any], told: list[tuple[str, str, None]]
) -> None:
    """A pager that refuses a low battery at three wakes nobody; it is kept, and told to whoever wakes first."""
    fleet(connection, "freezer")
    alert_for(connection, "freezer", more["severity"], site="at-freezer")
    if "used" in more:
        connection.execute("UPDATE alerts SET figures = '{\"used\": 1}'")
    sleeper = Person("bea", ZoneInfo("Europe/Zurich"), ("boss", "mail"), time_of_day(22), time_of_day(7))
    night = Night(connection, with_a_boss(bea=sleeper))
    night.plan(120)  # three in Zurich
    night.refuse("pager", night.take("pager"))
    assert night.outbox() == [("pager", "first", "failed" if told else None), *told]
    if not told:
        assert outbox.lease(connection, "pager", "courier", at(170), 45) is None
        night.now = at(370)  # ten past seven
        night.refuse("pager", night.take("pager"))
        assert night.outbox() == [("pager", "first", "failed"), ("boss", "first", None)]


def test_what_a_process_took_with_it_for_a_receiver_that_is_no_more_goes_to_others(connection: Connection) -> None:
    """It was under way when the process was replaced by one that does not know that pager: a minute, not for ever."""
    fleet(connection, "freezer")
    alert_for(connection, "freezer", site="at-freezer")
    before = Night(connection, all_at_once("pager"))
    before.plan(10)
    before.take("pager")
    after = Night(connection, all_at_once("mail"))
    after.plan(10)
    _leases_run_out(connection)
    after.plan(10.5)
    assert before.outbox()[0] == ("pager", "first", None)
    after.plan(11)
    assert before.outbox()[0] == ("pager", "first", "failed")
    assert ("mail", "first", None) in before.outbox()
