"""One process of `unbroken up`: started, started again when it dies, stopped."""

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence

import structlog

log = structlog.get_logger()

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
#: A part that ran this long was well: its next restart waits the shortest time again.
_WELL_AFTER_S = 60.0
_STOP_WITHIN_S = 15.0


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
