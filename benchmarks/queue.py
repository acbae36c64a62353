"""A broker session with messages waiting in it."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.address import Broker

LOGGERS = 100
_ON_THEIR_WAY = 20_000
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Queue:
    """A session `client_id` subscribed to `topic`, holding `messages` messages of `per_message` readings."""

    broker: Broker
    client_id: str
    topic: str
    messages: int
    per_message: int


def session_properties(window: int = 10_000) -> Properties:
    """Of a session that outlives its connection."""
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 3_600
    properties.ReceiveMaximum = window
    return properties


def filled_queue(
    broker: Broker, messages: int, per_message: int, change: Callable[[int, bytes], bytes] = lambda _number, said: said
) -> Queue:
    """Open a session, leave it, and publish to it until the broker has acknowledged everything."""
    site = f"bench-{uuid.uuid4().hex[:8]}"
    queue = Queue(broker, site, f"coldchain/v1/{site}/#", messages, per_message)
    _open_session(queue)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(200)
    client.username_pw_set(broker.username, broker.password)
    client.connect(broker.host, broker.port)
    client.loop_start()
    # MQTT has 65,535 message ids, so that many at most may be on their way.
    for first in range(0, messages, _ON_THEIR_WAY):
        sent = [
            client.publish(
                f"coldchain/v1/{site}/{site}-{number % LOGGERS}/readings",
                change(number, payload(number, per_message)),
                qos=1,
            )
            for number in range(first, min(first + _ON_THEIR_WAY, messages))
        ]
        for one in sent:
            one.wait_for_publish(120)
    client.disconnect()
    client.loop_stop()
    return queue


def payload(number: int, per_message: int) -> bytes:
    """Message `number`: its logger's next `per_message` readings, a minute apart."""
    start = (number // LOGGERS) * per_message
    readings = [
        {
            "measured_at": (FIRST + timedelta(minutes=start + i)).isoformat().replace("+00:00", "Z"),
            "temperature_c": -80 + (start + i) % 50 / 10,
        }
        for i in range(per_message)
    ]
    return json.dumps(readings[0] if per_message == 1 else readings).encode()


def _open_session(queue: Queue) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=queue.client_id, protocol=MQTTProtocolVersion.MQTTv5)
    subscribed: list[bool] = []
    client.on_subscribe = lambda *_: subscribed.append(True)
    client.on_connect = lambda *_: client.subscribe(queue.topic, qos=1)
    client.username_pw_set(queue.broker.username, queue.broker.password)
    client.connect(queue.broker.host, queue.broker.port, clean_start=False, properties=session_properties())
    while not subscribed:
        client.loop(0.1)
    client.disconnect()
