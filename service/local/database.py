"""A private TimescaleDB: made at first start, recovered after a crash, always on the same port."""

import os
import re
import secrets
import shutil
import signal
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from service.local.process import HOST, ServerProcess
from service.local.system import LocalServersError, identity, run_in

StopMode = Literal["smart", "fast", "immediate"]

_BINARIES = "/usr/lib/postgresql/17/bin"
_USER = "postgres"
_MAIN = "unbroken"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_SIGNALS: dict[StopMode, int] = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}
_START_S = 120  # replaying two gigabytes of write-ahead log after a crash takes its time
_STOP_S = 60

_CONFIGURATION = """\
# Written by service/local/database.py at every start: edit that instead.
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''            # one way in, and no socket file to go stale
hba_file = '{hba}'
shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = off
timescaledb.max_background_workers = 0  # no policies run here, and a worker's session would hinder TEMPLATE
timezone = 'UTC'
log_timezone = 'UTC'
dynamic_shared_memory_type = mmap       # the root folder has no /dev/shm
max_connections = 100
max_locks_per_transaction = 256         # a statement over a hypertable locks every chunk
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
effective_cache_size = 1GB
max_wal_size = 2GB
random_page_cost = 1.1
log_line_prefix = '%m [%p] '
"""
_NOT_DURABLE = """\
fsync = off                             # asked for: a throwaway instance, worth nothing after a power cut
synchronous_commit = off
full_page_writes = off
"""


class Database:
    """The TimescaleDB of one instance, stored in the root folder. Superuser `postgres`, loopback only.

    `durable=False` trades safety against power cuts for speed; killed processes lose nothing but the last
    moments' commits even so. `passwords`: nobody comes in without one, and each user's is in a file that only whoever
    runs the instance can read; addresses name the file. Else everybody on this machine comes in as whoever they like.
    """

    def __init__(self, root: Path, instance: str, *, durable: bool = True, passwords: bool = False) -> None:
        self._process = ServerProcess(root, instance, "postgres", _USER)
        self._durable = durable
        self._passwords = self._process.folder / "passwords" if passwords else None
        self._cluster = self._process.home / "cluster"

    @property
    def url(self) -> str:
        """Where the database `unbroken` is. Raises LocalServersError before the first start."""
        return self.url_for(_MAIN)

    @property
    def pid(self) -> int:
        """The postmaster. Raises LocalServersError when it is not running."""
        return self._process.pid

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1. Raises LocalServersError before the first start."""
        return self._process.port

    @property
    def log(self) -> Path:
        """The server's log."""
        return self._process.log

    def url_for(self, name: str, user: str = _USER) -> str:
        """Where a database of this server is, for one of its users."""
        passfile = f"?passfile={quote(str(self._passwords / user))}" if self._passwords else ""
        return f"postgresql://{_checked(user)}@{HOST}:{self.port}/{_checked(name)}{passfile}"

    def let_in(self, user: str) -> str:
        """Let a user in, who is made where there is none of that name; gives where `unbroken` is for it."""
        made = f"SELECT 'CREATE ROLE {_checked(user)}' WHERE to_regrole('{user}') IS NULL \\gexec\n"
        password = f" PASSWORD '{_password(self._passwords / user, user)}'" if self._passwords else ""
        self._ask(f"{made}ALTER ROLE {user} LOGIN{password}")
        return self.url_for(_MAIN, user)

    def start(self) -> None:
        """Start, and return when it answers and `unbroken` exists. One left running by a dead parent is stopped first.

        Raises LocalServersError with the end of the log when it does not come up.
        """
        self.stop()
        self._process.prepare()
        if not self._cluster.exists():
            self._initialise()
        # No process works in this folder any more, so the file is stale; PostgreSQL alone could not tell it from
        # one of another instance that was given the same process number.
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        configuration = self._process.folder / "postgres.conf"
        hba = self._process.folder / "postgres.hba.conf"
        protected = self._passwords is not None and (self._passwords / _USER).exists()
        _write_rules(hba, "scram-sha-256" if protected else "trust")
        inside = self._process.inside
        text = _CONFIGURATION.format(host=HOST, port=self.port, hba=inside(hba))
        configuration.write_text(text if self._durable else text + _NOT_DURABLE, encoding="utf-8")
        args = [f"{_BINARIES}/postgres", "-D", inside(self._cluster), "-c", f"config_file={inside(configuration)}"]
        self._process.launch(args, self._is_ready, _START_S)
        if self._passwords and not protected:
            # The first time it starts without: somebody has to come in to set the first one.
            new = self._passwords / "new"
            self._ask(f"ALTER ROLE {_USER} PASSWORD '{_password(new, _USER)}'")
            os.chown(new, *identity(self._process.root, _USER))
            new.rename(self._passwords / _USER)
            _write_rules(hba, "scram-sha-256")
            self._ask("SELECT pg_reload_conf()")
        if _MAIN not in self._ask("SELECT datname FROM pg_database").split():
            self.create_database(_MAIN)

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop: `smart` waits for clients, `fast` sends them away, `immediate` leaves recovery to the next start.

        What has not ended after a minute is killed, which is as safe as `immediate`.
        """
        self._process.stop(_SIGNALS[mode], _STOP_S)

    def kill(self) -> None:
        """SIGKILL the postmaster and every process of it, as a crash would."""
        self._process.kill()

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, empty or as a copy of `template` (to which nobody may be connected), and return its URL."""
        copied = f" TEMPLATE {_checked(template)}" if template else ""
        self._ask(f"CREATE DATABASE {_checked(name)}{copied}")
        return self.url_for(name)

    def drop_database(self, name: str) -> None:
        """Delete a database if it exists, sending its clients away."""
        self._ask(f"DROP DATABASE IF EXISTS {_checked(name)} WITH (FORCE)")

    def _initialise(self) -> None:
        half_made = self._process.home / "new"
        if half_made.exists():
            shutil.rmtree(half_made)
        args = [f"{_BINARIES}/initdb", "-D", self._process.inside(half_made), "--auth=trust", "--encoding=UTF8"]
        args += ["--locale=C.UTF-8", f"--username={_USER}", "--no-instructions"]
        if not self._durable:
            args.append("--no-sync")
        run_in(self._process.root, _USER, args, self._process.inside(self._process.home))
        half_made.rename(self._cluster)

    def _is_ready(self) -> bool:
        try:
            lines = (self._cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"  # what pg_ctl waits for too

    def _ask(self, statement: str) -> str:
        args = [f"{_BINARIES}/psql", "--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--set=ON_ERROR_STOP=1"]
        passfile = f" passfile={self._process.inside(self._passwords / _USER)}" if self._passwords else ""
        args += ["-d", f"host={HOST} port={self.port} user={_USER} dbname=postgres{passfile}"]
        # Not as an argument: those of a process are seen by everybody on this machine.
        return run_in(self._process.root, _USER, args, said=f"{statement}\n;\n").strip()


def _write_rules(hba: Path, method: str) -> None:
    hba.write_text(f"host all all {HOST}/32 {method}\n", encoding="utf-8")


def _password(file: Path, user: str) -> str:
    """The password in a user's file, which is made where it is not there yet; PostgreSQL's clients read it too."""
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as made:
            made.write(f"*:*:*:{user}:{secrets.token_urlsafe(24)}\n")
    return file.read_text(encoding="utf-8").strip().rpartition(":")[2]


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise LocalServersError(f"{name!r} cannot name a database or a user: use a-z, 0-9 and '_', a letter first.")
    return name
