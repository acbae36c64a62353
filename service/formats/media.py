"""Whether bytes are what they are said to be: a PDF, a table, a text, a picture. Nothing of them is run or shown."""

import codecs
import os
from typing import BinaryIO

from service.errors import RefusedError

#: What documents may be, as people call it.
MEDIA_TYPES = {
    "application/pdf": "a PDF",
    "text/csv": "a table in CSV",
    "text/plain": "a plain text",
    "image/png": "a PNG picture",
    "image/jpeg": "a JPEG picture",
}

#: By type: how its bytes begin, and what stands near their end.
_MARKS = {
    "application/pdf": (b"%PDF-", b"%%EOF"),
    "image/png": (b"\x89PNG\r\n\x1a\n", b"IEND"),
    "image/jpeg": (b"\xff\xd8\xff", b"\xff\xd9"),
}
#: A program may leave so many bytes behind the end of what it wrote.
_TAIL_BYTES = 1 << 10
_PIECE_BYTES = 1 << 18


def refuse_other_content(media_type: str, content: BinaryIO) -> None:
    """Bytes that are not of the type they are said to be are not taken. They are read a piece at a time.

    Args:
        media_type: one of `MEDIA_TYPES`.

    Raises:
        RefusedError: they are not, or there are none.
    """
    content.seek(0, os.SEEK_END)
    size = content.tell()
    if size == 0:
        raise RefusedError("body", "it is empty; send the bytes of the file")
    if why := _why_no_text(content) if media_type not in _MARKS else _why_cut(media_type, content, size):
        raise RefusedError("body", f"this is not {MEDIA_TYPES[media_type]}: {why}")


def _why_cut(media_type: str, content: BinaryIO, size: int) -> str | None:
    begins, ends = _MARKS[media_type]
    content.seek(0)
    if content.read(len(begins)) != begins:
        return "it begins with other bytes; send the file as it is, with the Content-Type that it has"
    content.seek(max(0, size - _TAIL_BYTES))
    if ends not in content.read():
        return "its end is missing, as if it had been cut off on its way; send it whole"
    return None


def _why_no_text(content: BinaryIO) -> str | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    content.seek(0)
    try:
        while piece := content.read(_PIECE_BYTES):
            if b"\0" in piece:
                return "it has NUL bytes in it, which texts have not; send the file with the Content-Type that it has"
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "it is not in UTF-8; save it in that encoding, and send it again"
    return None
