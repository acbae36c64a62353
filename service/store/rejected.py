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


_REJECTED = (
    "SELECT id, topic, code, explanation, payload, payload_size, encode(sha256, 'hex') AS sha256, times, "
    "first_received_at, last_received_at FROM rejected_messages "
)


def rejected_messages(connection: Connection, code: str | None = None, most: int = 100) -> list[dict[str, Any]]:
    """Rejected messages, the latest first; with one code if asked."""
    return connection.execute(
        _REJECTED + "WHERE %(code)s::text IS NULL OR code = %(code)s ORDER BY last_received_at DESC, id DESC "
        "LIMIT %(most)s",
        {"code": code, "most": most},
    ).fetchall()


def rejected_message(connection: Connection, message_id: int) -> dict[str, Any]:
    """One rejected message.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = connection.execute(_REJECTED + "WHERE id = %s", [message_id]).fetchone()
    if row is None:
        raise NotFoundError(f"there is no rejected message {message_id}; GET /v1/rejected-messages lists them")
    return row
