"""`unbroken up` as a process: stopped early, and started while a calendar is broken."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.addresses import without_password
from service.local.process import ServerProcess
from service.local.servers import LocalServers, holder, remove
from service.local.system import INSTANCES, root_folder
from service.store.alerting.calendars import keep_calendars
from service.store.pool import Connection
from tests.eventually import eventually
from tests.ports import free_port

ROOT = Path(__file__).parents[3]


@contextmanager
def up(log: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Meanwhile it runs, and writes into `log`."""
    environment = {**os.environ, "UNBROKEN_HTTP_PORT": str(free_port())}
    environment |= {f"UNBROKEN_{name.upper()}": value for name, value in settings.items()}
    with log.open("wb") as file:
        command = [sys.executable, "-m", "service", "up"]
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=file, stderr=file)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def test_ctrl_c_while_the_database_is_made_ends_in_one_line(servers: LocalServers, tmp_path: Path) -> None:
    """Nothing is left running, and nothing half made is in the way of the next start."""
    name = f"{servers.name}-stopped"
    making = root_folder() / INSTANCES / name / "postgres" / "new"
    try:
        with up(tmp_path / "log", local_name=name) as process:
            eventually(making.exists, 30, "the database is being made")
            assert holder(name) == f"process {process.pid}, starting"
        assert process.returncode == 128 + signal.SIGINT
        assert (tmp_path / "log").read_text() == "unbroken: stopped\n"
        assert holder(name) == ""
        left = ServerProcess(root_folder(), name, "postgres", "postgres")
        eventually(lambda: not left.pids(), 30, "nothing is left running")
    finally:
        remove(name)


@pytest.mark.long
def test_a_calendar_that_broke_does_not_stop_all_from_starting_again(
    servers: LocalServers, database_url: str, connection: Connection, tmp_path: Path
) -> None:
    """With the last one that could be used people are told; without any, nobody would be, and it is refused."""
    file = tmp_path / "on-call.yaml"
    file.write_text(
        "receivers: {log: {kind: log}}\n"
        "people: {ana: {zone: UTC, receivers: [log]}}\n"
        "rotas: {duty: {zone: UTC, ical: duty.ics}}\n"
        "chains: {all: [{after_min: 0, tell: [duty]}]}\n"
        "default_chain: all\n"
    )
    (tmp_path / "duty.ics").write_text("broken")
    log = tmp_path / "log"
    settings = {"database_url": database_url, "mqtt_url": servers.mqtt_url, "on_call_file": str(file)}
    with up(log, **settings, mqtt_client_id="up-refused") as process:
        assert process.wait(30) == 2
    assert "on-call.yaml, line 3: the calendar duty.ics" in log.read_text()
    event = "UID:1\nSUMMARY:ana\nDTSTART:20260101T000000Z\nDURATION:P4000D"
    good = f"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"
    keep_calendars(connection, {"duty.ics": good.encode()}, datetime.now(UTC))
    with up(log, **settings, mqtt_client_id="up-started"):
        eventually(lambda: " ready " in log.read_text(), 60, "it is ready")
        shown = without_password(servers.mqtt_url)
        assert f"UNBROKEN_DATABASE_URL={database_url} UNBROKEN_MQTT_URL={shown}" in log.read_text()
        eventually(lambda: "the on-call file cannot be used as it is" in log.read_text(), 30, "it is told")
    assert "Traceback" not in log.read_text()
    assert "a part has died" not in log.read_text()
