"""The webhook, over a real HTTP server: what is sent, what its answers mean, and how the signature is verified."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.receivers.http import LONGEST_RETRY_AFTER_S, retry_after_s
from alerts.receivers.make import make_receiver
from alerts.receivers.receiver import PermanentFailureError, Receiver, ReceiverSetting, TemporaryFailureError
from alerts.receivers.signature import HEADER, SignatureError, sign, verify
from service.domain.alerting.notification import Reason
from service.settings import Settings
from tests.notifications import notification
from tests.ports import free_port
from tests.webhook import DIE, HANG, Answer, Webhook

SECRET = "known to both sides"  # noqa: S105  of messages that live as long as a test
DOCUMENT = (Path(__file__).parents[3] / "docs/receivers.md").read_text(encoding="utf-8")
NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as listening:
        yield listening


def receiver(url: str, **options: Any) -> Receiver:
    return make_receiver(ReceiverSetting("duty", "webhook", {"url": url, **options}), Settings())


def test_the_whole_message_arrives_with_its_key(webhook: Webhook) -> None:
    """Whoever writes a program for alerts has all that people read, and can tell a repetition from news."""
    sent = notification(key="site:berlin/Zürich 1")
    receiver(webhook.url).deliver(sent)
    [body] = webhook.bodies
    assert body["reason"] == "first"
    assert body["alerts"][0]["lot_ids"] == ["LOT-1", "LOT-2"]
    assert body["alerts"][0]["began_at"] == "2026-03-01T02:50:00Z"
    assert body == {**sent.document(), "alerts": list(sent.alerts)}
    assert webhook.keys == ["site:berlin/Z%C3%BCrich 1"]
    assert HEADER not in webhook.headers[0]


def test_a_signed_message_can_be_verified_by_its_receiver(webhook: Webhook) -> None:
    """Nobody else can have the lots of a freezer carried about by night."""
    receiver(webhook.url, secret=SECRET).deliver(notification())
    signature, body = webhook.headers[0][HEADER], webhook.raw[0]
    verify(SECRET, signature, body, time.time())
    for secret, header, seen, late_s in (
        ("not known to both", signature, body, 0),
        (SECRET, None, body, 0),
        (SECRET, "", body, 0),
        (SECRET, "v1=00", body, 0),
        (SECRET, "t=yesterday,v1=00", body, 0),
        (SECRET, f"t=1,{signature}", body, 0),
        (SECRET, signature.partition(",")[0], body, 0),
        (SECRET, f"{signature}é", body, 0),
        (SECRET, signature, body.replace(b"LOT-1", b"LOT-9"), 0),
        (SECRET, signature, body, 400),
        (SECRET, signature, body, -400),
    ):
        with pytest.raises(SignatureError):
            verify(secret, header, seen, time.time() + late_s)


def test_a_signature_is_what_the_document_says() -> None:
    """Receivers in other languages compute the same."""
    signature = sign("It's a Secret to Everybody", b'{"key":"1"}', 1772334000.9)
    assert signature == "t=1772334000,v1=cdeaf13b0ba437daffc78f2ab6cb1e5df1644d19977193268f96b161b8f1c0bc"
    verify("It's a Secret to Everybody", f"{signature},v1=00", b'{"key":"1"}', 1772334000)
    verify("It's a Secret to Everybody", signature.replace("v1=", "v1=00,v1="), b'{"key":"1"}', 1772334000)


def test_the_documented_way_to_verify_works() -> None:
    """What is shown to whoever receives is what they can run."""
    [code] = re.findall(r"^```python\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    module: dict[str, Any] = {}
    exec(code, module)  # noqa: S102  our own documentation
    signed = sign("a-long-secret-shared-by-both-sides", b"{}", time.time())
    assert module["accept"]({HEADER: signed}, b"{}") == 204
    assert module["accept"]({HEADER: signed}, b"[]") == 401
    assert module["accept"]({}, b"{}") == 401


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_any_2xx_is_a_yes(webhook: Webhook, status: int) -> None:
    """A receiver that queues the message has taken it."""
    webhook.answers = [status]
    receiver(webhook.url).deliver(notification())
    assert webhook.taken == webhook.keys


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_an_answer_about_this_moment_is_tried_again(webhook: Webhook, status: int) -> None:
    """A proxy that restarts costs a second, not the message."""
    webhook.answers = [status]
    with pytest.raises(TemporaryFailureError, match=f"the webhook at 127.0.0.1 answered {status}") as raised:
        receiver(webhook.url).deliver(notification())
    assert raised.value.retry_after_s is None


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 410, 422])
def test_an_answer_about_the_message_is_final(webhook: Webhook, status: int) -> None:
    """A wrong address will not get better by waiting: the next one on call is told. Nothing is sent elsewhere."""
    webhook.answers = [status]
    with pytest.raises(PermanentFailureError, match=f"the webhook at 127.0.0.1 answered {status}"):
        receiver(webhook.url).deliver(notification())
    assert webhook.calls == ["POST /alerts"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_names_a_time_is_left_alone_until_then(webhook: Webhook, status: int) -> None:
    """Knocking on an overloaded door keeps it closed."""
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    webhook.answers = [Answer(status, retry_after="7"), Answer(status, retry_after=soon)]
    with pytest.raises(TemporaryFailureError) as raised:
        receiver(webhook.url).deliver(notification())
    assert raised.value.retry_after_s == 7
    with pytest.raises(TemporaryFailureError) as raised:
        receiver(webhook.url).deliver(notification())
    assert raised.value.retry_after_s == pytest.approx(90, abs=5)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("9" * 400, LONGEST_RETRY_AFTER_S),
        ("Sun, 01 Mar 2026 03:01:00 GMT", 60.0),
        ("Sunday, 01-Mar-26 03:01:00 GMT", 60.0),
        ("Sun Mar  1 03:01:00 2026", 60.0),
        ("Sun, 01 Mar 2026 03:01:00", 60.0),
        ("Sun, 01 Mar 2026 02:00:00 GMT", 0.0),
        ("Sun, 01 Mar 2099 02:00:00 GMT", LONGEST_RETRY_AFTER_S),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(header: str, expected: float | None) -> None:
    """No receiver can silence an alert for longer than an hour."""
    assert retry_after_s(header, NOW) == expected


def test_a_receiver_that_does_not_answer_in_time_is_tried_again(webhook: Webhook) -> None:
    """One that hangs holds up nobody for long."""
    webhook.answers = [HANG, Answer(204, after_s=0.05)]
    slow = receiver(webhook.url, timeout_s=0.3)
    began_s = time.monotonic()
    with pytest.raises(TemporaryFailureError, match=r"the webhook at 127.0.0.1 did not answer"):
        slow.deliver(notification())
    assert time.monotonic() - began_s < 3
    slow.deliver(notification())
    assert len(webhook.taken) == 1


def test_one_that_dies_after_taking_gets_it_again_with_the_same_key(webhook: Webhook) -> None:
    """Nobody knows whether it was read; twice is better than never."""
    webhook.answers = [DIE]
    sent = notification(Reason.WORSENED)
    both = receiver(webhook.url)
    with pytest.raises(TemporaryFailureError, match="did not answer"):
        both.deliver(sent)
    both.deliver(sent)
    assert webhook.keys == [sent.key] * 2
    assert webhook.bodies[0] == webhook.bodies[1]


def test_nobody_listening_is_tried_again() -> None:
    """A receiver that is being updated misses nothing; its address, which may hold a key, is in no log."""
    with pytest.raises(TemporaryFailureError, match=r"the webhook at 127.0.0.1 did not answer") as raised:
        receiver(f"http://user:hunter2@127.0.0.1:{free_port()}/T0KEN").deliver(notification())
    assert "hunter2" not in str(raised.value)
    assert "T0KEN" not in str(raised.value)
