"""Loggers that count what the broker took."""

import contextlib
import json
import queue
import threading
import time
from datetime import datetime, timedelta

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from ingest.address import Broker
from tests.eventually import eventually
from tests.scenario import START

LOGGERS = 10

#: Logger, time, temperature, sequence number.
Row = tuple[str, datetime, float, int]


class Fleet:
    """Loggers that publish without end and count what the broker took; each reading is unlike every other."""

    def __init__(self, site: str, broker: Broker, rate_hz: float, every: timedelta) -> None:
        self.site = site
        self.every = every
        #: Numbers of messages the broker has acknowledged.
        self.taken: set[int] = set()
        #: Payloads to publish between the readings, with their topics below the site.
        self.strange: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self.strange_ones = 0
        self._rate_hz = rate_hz
        self._in_flight: dict[int, int] = {}
        self._again: list[int] = []
        self._ending = threading.Event()
        self._paused = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.max_inflight_messages_set(200)
        self._client.on_publish = self._on_publish
        self._client.username_pw_set(broker.username, broker.password)
        self._client.connect(broker.host, broker.port)
        self._thread = threading.Thread(target=self._publish)
        self._thread.start()

    def row(self, number: int) -> Row:
        """What message `number` says: logger, time, temperature, sequence number."""
        logger, seq = number % LOGGERS, number // LOGGERS
        return (f"{self.site}-{logger}", START + seq * self.every, round(-90 + logger + seq / 100_000, 5), seq)

    def rows(self) -> set[Row]:
        """All that the broker took."""
        return {self.row(number) for number in self.taken}

    def pause(self) -> None:
        """Publish nothing for a while, and return once everything published is taken."""
        self._paused.set()
        eventually(lambda: not self._in_flight and not self._again, 10, "all is taken")

    def resume(self) -> None:
        """Go on publishing."""
        self._paused.clear()

    def end(self) -> None:
        """Publish nothing new, and return once everything published is taken."""
        self._ending.set()
        self._thread.join(30)
        assert not self._thread.is_alive(), f"{len(self._in_flight)} messages were never acknowledged"

    def _publish(self) -> None:
        seen_s = time.monotonic()
        sent, due = 0, 1.0
        while not self._ending.is_set() or self._in_flight or self._again or not self.strange.empty():
            now_s = time.monotonic()
            quiet = self._ending.is_set() or self._paused.is_set()
            due = sent if quiet else due + (now_s - seen_s) * self._rate_hz
            seen_s = now_s
            while self._again and len(self._in_flight) < 150:
                self._send(self._again.pop())
            while sent < due and len(self._in_flight) < 150:
                self._send(sent)
                sent += 1
            with contextlib.suppress(queue.Empty):
                topic, payload = self.strange.get_nowait()
                self.strange_ones += 1
                self._in_flight[self._client.publish(f"coldchain/v1/{self.site}/{topic}", payload, qos=1).mid] = -1
            if self._client.loop(0.002) != mqtt.MQTT_ERR_SUCCESS:
                # The client sends again by itself what was not acknowledged.
                time.sleep(0.05)
                with contextlib.suppress(OSError):
                    self._client.reconnect()
        self._client.disconnect()

    def _send(self, number: int) -> None:
        logger_id, measured_at, temperature_c, seq = self.row(number)
        reading = {"measured_at": measured_at.isoformat(), "temperature_c": temperature_c, "seq": seq}
        topic = f"coldchain/v1/{self.site}/{logger_id}/readings"
        self._in_flight[self._client.publish(topic, json.dumps(reading), qos=1).mid] = number

    def _on_publish(
        self, _client: object, _userdata: object, mid: int, reason: ReasonCode, _properties: object
    ) -> None:
        number = self._in_flight.pop(mid, -1)
        if number >= 0 and reason.value == 0:
            self.taken.add(number)
        elif number >= 0:
            # "No matching subscribers": the broker says that it kept nothing.
            self._again.append(number)
