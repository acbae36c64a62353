"""The MQTT side: a persistent session, and PUBACKs only after COMMIT, in the order of arrival.

Messages are gathered and acknowledged in one thread, by paho's own ``loop()``; one batch at a time is decoded and
stored in a second one, so that the broker and the database are waited for side by side. While the database is away the
batch waits in memory; what is not acknowledged the broker keeps, and ReceiveMaximum bounds how much is here at a time.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from paho.mqtt.client import MQTT_ERR_SUCCESS, Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.messages import Message
from ingest.writer import Writer
from service.domain.instant import SECOND_US
from service.errors import SettingError
from service.store.pool import Connection, DatabaseAwayError, DatabaseUnreachableError, connect

log = structlog.get_logger()

_KEEPALIVE_S = 30
#: A statement that takes longer is given up, so that keepalives go out in time.
_STATEMENT_TIMEOUT_S = 20
#: The broker keeps our session, and every reading for it, this long after we vanish: a week of holidays and more.
_SESSION_EXPIRY_S = 14 * 24 * 3_600
_LONGEST_PAUSE_S = 5.0
#: While a batch is being stored: how long to wait for a message before looking whether it is done.
_ROUND_S = 0.002
_TALLY_EVERY_S = 60.0
_RECEIVE_MAXIMUM_LIMIT = 65_535


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, from ``mqtt[s]://[user:password@]host[:port]``."""

    host: str
    port: int
    tls: bool
    username: str | None
    password: str | None


def parse_broker(url: str) -> Broker:
    """Read UNBROKEN_MQTT_URL.

    Raises:
        SettingError: it is not of that form.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise SettingError(
            f"UNBROKEN_MQTT_URL is {url!r}; write it as mqtt://host:1883 or mqtts://user:password@host:8883"
        )
    tls = parts.scheme == "mqtts"
    return Broker(
        parts.hostname,
        parts.port or (8883 if tls else 1883),
        tls,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
    )


@dataclass(frozen=True, slots=True)
class _Storing:
    """A batch in the hands of the second thread."""

    batch: list[Message]
    stored: Future[None]


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
    ) -> None:
        self._broker = broker
        self._topics = list(topics)
        self._database_url = database_url
        self._writer = writer
        self._batch_messages = batch_messages
        self._batch_age_s = batch_age_s
        # Two batches: one being stored, one on its way.
        self._window = min(2 * batch_messages, _RECEIVE_MAXIMUM_LIMIT)
        self._waiting: list[Message] = []
        self._storing: _Storing | None = None
        self._storer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._generation = 0
        self._resumed_generation = 0
        self._connected = False
        self._connection: Connection | None = None
        self._not_before_s = 0.0
        self._pause_s = 0.0
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
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _on_connect(
        self, client: Client, _userdata: Any, flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            log.error("the broker refuses us", reason=str(reason), broker=f"{self._broker.host}:{self._broker.port}")
            return
        self._generation += 1
        self._connected = True
        if flags.session_present:
            # The broker delivers again what was not acknowledged; keeping it here too would hold it twice.
            self._resumed_generation = self._generation
            self._waiting = [message for message in self._waiting if not self._redelivered(message)]
        client.subscribe([(topic, 1) for topic in self._topics])
        log.info("connected to the broker", session="resumed" if flags.session_present else "new", topics=self._topics)

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

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        if message.qos == 0 and len(self._waiting) >= self._window:
            # Nothing was promised for QoS 0, and nothing bounds it.
            self._dropped_qos0 += 1
            return
        try:
            topic = message.topic
        except UnicodeDecodeError:
            # An exception here would end the loop; a topic that is no text fits nothing and is rejected as such.
            topic = ""
        self._waiting.append(
            Message(
                topic,
                bytes(message.payload),
                message.qos,
                message.mid,
                self._generation,
                message.retain,
                time.time_ns() // 1_000,
            )
        )

    def is_connected(self) -> bool:
        """Whether the broker has let us in."""
        return self._connected

    def run(self, stop: threading.Event) -> None:
        """Receive until told to stop; what is not committed by then stays with the broker."""
        tally_at_s = time.monotonic() + _TALLY_EVERY_S
        while not stop.is_set():
            if not self._connected and not self._reconnect(stop):
                continue
            self._client.loop(timeout=_ROUND_S if self._storing else min(0.05, self._batch_age_s))
            self._store_if_due()
            if time.monotonic() >= tally_at_s:
                tally_at_s = time.monotonic() + _TALLY_EVERY_S
                self._log_tally()
        self._store_the_rest()
        self._log_tally()
        self._client.disconnect()
        self._storer.shutdown()
        if self._connection is not None:
            self._connection.close()

    def _reconnect(self, stop: threading.Event) -> bool:
        """Connect and wait for the broker's answer; False if it did not come."""
        self._store_if_due()
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        session.SessionExpiryInterval = _SESSION_EXPIRY_S
        session.ReceiveMaximum = self._window
        try:
            self._client.connect(
                self._broker.host, self._broker.port, keepalive=_KEEPALIVE_S, clean_start=False, properties=session
            )
            deadline_s = time.monotonic() + 5
            while not self._connected and time.monotonic() < deadline_s and not stop.is_set():
                if self._client.loop(timeout=0.1) != MQTT_ERR_SUCCESS:
                    break
        except OSError as error:
            log.warning(
                "cannot reach the broker, trying again",
                broker=f"{self._broker.host}:{self._broker.port}",
                error=str(error),
            )
        if not self._connected:
            stop.wait(1.0)
        return self._connected

    def _store_if_due(self) -> None:
        if self._storing is not None:
            if not self._storing.stored.done():
                return
            self._finish(self._storing)
        if not self._waiting or time.monotonic() < self._not_before_s:
            return
        age_s = time.time_ns() / 1e9 - self._waiting[0].received_at_us / SECOND_US
        # A clock set back makes an age negative: then the batch is due at once.
        if len(self._waiting) >= self._batch_messages or not 0 <= age_s < self._batch_age_s:
            self._storing = self._begin()

    def _begin(self) -> _Storing:
        batch = self._waiting[: self._batch_messages]
        del self._waiting[: self._batch_messages]
        return _Storing(batch, self._storer.submit(self._store, batch))

    def _store(self, batch: Sequence[Message]) -> None:
        """In the second thread, which alone uses the connection and the writer."""
        if self._connection is None:
            self._connection = connect(
                self._database_url, application="ingest", statement_timeout_s=_STATEMENT_TIMEOUT_S
            )
        try:
            self._writer.write(self._connection, batch)
        except DatabaseAwayError:
            self._connection.close()
            self._connection = None
            raise

    def _finish(self, storing: _Storing) -> None:
        """Acknowledge the batch that is stored, or keep it for another try."""
        self._storing = None
        try:
            storing.stored.result()
        except (DatabaseAwayError, DatabaseUnreachableError) as error:
            self._pause_s = min(max(0.1, 2 * self._pause_s), _LONGEST_PAUSE_S)
            self._not_before_s = time.monotonic() + self._pause_s
            # What came over an earlier connection of a kept session is delivered again by the broker.
            current = [message for message in storing.batch if not self._redelivered(message)]
            self._waiting[:0] = current
            log.warning("database away; the batch is kept", messages=len(self._waiting), error=str(error).strip())
            return
        self._pause_s = 0.0
        for message in storing.batch:
            # Message ids start anew with a connection: an old one would acknowledge somebody else's message.
            if message.qos and message.generation == self._generation and self._connected:
                self._client.ack(message.mid, message.qos)

    def _redelivered(self, message: Message) -> bool:
        return message.qos > 0 and message.generation < self._resumed_generation

    def _store_the_rest(self) -> None:
        """One try for what is here; the broker has it all the same."""
        failed = False
        while self._storing or (self._waiting and not failed):
            storing = self._storing or self._begin()
            wait([storing.stored])
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
            rejected=tally.rejected,
            retained=tally.retained,
            unknown_fields=tally.unknown_fields,
            dropped_qos0=self._dropped_qos0,
        )
