"""Wrong credentials are called that, once, by every process, and it goes on by itself once they are right."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.local.system import root_folder
from service.store.pool import Connection, DatabaseRefusesError, DatabaseUnreachableError, connect
from tests.acting import TESTER
from tests.eventually import eventually
from tests.ports import free_port

ROOT = Path(__file__).parents[3]


@pytest.fixture
def guarded(connection: Connection, database_url: str) -> Iterator[str]:
    """The fresh database's address for a role that needs a password, which is another one."""
    [row] = connection.execute("SHOW hba_file").fetchall()
    hba = root_folder() / str(row["hba_file"]).lstrip("/")
    before = hba.read_text(encoding="utf-8")
    connection.execute("CREATE ROLE guarded SUPERUSER LOGIN PASSWORD 'another'")
    url = database_url.replace("postgres@", "guarded:geheim@")

    def is_refused() -> bool:
        try:
            connect(url, application="tests", actor=TESTER).close()
        except DatabaseRefusesError:
            return True
        return False

    hba.write_text(f"host all guarded 127.0.0.1/32 scram-sha-256\n{before}", encoding="utf-8")
    connection.execute("SELECT pg_reload_conf()")
    eventually(is_refused, 30, "the password is asked for")
    yield url
    hba.write_text(before, encoding="utf-8")
    connection.execute("SELECT pg_reload_conf()")
    connection.execute("DROP ROLE guarded")


def test_what_is_wrong_with_an_address_is_said(database_url: str, guarded: str) -> None:
    """User, password or name: each with what to do, and no password."""
    for url, said in (
        (guarded, 'password authentication failed for user "guarded"; put the right user and password into UNB'),
        (guarded.replace(":geheim", ""), "no password supplied; put the user's password into UNBROKEN_DATABASE_URL"),
        (database_url.replace("postgres@", "nobody@"), 'role "nobody" does not exist; put the right user into UNB'),
        (database_url + "_x", '_x" does not exist; create it, or put the right name into UNBROKEN_DATABASE_URL'),
    ):
        with pytest.raises(DatabaseRefusesError) as raised:
            connect(url, application="tests", actor=TESTER)
        assert str(raised.value).startswith("the database does not let us in: ")
        assert said in str(raised.value)
        assert "geheim" not in str(raised.value)
    with pytest.raises(DatabaseUnreachableError, match="has a parameter that PostgreSQL's client does not know"):
        connect(f"{guarded}?geheim=1", application="tests", actor=TESTER)


@pytest.mark.long
def test_every_process_says_once_that_the_password_is_wrong(
    guarded: str, connection: Connection, tmp_path: Path
) -> None:
    """Nobody looks for a database that is down, and the log is not filled; with the right one all go on."""
    logs = {name: tmp_path / f"{name}.log" for name in ("evaluate", "serve", "alerts", "ingest")}
    environment = {
        **os.environ,
        "UNBROKEN_DATABASE_URL": guarded,
        "UNBROKEN_MQTT_URL": "mqtt://127.0.0.1:1",
        "UNBROKEN_HTTP_PORT": str(free_port()),
    }
    processes = []
    for name, log in logs.items():
        with log.open("wb") as file:
            command = [sys.executable, "-m", "service", name]
            processes.append(subprocess.Popen(command, env=environment, cwd=ROOT, stdout=file, stderr=file))
    try:
        eventually(
            lambda: all("authentication failed" in log.read_text() for log in logs.values()), 30, "all have said it"
        )
        # Each has tried several times more by now.
        tried = [log.stat().st_size for log in logs.values()]
        threading.Event().wait(2.5)
        assert [log.stat().st_size for log in logs.values()] == tried
        for name, log in logs.items():
            assert log.read_text().count("does not let us in") == 1, name
            assert "geheim" not in log.read_text()
        connection.execute("ALTER ROLE guarded PASSWORD 'geheim'")
        for name, words in (
            ("evaluate", "the database is back"),
            ("alerts", "the database is back"),
            ("ingest", "counters are written again"),
            ("serve", "the database can be used"),
        ):
            eventually(lambda log=logs[name], words=words: words in log.read_text(), 20, f"{name} goes on")
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(20) for process in processes] == [0, 0, 0, 0]


@contextmanager
def refusing_broker() -> Iterator[int]:
    """Its port. To everybody it says, as MQTT 5 has it, "Bad user name or password"."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def answer() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                with client:
                    client.recv(4096)
                    client.sendall(b"\x20\x03\x00\x86\x00")

        threading.Thread(target=answer, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def test_a_broker_that_refuses_the_password_is_told_from_one_that_is_away(database_url: str, tmp_path: Path) -> None:
    """Once, with the user's name and where to mend it."""
    log = tmp_path / "ingest.log"
    with refusing_broker() as port, log.open("wb") as file:
        environment = {
            **os.environ,
            "UNBROKEN_DATABASE_URL": database_url,
            "UNBROKEN_MQTT_URL": f"mqtt://ingest:geheim@127.0.0.1:{port}",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "ingest"], env=environment, cwd=ROOT, stdout=file, stderr=file
        )
        try:
            eventually(lambda: "refuses" in log.read_text(), 30, "it is refused")
            threading.Event().wait(2.5)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
    said = log.read_text()
    assert said.count("refuses user 'ingest' with this password") == 1
    assert "put the right user and password into UNBROKEN_MQTT_URL" in said
    assert "geheim" not in said
    assert len(said.splitlines()) == 2, said
