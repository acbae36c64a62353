"""A client that hears what is published, and misses nothing while the broker is away."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.address import parse_broker


class Listener:
    """A subscriber with a session that outlives a connection, so that it misses nothing while it is away."""

    def __init__(self, url: str, topic: str) -> None:
        self.messages: list[tuple[str, bytes, bool]] = []
        self._read: list[tuple[str, str, Any]] = []
        self._messages_read = 0
        self._topic = topic
        self._subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"listener-{id(self)}", protocol=mqtt.MQTTv5)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        # Far quicker than any logger's second attempt: it is back before they are.
        self._client.reconnect_delay_set(min_delay=0.02, max_delay=0.02)  # type: ignore[arg-type]  # floats serve
        remember = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own gap
        remember.SessionExpiryInterval = 600
        broker = parse_broker(url)
        self._client.username_pw_set(broker.username, broker.password)
        # Mosquitto does not save a session that was begun with a clean start, however long it is to be kept.
        self._client.connect(broker.host, broker.port, clean_start=False, properties=remember)
        self._client.loop_start()
        assert self._subscribed.wait(20)

    def readings(self) -> list[tuple[str, str, Any]]:
        """(topic, measured_at, temperature) of every reading that arrived, repetitions included."""
        # Each message once: whoever waits for readings asks again and again.
        new = self.messages[self._messages_read :]
        self._messages_read += len(new)
        for topic, payload, _ in new:
            content = json.loads(payload)
            self._read += [
                (topic, reading["measured_at"], reading["temperature_c"])
                for reading in content.get("readings", [content])
            ]
        return list(self._read)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe(self._topic, qos=1)

    def _on_subscribe(self, *_: Any) -> None:
        self._subscribed.set()

    def _on_message(self, _client: mqtt.Client, _user: Any, message: mqtt.MQTTMessage) -> None:
        self.messages.append((message.topic, bytes(message.payload), message.retain))


@contextmanager
def listening(url: str, topic: str) -> Iterator[Listener]:
    listener = Listener(url, topic)
    try:
        yield listener
    finally:
        listener.close()
