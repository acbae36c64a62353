"""``python -m benchmarks.pulse_publisher``: loggers whose freezers are all well, one reading a message, on MQTT.

At a rate, or as fast as the broker takes them, until SIGTERM; or with ``--once`` each logger once, all at a time, for
each line on the standard input. It says how many readings were published, and in how many seconds.
"""

import argparse
import itertools
import json
import os
import random
import sys
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.depot import topic
from ingest.address import parse_broker
from service.signals import stop_on_signal

#: Unacknowledged messages with which it waits for the broker: MQTT has 65,535 message ids.
_ON_THEIR_WAY = 20_000
#: A larger window is slower: paho looks it through.
_WINDOW = 200
_PACE_S = 0.005
_AT_ONCE = 20


class Publisher:
    """Publishes the readings of loggers, and counts what the broker acknowledged."""

    def __init__(self, mqtt_url: str, loggers: int) -> None:
        self._topics = itertools.cycle([topic(number) for number in range(loggers)])
        self._chance = random.Random(0)
        self.published = self._acknowledged = 0
        broker = parse_broker(mqtt_url)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.max_inflight_messages_set(_WINDOW)
        self._client.on_publish = self._on_publish
        self._client.username_pw_set(broker.username, broker.password)
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    def run(self, rate: float | None, stop: threading.Event) -> float:
        """Publish so many readings a second until told to stop; how long it took, seconds."""
        started_s = time.monotonic()
        while not stop.is_set():
            due = _AT_ONCE if rate is None else int(rate * (time.monotonic() - started_s)) - self.published
            room = _ON_THEIR_WAY - self.published + self._acknowledged
            if (count := min(due, room, _AT_ONCE)) > 0:
                self._publish(count)
            else:
                time.sleep(_PACE_S)
        return time.monotonic() - started_s

    def once(self, loggers: int) -> float:
        """One reading of each; how long it took, seconds."""
        started_s = time.monotonic()
        self._publish(loggers)
        self._wait()
        return time.monotonic() - started_s

    def end(self) -> None:
        """Leave when the broker has all."""
        self._wait()
        self._client.disconnect()
        self._client.loop_stop()

    def _publish(self, count: int) -> None:
        for _ in range(count):
            temperature_c = round(-80 + self._chance.uniform(-2, 2), 1)
            payload = f'{{"measured_at":{time.time_ns() // 1_000_000},"temperature_c":{temperature_c}}}'
            self._client.publish(next(self._topics), payload, qos=1)
        self.published += count

    def _wait(self) -> None:
        while self._acknowledged < self.published:
            time.sleep(_PACE_S)

    def _on_publish(self, *_: object) -> None:
        self._acknowledged += 1


def main() -> None:
    """Publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loggers", type=int, required=True)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--rate", type=float, help="readings a second; without it, as fast as the broker takes them")
    how.add_argument("--once", action="store_true", help="one reading of each logger, for each line of input")
    given = parser.parse_args()
    publisher = Publisher(os.environ["UNBROKEN_MQTT_URL"], given.loggers)
    print("ready", flush=True)
    if given.once:
        for _ in sys.stdin:
            print(json.dumps({"readings": given.loggers, "took_s": publisher.once(given.loggers)}), flush=True)
    else:
        took_s = publisher.run(given.rate, stop_on_signal())
        print(json.dumps({"readings": publisher.published, "took_s": took_s}), flush=True)
    publisher.end()


if __name__ == "__main__":
    main()
