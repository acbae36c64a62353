"""One ingest process: what the broker delivers is gathered into batches, stored, and acknowledged only after COMMIT.

Messages are received, decoded and acknowledged in one thread; `Batches` has them stored in a second one. What is not
acknowledged the broker keeps, so that a process may be killed at any moment.

``run`` says at least every few seconds that it is alive, so that whoever started it can end a process that no longer
does. What the loop itself does is noted in `HealthWatch`, for those who ask whether ingest is well.
"""

import threading
import time
from collections.abc import Callable, Sequence

import structlog

from ingest.address import Broker
from ingest.backlog import MOST_BYTES
from ingest.batches import Batches
from ingest.echo_marks import EchoMarks
from ingest.health import Health, HealthWatch
from ingest.messages import Message
from ingest.session import Session
from ingest.writer import Writer
from service.store.intake.heartbeats import Counters

log = structlog.get_logger()

_KEEPALIVE_S = 20
#: While a batch is being stored: how long to wait for a message before looking whether it is done.
_ROUND_S = 0.002
#: When nothing came for this long, what is here is stored without waiting for more.
_QUIET_S = 0.005
#: With nothing here, how long to wait for a message.
_IDLE_S = 0.05
ALIVE_EVERY_S = 5.0
_TALLY_EVERY_S = 60.0
#: The largest ReceiveMaximum of MQTT.
_LARGEST_WINDOW = 65_535


def _now_us() -> int:
    return time.time_ns() // 1_000


class Receiver:
    """One ingest process: receives, stores, acknowledges.

    Attributes:
        batches: what was received and is not committed yet.
    """

    def __init__(
        self,
        *,
        broker: Broker,
        client_id: str,
        topics: Sequence[str],
        database_url: str,
        writer: Writer,
        batch_messages: int,
        batch_age_s: float,
        keepalive_s: int = _KEEPALIVE_S,
        most_bytes: int = MOST_BYTES,
        alive_every_s: float = ALIVE_EVERY_S,
        marks: EchoMarks | None = None,
        stamps_arrivals: bool = True,
        clock_us: Callable[[], int] = _now_us,
    ) -> None:
        self._writer = writer
        self._marks = marks
        self._health = HealthWatch()
        self._idle_s = min(_IDLE_S, batch_age_s)
        self._dropped_qos0 = 0
        # Three batches: one being stored, one ready, one on its way.
        self._window = min(3 * batch_messages, _LARGEST_WINDOW)
        self.batches = Batches(
            database_url,
            writer,
            window=self._window,
            batch_messages=batch_messages,
            batch_age_s=batch_age_s,
            keepalive_s=keepalive_s,
            most_bytes=most_bytes,
            health=self._health,
        )
        self._alive_every_s = alive_every_s
        self._session = Session(
            broker=broker,
            client_id=client_id,
            topics=topics,
            window=self._window,
            keepalive_s=keepalive_s,
            connect_within_s=alive_every_s,
            marks=marks,
            stamps_arrivals=stamps_arrivals,
            health=self._health,
            # The broker delivers again what was not acknowledged, yet what came before stays: a broker that was
            # killed, or lost the session, may know less than we do. Storing a reading twice changes nothing.
            on_connect=self.batches.drop_duplicates,
            on_message=self._take,
            clock_us=clock_us,
        )

    def _take(self, message: Message) -> None:
        if message.qos == 0 and self.batches.held() >= self._window:
            # Nothing was promised for QoS 0, and nothing bounds it.
            self._dropped_qos0 += 1
            return
        self.batches.add(message)

    def is_connected(self) -> bool:
        """Whether the broker has let us in, and keeps from now on what is published for us."""
        return self._session.is_connected()

    def counters(self) -> Counters:
        """What has become of everything so far, by cause; any thread may ask."""
        tally = self._writer.tally
        return {
            "messages": {"all": tally.messages},
            "readings": {"new": tally.new, "known": tally.known, "conflicting": tally.conflicting},
            "rejected": dict(tally.rejected),
            "unkept": {
                "only_counted": tally.only_counted,
                "set_aside": tally.set_aside,
                "no_room_aside": tally.no_room,
            },
            "passed_over": {
                "retained": tally.retained,
                "no_temperature": tally.ignored,
                "unknown_field": tally.unknown_fields,
                "dropped_qos0": self._dropped_qos0,
                "foreign_mark": self._marks.not_ours if self._marks else 0,
            },
        }

    def health(self) -> Health:
        """Whether it hears and stores; any thread may ask."""
        return self._health.now(time.monotonic())

    def run(self, stop: threading.Event, alive: Callable[[], None] = lambda: None) -> None:
        """Receive until told to stop, calling `alive` every few seconds. The broker keeps what is not committed."""
        alive_at_s = 0.0
        tally_at_s = time.monotonic() + _TALLY_EVERY_S
        while not stop.is_set():
            before = len(self.batches)
            self._session.receive(stop, listen_s=self._listen_s(), full=self.batches.is_full())
            quiet = len(self.batches) == before
            self._session.acknowledge(self.batches.committed())
            self.batches.begin_if_due(quiet=quiet)
            now_s = time.monotonic()
            self._health.round(now_s, heard=self._session.has_heard(), waiting=self.batches.held())
            if now_s >= alive_at_s:
                alive_at_s = now_s + self._alive_every_s
                alive()
                if now_s >= tally_at_s:
                    tally_at_s = now_s + _TALLY_EVERY_S
                    self._log_tally()
        for committed in self.batches.finish():
            self._session.acknowledge(committed)
        self._log_tally()
        self._session.disconnect()
        self.batches.close(within_s=self._alive_every_s)

    def _listen_s(self) -> float:
        if self.batches.is_storing() or self.batches.is_full():
            return _ROUND_S
        return _QUIET_S if len(self.batches) else self._idle_s

    def _log_tally(self) -> None:
        tally = self._writer.tally
        log.info(
            "so far",
            messages=tally.messages,
            stored=tally.new,
            known=tally.known,
            conflicting=tally.conflicting,
            rejected=tally.rejected.total(),
            retained=tally.retained,
            ignored=tally.ignored,
            unknown_fields=tally.unknown_fields,
            dropped_qos0=self._dropped_qos0,
        )
