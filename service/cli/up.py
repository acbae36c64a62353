"""``unbroken up``: all parts on one machine, started in order, restarted when they die, stopped in order."""

import errno
import os
import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated

import httpx
import structlog
import typer

from alerts.delivery.load import load_delivery, load_delivery_at_start
from alerts.on_call.rota_file import CalendarError
from alerts.watch.monitor import Monitor
from ingest.address import parse_broker
from ingest.routes import Routes
from service.addresses import without_password
from service.cli.demo import ROLES, Logins, demo_logins
from service.cli.listening import listening_host, own_address, refuse_taken_port
from service.cli.part import Part
from service.errors import SettingError, UnbrokenError
from service.local.privately import write_privately
from service.local.servers import LocalServers, holder, local_servers
from service.logs import set_up_logs
from service.settings import WARNED_VARIABLE, Settings, read_settings
from service.signals import stop_on_signal
from service.store.migrate import migrate
from service.store.pool import connect
from service.store.privileges import role_of

log = structlog.get_logger()

_READY_WITHIN_S = 60.0
_PAST_OF_DEMO_S = 7 * 86_400

_COMMANDS = {
    "evaluator": ["-m", "service", "evaluate"],
    "ingest": ["-m", "ingest"],
    "alerts": ["-m", "alerts"],
    "api": ["-m", "service", "serve"],
}


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="Add a small simulated world of freezers, shippers and lots.")
    ] = False,
) -> None:
    """Run every part on this machine until Ctrl-C, with a private database and broker where none is set.

    What they store is kept in UNBROKEN_LOCAL_DIR, and found again at the next start.

    Only with --demo does it fill the database: with an invented world, which does not belong among real lots.
    """
    settings = read_settings()
    set_up_logs(settings, "up")
    supervise(settings, demo=demo)


def supervise(settings: Settings, *, demo: bool) -> None:
    """Run every part until told to stop. A signal before the first is started ends the process.

    Raises:
        UnbrokenError: a setting is wrong, a port is taken, or the database or broker cannot be had.
    """
    name = settings.local_name or ("demo" if demo else "up")
    _refuse_what_no_part_can_use(settings)
    _refuse_to_run_twice(settings, name)
    refuse_taken_port(listening_host(settings), settings.http_port)
    if demo:
        _refuse_unwritable(Path(settings.local_dir))
    with ExitStack() as ending:
        private = _private_servers(ending, settings, name)
        database_url = settings.database_url or _of(private).database_url
        loggers_url = settings.mqtt_url or _of(private).mqtt_url
        # As they are typed before a command in another terminal.
        log.info(
            f"{_told('DATABASE_URL', settings.database_url, database_url, settings, name)} "
            f"{_told('MQTT_URL', settings.mqtt_url, loggers_url, settings, name)}"
        )
        databases = _addresses(settings, private)
        with connect(database_url, application="migrate") as connection:
            migrate(connection)
        load_delivery_at_start(settings.model_copy(update={"database_url": database_url}), threading.Event())
        logins = _demo_logins(settings, name, database_url) if demo else None
        address = own_address(settings)
        stop = stop_on_signal()
        mqtt_url = settings.mqtt_url or _of(private).broker.ingest_url
        environment = environment_of(settings, mqtt_url, demo=demo)
        parts = _parts(settings, name, environment, databases, address, loggers_url, logins)
        for part in parts:
            ending.callback(part.stop)
            part.start()
        _announce(address, stop, logins)
        while not stop.wait(1.0):
            for part in parts:
                part.tend()
            if private is not None:
                _tend_servers(private)
        log.info("stopping")


def _told(variable: str, given: str, used: str, settings: Settings, name: str) -> str:
    """How another command finds the database or the broker. The address of a private one is in a file of its owner."""
    if given:
        return f"UNBROKEN_{variable}={without_password(given)}"
    file = Path(settings.local_dir, f"{name}-{variable.lower().replace('_', '-')}")
    write_privately(file, f"{used}\n")
    return f"UNBROKEN_{variable}_FILE={file}"


def _addresses(settings: Settings, private: LocalServers | None) -> dict[str, str]:
    """Where each part finds the database: a private one in a role of its own, one that is given as its address says."""
    return {part: settings.database_url or _of(private).database.let_in(role_of(part)) for part in _COMMANDS}


def _demo_logins(settings: Settings, name: str, database_url: str) -> Logins:
    with connect(database_url, application="demo") as connection:
        return demo_logins(connection, Path(settings.local_dir), name)


def _parts(
    settings: Settings,
    name: str,
    environment: dict[str, str],
    databases: Mapping[str, str],
    address: str,
    loggers_url: str,
    logins: Logins | None,
) -> list[Part]:
    """Args: databases: where each part finds it; loggers_url: where simulated loggers publish; logins: of the demo."""
    parts = [
        Part(part, command, {**environment, "UNBROKEN_DATABASE_URL": databases[part]})
        for part, command in _COMMANDS.items()
    ]
    if logins is not None:
        world = Path(settings.local_dir, f"{name}-world.json")
        simulators = ["-m", "simulators", "--api-url", address, "--state", str(world)]
        own = {
            "UNBROKEN_MQTT_URL": loggers_url,
            "UNBROKEN_API_KEY": logins.key,
            "UNBROKEN_SIGNER_PASSWORD": logins.password,
        }
        parts.append(Part("simulators", simulators, {**environment, **own}))
    return parts


def environment_of(settings: Settings, mqtt_url: str, *, demo: bool) -> dict[str, str]:
    """Of every part, but for where it finds the database."""
    given = {"UNBROKEN_DATABASE_URL", "UNBROKEN_DATABASE_URL_FILE", "UNBROKEN_MQTT_URL_FILE"}
    environment = {
        **{name: value for name, value in os.environ.items() if name not in given},
        "UNBROKEN_MQTT_URL": mqtt_url,
        WARNED_VARIABLE: "yes",
    }
    if demo and not os.environ.get("UNBROKEN_SCAN_DELAY_S"):
        # Its world is registered with a past of days: nobody is there to sign it.
        environment["UNBROKEN_SCAN_DELAY_S"] = str(_PAST_OF_DEMO_S)
    if demo and not settings.link_secret:
        # So that an alert can be answered from its page; good for this run.
        environment["UNBROKEN_LINK_SECRET"] = secrets.token_urlsafe(32)
    return environment


def _refuse_what_no_part_can_use(settings: Settings) -> None:
    """Before anything is started: a part would die of it, and be started again, for ever."""
    if settings.mqtt_url:
        parse_broker(settings.mqtt_url)
    Routes(settings.dialects)
    # A calendar that cannot be used is asked about once the database is there, which has the last one that could.
    with suppress(CalendarError):
        load_delivery(settings)
    if settings.monitor_url:
        Monitor(settings.monitor_url, settings.monitor_every_s, lambda: None)


def _refuse_unwritable(folder: Path) -> None:
    """The demo remembers its world there, also where database and broker are elsewhere."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        why = "" if os.access(folder, os.W_OK | os.X_OK) else os.strerror(errno.EACCES)
    except OSError as error:
        why = str(error.strerror)
    if why:
        raise SettingError(
            f"UNBROKEN_LOCAL_DIR: {folder} cannot be written ({why}); name a folder that can, as "
            f"UNBROKEN_LOCAL_DIR={Path.home() / 'unbroken'}"
        )


def _refuse_to_run_twice(settings: Settings, name: str) -> None:
    if settings.database_url and settings.mqtt_url:
        return
    if by := holder(name, settings.local_dir):
        raise SettingError(
            f"{name!r} is running already: {by}. Stop that process, or run another beside it: "
            f"UNBROKEN_LOCAL_NAME={name}-2 UNBROKEN_HTTP_PORT={settings.http_port + 1}"
        )


def _private_servers(ending: ExitStack, settings: Settings, name: str) -> LocalServers | None:
    if settings.database_url and settings.mqtt_url:
        return None
    return ending.enter_context(local_servers(name, log.info, passwords=True, folder=settings.local_dir))


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


def _announce(address: str, stop: threading.Event, logins: Logins | None) -> None:
    deadline_s = time.monotonic() + _READY_WITHIN_S
    while not stop.is_set() and time.monotonic() < deadline_s:
        try:
            # Whether its certificate is one for this name is for those who log in to see.
            if httpx.get(f"{address}/healthz", timeout=1, verify=False).is_success:  # noqa: S501  # sends no secret
                log.info(
                    "ready",
                    page=f"{address}/",
                    api=f"{address}/docs",
                    try_this=f"curl -s -H @{logins.header} {address}/v1/lots"
                    if logins
                    else f"curl -s {address}/readyz",
                )
                if logins is not None:
                    log.info(f"log in as any of {', '.join(ROLES)}, each with the password in {logins.password_file}")
                return
        except httpx.HTTPError:
            stop.wait(0.1)
    if not stop.is_set():
        log.error("the API does not answer yet; its log above says why", address=address)
