"""Waiting for what comes true by itself."""

import time
from collections.abc import Callable


def eventually(holds: Callable[[], bool], within_s: float, what: str) -> float:
    """Wait until it holds; how long that took, in seconds."""
    started_s = time.monotonic()
    while not holds():
        assert time.monotonic() - started_s < within_s, f"{what}: not within {within_s} s"
        time.sleep(0.05)
    return time.monotonic() - started_s
