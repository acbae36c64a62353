"""PINs: digits that somebody types at a kiosk, and nowhere else, instead of their password."""

import re
from itertools import pairwise

#: Digits of a PIN: the tries that a lockout leaves do not get through a million.
LEAST_PIN, MOST_PIN = 6, 12

_PIN = re.compile(rf"[0-9]{{{LEAST_PIN},{MOST_PIN}}}")


def is_pin(typed: str) -> bool:
    """Whether this may be a PIN; anything else is a password."""
    return _PIN.fullmatch(typed) is not None


def why_no_pin(pin: str, login: str) -> str | None:
    """Why this cannot be an account's PIN; None: it can. Nothing of it is repeated."""
    if not is_pin(pin):
        return f"a PIN has {LEAST_PIN} to {MOST_PIN} digits and nothing else"
    if len(set(pin)) < 3 or _is_a_run(pin) or _is_repeated(pin) or pin in login:
        return "this PIN is guessed at once: take no row such as 123456, nothing twice over such as 123123, no login"
    return None


def _is_a_run(pin: str) -> bool:
    """Whether each digit is the one after, or before, the last: 0 follows 9."""
    steps = {(int(later) - int(earlier)) % 10 for earlier, later in pairwise(pin)}
    return steps in ({1}, {9})


def _is_repeated(pin: str) -> bool:
    # Whatever consists of one piece, again and again, is found in itself twice over before its end.
    return pin in (pin + pin)[1:-1]
