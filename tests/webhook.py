"""A local webhook that notes what it is sent, and answers as a test tells it to."""

import json
import socket
import threading
import time
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

#: An answer that does not come before the test says so.
HANG = 0

#: It takes the message and dies before it answers.
DIE = -1


@dataclass(frozen=True)
class Answer:
    """What to say to a request, after how long, and when to come again: seconds, or a date as HTTP writes it."""

    status: int = 204
    retry_after: str | None = None
    after_s: float = 0.0


@dataclass
class Webhook:
    """Listens while entered.

    Attributes:
        answers: what to say to the next requests, first one first; when none is left, the answer is 204.
        calls: every request's method and path, in order of arrival.
        bodies, raw, keys, headers: what was POSTed, likewise; `raw`: byte for byte.
        agents: who asked each GET, as they call themselves.
        taken: keys of the messages it said yes to.
        released: set it to let hanging requests go.
    """

    port: int = 0
    answers: list[int | Answer] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    headers: list[Message] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/alerts"

    @property
    def reasons(self) -> list[str]:
        """Why it was told, in order."""
        return [body["reason"] for body in self.bodies]

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
            webhook.headers.append(self.headers)
            webhook.raw.append(body)
            webhook.bodies.append(json.loads(body))
            answer = webhook.answers.pop(0) if webhook.answers else Answer()
            if isinstance(answer, int):
                answer = Answer(answer)
            time.sleep(answer.after_s)
            if answer.status == HANG:
                webhook.released.wait(30)
                return
            if answer.status == DIE:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if 200 <= answer.status < 300:
                webhook.taken.append(self.headers["Idempotency-Key"])
            self.send_response(answer.status)
            if 300 <= answer.status < 400:
                self.send_header("Location", "/elsewhere")
            if answer.retry_after is not None:
                self.send_header("Retry-After", answer.retry_after)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            webhook.calls.append(f"GET {self.path}")
            webhook.agents.append(self.headers["User-Agent"])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  named so by http.server
            """Quiet."""

    return Handler
