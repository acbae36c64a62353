"""Whole processes, started and killed as an operator would."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from service.local.servers import LocalServers
from tests.ports import free_port

ROOT = Path(__file__).parents[2]


def eventually(holds: Callable[[], bool], within_s: float, what: str) -> float:
    """Wait until it holds; how long that took, in seconds."""
    started_s = time.monotonic()
    while not holds():
        assert time.monotonic() - started_s < within_s, f"{what}: not within {within_s} s"
        time.sleep(0.05)
    return time.monotonic() - started_s


class Service:
    """The roles of one installation, each a process of its own."""

    def __init__(self, database_url: str, mqtt_url: str, folder: Path) -> None:
        self.port = free_port()
        self.database_url = database_url
        self.mqtt_url = mqtt_url
        self.folder = folder
        self.environment = {
            **os.environ,
            "UNBROKEN_DATABASE_URL": database_url,
            "UNBROKEN_MQTT_URL": mqtt_url,
            "UNBROKEN_HTTP_PORT": str(self.port),
            "UNBROKEN_MQTT_CLIENT_ID": f"ingest-{self.port}",
            "UNBROKEN_EVALUATOR_BEHIND_S": "2",
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)

    def start(self, *roles: str, **settings: str) -> None:
        """Start roles: ingest, evaluate, serve, alerts."""
        for role in roles:
            command = ["-m", role] if role in {"ingest", "alerts"} else ["-m", "service", role]
            with self.log(role).open("ab") as log:
                self.running[role] = subprocess.Popen(
                    [sys.executable, *command], env={**self.environment, **settings}, stdout=log, stderr=log, cwd=ROOT
                )
        if "serve" in roles:
            eventually(self._answers, 20, "the API answers")

    def log(self, role: str) -> Path:
        """What a role has said."""
        return self.folder / f"{role}.log"

    def _answers(self) -> bool:
        try:
            return self.client.get("/healthz").is_success
        except httpx.TransportError:
            return False

    def kill(self, role: str) -> None:
        """SIGKILL, as a machine that dies."""
        process = self.running.pop(role)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """SIGTERM; every role ends by itself with exit status 0."""
        self.client.close()
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        ended = {role: _ended(process) for role, process in self.running.items()}
        assert not any(ended.values()), {role: self.log(role).read_text() for role, bad in ended.items() if bad}

    def command(self, *arguments: str) -> str:
        """What `unbroken …` prints."""
        done = subprocess.run(
            [sys.executable, "-m", "service", *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def get(self, path: str, **query: str) -> object:
        """A GET that must succeed."""
        answer = self.client.get(path, params=query)
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path: str, body: object) -> dict[str, object]:
        """A POST that must succeed."""
        answer = self.client.post(path, json=body)
        assert answer.is_success, answer.text
        created: dict[str, object] = answer.json()
        return created


def _ended(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return -signal.SIGKILL


@pytest.fixture
def service(servers: LocalServers, database_url: str, tmp_path: Path) -> Iterator[Service]:
    """An installation on a fresh database; what it started is stopped after the test."""
    installed = Service(database_url, servers.mqtt_url, tmp_path)
    yield installed
    installed.stop()
