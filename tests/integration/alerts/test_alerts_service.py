"""What is told of the service itself, the call to the monitor outside, and what the command line says."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.messages.message_writer import Links, MessageWriter
from alerts.messages.templates import BUILT_IN
from alerts.planner import Planner
from alerts.sealer import Sealer
from alerts.threads import WatchSettings, run_threads
from alerts.watch.monitor import Monitor
from alerts.watch.service_watch import ServiceWatch
from service.auth.links import read
from service.cli.main import command_line
from service.domain.identity.actor import part
from service.domain.identity.trail import read_head
from service.domain.shares import ALL
from service.errors import SettingError
from service.store.alerting import outbox
from service.store.audit.seals import newest_place
from service.store.intake.heartbeats import Heartbeat, save_heartbeat
from service.store.locks import give_back_share, take_share
from service.store.pool import Connection, connect
from tests.acting import TESTER
from tests.alarms import alerts_in_words
from tests.scenario import Scenario, at, course
from tests.telling import QUICK, Clock, Noted, all_at_once, delivered, telling, until, warm_freezer
from tests.webhook import Webhook


def watch(clock: Callable[[], datetime], *receivers: str) -> ServiceWatch:
    """A watch that looks when a test says so."""
    return ServiceWatch(receivers or ("log",), 15, clock, wait=lambda _: None)


def alerts_of(connection: Connection) -> dict[str, tuple[str, str]]:
    """State and summary by subject."""
    return {row["subject"]: (row["state"], row["summary"]) for row in alerts_in_words(connection)}


def test_ingest_that_counts_nothing_is_an_alert_until_it_counts_again(connection: Connection) -> None:
    """Where nothing is taken in, every freezer looks as it did an hour ago."""
    now = [at(0)]
    watched = watch(lambda: now[0])
    save_heartbeat(connection, Heartbeat("ingest", at(0), at(0), {}))
    with _evaluator_at_work(connection):
        watched.look(connection)
        assert alerts_of(connection) == {}
        now[0] = at(2)
        watched.look(connection)
        state, summary = alerts_of(connection)["service:ingest"]
        assert state == "firing"
        assert summary.startswith("Ingest is behind")
        assert watched.behind == ("service:ingest",)
        save_heartbeat(connection, Heartbeat("ingest", at(0), at(2.5), {}))
        for minutes in (3, 4.2):
            now[0] = at(minutes)
            save_heartbeat(connection, Heartbeat("ingest", at(0), at(minutes), {}))
            watched.look(connection)
        assert alerts_of(connection)["service:ingest"][0] == "resolved"
        assert watched.behind == ()


def test_a_service_without_an_evaluator_says_so_itself(connection: Connection) -> None:
    """Who judges the freezers cannot report its own death."""
    now = [at(0)]
    watched = watch(lambda: now[0])
    watched.look(connection)
    now[0] = at(0) + timedelta(seconds=10)
    watched.look(connection)
    assert alerts_of(connection) == {}, "it may only be starting"
    now[0] = at(0) + timedelta(seconds=20)
    watched.look(connection)
    state, summary = alerts_of(connection)["service:evaluator"]
    assert state == "firing"
    assert "no evaluator is at work" in summary


def test_a_share_that_no_evaluator_takes_is_named(connection: Connection) -> None:
    """Most freezers are watched as ever: that nobody judges some of them is seen on none of the others."""
    now = [at(0)]
    watched = watch(lambda: now[0])
    with connect(f"{connection.info.dsn}", application="evaluator", actor=TESTER) as others:
        assert all(take_share(others, share) for share in ALL)
        watched.look(connection)
        for share in (3, 7):
            give_back_share(others, share)
        for seconds in (10, 20, 30):
            now[0] = at(0) + timedelta(seconds=seconds)
            watched.look(connection)
        state, summary = alerts_of(connection)["service:evaluator"]
        assert state == "firing"
        assert "no evaluator holds share 3, 7 of 16" in summary
        assert all(take_share(others, share) for share in (3, 7))
        for seconds in (40, 110):
            now[0] = at(0) + timedelta(seconds=seconds)
            watched.look(connection)
    assert alerts_of(connection)["service:evaluator"][0] == "resolved"


def test_an_evaluator_that_does_not_keep_up_is_an_alert(connection: Connection) -> None:
    """Readings that nobody has looked at yet may already show a warm freezer."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.store(course("logger", [-80, -80]))
    now = [_now(connection)]
    watched = watch(lambda: now[0])
    with _evaluator_at_work(connection):
        watched.look(connection)
        assert alerts_of(connection) == {}
        now[0] += timedelta(seconds=20)
        watched.look(connection)
    assert alerts_of(connection)["service:evaluator"][0] == "firing"


@contextmanager
def _evaluator_at_work(connection: Connection) -> Iterator[None]:
    with connect(f"{connection.info.dsn}", application="evaluator", actor=TESTER) as other:
        assert all(take_share(other, share) for share in ALL)
        yield


def test_a_receiver_that_fails_is_told_by_the_others(connection: Connection, database_url: str) -> None:
    """A pager whose contract ended must not be found out by the next warm freezer."""
    warm_freezer(connection)
    clock = Clock(at(60))
    pager, mail = Noted("pager", refuses=(1,)), Noted("mail")
    with _evaluator_at_work(connection), telling(database_url, pager, mail, clock=clock):
        until(lambda: mail.told == [("first", ("freezer",))] and pager.tried)
        watched = watch(clock, "pager", "mail")
        watched.look(connection)
        assert not any(subject.startswith("receiver:") for subject in alerts_of(connection))
        clock.set(at(66))
        watched.look(connection)
        until(lambda: len([one for one in mail.taken if one.alerts[0]["subject"] == "receiver:pager"]) == 1)
        [told] = [one for one in mail.taken if one.alerts[0]["subject"] == "receiver:pager"]
        assert "pager" in told.subject
        assert not any(one.alerts[0]["subject"] == "receiver:pager" for one in pager.taken)
        pager.refuses = ()
        until(lambda: "first" in delivered(connection, "pager"))
        for minutes in (70, 76):
            clock.set(at(minutes))
            watched.look(connection)
    assert alerts_of(connection)["receiver:pager"][0] == "resolved"


def test_a_receiver_that_nobody_serves_is_failing(connection: Connection) -> None:
    """A courier that hangs, or dies of each message, leaves no error; what waits for five minutes says enough."""
    now = [at(0)]
    watched = watch(lambda: now[0], "pager", "mail")
    document = {"key": "key", "reason": "first", "severity": "critical"}
    for receiver in ("pager", "mail"):
        outbox.add_notification(
            connection, receiver=receiver, alert_ids=[7], site_id=None, level=0, document=document, now=at(0)
        )
    taken = outbox.lease(connection, "mail", "courier", at(0), 45)
    assert taken is not None
    outbox.delivered(connection, taken.id, at(0))
    for minutes, attempts in ((1, 1), (4, 2), (6, 3)):
        assert not any(subject.startswith("receiver:") for subject in alerts_of(connection))
        row = outbox.lease(connection, "pager", f"courier {attempts}", at(minutes), 0)
        assert row is not None
        assert row.attempts == attempts
        now[0] = at(minutes)
        watched.look(connection)
    found = alerts_of(connection)
    state, summary = found["receiver:pager"]
    assert state == "firing"
    assert "nobody has sent it" in summary
    assert "receiver:mail" not in found


def test_two_watches_at_once_open_one_alert(connection: Connection, database_url: str) -> None:
    """Two processes that both see that ingest is dead say it once."""
    save_heartbeat(connection, Heartbeat("ingest", at(0), at(0), {}))

    def look() -> None:
        with connect(database_url, application="watch", actor=TESTER) as own:
            watched = watch(lambda: at(5))
            for _ in range(10):
                watched.look(own)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row["subject"] for row in connection.execute("SELECT subject FROM alerts").fetchall()] == ["service:ingest"]


@contextmanager
def _running(database_url: str, watching: WatchSettings) -> Iterator[None]:
    stop = threading.Event()
    writer = MessageWriter(all_at_once("log"), BUILT_IN, Links())
    thread = threading.Thread(
        target=run_threads, args=(database_url, writer, [Noted()], stop), kwargs={"pace": QUICK, "watching": watching}
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def test_the_monitor_outside_is_called_while_all_is_well(connection: Connection, database_url: str) -> None:
    """Silence means health only if somebody outside notices when we fall silent ourselves."""
    with Webhook() as outside, _evaluator_at_work(connection):
        with _running(database_url, WatchSettings(15, outside.url, 0.1)):
            until(lambda: outside.calls.count("GET /alerts") >= 3)
        calls = len(outside.calls)
        time.sleep(0.3)
        assert len(outside.calls) == calls


def test_the_monitor_outside_is_told_where_the_audit_trail_ends(connection: Connection, database_url: str) -> None:
    """Whoever can do everything with the database cannot change what the monitor's log has of it."""
    with (
        Webhook() as outside,
        _evaluator_at_work(connection),
        _running(database_url, WatchSettings(15, outside.url, 0.1)),
    ):
        until(lambda: any("audit head" in agent and "head 0:" not in agent for agent in outside.agents))
        [head] = re.findall(r"^unbroken \(audit head (.*)\)$", outside.agents[-1])
    assert read_head(head) == newest_place(connection).head


def test_a_trail_that_nobody_seals_is_an_alert(connection: Connection, database_url: str) -> None:
    """Acts that wait for their seal for long could still be changed unseen."""
    now = [_now(connection)]
    watched = watch(lambda: now[0])
    sealer = Sealer(lambda: now[0], wait=lambda _: None)
    with (
        _evaluator_at_work(connection),
        connect(database_url, application="alerts", actor=part("alerts")) as own,
    ):
        sealer.seal(own)
        connection.execute("INSERT INTO sites (id, name, time_zone) VALUES ('basel', 'Basel', 'UTC')")

        def state(after_s: float) -> str | None:
            now[0] = _now(connection) + timedelta(seconds=after_s)
            watched.look(own)
            return alerts_of(connection).get("service:trail-seals", (None, ""))[0]

        assert [state(after_s) for after_s in (5, 15, 80)] == [None, "pending", "firing"]
        assert "The audit trail is not sealed: what was recorded" in alerts_of(connection)["service:trail-seals"][1]
        assert "service:trail-seals" not in watched.behind, "the head goes on being told outside"
        assert sealer.seal(own) == 1
        assert [state(after_s) for after_s in (90, 151)][-1] == "resolved"


def test_a_trail_that_was_rewritten_is_an_alert(connection: Connection) -> None:
    """Somebody is called when the past is not what it was."""
    watched = watch(lambda: at(0))
    sealer = Sealer(lambda: at(0), wait=lambda _: None)
    sealer.seal(connection)
    connection.execute("SET session_replication_role = replica")
    connection.execute("UPDATE audit_trail SET actor_name = 'Nobody' WHERE id = 1")
    sealer.check(connection)
    watched.look(connection)
    state, summary = alerts_of(connection)["service:trail"]
    assert state == "firing"
    assert "line 1 was changed since it was sealed as number 1" in summary


def test_the_monitor_outside_is_not_called_while_something_is_behind(connection: Connection, database_url: str) -> None:
    """An alert that cannot be trusted to get out has to be raised by somebody else."""
    save_heartbeat(connection, Heartbeat("ingest", at(0), at(0), {}))
    with (
        Webhook() as outside,
        _evaluator_at_work(connection),
        _running(database_url, WatchSettings(15, outside.url, 0.1)),
    ):
        until(lambda: "service:ingest" in alerts_of(connection))
        outside.calls.clear()
        time.sleep(0.5)
        assert outside.calls == []


def test_a_monitor_that_is_no_address_is_refused() -> None:
    """A mistyped monitor would be silence that means nothing."""
    with pytest.raises(SettingError, match="UNBROKEN_MONITOR_URL"):
        Monitor("monitor.example/secret", 60, lambda: None)


def test_messages_carry_a_link_of_their_receiver(connection: Connection, database_url: str) -> None:
    """Who answers from a message is known by the message; a refused one names the next, not the first."""
    warm_freezer(connection)
    secret = b"a secret of the test"
    log = Noted()
    with telling(database_url, log, links=Links((secret,), "https://unbroken.example")):
        until(lambda: log.taken)
    link = log.taken[0].link
    assert link is not None
    assert link in log.taken[0].text
    token = link.removeprefix("https://unbroken.example/a/")
    found = read([secret], token, at(60).timestamp())
    assert found.who == "log"
    assert found.alert_ids == (log.taken[0].alerts[0]["id"],)


def test_one_of_two_that_plan_does_nothing(connection: Connection, database_url: str) -> None:
    """While one decides what is told, the other does not decide the same again."""
    warm_freezer(connection)
    planner = Planner(MessageWriter(all_at_once("log"), BUILT_IN, Links()), lambda: at(60), 1)
    with connect(database_url, application="other", actor=TESTER) as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(7243005)")
        assert planner.round(connection) == []
    assert len(planner.round(connection)) == 1
    assert planner.round(connection) == []


def cli(database_url: str, monkeypatch: pytest.MonkeyPatch, *arguments: str, **settings: str) -> tuple[int, str]:
    """Exit status and output of ``unbroken …``, and the error that ended it."""
    for name, value in {"database_url": database_url, **settings}.items():
        monkeypatch.setenv(f"UNBROKEN_{name.upper()}", value)
    done = CliRunner().invoke(command_line(), arguments)
    return done.exit_code, done.output + (f"{done.exception}" if done.exception else "")


def test_a_test_message_goes_the_way_of_alerts(
    connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the pager rings is known before the freezer fails."""
    log = Noted()
    with telling(database_url, log, clock=Clock(_now(connection))):
        status, said = cli(database_url, monkeypatch, "alert-test", "--receiver", "log")
    assert (status, said) == (0, "log: delivered\n")
    assert delivered(connection, "log") == ["test"]
    assert log.taken[0].subject.upper().startswith("TEST")


def test_a_test_message_that_does_not_arrive_says_so(
    connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test that nobody sends is no test."""
    status, said = cli(database_url, monkeypatch, "alert-test", "--within-s", "0")
    assert status == 1
    assert "is `python -m alerts` running?" in said
    assert "not reached: log" in said
    assert delivered(connection, "log") == []


def test_a_receiver_that_is_not_there_is_named_with_those_that_are(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped name tells the right ones."""
    status, said = cli(database_url, monkeypatch, "alert-test", "--receiver", "pagr")
    assert status == 1
    assert "there is no receiver 'pagr'; choose one of log" in said


def test_who_is_on_call_now_and_next_can_be_asked(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever hands over the telephone sees that it is theirs."""
    file = tmp_path / "on-call.yaml"
    file.write_text(ON_CALL)
    status, said = cli(database_url, monkeypatch, "on-call", "--check", on_call_file=str(file))
    assert status == 0, said
    assert said.startswith("night: ")
    assert "ana" in said
    assert "bo" in said
    assert re.search(
        r"^ok: every receiver can be made \(.*\); nothing was sent, `unbroken alert-test` does", said, re.M
    )
    file.write_text(ON_CALL.replace("people: [ana, bo]", "people: [ana, bob]"))
    status, said = cli(database_url, monkeypatch, "on-call", "--check", on_call_file=str(file))
    assert status == 1
    assert "on-call.yaml, line " in said
    assert "bob" in said


def _now(connection: Connection) -> datetime:
    [row] = connection.execute("SELECT now() AS now").fetchall()
    now: datetime = row["now"]
    return now


ON_CALL = """
receivers:
  log: {kind: log}
people:
  ana: {zone: Europe/Zurich, receivers: [log]}
  bo: {zone: Europe/Zurich, receivers: [log]}
rotas:
  night: {zone: Europe/Zurich, every: 1 week, starting: 2026-01-05 08:00, people: [ana, bo]}
chains:
  all:
    - {after_min: 0, tell: [night]}
default_chain: all
"""
