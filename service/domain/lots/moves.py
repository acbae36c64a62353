"""Moves that a signed link recorded: they count at once, and somebody with an account says whether they happened."""

from dataclasses import dataclass
from typing import Literal

#: What became of a move that a link recorded.
Outcome = Literal["confirmed", "struck"]


@dataclass(frozen=True, slots=True)
class UnconfirmedMove:
    """All lots of a container moved to another, as whoever held a link said.

    Attributes:
        recorded_by: to whom the link was sent.
    """

    id: int
    to_id: str
    to_name: str
    moved_at_us: int
    recorded_by: str


def why_no_review(*, by_link: bool, outcome: Outcome | None) -> str | None:
    """Why there is nothing to confirm or strike about a move; None: there is."""
    if outcome is not None:
        return f"it was {outcome} already"
    if not by_link:
        return "it was recorded by somebody who was logged in, and needs no confirmation; POST /v1/corrections mends it"
    return None
