"""One server of an instance: its folder, its port, its log and its processes, whoever started them."""

import os
import re
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from service.local.system import INSTANCES, LocalServersError, command_in, identity

HOST = "127.0.0.1"
# Below Linux's range for outgoing connections (from 32768): there a client that retries while its server is down
# can be given the server's own port, connect to itself, and keep the server from coming back.
PORTS = range(20_000, 32_000)

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_POLL_S = 0.02


class ServerProcess:
    """Starts, finds and ends one server. Its processes are known by their working folder, so that one left
    by a killed parent is found too, and a process number used again by something else is never mistaken for it.
    """

    def __init__(self, root: Path, instance: str, server: str, user: str) -> None:
        if not _NAME.fullmatch(instance):
            raise LocalServersError(f"{instance!r} cannot name an instance: use a-z, 0-9, '-' and '_'.")
        self.root = root.resolve()
        self.user = user
        self.server = server
        self.folder = self.root / INSTANCES / instance
        self.home = self.folder / server
        self.log = self.folder / f"{server}.log"
        self._port_file = self.folder / f"{server}.port"
        self._port: int | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1. Raises LocalServersError before the first start."""
        if self._port is None:
            raise LocalServersError(f"{self.server} of {self.folder} was not started yet, so it has no port.")
        return self._port

    @property
    def pid(self) -> int:
        """The main process. Raises LocalServersError when none runs."""
        child = self._child
        if child is not None and child.poll() is None:
            return child.pid
        raise LocalServersError(f"{self.server} of {self.folder} is not running; its log is {self.log}.")

    def inside(self, path: Path) -> str:
        """A path as the server sees it, in its root folder."""
        return f"/{path.relative_to(self.root)}"

    def prepare(self) -> None:
        """Make the folders and settle the port: this object's own, else the remembered one if free, else a new."""
        self.home.mkdir(mode=0o755, parents=True, exist_ok=True)
        os.chown(self.home, *identity(self.root, self.user))
        if self._port is not None:
            if not _is_free(self._port):
                raise LocalServersError(
                    f"Port {self._port}, which {self.server} must keep, was taken by another program; end that one."
                )
            return
        remembered = self._port_file.read_text(encoding="utf-8") if self._port_file.exists() else ""
        if remembered.isdecimal() and _is_free(int(remembered)):
            self._port = int(remembered)
        else:
            self._port = _free_port()
            self._port_file.write_text(str(self._port), encoding="utf-8")

    def launch(self, args: Sequence[str], ready: Callable[[], bool], timeout_s: float) -> None:
        """Start the server and wait until `ready()`.

        Raises LocalServersError with the end of its log if it ends before, or is not ready in `timeout_s`.
        """
        with self.log.open("ab") as log:
            start = log.tell()
            self._child = subprocess.Popen(  # noqa: S603  # our own fixed commands, no shell
                command_in(self.root, self.user, args, self.inside(self.home)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for us; we end servers in order
            )
        deadline = time.monotonic() + timeout_s
        try:
            while not ready():
                if self._child.poll() is not None:
                    raise LocalServersError(f"{self.server} ended while starting. {self._said(start)}")
                if time.monotonic() > deadline:
                    raise LocalServersError(f"{self.server} was not ready in {timeout_s:g} s. {self._said(start)}")
                time.sleep(_POLL_S)
        except BaseException:
            self.kill()
            raise

    def stop(self, signal_number: int, timeout_s: float) -> None:
        """Ask the main process to end and wait; kill what is left after `timeout_s`."""
        for pid in self._leaders():
            with suppress(ProcessLookupError):
                os.kill(pid, signal_number)
        if not self._gone_within(timeout_s):
            self.kill()

    def kill(self) -> None:
        """SIGKILL to every process of the server, and wait until none is left."""
        deadline = time.monotonic() + 30
        while pids := [*self._leaders(), *self.pids()]:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if time.monotonic() > deadline:
                raise LocalServersError(f"{self.server} (processes {pids}) does not end even when killed.")
            time.sleep(_POLL_S)

    def pids(self) -> dict[int, int]:
        """Every live process that works in the server's home, with its parent."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            with suppress(OSError, IndexError):  # it ended meanwhile; a zombie has no working folder any more
                if (entry / "root").readlink() != self.root:
                    continue
                folder = (entry / "cwd").readlink()
                if folder == self.home or self.home in folder.parents:
                    fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                    found[int(entry.name)] = int(fields[1])
        return found

    def _leaders(self) -> list[int]:
        if self._child is not None and self._child.poll() is None:  # poll also reaps it when it is dead
            return [self._child.pid]
        pids = self.pids()
        return [pid for pid, parent in pids.items() if parent not in pids]

    def _gone_within(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while self._leaders():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def _said(self, start: int) -> str:
        with self.log.open("rb") as log:
            log.seek(start)
            lines = log.read().decode(errors="replace").splitlines()[-15:]
        return f"Its log {self.log} ends:\n" + "\n".join(f"  {line}" for line in lines)


def _free_port() -> int:
    for _ in range(1000):
        port = PORTS[secrets.randbelow(len(PORTS))]
        if _is_free(port):
            return port
    raise LocalServersError(f"No port of {HOST} between {PORTS.start} and {PORTS.stop - 1} is free.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: connections of the previous run that linger in TIME_WAIT are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
