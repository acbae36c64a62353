"""Thousands of virtual loggers behind one connection, on a real broker."""

import threading
from time import time
from typing import Protocol

from simulators.gateway import Gateway
from simulators.link import Broker
from simulators.publisher import Station, topic_of
from simulators.storehouse import Storehouse
from tests.eventually import eventually
from tests.listener import Listener, listening


class RealBroker(Protocol):
    """What the fixture `broker` gives."""

    url: str

    def stop(self) -> None: ...
    def start(self) -> None: ...


def await_each(listener: Listener, stations: list[Station], until_ms: int, what: str) -> None:
    """Wait until every sample of every logger up to a moment has come."""
    wanted = {
        (topic_of(one.site, one.logger_id), sample.payload["measured_at"])
        for one in stations
        for sample in one.source.between(one.begins_ms, until_ms)
    }
    eventually(lambda: wanted <= {(topic, at) for topic, at, _ in listener.readings()}, 30, what)


def test_readings_of_a_thousand_loggers_outlive_the_broker(broker: RealBroker) -> None:
    """What loggers behind a gateway measured while the broker was away comes afterwards: nothing is lost.

    The broker saves before it goes: one that is killed may lose what it took since its last save, gateway or not.
    """
    born_ms = int(time() * 1_000)
    stations = Storehouse(1_000, born_ms, every_s=1).stations(born_ms)
    gateway = Gateway(stations, Broker.from_url(broker.url), every_ms=1_000)
    stop = threading.Event()
    running = threading.Thread(target=gateway.run, args=[stop])
    with listening(broker.url, "coldchain/v1/+/+/readings") as listener:
        running.start()
        try:
            await_each(listener, stations, born_ms + 1_000, "all have reported")
            broker.stop()
            meanwhile_ms = int(time() * 1_000) + 1_000
            eventually(lambda: time() * 1_000 > meanwhile_ms, 30, "a second later")
            broker.start()
            await_each(listener, stations, meanwhile_ms, "all have come")
        finally:
            stop.set()
            running.join()
        eventually(lambda: len(listener.readings()) >= gateway.sent_readings, 30, "what the broker has is heard")
