"""Documents: bytes kept by their SHA-256."""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import psycopg

from service.store.pool import Connection
from service.store.rows import found, one_row, one_value

_PIECE = 1 << 18
_COPY_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_TRAILER = b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes that were kept. `content`: None: there was no room for them."""

    sha256: bytes
    size: int
    content: bytes | None
    recorded_by: str
    recorded_at: datetime


def keep_document(connection: Connection, content: BinaryIO, room_bytes: int) -> bytes:
    """Keep bytes, once whoever brings them how often; returns their SHA-256. They are read a piece at a time.

    Call it inside a transaction.

    Args:
        room_bytes: with so many kept already, of further ones only hash and size are.
    """
    sha256, size = _hashed(content)
    if one_value(connection, "SELECT EXISTS (SELECT FROM documents WHERE sha256 = %s)", [sha256]):
        return sha256
    kept = one_value(connection, "SELECT coalesce(sum(size), 0)::bigint FROM documents WHERE content IS NOT NULL")
    has_room = kept + size <= room_bytes
    try:
        with (
            connection.transaction(),
            connection.cursor() as cursor,
            cursor.copy("COPY documents (sha256, size, content) FROM STDIN (FORMAT binary)") as copy,
        ):
            # A row as COPY takes it: each field after its length, −1 for NULL.
            copy.write(_COPY_HEADER + struct.pack(">hi32siq", 3, len(sha256), sha256, 8, size))
            copy.write(struct.pack(">i", size if has_room else -1))
            for piece in _pieces(content) if has_room else ():
                copy.write(piece)
            copy.write(_COPY_TRAILER)
    except psycopg.errors.UniqueViolation:
        # Somebody else brought the same meanwhile.
        pass
    return sha256


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


def document(connection: Connection, sha256: bytes) -> Document:
    """One document.

    Raises:
        NotFoundError: there is none of that hash.
    """
    row = one_row(
        connection,
        Document,
        "SELECT sha256, size, content, recorded_by, recorded_at FROM documents WHERE sha256 = %s",
        [sha256],
    )
    return found(row, "document", sha256.hex())
