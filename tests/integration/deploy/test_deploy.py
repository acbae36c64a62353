"""What an operator is given: the broker's configuration on a real broker, the units, and the compose file."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import httpx
import paho.mqtt.client as mqtt
import pytest
import typer
import yaml
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from service.cli.listening import listening_host
from service.cli.main import command_line
from service.local.process import HOST, ServerProcess
from service.local.servers import LocalServers, remove
from service.local.system import find_or_install, identity, run_in
from service.settings import Settings
from service.store.migrate import migrate
from service.store.pool import connect
from service.store.privileges import ROLES, Differences, differences, powers, role_of
from service.store.tables import PARTS
from tests.acting import TESTER
from tests.eventually import eventually
from tests.ingest_process import Site
from tests.ports import free_port

PROJECT = Path(__file__).parents[3]
DEPLOY = PROJECT / "deploy"
SYSTEMD = DEPLOY / "systemd"

USERS = ("unbroken-ingest", "freezer-1", "freezer-2")
NOT_AUTHORISED = 135
READING = json.dumps({"measured_at": "2026-03-01T00:00:00Z", "temperature_c": -80.0}).encode()


def password_of(user: str) -> str:
    """Every user of these tests has a password of its own."""
    return f"of-{user}"


class ABroker:
    """A real Mosquitto in a folder of its own, with the configuration under test moved there."""

    def __init__(self, name: str, user: str) -> None:
        self.root = find_or_install(print)
        self.process = ServerProcess(self.root, name, "mosquitto", user)
        self.process.prepare()
        self.port = self.process.port
        self.tls_port = free_port()
        self.folder = self.process.home

    def place(self, text: str, at: str, moved: Mapping[str, str], *, mode: int = 0o644) -> Path:
        """Write a file below the folder, with paths and ports in it replaced by ours."""
        for from_, to in moved.items():
            text = text.replace(from_, to)
        path = self.folder / at
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def run(self, *args: str) -> None:
        """Run a program where the broker runs, as root."""
        run_in(self.root, "root", args, self.process.inside(self.folder))

    def launch(self, *args: str) -> None:
        """Start the broker and wait until it can be reached."""

        def is_ready() -> bool:
            return "running\n" in self.process.log.read_text(encoding="utf-8")[start:]

        start = len(self.process.log.read_text(encoding="utf-8")) if self.process.log.exists() else 0
        self.process.launch(args, is_ready, 20)

    def stop(self) -> None:
        """Stop it as an operator does."""
        self.process.stop(signal.SIGTERM, 20)


class Subscriber:
    """A client that keeps what reaches it, connected or refused."""

    def __init__(
        self, port: int, name: str | None, *, client_id: str = "", tls: Path | None = None, **how: Any
    ) -> None:
        self.received: Queue[str] = Queue()
        self.answer: Queue[ReasonCode] = Queue()
        self.published: Queue[ReasonCode] = Queue()
        self.session_present = False
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5, reconnect_on_failure=False
        )
        self.client.on_connect = self._on_connect
        self.client.on_message = lambda _client, _userdata, message: self.received.put(message.topic)
        self.client.on_publish = lambda _client, _userdata, _mid, reason, _properties: self.published.put(reason)
        if name is not None:
            self.client.username_pw_set(name, how.get("password", password_of(name)))
        if tls is not None:
            self.client.tls_set_context(ssl.create_default_context(cafile=tls))
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = how.get("expiry_s", 0)
        self.client.connect(HOST, port, clean_start=how.get("clean_start", True), properties=session)
        self.client.loop_start()
        self.reason = self.answer.get(timeout=20)

    def _on_connect(
        self, _client: mqtt.Client, _userdata: Any, flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        self.session_present = flags.session_present
        self.answer.put(reason)

    def subscribe(self, topic: str) -> None:
        """Ask for a topic, and wait for the broker's answer, which does not tell whether anything will come."""
        granted: Queue[object] = Queue()
        self.client.on_subscribe = lambda *_: granted.put(True)
        self.client.subscribe(topic, qos=1)
        granted.get(timeout=20)

    def publish(self, topic: str) -> ReasonCode:
        """Send one reading; what the broker says to it."""
        self.client.publish(topic, READING, qos=1)
        return self.published.get(timeout=20)

    def next(self) -> str:
        """The topic of the next message."""
        return self.received.get(timeout=20)

    def hears_nothing(self) -> bool:
        """Whether nothing comes for a while."""
        try:
            self.received.get(timeout=0.3)
        except Empty:
            return True
        return False

    def close(self) -> None:
        """Leave."""
        self.client.disconnect()
        self.client.loop_stop()


Connect = Callable[..., Subscriber]


@contextmanager
def clients() -> Iterator[Connect]:
    """Connects clients, and disconnects them all in the end."""
    opened: list[Subscriber] = []

    def one(*args: Any, **kwargs: Any) -> Subscriber:
        opened.append(Subscriber(*args, **kwargs))
        return opened[-1]

    try:
        yield one
    finally:
        for client in opened:
            client.close()


@pytest.fixture
def connected() -> Iterator[Connect]:
    """Connects clients for one test."""
    with clients() as one:
        yield one


@pytest.fixture(scope="module")
def production() -> Iterator[ABroker]:
    """Debian's broker with unbroken.conf, users and a certificate made as the README says; started as root."""
    name = f"test-{os.getpid()}-deploy"
    try:
        broker = ABroker(name, "root")
        inside = broker.process.inside(broker.folder)
        (broker.folder / "store").mkdir()
        os.chown(broker.folder / "store", *identity(broker.root, "mosquitto"))
        moved = {
            "/etc/mosquitto/": f"{inside}/",
            "/var/lib/mosquitto/": f"{inside}/store/",
            "log_dest file /var/log/mosquitto/mosquitto.log": "log_dest stderr",
            "listener 1883 127.0.0.1": f"listener {broker.port} {HOST}",
            "listener 8883": f"listener {broker.tls_port} {HOST}",
        }
        debians = (broker.root / "etc/mosquitto/mosquitto.conf").read_text(encoding="utf-8")
        broker.place(debians, "mosquitto.conf", moved)
        broker.place((DEPLOY / "mosquitto/unbroken.conf").read_text(encoding="utf-8"), "conf.d/unbroken.conf", moved)
        broker.place((DEPLOY / "mosquitto/acl").read_text(encoding="utf-8"), "unbroken.acl", {}, mode=0o600)
        broker.place("", "unbroken.passwords", {}, mode=0o600)
        for user in USERS:
            broker.run("mosquitto_passwd", "-b", "unbroken.passwords", user, password_of(user))
        (broker.folder / "certs").mkdir()
        request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=broker"]
        request += [
            "-addext",
            f"subjectAltName=IP:{HOST}",
            "-keyout",
            "certs/unbroken.key",
            "-out",
            "certs/unbroken.crt",
        ]
        broker.run(*request)
        broker.run("chown", "mosquitto:mosquitto", "unbroken.acl", "unbroken.passwords", "certs/unbroken.key")
        broker.run("chmod", "0600", "certs/unbroken.key")
        broker.launch("/usr/sbin/mosquitto", "-c", f"{inside}/mosquitto.conf")
        yield broker
        broker.stop()
    finally:
        remove(name)


@pytest.fixture
def certificate(production: ABroker) -> Path:
    """The certificate loggers know the broker by."""
    return production.folder / "certs/unbroken.crt"


def test_a_logger_writes_as_itself_and_ingest_reads_it(
    production: ABroker, certificate: Path, connected: Connect
) -> None:
    """A reading sent over TLS under the logger's own name reaches ingest, and so does its status."""
    ingest = connected(production.port, "unbroken-ingest")
    ingest.subscribe("coldchain/v1/#")
    logger = connected(production.tls_port, "freezer-1", tls=certificate)
    for topic in ("coldchain/v1/basel/freezer-1/readings", "coldchain/v1/basel/freezer-1/status"):
        assert not logger.publish(topic).is_failure
        assert ingest.next() == topic


@pytest.mark.parametrize(
    "topic",
    [
        "coldchain/v1/basel/freezer-2/readings",
        "coldchain/v1/freezer-1/freezer-2/readings",
        "freezer-1",
        "$SYS/broker",
        "unbroken/echo/unbroken-ingest",
        "unbroken/echo/freezer-1",
    ],
)
def test_a_logger_cannot_write_as_another(
    production: ABroker, certificate: Path, connected: Connect, topic: str
) -> None:
    """A stolen logger cannot put cold readings on a warm freezer's record."""
    ingest = connected(production.port, "unbroken-ingest")
    ingest.subscribe("#")
    logger = connected(production.tls_port, "freezer-1", tls=certificate)
    assert logger.publish(topic).value == NOT_AUTHORISED
    # The broker may close the connection of a logger it has refused.
    again = connected(production.tls_port, "freezer-1", tls=certificate)
    assert not again.publish("coldchain/v1/basel/freezer-1/readings").is_failure
    assert ingest.next() == "coldchain/v1/basel/freezer-1/readings"
    assert ingest.hears_nothing()


@pytest.mark.parametrize("topic", ["#", "coldchain/v1/#", "coldchain/v1/basel/freezer-2/readings", "$SYS/#"])
def test_a_logger_reads_nothing(production: ABroker, certificate: Path, connected: Connect, topic: str) -> None:
    """What is stored where is nobody's business but ingest's."""
    curious = connected(production.tls_port, "freezer-1", tls=certificate)
    curious.subscribe(topic)
    ingest = connected(production.port, "unbroken-ingest")
    ingest.subscribe("coldchain/v1/#")
    connected(production.tls_port, "freezer-2", tls=certificate).publish("coldchain/v1/basel/freezer-2/readings")
    assert ingest.next() == "coldchain/v1/basel/freezer-2/readings"
    assert curious.hears_nothing()


@pytest.mark.long
def test_ingest_that_may_read_nothing_says_so(
    production: ABroker, api: httpx.Client, database_url: str, tmp_path: Path
) -> None:
    """The broker grants a subscription that its rules forbid: nothing comes, and that is no quiet night."""
    site = Site(f"mqtt://freezer-1:{password_of('freezer-1')}@{HOST}:{production.port}", database_url, tmp_path)
    with site.ingesting():
        eventually(lambda: "access rules" in api.get("/readyz").text, 60, "it says what to look at")
        assert api.get("/readyz").status_code == 503
    # The broker ends the connection of who publishes what it forbids: a mark now and then must not cost the readings.
    assert site.said("connected to the broker") <= 3


@pytest.mark.parametrize(("name", "password"), [(None, ""), ("freezer-1", "guessed"), ("unbroken-demo", "")])
def test_nobody_gets_in_without_a_password(
    production: ABroker, certificate: Path, connected: Connect, name: str | None, password: str
) -> None:
    """Neither from the network nor on the machine itself does the broker talk to strangers."""
    assert connected(production.tls_port, name, password=password, tls=certificate).reason.is_failure
    assert connected(production.port, name, password=password).reason.is_failure


def test_a_logger_cannot_take_the_session_of_ingest(production: ABroker, certificate: Path, connected: Connect) -> None:
    """A logger that calls itself ingest neither throws it out nor empties the queue that is kept for it."""
    kept: dict[str, Any] = {"client_id": "unbroken-ingest", "expiry_s": 60}
    ingest = connected(production.port, "unbroken-ingest", **kept)
    ingest.subscribe("coldchain/v1/#")
    ingest.close()
    connected(production.tls_port, "freezer-1", tls=certificate).publish("coldchain/v1/basel/freezer-1/readings")
    thief = connected(production.tls_port, "freezer-2", client_id="unbroken-ingest", tls=certificate)
    assert not thief.reason.is_failure
    again = connected(production.port, "unbroken-ingest", clean_start=False, **(kept | {"expiry_s": 0}))
    assert again.session_present
    assert again.next() == "coldchain/v1/basel/freezer-1/readings"


def test_a_new_logger_is_let_in_after_a_reload(production: ABroker, certificate: Path, connected: Connect) -> None:
    """Adding a logger interrupts no other."""
    old = connected(production.tls_port, "freezer-1", tls=certificate)
    production.run("mosquitto_passwd", "-b", "unbroken.passwords", "freezer-3", password_of("freezer-3"))
    os.kill(production.process.pid, signal.SIGHUP)
    deadline = time.monotonic() + 10
    while connected(production.tls_port, "freezer-3", tls=certificate).reason.is_failure:
        assert time.monotonic() < deadline, "the broker did not read its users anew"
    assert not old.publish("coldchain/v1/basel/freezer-1/readings").is_failure


def test_the_broker_has_nothing_to_complain_of(production: ABroker) -> None:
    """Files and options are as the broker wants them, also in versions to come."""
    said = production.process.log.read_text(encoding="utf-8").splitlines()
    assert [line for line in said if re.search("warning|error|deprecated", line, re.IGNORECASE)] == []


@contextmanager
def composed(broker: ABroker, *, demo: bool) -> Iterator[None]:
    """The broker of the compose file, started by its own script, unprivileged as there."""
    inside = broker.process.inside(broker.folder)
    moved = {"/mosquitto/": f"{inside}/", "listener 1883": f"listener {broker.port} {HOST}"}
    for volume in yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["broker"][
        "volumes"
    ]:
        from_, to, *_ = volume.split(":")
        if from_.startswith("./"):
            broker.place((DEPLOY / from_).read_text(encoding="utf-8"), to.removeprefix("/mosquitto/"), moved)
    given = [f"INGEST_PASSWORD={password_of('unbroken-ingest')}"]
    given += [f"DEMO_PASSWORD={password_of('unbroken-demo') if demo else ''}"]
    broker.launch("/usr/bin/env", *given, "sh", f"{inside}/config/start.sh")
    try:
        yield
    finally:
        broker.stop()


def test_the_broker_of_the_compose_file_keeps_its_users(connected: Connect) -> None:
    """Loggers stay known over a restart; the demo's user, who may do everything, is there only while asked for."""
    name = f"test-{os.getpid()}-deploy-compose"
    everywhere = "coldchain/v1/basel/freezer-1/readings"
    try:
        broker = ABroker(name, "mosquitto")
        (broker.folder / "data").mkdir()
        os.chown(broker.folder / "data", *identity(broker.root, "mosquitto"))
        with composed(broker, demo=True):
            demo = connected(broker.port, "unbroken-demo")
            demo.subscribe("coldchain/v1/#")
            assert not demo.publish(everywhere).is_failure
            assert demo.next() == everywhere
            run_in(
                broker.root,
                "mosquitto",
                [
                    "mosquitto_passwd",
                    "-b",
                    broker.process.inside(broker.folder / "data/passwords"),
                    "freezer-1",
                    password_of("freezer-1"),
                ],
            )
        with composed(broker, demo=False):
            assert connected(broker.port, None).reason.is_failure
            assert connected(broker.port, "unbroken-demo").reason.is_failure
            ingest = connected(broker.port, "unbroken-ingest")
            ingest.subscribe("coldchain/v1/#")
            assert not connected(broker.port, "freezer-1").publish(everywhere).is_failure
            assert ingest.next() == everywhere
        said = broker.process.log.read_text(encoding="utf-8")
        assert "arning" not in said
    finally:
        remove(name)


def test_both_brokers_keep_the_same_promises() -> None:
    """However the broker is run, it drops nothing it acknowledged and saves as often."""

    def promises(file: str) -> dict[str, str]:
        lines = (DEPLOY / "mosquitto" / file).read_text(encoding="utf-8").splitlines()
        options = dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))
        return {
            k: v
            for k, v in options.items()
            if k.startswith(("max_", "autosave", "allow_", "set_")) or k == "persistence"
        }

    assert promises("unbroken.conf") == promises("compose.conf")
    assert promises("unbroken.conf")["max_queued_messages"] == "0"


#: The passwords that the compose file gives the database's container, each of a role.
_PASSWORDS = {
    "DATABASE_PASSWORD": "unbroken",
    **{f"DATABASE_{part.upper()}_PASSWORD": role_of(part) for part in PARTS if part != "backup"},
}


def test_the_roles_of_the_compose_file_need_no_superuser(servers: LocalServers) -> None:
    """Its owner migrates its database and grants each part what it needs; none of them is anything more."""
    name = "of_operator"
    url = servers.database.create_database(name)
    given = [f"{variable}=it's {role}'s" for variable, role in _PASSWORDS.items()]
    psql = ["env", *given, "psql", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "-U", "postgres"]
    psql += ["-h", HOST, "-p", str(servers.database.port), "-d", name]
    script = (DEPLOY / "postgresql/role.sql").read_text(encoding="utf-8")
    try:
        for _ in range(2):
            run_in(
                find_or_install(print), "postgres", psql, said=script.replace("DATABASE unbroken", f"DATABASE {name}")
            )
        with connect(url.replace("postgres@", "unbroken@"), application="tests", actor=TESTER) as connection:
            assert migrate(connection)
            assert differences(connection) == Differences([], [], [])
        with connect(url, application="tests", actor=TESTER) as connection:
            found = connection.execute(
                "SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb AS more, "
                "rolpassword LIKE 'SCRAM-SHA-256$%%' AS has FROM pg_authid "
                "WHERE rolname LIKE 'unbroken%%' AND rolcanlogin"
            ).fetchall()
            assert powers(connection) == []
        assert {(row["rolname"], row["more"], row["has"]) for row in found} == {
            *((role, False, True) for role in _PASSWORDS.values()),
            ("unbroken_backup", False, None),
        }
    finally:
        servers.database.drop_database(name)


def is_a_command(args: list[str]) -> bool:
    """Whether this is `unbroken` with a command it has, or `python -m` with a module that can be run."""
    match args:
        case ["unbroken", command]:
            return command in typer.main.get_command(command_line()).commands
        case ["python", "-m", module]:
            return find_spec(f"{module}.__main__") is not None
    return False


def is_a_setting(name: str) -> bool:
    """Whether UNBROKEN_… is one of ours."""
    return name.removeprefix("UNBROKEN_").lower() in Settings.model_fields


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """deploy/compose.yaml, anchors resolved."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def test_the_compose_file_publishes_on_loopback_alone(compose: dict[str, Any]) -> None:
    """Passwords travel there in the clear: nothing is open to the network."""
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert set(published) == {"database", "broker", "api"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    api = compose["services"]["api"]["environment"]
    [network] = compose["networks"]["default"]["ipam"]["config"]
    # Without a proxy that is named it would listen on the container's own loopback, and nobody would reach it.
    assert api["UNBROKEN_TRUSTED_PROXIES"] == network["gateway"]
    given = {name: api[f"UNBROKEN_{name.upper()}"] for name in ("http_host", "trusted_proxies")}
    assert listening_host(Settings(_env_file=None, **given)) == api["UNBROKEN_HTTP_HOST"]
    assert not any("network_mode" in service for service in compose["services"].values())


def test_the_compose_file_runs_every_role_with_real_settings(compose: dict[str, Any]) -> None:
    """Every role is there, is restarted, and says whether it is well."""
    ours = {name: service for name, service in compose["services"].items() if service["image"] == "unbroken"}
    assert set(ours) == {"migrate", "ingest", "evaluator", "alerts", "api"}
    for name, service in ours.items():
        assert is_a_command(service["command"]), name
        assert all(is_a_setting(setting) for setting in service["environment"]), name
        role = "unbroken" if name == "migrate" else role_of(name)
        assert service["environment"]["UNBROKEN_DATABASE_URL"].startswith(f"postgresql://{role}:"), name
    for name, service in compose["services"].items():
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped"), name
        assert name == "migrate" or "healthcheck" in service, name


def test_the_compose_file_has_no_password_of_its_own(compose: dict[str, Any]) -> None:
    """Every password is asked for, and none has a default that somebody could forget to change."""
    used = set(re.findall(r"\$\{(\w+)(:[?-])", json.dumps(compose)))
    assert used == {
        ("POSTGRES_PASSWORD", ":?"),
        *((name, ":?") for name in _PASSWORDS),
        ("INGEST_PASSWORD", ":?"),
        ("DEMO_PASSWORD", ":-"),
    }
    example = (DEPLOY / "compose.env.example").read_text(encoding="utf-8").splitlines()
    assert {line for line in example if line and not line.startswith("#")} == {f"{name}=" for name, _ in used}


def test_the_compose_file_mounts_and_builds_what_exists(compose: dict[str, Any]) -> None:
    """Docker makes an empty folder of a file that is not there, and starts without it."""
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (DEPLOY / source).is_file() if source.startswith("./") else source in compose["volumes"]
        if "build" in service:
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        else:
            assert re.fullmatch(r"[\w/-]+:\d+\.\d+\.\d+[\w.-]*", service["image"]), "an exact version"


def test_the_image_has_every_package() -> None:
    """What is installed on a machine is in the image too."""
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    packages = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    assert {pattern.removesuffix("*") for pattern in packages["find"]["include"]} <= sources
    assert all((PROJECT / source).exists() for source in sources)


def test_every_unit_starts_a_real_command() -> None:
    """One unit a role, and the target wants them all."""
    started = {}
    for unit in SYSTEMD.glob("*.service"):
        found = re.findall(r"/opt/unbroken/\.venv/bin/(unbroken \w+|python -m \w+)", unit.read_text(encoding="utf-8"))
        assert len(found) == 1, unit.name
        assert is_a_command(found[0].split()), unit.name
        started[unit.name] = found[0]
        role = unit.stem.replace("-", "_") if unit.stem != "unbroken-migrate" else "unbroken"
        assert f"\nUser={role}\n" in unit.read_text(encoding="utf-8"), "PostgreSQL knows a part by its system user"
    wanted = re.search(r"^Wants=(.+)$", (SYSTEMD / "unbroken.target").read_text(encoding="utf-8"), re.MULTILINE)
    assert wanted
    assert set(wanted[1].split()) == set(started)
    assert set(started.values()) == {
        "unbroken migrate",
        "unbroken evaluate",
        "unbroken serve",
        "python -m ingest",
        "python -m alerts",
    }


@pytest.mark.parametrize("unit", sorted(unit.name for unit in SYSTEMD.glob("*.service")))
def test_every_role_is_restarted_for_ever_and_after_the_migration(unit: str) -> None:
    """A database that takes an hour to come back finds every role still trying."""
    lines = (SYSTEMD / unit).read_text(encoding="utf-8").splitlines()
    assert "PartOf=unbroken.target" in lines
    if unit != "unbroken-migrate.service":
        assert {"Restart=always", "StartLimitIntervalSec=0", "Requires=unbroken-migrate.service"} <= set(lines)
        assert any(line.startswith("After=") and "unbroken-migrate.service" in line for line in lines)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """systemd finds nothing to correct, and no role runs as root."""
    shutil.copytree(SYSTEMD, tmp_path, dirs_exist_ok=True)
    units = [*tmp_path.glob("*.service"), tmp_path / "unbroken.target"]
    for unit in units:
        text = unit.read_text(encoding="utf-8")
        unit.write_text(text.replace("/opt/unbroken/.venv", sys.prefix), encoding="utf-8")
    ended = subprocess.run(
        ["systemd-analyze", "verify", *map(str, units)],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    about_ours = [line for line in ended.stderr.splitlines() if "unbroken" in line or str(tmp_path) in line]
    assert about_ours == []
    common = (SYSTEMD / "unbroken-.service.d/common.conf").read_text(encoding="utf-8").splitlines()
    assert {"EnvironmentFile=/etc/unbroken/unbroken.env", "ProtectSystem=strict"} <= set(common)


def test_the_page_for_operators_makes_up_every_password(tmp_path: Path) -> None:
    """One line fills in all passwords but the demo's; one makes a system user and a role for each part."""
    page = (DEPLOY / "README.md").read_text(encoding="utf-8")
    [line] = [line.strip() for line in page.splitlines() if "compose.env.example > deploy/.env" in line]
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True)
    made = (tmp_path / "deploy/.env").read_text(encoding="utf-8")
    assert (tmp_path / "deploy/.env").stat().st_mode & 0o777 == 0o600
    filled = dict(re.findall(r"^([A-Z_]+)=(.*)$", made, re.MULTILINE))
    assert filled.pop("DEMO_PASSWORD") == ""
    assert all(re.fullmatch(r"[0-9a-f]{48}", password) for password in filled.values())
    assert len(set(filled.values())) == len(filled) == len(_PASSWORDS) + 2
    [users] = re.findall(r"for user in (.+); do", page)
    assert set(users.split()) == {"unbroken", *ROLES}


def test_the_page_for_operators_names_what_exists() -> None:
    """Every file an operator is told to copy is there."""
    page = (DEPLOY / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"deploy/[\w./-]*\w", page)) - {"deploy/.env", "deploy/unbroken.env"}
    assert named
    assert [name for name in sorted(named) if not (PROJECT / name).exists()] == []
