"""One command on one machine: everything at once, as a newcomer starts it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.local.servers import remove
from tests.acceptance.conftest import ROOT, eventually
from tests.ports import free_port

pytestmark = pytest.mark.acceptance


class Up:
    """`unbroken up --demo` on a private world of its own."""

    def __init__(self, folder: Path) -> None:
        self.name = f"test-{os.getpid()}-up"
        self.port = free_port()
        self.log = folder / "up.log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("UNBROKEN_")},
            "UNBROKEN_HTTP_PORT": str(self.port),
            "UNBROKEN_LOCAL_NAME": self.name,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Seconds until it says that it is ready."""
        self.log.write_bytes(b"")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "service", "up", "--demo"],
                env=self.environment,
                stdout=log,
                stderr=log,
                cwd=ROOT,
            )
        return eventually(self._is_ready, 300, "it is ready")

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        return " ready " in self.log.read_text()

    def interrupt(self) -> int:
        """Ctrl-C; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def get(self, path: str) -> Any:
        """A GET that must succeed."""
        answer = httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=30)
        assert answer.is_success, answer.text
        return answer.json()


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    world = Up(tmp_path)
    yield world
    if world.process is not None and world.process.poll() is None:
        world.interrupt()
    remove(world.name)
    Path("/var/lib/unbroken", f"{world.name}-world.json").unlink(missing_ok=True)


def test_a_newcomer_sees_all_four_verdicts_and_finds_them_again(up: Up) -> None:
    """Within a minute of "ready" there are lots of every verdict; after Ctrl-C they are all still there."""
    up.start()

    def verdicts() -> dict[str, str]:
        return {lot["id"]: lot["verdict"] for lot in up.get("/v1/lots")["items"]}

    eventually(
        lambda: set(verdicts().values()) == {"viable", "at_risk", "unproven", "nonviable"}, 60, "all four verdicts"
    )
    for lot_id in verdicts():
        status = up.get(f"/v1/lots/{lot_id}/status")
        assert status["answer"] in {"usable", "not_proven", "do_not_use"}
        assert status["limits"]
        assert status["reasons"]
        parts = status["parts"]
        assert parts.pop("life_s") == pytest.approx(sum(parts.values()), abs=1e-3)
    before = verdicts()
    assert up.get("/v1/rejected-messages")["items"] == []
    assert up.interrupt() == 0, up.log.read_text()
    assert "Traceback" not in up.log.read_text()

    assert up.start() < 15
    time.sleep(2)
    after = verdicts()
    assert after.keys() == before.keys()
    assert {lot for lot, verdict in after.items() if verdict == "nonviable"} == {"mx-1045"}
    assert up.interrupt() == 0, up.log.read_text()


def test_everything_listens_on_this_machine_alone(up: Up) -> None:
    """Nobody in the hospital's network reads or writes what has no login yet."""
    up.start()
    assert up.process is not None
    urls = re.findall(r"(?:postgresql|mqtt)://[^\s,]+", up.log.read_text())
    assert urls
    assert all("127.0.0.1" in url for url in urls)
    outside = socket.gethostbyname(socket.gethostname())
    if not outside.startswith("127."):
        for port in (up.port, *(int(url.split(":")[2].split("/")[0]) for url in urls)):
            with socket.socket() as probe:
                probe.settimeout(1)
                assert probe.connect_ex((outside, port)) != 0


def test_a_taken_port_is_reported_by_name(up: Up) -> None:
    """Somebody else's program on our port is named, with the way out."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", up.port))
        other.listen()
        done = subprocess.run(
            [sys.executable, "-m", "service", "up", "--demo"],
            env=up.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert f"port {up.port} on 127.0.0.1 is taken" in done.stderr
    assert f"UNBROKEN_HTTP_PORT={up.port + 1}" in done.stderr
