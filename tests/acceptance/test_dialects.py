"""Loggers as they come: each publishes with mosquitto_pub what its maker documents, and its reading is there."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ingest.address import parse_broker
from service.local.system import find_or_install, run_in
from tests.acceptance.conftest import Service, eventually
from tests.dialects import EXAMPLES, SAYS_NO_TIME

pytestmark = pytest.mark.acceptance

TABLE = json.dumps({wanted: name for name, (wanted, *_) in EXAMPLES.items()})


@pytest.fixture(scope="module")
def root() -> Path:
    return find_or_install(lambda _line: None)


def publish(root: Path, service: Service, topic: str, message: object, *options: str) -> None:
    address = parse_broker(service.mqtt_url)
    assert address.username
    assert address.password
    where = ["-h", address.host, "-p", str(address.port), "-u", address.username, "-P", address.password]
    run_in(root, "mosquitto", ["mosquitto_pub", *where, "-t", topic, "-m", json.dumps(message), *options])


def last_reading(service: Service, logger_id: str) -> dict[str, Any] | None:
    answer = service.client.get(f"/v1/loggers/{quote(logger_id, safe='')}")
    reading: dict[str, Any] | None = answer.json()["last_reading"] if answer.is_success else None
    return reading


def connected(service: Service) -> bool:
    return "connected to the broker" in service.log("ingest").read_text()


def rejected(service: Service) -> list[tuple[str, str]]:
    found = service.all_of("/v1/rejected-messages")
    return [(message["topic"], message["code"]) for message in found]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_logger_of_each_dialect_is_read(name: str, service: Service, root: Path) -> None:
    """Published as its maker documents it, shown by our API: whose, how cold, and whether the time is its own."""
    _, topic, message, logger_id, temperature_c = EXAMPLES[name]
    service.command("migrate")
    service.start("serve", "ingest", UNBROKEN_DIALECTS=TABLE)
    eventually(lambda: connected(service), 20, "ingest connects")
    says_no_time = name in SAYS_NO_TIME

    def read() -> bool:
        # In the first moments after connecting nothing counts as live: what says no time is published again.
        publish(root, service, topic, message)
        return last_reading(service, logger_id) is not None

    eventually(read, 20, f"a {name} logger is read")
    reading = last_reading(service, logger_id)
    assert reading is not None
    assert (reading["temperature_c"], reading["quality"]) == (temperature_c, "ok")
    assert reading["stamped_on_arrival"] == says_no_time
    assert (reading["measured_at"] == reading["received_at"]) == says_no_time
    logger: Any = service.get(f"/v1/loggers/{quote(logger_id, safe='')}")
    assert logger["registered_at"] is None
    if not says_no_time:
        assert rejected(service) == []


def test_a_report_without_a_time_that_had_waited_is_no_reading(service: Service, root: Path) -> None:
    """A freezer's temperature of an hour ago must not look like one of now; the next live one is taken."""
    service.command("migrate")
    topic, logger_id = f"zigbee2mqtt/waiting-{service.port}", f"zigbee2mqtt:waiting-{service.port}"
    service.start("serve", "ingest", UNBROKEN_DIALECTS=TABLE)
    eventually(lambda: connected(service), 20, "ingest connects")
    service.kill("ingest")
    publish(root, service, topic, {"temperature": -79.5}, "-q", "1")
    service.start("ingest", UNBROKEN_DIALECTS=TABLE)
    eventually(lambda: (topic, "time_unknown") in rejected(service), 20, "the report that waited is rejected")
    assert last_reading(service, logger_id) is None

    def read() -> bool:
        publish(root, service, topic, {"temperature": -60.5}, "-q", "1")
        return last_reading(service, logger_id) is not None

    eventually(read, 20, "a live report is read")
    reading = last_reading(service, logger_id)
    assert reading is not None
    assert (reading["temperature_c"], reading["stamped_on_arrival"]) == (-60.5, True)
