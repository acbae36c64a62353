"""A private Mosquitto: keeps what is queued over restarts, always on the same port."""

import signal
import socket
from pathlib import Path

from service.local.process import HOST, ServerProcess

_USER = "mosquitto"
_START_S = 30
_STOP_S = 30

_CONFIGURATION = """\
# Written by service/local/broker.py at every start: edit that instead.
listener {port} {host}
allow_anonymous true
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


class Broker:
    """The Mosquitto of one instance, stored in the root folder. Anyone on this machine may connect, nobody else."""

    def __init__(self, root: Path, instance: str) -> None:
        self._process = ServerProcess(root, instance, "mosquitto", _USER)

    @property
    def url(self) -> str:
        """Where clients connect. Raises LocalServersError before the first start."""
        return f"mqtt://{HOST}:{self.port}"

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
        configuration.write_text(_CONFIGURATION.format(port=self.port, host=HOST, home=home), encoding="utf-8")
        args = ["/usr/sbin/mosquitto", "-c", self._process.inside(configuration)]
        self._process.launch(args, self._is_ready, _START_S)

    def stop(self) -> None:
        """Stop; it saves everything first. What has not ended after half a minute is killed."""
        self._process.stop(signal.SIGTERM, _STOP_S)

    def kill(self) -> None:
        """SIGKILL, as a crash would: what came since the last save is lost."""
        self._process.kill()

    def _is_ready(self) -> bool:
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True
