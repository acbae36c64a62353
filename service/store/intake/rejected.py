"""Messages that could not be taken, kept where someone can mend them."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from service.domain.intake.room import Kept, Room, keeping
from service.errors import NotFoundError
from service.store.intake.refusals import Refusal, note_refusals
from service.store.pool import Connection

#: Of a message larger than this, only the beginning is kept.
LARGEST_PAYLOAD_BYTES = 1 << 20
KEPT_OF_LARGER_BYTES = 1 << 16
#: So many messages are kept, unless a setting says otherwise.
MOST_MESSAGES = 1_000_000
#: Characters that are kept of a topic and of an explanation. No dialect has longer topics.
_LONGEST_TOPIC = 1_000
_LONGEST_EXPLANATION = 500


@dataclass(frozen=True, slots=True)
class RejectedMessage:
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


def add_rejected(
    connection: Connection,
    *,
    topic: str,
    payload: bytes,
    code: str,
    explanation: str,
    received_at: datetime,
    storage_cap_bytes: int,
) -> None:
    """Keep a rejected message, once per content and topic. See `keep_rejected`."""
    message = RejectedMessage(topic, payload, code, explanation, received_at)
    keep_rejected(connection, [message], Room(MOST_MESSAGES, storage_cap_bytes))


def keep_rejected(connection: Connection, messages: Sequence[RejectedMessage], most: Room) -> int:
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
        [held] = connection.execute("SELECT messages, bytes FROM rejected_totals").fetchall()
        sizes = [(one.owner, len(one.kept), one.size_beside) for one in fresh]
        for one, kept in zip(fresh, keeping(sizes, Room(held["messages"], held["bytes"]), held_of, most), strict=True):
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
    message: RejectedMessage
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


def _together(messages: Sequence[RejectedMessage]) -> list[_Content]:
    """By content, in the order of their arrival."""
    found: dict[tuple[bytes, str], _Content] = {}
    for message in messages:
        payload = message.payload
        topic = _text(message.topic, _LONGEST_TOPIC)
        sha256 = hashlib.sha256(payload).digest()
        one = found.get((sha256, topic))
        if one is None:
            kept = payload if len(payload) <= LARGEST_PAYLOAD_BYTES else payload[:KEPT_OF_LARGER_BYTES]
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


def _known(connection: Connection, found: Sequence[_Content]) -> set[tuple[bytes, str]]:
    # Arrays in binary: they need no quoting. LIMIT keeps the planner from reading all that is kept to look up a few.
    rows = connection.execute(
        "SELECT known.sha256, known.topic FROM unnest(%b::bytea[], %b::text[]) AS wanted (sha256, topic) "
        "CROSS JOIN LATERAL (SELECT sha256, topic FROM rejected_messages AS one "
        "WHERE one.sha256 = wanted.sha256 AND md5(one.topic) = md5(wanted.topic) LIMIT 1) AS known",
        [[one.sha256 for one in found], [one.topic for one in found]],
    )
    return {(bytes(row["sha256"]), row["topic"]) for row in rows}


def _owners(connection: Connection, found: Sequence[_Content]) -> tuple[set[str], dict[str, int]]:
    """Which of their loggers we know, and how many messages are kept of each of those, and of nobody's."""
    wanted = sorted({logger_id for one in found for logger_id in one.message.loggers} | {""})
    rows = connection.execute(
        "SELECT wanted.id, loggers.id IS NOT NULL AS known, coalesce(messages, 0) AS messages "
        "FROM unnest(%s::text[]) AS wanted (id) LEFT JOIN loggers ON loggers.id = wanted.id "
        "LEFT JOIN rejected_shares ON logger_id = wanted.id",
        [wanted],
    ).fetchall()
    return {row["id"] for row in rows if row["known"]}, {row["id"]: row["messages"] for row in rows}


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


def _refusals(messages: Sequence[RejectedMessage], registered: set[str]) -> list[Refusal]:
    return [
        Refusal(logger_id, code, message.received_at)
        for message in messages
        for logger_id, code in message.loggers.items()
        if logger_id in registered
    ]


_STATES = {"rejected": "redriven_at IS NULL", "redriven": "redriven_at IS NOT NULL"}
_WITHOUT_PAYLOAD = (
    "id, rejected_messages.topic, code, explanation, octet_length(rejected_messages.payload) AS kept_size, "
    "payload_size, encode(sha256, 'hex') AS sha256, times, first_received_at, last_received_at, redriven_at"
)
_WITH_PAYLOAD = (
    "rejected_messages.payload, redrives.topic AS mended_topic, redrives.payload AS mended_payload, "
    "note, stored, known, conflicting"
)
_FROM = "FROM rejected_messages LEFT JOIN redrives ON message_id = id"


def rejected_messages(
    connection: Connection,
    *,
    code: str | None = None,
    topic: str | None = None,
    state: str | None = None,
    before_id: int | None = None,
    most: int = 100,
) -> list[dict[str, Any]]:
    """Rejected messages without their payloads, the newest first.

    `topic` is its beginning; `state` is ``rejected`` or ``redriven``, and anything else is both.
    """
    return connection.execute(
        f"SELECT {_WITHOUT_PAYLOAD} {_FROM} WHERE {_STATES.get(state or '', 'true')} "
        "AND (%(code)s::text IS NULL OR code = %(code)s) "
        "AND (%(topic)s::text IS NULL OR starts_with(rejected_messages.topic, %(topic)s)) "
        "AND (%(before)s::bigint IS NULL OR id < %(before)s) ORDER BY id DESC LIMIT %(most)s",
        {"code": code, "topic": topic, "before": before_id, "most": most},
    ).fetchall()


def rejected_message(connection: Connection, message_id: int) -> dict[str, Any]:
    """One rejected message, with its payload, and how it was redriven if it was.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = connection.execute(
        f"SELECT {_WITHOUT_PAYLOAD}, {_WITH_PAYLOAD} {_FROM} WHERE id = %s", [message_id]
    ).fetchone()
    if row is None:
        raise NotFoundError(f"there is no rejected message {message_id}; GET /v1/rejected-messages lists them")
    return row


def waiting_ids(connection: Connection, code: str | None, topic: str | None, after_id: int, most: int) -> list[int]:
    """Ids of messages not redriven yet, ascending."""
    rows = connection.execute(
        f"SELECT id {_FROM} WHERE redriven_at IS NULL AND id > %(after)s "
        "AND (%(code)s::text IS NULL OR code = %(code)s) "
        "AND (%(topic)s::text IS NULL OR starts_with(rejected_messages.topic, %(topic)s)) ORDER BY id LIMIT %(most)s",
        {"code": code, "topic": topic, "after": after_id, "most": most},
    )
    return [row["id"] for row in rows]
