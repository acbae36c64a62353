"""Tokens of sessions and API keys: 256 random bits, of which only the SHA-256 is kept."""

import hashlib
import re
import secrets
from dataclasses import dataclass

_KEY = re.compile(r"unb_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")
_PREFIX_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"

#: Longer than any of ours, and not looked at.
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that was just made; nobody can show `whole` again."""

    prefix: str
    whole: str


def new_token() -> str:
    """The token of a session."""
    return secrets.token_urlsafe(32)


def new_key() -> MadeKey:
    """An API key: how it begins is shown in lists, so that it is found again."""
    prefix = "unb_" + "".join(secrets.choice(_PREFIX_LETTERS) for _ in range(8))
    return MadeKey(prefix, f"{prefix}_{secrets.token_urlsafe(32)}")


def is_key(text: str) -> bool:
    """Whether this looks like one of our keys, whole."""
    return len(text) <= _LONGEST and _KEY.fullmatch(text) is not None


def sha256(token: str) -> bytes:
    """What is kept of a token or key: it has too many bits to be guessed, so one round suffices."""
    return hashlib.sha256(token[: _LONGEST + 1].encode(errors="surrogatepass")).digest()
