"""Ingest's bounds, and what it notices: a real broker, a database that is away, a network loop that fails."""

import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from ingest.address import parse_broker
from ingest.backlog import MOST_BYTES
from ingest.receiver import Receiver
from ingest.writer import Writer
from service.local.broker import Broker
from service.settings import Settings
from tests.eventually import eventually
from tests.ports import free_port

BATCH = 20
WINDOW = 3 * BATCH


@pytest.fixture
def site() -> str:
    return f"watched-{uuid.uuid4().hex[:8]}"


@contextmanager
def receiving(
    broker: Broker, site: str, database_url: str, *, most_bytes: int = MOST_BYTES
) -> Iterator[tuple[Receiver, Writer]]:
    settings = Settings()
    writer = Writer(settings.clock(), settings.rejected_cap_bytes)
    receiver = Receiver(
        broker=parse_broker(broker.url),
        client_id=site,
        topics=[f"coldchain/v1/{site}/#"],
        database_url=database_url,
        writer=writer,
        batch_messages=BATCH,
        batch_age_s=0.02,
        keepalive_s=4,
        most_bytes=most_bytes,
    )
    stop = threading.Event()
    thread = threading.Thread(target=receiver.run, args=[stop])
    thread.start()
    try:
        eventually(receiver.is_connected, 30, "ingest connects")
        yield receiver, writer
    finally:
        stop.set()
        thread.join()


@contextmanager
def publishing(broker: Broker, site: str) -> Iterator[Callable[[bytes, int], None]]:
    address = parse_broker(broker.url)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(address.username, address.password)
    client.connect(address.host, address.port)
    client.loop_start()
    sent: list[mqtt.MQTTMessageInfo] = []
    yield lambda payload, qos: sent.append(client.publish(f"coldchain/v1/{site}/logger/readings", payload, qos=qos))
    for one in sent:
        one.wait_for_publish(20)
    client.disconnect()
    client.loop_stop()


def reading(number: int) -> bytes:
    return json.dumps({"measured_at": 1_767_225_600_000 + number * 1_000, "temperature_c": -80}).encode()


def nowhere() -> str:
    return f"postgresql://postgres@127.0.0.1:{free_port()}/nothing"


def test_what_waits_here_is_bounded(broker: Broker, site: str) -> None:
    """While the database is away readings wait with the broker; here are never more than its window allows."""
    with receiving(broker, site, nowhere()) as (receiver, _):
        for qos in (1, 0):
            with publishing(broker, site) as publish:
                for number in range(10 * WINDOW):
                    publish(reading(number), qos)
        time.sleep(0.3)
        assert 0 < len(receiver.batches) <= WINDOW


def test_reconnecting_does_not_fill_the_memory(broker: Broker, site: str) -> None:
    """Every new connection brings the same messages again: they are held once."""
    with receiving(broker, site, nowhere()) as (receiver, _):
        with publishing(broker, site) as publish:
            for number in range(10 * WINDOW):
                publish(reading(number), 1)
        for _ in range(3):
            broker.stop()
            broker.start()
            eventually(receiver.is_connected, 30, "ingest is back")
            time.sleep(0.5)
            assert 0 < len(receiver.batches) <= 2 * WINDOW + BATCH


def test_large_messages_are_bounded_by_their_size(broker: Broker, site: str, database_url: str) -> None:
    """A backlog of whole days in each message must not fill the memory either, and gets stored all the same."""
    large = b'{"measured_at": 1767225600000, "temperature_c": -80, "filling": "' + b"x" * 200_000 + b'"}'
    with receiving(broker, site, nowhere(), most_bytes=1 << 20) as (receiver, _):
        with publishing(broker, site) as publish:
            for _ in range(WINDOW):
                publish(large, 1)
        time.sleep(0.5)
        # Six fill what may wait; a batch that was refused and one that is ready may have been as much.
        assert 5 <= len(receiver.batches) <= 18
    with receiving(broker, site, database_url, most_bytes=1 << 20) as (receiver, writer):
        eventually(lambda: writer.tally.messages == WINDOW, 30, "all is stored")


@pytest.mark.parametrize("outcome", [MQTTErrorCode.MQTT_ERR_UNKNOWN, ZeroDivisionError("inside paho")])
def test_a_dead_loop_is_noticed(
    broker: Broker, site: str, database_url: str, monkeypatch: pytest.MonkeyPatch, outcome: object
) -> None:
    """A network loop that fails while the connection looks alive is given another connection."""
    original = mqtt.Client.loop
    failing = threading.Event()
    calls: list[float] = []

    def loop(client: mqtt.Client, timeout: float = 1.0) -> MQTTErrorCode:
        if not failing.is_set():
            return original(client, timeout)
        calls.append(timeout)
        if isinstance(outcome, Exception):
            raise outcome
        return MQTTErrorCode.MQTT_ERR_UNKNOWN

    with receiving(broker, site, database_url) as (receiver, writer):
        monkeypatch.setattr(mqtt.Client, "loop", loop)
        failing.set()
        eventually(lambda: not receiver.is_connected(), 5, "it is noticed")
        time.sleep(1.5)
        # Neither silent nor spinning.
        assert len(calls) <= 5
        failing.clear()
        with publishing(broker, site) as publish:
            publish(reading(0), 1)
        eventually(lambda: writer.tally.messages == 1, 30, "readings are stored again")


def test_a_batch_too_large_for_the_time_it_has_is_stored_in_smaller_ones(
    broker: Broker, site: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow database that would never manage the whole batch in time manages its parts."""
    original = Writer.write

    def write(writer: Writer, connection: object, messages: list[object], _prepared: object) -> None:
        if len(messages) > 3:
            raise TimeoutError("canceling statement due to statement timeout")
        original(writer, connection, messages)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(Writer, "write", write)
    with receiving(broker, site, database_url) as (_, writer):
        with publishing(broker, site) as publish:
            for number in range(2 * BATCH):
                publish(reading(number), 1)
        eventually(lambda: writer.tally.messages == 2 * BATCH, 30, "all is stored")


_HANGS = """
import sys, time
import ingest.process
import paho.mqtt.client as mqtt
loop = mqtt.Client.loop
def hang(client, timeout=1.0):
    if client.is_connected():
        time.sleep(1_000)
    return loop(client, timeout)
mqtt.Client.loop = hang
sys.exit(ingest.process.main(hung_s=2, alive_every_s=0.2))
"""


def test_a_process_that_hangs_ends(broker: Broker, site: str, database_url: str) -> None:
    """Ingest that will never receive again must not look alive: it ends, says where it hung, and is started anew."""
    settings = {
        "UNBROKEN_DATABASE_URL": database_url,
        "UNBROKEN_MQTT_URL": broker.url,
        "UNBROKEN_MQTT_CLIENT_ID": site,
    }
    ended = subprocess.run(
        [sys.executable, "-c", _HANGS], env=settings, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    assert "in hang" in ended.stderr
