"""Both private servers of a named instance together: started, held under one lock, stopped in order."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.addresses import without_password
from service.local.broker import Broker
from service.local.database import Database
from service.local.lock import FileLock
from service.local.system import (
    FOLDER_VARIABLE,
    INSTANCES,
    LocalServersError,
    Progress,
    find_or_install,
    remove_folder,
    root_folder,
)

# Tests name their throwaway instances test-<process number>, with an optional ending.
_THROWAWAY = re.compile(r"test-(\d+)(-.*)?")


@dataclass(frozen=True)
class LocalServers:
    """A running TimescaleDB and Mosquitto of one instance."""

    name: str
    database: Database
    broker: Broker

    @property
    def database_url(self) -> str:
        """For UNBROKEN_DATABASE_URL."""
        return self.database.url

    @property
    def mqtt_url(self) -> str:
        """For UNBROKEN_MQTT_URL of whoever plays the loggers, and for all others but ingest, which has its own."""
        return self.broker.url


@contextmanager
def local_servers(
    name: str, progress: Progress, *, durable: bool = True, passwords: bool = False, folder: str = ""
) -> Iterator[LocalServers]:
    """Both servers of the instance `name`, running inside the `with`, stopped after it however it ends.

    The instance keeps its ports and what it stored until `remove(name)`; throwaway ones (`test-<process number>`)
    go by themselves once that process is dead. `durable` and `passwords` as for Database, `folder` as for
    `root_folder`. Raises LocalServersError when another process runs the instance, or the servers cannot be installed
    or started.
    """
    root = find_or_install(progress, folder)
    with ExitStack() as ending:
        try:
            _remove_leftovers(root, progress)
            running = _started(root, name, ending, durable=durable, passwords=passwords)
        except OSError as error:
            raise LocalServersError(
                f"The private servers cannot be started in {root}: {error}. Make that possible, or name another folder "
                f"in {FOLDER_VARIABLE}."
            ) from error
        yield running


def _started(root: Path, name: str, ending: ExitStack, *, durable: bool, passwords: bool) -> LocalServers:
    database, broker = Database(root, name, durable=durable, passwords=passwords), Broker(root, name)
    lock = _lock_or_refuse(root, name)
    ending.callback(lock.release)
    lock.describe(f"process {os.getpid()}, starting")
    ending.callback(database.stop)
    database.start()
    ending.callback(broker.stop)
    broker.start()
    # Everybody may read it, and errors repeat it.
    known = f"database {without_password(database.url)}, broker {without_password(broker.url)}"
    lock.describe(f"process {os.getpid()}, {known}")
    return LocalServers(name, database, broker)


def holder(name: str, folder: str = "") -> str:
    """Which process runs the instance now, in words; empty: none does. Nothing is installed in order to know."""
    lock = _lock(root_folder(folder), name)
    if not lock.path.exists():
        return ""
    taken = lock.acquire()
    lock.release()
    return "" if taken else lock.description()


def remove(name: str) -> None:
    """Delete an instance and all it stored; servers left running by a dead process are stopped first.

    Raises LocalServersError while another process runs it.
    """
    root = find_or_install(lambda _line: None)
    _delete(root, name, _lock_or_refuse(root, name))


def _remove_leftovers(root: Path, progress: Progress) -> None:
    for name in sorted({entry.name.removesuffix(".lock") for entry in (root / INSTANCES).iterdir()}):
        match = _THROWAWAY.fullmatch(name)
        if not match or Path("/proc", match[1]).exists():
            continue
        lock = _lock(root, name)
        if lock.acquire():
            progress(f"Removing {name}, left by a test run that was killed.")
            _delete(root, name, lock)


def _delete(root: Path, name: str, lock: FileLock) -> None:
    try:
        Broker(root, name).kill()
        Database(root, name).stop("immediate")
        remove_folder(root / INSTANCES / name)
    finally:
        lock.release(delete=True)


def _lock_or_refuse(root: Path, name: str) -> FileLock:
    lock = _lock(root, name)
    if not lock.acquire():
        raise LocalServersError(
            f"The private servers {name!r} are running already ({lock.description()}). Stop that process, or run "
            f"others beside them: UNBROKEN_LOCAL_NAME={name}-2, with a UNBROKEN_HTTP_PORT of their own."
        )
    return lock


def _lock(root: Path, name: str) -> FileLock:
    return FileLock(root / INSTANCES / f"{name}.lock")
