"""One MQTT connection that tells, in the order of sending, what the broker has acknowledged.

paho is driven by `service` in the caller's own thread: no locks, and no network thread that an exception could
kill unnoticed. A link that was lost is thrown away; what it had not acknowledged is for its owner to resend.
"""

import contextlib
import ssl
from collections import deque
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

_KEEPALIVE_S = 20


class LinkLostError(Exception):
    """The broker is out of reach, or went away."""


class LinkRefusedError(LinkLostError):
    """The broker answered and said no: wrong credentials, or not allowed to publish there."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to be let in. User name None: the logger's own id, if there is a password."""

    host: str
    port: int
    user_name: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False

    @classmethod
    def from_url(cls, url: str) -> "Broker":
        """From `mqtt://[[user]:password@]host[:port]`, or `mqtts://…` for TLS with the system's authorities.

        Raises:
            ValueError: it is no such URL.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            # Not repeated: it may hold a password.
            raise ValueError("UNBROKEN_MQTT_URL is no MQTT address; write it as mqtt://host:1883")
        tls = parts.scheme == "mqtts"
        return cls(
            parts.hostname,
            parts.port or (8883 if tls else 1883),
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            tls,
        )


@dataclass(slots=True)
class _InFlight:
    message_id: int
    acknowledged: bool = False


class Link:
    """Connect with `open`, then `send` and `service` in turn; one thread only."""

    def __init__(self, broker: Broker, *, client_id: str, logger_id: str, status_topic: str | None = None) -> None:
        self._broker = broker
        self._status_topic = status_topic
        self._connected = False
        self._refusal: str | None = None
        self._sent: deque[_InFlight] = deque()
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
        )
        client.connect_timeout = 3.0
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        if broker.password is not None:
            client.username_pw_set(broker.user_name or logger_id, broker.password)
        if broker.tls:
            client.tls_set_context(ssl.create_default_context())
        if status_topic is not None:
            client.will_set(status_topic, "offline", qos=1, retain=True)
        self._client = client

    @property
    def in_flight(self) -> int:
        """Messages sent and not yet reported by `service` as acknowledged."""
        return len(self._sent)

    def open(self, timeout_s: float = 5.0) -> None:
        """Connect, wait until the broker agrees, and say `online` where a status topic is given.

        Raises:
            LinkLostError: no broker there, or none that answers in time.
            LinkRefusedError: the broker refuses this client.
        """
        deadline = monotonic() + timeout_s
        try:
            self._client.connect(self._broker.host, self._broker.port, _KEEPALIVE_S)
        except (OSError, ValueError) as problem:
            raise LinkLostError(f"{self._broker.host}:{self._broker.port}: {problem}") from problem
        while not self._connected:
            if monotonic() > deadline:
                raise LinkLostError(f"{self._broker.host}:{self._broker.port} accepts, but does not answer")
            self._turn(0.1)
        if self._status_topic is not None:
            # Not tracked: its PUBACK has a message id that `service` does not look for.
            self._client.publish(self._status_topic, "online", qos=1, retain=True)

    def send(self, topic: str, payload: bytes) -> None:
        """Send one message at QoS 1."""
        sent = self._client.publish(topic, payload, qos=1)
        if sent.rc not in {mqtt.MQTT_ERR_SUCCESS, mqtt.MQTT_ERR_QUEUE_SIZE}:
            raise LinkLostError(mqtt.error_string(sent.rc))
        self._sent.append(_InFlight(sent.mid))

    def service(self, timeout_s: float) -> int:
        """Serve the connection for at most about `timeout_s`.

        Returns: how many of the oldest messages in flight are now acknowledged without a hole among them.

        Raises:
            LinkLostError: the connection is gone.
            LinkRefusedError: the broker acknowledged a message by refusing it.
        """
        self._turn(timeout_s)
        done = 0
        while self._sent and self._sent[0].acknowledged:
            self._sent.popleft()
            done += 1
        return done

    def close(self) -> None:
        """Leave; where there is a status topic the broker then publishes the will, `offline`."""
        with contextlib.suppress(OSError, ValueError):
            if self._connected:
                leaving = ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message")
                self._client.disconnect(leaving)
                self._client.loop(timeout=0.05)
        self._client.on_connect = self._client.on_publish = None
        # paho closes its sockets when it is collected; bound methods of ours would be a cycle and delay that.
        del self._client

    def _turn(self, timeout_s: float) -> None:
        try:
            outcome = self._client.loop(timeout=timeout_s)
        except (OSError, ValueError) as problem:
            raise LinkLostError(str(problem)) from problem
        if self._refusal is not None:
            raise LinkRefusedError(self._refusal)
        if outcome != mqtt.MQTT_ERR_SUCCESS:
            raise LinkLostError(mqtt.error_string(outcome))

    def _on_connect(
        self, _client: mqtt.Client, _user: Any, _flags: mqtt.ConnectFlags, reason: ReasonCode, _more: Any
    ) -> None:
        if reason.is_failure:
            self._refusal = f"the broker refuses the connection: {reason}"
        self._connected = not reason.is_failure

    def _on_publish(self, _client: mqtt.Client, _user: Any, message_id: int, reason: ReasonCode, _more: Any) -> None:
        if reason.is_failure:
            self._refusal = f"the broker refuses what we publish: {reason}"
            return
        for sent in self._sent:
            if sent.message_id == message_id and not sent.acknowledged:
                sent.acknowledged = True
                return
