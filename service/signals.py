"""How a process is told to stop."""

import os
import queue
import signal
import sys
import threading
from types import FrameType

_STOPS = (signal.SIGINT, signal.SIGTERM)


def end_on_signal(name: str, *, at_once: bool = False) -> None:
    """From now on the first SIGTERM or Ctrl-C ends the process, with the status a shell expects; Ctrl-C in one line.

    What is open is closed on the way out, and no further signal disturbs that. Only in the main thread.

    Args:
        name: of the program, as its errors begin.
        at_once: nothing is open yet: end here and now, also in the middle of an import.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        for each in _STOPS:
            signal.signal(each, signal.SIG_IGN)
        if number == signal.SIGINT:
            # Not by way of sys.stderr, which may be in the middle of a line of its own.
            os.write(sys.stderr.fileno(), f"{name}: stopped\n".encode())
        if at_once:
            os._exit(128 + number)
        raise SystemExit(128 + number)

    for number in _STOPS:
        signal.signal(number, end)


def stop_on_signal() -> threading.Event:
    """An event that the first SIGTERM or Ctrl-C sets."""
    stop = threading.Event()
    # A handler runs in the middle of whatever the main thread does, and that may be ``stop.wait``, whose lock
    # ``stop.set`` would wait for without end. Putting into this queue is safe there.
    asked: queue.SimpleQueue[None] = queue.SimpleQueue()

    def wait() -> None:
        asked.get()
        stop.set()

    for number in _STOPS:
        signal.signal(number, lambda *_: asked.put(None))
    threading.Thread(target=wait, name="stop", daemon=True).start()
    return stop
