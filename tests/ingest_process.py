"""One ingest process as an operator runs it, on topics of its own, and loggers that publish there."""

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ingest.address import parse_broker
from tests.database_roles import url_as
from tests.eventually import eventually

FIRST_MS = 1_767_225_600_000


def reading(number: int, temperature_c: float = -80.0, **more: Any) -> bytes:
    """A logger's message number so and so, a second after the one before."""
    return json.dumps({"measured_at": FIRST_MS + number * 1_000, "temperature_c": temperature_c, **more}).encode()


class Site:
    """Topics below `coldchain/v1/{name}/`, and whoever ingests them."""

    def __init__(self, broker_url: str, database_url: str, folder: Path) -> None:
        self.name = f"site-{uuid.uuid4().hex[:8]}"
        self.folder = folder / "set-aside"
        self.log = folder / "ingest.log"
        self._address = parse_broker(broker_url)
        self._environment = {
            **os.environ,
            "UNBROKEN_DATABASE_URL": url_as(database_url, "ingest"),
            "UNBROKEN_MQTT_URL": broker_url,
            "UNBROKEN_MQTT_CLIENT_ID": self.name,
            "UNBROKEN_DIALECTS": json.dumps({f"coldchain/v1/{self.name}/#": "coldchain_v1"}),
            "UNBROKEN_MQTT_KEEPALIVE_S": "4",
            "UNBROKEN_SET_ASIDE_DIR": str(self.folder),
        }

    @contextmanager
    def ingesting(self, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
        """Meanwhile ingest runs; it has subscribed when the block begins."""
        connected = self.said("connected to the broker")
        environment = self._environment | {f"UNBROKEN_{name.upper()}": value for name, value in settings.items()}
        with self.log.open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", "ingest"], env=environment, stdout=log, stderr=log)
        try:
            eventually(lambda: self.said("connected to the broker") > connected, 30, "ingest connects")
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)

    def said(self, words: str) -> int:
        """How often ingest has said this."""
        return self.log.read_text(errors="replace").count(words) if self.log.exists() else 0

    def publish(self, *messages: tuple[str, bytes]) -> None:
        """Publish in this order, each to a topic below the site's, until the broker has them all."""
        self.publish_anywhere(*((f"coldchain/v1/{self.name}/{topic}", payload) for topic, payload in messages))

    def publish_anywhere(self, *messages: tuple[str, bytes], retain: bool = False, qos: int = 1) -> None:
        """Publish in this order, until the broker has them all."""
        with self.client() as client:
            sent = [client.publish(topic, payload, qos=qos, retain=retain) for topic, payload in messages]
            for one in sent:
                one.wait_for_publish(20)

    @contextmanager
    def client(self, hears: Callable[[bytes], None] | None = None, topic: str = "") -> Iterator[mqtt.Client]:
        """Somebody else on the broker, who may listen to a topic."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        if hears is not None:
            client.on_connect = lambda *_: client.subscribe(topic, qos=1)
            client.on_message = lambda _client, _userdata, message: hears(message.payload)
        client.username_pw_set(self._address.username, self._address.password)
        client.connect(self._address.host, self._address.port)
        client.loop_start()
        yield client
        client.disconnect()
        client.loop_stop()
