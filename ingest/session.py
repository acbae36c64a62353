"""The persistent session with the broker: connected, subscribed, and acknowledged only when the receiver says so.

It runs in one thread, by paho's own ``loop()``. An error or exception of that loop ends the connection, and another is
made; a silent broker is noticed within two keepalives. While nobody is connected the broker keeps what is published for
us, and ReceiveMaximum bounds how much it hands out before an acknowledgement.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog
from paho.mqtt.client import MQTT_ERR_SUCCESS, Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.address import Broker
from ingest.echo_marks import EchoMarks
from ingest.health import HealthWatch
from ingest.messages import Message
from service.logs import Outage

log = structlog.get_logger()

#: The broker keeps our session, and every reading for it, this long after we vanish: a week of holidays and more.
_SESSION_EXPIRY_S = 14 * 24 * 3_600
#: Between one connection to the broker and the next: two processes of one client id drive each other out for ever.
_RECONNECT_S = 1.0
#: While there is no connection, one round takes this long.
_DISCONNECTED_S = 0.02
#: After the broker refused a mark, none is sent for this long.
_MARKS_REFUSED_FOR_S = 600.0


#: Of MQTT 5: "Bad user name or password" and "Not authorized", which brokers say of a wrong password too.
_WRONG_CREDENTIALS = (134, 135)


class Session:
    """One client of the broker, over as many connections as it takes."""

    def __init__(
        self,
        *,
        broker: Broker,
        client_id: str,
        topics: Sequence[str],
        window: int,
        keepalive_s: int,
        connect_within_s: float,
        marks: EchoMarks | None,
        stamps_arrivals: bool,
        health: HealthWatch,
        on_connect: Callable[[], None],
        on_message: Callable[[Message], None],
        clock_us: Callable[[], int],
    ) -> None:
        """Nothing is sent yet; `receive` connects.

        Args:
            window: the broker hands out at most this many messages that are not acknowledged.
            marks: marks of ingest's own. Without them it cannot tell a message that waited from a live one, nor a
                quiet broker from a dead one.
            stamps_arrivals: some of the dialects may say no time, so that it matters which messages are live.
            health: hears why nothing can come from the broker.
            on_connect: called at each new connection, before anything comes over it.
            on_message: called with each message, in the order of arrival.
        """
        self._broker = broker
        self._topics = [*topics, marks.topic] if marks else list(topics)
        self._window = window
        self._keepalive_s = keepalive_s
        self._connect_within_s = connect_within_s
        self._marks = marks
        self._stamps_arrivals = stamps_arrivals
        self._health = health
        self._tell_connected = on_connect
        self._deliver = on_message
        self._clock_us = clock_us
        self._away = Outage("cannot use the broker, trying again", "the broker lets us in again")
        self._generation = 0
        self._connected = False
        self._subscribed = False
        self._heard = False
        self._connect_at_s = 0.0
        self._mark_at_s = 0.0
        self._client = self._new_client(client_id)

    def is_connected(self) -> bool:
        """Whether the broker has let us in, and keeps from now on what is published for us."""
        return self._connected and self._subscribed

    def has_heard(self) -> bool:
        """Whether anything came since this was asked last; without marks, nothing need come while we are connected."""
        heard, self._heard = self._heard, False
        return heard or (self._marks is None and self.is_connected())

    def receive(self, stop: threading.Event, *, listen_s: float, full: bool) -> None:
        """One round of the network loop, on a connection that is made if there is none.

        Args:
            listen_s: return if nothing comes within this time.
            full: keep the connection, and take nothing from it.
        """
        try:
            self._mark()
            if not self._connected:
                self._connect(stop)
            elif full:
                self._client.loop_misc()
                stop.wait(listen_s)
            elif error := self._client.loop(timeout=listen_s):
                self._lost(str(error))
        except Exception as error:  # whatever it was, a new connection mends it or fails in its turn
            log.exception("the network loop failed")
            self._lost(f"the network loop failed: {error!r}")

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tell the broker that it may forget these messages."""
        for message in messages:
            # Message ids start anew with a connection: an old one would acknowledge somebody else's message.
            if message.qos and message.generation == self._generation and self._connected:
                self._client.ack(message.mid, message.qos)

    def disconnect(self) -> None:
        """Leave; the broker keeps the session."""
        self._client.disconnect()

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

    def _connect(self, stop: threading.Event) -> None:
        """Connect and wait for the broker's answer, at most once a second."""
        if time.monotonic() < self._connect_at_s:
            stop.wait(_DISCONNECTED_S)
            return
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        session.SessionExpiryInterval = _SESSION_EXPIRY_S
        session.ReceiveMaximum = self._window
        try:
            self._client.connect(
                self._broker.host, self._broker.port, keepalive=self._keepalive_s, clean_start=False, properties=session
            )
            deadline_s = time.monotonic() + self._connect_within_s
            while not self._connected and time.monotonic() < deadline_s and not stop.is_set():
                if self._client.loop(timeout=0.1) != MQTT_ERR_SUCCESS:
                    break
        except OSError as error:
            self._away.goes_on(str(error), broker=f"{self._broker.host}:{self._broker.port}")
            self._health.cannot_receive(f"the broker cannot be reached: {error}")
        finally:
            self._connect_at_s = time.monotonic() + _RECONNECT_S

    def _lost(self, reason: str) -> None:
        """Not connected any more, even if paho did not say so."""
        if self._connected:
            log.warning("connection to the broker lost", reason=reason)
        self._connected = False
        self._heard = False
        self._health.cannot_receive(f"the connection to the broker was lost: {reason}")

    def _mark(self) -> None:
        now_s = time.monotonic()
        if self._marks is None or not self._connected or now_s < self._mark_at_s:
            return
        if mark := self._marks.mark(now_s):
            self._client.publish(self._marks.topic, mark, qos=1)

    def _on_connect(
        self, client: Client, _userdata: Any, flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            why = _refusal(reason, self._broker)
            self._away.goes_on(why, broker=f"{self._broker.host}:{self._broker.port}")
            self._health.cannot_receive(why)
            return
        self._generation += 1
        self._connected = True
        self._health.cannot_receive("")
        self._subscribed = False
        self._tell_connected()
        if self._marks is not None:
            self._marks.connected()
        client.subscribe([(topic, 1) for topic in self._topics])
        self._away.is_over()
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
            self._health.cannot_receive(f"the broker refuses to let us read {', '.join(refused)}")
        self._subscribed = not refused

    def _on_publish(
        self, _client: Client, _userdata: Any, _mid: int, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        # Mosquitto ends the connection besides: marks every two seconds would cost all that is on its way.
        if reason.is_failure and self._marks is not None:
            self._mark_at_s = time.monotonic() + _MARKS_REFUSED_FOR_S
            log.error(
                "the broker refuses the marks that ingest sends itself; let it read and write them",
                topic=self._marks.topic,
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
        self._health.cannot_receive(f"the connection to the broker was lost: {reason}")

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        self._heard = True
        # Nothing in here may fail for what a message holds: that would end the loop, each time that it is delivered.
        try:
            topic = message.topic
        except UnicodeDecodeError as error:
            # It fits nothing, and is rejected as such.
            topic = error.object.decode(errors="backslashreplace")
        payload = bytes(message.payload)
        live = False
        if self._marks is not None:
            if topic == self._marks.topic:
                as_sent = message.qos == 1 and not message.dup and not message.retain
                self._marks.hear(payload, as_sent=as_sent)
                # It is to be acknowledged in its turn; whoever wrote it, nothing in it is.
                payload = b""
            elif self._stamps_arrivals:
                live = not message.dup and not message.retain and self._marks.is_live(time.monotonic())
        self._deliver(
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


def _refusal(reason: ReasonCode, broker: Broker) -> str:
    if reason.value not in _WRONG_CREDENTIALS:
        return f"the broker refuses us: {reason}"
    who = "whoever has no user name" if broker.username is None else f"user {broker.username!r} with this password"
    return f"the broker refuses {who} ({reason}); put the right user and password into UNBROKEN_MQTT_URL"
