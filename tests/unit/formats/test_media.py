"""Bytes are taken for what they are, not for what they are said to be."""

from io import BytesIO

import pytest

from service.errors import RefusedError
from service.formats.media import MEDIA_TYPES, refuse_other_content

PDF = b"%PDF-1.7\nsome pages\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40) + b"IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + bytes(40) + b"\xff\xd9"


@pytest.mark.parametrize(
    ("content", "media_type", "why"),
    [
        (b"", "application/pdf", "is empty"),
        (b"<html></html>", "application/pdf", "not a PDF: it begins with other bytes"),
        (b"\n" + PDF, "application/pdf", "begins with other bytes"),
        (PDF[:-7], "application/pdf", "cut off"),
        (PNG, "image/jpeg", "begins with other bytes"),
        (PNG[:-8], "image/png", "cut off"),
        (PNG, "text/plain", "NUL"),
        (b"\xe4\xf6\xfc", "text/csv", "UTF-8"),
        ("µ".encode()[:1], "text/plain", "UTF-8"),
    ],
)
def test_bytes_that_are_not_what_they_are_said_to_be_are_refused(content: bytes, media_type: str, why: str) -> None:
    """A certificate that nobody can open years later is none."""
    with pytest.raises(RefusedError, match=why):
        refuse_other_content(media_type, BytesIO(content))


def test_what_is_what_it_is_said_to_be_is_taken() -> None:
    """A scan, a photograph of a display and a logger's table are evidence, too."""
    good = {"application/pdf": PDF, "image/png": PNG, "image/jpeg": JPEG, "text/csv": b"a,b", "text/plain": b"a"}
    assert good.keys() == MEDIA_TYPES.keys()
    for media_type, content in good.items():
        refuse_other_content(media_type, BytesIO(content))
