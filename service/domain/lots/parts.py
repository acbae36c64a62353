"""Whether a lot may be split into parts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.errors import RefusedError


@dataclass(frozen=True, slots=True)
class NewPart:
    """A part that is split off a lot: its id, and how many units it takes along."""

    id: str
    units: int


@dataclass(frozen=True, slots=True)
class Splittable:
    """A lot as it is to be split.

    Attributes:
        units: as many as it had at first; None: nobody counted them.
        in_parts: as many of them as are in parts already.
        from_at: when it was itself split off, or its life began; None: nobody knows.
    """

    id: str
    units: int | None
    in_parts: int
    from_at: datetime | None


def why_not_split(lot: Splittable, parts: Sequence[NewPart], at: datetime) -> RefusedError | None:
    """Why a lot cannot be split so; None: it can."""
    if not parts:
        return RefusedError("parts", "name at least one part, with its id and how many units it takes along")
    if lot.units is None:
        return RefusedError("parts", f"nobody recorded how many units lot {lot.id!r} has; record that first (`units`)")
    twice = [part_id for part_id, times in Counter(part.id for part in parts).items() if times > 1]
    if twice:
        return RefusedError("parts", f"{twice[0]!r} is named twice; give each part an id of its own")
    left, taken = lot.units - lot.in_parts, sum(part.units for part in parts)
    if taken > left:
        return RefusedError("parts", f"lot {lot.id!r} has {left} units left, and {taken} are named; take fewer")
    if lot.from_at is not None and at < lot.from_at:
        return RefusedError("at", f"lot {lot.id!r} begins at {lot.from_at:%Y-%m-%d %H:%M} UTC; give a later time")
    return None
