"""``python -m benchmarks.latency_fleet``: a fleet whose freezers are all well, on MQTT until SIGTERM.

Half of the readings come one by one, half ten in an array, each logger at equal intervals. At the end it says how many
readings the broker has acknowledged, and in how many seconds they were published.
"""

import argparse
import itertools
import json
import os
import random
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.latency_freezers import Freezer, fleet, topic
from ingest.address import parse_broker
from service.signals import stop_on_signal

IN_ARRAY = 10
#: Unacknowledged messages with which the fleet waits for the broker.
_ON_THEIR_WAY = 5_000
_PACE_S = 0.005


class Publisher:
    """Publishes the readings of loggers, and counts what the broker acknowledged."""

    def __init__(self, mqtt_url: str, freezers: list[Freezer], rate: float) -> None:
        self._interval_ms = 1_000 * len(freezers) / rate
        half = len(freezers) // 2
        self._singles = itertools.cycle(freezers[:half])
        self._arrays = itertools.cycle(freezers[half:])
        self._sent_of = dict.fromkeys(freezers, 0)
        self._chance = random.Random(0)
        self._messages = self._acknowledged = 0
        self.readings = 0
        broker = parse_broker(mqtt_url)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.max_inflight_messages_set(2_000)
        self._client.on_publish = self._on_publish
        self._client.username_pw_set(broker.username, broker.password)
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    def run(self, rate: float, stop: threading.Event) -> float:
        """Publish so many readings a second until told to stop, and the broker has all; how long it took, seconds."""
        started_s = time.time()
        while not stop.is_set():
            due = rate * (time.time() - started_s)
            while self.readings < due and self._messages - self._acknowledged < _ON_THEIR_WAY:
                for _ in range(IN_ARRAY):
                    self._publish(next(self._singles), 1, started_s)
                self._publish(next(self._arrays), IN_ARRAY, started_s)
            time.sleep(_PACE_S)
        took_s = time.time() - started_s
        while self._acknowledged < self._messages:
            time.sleep(_PACE_S)
        self._client.disconnect()
        self._client.loop_stop()
        return took_s

    def _publish(self, freezer: Freezer, count: int, started_s: float) -> None:
        first, begin_ms = self._sent_of[freezer], 1_000 * started_s
        self._sent_of[freezer] += count
        readings = [
            {
                "measured_at": int(begin_ms + (first + number) * self._interval_ms),
                "temperature_c": round(-80 + self._chance.uniform(-2, 2), 1),
            }
            for number in range(count)
        ]
        self._client.publish(topic(freezer), json.dumps(readings[0] if count == 1 else readings), qos=1)
        self._messages += 1
        self.readings += count

    def _on_publish(self, *_: object) -> None:
        self._acknowledged += 1


def main() -> None:
    """Publish until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loggers", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True, help="readings a second")
    given = parser.parse_args()
    publisher = Publisher(os.environ["UNBROKEN_MQTT_URL"], fleet(given.loggers), given.rate)
    took_s = publisher.run(given.rate, stop_on_signal())
    print(json.dumps({"readings": publisher.readings, "took_s": took_s}), flush=True)


if __name__ == "__main__":
    main()
