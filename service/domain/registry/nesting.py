"""Whether a container may be put into another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

#: What is carried about: it is at the site of what it is in.
MOVABLE = frozenset({"box", "rack", "shipper", "dry_ice_box", "vehicle"})

#: So many containers may be in each other; the database follows no more (renew_enclosures).
MOST_LEVELS = 6


@dataclass(frozen=True, slots=True)
class Nesting:
    """A container in another over [from_at, until_at); `until_at` None: without an end. `position`: where in it."""

    id: str
    container_id: str
    in_id: str
    from_at: datetime
    until_at: datetime | None
    position: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A container on the way to something. `position`: where it is in the one before it."""

    id: str
    name: str
    position: str | None = None


def path_text(path: Sequence[Step]) -> str:
    """The way to something, the outermost container first: ``'Freezer 1 › Rack A › Box 3'``."""
    return " › ".join(step.name for step in path)


def why_not_carried(kind: str, site_id: str, in_site_id: str) -> str | None:
    """Why a container cannot be put into one of another site; None: it can."""
    if kind in MOVABLE or site_id == in_site_id:
        return None
    return (
        f"that is at site {in_site_id!r}, and a {kind.replace('_', ' ')} is not carried there: it stays at "
        f"{site_id!r}. Put its boxes there instead"
    )


def nesting_ended_by(known: Sequence[Nesting], new: Nesting) -> Nesting | None:
    """The nesting without an end that a new one of the same container ends: one that began before it; None: none."""
    its = (one for one in known if one.container_id == new.container_id)
    return next((one for one in its if one.until_at is None and one.from_at < new.from_at), None)


def why_not_nested(known: Sequence[Nesting], new: Nesting) -> str | None:
    """Why a container cannot be put into another; None: it can.

    Args:
        known: the nestings of all that is in it or around it.
    """
    if new.in_id == new.container_id:
        return f"a container cannot be in itself; name the one that {new.container_id!r} was put into"
    ends = nesting_ended_by(known, new)
    at_that_time = [one for one in known if one is not ends and _overlap(one, new)]
    if elsewhere := next((one for one in at_that_time if one.container_id == new.container_id), None):
        return (
            f"container {new.container_id!r} is recorded in {elsewhere.in_id!r} from {elsewhere.from_at:%Y-%m-%d %H:%M}"
            " UTC; give a time after that, or an end before it"
        )
    if new.in_id in _inside(at_that_time, new.container_id):
        return (
            f"{new.in_id!r} is in {new.container_id!r} during that time, and two containers cannot be in each other; "
            "take it out first"
        )
    inwards = _levels([(one.in_id, one.container_id) for one in at_that_time], new.container_id)
    outwards = _levels([(one.container_id, one.in_id) for one in at_that_time], new.in_id)
    levels = inwards + 1 + outwards
    if levels > MOST_LEVELS:
        return f"{levels + 1} containers would be in each other, and {MOST_LEVELS + 1} are the most; leave one out"
    return None


def _inside(nestings: Sequence[Nesting], container_id: str) -> set[str]:
    found = {container_id}
    while more := {one.container_id for one in nestings if one.in_id in found} - found:
        found |= more
    return found - {container_id}


def _levels(pairs: Sequence[tuple[str, str]], container_id: str, most: int = MOST_LEVELS + 1) -> int:
    """How many levels there are from a container on, by pairs of one and the next; of a circle `most`."""
    following = {then for one, then in pairs if one == container_id}
    return max((1 + _levels(pairs, one, most - 1) for one in following), default=0) if most else 0


def _overlap(one: Nesting, other: Nesting) -> bool:
    begins_before_end = other.until_at is None or one.from_at < other.until_at
    return begins_before_end and (one.until_at is None or one.until_at > other.from_at)
