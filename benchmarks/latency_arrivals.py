"""A local webhook that notes when it is told of what."""

import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What was published about `name`, and when a webhook heard of it; seconds since 1970, of one clock."""

    name: str
    published_s: float
    arrived_s: float

    @property
    def took_ms(self) -> float:
        """From one to the other."""
        return 1_000 * (self.arrived_s - self.published_s)


class LateError(AssertionError):
    """Nobody was told, or was told before anything happened."""


class Arrivals:
    """Listens while entered; any number of connections, each kept open if its client wants that."""

    def __init__(self) -> None:
        self._came = threading.Condition()
        self._bodies: list[tuple[float, str]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/alerts"

    def wait(self, name: str, published_s: float) -> Sample:
        """The sample of what was just published.

        Raises:
            LateError: no message names it within two minutes, or one did before.
        """
        with self._came:
            told = self._came.wait_for(lambda: any(name in body for _, body in reversed(self._bodies)), _WITHIN_S)
            first = next((found for found in self._bodies if name in found[1]), None)
        if not told or first is None:
            raise LateError(f"nobody was told of {name} within {_WITHIN_S:g} s")
        if first[0] < published_s:
            raise LateError(f"somebody was told of {name} before anything happened to it: {first[1]}")
        return Sample(name, published_s, first[0])

    def note(self, body: str) -> None:
        """One more message, now."""
        at_s = time.time()
        with self._came:
            self._bodies.append((at_s, body))
            self._came.notify_all()

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _answering(self))
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was ended hung up; that is all."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _answering(arrivals: Arrivals) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            arrivals.note(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  named so by http.server
            """Quiet."""

    return Answer
