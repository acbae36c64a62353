"""In which part of a lot a vial is: by its serial alone, where the lot is split. A lot never answers for its parts."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holding:
    """A lot or a part of it.

    Attributes:
        units_left: as many of its units as are in no part of it; None: nobody counted them.
        has_serials: the serials of its vials are recorded.
    """

    id: str
    units_left: int | None
    has_serials: bool

    @property
    def may_hold(self) -> bool:
        """Whether any vial is left in it."""
        return self.units_left != 0


@dataclass(frozen=True, slots=True)
class Held:
    """Where a vial is.

    Attributes:
        lot_id: it is in this one; None: that is not known.
        among: those in which it may be.
        code: one of `SCAN_CODES`, why it is not known; empty: it is.
    """

    lot_id: str | None
    among: tuple[str, ...] = ()
    code: str = ""


def held(family: Sequence[Holding], serial: str | None, holders: Sequence[str]) -> Held:
    """The one of a lot and its parts that has the vial with a label.

    Args:
        family: the lot, and behind it its parts, theirs too.
        serial: as on the label; None: there is none.
        holders: those that have a vial with this serial.
    """
    lot = family[0]
    its = {one.id for one in family}.intersection(holders)
    if serial is not None and len(its) == 1:
        return Held(its.pop())
    if len(family) == 1:
        return Held(lot.id) if serial is None or not lot.has_serials else Held(None, (), "serial_unknown")
    full = [one for one in family if one.may_hold]
    if len(full) == 1 and (serial is None or not full[0].has_serials):
        return Held(full[0].id)
    among = tuple(one.id for one in family if one.may_hold and not (serial is not None and one.has_serials))
    if serial is not None:
        return Held(None, among, "several" if among else "serial_unknown")
    return Held(None, among, "serial_awaited")
