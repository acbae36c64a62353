"""PagerDuty, against a local server that takes only what its Events API v2 documents."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from alerts.notification import Notification
from alerts.receivers.receiver import PermanentFailureError, Receiver, TemporaryFailureError
from service.domain.alerting.notification import Reason
from tests.notifications import BEGAN, INCIDENT, alert, notification, resolved
from tests.pagerduty import PagerDuty, pager_service


@pytest.fixture
def pagerduty() -> Iterator[PagerDuty]:
    with pager_service() as account:
        yield account


@pytest.fixture
def receiver(pagerduty: PagerDuty) -> Receiver:
    return pagerduty.receiver()


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
        (notification(Reason.TAKEN), "acknowledged"),
        (notification(Reason.RESOLVED, resolved(1), resolved(2)), "resolved"),
    ],
    ids=["one of two over", "worse", "escalated", "in hand", "both over"],
)
def test_an_incident_of_several_freezers(
    pagerduty: PagerDuty, receiver: Receiver, sent: Notification, state: str
) -> None:
    """It is over when all are, and silent when they are in somebody's hands."""
    receiver.deliver(notification(Reason.FIRST, alert(1), alert(2)))
    receiver.deliver(sent)
    assert pagerduty.incidents == {INCIDENT: state}


@pytest.mark.parametrize(("reason", "state"), [(Reason.TAKEN, "acknowledged"), (Reason.RESOLVED, "resolved")])
def test_what_was_told_anew_is_answered_and_over_too(
    pagerduty: PagerDuty, receiver: Receiver, reason: Reason, state: str
) -> None:
    """Nothing goes on calling under a key of its own."""
    anew = f"{INCIDENT}#7"
    for incident in (INCIDENT, anew):
        receiver.deliver(notification(Reason.FIRST, incident=incident))
    receiver.deliver(replace(notification(reason), renewed=(anew,)))
    assert pagerduty.incidents == {INCIDENT: state, anew: state}


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
    wrong = pagerduty.receiver(routing_key="f" * 32)
    with pytest.raises(PermanentFailureError, match=r"PagerDuty at 127.0.0.1 answered 400"):
        wrong.deliver(notification())


@pytest.mark.parametrize(("status", "retry_after"), [(429, "30"), (429, None), (500, None), (503, "2")])
def test_too_many_events_or_a_broken_service_are_tried_again(
    pagerduty: PagerDuty, receiver: Receiver, status: int, retry_after: str | None
) -> None:
    """A pager service under load costs a pause."""
    pagerduty.broken = [(status, retry_after)]
    with pytest.raises(TemporaryFailureError) as raised:
        receiver.deliver(notification())
    assert raised.value.retry_after_s == (None if retry_after is None else float(retry_after))
    receiver.deliver(notification())
    assert pagerduty.incidents == {INCIDENT: "triggered"}
