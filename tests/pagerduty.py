"""PagerDuty: a local server that takes only what its Events API v2 documents."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, HttpUrl, ValidationError, model_validator

from alerts.receivers.make import make_receiver
from alerts.receivers.receiver import Receiver, ReceiverSetting
from service.settings import Settings

ROUTING_KEY = "0123456789abcdef0123456789abcdef"
MOST_BYTES = 512 * 1024


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Payload(_Strict):
    """The part of an event that says what is wrong."""

    summary: Annotated[str, Field(min_length=1, max_length=1024)]
    source: Annotated[str, Field(min_length=1)]
    severity: Literal["critical", "warning", "error", "info"]
    timestamp: AwareDatetime | None = None
    component: str | None = None
    group: str | None = None
    class_: str | None = Field(None, alias="class")
    custom_details: dict[str, Any] | None = None


class Link(_Strict):
    """A place to go from an incident."""

    href: HttpUrl
    text: str | None = None


class Event(_Strict):
    """An alert event, as the API documents it."""

    routing_key: Annotated[str, Field(pattern=r"^[0-9a-zA-Z]{32}$")]
    event_action: Literal["trigger", "acknowledge", "resolve"]
    dedup_key: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    payload: Payload | None = None
    client: str | None = None
    client_url: HttpUrl | None = None
    links: list[Link] = []
    images: list[dict[str, str]] = []

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.event_action == "trigger" and self.payload is None:
            raise ValueError("a trigger needs a payload")
        if self.event_action != "trigger" and self.dedup_key is None:
            raise ValueError("an update needs a dedup_key")
        return self


@dataclass
class PagerDuty:
    """One account with one service.

    Attributes:
        broken: what to answer next instead of what would be right: a status, and what Retry-After says.
        events: what it took; incidents: each one's state; refusals: why it refused.
    """

    url: str = ""
    broken: list[tuple[int, str | None]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    incidents: dict[str, str] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)

    def take(self, body: bytes, content_type: str) -> int:
        """Do what an event says; the status of the answer."""
        if len(body) > MOST_BYTES:
            return 413
        try:
            assert content_type == "application/json", content_type
            event = Event.model_validate(json.loads(body))
            assert event.routing_key == ROUTING_KEY, "there is no such key"
        except (ValidationError, AssertionError) as error:
            self.refusals.append(str(error))
            return 400
        self.events.append(event)
        key = event.dedup_key or f"made up {len(self.events)}"
        if event.event_action == "trigger":
            # What somebody has acknowledged stays so; what was resolved becomes a new incident.
            if self.incidents.get(key) != "acknowledged":
                self.incidents[key] = "triggered"
        elif self.incidents.get(key, "resolved") != "resolved":
            self.incidents[key] = f"{event.event_action}d"
        return 202

    def receiver(self, name: str = "duty", routing_key: str = ROUTING_KEY) -> Receiver:
        """The receiver as production makes it."""
        options = {"routing_key": routing_key, "url": self.url, "timeout_s": 2}
        return make_receiver(ReceiverSetting(name, "pagerduty", options), Settings())

    @property
    def heard(self) -> list[tuple[str, str | None]]:
        """What each event did, and its dedup_key."""
        return [(event.event_action, event.dedup_key) for event in self.events]


@contextmanager
def pager_service() -> Iterator[PagerDuty]:
    """An account that answers."""
    account = PagerDuty()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, retry_after = account.broken.pop(0) if account.broken else (0, None)
            if self.path != "/v2/enqueue":
                status = 404
            self.send_response(status or account.take(body, self.headers["Content-Type"]))
            if retry_after is not None:
                self.send_header("Retry-After", retry_after)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  named so by http.server
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    account.url = f"http://127.0.0.1:{server.server_port}/v2/enqueue"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield account
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
