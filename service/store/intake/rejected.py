"""Rejected messages, to be read and mended, and what became of those that were redriven."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.domain.identity.caller import Sites
from service.errors import ConflictError, NotFoundError
from service.store.paging import NEWEST_FIRST, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_values, columns, one_row
from service.store.visible import visible, visible_at

State = Literal["rejected", "redriven"]


@dataclass(frozen=True, slots=True)
class RejectedMessage:
    """A message that could not be taken. It stays as it is, also when it was redriven since.

    Attributes:
        kept_size: bytes of its payload that were kept; None: nothing of it. payload_size: bytes that came.
        sha256: of the whole payload, in hexadecimal.
        times: how often the same came.
        redriven_at: None: it was not.
    """

    id: int
    topic: str
    code: str
    explanation: str
    kept_size: int | None
    payload_size: int
    sha256: str
    times: int
    first_received_at: datetime
    last_received_at: datetime
    redriven_at: datetime | None

    @property
    def state(self) -> State:
        """Whether it was redriven."""
        return "rejected" if self.redriven_at is None else "redriven"


@dataclass(frozen=True, slots=True)
class RejectedMessageWhole(RejectedMessage):
    """A rejected message with what was kept of its payload; None: nothing."""

    payload: bytes | None


@dataclass(frozen=True, slots=True)
class Redrive:
    """How a message was redriven: what was put in place of its own topic and payload (None: nothing), why, by whom, and
    what of its readings was new, known and conflicting."""

    redriven_at: datetime
    topic: str | None
    payload: bytes | None
    reason: str
    recorded_by: str
    stored: int
    known: int
    conflicting: int


_COLUMNS = (
    "id, rejected_messages.topic, code, explanation, octet_length(rejected_messages.payload) AS kept_size, "
    "payload_size, encode(sha256, 'hex') AS sha256, times, first_received_at, last_received_at, redriven_at"
)
_FROM = "FROM rejected_messages LEFT JOIN redrives ON message_id = id"
_CHOSEN = (
    "(%(code)s::text IS NULL OR code = %(code)s) "
    "AND (%(topic)s::text IS NULL OR starts_with(rejected_messages.topic, %(topic)s))"
)
_IN_STATE = {"rejected": "redriven_at IS NULL", "redriven": "redriven_at IS NOT NULL", None: "true"}


def rejected_messages(
    connection: Connection,
    *,
    code: str | None = None,
    topic: str | None = None,
    state: State | None = None,
    part: Part,
    seen_at: Sites = None,
) -> list[RejectedMessage]:
    """Rejected messages, the newest first. `topic` is its beginning; `state` None: either."""
    return rows_of_part(
        connection,
        RejectedMessage,
        f"SELECT {_COLUMNS} {_FROM} WHERE {_IN_STATE[state]} AND {_CHOSEN} "
        f"AND {visible('rejected message', 'rejected_messages.id', seen_at)}",
        {"code": code, "topic": topic, **visible_at(seen_at)},
        NEWEST_FIRST,
        part,
    )


def rejected_message(connection: Connection, message_id: int) -> RejectedMessageWhole:
    """One rejected message.

    Raises:
        NotFoundError: there is none of that id.
    """
    found = one_row(
        connection,
        RejectedMessageWhole,
        f"SELECT {_COLUMNS}, rejected_messages.payload {_FROM} WHERE id = %s",
        [message_id],
    )
    if found is None:
        raise NotFoundError(f"there is no rejected message {message_id}; give the id of one that is listed")
    return found


def waiting_ids(connection: Connection, code: str | None, topic: str | None, after_id: int, most: int) -> list[int]:
    """Ids of at most `most` messages after `after_id` that are not redriven yet, ascending. `topic`: its beginning."""
    return all_values(
        connection,
        f"SELECT id {_FROM} WHERE redriven_at IS NULL AND id > %(after)s AND {_CHOSEN} ORDER BY id LIMIT %(most)s",
        {"code": code, "topic": topic, "after": after_id, "most": most},
    )


def redrive_of(connection: Connection, message_id: int) -> Redrive | None:
    """How a message was redriven; None: it was not."""
    return one_row(
        connection,
        Redrive,
        f"SELECT {columns(Redrive)} FROM redrives WHERE message_id = %s",
        [message_id],
    )


def record_redrive(
    connection: Connection,
    message_id: int,
    *,
    topic: str | None,
    payload: bytes | None,
    reason: str,
    stored: int,
    known: int,
    conflicting: int,
) -> None:
    """Record how a message was redriven, and what of its readings was new, known and conflicting.

    Raises:
        ConflictError: somebody else did it meanwhile.
    """
    recorded = connection.execute(
        "INSERT INTO redrives (message_id, topic, payload, reason, stored, known, conflicting) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [message_id, topic, payload, reason, stored, known, conflicting],
    )
    if recorded.rowcount == 0:
        raise ConflictError(f"rejected message {message_id} is being redriven by somebody else")
