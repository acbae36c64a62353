"""Serial numbers of vials: ranges of them, each a prefix and numbers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

#: As GS1 has it (AI 21).
LONGEST_SERIAL = 20

#: More digits than these at its end no serial has that is counted on.
_MOST_DIGITS = 18

_SERIAL = re.compile(rf"[!-~]{{1,{LONGEST_SERIAL}}}")
_NUMBER = re.compile(rf"[0-9]{{1,{_MOST_DIGITS}}}\Z")


@dataclass(frozen=True, slots=True, order=True)
class SerialRange:
    """Serials that begin alike and are numbered on, the last included: ``V-001`` to ``V-040``.

    Attributes:
        width: so many digits at least, filled up with zeros; 0: as many as the number needs.
        first, last: their numbers; -1: it is one serial that does not end in a number.
    """

    prefix: str
    width: int
    first: int
    last: int

    @property
    def count(self) -> int:
        """How many serials these are."""
        return self.last - self.first + 1

    @property
    def text(self) -> str:
        """Its first and its last serial, or the only one."""
        first, last = self.serial(self.first), self.serial(self.last)
        return first if first == last else f"{first} to {last}"

    def serial(self, number: int) -> str:
        """The serial of a number, as it is printed."""
        return self.prefix if number < 0 else f"{self.prefix}{number:0{self.width or 1}d}"

    def holds(self, serial: str) -> bool:
        """Whether a serial is one of these, as it is printed."""
        prefix, number = numbered(serial)
        return prefix == self.prefix and self.first <= number <= self.last and self.serial(number) == serial


def numbered(serial: str) -> tuple[str, int]:
    """A serial as a prefix and the number it ends in; -1: it ends in none."""
    found = _NUMBER.search(serial)
    return (serial, -1) if found is None else (serial[: found.start()], int(found.group()))


def serial_range(first: str, last: str | None = None) -> SerialRange:
    """The serials from one to another, as they are printed. `last` None: one serial.

    Raises:
        ValueError: there are no serials from one to the other; it says why.
    """
    last = first if last is None else last
    for one in (first, last):
        if _SERIAL.fullmatch(one) is None:
            raise ValueError(f"a serial has 1 to {LONGEST_SERIAL} letters, digits and signs, and no blank")
    (prefix, number), (last_prefix, last_number) = numbered(first), numbered(last)
    digits = first[len(prefix) :]
    found = SerialRange(prefix, len(digits) if digits.startswith("0") else 0, number, last_number)
    if last_prefix != prefix or (number < 0) != (last_number < 0) or found.serial(last_number) != last:
        raise ValueError(f"it must begin as {first!r} does, and end in a number of as many digits")
    if last_number < number:
        raise ValueError(f"it comes before {first!r}; give the lower one first")
    return found


def count(ranges: Iterable[SerialRange]) -> int:
    """How many serials there are in all."""
    return sum(one.count for one in ranges)


def repeated(ranges: Iterable[SerialRange]) -> str | None:
    """A serial that two of these ranges have; None: there is none."""
    for one, other in pairwise(sorted(ranges, key=lambda one: (one.prefix, one.first, one.last))):
        if one.prefix == other.prefix and other.first <= one.last:
            return other.serial(other.first)
    return None


def without(ranges: Iterable[SerialRange], taken: Iterable[SerialRange]) -> list[SerialRange]:
    """What is left of ranges once others are taken from them, in order."""
    left = sorted(ranges)
    for one in taken:
        left = [piece for kept in left for piece in _cut(kept, one)]
    return left


def _cut(kept: SerialRange, taken: SerialRange) -> list[SerialRange]:
    first, last = max(kept.first, taken.first), min(kept.last, taken.last)
    if first > last or any(kept.serial(number) != taken.serial(number) for number in (first, last)):
        return [kept]
    pieces = (replace(kept, last=first - 1), replace(kept, first=last + 1))
    return [one for one in pieces if one.first <= one.last]


def first_of(ranges: Sequence[SerialRange], wanted: int) -> list[SerialRange]:
    """The first so many serials of ranges, in their order; fewer, where there are no more."""
    found: list[SerialRange] = []
    for one in ranges:
        if wanted <= 0:
            break
        found.append(replace(one, last=min(one.last, one.first + wanted - 1)))
        wanted -= found[-1].count
    return found
