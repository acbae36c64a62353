"""All parts on one machine: started in order, restarted when they die, stopped in order."""

import errno
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx
import structlog

from alerts.delivery.load import load_delivery
from ingest.address import parse_broker
from ingest.routes import Routes
from service.errors import SettingError, UnbrokenError
from service.local.servers import LocalServers, is_running, local_servers
from service.local.system import FOLDER_VARIABLE
from service.settings import WARNED_VARIABLE, Settings
from service.store.migrate import migrate
from service.store.pool import connect

log = structlog.get_logger()

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
#: A part that ran this long was well: its next restart waits the shortest time again.
_WELL_AFTER_S = 60.0
_STOP_WITHIN_S = 15.0
_READY_WITHIN_S = 60.0


class Part:
    """One process that is to be running."""

    def __init__(self, name: str, command: Sequence[str], environment: dict[str, str]) -> None:
        self.name = name
        self._command = [*_dies_with_us(), sys.executable, *command]
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = 0.0
        self._due_s = 0.0
        self._pause_s = _FIRST_PAUSE_S

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches us alone and we stop the parts in order."""
        self._process = subprocess.Popen(self._command, env=self._environment, start_new_session=True)  # noqa: S603  our own command
        self._started_s = time.monotonic()

    def tend(self) -> None:
        """Start it again if it has died and its pause is over."""
        now_s = time.monotonic()
        if self._process is not None and (status := self._process.poll()) is not None:
            self._process = None
            self._pause_s = (
                _FIRST_PAUSE_S if now_s - self._started_s > _WELL_AFTER_S else min(2 * self._pause_s, _LONGEST_PAUSE_S)
            )
            self._due_s = now_s + self._pause_s
            log.error("a part has died and is started again", part=self.name, status=status, in_s=self._pause_s)
        if self._process is None and now_s >= self._due_s:
            self.start()

    def stop(self) -> None:
        """Ask it to end; kill it if it does not."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            log.error("a part did not stop and is killed", part=self.name)
            self._process.kill()
            self._process.wait()


def _dies_with_us() -> list[str]:
    """Linux ends a part whose supervisor was killed, so that none is left behind."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def supervise(settings: Settings, *, demo: bool, stop: threading.Event) -> None:
    """Run every part until told to stop.

    Raises:
        UnbrokenError: a setting is wrong, a port is taken, or the database or broker cannot be had.
    """
    name = settings.local_name or ("demo" if demo else "up")
    _refuse_what_no_part_can_use(settings)
    refuse_taken_port(settings.http_host, settings.http_port, beside=_running_beside(settings, name))
    with ExitStack() as ending:
        private = _private_servers(ending, settings, name)
        database_url = settings.database_url or _of(private).database_url
        mqtt_url = settings.mqtt_url or _of(private).mqtt_url
        with connect(database_url, application="migrate") as connection:
            migrate(connection)
        environment = environment_of(settings, database_url, mqtt_url, demo=demo)
        address = f"http://{_bracketed(settings.http_host)}:{settings.http_port}"
        parts = [
            Part("evaluator", ["-m", "service", "evaluate"], environment),
            Part("ingest", ["-m", "ingest"], environment),
            Part("alerts", ["-m", "alerts"], environment),
            Part("api", ["-m", "service", "serve"], environment),
        ]
        if demo:
            world = Path(settings.local_dir, f"{name}-world.json")
            parts.append(
                Part(
                    "simulators",
                    ["-m", "simulators", "--mqtt-url", mqtt_url, "--api-url", address, "--state", str(world)],
                    environment,
                )
            )
        for part in parts:
            ending.callback(part.stop)
            part.start()
        _announce(address, stop, demo=demo)
        while not stop.wait(1.0):
            for part in parts:
                part.tend()
            if private is not None:
                _tend_servers(private)
        log.info("stopping")


def environment_of(settings: Settings, database_url: str, mqtt_url: str, *, demo: bool) -> dict[str, str]:
    """Of every part."""
    environment = {
        **os.environ,
        "UNBROKEN_DATABASE_URL": database_url,
        "UNBROKEN_MQTT_URL": mqtt_url,
        WARNED_VARIABLE: "yes",
    }
    if demo and not settings.link_secret:
        # So that an alert can be answered from its page; good for this run.
        environment["UNBROKEN_LINK_SECRET"] = secrets.token_urlsafe(32)
    return environment


def _refuse_what_no_part_can_use(settings: Settings) -> None:
    """Before anything is started: a part would die of it, and be started again, for ever."""
    if settings.mqtt_url:
        parse_broker(settings.mqtt_url)
    Routes(settings.dialects)
    load_delivery(settings)


def _running_beside(settings: Settings, name: str) -> str | None:
    """The name of our private servers if another process runs them now."""
    if settings.database_url and settings.mqtt_url:
        return None
    os.environ[FOLDER_VARIABLE] = settings.local_dir
    return name if is_running(name) else None


def _private_servers(ending: ExitStack, settings: Settings, name: str) -> LocalServers | None:
    if settings.database_url and settings.mqtt_url:
        return None
    os.environ[FOLDER_VARIABLE] = settings.local_dir
    return ending.enter_context(local_servers(name, log.info))


def _of(private: LocalServers | None) -> LocalServers:
    if private is None:
        raise SettingError("set UNBROKEN_DATABASE_URL and UNBROKEN_MQTT_URL both, or neither")
    return private


def _tend_servers(private: LocalServers) -> None:
    for server in (private.database, private.broker):
        try:
            _ = server.pid
        except UnbrokenError:
            log.error("a private server has died and is started again", server=type(server).__name__)
            server.start()


def refuse_taken_port(host: str, port: int, *, beside: str | None = None) -> None:
    """Refuse where the API cannot listen. `beside`: the private servers we would use are in use, under this name.

    Raises:
        SettingError: something listens there already, or the address is not of this machine.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingError(_not_ours(host, port, error, beside)) from error


def _not_ours(host: str, port: int, error: OSError, beside: str | None) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"UNBROKEN_HTTP_HOST: {host} is no address of this machine ({error.strerror}); leave it at 127.0.0.1"
    if error.errno != errno.EADDRINUSE:
        return f"port {port} on {host} cannot be used ({error.strerror}); choose another: UNBROKEN_HTTP_PORT=8000"
    taken = f"port {port} on {host} is taken"
    if beside is not None:
        return (
            f"{taken}, and the private servers {beside!r} are running already: it runs elsewhere; stop it there, "
            f"or run another world beside it: UNBROKEN_LOCAL_NAME={beside}-2 UNBROKEN_HTTP_PORT={port + 1}"
        )
    return f"{taken}; stop what listens there, or choose another: UNBROKEN_HTTP_PORT={port + 1}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _announce(address: str, stop: threading.Event, *, demo: bool) -> None:
    deadline_s = time.monotonic() + _READY_WITHIN_S
    while not stop.is_set() and time.monotonic() < deadline_s:
        try:
            if httpx.get(f"{address}/healthz", timeout=1).is_success:
                log.info(
                    "ready",
                    page=f"{address}/",
                    api=f"{address}/docs",
                    try_this=f"curl -s {address}/v1/lots" if demo else f"curl -s {address}/readyz",
                )
                return
        except httpx.HTTPError:
            stop.wait(0.1)
    if not stop.is_set():
        log.error("the API does not answer yet; its log above says why", address=address)
