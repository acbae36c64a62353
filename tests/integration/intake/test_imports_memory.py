"""A large file must not cost a night's other answers: what one import takes of a real process, measured."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from service.store.pool import Connection
from tests.keyed import HEADERS
from tests.ports import free_port

pytestmark = pytest.mark.long

_MB = 1 << 20
_START = datetime(2020, 1, 1, tzinfo=UTC)


@contextmanager
def served(database_url: str) -> Iterator[tuple[httpx.Client, int]]:
    """The HTTP service as a process of its own, and its id."""
    port = free_port()
    environment = {**os.environ, "UNBROKEN_DATABASE_URL": database_url, "UNBROKEN_HTTP_PORT": str(port)}
    with subprocess.Popen([sys.executable, "-m", "service", "serve"], env=environment) as process:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300, headers=HEADERS) as client:
            for _ in range(600):
                try:
                    client.get("/v1/sites")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield client, process.pid
        process.terminate()


def peak_bytes(pid: int) -> int:
    """The most memory a process ever had."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def minutes(count: int, row: str = "{:%Y-%m-%d %H:%M},{}\n") -> bytes:
    """A log of one reading a minute."""
    days = count // 1440 + 1
    clock = [_START + timedelta(minutes=minute) for minute in range(1440)]
    rows = []
    for day in range(days):
        shift = timedelta(days=day)
        rows += [row.format(moment + shift, f"-{70 + (minute % 97) / 10:.1f}") for minute, moment in enumerate(clock)]
    return "".join(rows[:count]).encode()


def post(client: httpx.Client, content: bytes, **form: str) -> httpx.Response:
    """Upload a file of a freezer's logger."""
    data = {"logger_id": "f1", "zone": "Europe/Zurich", "unit": "C", **form}
    return client.post("/v1/imports", files={"file": ("log.csv", content)}, data=data)


def test_the_largest_file_takes_less_than_300_mb(database_url: str, connection: Connection) -> None:
    """Years of minutes of one freezer are taken whole, and others are answered within a second meanwhile."""
    head = b"time,temperature\n"
    body = minutes(2_400_000)
    content = head + body[: 63 * _MB]
    content = content[: content.rindex(b"\n") + 1]
    rows = content.count(b"\n") - 1
    with served(database_url) as (client, pid):
        before = peak_bytes(pid)
        waits: list[float] = []
        over = threading.Event()

        def ask() -> None:
            with httpx.Client(base_url=client.base_url, timeout=60, headers=HEADERS) as other:
                while not over.wait(0.2):
                    asked = time.perf_counter()
                    assert other.get("/v1/sites").status_code == 200
                    waits.append(time.perf_counter() - asked)

        asking = threading.Thread(target=ask)
        asking.start()
        # A zone with a repeated hour needs a log that follows it; one of fixed minutes has its own offset.
        answer = post(client, content, zone="+01:00")
        over.set()
        asking.join()
        assert answer.status_code == 200, answer.text
        assert answer.json()["stored"] == answer.json()["readings"] == rows
        assert peak_bytes(pid) < 300 * _MB, f"{before >> 20} MB before, {peak_bytes(pid) >> 20} MB at most"
        assert sorted(waits)[len(waits) // 2] < 1
    counted = connection.execute("SELECT count(*) AS n FROM readings").fetchone()
    assert counted is not None
    assert counted["n"] == rows


def hostile() -> Iterator[tuple[str, bytes]]:
    """Files made in order to hurt, one at a time."""
    yield "one line", (b"time,temperature_c\n" + b"5" * (63 * _MB))
    yield "one quoted cell", (b'time,temperature_c\n"' + b"5,\n" * (21 * _MB))
    yield "no line at all", (b"time,temperature_c," * (3 * _MB))
    yield "empty lines", (b"time,temperature_c\n" + b"\n" * (63 * _MB))
    yield "empty rows", (b"time,temperature_c\n" + b",\n" * (31 * _MB))
    yield (
        "a million probes",
        (
            b"time,temperature_c,probe\n"
            + b"".join(b"2020-01-01T00:00:00Z,5,%d\n" % number for number in range(2_000_000))
        ),
    )
    yield "many cells", (b"time,temperature_c" + b",x" * 30_000 + b"\n" + b"2020-01-01T00:00:00Z,5\n" * _MB)
    yield "a Berlinger's", (b"Device: x\nData:\n\tyyyy-MM-dd hh:mm\tT\n" + b"\t2020-01-01 00:00\t5.0\n" * (2 * _MB))
    yield "a zip of itself", (b"PK\x03\x04" + bytes(60 * _MB))
    yield "UTF-16", ("time,temperature_c\n".encode("utf-16") + "☃".encode("utf-16-le") * (30 * _MB))
    yield (
        "days beyond count",
        (
            b"time,temperature_c\n"
            + b"".join(
                b"%04d-%02d-%02d 00:00,5\n" % (y, m, d)
                for y in range(1900, 2199)
                for m in range(1, 13)
                for d in range(1, 29)
            )
        ),
    )


def test_no_file_whatever_takes_more(database_url: str, connection: Connection) -> None:
    """What somebody made in order to hurt is refused in words, by a process that has hardly grown."""
    with served(database_url) as (client, pid):
        for what, content in hostile():
            answer = post(client, content[: 63 * _MB], zone="UTC")
            assert answer.status_code == 422, (what, answer.text)
            assert peak_bytes(pid) < 300 * _MB, (what, peak_bytes(pid) >> 20)
    assert connection.execute("SELECT FROM readings").fetchall() == []


def test_files_are_read_one_at_a_time(database_url: str, connection: Connection) -> None:
    """Forty uploads at once wait their turn, or are told when to come again; none of them is half taken."""
    content = b"time,temperature_c\n" + minutes(100_000)
    with served(database_url) as (client, pid):
        answers: list[httpx.Response] = []

        def upload(number: int) -> None:
            with httpx.Client(base_url=client.base_url, timeout=300, headers=HEADERS) as own:
                answers.append(post(own, content, logger_id=f"f{number}", zone="+01:00"))

        uploads = [threading.Thread(target=upload, args=(number,)) for number in range(40)]
        for each in uploads:
            each.start()
        for each in uploads:
            each.join()
        busy = [answer for answer in answers if answer.status_code == 503]
        taken = [answer for answer in answers if answer.status_code == 200]
        assert len(busy) + len(taken) == 40
        assert taken
        assert busy
        assert busy[0].headers["Retry-After"] == "10"
        assert busy[0].headers["Content-Type"] == "application/problem+json"
        assert "another file is being imported" in busy[0].json()["detail"]
        assert peak_bytes(pid) < 300 * _MB
    counted = connection.execute("SELECT count(*) AS n FROM readings").fetchone()
    assert counted is not None
    assert counted["n"] == 100_000 * len(taken)


def test_the_command_line_reads_likewise(database_url: str, tmp_path: Path) -> None:
    """A file that is imported or judged by hand is read by the same means."""
    file = tmp_path / "log.csv"
    file.write_bytes(b"time,temperature_c\n" + minutes(400_000))
    script = (
        "import sys\nfrom pathlib import Path\nfrom service.cli.main import main\n"
        "try: main()\nfinally: sys.stderr.write(Path('/proc/self/status').read_text())"
    )
    environment = {**os.environ, "UNBROKEN_DATABASE_URL": database_url}
    for command in (["judge", str(file), "--profile", "cryo-80"], ["import", str(file), "--logger", "f1"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *command, "--zone", "+01:00"],
            env=environment,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert "400000" in done.stdout
        assert int(done.stderr.partition("VmHWM:")[2].split()[0]) < 300 * 1024
