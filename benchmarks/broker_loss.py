"""``python -m benchmarks.broker_loss``: what a Mosquitto killed without warning loses, by how it saves its store.

A publisher counts what was acknowledged; at a random moment the broker gets SIGKILL; after its restart, what a session
gets from it is counted. The difference had been promised and is gone. Two rates, 400 messages a second and as fast as
one publisher can; two states, nobody receiving (everything must outlive the kill) and a receiver that acknowledges at
once. Then the rates at which messages are taken, and handed out, while many are queued: what saving costs.
"""

import argparse
import os
import random
import signal
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from benchmarks.queue import session_properties
from service.local.process import HOST, ServerProcess
from service.local.servers import remove
from service.local.system import find_or_install

SETTINGS = {
    "autosave_interval 1": "autosave_interval 1",
    "autosave_interval 5": "autosave_interval 5",
    "autosave_interval 1800 (default)": "autosave_interval 1800",
    "on changes, every 1000": "autosave_on_changes true\nautosave_interval 1000",
    "on changes, every 100": "autosave_on_changes true\nautosave_interval 100",
    "on changes, every 10": "autosave_on_changes true\nautosave_interval 10",
    "on changes, every 1": "autosave_on_changes true\nautosave_interval 1",
}

_CONFIGURATION = """\
listener {port} {host}
allow_anonymous true
persistence true
persistence_location {home}/
max_queued_messages 0
max_inflight_messages 0
set_tcp_nodelay true
{saving}
"""
_TOPIC = "loss/readings"
_SESSION = "loss"
#: As long as a reading with its fields.
_FILLING = "x" * 100


class SavingBroker:
    """A Mosquitto of our own with one way of saving."""

    def __init__(self, root: Path, instance: str, saving: str) -> None:
        self._process = ServerProcess(root, instance, "mosquitto", "mosquitto")
        self._saving = saving

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._process.port

    def start(self) -> None:
        """Start with what it saved."""
        self._process.prepare()
        configuration = self._process.folder / "mosquitto.conf"
        home = self._process.inside(self._process.home)
        configuration.write_text(
            _CONFIGURATION.format(port=self.port, host=HOST, home=home, saving=self._saving), encoding="utf-8"
        )
        args = ["/usr/sbin/mosquitto", "-c", self._process.inside(configuration)]
        self._process.launch(args, self._is_ready, 60)

    def kill(self) -> None:
        """Without warning."""
        self._process.kill()

    def stop(self) -> None:
        """In order: it saves everything first."""
        self._process.stop(signal.SIGTERM, 60)

    def forget(self) -> None:
        """Stop, and start with nothing."""
        self.stop()
        for saved in self._process.home.glob("mosquitto.db*"):
            saved.unlink()
        self.start()

    def _is_ready(self) -> bool:
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True


class Receiver:
    """The session's client: acknowledges at once, and remembers the numbers."""

    def __init__(self, port: int) -> None:
        self.numbers: set[int] = set()
        self.count = 0
        self.heard_s = time.monotonic()
        self.subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, _SESSION, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: self.subscribed.set()
        self._client.connect(HOST, port, clean_start=False, properties=session_properties())
        self._client.loop_start()
        self._client.subscribe(_TOPIC, qos=1)
        assert self.subscribed.wait(30)

    def _on_message(self, _client: object, _userdata: object, message: mqtt.MQTTMessage) -> None:
        self.numbers.add(int(message.payload.split(b" ")[0]))
        self.count += 1
        self.heard_s = time.monotonic()

    def drain(self) -> None:
        """Return when nothing has come for a while."""
        while time.monotonic() - self.heard_s < 1:
            time.sleep(0.05)

    def end(self) -> None:
        """Leave; the session stays."""
        self._client.disconnect()
        self._client.loop_stop()


class Publisher:
    """Publishes until told to stop, and knows what was acknowledged."""

    def __init__(self, port: int, rate_hz: float | None) -> None:
        self._rate_hz = rate_hz
        self._infos: list[mqtt.MQTTMessageInfo] = []
        self._stop = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.max_inflight_messages_set(200)
        self._client.connect(HOST, port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._publish)
        self._thread.start()

    def _publish(self) -> None:
        started_s = time.monotonic()
        while not self._stop.is_set():
            sent = len(self._infos)
            if self._rate_hz is not None and sent >= (time.monotonic() - started_s) * self._rate_hz:
                time.sleep(0.001)
            elif sent >= 400 and not _acknowledged(self._infos[sent - 400]):
                time.sleep(0.0005)
            else:
                self._infos.append(self._client.publish(_TOPIC, f"{sent} {_FILLING}", qos=1))

    def end(self) -> set[int]:
        """Numbers of the messages that were acknowledged."""
        self._stop.set()
        self._thread.join()
        # Without its network nothing is sent again.
        self._client.loop_stop()
        return {number for number, info in enumerate(self._infos) if _acknowledged(info)}


def _acknowledged(info: mqtt.MQTTMessageInfo) -> bool:
    return info.rc == mqtt.MQTT_ERR_SUCCESS and info.is_published()


def loss(broker: SavingBroker, rate_hz: float | None, *, receiving: bool, after_s: float) -> tuple[int, int]:
    """How many were acknowledged, and how many of those are gone."""
    broker.forget()
    receiver = Receiver(broker.port)
    if not receiving:
        receiver.end()
    publisher = Publisher(broker.port, rate_hz)
    time.sleep(after_s)
    broker.kill()
    taken = publisher.end()
    if receiving:
        # What is in its socket still is not lost.
        receiver.drain()
        receiver.end()
    received = set(receiver.numbers)
    broker.start()
    after = Receiver(broker.port)
    after.drain()
    after.end()
    return len(taken), len(taken - received - after.numbers)


def rates_with_queued(root: Path, instance: str, saving: str, queued: int, for_s: float) -> tuple[float, float]:
    """Messages a second that one publisher gets acknowledged, and one receiver gets, while so many are queued."""
    filling = SavingBroker(root, instance, "autosave_interval 1800")
    filling.start()
    filling.forget()
    Receiver(filling.port).end()
    with _publishing(filling.port) as publisher:
        while publisher.acknowledged() < queued:
            time.sleep(0.01)
    filling.stop()
    broker = SavingBroker(root, instance, saving)
    broker.start()
    with _publishing(broker.port) as publisher:
        time.sleep(for_s)
        taken = publisher.acknowledged()
    receiver = Receiver(broker.port)
    time.sleep(for_s)
    handed_out = receiver.count
    receiver.end()
    broker.kill()
    return taken / for_s, handed_out / for_s


class Counting(Publisher):
    """A publisher that is watched while it works."""

    def __init__(self, port: int) -> None:
        self._seen = 0
        super().__init__(port, None)

    def acknowledged(self) -> int:
        """So far; they come in order."""
        while self._seen < len(self._infos) and _acknowledged(self._infos[self._seen]):
            self._seen += 1
        return self._seen


@contextmanager
def _publishing(port: int) -> Iterator[Counting]:
    publisher = Counting(port)
    yield publisher
    publisher.end()


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--queued", type=int, default=100_000)
    given = parser.parse_args()
    root = find_or_install(print)
    name = f"test-{os.getpid()}-loss"
    print("| saving | lost: 400/s, queued | full, queued | 400/s, received | full, received | long queue: in | out |")
    print("|---|---|---|---|---|---|---|")
    try:
        for title, saving in SETTINGS.items():
            broker = SavingBroker(root, name, saving)
            broker.start()
            cells = []
            for receiving in (False, True):
                for rate_hz in (400, None):
                    # A moment of an unknown phase of the saving.
                    moments = [random.uniform(1.5, 3) for _ in range(given.trials)]
                    trials = [loss(broker, rate_hz, receiving=receiving, after_s=moment) for moment in moments]
                    lost = sorted(gone for _, gone in trials)
                    taken = statistics.median(taken for taken, _ in trials)
                    cells.append(f"{statistics.median(lost):,.0f} ({lost[0]:,}–{lost[-1]:,}) of {taken:,.0f}")
            broker.kill()
            cells += [f"{rate:,.0f}/s" for rate in rates_with_queued(root, name, saving, given.queued, 4)]
            print(f"| {title} | {' | '.join(cells)} |", flush=True)
    finally:
        remove(name)


if __name__ == "__main__":
    main()
