"""Facts, each bound to its values: what is so once an act is accepted."""

from collections.abc import Callable
from dataclasses import replace

from tests.differential.facts import Absence, Attachment, Calibration, Facts, Lot, Mend, Placement, Profile
from tests.differential.oracle import NEVER_US


def has_container(name: str, profile: Profile, declared_c: float | None) -> Callable[[Facts], None]:
    return lambda facts: facts.containers.update({name: (profile, declared_c)})


def has_range(logger: str, range_c: tuple[float | None, float | None]) -> Callable[[Facts], None]:
    return lambda facts: facts.ranges.update({logger: range_c})


def is_attached(name: str, new: Attachment) -> Callable[[Facts], None]:
    return lambda facts: facts.attachments.update({name: new})


def has_lot(name: str, new: Lot) -> Callable[[Facts], None]:
    return lambda facts: facts.lots.update({name: new})


def is_placed(name: str, new: Placement, *, goes_back: bool = False) -> Callable[[Facts], None]:
    return lambda facts: facts.place(name, new, goes_back=goes_back)


def all_are_moved(container: str, to: str, at_us: int, now_us: int) -> Callable[[Facts], None]:
    """Every lot that lives and is in a container now."""

    def fact(facts: Facts) -> None:
        for one in list(facts.placements.values()):
            lives = facts.lots[one.lot].until_us > now_us
            if one.container == container and one.from_us <= now_us < one.until_us and lives:
                facts.place(f"moved {one.lot} {at_us}", Placement(one.lot, to, at_us, NEVER_US))

    return fact


def has_ended(name: str, until_us: int) -> Callable[[Facts], None]:
    def fact(facts: Facts) -> None:
        facts.attachments[name] = replace(facts.attachments[name], until_us=until_us)

    return fact


def is_commissioned(name: str, at_us: int) -> Callable[[Facts], None]:
    def fact(facts: Facts) -> None:
        facts.attachments[name] = replace(facts.attachments[name], commissioned_us=at_us)

    return fact


def was_absent(name: str, new: Absence) -> Callable[[Facts], None]:
    return lambda facts: facts.absences.update({name: new})


def is_calibrated(name: str, new: Calibration) -> Callable[[Facts], None]:
    return lambda facts: facts.calibrate(name, new)


def is_mended(name: str, new: Mend) -> Callable[[Facts], None]:
    return lambda facts: facts.mends.update({name: new})


def never_was(table: str, name: str) -> Callable[[Facts], None]:
    def fact(facts: Facts) -> None:
        getattr(facts, table).pop(name)

    return fact


def calibration_never_was(name: str) -> Callable[[Facts], None]:
    return lambda facts: facts.strike_calibration(name)


def became(table: str, name: str, **changes: object) -> Callable[[Facts], None]:
    """The next version of a row, whose id says so."""

    def fact(facts: Facts) -> None:
        rows = getattr(facts, table)
        first, _, version = name.partition("~")
        rows[f"{first}~{int(version or 1) + 1}"] = replace(rows.pop(name), **changes)

    return fact
