"""Whether a placement may be recorded, and what becomes of the one it ends."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

#: What became of a lot after a stay that has an end, where it would have stayed on in the container before.
Then = Literal["back", "nowhere"]


@dataclass(frozen=True, slots=True)
class Placement:
    """A lot in a container over [from_at, until_at); `until_at` None: without an end. `position`: where in it."""

    id: str
    lot_id: str
    container_id: str
    from_at: datetime
    until_at: datetime | None
    position: str | None = None


def ended_by(known: Sequence[Placement], new: Placement) -> Placement | None:
    """The placement without an end that a new one ends: one that began before it. None: it ends none."""
    return next((one for one in known if one.until_at is None and one.from_at < new.from_at), None)


def why_elsewhere(known: Sequence[Placement], new: Placement) -> str | None:
    """Why a lot cannot be where a new placement says: it is recorded in another container then. None: it can.

    The placement that the new one ends does not count.
    """
    ends = ended_by(known, new)
    if any(one is not ends and _overlap(one, new) for one in known):
        return elsewhere_text(new.lot_id)
    return None


def elsewhere_text(lot_id: str) -> str:
    """What is said to who places a lot in two containers at once."""
    return (
        f"lot {lot_id!r} is recorded in another container during that time; "
        "give a time after its present placement began, or an end before it"
    )


def _overlap(one: Placement, other: Placement) -> bool:
    begins_before_end = other.until_at is None or one.from_at < other.until_at
    return begins_before_end and (one.until_at is None or one.until_at > other.from_at)


def whereabouts(known: Sequence[Placement], from_at: datetime, until_at: datetime) -> list[tuple[str, datetime]]:
    """Where a lot was during [from_at, until_at): each container, or "" for none, and until when it was there."""
    found: list[tuple[str, datetime]] = []
    at = from_at
    for one in sorted(known, key=lambda one: one.from_at):
        begins, ends = max(one.from_at, from_at), until_at if one.until_at is None else min(one.until_at, until_at)
        if begins >= ends:
            continue
        if begins > at:
            found.append(("", begins))
        if found and found[-1][0] == one.container_id:
            found.pop()
        found.append((one.container_id, ends))
        at = ends
    return found if at == until_at else [*found, ("", until_at)]


def why_unclear(ends: Placement | None, new: Placement, then: Then | None) -> str | None:
    """Why it is not known what becomes of a lot after a new placement; None: it is.

    Args:
        ends: the placement that the new one ends, if it ends one.
    """
    return why_unclear_after(None if ends is None else ends.container_id, new.until_at, then, "the lot")


def why_unclear_after(stays_in: str | None, until_at: datetime | None, then: Then | None, thing: str) -> str | None:
    """The same of a lot or a container.

    A stay with an end cuts one without in two. What becomes of the rest is not for us to guess.

    Args:
        stays_in: the container that it would have stayed in without an end; None: there is none.
        until_at: when the new stay ends.
        thing: what it is called.
    """
    if stays_in is None or until_at is None:
        return None if then is None else "it is said of a stay inside one without an end; this is none: leave it out"
    if then is not None:
        return None
    return (
        f"{thing} is recorded in {stays_in!r} without an end: say whether it went `back` there after "
        "this stay, or `nowhere`; or leave `until` out"
    )


def back_after(ends: Placement | None, new: Placement, then: Then | None) -> Placement | None:
    """The placement that the new one ends, going on after it; None: the lot did not go back there."""
    if ends is None or new.until_at is None or then != "back":
        return None
    return replace(ends, from_at=new.until_at, until_at=None)


def why_no_move(container_id: str, to_id: str) -> str | None:
    """Why the lots of a container cannot be moved to another; None: they can."""
    if to_id == container_id:
        return "the lots are in this container already; name the one they were moved to"
    return None
