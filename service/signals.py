"""How a process is told to stop."""

import queue
import signal
import threading


def stop_on_signal() -> threading.Event:
    """An event that the first SIGTERM or Ctrl-C sets."""
    stop = threading.Event()
    # A handler runs in the middle of whatever the main thread does, and that may be ``stop.wait``, whose lock
    # ``stop.set`` would wait for without end. Putting into this queue is safe there.
    asked: queue.SimpleQueue[None] = queue.SimpleQueue()

    def wait() -> None:
        asked.get()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.put(None))
    threading.Thread(target=wait, name="stop", daemon=True).start()
    return stop
