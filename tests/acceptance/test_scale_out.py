"""Several ingest processes on one Mosquitto: by disjoint topics, and by a shared subscription."""

import json
import threading

import pytest

from service.store.pool import connect
from tests.acceptance.conftest import Service, eventually
from tests.acceptance.test_killed import figures, publish
from tests.acting import TESTER

pytestmark = pytest.mark.acceptance

MESSAGES = 4_000


def start_ingest(service: Service, number: int, topic: str) -> None:
    """One more ingest process, with a session and topics of its own."""
    service.start(
        "ingest",
        name=f"ingest-{number}",
        UNBROKEN_MQTT_CLIENT_ID=f"{service.port}-{number}",
        UNBROKEN_DIALECTS=json.dumps({topic: "coldchain_v1"}),
    )
    eventually(lambda: "connected" in service.log(f"ingest-{number}").read_text(), 10, "ingest connects")


def stored(service: Service) -> int:
    """Readings in the table."""
    return figures(service)["stored"]


def test_disjoint_topics_share_the_work_and_lose_nothing(service: Service) -> None:
    """Two sites, two processes: one may die without the other noticing, and nothing is stored twice."""
    service.command("migrate")
    sites = [f"a{service.port}", f"b{service.port}"]
    for number, site in enumerate(sites):
        start_ingest(service, number, f"coldchain/v1/{site}/#")
    publishers = [threading.Thread(target=publish, args=[service, site, MESSAGES]) for site in sites]
    for publisher in publishers:
        publisher.start()
    eventually(lambda: stored(service) > MESSAGES // 2, 60, "some are stored")
    service.kill("ingest-0")
    for publisher in publishers:
        publisher.join()
    eventually(lambda: of_site(service, sites[1]) == MESSAGES, 60, "the other's readings are all stored")
    start_ingest(service, 0, f"coldchain/v1/{sites[0]}/#")
    eventually(lambda: stored(service) == 2 * MESSAGES, 60, "all are stored")
    assert figures(service) == {"stored": 2 * MESSAGES, "different": 2 * MESSAGES, "rejected": 0, "conflicting": 0}


def of_site(service: Service, site: str) -> int:
    """Readings of one site's loggers."""
    with connect(service.database_url, application="tests", actor=TESTER) as connection:
        row = connection.execute(
            "SELECT count(*) AS n FROM readings JOIN series ON series.id = series_id WHERE starts_with(logger_id, %s)",
            [site],
        ).fetchone()
    assert row is not None
    return int(row["n"])


def test_mosquitto_keeps_a_dead_members_share_waiting(service: Service) -> None:
    """With $share on Mosquitto a dead process holds half of every logger's readings back until it returns."""
    service.command("migrate")
    site = f"s{service.port}"
    topic = f"$share/unbroken/coldchain/v1/{site}/#"
    for number in range(2):
        start_ingest(service, number, topic)
    service.kill("ingest-0")
    publish(service, site, MESSAGES)
    eventually(lambda: stored(service) >= MESSAGES // 3, 60, "the living member stores its share")
    with pytest.raises(AssertionError, match="not within"):
        eventually(lambda: stored(service) > MESSAGES * 2 // 3, 3, "the dead member's share is taken over")
    start_ingest(service, 0, topic)
    eventually(lambda: stored(service) == MESSAGES, 60, "all are stored")
    assert figures(service) == {"stored": MESSAGES, "different": MESSAGES, "rejected": 0, "conflicting": 0}
