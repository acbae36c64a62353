"""Many loggers behind one connection, as behind a radio gateway: for thousands, a connection each would cost too much.

It keeps what the broker has not acknowledged and sends it again. While the broker is away it makes no more than it can
hold: what was measured meanwhile is made later, for a logger's memory is its model.
"""

import heapq
import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import time

from simulators.link import Broker, Link, LinkLostError, LinkRefusedError
from simulators.publisher import Station, encode, topic_of

_POLL_S = 0.05
_IN_FLIGHT = 500
_MOST_UNSENT = 10_000
_RETRY_S = 0.5

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Message:
    topic: str
    payload: bytes
    readings: int


class Gateway:
    """Publishes what the loggers of many stations measure, each sample when its moment has come.

    Attributes:
        sent_readings: those that the broker has acknowledged.
    """

    def __init__(
        self, stations: Sequence[Station], broker: Broker, *, every_ms: int, clock: Callable[[], float] = time
    ) -> None:
        """Ready to run.

        Args:
            stations: each begins with a sample; all have one again after `every_ms`.
        """
        self.sent_readings = 0
        self._stations = stations
        self._broker = broker
        self._every_ms = every_ms
        self._clock = clock
        self._unsent: deque[_Message] = deque()
        self._in_flight: deque[_Message] = deque()
        #: When the next sample of each station is due, and which one that is.
        self._due = [(station.begins_ms, number) for number, station in enumerate(stations)]
        heapq.heapify(self._due)

    def run(self, stop: threading.Event) -> None:
        """Publish until told to stop, and the broker has what was made by then or is away.

        Raises:
            LinkRefusedError: the broker does not let us in, or not publish.
        """
        told = False
        while not (stop.is_set() and self._has_sent_all()):
            link = Link(self._broker, client_id=f"gateway-{uuid.uuid4().hex[:8]}", logger_id="gateway")
            try:
                link.open()
                told = False
                self._serve(link, stop)
            except LinkRefusedError:
                raise
            except LinkLostError as problem:
                if not told:
                    _log.warning("broker lost, what it does not have is kept: %s", problem)
                told = True
                self._unsent.extendleft(reversed(self._in_flight))
                self._in_flight.clear()
                if stop.wait(_RETRY_S):
                    return
            finally:
                link.close()

    def _has_sent_all(self) -> bool:
        return not (self._unsent or self._in_flight)

    def _serve(self, link: Link, stop: threading.Event) -> None:
        while not (stop.is_set() and self._has_sent_all()):
            if not stop.is_set():
                self._make()
            while self._unsent and len(self._in_flight) < _IN_FLIGHT:
                message = self._unsent.popleft()
                self._in_flight.append(message)
                link.send(message.topic, message.payload)
            for _ in range(link.service(_POLL_S)):
                self.sent_readings += self._in_flight.popleft().readings

    def _make(self) -> None:
        """Turn samples that are due into messages, as many as there is room for."""
        now_ms = int(self._clock() * 1_000)
        while self._due[0][0] <= now_ms and len(self._unsent) < _MOST_UNSENT:
            due_ms, number = self._due[0]
            station = self._stations[number]
            if samples := station.source.between(due_ms, due_ms + 1):
                payload = encode([sample.payload for sample in samples])
                self._unsent.append(_Message(topic_of(station.site, station.logger_id), payload, len(samples)))
            heapq.heapreplace(self._due, (due_ms + self._every_ms, number))
