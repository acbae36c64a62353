"""What becomes of each message: pure, from bytes to what the store is asked to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from service.formats.coldchain_v1 import Clock, Topic, decode, parse_topic
from service.formats.reading import Reading, Rejection


class Message(msgspec.Struct, frozen=True, gc=False):
    """One publication as the broker delivered it; `generation` numbers the connection it came over."""

    topic: str
    payload: bytes
    qos: int
    mid: int
    generation: int
    retained: bool
    received_at_us: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that could not be taken, or not in whole."""

    message: Message
    code: str
    explanation: str


@dataclass(slots=True)
class Intake:
    """What a batch of messages comes to."""

    readings: list[Reading] = field(default_factory=list)
    received_at_us: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    online: dict[str, tuple[str, bool]] = field(default_factory=dict)
    topic_site: dict[str, str] = field(default_factory=dict)
    retained: int = 0
    unknown_fields: int = 0


def take_in(messages: Sequence[Message], clock: Clock) -> Intake:
    """Decode messages in the order they came. Never raises for what a message contains."""
    intake = Intake()
    for message in messages:
        try:
            topic = parse_topic(message.topic)
            if topic.kind == "status":
                intake.online[topic.logger_id] = (topic.site, _online(message))
            elif message.retained:
                # A broker repeats a retained message to every new subscriber: it is no news.
                intake.retained += 1
            else:
                _take_readings(intake, message, topic, clock)
        except Rejection as rejection:
            intake.rejected.append(Rejected(message, rejection.code, str(rejection)))
    return intake


def _take_readings(intake: Intake, message: Message, topic: Topic, clock: Clock) -> None:
    decoded = decode(message.payload, topic.logger_id, message.received_at_us, clock)
    intake.readings += decoded.readings
    intake.received_at_us += [message.received_at_us] * len(decoded.readings)
    intake.unknown_fields += decoded.unknown_fields
    intake.topic_site[topic.logger_id] = topic.site
    if decoded.rejection is not None:
        intake.rejected.append(Rejected(message, decoded.rejection.code, str(decoded.rejection)))


def _online(message: Message) -> bool:
    words = {b"online": True, b"offline": False}
    if message.payload not in words:
        raise Rejection("status_unknown", "a status is the word online or offline")
    return words[message.payload]
