"""On-call files and calendars that change, or break, while alerts are told."""

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.delivery.load import load_delivery, load_delivery_at_start
from alerts.on_call.rota import people_on_call
from alerts.on_call.rota_file import CalendarError
from alerts.watch.on_call_watch import OnCallWatch
from alerts.watch.service_watch import ServiceWatch
from service.settings import Settings
from service.store.alerting.calendars import keep_calendars
from service.store.pool import Connection
from tests.alarms import alerts_in_words
from tests.integration.alerts.test_alerts_process import alerts_process
from tests.integration.alerts.test_alerts_service import cli
from tests.telling import until, warm_freezer
from tests.webhook import Webhook

FILE = """
receivers: {log: {kind: log}, ana-phone: {kind: log}, ben-phone: {kind: log}}
people:
  ana: {zone: Europe/Zurich, receivers: [ana-phone]}
  ben: {zone: Europe/Zurich, receivers: [ben-phone]}
rotas:
  duty: {zone: Europe/Zurich, ical: duty.ics}
chains: {all: [{after_min: 0, tell: [duty]}]}
default_chain: all
"""


def calendar(who: str, days: int = 400) -> str:
    """One person, from a week ago on."""
    begins = datetime.now(UTC) - timedelta(days=7)
    event = f"UID:1\nSUMMARY:{who}\nDTSTART:{begins:%Y%m%dT%H%M%SZ}\nDURATION:P{days}D"
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"


class Files:
    """An on-call file and its calendar, and the alerts process that reads them."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.file, self.ics = folder / "on-call.yaml", folder / "duty.ics"
        self.file.write_text(FILE)
        self.ics.write_text(calendar("ana"))
        self.settings = Settings(_env_file=None, on_call_file=str(self.file), database_url=database_url)
        self.writer, receivers = load_delivery(self.settings)
        self.watch = OnCallWatch(self.settings, self.writer, receivers)

    @property
    def called(self) -> list[str]:
        """Who is on call now, by the config in force."""
        return [one.name for one in people_on_call(self.writer.config.rotas["duty"], datetime.now(UTC))]


@pytest.fixture
def files(tmp_path: Path, database_url: str) -> Files:
    """Ana is on call."""
    return Files(tmp_path, database_url)


def test_a_calendar_that_changed_is_taken_without_a_restart(files: Files, connection: Connection) -> None:
    """Whoever swaps a night in the calendar is not called that night."""
    now = datetime.now(UTC)
    files.watch.look(connection, now)
    assert files.called == ["ana"]
    files.ics.write_text(calendar("ben"))
    files.watch.look(connection, now)
    assert (files.called, files.watch.trouble) == (["ben"], "")


def test_a_receiver_that_is_added_is_served(files: Files, connection: Connection) -> None:
    """A new telephone rings tonight; one that stayed as it was is the same."""
    files.watch.look(connection, datetime.now(UTC))
    before = {one.name: one for one in files.watch.receivers}
    files.file.write_text(FILE.replace("ben-phone: {kind: log}}", "ben-phone: {kind: log}, new: {kind: log}}"))
    files.watch.look(connection, datetime.now(UTC))
    after = {one.name: one for one in files.watch.receivers}
    assert set(after) == {*before, "new"}
    assert all(after[name] is before[name] for name in before)


def test_a_calendar_that_changes_while_it_is_read_is_read_again(
    files: Files, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever swaps a night in the very moment in which the file is read is not called that night either."""
    now = datetime.now(UTC)

    def keep_and_swap(*kept: Any) -> None:
        keep_calendars(*kept)
        files.ics.write_text(calendar("ben"))

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("alerts.watch.on_call_watch.keep_calendars", keep_and_swap)
        files.watch.look(connection, now)
    assert files.called == ["ana"]
    files.watch.look(connection, now)
    assert files.called == ["ben"]


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        (lambda files: files.ics.write_text(calendar("ben")[:-30]), "the file is not whole"),
        (lambda files: files.ics.unlink(), "cannot be read"),
        (lambda files: files.ics.write_bytes(os.urandom(400)), "line 1"),
        (lambda files: files.ics.write_text(calendar("carla")), "names none of the people"),
        (lambda files: files.ics.write_text(calendar("ben", days=9)), "nobody is on call"),
        (lambda files: files.file.write_text(FILE.replace("ical: duty.ics", "ical: other.ics")), "other.ics"),
        (lambda files: files.file.write_text("nonsense"), "on-call.yaml"),
        (lambda files: files.file.unlink(), "on-call.yaml"),
    ],
)
def test_what_cannot_be_used_leaves_in_force_what_could_and_is_told(
    files: Files, connection: Connection, breaks: Callable[[Files], object], said: str
) -> None:
    """A broken copy of a calendar calls nobody else, and does not go unnoticed; mended, it counts."""
    now = datetime.now(UTC)
    watch = ServiceWatch(["log"], 15.0, lambda: now, wait=lambda _: None, on_call=files.watch)
    watch.look(connection)
    breaks(files)
    for _ in range(2):
        watch.look(connection)
        now += timedelta(seconds=30)
    watch.look(connection)
    assert files.called == ["ana"]
    [alert] = alerts_in_words(connection, "WHERE cause = 'on_call_unusable'")
    assert (alert["subject"], alert["state"]) == ("service:on_call", "firing")
    assert said in alert["summary"]
    files.file.write_text(FILE)
    files.ics.write_text(calendar("ben"))
    now += timedelta(seconds=30)
    watch.look(connection)
    assert files.called == ["ben"]
    [alert] = connection.execute("SELECT state FROM alerts WHERE cause = 'on_call_unusable'").fetchall()
    assert alert["state"] == "resolved"


def test_a_rota_that_runs_out_is_told_before(files: Files, connection: Connection) -> None:
    """Nobody wrote the next year's shifts: that is said sixty days before, though no file changed."""
    files.watch.look(connection, datetime.now(UTC))
    files.watch.look(connection, datetime.now(UTC) + timedelta(days=350))
    assert "nobody is on call from" in files.watch.trouble


def test_a_restart_does_not_lose_the_last_good_calendar(
    files: Files, connection: Connection, stop: threading.Event
) -> None:
    """The machine restarts at night, after the calendar was broken in the evening: people are called all the same."""
    files.watch.look(connection, datetime.now(UTC))
    files.ics.write_text("BEGIN:VCALENDAR\n")
    with pytest.raises(CalendarError):
        load_delivery(files.settings)
    writer, receivers = load_delivery_at_start(files.settings, stop)
    at = datetime.now(UTC)
    assert [one.name for one in people_on_call(writer.config.rotas["duty"], at)] == ["ana"]
    watch = OnCallWatch(files.settings, writer, receivers)
    watch.look(connection, at)
    assert "the file is not whole" in watch.trouble


def test_without_a_good_calendar_ever_it_does_not_start(
    files: Files, connection: Connection, stop: threading.Event
) -> None:
    """A new installation finds out on the first day."""
    assert not connection.execute("SELECT 1 FROM last_good_calendars").fetchall()
    files.ics.write_text("BEGIN:VCALENDAR\n")
    with pytest.raises(CalendarError, match=r"line 7: the calendar duty\.ics: .*line 1: BEGIN:VCALENDAR has no END"):
        load_delivery_at_start(files.settings, stop)


@pytest.fixture
def stop() -> threading.Event:
    """Nobody stops it."""
    return threading.Event()


@pytest.mark.long
def test_a_process_takes_a_new_receiver_and_goes_on(files: Files, connection: Connection, database_url: str) -> None:
    """The telephone of the one who took over this evening is in the file, and rings when the freezer is warm."""
    settings = {"UNBROKEN_ON_CALL_FILE": str(files.file)}
    with Webhook() as webhook, alerts_process(database_url, "", **settings) as process:
        until(lambda: connection.execute("SELECT 1 FROM last_good_calendars").fetchall() and _couriers(connection))
        before = _couriers(connection)
        files.file.write_text(
            FILE.replace("ana-phone: {kind: log}", f"ana-phone: {{kind: webhook, url: '{webhook.url}'}}")
        )
        until(lambda: _couriers(connection) - before, within_s=60)
        warm_freezer(connection)
        until(lambda: webhook.reasons == ["first"], within_s=60)
        assert process.poll() is None


def _couriers(connection: Connection) -> set[int]:
    """The sessions of those who serve ana's telephone."""
    rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name LIKE '%ana-phone%'").fetchall()
    return {row["pid"] for row in rows}


def test_who_is_on_call_is_said_with_what_was_found(
    files: Files, connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever changed the calendar sees whether it was understood; if not, who is called meanwhile."""
    status, said = cli(database_url, monkeypatch, "on-call", "--check", on_call_file=str(files.file))
    assert status == 0
    assert "duty: ana" in said
    assert "calendar duty.ics: 1 event" in said
    files.watch.look(connection, datetime.now(UTC))
    files.ics.write_text(calendar("carla"))
    status, said = cli(database_url, monkeypatch, "on-call", "--check", on_call_file=str(files.file))
    assert status == 1
    assert "duty: ana" in said
    assert "in force though on-call.yaml, line 7: the calendar duty.ics" in said
