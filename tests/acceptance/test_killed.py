"""Processes that die without a word, and what is true afterwards."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.address import parse_broker
from service.acts.keys import add_logger_key
from service.store.migrate import migrate
from service.store.pool import connect
from tests.acceptance.conftest import Service, eventually
from tests.acting import TESTER

pytestmark = pytest.mark.acceptance

MESSAGES = 20_000


def publish(service: Service, site: str, messages: int) -> None:
    """QoS 1, one reading a message, until the broker has acknowledged them all."""
    address = parse_broker(service.mqtt_url)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(100)
    client.username_pw_set(address.username, address.password)
    client.connect(address.host, address.port)
    client.loop_start()
    first = datetime(2026, 1, 1, tzinfo=UTC)
    sent = []
    for number in range(messages):
        reading = {"measured_at": (first + timedelta(seconds=number)).isoformat(), "temperature_c": -80 + number % 7}
        topic = f"coldchain/v1/{site}/{site}-{number % 10}/readings"
        sent.append(client.publish(topic, json.dumps(reading), qos=1))
    for one in sent:
        one.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def figures(service: Service) -> dict[str, int]:
    with connect(service.database_url, application="tests", actor=TESTER) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM readings) AS stored, "
            "(SELECT count(DISTINCT (series_id, measured_at, temperature_c)) FROM readings) AS different, "
            "(SELECT count(*) FROM rejected_messages) AS rejected, "
            "(SELECT count(*) FROM reading_conflicts) AS conflicting"
        ).fetchone()
    assert row is not None
    return row


def test_ingest_killed_in_the_middle_loses_and_doubles_nothing(service: Service) -> None:
    """What the broker took is stored, once, whatever happens to ingest."""
    with connect(service.database_url, application="tests", actor=TESTER) as connection:
        migrate(connection)
    site = f"killed-{service.port}"
    topics = {
        "UNBROKEN_DIALECTS": json.dumps({f"coldchain/v1/{site}/#": "coldchain_v1"}),
        "UNBROKEN_BATCH_MESSAGES": "500",
    }
    service.start("ingest", **topics)
    eventually(lambda: "connected" in service.log("ingest").read_text(), 30, "ingest connects")
    publisher = threading.Thread(target=publish, args=[service, site, MESSAGES])
    publisher.start()
    for share in (0.2, 0.5):
        eventually(lambda wanted=share * MESSAGES: figures(service)["stored"] >= wanted, 60, "a part is stored")
        service.kill("ingest")
        assert figures(service)["stored"] < MESSAGES
        time.sleep(0.3)
        service.start("ingest", **topics)
    publisher.join()
    eventually(lambda: figures(service)["stored"] >= MESSAGES, 60, "all are stored")
    time.sleep(1)
    assert figures(service) == {"stored": MESSAGES, "different": MESSAGES, "rejected": 0, "conflicting": 0}


def test_a_dead_evaluator_leaves_no_good_answer_and_heals(service: Service) -> None:
    """While readings wait unseen the answer is "not proven"; it returns by itself."""
    with connect(service.database_url, application="tests", actor=TESTER) as connection:
        migrate(connection)
    service.start("serve", "evaluate")
    now = datetime.now(UTC)
    start = (now - timedelta(hours=1)).isoformat()
    service.post("/v1/sites", {"id": "site", "name": "Site", "time_zone": "Europe/Zurich"})
    service.post("/v1/products", {"id": "product", "name": "Product", "profile_id": "cryo-80"})
    container = {"id": "freezer", "site_id": "site", "name": "F", "kind": "freezer", "profile_id": "cryo-80"}
    service.post("/v1/containers", container)
    service.post("/v1/loggers", {"id": "logger", "site_id": "site"})
    attachment = {"id": "a", "logger_id": "logger", "place": "air", "from": start, "commissioned_at": start}
    service.post("/v1/containers/freezer/attachments", attachment)
    lot = {"id": "lot", "product_id": "product", "lot_number": "1", "life_starts_at": start}
    service.post("/v1/lots", lot)
    service.post("/v1/lots/lot/placements", {"id": "p", "container_id": "freezer", "from": start})

    with connect(service.database_url, application="tests", actor=TESTER) as connection:
        key = add_logger_key(connection, TESTER, "logger", "its own", now, timedelta(days=1))
    its_own = {"Authorization": f"Bearer {key.whole}"}

    def measure(minutes_ago: list[float]) -> None:
        readings = [
            {"measured_at": (now - timedelta(minutes=m)).isoformat(), "temperature_c": -80} for m in minutes_ago
        ]
        service.client.post("/v1/readings?logger_id=logger", json=readings, headers=its_own).raise_for_status()

    def answer() -> tuple[str, set[str]]:
        status = service.get("/v1/lots/lot/status")
        assert isinstance(status, dict)
        return status["answer"], {reason["code"] for reason in status["reasons"]}

    measure(list(range(60, 4, -5)))
    eventually(lambda: answer()[0] == "usable", 30, "the lot is usable")
    service.kill("evaluate")
    measure([3])
    took_s = eventually(lambda: answer()[0] == "not_proven", 30, "the good answer is withdrawn")
    assert took_s > 0.5
    assert "evaluator_behind" in answer()[1]
    service.start("evaluate")
    eventually(lambda: answer()[0] == "usable", 30, "the answer heals")
