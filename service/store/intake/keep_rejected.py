"""NewRejectedMessage messages are kept: each content of a topic once, and no more of them than there is room for."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from service.domain.intake.room import Kept, Room, keeping
from service.formats.dialect import LARGEST_PAYLOAD_BYTES
from service.store.intake.refusals import Refusal, note_refusals
from service.store.pool import Connection
from service.store.rows import all_rows, one_row

#: Of a payload larger than any that can be taken, this much is kept: its beginning.
_KEPT_OF_LARGER_BYTES = 1 << 16
#: At most this many messages are kept, unless a setting says otherwise.
MOST_MESSAGES = 1_000_000
#: At most this many characters are kept of a topic and of an explanation. No dialect has longer topics.
_LONGEST_TOPIC = 1_000
_LONGEST_EXPLANATION = 500


@dataclass(frozen=True, slots=True)
class NewRejectedMessage:
    """A message that was refused, in whole or in part.

    Attributes:
        loggers: whose it was, as far as that can be told, and why it was refused of each.
    """

    topic: str
    payload: bytes
    code: str
    explanation: str
    received_at: datetime
    loggers: Mapping[str, str] = field(default_factory=dict)


def keep_rejected(connection: Connection, messages: Sequence[NewRejectedMessage], most: Room) -> int:
    """Keep rejected messages, each content of a topic once; how many were only counted, because no more may be kept.

    With `most.bytes` used up, a further one is recorded by hash, size and reason alone; with `most.messages`, or the
    share of its logger, it is counted and nothing more. What it costs does not depend on how much is kept.
    """
    if not messages:
        return 0
    found = _together(messages)
    with connection.transaction():
        known = _known(connection, found)
        registered, held_of = _owners(connection, found)
        fresh = [one for one in found if one.key not in known]
        for one in fresh:
            one.owner = one.owner if one.owner in registered else ""
        sizes = [(one.owner, len(one.kept), one.size_beside) for one in fresh]
        for one, kept in zip(fresh, keeping(sizes, _held(connection), held_of, most), strict=True):
            one.how = kept
        _insert(connection, [one for one in found if one.key in known or one.how is not Kept.COUNTED])
        note_refusals(connection, _refusals(messages, registered))
        # Last, so that whoever else adds some waits for no more than the end of this transaction.
        _count(connection, [one for one in fresh if one.how is not Kept.COUNTED])
    return sum(one.times for one in fresh if one.how is Kept.COUNTED)


@dataclass(slots=True)
class _Content:
    """One content of one topic, as often as it came."""

    topic: str
    sha256: bytes
    message: NewRejectedMessage
    explanation: str
    kept: bytes
    owner: str
    times: int = 0
    last_at: datetime | None = None
    how: Kept = Kept.COUNTED

    @property
    def key(self) -> tuple[bytes, str]:
        """What it is known by."""
        return (self.sha256, self.topic)

    @property
    def size_beside(self) -> int:
        """Bytes beside its payload."""
        return len(self.topic.encode()) + len(self.explanation.encode())


def _together(messages: Sequence[NewRejectedMessage]) -> list[_Content]:
    """By content, in the order of their arrival."""
    found: dict[tuple[bytes, str], _Content] = {}
    for message in messages:
        payload = message.payload
        topic = _text(message.topic, _LONGEST_TOPIC)
        sha256 = hashlib.sha256(payload).digest()
        one = found.get((sha256, topic))
        if one is None:
            kept = payload if len(payload) <= LARGEST_PAYLOAD_BYTES else payload[:_KEPT_OF_LARGER_BYTES]
            explanation = _text(message.explanation, _LONGEST_EXPLANATION)
            owner = min(message.loggers, default="")
            one = found[sha256, topic] = _Content(topic, sha256, message, explanation, kept, owner)
        one.times += 1
        one.last_at = message.received_at if one.last_at is None else max(one.last_at, message.received_at)
    return list(found.values())


def _text(text: str, longest: int) -> str:
    """As PostgreSQL takes it: neither NUL nor half a character."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return cut.replace("\x00", "�").encode(errors="replace").decode()


@dataclass(frozen=True, slots=True)
class _Key:
    sha256: bytes
    topic: str


def _known(connection: Connection, found: Sequence[_Content]) -> set[tuple[bytes, str]]:
    # Arrays in binary: they need no quoting. LIMIT keeps the planner from reading all that is kept to look up a few.
    known = all_rows(
        connection,
        _Key,
        "SELECT known.sha256, known.topic FROM unnest(%b::bytea[], %b::text[]) AS wanted (sha256, topic) "
        "CROSS JOIN LATERAL (SELECT sha256, topic FROM rejected_messages AS one "
        "WHERE one.sha256 = wanted.sha256 AND md5(one.topic) = md5(wanted.topic) LIMIT 1) AS known",
        [[one.sha256 for one in found], [one.topic for one in found]],
    )
    return {(key.sha256, key.topic) for key in known}


@dataclass(frozen=True, slots=True)
class _Owner:
    """A logger, whether we know it, and how many messages are kept of it. The id "" stands for nobody."""

    id: str
    known: bool
    messages: int


def _owners(connection: Connection, found: Sequence[_Content]) -> tuple[set[str], dict[str, int]]:
    """Which of their loggers we know, and how many messages are kept of each of those, and of nobody's."""
    wanted = sorted({logger_id for one in found for logger_id in one.message.loggers} | {""})
    owners = all_rows(
        connection,
        _Owner,
        "SELECT wanted.id, loggers.id IS NOT NULL AS known, coalesce(messages, 0) AS messages "
        "FROM unnest(%s::text[]) AS wanted (id) LEFT JOIN loggers ON loggers.id = wanted.id "
        "LEFT JOIN rejected_shares ON logger_id = wanted.id",
        [wanted],
    )
    return {owner.id for owner in owners if owner.known}, {owner.id: owner.messages for owner in owners}


def _held(connection: Connection) -> Room:
    """How much is kept already."""
    return one_row(connection, Room, "SELECT messages, bytes FROM rejected_totals") or Room(0, 0)


def _insert(connection: Connection, contents: Sequence[_Content]) -> None:
    if not contents:
        return
    # In one order for all who store some, so that none waits for another crosswise.
    kept = sorted(contents, key=lambda one: one.key)
    connection.execute(
        "INSERT INTO rejected_messages "
        "(sha256, topic, code, explanation, payload, payload_size, times, first_received_at, last_received_at) "
        "SELECT * FROM unnest(%b::bytea[], %b::text[], %b::text[], %b::text[], %b::bytea[], %b::integer[], "
        "%b::integer[], %b::timestamptz[], %b::timestamptz[]) ON CONFLICT (sha256, md5(topic)) DO UPDATE SET "
        "times = least(rejected_messages.times::bigint + excluded.times, 2147483647), "
        "last_received_at = greatest(rejected_messages.last_received_at, excluded.last_received_at)",
        [
            [one.sha256 for one in kept],
            [one.topic for one in kept],
            [one.message.code for one in kept],
            [one.explanation for one in kept],
            [one.kept if one.how is Kept.WHOLE else None for one in kept],
            [len(one.message.payload) for one in kept],
            [one.times for one in kept],
            [one.message.received_at for one in kept],
            [one.last_at for one in kept],
        ],
    )


def _count(connection: Connection, added: Sequence[_Content]) -> None:
    if not added:
        return
    shares = Counter(one.owner for one in added)
    connection.execute(
        "INSERT INTO rejected_shares (logger_id, messages) SELECT * FROM unnest(%s::text[], %s::bigint[]) "
        "ON CONFLICT (logger_id) DO UPDATE SET messages = rejected_shares.messages + excluded.messages",
        [sorted(shares), [shares[owner] for owner in sorted(shares)]],
    )
    connection.execute(
        "UPDATE rejected_totals SET messages = messages + %s, bytes = bytes + %s",
        [len(added), sum(one.size_beside + (len(one.kept) if one.how is Kept.WHOLE else 0) for one in added)],
    )


def _refusals(messages: Sequence[NewRejectedMessage], registered: set[str]) -> list[Refusal]:
    return [
        Refusal(logger_id, code, message.received_at)
        for message in messages
        for logger_id, code in message.loggers.items()
        if logger_id in registered
    ]
