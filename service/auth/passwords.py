"""Passwords as Argon2id hashes (RFC 9106). One at a time is hashed: a flood of logins shall not take the memory."""

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from service.domain.identity.accounts import MOST_PASSWORD
from service.errors import BusyError

#: So many wait for their turn; who comes then is asked to come again, for the threads are needed for other work.
_MOST_WAITING = 8


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a password is the one that was hashed; `new_hash`: to be kept from now on, if the price changed."""

    fits: bool
    new_hash: str | None = None


class Passwords:
    """Makes and checks hashes, all by one queue.

    Args:
        memory_kib: of one hash; rounds: over it. By default the second choice of RFC 9106, about 50 ms.
    """

    def __init__(self, memory_kib: int = 65_536, rounds: int = 3) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=4)
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(_MOST_WAITING)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe())

    def hashed(self, password: str) -> str:
        """What is kept of a password.

        Raises:
            BusyError: many are being hashed.
        """
        with self._in_turn():
            return self._hasher.hash(_bytes(password))

    def fit(self, password: str, kept: str | None) -> Fit:
        """Whether a password is the one that was hashed. None: that of nobody, which takes the same time.

        Raises:
            BusyError: many are being hashed.
        """
        given = _bytes(password)
        with self._in_turn():
            if len(given) > MOST_PASSWORD:
                # Nothing of that length was ever hashed, nor is it now.
                kept, given = None, b""
            try:
                self._hasher.verify(self._nobodys if kept is None else kept, given)
            except (VerificationError, InvalidHashError):
                return Fit(False)
            if kept is None:
                return Fit(False)
            renewed = self._hasher.hash(given) if self._hasher.check_needs_rehash(kept) else None
            return Fit(True, renewed)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise BusyError("many log in just now; nothing was tried, do it again in a moment")
        try:
            with self._turn:
                yield
        finally:
            self._places.release()


def _bytes(password: str) -> bytes:
    """The same bytes for the same letters, however a keyboard puts them together."""
    if len(password) > MOST_PASSWORD:
        return password.encode(errors="surrogatepass")
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")
