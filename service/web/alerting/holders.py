"""Whoever answers alerts on a page: somebody who is logged in, or who holds the link of a message."""

from dataclasses import dataclass

from service.auth.access import Access
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Sites
from service.errors import UnbrokenError


class RefusedHereError(UnbrokenError):
    """What was asked on a page may not be done; the message is shown on it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was filled in, and which button was pressed."""

    act: str = ""
    comment: str = ""
    container: str = ""
    to: str = ""
    at: str = ""
    scope: str = ""
    until: str = ""
    reason: str = ""
    silence: int = 0


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever answers, and what.

    Attributes:
        expires: until when a link is good, in words; empty: it is somebody who is logged in.
        access: of whoever is logged in; None: a link, which can do no more than what its message asks for.
        moves_at: the sites at which they may record where lots are; None: all.
    """

    actor: Actor
    alert_ids: tuple[int, ...]
    expires: str = ""
    access: Access | None = None
    moves_at: Sites = None

    @property
    def may_move(self) -> bool:
        """Whether they may record at all where lots are."""
        return self.moves_at != frozenset()
