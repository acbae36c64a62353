"""The private TimescaleDB and Mosquitto, really started and really killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from service.local import system
from service.local.broker import INGEST, LOGGERS, Broker
from service.local.database import Database, StopMode
from service.local.servers import LocalServers, holder, local_servers, remove
from service.local.system import INSTANCES, LocalServersError, find_or_install, run_in

PROJECT = Path(__file__).parents[3]
NAME = f"test-{os.getpid()}-local"

# A supervisor that is killed without warning: it says where its servers are, then waits for its end.
SUPERVISOR = """
import os, sys, time
from service.local.servers import local_servers
with local_servers(sys.argv[1].format(pid=os.getpid()), print) as servers:
    pids = servers.database.pid, servers.broker.pid
    print("up", servers.name, *pids, servers.database_url, servers.mqtt_url, flush=True)
    time.sleep(600)
"""


def quiet(_line: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="module")
def root() -> Path:
    """The installed root folder."""
    return find_or_install(quiet)


@pytest.fixture(scope="module")
def servers(root: Path) -> Iterator[LocalServers]:
    """Both servers under a throwaway name; deleted afterwards."""
    assert root.is_dir()
    try:
        with local_servers(NAME, quiet) as running:
            yield running
    finally:
        remove(NAME)


def supervisor_ended_by(name: str, signal_number: int) -> list[str]:
    """Start both servers from a process of its own, signal its whole group, return name, pids and URLs it said."""
    args = [sys.executable, "-c", SUPERVISOR, name]
    pipe = subprocess.PIPE
    with subprocess.Popen(args, cwd=PROJECT, stdout=pipe, stderr=pipe, text=True, process_group=0) as supervisor:
        assert supervisor.stdout is not None
        said = next(line for line in supervisor.stdout if line.startswith("up "))
        os.killpg(supervisor.pid, signal_number)
        supervisor.communicate(timeout=20)
    return said.split()[1:]


def wait_until(fact: Callable[[], bool]) -> None:
    """Wait at most ten seconds for a fact to come true."""
    deadline = time.monotonic() + 10
    while not fact():
        assert time.monotonic() < deadline, "waited ten seconds"
        time.sleep(0.05)


def whereto(broker: Broker) -> list[str]:
    """As Mosquitto's own clients are told."""
    user, password = broker.url.removeprefix("mqtt://").partition("@")[0].split(":")
    return ["-p", str(broker.port), "-u", user, "-P", password]


def publish(root: Path, broker: Broker, topic: str, message: str) -> None:
    """Leave a retained message with the broker."""
    args = ["mosquitto_pub", *whereto(broker), "-q", "1", "-r", "-t", topic, "-m", message]
    run_in(root, "mosquitto", args)


def retained(root: Path, broker: Broker, topic: str) -> str:
    """The message retained under a topic; fails after five seconds without."""
    args = ["mosquitto_sub", *whereto(broker), "-C", "1", "-W", "5", "-t", topic]
    return run_in(root, "mosquitto", args).strip()


def test_timescaledb_is_the_apache_edition_and_makes_hypertables(servers: LocalServers) -> None:
    """Readings are kept in hypertables, which Debian's own edition of TimescaleDB has."""
    url = servers.database.create_database("hyper")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION timescaledb")
        assert connection.execute("SHOW timescaledb.license").fetchone() == ("apache",)
        connection.execute("CREATE TABLE reading (measured_at timestamptz NOT NULL, temperature_c float8)")
        connection.execute("SELECT create_hypertable('reading', 'measured_at')")
        connection.execute("INSERT INTO reading SELECT now() - n * interval '1 day', -80 FROM generate_series(1, 30) n")
        assert connection.execute("SELECT count(*) FROM reading").fetchone() == (30,)
        settings = [connection.execute(f"SHOW {name}").fetchone() for name in ("timezone", "fsync")]
        assert settings == [("UTC",), ("on",)]
    copied = servers.database.create_database("hyper_copy", template="hyper")
    with psycopg.connect(copied) as connection:
        assert connection.execute("SELECT count(*) FROM reading").fetchone() == (30,)
    servers.database.drop_database("hyper_copy")
    servers.database.drop_database("hyper")


def test_a_killed_database_comes_back_on_its_port_with_every_commit(servers: LocalServers) -> None:
    """A database killed without warning loses nothing it confirmed, and its clients find it where it was."""
    url = servers.database_url
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE confirmed (lot text)")
        connection.execute("INSERT INTO confirmed VALUES ('EXO-1')")
    first = servers.database.pid
    servers.database.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    servers.database.start()
    assert servers.database_url == url
    assert servers.database.pid != first
    os.kill(servers.database.pid, signal.SIGKILL)  # by somebody else, and nobody has noticed yet
    servers.database.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT lot FROM confirmed").fetchall() == [("EXO-1",)]


def test_a_killed_broker_comes_back_on_its_port_with_what_it_saved(servers: LocalServers, root: Path) -> None:
    """A broker killed without warning still has what it saved, which it does about every second."""
    url, broker = servers.mqtt_url, servers.broker
    publish(root, broker, "coldchain/v1/site/logger/status", "online")
    published_at = time.time()
    wait_until(lambda: broker.saved.exists() and broker.saved.stat().st_mtime > published_at + 0.1)
    broker.kill()
    broker.start()
    assert servers.mqtt_url == url
    assert retained(root, broker, "coldchain/v1/site/logger/status") == "online"


def test_the_private_broker_asks_for_a_password(servers: LocalServers, root: Path) -> None:
    """Whoever has an account on the machine is nobody's logger: no stranger publishes a cold reading."""
    broker, topic = servers.broker, "coldchain/v1/site/logger/readings"
    port = ["-p", str(broker.port), "-q", "1", "-t", topic, "-m", "x"]
    with pytest.raises(LocalServersError, match="not authori"):
        run_in(root, "mosquitto", ["mosquitto_pub", *port])
    with pytest.raises(LocalServersError, match="not authori"):
        run_in(root, "mosquitto", ["mosquitto_pub", *port, "-u", LOGGERS, "-P", "guessed"])
    user, password = broker.ingest_url.removeprefix("mqtt://").partition("@")[0].split(":")
    assert user == INGEST
    # Before MQTT 5 there is no way to tell a client that it may not write.
    said = run_in(root, "mosquitto", ["mosquitto_pub", "-V", "5", "-d", *port, "-u", user, "-P", password])
    assert "Not authorized" in said or "135" in said, said


def test_passwords_are_read_by_their_owner_alone(servers: LocalServers, root: Path) -> None:
    """The private servers' passwords are kept over restarts, and shown to nobody, not even to who is turned away."""
    kept = root / INSTANCES / servers.name
    secret = servers.broker.url.removeprefix("mqtt://").partition("@")[0].split(":")[1]
    files = [path for path in kept.iterdir() if path.is_file() and secret in path.read_text(errors="replace")]
    files += [kept / "mosquitto.passwords", kept / "mosquitto.acl"]
    assert len(files) == 3
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert "unbroken-demo:…@" in holder(servers.name)
    assert secret not in holder(servers.name)


def test_a_stopped_broker_saves_first(servers: LocalServers, root: Path) -> None:
    """An orderly stop of the broker loses nothing."""
    publish(root, servers.broker, "kept", "yes")
    servers.broker.stop()
    servers.broker.start()
    assert retained(root, servers.broker, "kept") == "yes"


@pytest.mark.parametrize("mode", ["smart", "fast", "immediate"])
def test_the_database_stops_in_every_mode(servers: LocalServers, mode: StopMode) -> None:
    """Each way of stopping ends the database and lets it start again."""
    servers.database.stop(mode)
    with pytest.raises(LocalServersError, match="not running"):
        _ = servers.database.pid
    servers.database.start()


def test_servers_listen_on_loopback_only(servers: LocalServers) -> None:
    """Both trust whoever connects, so nobody but this machine may."""
    for port in (servers.database.port, servers.broker.port):
        suffix = f":{port:04X}"
        tables = [Path("/proc/net", name).read_text(encoding="utf-8") for name in ("tcp", "tcp6")]
        rows = [line.split() for table in tables for line in table.splitlines()[1:]]
        assert [row[1] for row in rows if row[1].endswith(suffix) and row[3] == "0A"] == [f"0100007F{suffix}"]


def test_an_instance_runs_once(servers: LocalServers) -> None:
    """A second start of the same name is refused, and told what is running."""
    with pytest.raises(LocalServersError, match="running already") as refused, local_servers(NAME, quiet):
        pass
    assert holder(NAME).startswith(f"process {os.getpid()}, database postgresql://")
    assert holder(f"{NAME}-other") == ""
    assert f"UNBROKEN_LOCAL_NAME={NAME}-2" in str(refused.value)
    assert f"process {os.getpid()}" in str(refused.value)
    assert servers.database_url in str(refused.value)
    with pytest.raises(LocalServersError, match="running already"):
        remove(NAME)


def test_a_start_after_the_supervisor_was_killed_keeps_ports_and_rows() -> None:
    """When the supervisor is killed its servers run on; the next start takes over what they stored."""
    name = f"{NAME}-again"
    try:
        _, database_pid, _, database_url, mqtt_url = supervisor_ended_by(name, signal.SIGKILL)
        with psycopg.connect(database_url) as connection:
            connection.execute("CREATE TABLE confirmed AS SELECT 1 AS one")
        with local_servers(name, quiet) as servers:
            assert (servers.database_url, servers.mqtt_url) == (database_url, mqtt_url)
            assert servers.database.pid != int(database_pid)
            with psycopg.connect(database_url) as connection:
                assert connection.execute("SELECT one FROM confirmed").fetchall() == [(1,)]
    finally:
        remove(name)


def test_ctrl_c_stops_both_servers_in_order(root: Path) -> None:
    """Ctrl-C reaches the supervisor's whole group; its servers outlive that, until it has stopped them properly."""
    name = f"{NAME}-interrupted"
    try:
        pids = supervisor_ended_by(name, signal.SIGINT)[1:3]
        assert not any(Path("/proc", pid).exists() for pid in pids)
        folder = root / system.INSTANCES / name
        assert "database system is shut down" in (folder / "postgres.log").read_text(encoding="utf-8")
        assert "terminating" in (folder / "mosquitto.log").read_text(encoding="utf-8")
    finally:
        remove(name)


def test_servers_of_a_killed_test_run_are_removed_at_the_next_start(root: Path) -> None:
    """What a killed test run left behind neither runs on nor fills the disk."""
    name, *pids = supervisor_ended_by("test-{pid}-killed", signal.SIGKILL)[:3]
    folder = root / system.INSTANCES / name
    assert all(Path("/proc", pid, "cwd").exists() for pid in pids)
    said: list[str] = []
    next_name = f"{NAME}-next"
    try:
        with local_servers(next_name, said.append, durable=False):
            assert any(name in line for line in said)
            assert not folder.exists()
            assert not folder.with_name(f"{name}.lock").exists()
            wait_until(lambda: not any(Path("/proc", pid, "cwd").is_symlink() for pid in pids))
    finally:
        remove(next_name)
    assert not (root / system.INSTANCES / next_name).exists()


def test_without_root_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer without root learns about servers of their own."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LocalServersError) as refused:
        find_or_install(quiet)
    for hint in ("root", "UNBROKEN_DATABASE_URL", "UNBROKEN_MQTT_URL", "deploy/compose.yaml"):
        assert hint in str(refused.value)


def test_on_another_system_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is installed on a system this was not made for."""
    monkeypatch.setenv(system.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(system, "_system", lambda: ("fedora", "44"))
    with pytest.raises(LocalServersError, match="UNBROKEN_DATABASE_URL"):
        find_or_install(quiet)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_cannot_start_shows_its_log(root: Path) -> None:
    """A start that fails says why in the server's own words."""
    name = f"{NAME}-broken"
    try:
        database = Database(root, name, durable=False)
        database.start()
        database.stop()
        (root / system.INSTANCES / name / "postgres/cluster/PG_VERSION").write_text("9\n", encoding="utf-8")
        with pytest.raises(LocalServersError, match="incompatible"):
            database.start()
    finally:
        remove(name)


@pytest.mark.parametrize("name", ["", "../elsewhere", "Ünit", "a b"])
def test_an_instance_name_is_a_plain_word(root: Path, name: str) -> None:
    """A name can lead to no folder but its own."""
    with pytest.raises(LocalServersError, match="cannot name an instance"):
        Broker(root, name)
