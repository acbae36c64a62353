"""PagerDuty, against a local server that takes only what its Events API v2 documents."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any, Literal, Self

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, HttpUrl, ValidationError, model_validator

from alerts.notification import Notification, Reason
from alerts.on_call import ReceiverSetting
from alerts.receivers.make import make
from alerts.receivers.receiver import NeverError, NotNowError, Receiver
from service.settings import Settings
from tests.notifications import BEGAN, INCIDENT, alert, notification, resolved

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


@pytest.fixture
def pagerduty() -> Iterator[PagerDuty]:
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
    yield account
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def receiver(pagerduty: PagerDuty) -> Receiver:
    return make(
        ReceiverSetting("duty", "pagerduty", {"routing_key": ROUTING_KEY, "url": pagerduty.url, "timeout_s": 2}),
        Settings(),
    )


def test_an_incident_opens_and_closes(pagerduty: PagerDuty, receiver: Receiver) -> None:
    """The pager of a failed freezer calls, and forgets it when it is cold again."""
    receiver.deliver(notification(Reason.FIRST))
    [event] = pagerduty.events
    assert pagerduty.incidents == {INCIDENT: "triggered"}
    assert event.payload is not None
    assert event.payload.summary.startswith("FIRST: Freezer 1 at Berlin")
    assert (event.payload.source, event.payload.severity) == ("Berlin", "critical")
    assert event.payload.class_ == "limit_crossed"
    assert event.payload.timestamp == BEGAN
    assert event.payload.custom_details is not None
    assert event.payload.custom_details["alerts"][0]["lots"] == 2
    assert str(event.links[0].href) == "https://unbroken.example/a/token"
    receiver.deliver(notification(Reason.RESOLVED))
    assert pagerduty.incidents == {INCIDENT: "resolved"}
    assert pagerduty.refusals == []


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        (notification(Reason.RESOLVED, resolved(1), alert(2)), "triggered"),
        (notification(Reason.WORSENED, alert(state="acknowledged")), "triggered"),
        (notification(Reason.ESCALATED), "triggered"),
        (notification(Reason.RESOLVED, resolved(1), resolved(2)), "resolved"),
    ],
    ids=["one of two over", "worse", "escalated", "both over"],
)
def test_an_incident_of_several_freezers(
    pagerduty: PagerDuty, receiver: Receiver, sent: Notification, state: str
) -> None:
    """It is over when all are. Who has one in hand is not told there: somebody answers in PagerDuty too."""
    receiver.deliver(notification(Reason.FIRST, alert(1), alert(2)))
    receiver.deliver(sent)
    assert pagerduty.incidents == {INCIDENT: state}


@pytest.mark.parametrize("reason", [Reason.PAST, Reason.TEST])
def test_what_is_not_going_on_still_reaches_somebody(pagerduty: PagerDuty, receiver: Receiver, reason: Reason) -> None:
    """A late upload shows what nobody knew: PagerDuty would drop the end of an incident it never heard of."""
    receiver.deliver(notification(reason, resolved()))
    assert pagerduty.incidents == {INCIDENT: "triggered"}


def test_large_and_odd_messages_stay_within_what_is_documented(pagerduty: PagerDuty, receiver: Receiver) -> None:
    """A power cut over a thousand freezers is one event that PagerDuty takes."""
    many = [alert(number, summary="−" * 5000, lot_ids=("LOT",) * 500, severity="dire") for number in range(1, 1001)]
    receiver.deliver(notification(Reason.FIRST, *many, incident="i" * 300))
    receiver.deliver(notification(Reason.RESOLVED, *[resolved(1)], incident="i" * 300))
    receiver.deliver(notification(Reason.FIRST, incident="i" * 299 + "j"))
    service = alert(site_id=None, site_name=None, container_id=None, name="Ingest", subject="service:ingest")
    receiver.deliver(notification(Reason.FIRST, service, incident="service"))
    assert sorted(pagerduty.incidents.values()) == ["resolved", "triggered", "triggered"]
    assert [event.payload.severity for event in pagerduty.events if event.payload] == ["error", "critical", "critical"]
    assert pagerduty.events[-1].payload is not None
    assert pagerduty.events[-1].payload.source == "Ingest"


def test_an_invalid_event_is_refused_for_ever(pagerduty: PagerDuty) -> None:
    """A wrong key does not mend itself: the next one on call is told."""
    wrong = make(ReceiverSetting("duty", "pagerduty", {"routing_key": "f" * 32, "url": pagerduty.url}), Settings())
    with pytest.raises(NeverError, match=r"PagerDuty at 127.0.0.1 answered 400"):
        wrong.deliver(notification())


@pytest.mark.parametrize(("status", "retry_after"), [(429, "30"), (429, None), (500, None), (503, "2")])
def test_too_many_events_or_a_broken_service_are_tried_again(
    pagerduty: PagerDuty, receiver: Receiver, status: int, retry_after: str | None
) -> None:
    """A pager service under load costs a pause."""
    pagerduty.broken = [(status, retry_after)]
    with pytest.raises(NotNowError) as raised:
        receiver.deliver(notification())
    assert raised.value.retry_after_s == (None if retry_after is None else float(retry_after))
    receiver.deliver(notification())
    assert pagerduty.incidents == {INCIDENT: "triggered"}
