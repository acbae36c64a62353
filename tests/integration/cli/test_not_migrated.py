"""A database nobody has migrated yet: every part waits for it, and says so once."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from service.cli.main import command_line
from service.local.servers import LocalServers
from service.store.migrate import MigrationError
from service.store.pool import connect
from service.store.rows import one_value
from tests.acting import TESTER
from tests.eventually import eventually
from tests.keyed import HEADERS
from tests.ports import free_port

ROOT = Path(__file__).parents[3]


@pytest.fixture
def empty_url(servers: LocalServers) -> Iterator[str]:
    """Address of a database with nothing in it."""
    yield servers.database.create_database("not_migrated")
    servers.database.drop_database("not_migrated")


@pytest.mark.long
def test_every_part_waits_for_the_migration(servers: LocalServers, empty_url: str, tmp_path: Path) -> None:
    """Started in whatever order, all are at work in the end; meanwhile nobody gets a wrong answer, or a traceback."""
    port = free_port()
    environment = {
        **os.environ,
        "UNBROKEN_DATABASE_URL": empty_url,
        "UNBROKEN_MQTT_URL": servers.mqtt_url,
        "UNBROKEN_MQTT_CLIENT_ID": "not-migrated",
        "UNBROKEN_DIALECTS": '{"not-migrated/#": "coldchain_v1"}',
        "UNBROKEN_HTTP_PORT": str(port),
    }
    logs = {name: tmp_path / f"{name}.log" for name in ("evaluate", "serve", "alerts", "ingest")}
    processes = []
    for name, log in logs.items():
        with log.open("wb") as file:
            command = [sys.executable, "-m", "service", name]
            processes.append(subprocess.Popen(command, env=environment, cwd=ROOT, stdout=file, stderr=file))
    try:
        for name, log in logs.items():
            eventually(lambda log=log: "run `unbroken migrate`" in log.read_text(), 30, f"{name} says what is missing")
        eventually(lambda: "serving" in logs["serve"].read_text(), 20, "it serves")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, headers=HEADERS) as api:
            assert api.get("/healthz").status_code == 200
            for path in ("/readyz", "/v1/lots", "/metrics"):
                answer = api.get(path)
                assert (answer.status_code, answer.json()["status"]) == (503, 503), path
                assert "run `unbroken migrate`" in answer.json()["detail"]
            page = api.get("/", headers={"Accept": "text/html"})
            assert page.status_code == 503
            assert "The database is not yet that of this version" in page.text
            assert "keep it cold, set it apart, tell quality" in page.text
            command = [sys.executable, "-m", "service", "migrate"]
            assert subprocess.run(command, env=environment, cwd=ROOT, check=False, timeout=120).returncode == 0
            eventually(lambda: api.get("/readyz").status_code == 200, 20, "it is ready")
        eventually(lambda: "the database is back" in logs["evaluate"].read_text(), 20, "the evaluator is at work")
        eventually(lambda: "the database is back" in logs["alerts"].read_text(), 20, "people are told of alerts")
        eventually(lambda: "written again" in logs["ingest"].read_text(), 20, "ingest is at work")
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(20) for process in processes] == [0, 0, 0, 0]
    for log in logs.values():
        assert "Traceback" not in log.read_text()
        lines = [line for line in log.read_text().splitlines() if "run `unbroken migrate`" in line]
        # Ingest says what it costs it: what is not stored, and what is not counted.
        said = [line.partition("]")[2].partition(" error=")[0] for line in lines]
        assert len(said) == len(set(said)), log.read_text()


@pytest.mark.parametrize("command", ["rejected list", "alert-test --within-s 0", "evaluate --all --dry-run"])
def test_a_command_asks_for_the_migration_and_does_not_do_it(
    empty_url: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever only looks changes no schema."""
    monkeypatch.setenv("UNBROKEN_DATABASE_URL", empty_url)
    done = CliRunner().invoke(command_line(), command.split())
    assert isinstance(done.exception, MigrationError)
    assert "run `unbroken migrate`" in str(done.exception)
    with connect(empty_url, application="tests", actor=TESTER) as connection:
        assert (
            one_value(connection, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'") == 0
        )
