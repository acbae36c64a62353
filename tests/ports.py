"""Ports for servers that tests start."""

import random
import socket


def free_port() -> int:
    """A free port below Linux's outgoing range, where a retrying client could take it from its own server."""
    while True:
        port = random.randint(20_000, 31_999)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
