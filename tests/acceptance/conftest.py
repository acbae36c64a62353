"""Whole processes, started and killed as an operator would."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.local.servers import LocalServers, local_servers, remove
from service.local.system import INSTANCES
from service.store.acting import acting
from service.store.migrate import migrate
from service.store.pool import connect
from tests.acceptance.faults import Rig
from tests.acceptance.soak import as_run, write_page
from tests.acting import TESTER
from tests.eventually import eventually
from tests.keyed import HEADERS, KEY, add_tester
from tests.papers import of_before
from tests.ports import free_port
from tests.seeds import drawn
from tests.signing import QUALITY, sign_all

ROOT = Path(__file__).parents[2]

__all__ = ["Service", "eventually"]

_TIMINGS, _SOAK_TIMINGS = 3, 20


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every fault comes at several moments, other ones in every run; FAULT_SEEDS=7,9 repeats those of a failed one."""
    if "timing" in metafunc.fixturenames:
        many = _SOAK_TIMINGS if metafunc.config.getoption("--soak") else _TIMINGS
        given = os.environ.get("FAULT_SEEDS")
        seeds = given.split(",") if given else drawn(metafunc, many)
        metafunc.parametrize("timing", seeds, indirect=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """A whole soak run leaves docs/soak.md."""
    if not config.getoption("--soak") or config.getoption("keyword"):
        return
    reports = [
        (report, outcome == "passed")
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call"
    ]
    found = [as_run(report.nodeid, passed=passed, took_s=report.duration) for report, passed in reports]
    if runs := [run for run in found if run is not None]:
        write_page(runs, datetime.now(UTC))


@pytest.fixture
def timing(request: pytest.FixtureRequest) -> random.Random:
    """When a fault comes: reproducible by its seed."""
    return random.Random(request.param)


@pytest.fixture(scope="session")
def fault_servers() -> Iterator[LocalServers]:
    """A broker and a database that tests may kill, as durable as in production."""
    name = f"test-{os.getpid()}-faults"
    with local_servers(name, print) as running:
        with connect(running.database.create_database("template"), application="tests", actor=TESTER) as connection:
            migrate(connection)
            add_tester(connection)
        yield running
    remove(name)


@pytest.fixture(scope="session")
def tiny_disk(fault_servers: LocalServers) -> Iterator[str]:
    """A tablespace with room for almost nothing: a file system of its own."""
    inside = Path("/", INSTANCES, fault_servers.name, "tiny")
    folder = fault_servers.database.log.with_name("tiny")
    folder.mkdir()
    uid, gid = fault_servers.database.log.with_name("postgres").stat()[4:6]
    options = f"size=16m,mode=700,uid={uid},gid={gid}"
    mounting = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, check=False)
    if mounting.returncode:
        pytest.skip("no file system can be mounted here")
    with connect(fault_servers.database_url, application="tests", actor=TESTER) as connection:
        connection.execute(f"CREATE TABLESPACE tiny_disk LOCATION '{inside}'")
    yield "tiny_disk"
    # Not the connection of before: other tests have killed the database since.
    with connect(fault_servers.database_url, application="tests", actor=TESTER) as connection:
        connection.execute("DROP TABLESPACE tiny_disk")
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def rig(fault_servers: LocalServers, tmp_path: Path) -> Iterator[Rig]:
    """Ingest between this broker and a fresh database."""
    built = Rig(fault_servers, "template", tmp_path)
    yield built
    built.close()


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
            "UNBROKEN_API_KEY": KEY,
            "UNBROKEN_MQTT_CLIENT_ID": f"ingest-{self.port}",
            "UNBROKEN_EVALUATOR_BEHIND_S": "2",
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, headers=HEADERS)
        self.client.event_hooks["response"].append(self._sign)

    def _sign(self, answer: httpx.Response) -> None:
        """Quality signs at once whatever a test records, and no papers are asked for: few of these are about them."""
        if answer.request.method != "GET" and answer.is_success:
            with connect(self.database_url, application="tests") as quality:
                if answer.request.url.path == "/v1/products":
                    answer.read()
                    with acting(quality, QUALITY):
                        of_before(quality, answer.json()["id"])
                sign_all(quality)

    def start(self, *roles: str, name: str | None = None, **settings: str) -> None:
        """Start roles: ingest, evaluate, serve, alerts; one that runs several times under a name of its own."""
        for role in roles:
            command = ["-m", role] if role in {"ingest", "alerts"} else ["-m", "service", role]
            called = name or role
            with self.log(called).open("ab") as log:
                self.running[called] = subprocess.Popen(
                    [sys.executable, *command], env={**self.environment, **settings}, stdout=log, stderr=log, cwd=ROOT
                )
        if "serve" in roles:
            eventually(self._answers, 60, "the API answers")

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

    def all_of(self, path: str, **query: str) -> list[dict[str, Any]]:
        """A list that is one page."""
        page: Any = self.get(path, **query)
        assert page["next"] is None
        items: list[dict[str, Any]] = page["items"]
        return items

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
