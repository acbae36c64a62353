"""Signed links: whoever holds one may answer the alerts it names until it expires, and may do nothing else.

A token is version, expiry, alert ids and who was sent it, then 96 bits of HMAC-SHA256, all in URL-safe base64.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.errors import UnbrokenError

_VERSION = b"\x01"
_MAC_BYTES = 12
_EXPIRY_BYTES = 5
#: What the same secret signs elsewhere must not pass for a link.
_PURPOSE = b"unbroken alert link\x00"
#: Longer is no link of ours, and is not looked at.
_LONGEST_TOKEN = 4_096
_LONGEST_NUMBER_BYTES = 9
#: A link as it stands in a text. The shortest token there is has 27 characters.
_IN_TEXT = re.compile(r"/a/[A-Za-z0-9_-]{20,}")


@dataclass(frozen=True, slots=True)
class Link:
    """What a link allows: to answer these alerts, as the person or receiver it was sent to."""

    alert_ids: tuple[int, ...]
    who: str
    expires_at_s: int


class LinkError(UnbrokenError):
    """This link cannot be used."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


class UnreadableLinkError(LinkError):
    """This is not a whole link; a mail program may have cut it: copy all of it from the message."""


class ForgedLinkError(LinkError):
    """This link was not signed by this service, or was changed since; open the one in the message itself."""


class ExpiredLinkError(LinkError):
    """This link has expired; open the one in the newest message about the alert."""


def sign(secrets: Sequence[bytes], alert_ids: Iterable[int], who: str, expires_at_s: int) -> str:
    """The token of a link.

    Args:
        secrets: the first of them signs.
        who: the person or receiver it is sent to; recorded as who answered.
        expires_at_s: seconds since 1970.

    Raises:
        ValueError: without a secret anybody could sign.
    """
    if not secrets:
        raise ValueError("a link needs a secret to be signed with")
    ids = sorted(set(alert_ids))
    numbers = [len(ids), *(later - earlier for earlier, later in zip([0, *ids], ids, strict=False))]
    body = (
        _VERSION
        + expires_at_s.to_bytes(_EXPIRY_BYTES, "big")
        + b"".join(_number(number) for number in numbers)
        + who.encode()
    )
    return urlsafe_b64encode(body + _mac(secrets[0], body)).decode().rstrip("=")


def read(secrets: Sequence[bytes], token: str, now_s: float) -> Link:
    """What a token allows that one of these secrets has signed.

    Raises:
        LinkError: nothing; its message says why, and what to do.
    """
    whole = _decoded(token)
    body, mac = whole[:-_MAC_BYTES], whole[-_MAC_BYTES:]
    if not any(hmac.compare_digest(mac, _mac(secret, body)) for secret in secrets):
        raise ForgedLinkError
    try:
        link = _link(body)
    except (IndexError, UnicodeDecodeError) as error:
        raise UnreadableLinkError from error
    if now_s >= link.expires_at_s:
        raise ExpiredLinkError
    return link


def without_links(text: str) -> str:
    """A text as it may be kept and shown: whoever reads it later may not answer, and finds the page of all alerts."""
    return _IN_TEXT.sub("/alerts", text)


def _mac(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, _PURPOSE + body, "sha256")[:_MAC_BYTES]


def _decoded(token: str) -> bytes:
    try:
        if len(token) > _LONGEST_TOKEN:
            raise UnreadableLinkError
        whole = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError as error:
        raise UnreadableLinkError from error
    # One link has one spelling: what a lenient decoder would let pass is not ours.
    if urlsafe_b64encode(whole).decode().rstrip("=") != token or whole[:1] != _VERSION or len(whole) <= _MAC_BYTES:
        raise UnreadableLinkError
    return whole


def _link(body: bytes) -> Link:
    at = len(_VERSION) + _EXPIRY_BYTES
    expires_at_s = int.from_bytes(body[len(_VERSION) : at], "big")
    count, at = _number_at(body, at)
    ids: list[int] = []
    for _ in range(count):
        step, at = _number_at(body, at)
        ids.append((ids[-1] if ids else 0) + step)
    return Link(tuple(ids), body[at:].decode(), expires_at_s)


def _number(number: int) -> bytes:
    """Seven bits a byte, the least first; the eighth says that more follow."""
    found = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        found.append(low | (0x80 if number else 0))
        if not number:
            return bytes(found)


def _number_at(body: bytes, at: int) -> tuple[int, int]:
    number = 0
    for place in range(_LONGEST_NUMBER_BYTES):
        byte = body[at + place]
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return number, at + place + 1
    raise IndexError("a number too long")
