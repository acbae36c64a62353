"""Stopping on a signal."""

import subprocess
import sys

#: A process that waits in its main thread and is signalled at random moments, a thousand times over.
_SIGNALLED = """
import random, signal, sys, threading, time
from service.signals import stop_on_signal

sys.setswitchinterval(0.0002)

def busy():
    while True:
        sum(range(200))
        time.sleep(0)

threading.Thread(target=busy, daemon=True).start()
for _ in range(1000):
    stop = stop_on_signal()
    signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGTERM))
    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.003))
    while not stop.is_set():
        stop.wait(0.0002)
"""


def test_stops_whatever_it_was_doing() -> None:
    """A signal that comes in the middle of waiting for it neither gets lost nor stops the process for ever."""
    assert subprocess.run([sys.executable, "-c", _SIGNALLED], timeout=60, check=False).returncode == 0
