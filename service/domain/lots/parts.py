"""Whether a lot may be split into parts, and what is done with a whole lot alone."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.domain.lots.serials import SerialRange, count, first_of, repeated, without
from service.errors import ConflictError, RefusedError

#: What a part has of its lot, and what each is.
_OF_WHOLE = {"life_starts_at": "its start of life", "expires_on": "its expiry date"}

#: More parts at once nobody makes by hand, and they are locked together.
MOST_PARTS = 1_000


@dataclass(frozen=True, slots=True)
class NewPart:
    """A part that is split off a lot.

    Attributes:
        units: as many as it takes along.
        serials: of these vials; empty: its lot has none, and nobody says them.
        container_id, position: where it is put at once; None: where its lot is.
    """

    id: str
    units: int
    serials: tuple[SerialRange, ...] = ()
    container_id: str | None = None
    position: str | None = None


@dataclass(frozen=True, slots=True)
class Splittable:
    """A lot as it is to be split.

    Attributes:
        units: as many as it had at first; None: nobody counted them.
        in_parts: as many of them as are in parts already.
        from_at: when it was itself split off, or its life began; None: nobody knows.
        until_at: when its life ended; None: it has not.
        placed_at: when it was last put somewhere, or taken from there; None: never.
        last_split_at: when a part was split off it last; None: never.
        serials: those it has or had; serials_left: those that no part took along.
    """

    id: str
    units: int | None
    in_parts: int
    from_at: datetime | None
    until_at: datetime | None = None
    placed_at: datetime | None = None
    last_split_at: datetime | None = None
    serials: tuple[SerialRange, ...] = ()
    serials_left: tuple[SerialRange, ...] = ()

    @property
    def left(self) -> int:
        """As many units as are in no part."""
        return (self.units or 0) - self.in_parts


def equal_parts(lot: Splittable, parts: int, units: int, id_prefix: str, begun: int) -> list[NewPart]:
    """So many parts of as many units each, numbered on behind those that were `begun`; serials in their order."""
    digits = len(str(begun + parts))
    made, left = [], list(lot.serials_left)
    for number in range(begun + 1, begun + parts + 1):
        its = tuple(first_of(left, units))
        left = without(left, its)
        made.append(NewPart(f"{id_prefix}{number:0{digits}d}", units, its))
    return made


def why_not_split(lot: Splittable, parts: Sequence[NewPart], at: datetime) -> RefusedError | None:
    """Why a lot cannot be split so; None: it can."""
    if not parts:
        return RefusedError("parts", "name at least one part, with its id and how many units it takes along")
    if len(parts) > MOST_PARTS:
        return RefusedError("parts", f"{MOST_PARTS} parts at once are the most; split the rest off afterwards")
    if lot.units is None:
        return RefusedError("parts", f"nobody recorded how many units lot {lot.id!r} has; record that first (`units`)")
    twice = [part_id for part_id, times in Counter(part.id for part in parts).items() if times > 1]
    if twice:
        return RefusedError("parts", f"{twice[0]!r} is named twice; give each part an id of its own")
    taken = sum(part.units for part in parts)
    if taken > lot.left:
        return RefusedError("parts", f"lot {lot.id!r} has {lot.left} units left, and {taken} are named; take fewer")
    return _why_not_then(lot, at, is_all=taken == lot.left) or _why_not_these(lot, parts)


def _why_not_then(lot: Splittable, at: datetime, *, is_all: bool) -> RefusedError | None:
    if lot.from_at is not None and at < lot.from_at:
        return RefusedError("at", f"lot {lot.id!r} begins at {_told(lot.from_at)}; give a later time")
    if lot.until_at is not None and at >= lot.until_at:
        return RefusedError("at", f"the life of lot {lot.id!r} ended at {_told(lot.until_at)}; give an earlier time")
    # What is split off late may be the last that is recorded, and not the last that went.
    gone_at = at if lot.last_split_at is None else max(at, lot.last_split_at)
    if is_all and lot.placed_at is not None and gone_at <= lot.placed_at:
        why = f"nothing would be left of lot {lot.id!r}, which was put somewhere at {_told(lot.placed_at)}"
        return RefusedError("at", f"{why}; give a later time, or correct that placement first")
    return None


def _why_not_these(lot: Splittable, parts: Sequence[NewPart]) -> RefusedError | None:
    """Which vials each part takes along: of a lot with serials that must be known, or one would stand for another."""
    for number, part in enumerate(parts):
        field = f"parts.{number}.serials"
        if not part.serials:
            if lot.serials:
                why = f"the vials of lot {lot.id!r} have serials: name those that part {part.id!r} takes along"
                return RefusedError(field, why)
            continue
        if count(part.serials) != part.units:
            why = f"these are {count(part.serials)} serials, and part {part.id!r} takes {part.units} units along"
            return RefusedError(field, f"{why}; give as many, or leave `units` out")
        if lot.serials and (missing := without(part.serials, lot.serials)):
            return RefusedError(field, f"lot {lot.id!r} does not have {missing[0].text}; look at its serials")
        if lot.serials and (gone := without(part.serials, lot.serials_left)):
            return RefusedError(field, f"{gone[0].text} went into another part of lot {lot.id!r} already; leave it out")
    twice = repeated(one for part in parts for one in part.serials)
    return None if twice is None else RefusedError("parts", f"serial {twice} is named twice; a vial is in one part")


def why_no_serials(lot: Splittable, new: SerialRange, *, has_parts: bool) -> RefusedError | ConflictError | None:
    """Why serials cannot be recorded of a lot; None: they can."""
    if has_parts:
        return ConflictError(
            f"lot {lot.id!r} is split already, and nobody knows which of its vials went into which part; record the "
            "serials of its parts"
        )
    if (known := count(lot.serials) + new.count) > (lot.units if lot.units is not None else known):
        return RefusedError("last", f"lot {lot.id!r} has {lot.units} units, and would have {known} serials; give fewer")
    return None


def why_not_counted(units: int | None, in_parts: int, serials: int) -> RefusedError | None:
    """Why a lot cannot have so many units; None: it can."""
    if in_parts and (units is None or units < in_parts):
        return RefusedError("units", f"{in_parts} of its units are in parts; give as many at least")
    if units is not None and units < serials:
        return RefusedError("units", f"{serials} serials of its vials are recorded; give as many at least")
    return None


def why_of_whole(lot_id: str, whole_id: str | None, what: str) -> str | None:
    """Why something is not recorded of a part; None: it is none. `whole_id`: the lot it was split off at first."""
    if whole_id is None:
        return None
    return f"{lot_id!r} is a part of lot {whole_id!r}, and {what} is that of the whole lot: record it of {whole_id!r}"


def why_not_of_part(lot_id: str, whole_id: str | None, change: Collection[str]) -> RefusedError | None:
    """Why this cannot be changed of a part; None: it can, or it is none. Only its end of life is its own."""
    for field, what in _OF_WHOLE.items():
        if field in change and (why := why_of_whole(lot_id, whole_id, what)):
            return RefusedError(field, why)
    if "units" in change and whole_id is not None:
        return RefusedError("units", f"{lot_id!r} is a part, and has as many units as were split off; split it instead")
    return None


def why_nothing_left(lot_id: str, split_up_at: datetime | None, until_at: datetime | None) -> str | None:
    """Why a lot cannot be put anywhere until then: all of it was in parts by then; None: it can."""
    if split_up_at is None or (until_at is not None and until_at <= split_up_at):
        return None
    return f"since {_told(split_up_at)} all of lot {lot_id!r} is in parts of its own; name the part"


def why_before_split(lot_id: str, split_at: datetime | None, from_at: datetime) -> str | None:
    """Why a lot cannot have been put anywhere then: it was a part of another still; None: it can."""
    if split_at is None or from_at >= split_at:
        return None
    return (
        f"{lot_id!r} was split off at {_told(split_at)}, and was where its lot was until then; give a later time, or "
        "record where its lot was"
    )


def why_ends_before_split(life_ends_at: datetime | None, split_at: datetime | None) -> RefusedError | None:
    """Why the life of a lot cannot have ended then; None: it can. `split_at`: when its last part was split off."""
    if life_ends_at is None or split_at is None or life_ends_at >= split_at:
        return None
    return RefusedError("life_ends_at", f"a part was split off at {_told(split_at)}; give a later time")


def with_own_widths(part: NewPart, lot: Splittable) -> NewPart:
    """A part whose serials are written as its lot's are: ``100`` of ``V-001`` to ``V-200`` has three digits too."""
    if not lot.serials:
        return part
    its = without(lot.serials, without(lot.serials, part.serials))
    return replace(part, serials=tuple(its))


def _told(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"
