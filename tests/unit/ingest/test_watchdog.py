"""A process that hangs does not look alive: it ends, whatever it hangs in and whatever goes on beside it."""

import signal
import subprocess
import sys

from ingest.watchdog import Watchdog

_HANGS = """
import threading, time
from ingest.watchdog import Watchdog
def deeper(depth):
    return depth and deeper(depth - 1)
def busy():
    while True:
        deeper(100)
def hang():
    time.sleep(1_000)
with Watchdog(hung_s=1):
    for _ in range(3):
        threading.Thread(target=busy, daemon=True).start()
    hang()
"""
_KEEPS_THE_INTERPRETER = """
import ctypes
from ingest.watchdog import Watchdog
with Watchdog(hung_s=0.2):
    ctypes.PyDLL(None).sleep(1_000)
"""


def _ended(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)


def test_a_process_that_hangs_says_where() -> None:
    """Ingest whose loop stands still, while its other threads go on, ends and says where it stood."""
    ended = _ended(_HANGS)
    assert ended.returncode == 1
    assert "in hang" in ended.stderr


def test_a_process_that_lets_no_other_thread_run_ends_too() -> None:
    """Where ingest hangs in a library that keeps the interpreter, no thread of it can notice; it ends all the same."""
    assert _ended(_KEEPS_THE_INTERPRETER).returncode == -signal.SIGALRM


def test_who_has_stopped_is_not_ended() -> None:
    """Ingest that was told to stop takes the time it needs for that."""
    with Watchdog(hung_s=100):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 100
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
