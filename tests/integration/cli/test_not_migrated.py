"""A database nobody has migrated yet: every part waits for it, and says so once."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from service.local.servers import LocalServers
from tests.eventually import eventually
from tests.ports import free_port

ROOT = Path(__file__).parents[3]


@pytest.fixture
def empty_url(servers: LocalServers) -> Iterator[str]:
    """Address of a database with nothing in it."""
    yield servers.database.create_database("not_migrated")
    servers.database.drop_database("not_migrated")


def test_every_part_waits_for_the_migration(empty_url: str, tmp_path: Path) -> None:
    """Started in whatever order, all are at work in the end; meanwhile nobody gets a wrong answer, or a traceback."""
    port = free_port()
    environment = {**os.environ, "UNBROKEN_DATABASE_URL": empty_url, "UNBROKEN_HTTP_PORT": str(port)}
    logs = {name: tmp_path / f"{name}.log" for name in ("evaluate", "serve", "alerts")}
    processes = []
    for name, log in logs.items():
        with log.open("wb") as file:
            command = [sys.executable, "-m", "service", name]
            processes.append(subprocess.Popen(command, env=environment, cwd=ROOT, stdout=file, stderr=file))
    try:
        for name, log in logs.items():
            eventually(lambda log=log: "run `unbroken migrate`" in log.read_text(), 30, f"{name} says what is missing")
        eventually(lambda: "serving" in logs["serve"].read_text(), 20, "it serves")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as api:
            assert api.get("/healthz").status_code == 200
            for path in ("/readyz", "/v1/lots", "/metrics"):
                answer = api.get(path)
                assert (answer.status_code, answer.json()["status"]) == (503, 503), path
                assert "run `unbroken migrate`" in answer.json()["detail"]
            command = [sys.executable, "-m", "service", "migrate"]
            assert subprocess.run(command, env=environment, cwd=ROOT, check=False, timeout=120).returncode == 0
            eventually(lambda: api.get("/readyz").status_code == 200, 20, "it is ready")
        eventually(lambda: "the database is back" in logs["evaluate"].read_text(), 20, "the evaluator is at work")
        eventually(lambda: "the database is back" in logs["alerts"].read_text(), 20, "people are told of alerts")
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(20) for process in processes] == [0, 0, 0]
    for log in logs.values():
        assert "Traceback" not in log.read_text()
        assert log.read_text().count("run `unbroken migrate`") == 1, log.read_text()
