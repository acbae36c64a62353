"""Rejected messages, kept as ingest keeps them."""

from datetime import datetime

from service.domain.intake.room import Room
from service.store.intake.keep_rejected import MOST_MESSAGES, NewRejectedMessage, keep_rejected
from service.store.pool import Connection


def add_rejected(
    connection: Connection,
    *,
    topic: str,
    payload: bytes,
    code: str,
    received_at: datetime,
    storage_cap_bytes: int = 1 << 30,
) -> int:
    """Keep a message that was rejected; its id."""
    message = NewRejectedMessage(topic, payload, code, "it is wrong", received_at)
    keep_rejected(connection, [message], Room(MOST_MESSAGES, storage_cap_bytes))
    [row] = connection.execute("SELECT max(id) AS id FROM rejected_messages").fetchall()
    return int(row["id"])
