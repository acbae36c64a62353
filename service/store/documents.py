"""Documents: bytes kept by their SHA-256."""

import hashlib
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import psycopg

from service.errors import RefusedError
from service.store.paging import WHOLE, Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import found, one_row, one_value, tuples

_PIECE = 1 << 18
_COPY_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_TRAILER = b"\xff\xff"


#: Of a file that came as what loggers write, nobody said which.
UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes that somebody brought, by their SHA-256. `is_new`: nobody had brought them before."""

    sha256: bytes
    is_new: bool


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """What is known of a document.

    Attributes:
        media_type, name: as they were said of it; None: they were not.
        is_kept: its bytes are; else there was no room for them.
    """

    sha256: str
    size: int
    media_type: str | None
    name: str | None
    is_kept: bool
    recorded_by: str
    recorded_at: datetime


def keep_document(
    connection: Connection,
    content: BinaryIO,
    room_bytes: int,
    media_type: str | None = None,
    name: str | None = None,
) -> Kept:
    """Keep bytes, once whoever brings them how often; returns what they are kept as.

    They are read a piece at a time. Call it inside a transaction.

    Args:
        room_bytes: with so many kept already, of further ones only hash and size are.
        media_type, name: what is said of it.
    """
    sha256, size = _hashed(content)
    if one_value(connection, "SELECT EXISTS (SELECT FROM documents WHERE sha256 = %s)", [sha256]):
        return Kept(sha256, is_new=False)
    kept = one_value(connection, "SELECT coalesce(sum(size), 0)::bigint FROM documents WHERE content IS NOT NULL")
    has_room = kept + size <= room_bytes
    try:
        with (
            connection.transaction(),
            connection.cursor() as cursor,
            cursor.copy("COPY documents (sha256, size, media_type, name, content) FROM STDIN (FORMAT binary)") as copy,
        ):
            # A row as COPY takes it: each field after its length, −1 for NULL.
            copy.write(_COPY_HEADER + struct.pack(">hi32siq", 5, len(sha256), sha256, 8, size))
            for text in (media_type, name):
                copy.write(struct.pack(">i", -1) if text is None else _field(text.encode()))
            copy.write(struct.pack(">i", size if has_room else -1))
            for piece in _pieces(content) if has_room else ():
                copy.write(piece)
            copy.write(_COPY_TRAILER)
    except psycopg.errors.UniqueViolation:
        # Somebody else brought the same meanwhile.
        return Kept(sha256, is_new=False)
    return Kept(sha256, is_new=True)


def _field(value: bytes) -> bytes:
    return struct.pack(">i", len(value)) + value


def _hashed(content: BinaryIO) -> tuple[bytes, int]:
    hashed, size = hashlib.sha256(), 0
    for piece in _pieces(content):
        hashed.update(piece)
        size += len(piece)
    return hashed.digest(), size


def _pieces(content: BinaryIO) -> Iterator[bytes]:
    content.seek(0)
    while piece := content.read(_PIECE):
        yield piece


_KNOWN = """
    SELECT encode(sha256, 'hex') AS sha256, size, media_type, name, content IS NOT NULL AS is_kept, recorded_by,
        recorded_at
    FROM documents
"""
_NO_HASH = re.compile("(?![0-9a-f]{64}$)")

#: The order in which documents are listed.
NEWEST_DOCUMENT_FIRST = Order({"recorded_at": datetime, "sha256": str}, newest_first=True)


def documents(connection: Connection, part: Part = WHOLE) -> list[KeptDocument]:
    """What is known of documents, newest first."""
    return rows_of_part(connection, KeptDocument, _KNOWN, {}, NEWEST_DOCUMENT_FIRST, part)


def document(connection: Connection, sha256: str) -> KeptDocument:
    """What is known of one document. `sha256`: in hexadecimal.

    Raises:
        NotFoundError: there is none of that hash.
    """
    return found(_known(connection, sha256), "document", sha256)


def refuse_no_document(connection: Connection, field: str, sha256: str, *, or_file: bool = True) -> None:
    """What a field names, in hexadecimal, must be a document that somebody brought.

    Args:
        or_file: the file of a logger is one, too, and what somebody sent in a logger's place.

    Raises:
        RefusedError: there is none of that hash.
    """
    known = None if _NO_HASH.match(sha256) else _known(connection, sha256)
    if known is None or not (or_file or known.media_type):
        raise RefusedError(
            field, f"there is no document with SHA-256 {sha256}; bring its bytes first, by POST /v1/documents"
        )


def _known(connection: Connection, sha256: str) -> KeptDocument | None:
    return one_row(connection, KeptDocument, f"{_KNOWN} WHERE sha256 = decode(%s, 'hex')", [sha256])


def content_of(connection: Connection, sha256: str) -> bytes | None:
    """The bytes of a document; None: they are not kept. `sha256`: in hexadecimal."""
    # As they are: as a text they would take twice the room.
    rows = tuples(connection, "SELECT content FROM documents WHERE sha256 = decode(%s, 'hex')", [sha256])
    return rows[0][0] if rows else None
