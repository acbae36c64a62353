"""The MQTT side: a persistent session, and PUBACKs only after COMMIT, in the order of arrival.

Messages are gathered, decoded and acknowledged in one thread, by paho's own ``loop()``; one batch at a time is stored
in a second one, and the next is made ready meanwhile, so that the database never waits for us. While it is away both
wait in memory; what is not acknowledged the broker keeps, and ReceiveMaximum bounds how much is here at a time.

What is watched: an error or exception of the network loop ends the connection, and another is made; a silent broker is
noticed within two keepalives; a batch not stored within two has its database connection cut; and ``run`` says at least
every few seconds that it is alive, so that whoever started it can end a process that no longer does. What the loop
itself does is noted in `Working`, for those who ask whether ingest is well.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any

import structlog
from paho.mqtt.client import MQTT_ERR_SUCCESS, Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.address import Broker
from ingest.liveness import Liveness
from ingest.messages import Message, Prepared
from ingest.storer import Storer
from ingest.waiting import Waiting
from ingest.working import Work, Working
from ingest.writer import Writer
from service.logs import Outage
from service.store.intake.tallies import Counters

log = structlog.get_logger()

_KEEPALIVE_S = 20
#: Of a keepalive: a statement that takes longer is given up.
_STATEMENT_SHARE = 0.75
#: The broker keeps our session, and every reading for it, this long after we vanish: a week of holidays and more.
_SESSION_EXPIRY_S = 14 * 24 * 3_600
#: Between one connection to the broker and the next: two processes of one client id drive each other out for ever.
_RECONNECT_S = 1.0
#: While a batch is being stored: how long to wait for a message before looking whether it is done.
_ROUND_S = 0.002
#: When nothing came for so long, what is here is stored without waiting for more.
_QUIET_S = 0.005
_ALIVE_EVERY_S = 5.0
_TALLY_EVERY_S = 60.0
#: After the broker refused a mark, none is sent for so long.
_MARKS_REFUSED_FOR_S = 600.0
_RECEIVE_MAXIMUM_LIMIT = 65_535


def _now_us() -> int:
    return time.time_ns() // 1_000


@dataclass(frozen=True, slots=True)
class _Ready:
    """The next batch, decoded."""

    batch: list[Message]
    prepared: Prepared | None


@dataclass(slots=True)
class _Storing:
    """A batch in the hands of the second thread."""

    batch: list[Message]
    stored: Future[None]
    overdue_at_s: float


#: Of MQTT 5: "Bad user name or password" and "Not authorized", which brokers say of a wrong password too.
_WRONG_CREDENTIALS = (134, 135)


def _refusal(reason: ReasonCode, broker: Broker) -> str:
    if reason.value not in _WRONG_CREDENTIALS:
        return f"the broker refuses us: {reason}"
    who = "whoever has no user name" if broker.username is None else f"user {broker.username!r} with this password"
    return f"the broker refuses {who} ({reason}); put the right user and password into UNBROKEN_MQTT_URL"


class Receiver:
    """One ingest process: receives, stores, acknowledges."""

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
        liveness: Liveness | None = None,
        stamps_arrivals: bool = True,
        clock_us: Callable[[], int] = _now_us,
    ) -> None:
        self._broker = broker
        self._clock_us = clock_us
        # Without marks of its own, ingest cannot tell a message that waited from a live one, nor a quiet broker from a
        # dead one.
        self._liveness = liveness
        # Whether some of the dialects may say no time, so that it matters which messages are live.
        self._stamps_arrivals = stamps_arrivals
        self._working = Working()
        self._broker_away = Outage("cannot use the broker, trying again", "the broker lets us in again")
        self._not_stored = Outage("not stored; the batch is kept", "batches are stored again")
        self._heard = False
        self._topics = [*topics, liveness.topic] if liveness else list(topics)
        self._writer = writer
        self._keepalive_s = keepalive_s
        self._idle_s = min(0.05, batch_age_s)
        # Three batches: one being stored, one ready, one on its way.
        self._window = min(3 * batch_messages, _RECEIVE_MAXIMUM_LIMIT)
        self._waiting = Waiting(self._window, batch_messages, batch_age_s)
        self._ready: _Ready | None = None
        self._storing: _Storing | None = None
        self._storer = Storer(database_url, writer, _STATEMENT_SHARE * keepalive_s)
        self._generation = 0
        self._connected = False
        self._subscribed = False
        self._connect_at_s = 0.0
        self._mark_at_s = 0.0
        self._dropped_qos0 = 0
        self._client = self._new_client(client_id)

    def _new_client(self, client_id: str) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
        )
        if self._broker.tls:
            client.tls_set()
        if self._broker.username:
            client.username_pw_set(self._broker.username, self._broker.password)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _on_connect(
        self, client: Client, _userdata: Any, flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            why = _refusal(reason, self._broker)
            self._broker_away.goes_on(why, broker=f"{self._broker.host}:{self._broker.port}")
            self._working.deaf(why)
            return
        self._generation += 1
        self._connected = True
        self._working.deaf("")
        self._subscribed = False
        # The broker delivers again what was not acknowledged, yet what came before stays: a broker that was killed, or
        # lost the session, may know less than we do. Storing a reading twice changes nothing.
        self._waiting.hold_once()
        if self._liveness is not None:
            self._liveness.connected()
        client.subscribe([(topic, 1) for topic in self._topics])
        self._broker_away.is_over()
        log.info("connected to the broker", session="resumed" if flags.session_present else "new", topics=self._topics)

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: Any,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        # The answers come in the order of the topics. Mosquitto grants what its access rules forbid, and sends nothing.
        refused = [topic for topic, reason in zip(self._topics, reasons, strict=False) if reason.is_failure]
        if refused:
            log.error("the broker refuses subscriptions", topics=refused)
            self._working.deaf(f"the broker refuses to let us read {', '.join(refused)}")
        self._subscribed = not refused

    def _on_publish(
        self, _client: Client, _userdata: Any, _mid: int, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        # Mosquitto ends the connection besides: marks every two seconds would cost all that is on its way.
        if reason.is_failure and self._liveness is not None:
            self._mark_at_s = time.monotonic() + _MARKS_REFUSED_FOR_S
            log.error(
                "the broker refuses the marks that ingest sends itself; let it read and write them",
                topic=self._liveness.topic,
                reason=str(reason),
            )

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: Any,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._connected and reason.is_failure:
            log.warning("connection to the broker lost", reason=str(reason))
        self._connected = False
        self._working.deaf(f"the connection to the broker was lost: {reason}")

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        self._heard = True
        if message.qos == 0 and self._held() >= self._window:
            # Nothing was promised for QoS 0, and nothing bounds it.
            self._dropped_qos0 += 1
            return
        # Nothing in here may fail for what a message holds: that would end the loop, each time that it is delivered.
        try:
            topic = message.topic
        except UnicodeDecodeError as error:
            # It fits nothing, and is rejected as such.
            topic = error.object.decode(errors="backslashreplace")
        payload = bytes(message.payload)
        live = False
        if self._liveness is not None:
            if topic == self._liveness.topic:
                as_sent = message.qos == 1 and not message.dup and not message.retain
                self._liveness.hear(payload, as_sent=as_sent)
                # It is to be acknowledged in its turn; whoever wrote it, nothing in it is.
                payload = b""
            elif self._stamps_arrivals:
                live = not message.dup and not message.retain and self._liveness.is_live(time.monotonic())
        self._waiting.add(
            Message(
                topic,
                payload,
                message.qos,
                message.mid,
                self._generation,
                message.retain,
                self._clock_us(),
                live,
            )
        )

    def is_connected(self) -> bool:
        """Whether the broker has let us in, and keeps from now on what is published for us."""
        return self._connected and self._subscribed

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
                "foreign_mark": self._liveness.not_ours if self._liveness else 0,
            },
        }

    def work(self) -> Work:
        """Whether it hears and stores; any thread may ask."""
        return self._working.now(time.monotonic())

    def _held(self) -> int:
        """Messages that are here: a batch that cannot be stored will wait again."""
        ready = len(self._ready.batch) if self._ready else 0
        return len(self._waiting) + ready + (len(self._storing.batch) if self._storing else 0)

    def waiting(self) -> int:
        """Messages that are here and in no batch yet."""
        return len(self._waiting)

    def run(self, stop: threading.Event, alive: Callable[[], None] = lambda: None) -> None:
        """Receive until told to stop, calling `alive` every few seconds. The broker keeps what is not committed."""
        alive_at_s = 0.0
        tally_at_s = time.monotonic() + _TALLY_EVERY_S
        while not stop.is_set():
            waiting = len(self._waiting)
            self._receive(stop)
            self._store_if_due(quiet=len(self._waiting) == waiting)
            now_s = time.monotonic()
            # Without marks nothing need come for long.
            heard = self._heard or (self._liveness is None and self.is_connected())
            self._working.round(now_s, heard=heard, waiting=self._held())
            self._heard = False
            if now_s >= alive_at_s:
                alive_at_s = now_s + _ALIVE_EVERY_S
                alive()
                if now_s >= tally_at_s:
                    tally_at_s = now_s + _TALLY_EVERY_S
                    self._log_tally()
        self._store_the_rest()
        self._log_tally()
        self._client.disconnect()
        self._storer.close(within_s=_ALIVE_EVERY_S)

    def _receive(self, stop: threading.Event) -> None:
        """One round of the network loop, on a connection that is made if there is none."""
        try:
            self._mark()
            if not self._connected:
                self._connect(stop)
            elif self._waiting.is_full():
                self._client.loop_misc()
                stop.wait(_ROUND_S)
            elif error := self._client.loop(timeout=self._listen_s()):
                self._lost(str(error))
        except Exception as error:  # whatever it was, a new connection mends it or fails in its turn
            log.exception("the network loop failed")
            self._lost(f"the network loop failed: {error!r}")

    def _listen_s(self) -> float:
        if self._storing:
            return _ROUND_S
        return _QUIET_S if len(self._waiting) else self._idle_s

    def _mark(self) -> None:
        now_s = time.monotonic()
        if self._liveness is None or not self._connected or now_s < self._mark_at_s:
            return
        if mark := self._liveness.mark(now_s):
            self._client.publish(self._liveness.topic, mark, qos=1)

    def _lost(self, reason: str) -> None:
        """Not connected any more, even if paho did not say so."""
        if self._connected:
            log.warning("connection to the broker lost", reason=reason)
        self._connected = False
        self._heard = False
        self._working.deaf(f"the connection to the broker was lost: {reason}")

    def _connect(self, stop: threading.Event) -> None:
        """Connect and wait for the broker's answer, at most once a second."""
        if time.monotonic() < self._connect_at_s:
            stop.wait(self._idle_s)
            return
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        session.SessionExpiryInterval = _SESSION_EXPIRY_S
        session.ReceiveMaximum = self._window
        try:
            self._client.connect(
                self._broker.host, self._broker.port, keepalive=self._keepalive_s, clean_start=False, properties=session
            )
            deadline_s = time.monotonic() + _ALIVE_EVERY_S
            while not self._connected and time.monotonic() < deadline_s and not stop.is_set():
                if self._client.loop(timeout=0.1) != MQTT_ERR_SUCCESS:
                    break
        except OSError as error:
            self._broker_away.goes_on(str(error), broker=f"{self._broker.host}:{self._broker.port}")
            self._working.deaf(f"the broker cannot be reached: {error}")
        finally:
            self._connect_at_s = time.monotonic() + _RECONNECT_S

    def _store_if_due(self, *, quiet: bool) -> None:
        now_s = time.monotonic()
        if self._storing is not None:
            if self._storing.stored.done():
                self._finish(self._storing)
            elif now_s >= self._storing.overdue_at_s:
                self._cut(self._storing)
        if self._ready is None and self._waiting.is_due(now_s, quiet=quiet):
            self._make_ready()
        if self._storing is None and self._ready is not None:
            self._begin(self._ready)

    def _make_ready(self) -> None:
        batch = self._waiting.take()
        self._ready = _Ready(batch, self._writer.prepared(batch))

    def _begin(self, ready: _Ready) -> None:
        self._ready = None
        stored = self._storer.store(ready.batch, ready.prepared)
        self._storing = _Storing(ready.batch, stored, time.monotonic() + 2 * self._keepalive_s)

    def _cut(self, storing: _Storing) -> None:
        log.warning("the database does not answer; its connection is cut", messages=len(storing.batch))
        storing.overdue_at_s = time.monotonic() + 2 * self._keepalive_s
        self._storer.cut()

    def _finish(self, storing: _Storing) -> None:
        """Acknowledge the batch that is stored, or keep it for another try."""
        self._storing = None
        error = storing.stored.exception()
        if error is not None:
            # In the order they came, and so will they be acknowledged.
            ready = self._ready.batch if self._ready else []
            self._ready = None
            self._waiting.give_back([*storing.batch, *ready], time.monotonic())
            what = f"{type(error).__name__}: {str(error).strip()}"
            self._not_stored.goes_on(what, messages=len(self._waiting))
            self._working.not_stored(what)
            return
        self._not_stored.is_over()
        self._waiting.stored()
        self._working.stored(time.monotonic())
        for message in storing.batch:
            # Message ids start anew with a connection: an old one would acknowledge somebody else's message.
            if message.qos and message.generation == self._generation and self._connected:
                self._client.ack(message.mid, message.qos)

    def _store_the_rest(self) -> None:
        """One try for what is here; the broker has it all the same."""
        failed = False
        while not failed:
            if self._ready is None and len(self._waiting):
                self._make_ready()
            if self._storing is None and self._ready is not None:
                self._begin(self._ready)
            storing = self._storing
            if storing is None:
                return
            if wait([storing.stored], timeout=max(0.0, storing.overdue_at_s - time.monotonic())).not_done:
                self._cut(storing)
                return
            failed = storing.stored.exception() is not None
            self._finish(storing)

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
