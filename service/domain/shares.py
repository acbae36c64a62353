"""How the containers are shared out among the evaluators that live.

A container belongs to a share for good; a share is held by one evaluator at a time. No result rests on it: two that
work on the same container wait for each other row by row.
"""

from collections.abc import Collection
from dataclasses import dataclass

#: As many evaluators can be of use.
SHARES = 16

ALL = frozenset(range(SHARES))

#: What must be seen whole is done by whoever holds this one.
WHOLE = 0


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who holds what, as one evaluator finds it.

    Attributes:
        held: the shares it holds itself; free: those that nobody holds.
        others: how many each of the others holds that live; one that has just begun holds none.
    """

    held: frozenset[int]
    free: frozenset[int]
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one evaluator does about it: takes so many of the shares that are free, gives these back."""

    take: int = 0
    give_back: tuple[int, ...] = ()


def exchange(sharing: Sharing) -> Exchange:
    """What brings an evaluator nearer to an equal part, and leaves no share with nobody.

    Nobody takes more than the equal part while another lacks some of his: so it comes to an end, in whatever order
    they look, with parts that differ by one at most.
    """
    equal, left_over = divmod(SHARES, 1 + len(sharing.others))
    lacking = sum(max(0, equal - theirs) for theirs in sharing.others)
    here = len(sharing.held)
    wanted = equal + (left_over > 0 and here + len(sharing.free) - lacking > equal)
    if here > wanted:
        # The first ones stay: what must be seen whole is begun anew where it changes hands.
        return Exchange(give_back=tuple(sorted(sharing.held)[wanted:]))
    return Exchange(take=min(wanted - here, len(sharing.free)))


def what_nobody_does(of_nobody: Collection[int]) -> str:
    """What no evaluator does where nobody holds these shares: ``'is at work'`` where these are all there are."""
    named = ", ".join(str(share) for share in sorted(of_nobody))
    return "is at work" if len(of_nobody) == SHARES else f"holds share {named} of {SHARES}"
