"""Ends a process whose work has stopped, and first says where each of its threads stands.

Whoever started it starts another one.
"""

import faulthandler
import os
import signal
import threading
import time
from types import TracebackType


class Watchdog:
    """Inside its `with`, the process ends with status 1 once `alive` was not called for `hung_s` seconds."""

    def __init__(self, hung_s: float) -> None:
        self._hung_s = hung_s
        self._over = threading.Event()
        # It holds the interpreter while it writes, so that no other thread moves meanwhile. faulthandler's own timer
        # does not, and crashes now and then on the stack of a thread that goes on.
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def alive(self) -> None:
        """Work goes on. Any thread may say so."""
        self._alive_s = time.monotonic()
        # Where a thread keeps the interpreter for ever, or nothing can be written, the kernel ends the process.
        signal.setitimer(signal.ITIMER_REAL, 2 * self._hung_s)

    def __enter__(self) -> "Watchdog":
        self.alive()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _watch(self) -> None:
        while (left_s := self._alive_s + self._hung_s - time.monotonic()) > 0:
            if self._over.wait(left_s):
                return
        try:
            # Not by way of sys.stderr, which the thread that hangs may hold.
            faulthandler.dump_traceback()
        finally:
            os._exit(1)
