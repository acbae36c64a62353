"""What becomes of each message: pure, from bytes to what the store is asked to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np

from ingest.routes import LONGEST_TOPIC, OURS, Routes, is_echo
from service.formats import coldchain_v1
from service.formats.coldchain_v1_plain import plain_of
from service.formats.columns import columns_of, merged
from service.formats.dialect import Arrival, Clock
from service.formats.reading import Decoded, Reading, Rejection
from service.store.series.readings import Rows, rows_of


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
    """A message that could not be taken, or not in whole.

    Attributes:
        loggers: whose it was, as far as known, and why for each.
        error: what nobody foresaw, if it was that.
    """

    message: Message
    code: str
    explanation: str
    loggers: Mapping[str, str] = field(default_factory=dict)
    error: Exception | None = None


@dataclass(slots=True)
class Intake:
    """What a batch of messages comes to; `ignored` ones hold no temperature and are no fault.

    `received_at_us` and `message`, its place in the batch, are of each reading.
    """

    readings: list[Reading] = field(default_factory=list)
    received_at_us: list[int] = field(default_factory=list)
    message: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    online: dict[str, tuple[str, bool]] = field(default_factory=dict)
    firmware: dict[str, str] = field(default_factory=dict)
    topic_site: dict[str, str] = field(default_factory=dict)
    retained: int = 0
    ignored: int = 0
    unknown_fields: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch as the store wants it: `rows` of all readings, and `intake` for whatever is not a reading."""

    intake: Intake
    rows: Rows

    @classmethod
    def of(cls, intake: Intake) -> "Prepared":
        """With the rows of its readings."""
        return cls(intake, rows_of(columns_of(intake.readings, intake.received_at_us)))


def prepare(messages: Sequence[Message], clock: Clock, routes: Routes = OURS) -> Prepared:
    """Decode a batch, most of it in one go. The same as ``Prepared.of(take_in(…))``, but for `intake.readings`."""
    places = {topic: _place(topic, routes) for topic in {message.topic for message in messages}}
    found = [None if message.retained else places[message.topic] for message in messages]
    plain = plain_of(
        [message.payload for message in messages],
        [place.logger_id if place else None for place in found],
        [message.received_at_us for message in messages],
        clock,
    )
    rest = [messages[number] for number in plain.rest]
    intake = take_in(rest, clock, routes)
    heard = {key[0] for key in plain.columns.keys}
    intake.topic_site |= {
        place.logger_id: place.site for place in places.values() if place and place.logger_id in heard
    }
    if not intake.readings:
        return Prepared(intake, rows_of(plain.columns))
    odd = columns_of(intake.readings, intake.received_at_us)
    numbers = np.array(plain.rest, dtype=np.int64)[intake.message]
    return Prepared(intake, rows_of(merged([plain.columns, odd], [plain.message, numbers])))


def _place(topic: str, routes: Routes) -> coldchain_v1.Topic | None:
    """Where readings of our own dialect come from; None for any other topic."""
    if routes.of(topic) is not coldchain_v1.take:
        return None
    try:
        place = coldchain_v1.parse_topic(topic)
    except Rejection:
        return None
    return place if place.kind == "readings" else None


def take_in(messages: Sequence[Message], clock: Clock, routes: Routes = OURS) -> Intake:
    """Decode messages in the order they came. Never raises for what a message contains."""
    intake = Intake()
    for number, message in enumerate(messages):
        if not message.payload:  # it clears what was retained on its topic, and says nothing
            intake.ignored += not is_echo(message.topic)
            continue
        try:
            decoded = _decoded(message, clock, routes)
        except Rejection as rejection:
            if message.retained:
                intake.retained += 1
            else:
                intake.rejected.append(_rejected(message, rejection, routes))
        except Exception as error:  # a decoder raises nothing else; if it does, the message is kept until it is mended
            intake.rejected.append(unforeseen_rejection(message, error, routes))
        else:
            _add(intake, number, message, decoded, routes)
    return intake


def unforeseen_rejection(message: Message, error: Exception, routes: Routes, said: str = "") -> Rejected:
    """A message that nobody foresaw: our own code, or the database, fails over it."""
    rejection = Rejection("cannot_store", f"{said}{type(error).__name__}: {error}")
    return replace(_rejected(message, rejection, routes), error=error)


def _rejected(message: Message, rejection: Rejection, routes: Routes) -> Rejected:
    sender = routes.sender_of(message.topic)
    loggers = rejection.loggers if sender is None else {sender: rejection.code}
    return Rejected(message, rejection.code, str(rejection), loggers)


def _decoded(message: Message, clock: Clock, routes: Routes) -> Decoded:
    # Also where a filter of the table, such as "#", fits our own marks.
    if is_echo(message.topic):
        return Decoded([])
    decode = routes.of(message.topic)
    if decode is None:
        if len(message.topic) > LONGEST_TOPIC:
            raise Rejection("topic_unknown", f"the topic has {len(message.topic)} letters; {LONGEST_TOPIC} are allowed")
        raise Rejection("topic_unknown", "the topic fits no topic filter of the setting UNBROKEN_DIALECTS")
    return decode(message.payload, Arrival(message.topic, message.received_at_us, message.live, clock))


def _add(intake: Intake, number: int, message: Message, decoded: Decoded, routes: Routes) -> None:
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
        intake.message += [number] * len(decoded.readings)
        intake.unknown_fields += decoded.unknown_fields
        if decoded.site is not None and decoded.readings:
            intake.topic_site[decoded.readings[0].logger_id] = decoded.site
        if decoded.rejection is not None:
            intake.rejected.append(_rejected(message, decoded.rejection, routes))
        elif not decoded.readings and not is_echo(message.topic):
            intake.ignored += 1
