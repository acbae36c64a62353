"""Whose account may be made, changed and used, and what an account's password may be."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from service.domain.identity.caller import Grant, Role

#: Letters that programs and people write alike.
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")
_LONGEST_NAME = 100

#: Bytes of a password: fewer are guessed, more are not hashed for whoever sends them.
LEAST_PASSWORD, MOST_PASSWORD = 8, 1_024

#: Roles whose holders log in with a code beside their password.
WITH_CODE = frozenset({Role.QUALITY, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can log in.

    Attributes:
        name: as it is printed beside what they do.
        is_demo: made by `unbroken up --demo`, and so without the duty of a code.
        code_since: since when they log in with a code beside their password; None: they do not.
        pin_set_at: since when they have a PIN for kiosks; None: they have none.
    """

    id: int
    login: str
    name: str
    is_demo: bool
    made_at: datetime
    password_set_at: datetime
    code_since: datetime | None
    pin_set_at: datetime | None
    deactivated_at: datetime | None


def login_as_kept(typed: str) -> str:
    """A login as it is kept: whoever types it with a capital letter or a space behind it means the same."""
    return typed.strip().lower()


def why_no_login(login: str) -> str | None:
    """Why this cannot be a login; None: it can."""
    if _LOGIN.fullmatch(login):
        return None
    return (
        f"{login[:40]!r} cannot be a login: write it with 1 to 100 of a-z, 0-9 and . _ @ + -, a letter or digit first"
    )


def why_no_name(name: str) -> str | None:
    """Why this cannot be printed as the name of a person; None: it can."""
    if not name.strip():
        return "a name is printed beside all that its owner does: give one"
    if len(name) > _LONGEST_NAME:
        return f"this name has {len(name):,} letters; one of at most {_LONGEST_NAME} is printed everywhere"
    if any(unicodedata.category(letter)[0] == "C" for letter in name):
        return "a name has no control characters, such as a line break; leave them out"
    return None


def why_no_password(password: str, login: str, name: str) -> str | None:
    """Why this cannot be an account's password; None: it can. Nothing of it is repeated."""
    length = len(password.encode(errors="surrogatepass"))
    if length < LEAST_PASSWORD:
        return f"a password has {LEAST_PASSWORD} letters or more: take a few words that nobody else puts together"
    if length > MOST_PASSWORD:
        return f"a password has at most {MOST_PASSWORD:,} bytes; this one has {length:,}"
    folded = password.casefold()
    if folded in {login.casefold(), name.casefold()} or len(set(folded)) < 4:
        return "this password is guessed at once: it is no name and has four different letters or more"
    return None


def in_force(grants: Collection[Grant], *, with_code: bool, is_demo: bool) -> tuple[Grant, ...]:
    """What somebody who logged in may do: the roles that need a code count only once they gave one."""
    if with_code or is_demo:
        return tuple(grants)
    return tuple(grant for grant in grants if grant.role not in WITH_CODE)


def at_site(granted: Collection[Grant], site_id: str) -> tuple[Grant, ...]:
    """What somebody may do at one site, of what they may do anywhere."""
    there = (Grant(grant.role, site_id) for grant in granted if grant.site_id in {None, site_id})
    return tuple(dict.fromkeys(there))


@lru_cache(maxsize=1_024)
def of_key(of_key: tuple[Grant, ...], of_account: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """What a key of an account may do: never more than the account may do now. Remembered: each request asks."""
    held = set(of_account)
    found: list[Grant] = []
    for grant in of_key:
        if grant in held or Grant(grant.role, None) in held:
            found.append(grant)
        elif grant.site_id is None:
            found.extend(one for one in of_account if one.role is grant.role)
    return tuple(dict.fromkeys(found))


def why_last_admin(account: Account, others: int) -> str | None:
    """Why this account stays an admin; None: others are. `others`: other accounts in use that are admin everywhere."""
    if others:
        return None
    return (
        f"{account.login!r} is the last admin: make somebody else one first "
        "(`unbroken account grant LOGIN admin`, on the machine itself)"
    )
