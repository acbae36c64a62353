"""What becomes of each message: pure, from bytes to what the store is asked to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from ingest.routes import OURS, Routes, is_echo
from service.formats.dialect import Arrival, Clock
from service.formats.reading import Decoded, Reading, Rejection


class Message(msgspec.Struct, frozen=True, gc=False):
    """One publication as the broker delivered it.

    `generation` numbers the connection it came over; `live`: it was published just now, as far as anyone can know.
    """

    topic: str
    payload: bytes
    qos: int
    mid: int
    generation: int
    retained: bool
    received_at_us: int
    live: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that could not be taken, or not in whole."""

    message: Message
    code: str
    explanation: str


@dataclass(slots=True)
class Intake:
    """What a batch of messages comes to; `ignored` ones hold no temperature and are no fault."""

    readings: list[Reading] = field(default_factory=list)
    received_at_us: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    online: dict[str, tuple[str, bool]] = field(default_factory=dict)
    firmware: dict[str, str] = field(default_factory=dict)
    topic_site: dict[str, str] = field(default_factory=dict)
    retained: int = 0
    ignored: int = 0
    unknown_fields: int = 0


def take_in(messages: Sequence[Message], clock: Clock, routes: Routes = OURS) -> Intake:
    """Decode messages in the order they came. Never raises for what a message contains."""
    intake = Intake()
    for message in messages:
        try:
            decoded = _decoded(message, clock, routes)
        except Rejection as rejection:
            if message.retained:
                intake.retained += 1
            else:
                intake.rejected.append(Rejected(message, rejection.code, str(rejection)))
        else:
            _add(intake, message, decoded)
    return intake


def _decoded(message: Message, clock: Clock, routes: Routes) -> Decoded:
    decode = routes.of(message.topic)
    if decode is None:
        if is_echo(message.topic):
            return Decoded([])
        raise Rejection("topic_unknown", "the topic fits no topic filter of the setting UNBROKEN_DIALECTS")
    return decode(message.payload, Arrival(message.topic, message.received_at_us, message.live, clock))


def _add(intake: Intake, message: Message, decoded: Decoded) -> None:
    if decoded.online is not None and decoded.site is not None:
        logger_id, online = decoded.online
        intake.online[logger_id] = (decoded.site, online)
        if decoded.firmware is not None:
            intake.firmware[logger_id] = decoded.firmware
    elif message.retained:
        # A broker repeats a retained message to every new subscriber: it is no news.
        intake.retained += 1
    else:
        intake.readings += decoded.readings
        intake.received_at_us += [message.received_at_us] * len(decoded.readings)
        intake.unknown_fields += decoded.unknown_fields
        if decoded.site is not None and decoded.readings:
            intake.topic_site[decoded.readings[0].logger_id] = decoded.site
        if decoded.rejection is not None:
            intake.rejected.append(Rejected(message, decoded.rejection.code, str(decoded.rejection)))
        elif not decoded.readings and not is_echo(message.topic):
            intake.ignored += 1
