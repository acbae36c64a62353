"""A private Mosquitto: keeps what is queued over restarts, always on the same port, and asks for passwords."""

import base64
import hashlib
import os
import secrets
import signal
import socket
from pathlib import Path

from service.local.privately import write_privately
from service.local.process import HOST, ServerProcess
from service.local.system import identity

_USER = "mosquitto"
#: The user of ingest, as in deploy/mosquitto/acl, and the one that plays every logger: simulators, tests.
INGEST, LOGGERS = "unbroken-ingest", "unbroken-demo"
_START_S = 30
_STOP_S = 30

_CONFIGURATION = """\
# Written by service/local/broker.py at every start: edit that instead.
listener {port} {host}
allow_anonymous false
password_file {passwords}
acl_file {acl}
persistence true
persistence_location {home}/
# Seconds between saves. What a broker killed without warning had acknowledged since its last save is lost.
autosave_interval 1
# No bound: the default drops messages after 1,000 although it acknowledged them.
max_queued_messages 0
max_inflight_messages 0
set_tcp_nodelay true
sys_interval 10
log_dest stderr
log_timestamp_format %Y-%m-%dT%H:%M:%S
"""
# As deploy/mosquitto/acl, but that topics of every dialect are ingest's, and one user plays all loggers.
_ACL = f"""\
pattern write coldchain/v1/+/%u/#
user {INGEST}
topic read #
topic readwrite unbroken/echo/#
user {LOGGERS}
topic readwrite #
"""
#: As `mosquitto_passwd` does by itself: what it hashes are random passwords, which no dictionary holds.
_ROUNDS = 101


class Broker:
    """The Mosquitto of one instance, stored in the root folder. On this machine alone, with a password."""

    def __init__(self, root: Path, instance: str) -> None:
        self._process = ServerProcess(root, instance, "mosquitto", _USER)
        self._passwords = dict[str, str]()

    @property
    def url(self) -> str:
        """Where one connects who plays every logger. Raises LocalServersError before the first start."""
        return self.url_of(LOGGERS)

    @property
    def ingest_url(self) -> str:
        """Where ingest connects. Raises LocalServersError before the first start."""
        return self.url_of(INGEST)

    def url_of(self, user: str) -> str:
        """Where a user connects, with its password. Raises LocalServersError before the first start."""
        return f"mqtt://{user}:{self._password_of(user)}@{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """The broker's process. Raises LocalServersError when it is not running."""
        return self._process.pid

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1. Raises LocalServersError before the first start."""
        return self._process.port

    @property
    def log(self) -> Path:
        """The server's log."""
        return self._process.log

    @property
    def saved(self) -> Path:
        """The file that sessions, queued and retained messages are saved to, about every second."""
        return self._process.home / "mosquitto.db"

    def start(self) -> None:
        """Start, and return when it accepts connections. One left running by a dead parent is stopped first.

        Raises LocalServersError with the end of the log when it does not come up.
        """
        self.stop()
        self._process.prepare()
        configuration = self._process.folder / "mosquitto.conf"
        home = self._process.inside(self._process.home)
        users = "".join(f"{user}:{_hashed(self._password_of(user))}\n" for user in (INGEST, LOGGERS))
        text = _CONFIGURATION.format(
            port=self.port,
            host=HOST,
            home=home,
            passwords=self._written("passwords", users),
            acl=self._written("acl", _ACL),
        )
        configuration.write_text(text, encoding="utf-8")
        args = ["/usr/sbin/mosquitto", "-c", self._process.inside(configuration)]
        self._process.launch(args, self._is_ready, _START_S)

    def stop(self) -> None:
        """Stop; it saves everything first. What has not ended after half a minute is killed."""
        self._process.stop(signal.SIGTERM, _STOP_S)

    def kill(self) -> None:
        """SIGKILL, as a crash would: what came since the last save is lost."""
        self._process.kill()

    def _password_of(self, user: str) -> str:
        """Made once, and kept where root alone reads it: clients find their broker again over restarts."""
        if user not in self._passwords:
            kept = self._process.folder / f"{user}.password"
            if not kept.exists():
                kept.parent.mkdir(parents=True, exist_ok=True)
                write_privately(kept, secrets.token_urlsafe(24))
            self._passwords[user] = kept.read_text(encoding="utf-8")
        return self._passwords[user]

    def _written(self, name: str, text: str) -> str:
        """A file that the broker alone reads; where it is for the broker."""
        path = self._process.folder / f"mosquitto.{name}"
        write_privately(path, text)
        os.chown(path, *identity(self._process.root, _USER))
        return self._process.inside(path)

    def _is_ready(self) -> bool:
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True


def _hashed(password: str) -> str:
    """As Mosquitto 2 stores it: ``$7$rounds$salt$hash``, PBKDF2 with SHA-512."""
    salt = secrets.token_bytes(12)
    hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    return f"$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(hashed).decode()}"
