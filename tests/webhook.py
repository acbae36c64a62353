"""A local webhook that notes what it is sent, and answers as a test tells it to."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

#: An answer that does not come before the test says so.
HANG = 0


@dataclass
class Webhook:
    """Listens while entered.

    Attributes:
        answers: statuses of the next requests, first one first; when none is left, the answer is 204.
        calls: every request's method and path, in order of arrival.
        bodies, keys: what was POSTed, likewise.
        released: set it to let hanging requests go.
    """

    port: int = 0
    answers: list[int] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/alerts"

    @property
    def events(self) -> list[str]:
        """What it was told, in order."""
        return [body["event"] for body in self.bodies]

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(webhook: Webhook) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            webhook.calls.append(f"POST {self.path}")
            body = self.rfile.read(int(self.headers["Content-Length"]))
            webhook.keys.append(self.headers["Idempotency-Key"])
            webhook.bodies.append(json.loads(body))
            status = webhook.answers.pop(0) if webhook.answers else 204
            if status == HANG:
                webhook.released.wait(30)
                return
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            webhook.calls.append(f"GET {self.path}")
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  named so by http.server
            """Quiet."""

    return Handler
