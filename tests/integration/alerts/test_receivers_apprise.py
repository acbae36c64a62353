"""Apprise, through the service of its own that POSTs JSON."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from alerts.receivers.make import make_receiver
from alerts.receivers.receiver import Receiver, ReceiverSetting, TemporaryFailureError
from service.domain.alerting.notification import Reason
from service.settings import Settings
from tests.notifications import alert, notification
from tests.ports import free_port
from tests.webhook import HANG, Webhook


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as listening:
        yield listening


def receiver(port: int, query: str = "", **options: Any) -> Receiver:
    setting = {"url": f"json://user:hunter2@127.0.0.1:{port}/alerts{query}", **options}
    return make_receiver(ReceiverSetting("duty", "apprise", setting), Settings())


def test_a_service_gets_the_subject_as_title_and_the_rest_as_body(webhook: Webhook) -> None:
    """A telephone shows what stands alone first, and shows nothing twice."""
    sent = notification()
    receiver(webhook.port).deliver(sent)
    [body] = webhook.bodies
    assert body["title"] == sent.subject
    assert body["message"] == "Where: Freezer 1 (freezer-1) at Berlin (berlin)\nLots (2): LOT-1, LOT-2"


def test_a_service_is_told_how_bad_it_is(webhook: Webhook) -> None:
    """Red for what is critical, green for what is over."""
    to = receiver(webhook.port)
    to.deliver(notification(Reason.FIRST, alert(severity="critical")))
    to.deliver(notification(Reason.FIRST, alert(severity="warning")))
    to.deliver(notification(Reason.FIRST, alert(severity="info")))
    to.deliver(notification(Reason.RESOLVED))
    assert [body["type"] for body in webhook.bodies] == ["failure", "warning", "info", "success"]


@pytest.mark.parametrize("query", ["", "?optional=yes"])
@pytest.mark.parametrize("status", [400, 404, 429, 500])
def test_a_no_is_tried_again(webhook: Webhook, status: int, query: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Apprise does not say why a service refused, so nothing is given up, and no key of a service is logged."""
    to = receiver(webhook.port, query)
    webhook.answers = [status]
    with pytest.raises(TemporaryFailureError, match="the service behind json:// did not take the message") as raised:
        to.deliver(notification())
    to.deliver(notification())
    assert len(webhook.bodies) == 2
    assert "hunter2" not in "".join(capfd.readouterr()) + str(raised.value)


def test_a_service_that_hangs_or_is_away_is_tried_again(webhook: Webhook) -> None:
    """One that hangs holds up nobody for long."""
    webhook.answers = [HANG]
    began_s = time.monotonic()
    with pytest.raises(TemporaryFailureError, match="the service behind json:// did not"):
        receiver(webhook.port, timeout_s=0.3).deliver(notification())
    with pytest.raises(TemporaryFailureError, match="the service behind json:// did not"):
        receiver(free_port()).deliver(notification())
    assert time.monotonic() - began_s < 5
