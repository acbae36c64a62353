"""Rejected messages, mended or as they stand, taken once more as if they had just come."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO

from service.acts.intake import Bringing, take
from service.domain.brought import Way
from service.domain.identity.actor import Actor
from service.domain.instant import from_datetime
from service.domain.softening import why_redrive_softens
from service.errors import ConflictError, UnbrokenError
from service.formats.dialect import Arrival, Clock, Dialect
from service.formats.reading import Decoded, Rejection
from service.store.acting import acting
from service.store.intake.content_errors import is_caused_by_content
from service.store.intake.rejected import RejectedMessageWhole, record_redrive, rejected_message, waiting_ids
from service.store.pool import Connection
from service.store.registry.loggers import set_online
from service.store.retry import retried
from service.store.series.readings import Stored

#: The dialect spoken on a topic; None if no topic filter fits.
DialectOf = Callable[[str], Dialect | None]


@dataclass(frozen=True, slots=True)
class Mend:
    """What to put in place of a message's own payload or topic, and why.

    Attributes:
        room_bytes: so many bytes are kept of all that is brought.
    """

    payload: bytes | None = None
    topic: str | None = None
    reason: str = ""
    room_bytes: int = 0


@dataclass(slots=True)
class Redrives:
    """What became of many. `next_after_id`: where to go on, None if there are no more."""

    redriven: int = 0
    readings: int = 0
    not_kept: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    next_after_id: int | None = None


class NotKeptError(ConflictError):
    """The payload, or its end, was not kept."""


@retried
def redrive(
    connection: Connection, actor: Actor, message_id: int, mend: Mend, dialect_of: DialectOf, clock: Clock
) -> Stored:
    """Take a rejected message once more: all of it, or nothing.

    It is judged as of when it first arrived, so a clock that was ahead then is ahead still.

    Raises:
        NotFoundError: there is none of that id.
        ConflictError: it was taken before.
        NotKeptError: there is no whole payload to take; give one.
        Rejection: it, or a part of it, still cannot be taken.
    """
    message = rejected_message(connection, message_id)
    payload = _payload(message, mend)
    topic = mend.topic if mend.topic is not None else message.topic
    received_at_us = from_datetime(message.first_received_at)
    decoded = _decoded(payload, Arrival(topic, received_at_us, False, clock), dialect_of)
    try:
        with acting(connection, actor, mend.reason):
            changed = why_redrive_softens(payload=mend.payload is not None, topic=mend.topic is not None)
            bringing = Bringing(Way.REDRIVE, BytesIO(payload), str(message_id), mend.room_bytes, changed is not None)
            stored = take(connection, actor, decoded.readings, received_at_us, bringing, decoded.site, mend.reason)
            if decoded.online is not None and decoded.site is not None:
                logger_id, online = decoded.online
                set_online(
                    connection,
                    logger_id,
                    decoded.site,
                    online=online,
                    firmware=decoded.firmware,
                    at=message.first_received_at,
                )
            record_redrive(
                connection,
                message_id,
                topic=mend.topic,
                payload=mend.payload,
                reason=mend.reason,
                stored=stored.new,
                known=stored.known,
                conflicting=stored.conflicting,
            )
    except UnbrokenError:
        raise
    except Exception as error:
        if is_caused_by_content(connection, error, received_at_us, len(decoded.readings)):
            raise Rejection("cannot_store", "the database refused a value in it; mend the payload") from error
        raise
    return stored


def _payload(message: RejectedMessageWhole, mend: Mend) -> bytes:
    """What is to be taken."""
    if message.redriven_at is not None:
        raise ConflictError(f"rejected message {message.id} was redriven at {message.redriven_at:%Y-%m-%d %H:%M} UTC")
    if mend.payload is not None:
        return mend.payload
    if message.payload is None or len(message.payload) < message.payload_size:
        kept = "nothing" if message.payload is None else f"only the first {len(message.payload)} bytes"
        raise NotKeptError(
            f"of the {message.payload_size} bytes of rejected message {message.id} {kept} was kept; "
            "give the payload with the request, or have the logger send it again, in smaller arrays"
        )
    return message.payload


def _decoded(payload: bytes, arrival: Arrival, dialect_of: DialectOf) -> Decoded:
    if {"+", "#"} & set(arrival.topic):
        raise Rejection("topic_unknown", "a message has one topic, with no + or # in it; give the whole topic")
    dialect = dialect_of(arrival.topic)
    if dialect is None:
        raise Rejection("topic_unknown", "the topic fits no topic filter of the setting UNBROKEN_DIALECTS")
    try:
        decoded = dialect(payload, arrival)
    except Rejection:
        raise
    except Exception as error:  # a decoder raises nothing else; if it does, the other messages are taken all the same
        raise Rejection("cannot_store", f"it defeats its decoder ({error!r:.200}); mend the payload") from error
    if decoded.rejection is not None:
        raise decoded.rejection
    return decoded


def redrive_many(
    connection: Connection,
    actor: Actor,
    dialect_of: DialectOf,
    clock: Clock,
    *,
    code: str | None = None,
    topic: str | None = None,
    reason: str = "",
    after_id: int = 0,
    most: int = 500,
    room_bytes: int = 0,
) -> Redrives:
    """Take rejected messages once more as they stand, the oldest first, each in a transaction of its own.

    `code` and `topic` (its beginning) choose among those not redriven yet; at most `most` after `after_id` are tried.
    """
    ids = waiting_ids(connection, code, topic, after_id, most)
    done = Redrives(next_after_id=ids[-1] if len(ids) == most else None)
    for message_id in ids:
        try:
            stored = redrive(
                connection, actor, message_id, Mend(reason=reason, room_bytes=room_bytes), dialect_of, clock
            )
        except Rejection as rejection:
            done.rejected[rejection.code] += 1
        except NotKeptError:
            done.not_kept += 1
        except ConflictError:
            # Somebody else was quicker.
            continue
        else:
            done.redriven += 1
            done.readings += stored.new
    return done
