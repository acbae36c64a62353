"""Alertmanager: Debian's, started for this, which tells a webhook what it makes of our alerts."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.receivers.make import make_receiver
from alerts.receivers.receiver import PermanentFailureError, Receiver, ReceiverSetting, TemporaryFailureError
from service.domain.alerting.notification import Reason
from service.settings import Settings
from tests.eventually import eventually
from tests.notifications import BEGAN, alert, notification, resolved
from tests.ports import free_port
from tests.programs import alertmanager as installed
from tests.webhook import Webhook

#: It groups by all labels, so that what it tells of one alert does not wait for another.
CONFIGURATION = """
route: {receiver: hook, group_by: ["..."], group_wait: 0s, group_interval: 100ms, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: "%s", send_resolved: true}]}]
"""


@dataclass
class Alertmanager:
    """A running one, and what it has told."""

    url: str
    told: Webhook

    def active(self) -> list[dict[str, Any]]:
        """The alerts that it says go on, by its own API."""
        answer = httpx.get(f"{self.url}/api/v2/alerts").raise_for_status()
        return sorted(answer.json(), key=lambda one: json.dumps(one["labels"], sort_keys=True))

    def labels(self, name: str) -> list[str]:
        """One label of those."""
        return [one["labels"].get(name) for one in self.active()]

    def news(self) -> list[tuple[str, str]]:
        """Every (status, severity) it told, in order."""
        bodies = self.told.bodies
        return [(one["status"], one["labels"]["severity"]) for body in bodies for one in body["alerts"]]


@pytest.fixture(scope="module")
def program() -> list[str]:
    """Found or installed once for all these tests."""
    return installed()


@pytest.fixture
def alertmanager(program: list[str], tmp_path: Path) -> Iterator[Alertmanager]:
    port = free_port()
    address = f"127.0.0.1:{port}"
    with Webhook() as told, (tmp_path / "log").open("wb") as log:
        (tmp_path / "configuration.yml").write_text(CONFIGURATION % told.url, encoding="utf-8")
        running = subprocess.Popen(
            [
                *program,
                f"--config.file={tmp_path / 'configuration.yml'}",
                f"--storage.path={tmp_path / 'stored'}",
                f"--web.listen-address={address}",
                "--web.external-url=http://alertmanager.example/watch",
                "--web.route-prefix=/watch",
                "--cluster.listen-address=",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://{address}/watch"
            eventually(lambda: _is_ready(url), 30, "Alertmanager is ready")
            yield Alertmanager(url, told)
        finally:
            running.terminate()
            running.wait(10)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready").is_success
    except httpx.HTTPError:
        return False


def receiver(url: str) -> Receiver:
    return make_receiver(ReceiverSetting("duty", "alertmanager", {"url": url, "timeout_s": 5}), Settings())


def test_an_alert_fires_and_is_over(alertmanager: Alertmanager) -> None:
    """Whoever watches over all their machines with one Alertmanager watches over freezers there too."""
    to = receiver(alertmanager.url)
    to.deliver(notification(Reason.FIRST, alert(1), alert(2, severity="warning", site_name=None)))
    first, second = alertmanager.active()
    assert first["labels"] == {
        "alertname": "limit_crossed",
        "alert": "1",
        "subject": "container:freezer-1",
        "site": "berlin",
        "container": "freezer-1",
        "severity": "critical",
    }
    assert second["labels"]["severity"] == "warning"
    assert first["annotations"] == {
        "summary": "Freezer 1 at Berlin is above −60 °C: −41.2 °C",
        "description": "Where: Freezer 1, Berlin\nLots (2): LOT-1, LOT-2\nMove all to freezer 9.",
    }
    assert first["generatorURL"] == "https://unbroken.example/a/token"
    assert datetime.fromisoformat(first["startsAt"]) == BEGAN
    # Long after Alertmanager would have forgotten an alert that nobody repeats.
    assert datetime.fromisoformat(first["endsAt"]) > datetime.now(UTC) + timedelta(days=20)
    eventually(lambda: len(alertmanager.news()) == 2, 30, "it tells of both")
    to.deliver(notification(Reason.RESOLVED, resolved(1)))
    assert alertmanager.labels("container") == ["freezer-2"]
    eventually(lambda: alertmanager.news()[2:] == [("resolved", "critical")], 30, "it tells that one is over")


def test_an_alert_that_worsens_goes_on_once(alertmanager: Alertmanager) -> None:
    """A freezer whose warning became critical is one alert; the end of the warning is not the end of the trouble."""
    to = receiver(alertmanager.url)
    to.deliver(notification(Reason.FIRST, alert(severity="warning")))
    assert alertmanager.labels("severity") == ["warning"]
    eventually(lambda: alertmanager.news() == [("firing", "warning")], 30, "it tells of the warning")
    to.deliver(notification(Reason.WORSENED, alert(severity="critical")))
    assert alertmanager.labels("severity") == ["critical"]
    to.deliver(notification(Reason.RESOLVED, resolved(severity="critical")))
    assert alertmanager.active() == []
    eventually(lambda: len(alertmanager.news()) >= 2, 30, "it tells that the warning is over")


@pytest.mark.parametrize("severity", ["warning", "critical"])
def test_the_end_of_an_old_alert_does_not_end_the_one_that_fires_now(alertmanager: Alertmanager, severity: str) -> None:
    """A late upload tells of last week's excursion of a freezer that is warm again: the pager stays on.

    What was over before anybody knew is told to nobody there.
    """
    to = receiver(alertmanager.url)
    to.deliver(notification(Reason.FIRST, alert(id=2)))
    eventually(lambda: alertmanager.news() == [("firing", "critical")], 30, "it tells of the freezer")
    to.deliver(notification(Reason.PAST, resolved(id=1, past=True, severity=severity)))
    assert alertmanager.labels("alert") == ["2"]
    to.deliver(notification(Reason.RESOLVED, resolved(id=2)))
    eventually(lambda: len(alertmanager.news()) > 1, 30, "it tells that the freezer is cold")
    assert alertmanager.active() == []
    assert alertmanager.news() == [("firing", "critical"), ("resolved", "critical")]


def test_a_repetition_changes_nothing(alertmanager: Alertmanager) -> None:
    """A process that died between telling and noting it tells twice; people hear it once."""
    to = receiver(alertmanager.url)
    for _ in range(3):
        to.deliver(notification(Reason.FIRST))
    eventually(lambda: len(alertmanager.news()) > 0, 30, "it tells of it")
    assert len(alertmanager.active()) == 1
    to.deliver(notification(Reason.RESOLVED))
    to.deliver(notification(Reason.RESOLVED))
    eventually(lambda: ("resolved", "critical") in alertmanager.news(), 30, "it tells that it is over")
    assert alertmanager.news() == [("firing", "critical"), ("resolved", "critical")]


def test_alerts_of_the_service_and_tests_are_taken(alertmanager: Alertmanager) -> None:
    """What has no site and no container is an alert too."""
    to = receiver(alertmanager.url)
    nowhere = {"site_id": None, "site_name": None, "container_id": None, "lot_ids": (), "instruction": ""}
    to.deliver(
        notification(
            Reason.FIRST,
            alert(1, subject="receiver:duty-mail", name="duty-mail", cause="delivery_failing", **nowhere),
            alert(2, subject="receiver:duty-pager", name="duty-pager", cause="delivery_failing", **nowhere),
        )
    )
    assert alertmanager.labels("subject") == ["receiver:duty-mail", "receiver:duty-pager"]
    empty = notification(Reason.TEST)
    to.deliver(type(empty)(**{**empty.document(), "reason": Reason.TEST, "alerts": ()}))
    assert "unbroken_test" in alertmanager.labels("alertname")


def test_an_alertmanager_that_is_away_is_tried_again_and_a_wrong_address_is_not(alertmanager: Alertmanager) -> None:
    """It may be started anew at any time."""
    with pytest.raises(TemporaryFailureError, match=r"Alertmanager at 127.0.0.1 did not answer"):
        receiver(f"http://127.0.0.1:{free_port()}").deliver(notification())
    with pytest.raises(PermanentFailureError, match=r"Alertmanager at 127.0.0.1 answered 404"):
        receiver(f"{alertmanager.url}/elsewhere").deliver(notification())
