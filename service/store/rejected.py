"""Messages that could not be taken, kept where someone can mend them."""

import hashlib
from datetime import datetime
from typing import Any

from service.errors import NotFoundError
from service.store.pool import Connection

#: Of a message larger than this, only the beginning is kept.
LARGEST_PAYLOAD_BYTES = 1 << 20
KEPT_OF_LARGER_BYTES = 1 << 16


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
    """Keep a rejected message, once per content and topic.

    With more than `storage_cap_bytes` of payloads kept, a further one is recorded by hash, size and reason alone.
    """
    kept = payload if len(payload) <= LARGEST_PAYLOAD_BYTES else payload[:KEPT_OF_LARGER_BYTES]
    connection.execute(
        "INSERT INTO rejected_messages "
        "(sha256, topic, code, explanation, payload, payload_size, first_received_at, last_received_at) "
        "SELECT %(sha256)s, %(topic)s, %(code)s, %(explanation)s, "
        "CASE WHEN (SELECT coalesce(sum(octet_length(payload)), 0) FROM rejected_messages) + %(kept_size)s <= %(cap)s "
        "THEN %(kept)s::bytea END, %(size)s, %(at)s, %(at)s "
        "ON CONFLICT (sha256, topic) DO UPDATE "
        "SET times = rejected_messages.times + 1, last_received_at = excluded.last_received_at",
        {
            "sha256": hashlib.sha256(payload).digest(),
            "topic": topic.replace("\x00", "�"),
            "code": code,
            "explanation": explanation.replace("\x00", "�"),
            "kept": kept,
            "kept_size": len(kept),
            "size": len(payload),
            "cap": storage_cap_bytes,
            "at": received_at,
        },
    )


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
