"""``python -m benchmarks.api_load``: as many GETs as a server answers, over a few connections that stay open.

A process of its own, the same for whatever is measured. It says how many were answered, and in how many seconds.
"""

import argparse
import itertools
import json
import random
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.keyed import HEADERS

CONNECTIONS = 8

_KEY = f"Authorization: {HEADERS['Authorization']}\r\n"


class Client:
    """One connection that stays open, and the least that can be done to get an answer over it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path: str, accept: str = "application/json") -> bytes:
        """The body of an answer; it fails on any but 200."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{_KEY}Accept: {accept}\r\n\r\n".encode())
        received = self._socket.recv(65_536)
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        head = received[:end].lower()
        assert head.startswith(b"http/1.1 200 "), received[:500]
        length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
        parts, left = [received[end + 4 :]], length - (len(received) - end - 4)
        while left > 0:
            parts.append(self._more())
            left -= len(parts[-1])
        return b"".join(parts)

    def _more(self) -> bytes:
        more = self._socket.recv(65_536)
        assert more, "the server closed the connection in the middle of an answer"
        return more


def answered(port: int, paths: Iterator[str], until_s: float) -> int:
    """How many GETs one connection has answered by a time of the monotonic clock."""
    client, count = Client(port), 0
    while time.monotonic() < until_s:
        client.get(next(paths))
        count += 1
    return count


def main() -> None:
    """Ask for paths that come on the standard input, a line each, again and again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args()
    paths = sys.stdin.read().split()
    random.Random(0).shuffle(paths)
    started_s = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        counts = threads.map(
            lambda number: answered(given.port, itertools.cycle(paths[number::CONNECTIONS]), started_s + given.seconds),
            range(CONNECTIONS),
        )
        answers = sum(counts)
    print(json.dumps({"answers": answers, "took_s": time.monotonic() - started_s}), flush=True)


if __name__ == "__main__":
    main()
