"""The text of a logger's file a line at a time, so that no file is ever in memory as a whole."""

import codecs
import io
from collections.abc import Generator, Iterator
from typing import BinaryIO

from service.formats.reading import Rejection
from service.formats.wording import shown, unreadable

_PIECE_BYTES = 1 << 20
#: No row of a log is as long; a file without line breaks would otherwise be one line of all it has.
_LONGEST_LINE = 1 << 16
#: After this many empty lines it is no log that goes on.
MOST_BLANK_LINES = 1_000


def encoding_of(file: BinaryIO) -> str:
    """UTF-8 or UTF-16, with or without a byte order mark, else Latin-1 (where 0xB0 is the degree sign).

    Raises:
        Rejection: ``unknown_layout``: it is no text.
    """
    file.seek(0)
    head = file.read(200)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif len(head) > 1 and head[1::2].count(0) * 2 > len(head[1::2]):
        encoding = "utf-16-le"
    elif len(head) > 1 and head[0::2].count(0) * 2 > len(head[0::2]):
        encoding = "utf-16-be"
    else:
        encoding = "utf-8-sig"
    for name in (encoding, "latin-1"):
        try:
            _refuse_binary(file, name)
        except UnicodeDecodeError:
            continue
        return name
    raise AssertionError("Latin-1 decodes all bytes")


def _refuse_binary(file: BinaryIO, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    while True:
        piece = file.read(_PIECE_BYTES)
        text = decoder.decode(piece, final=not piece)
        if (at := text.find("\0")) >= 0:
            raise Rejection("unknown_layout", f"the file is not text: there is {shown(text[max(0, at - 8) : at + 8])}.")
        if not piece:
            return


def lines_of(file: BinaryIO, encoding: str) -> Generator[str]:
    """Its lines with their ends, whichever these are; to be closed before the file is used otherwise.

    Raises:
        Rejection: ``row_unreadable``: a line is too long.
    """
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        number = blank = 0
        while line := text.readline(_LONGEST_LINE + 1):
            number += 1
            if len(line) > _LONGEST_LINE:
                raise unreadable(number, "all", line[:80], f"a line of at most {_LONGEST_LINE:,} characters")
            blank = blank + 1 if line.isspace() else 0
            if blank > MOST_BLANK_LINES:
                raise unreadable(number, "all", "", f"a row within {MOST_BLANK_LINES:,} empty lines")
            yield line
    finally:
        # Otherwise it would close a file that is not ours.
        text.detach()


class Taken:
    """Lines, of which the last one taken is kept: a file cut off in the middle of a row has no end of a line there."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._last = ""

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._last = line
            yield line

    @property
    def ended(self) -> bool:
        """Whether the last one has its end."""
        return self._last.endswith(("\n", "\r"))
