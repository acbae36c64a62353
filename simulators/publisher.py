"""Virtual loggers on MQTT: store and forward, one connection a logger, as real ones have.

A logger's memory is its model: any sample can be made again. So only one figure a logger must survive, up to
which moment the broker has acknowledged everything; from there on all is sent, in order, again if need be.
"""

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, time
from typing import Protocol

from simulators.link import Broker, Link, LinkLostError, LinkRefusedError
from simulators.logger import Sample, Window
from simulators.state import WorldState

MOST_PER_MESSAGE = 100
_IN_FLIGHT = 8
_SLICE_MS = 86_400_000
_RETRY_FIRST_S = 0.25
_RETRY_MOST_S = 5.0

_log = logging.getLogger(__name__)


def topic_of(site: str, logger_id: str, leaf: str = "readings") -> str:
    """The topic of a logger's readings, or of its status."""
    return f"coldchain/v1/{site}/{logger_id}/{leaf}"


def encode(readings: Sequence[Mapping[str, object]]) -> bytes:
    """One reading as an object, several as `{"readings": [...]}`; JSON in UTF-8, NaN refused."""
    content: object = readings[0] if len(readings) == 1 else {"readings": list(readings)}
    return json.dumps(content, separators=(",", ":"), allow_nan=False).encode()


class Source(Protocol):
    """Anything that can say again and again what it measured in a window."""

    def between(self, from_ms: int, until_ms: int) -> list[Sample]:
        """The samples of [from, until), ordered by time."""
        ...


@dataclass(frozen=True, slots=True)
class Station:
    """A source and how it reaches us: `begins_ms` is its first sample, `offline` when it has no network."""

    site: str
    logger_id: str
    source: Source
    begins_ms: int
    offline: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class _Batch:
    until_ms: int
    payload: bytes
    readings: int


class VirtualLogger(threading.Thread):
    """Publishes one station for as long as it runs; keeps what was not acknowledged and sends it again."""

    def __init__(
        self,
        station: Station,
        broker: Broker,
        state: WorldState,
        *,
        clock: Callable[[], float] = time,
        poll_s: float = 0.5,
    ) -> None:
        super().__init__(name=f"logger {station.logger_id}", daemon=True)
        self.station = station
        self.connected = False
        self.sent_readings = 0
        self.is_caught_up = False
        self.problem: str | None = None
        self._broker = broker
        self._state = state
        self._clock = clock
        self._poll_s = poll_s
        self._retry_s = _RETRY_FIRST_S
        self._stopping = threading.Event()
        known_ms = state.acknowledged_until_ms(station.logger_id)
        self._acknowledged_ms = station.begins_ms if known_ms is None else known_ms
        self._made_ms = self._acknowledged_ms
        self._unsent: deque[_Batch] = deque()
        self._in_flight: deque[_Batch] = deque()

    @property
    def is_cut_off(self) -> bool:
        """Whether it wants the broker and the broker is not there."""
        return self.problem is not None

    def stop(self) -> None:
        """Ask it to end; it needs about `poll_s`."""
        self._stopping.set()

    def run(self) -> None:
        """Connect whenever there is a network and something to say; until stopped."""
        while not self._stopping.is_set():
            if not self._wants_network():
                self.is_caught_up, self.problem = True, None
                self._stopping.wait(self._poll_s)
                continue
            try:
                self._session()
            except LinkLostError as problem:
                if isinstance(problem, LinkRefusedError) and self.problem is None:
                    _log.warning("refused logger=%s: %s", self.station.logger_id, problem)
                self.problem = str(problem)
                self._stopping.wait(self._retry_s)
                self._retry_s = min(_RETRY_MOST_S, 2 * self._retry_s)
            except Exception:
                # A thread that dies silently would look like a logger without news.
                _log.exception("error logger=%s", self.station.logger_id)
                self._stopping.wait(_RETRY_MOST_S)

    def _now_ms(self) -> int:
        return int(self._clock() * 1_000)

    def _window_at(self, now_ms: int) -> Window | None:
        return next((window for window in self.station.offline if window.holds(now_ms)), None)

    def _horizon_ms(self) -> int:
        """Up to where samples can leave by now: not past the moment the network was lost."""
        now_ms = self._now_ms()
        window = self._window_at(now_ms)
        return now_ms if window is None else window.from_ms

    def _wants_network(self) -> bool:
        if self._window_at(self._now_ms()) is None:
            return True
        return bool(self.station.source.between(self._acknowledged_ms, self._horizon_ms()))

    def _session(self) -> None:
        """One connection, from beginning to end. Ends normally when stopped or out of reach."""
        station = self.station
        self._unsent.clear()
        self._in_flight.clear()
        self._made_ms = self._acknowledged_ms
        status_topic = topic_of(station.site, station.logger_id, "status")
        link = Link(self._broker, client_id=station.logger_id, logger_id=station.logger_id, status_topic=status_topic)
        try:
            link.open()
            self.connected = True
            self.problem = None
            while not self._stopping.is_set():
                made_all = self._make()
                self._send(link)
                if made_all and not self._unsent and not self._in_flight:
                    self.is_caught_up = True
                    if self._window_at(self._now_ms()) is not None:
                        return
                self._note(link.service(self._poll_s))
        finally:
            self.connected = False
            link.close()

    def _make(self) -> bool:
        """Turn samples into messages, at most a day of them at once; whether that was all there is by now."""
        horizon_ms = self._horizon_ms()
        until_ms = min(horizon_ms, self._made_ms + _SLICE_MS)
        if self._unsent or until_ms <= self._made_ms:
            return until_ms == horizon_ms
        samples = self.station.source.between(self._made_ms, until_ms)
        for first in range(0, len(samples), MOST_PER_MESSAGE):
            part = samples[first : first + MOST_PER_MESSAGE]
            payload = encode([sample.payload for sample in part])
            self._unsent.append(_Batch(part[-1].at_ms + 1, payload, len(part)))
        self._made_ms = until_ms
        return until_ms == horizon_ms

    def _send(self, link: Link) -> None:
        topic = topic_of(self.station.site, self.station.logger_id)
        while self._unsent and len(self._in_flight) < _IN_FLIGHT:
            batch = self._unsent.popleft()
            link.send(topic, batch.payload)
            self._in_flight.append(batch)

    def _note(self, acknowledged: int) -> None:
        for _ in range(acknowledged):
            batch = self._in_flight.popleft()
            self._acknowledged_ms = batch.until_ms
            self._state.acknowledge(self.station.logger_id, batch.until_ms)
            self.sent_readings += batch.readings
            self._retry_s = _RETRY_FIRST_S


class Fleet:
    """All virtual loggers of a world."""

    def __init__(
        self,
        stations: Sequence[Station],
        broker: Broker,
        state: WorldState,
        *,
        clock: Callable[[], float] = time,
        poll_s: float = 0.5,
    ) -> None:
        self._state = state
        self.loggers = [VirtualLogger(station, broker, state, clock=clock, poll_s=poll_s) for station in stations]

    @property
    def sent_readings(self) -> int:
        """Readings acknowledged since the fleet was made; a reading sent twice counts twice."""
        return sum(logger.sent_readings for logger in self.loggers)

    @property
    def is_caught_up(self) -> bool:
        """Whether every logger has sent the backlog it started with, as far as the script gives it a network."""
        return all(logger.is_caught_up for logger in self.loggers)

    @property
    def cut_off(self) -> int:
        """How many loggers want the broker and cannot reach it."""
        return sum(logger.is_cut_off for logger in self.loggers)

    def start(self) -> None:
        """Let every logger run."""
        for logger in self.loggers:
            logger.start()

    def stop(self, timeout_s: float = 1.5) -> None:
        """Stop all, wait no longer than `timeout_s` altogether, and save what was acknowledged."""
        for logger in self.loggers:
            logger.stop()
        deadline = monotonic() + timeout_s
        for logger in self.loggers:
            logger.join(max(0.0, deadline - monotonic()))
        self._state.save()
