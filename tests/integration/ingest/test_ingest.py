"""The door in: a real broker, a real database, one receiver in between."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.address import Broker as BrokerAddress
from ingest.address import parse_broker
from ingest.receiver import Receiver
from ingest.writer import Writer
from service.errors import SettingError
from service.local.broker import Broker
from service.settings import Settings
from service.store.pool import Connection
from service.store.series import readings as store

GOOD = {"measured_at": "2026-03-01T00:00:00Z", "temperature_c": -80.0}


def eventually(holds: Callable[[], bool], within_s: float = 10.0) -> None:
    deadline_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline_s, "it did not come true in time"
        time.sleep(0.02)


def count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) AS n FROM readings").fetchone()
    assert row is not None
    return int(row["n"])


class Site:
    """Topics of its own on the shared broker, and a receiver that listens to them."""

    def __init__(self, broker: Broker, database_url: str) -> None:
        self.name = f"site-{uuid.uuid4().hex[:8]}"
        self.address = parse_broker(broker.url)
        self._database_url = database_url

    def publish(self, payload: object, topic: str = "logger/readings", *, retain: bool = False, qos: int = 1) -> None:
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(self.address.username, self.address.password)
        client.connect(self.address.host, self.address.port)
        client.loop_start()
        sent = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        client.publish(f"coldchain/v1/{self.name}/{topic}", sent, qos=qos, retain=retain).wait_for_publish(5)
        client.disconnect()
        client.loop_stop()

    @contextmanager
    def receiving(self) -> Iterator[Writer]:
        settings = Settings()
        writer = Writer(settings.clock(), settings.rejected_cap_bytes)
        receiver = Receiver(
            broker=self.address,
            client_id=self.name,
            topics=[f"coldchain/v1/{self.name}/#"],
            database_url=self._database_url,
            writer=writer,
            batch_messages=100,
            batch_age_s=0.05,
        )
        stop = threading.Event()
        thread = threading.Thread(target=receiver.run, args=[stop])
        thread.start()
        try:
            eventually(receiver.is_connected)
            yield writer
        finally:
            stop.set()
            thread.join()


@pytest.fixture
def site(broker: Broker, database_url: str) -> Site:
    return Site(broker, database_url)


def test_a_published_reading_is_stored(site: Site, connection: Connection) -> None:
    """A logger nobody registered is heard and listed all the same."""
    with site.receiving():
        site.publish(GOOD)
        eventually(lambda: count(connection) == 1)
    row = connection.execute("SELECT id, topic_site, registered_at FROM loggers").fetchone()
    assert row == {"id": "logger", "topic_site": site.name, "registered_at": None}


def test_readings_published_while_nobody_receives_are_kept_by_the_broker(site: Site, connection: Connection) -> None:
    """The session outlives the process: what was published meanwhile is delivered afterwards."""
    with site.receiving():
        pass
    for minute in range(10):
        site.publish({**GOOD, "measured_at": f"2026-03-01T00:{minute:02d}:00Z"})
    with site.receiving():
        eventually(lambda: count(connection) == 10)


def test_bad_messages_are_kept_once_each_and_stop_nothing(site: Site, connection: Connection) -> None:
    """What cannot be taken is kept with its reason, where someone can mend it."""
    with site.receiving() as writer:
        for _ in range(2):
            site.publish(b"not json")
        site.publish(b"\x00" * (1 << 20) + b"\x01")
        site.publish(GOOD, topic="logger/temperature")
        site.publish([GOOD, {**GOOD, "measured_at": "x"}])
        site.publish(b"maybe", topic="logger/status")
        eventually(lambda: writer.tally.messages == 6)
    rows = connection.execute(
        "SELECT code, times, payload_size, octet_length(payload) AS kept FROM rejected_messages ORDER BY code"
    ).fetchall()
    assert [tuple(row.values()) for row in rows] == [
        ("not_json", 2, 8, 8),
        ("status_unknown", 1, 5, 5),
        ("time_unreadable", 1, rows[2]["kept"], rows[2]["kept"]),
        ("too_large", 1, (1 << 20) + 1, 1 << 16),
        ("topic_unknown", 1, rows[4]["kept"], rows[4]["kept"]),
    ]
    assert count(connection) == 1


def test_a_retained_reading_is_no_news(site: Site, connection: Connection) -> None:
    """A broker repeats what it retained to every subscriber; that measures nothing."""
    site.publish(GOOD, retain=True)
    with site.receiving() as writer:
        eventually(lambda: writer.tally.retained == 1)
    assert count(connection) == 0


def test_a_logger_says_whether_it_is_online(site: Site, connection: Connection) -> None:
    """The status is retained, so that it is known after a restart too."""
    site.publish(b"online", topic="logger/status", retain=True)
    with site.receiving() as writer:
        eventually(lambda: writer.tally.messages == 1)
        site.publish(b"offline", topic="logger/status", retain=True)
        eventually(lambda: connection.execute("SELECT online FROM loggers").fetchone() == {"online": False})


def test_a_row_the_database_refuses_costs_no_other(site: Site, connection: Connection) -> None:
    """One poisoned message among good ones in a batch is found and set aside."""
    connection.execute("ALTER TABLE readings ADD CONSTRAINT no_hundred CHECK (temperature_c <> 100)")
    with site.receiving():
        pass
    for minute in range(9):
        temperature = 100 if minute == 4 else -80
        site.publish({"measured_at": f"2026-03-01T00:{minute:02d}:00Z", "temperature_c": temperature})
    with site.receiving() as writer:
        eventually(lambda: writer.tally.messages == 9)
    assert count(connection) == 8
    rows = connection.execute("SELECT code FROM rejected_messages").fetchall()
    assert [row["code"] for row in rows] == ["cannot_store"]


def test_messages_wait_while_the_database_refuses(
    site: Site, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is acknowledged before it is committed, and nothing is lost meanwhile."""
    away = threading.Event()
    away.set()
    original = store.store_readings

    def unsteady(*args: object) -> object:
        if away.is_set():
            raise store.psycopg.OperationalError("the server is away")
        return original(*args)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr("ingest.writer.store_readings", unsteady)
    with site.receiving() as writer:
        for minute in range(5):
            site.publish({**GOOD, "measured_at": f"2026-03-01T00:{minute:02d}:00Z"})
        time.sleep(0.5)
        assert writer.tally.messages == 0
        away.clear()
        eventually(lambda: count(connection) == 5)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtt://localhost", BrokerAddress("localhost", 1883, False, None, None)),
        ("mqtts://me:p%40ss@broker.example:9000", BrokerAddress("broker.example", 9000, True, "me", "p@ss")),
    ],
)
def test_a_broker_is_named_by_its_address(url: str, address: BrokerAddress) -> None:
    """One setting says where the broker is and who we are there."""
    assert parse_broker(url) == address


def test_a_wrong_broker_address_says_how_to_write_it() -> None:
    """A setting that cannot be used names itself."""
    with pytest.raises(SettingError, match="UNBROKEN_MQTT_URL is no address of a broker; write it as mqtt://"):
        parse_broker("localhost:1883")
