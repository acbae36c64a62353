"""In whose name tests record what they record, where it is not what they are about."""

from service.auth.passwords import Passwords
from service.domain.identity.actor import Actor

TESTER = Actor("account:tester", "T. Tester", "password")

#: Hashes that cost next to nothing.
CHEAP = Passwords(memory_kib=64, rounds=1)


def person(name: str) -> Actor:
    """Somebody of this name, logged in."""
    return Actor(f"account:{name.casefold()}", name, "password")
