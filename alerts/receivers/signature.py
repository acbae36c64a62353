"""The signature of a webhook's messages: who sent it, that nothing was changed, and when.

``Unbroken-Signature: t=<Unix seconds>,v1=<hex>``, where the hex is the HMAC-SHA256, under the shared secret, of the
seconds as written, a full stop, and the body as received, byte for byte. The time is inside, so that a message which
was overheard cannot be sent again a day later.
"""

import hashlib
import hmac
import re

from service.errors import UnbrokenError

HEADER = "Unbroken-Signature"

#: How far the two clocks may be apart, the way of the message included.
TOLERANCE_S = 300.0

_TIME = re.compile(r"[0-9]{1,12}")


class SignatureError(UnbrokenError):
    """A message is not from us, was changed on its way, or is old."""


def sign(secret: str, body: bytes, now_s: float) -> str:
    """The header's value for a body sent at `now_s`, in Unix seconds."""
    seconds = str(int(now_s))
    return f"t={seconds},v1={_code(secret, seconds, body)}"


def verify(secret: str, header: str | None, body: bytes, now_s: float, tolerance_s: float = TOLERANCE_S) -> None:
    """For those who receive: return if the body is ours, as we sent it, and recent.

    Args:
        secret: what both sides were told.
        header: the value of ``Unbroken-Signature``; None: there was no such header.
        body: the body as received, before anything decodes it.
        now_s: Unix seconds.

    Raises:
        SignatureError: it is not; the text says why.
    """
    if not header:
        raise SignatureError(f"the message has no {HEADER}")
    fields = [field.partition("=") for field in header.split(",")]
    times = [value for name, _, value in fields if name.strip() == "t"]
    if len(times) != 1 or not _TIME.fullmatch(times[0]):
        raise SignatureError(f"{HEADER} does not say when it was made")
    # More than one code: a sender may sign with an old and a new secret while they are exchanged.
    expected = _code(secret, times[0], body)
    codes = [value for name, _, value in fields if name.strip() == "v1"]
    # Compared as bytes: text that is not ASCII is wrong, not an error.
    if not any(hmac.compare_digest(expected.encode(), code.encode()) for code in codes):
        raise SignatureError("the message was changed, or signed with another secret")
    if abs(now_s - int(times[0])) > tolerance_s:
        raise SignatureError(f"the message was signed more than {tolerance_s:g} s from now")


def _code(secret: str, seconds: str, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
