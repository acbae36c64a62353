"""One command on one machine: everything at once, as a newcomer starts it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from service.local.servers import remove
from service.local.system import INSTANCES, root_folder
from tests.acceptance.conftest import ROOT, eventually
from tests.ports import free_port

pytestmark = pytest.mark.acceptance


class Up:
    """`unbroken up --demo` on a private world of its own."""

    def __init__(self, folder: Path) -> None:
        self.name = f"test-{os.getpid()}-up"
        self.port = free_port()
        self.log = folder / "up.log"
        self.files = Path("/var/lib/unbroken")
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

    def address(self, what: str) -> str:
        """Of its `database` or `mqtt`, from the file that it names for other commands."""
        file = self.files / f"{self.name}-{what}-url"
        assert f"UNBROKEN_{what.upper()}_URL_FILE={file}" in self.log.read_text()
        assert file.stat().st_mode & 0o777 == 0o600
        return file.read_text().strip()

    def command(self, *command: str) -> str:
        """What another command says, told where the database is as it is printed."""
        known = {"UNBROKEN_DATABASE_URL_FILE": str(self.files / f"{self.name}-database-url")}
        done = subprocess.run(
            [sys.executable, "-m", "service", *command],
            env=self.environment | known,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout + done.stderr

    def key(self) -> dict[str, str]:
        """The header that `curl -H @FILE` sends."""
        name, _, value = self.private("key.header").partition(": ")
        return {name: value}

    def private(self, what: str) -> str:
        """What is in a file of the demo, which nobody else reads."""
        file = self.files / f"{self.name}-{what}"
        assert file.stat().st_mode & 0o777 == 0o600
        return file.read_text().strip()

    def interrupt(self) -> int:
        """Ctrl-C; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def get(self, path: str) -> Any:
        """A GET that must succeed."""
        answer = httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=self.key(), timeout=30)
        assert answer.is_success, answer.text
        return answer.json()


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    world = Up(tmp_path)
    yield world
    if world.process is not None and world.process.poll() is None:
        world.interrupt()
    remove(world.name)
    for left in world.files.glob(f"{world.name}-*"):
        left.unlink()


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
    assert "ok    database roles: each may do what its part does, and no more" in up.command("doctor")
    _follow_the_page(up)
    verified = up.command("audit", "verify")
    assert "each as it was sealed; head " in verified
    assert "WRONG" not in verified
    assert "head 0:" not in verified, "the service seals by itself what is recorded"
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


def _follow_the_page(up: Up) -> None:
    """Type what README.md says, word for word but for the port and the name of this world: each line answers."""
    page = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Try it")[2].partition("All commands are")[0]
    run, *asked = [line.strip() for line in page.splitlines() if line.startswith("    ")]
    assert run == "make run"
    assert "$(BIN)/unbroken up --demo\n" in (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nrun:")[2]
    assert len(asked) == 2
    for line in asked:
        typed = line.replace(":8000", f":{up.port}").replace("/var/lib/unbroken/demo-", f"{up.files}/{up.name}-")
        done = subprocess.run(["sh", "-c", typed], capture_output=True, text=True, check=True)
        assert json.loads(done.stdout).keys() & {"items", "answer"}, line
    said = up.log.read_text()
    assert "log in as any of" in said
    for file in re.findall(r"/var/lib/unbroken/demo-([\w.]+)", page):
        assert f"{up.files}/{up.name}-{file}" in said, "it is printed too"
    base = f"http://127.0.0.1:{up.port}"
    assert httpx.get(f"{base}/v1/lots").status_code == 401
    with httpx.Client(base_url=base, headers={"Origin": base, "Accept": "text/html"}, timeout=30) as browser:
        assert browser.get("/").headers["location"].startswith("/login")
        form = {"name": "custodian", "password": up.private("password"), "next": "/", "fields": ""}
        assert browser.post("/login", data=form).status_code == 303
        assert "mx-1043" in browser.get("/").text


def test_everything_listens_on_this_machine_alone(up: Up) -> None:
    """Without TLS nobody in the hospital's network is to send a password here, or to try one."""
    up.start()
    urls = [up.address("database"), up.address("mqtt")]
    assert all("@127.0.0.1:" in url for url in urls)
    outside = socket.gethostbyname(socket.gethostname())
    if not outside.startswith("127."):
        for port in (up.port, *(urlsplit(url).port or 0 for url in urls)):
            with socket.socket() as probe:
                probe.settimeout(1)
                assert probe.connect_ex((outside, port)) != 0


def test_no_secret_is_seen_while_everything_runs(up: Up, tmp_path: Path) -> None:
    """Not in an argument, a log, an error, an answer or a page: whoever reads one of these gets nothing to act with."""
    link_secret = tmp_path / "link"
    link_secret.write_text("planted-link-secret\n")
    nowhere = f"http://127.0.0.1:{free_port()}/planted"
    up.environment |= {
        "UNBROKEN_LINK_SECRET_FILE": str(link_secret),
        "UNBROKEN_ALERT_WEBHOOK_URL": f"{nowhere}-hook",
        "UNBROKEN_ALERT_WEBHOOK_SECRET": "planted-signing-secret",
        "UNBROKEN_MONITOR_URL": f"{nowhere}-monitor",
        "UNBROKEN_MONITOR_EVERY_S": "1",
    }
    up.start()
    # What fails is told in words of the network, and these may hold an address.
    said = up.command("doctor") + up.command("alert-test", "--within-s", "2")
    assert "ok    database: answers" in said
    eventually(lambda: "the monitor cannot be reached" in up.log.read_text(), 30, "the monitor fails")
    eventually(lambda: up.get("/v1/notifications")["items"][0]["error"], 30, "the webhook fails")
    secrets = ["planted-", *_private_passwords(up.name), up.private("password"), up.key()["Authorization"].split()[1]]
    assert urlsplit(up.address("mqtt")).password in secrets
    assert len(set(secrets)) >= 10

    def shown(text: str) -> list[str]:
        return [secret for secret in secrets if secret in text]

    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            assert shown((process / "cmdline").read_text(errors="replace")) == [], process
    assert shown(said) == []
    base = f"http://127.0.0.1:{up.port}"
    paths = [path for path, its in httpx.get(f"{base}/openapi.json").json()["paths"].items() if "get" in its]
    for path in ["/", "/alerts", "/a/planted", "/docs", "/metrics", "/nothing", *paths]:
        address = base + path.replace("{", "").replace("}", "")
        with httpx.stream("GET", address, headers=up.key(), timeout=30) as answer:
            # Events have no end: the first of them is enough.
            text = next(answer.iter_text()) if path == "/v1/events" else answer.read().decode()
        assert shown(text.replace("/a/planted", "") + str(answer.headers)) == [], path
    logs = [up.log, *(root_folder() / INSTANCES / up.name).glob("*.log")]
    assert len(logs) == 3
    for log in logs:
        assert shown(log.read_text(errors="replace")) == [], log


def _private_passwords(name: str) -> list[str]:
    """Those that the private servers keep in files."""
    folder = root_folder() / INSTANCES / name
    of_database = [file.read_text().strip().rpartition(":")[2] for file in (folder / "passwords").iterdir()]
    return [*(file.read_text().strip() for file in folder.glob("*.password")), *of_database]


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
