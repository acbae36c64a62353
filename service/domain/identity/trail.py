"""The sealed audit trail: a chain of hashes over its lines, in which nothing is changed, removed or added unseen."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.errors import UnbrokenError

_HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})", re.IGNORECASE)


class HeadError(UnbrokenError):
    """It is no head of a sealed trail."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: how many lines it has, and the hash of the last, which rests on all of them."""

    number: int
    hash: bytes

    def __str__(self) -> str:
        """As it is published: ``1234:ab12…``."""
        return f"{self.number}:{self.hash.hex()}"


#: Before the first line.
BEGINNING = Head(0, bytes(32))


def read_head(text: str) -> Head:
    """A head as it was published.

    Raises:
        HeadError: it is none.
    """
    found = _HEAD.fullmatch(text.strip())
    if found is None:
        raise HeadError(f"{text!r} is no head of an audit trail: give a number, a colon and 64 hexadecimal digits")
    return Head(int(found[1]), bytes.fromhex(found[2]))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the trail: its fields as they are stored, in the order in which they are hashed.

    Times are integer microseconds since 1970, numbers decimal, documents the very text.
    """

    id: int
    fields: Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Seal:
    """That a line was there at `sealed_us`, and what came before it."""

    number: int
    trail_id: int
    sealed_us: int
    hash: bytes


def sealed(after: Head, line: Line, sealed_us: int) -> Seal:
    """The next seal of the chain.

    The hash is SHA-256 of the hash before (32 zero bytes before the first), the fields of the line, and when it was
    sealed; each field as its length in bytes, a colon, its UTF-8 and a comma, or a lone ``-`` where there is none.
    """
    said = [after.hash]
    for field in (*line.fields, str(sealed_us)):
        if field is None:
            said.append(b"-")
        else:
            text = field.encode()
            said.append(b"%d:%b," % (len(text), text))
    return Seal(after.number + 1, line.id, sealed_us, hashlib.sha256(b"".join(said)).digest())


class Breach(StrEnum):
    """What was done to the trail."""

    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"
    MOVED = "moved"
    UNSEALED = "unsealed"


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the trail is not what was sealed: of line `trail_id`, the `number`-th."""

    breach: Breach
    number: int
    trail_id: int

    def __str__(self) -> str:
        """What is wrong with which line."""
        match self.breach:
            case Breach.CHANGED:
                return f"line {self.trail_id} was changed since it was sealed as number {self.number}"
            case Breach.REMOVED:
                return f"line {self.trail_id}, sealed as number {self.number}, was removed"
            case Breach.ADDED:
                return f"line {self.trail_id} was added: it is not sealed, and stands before line number {self.number}"
            case Breach.MOVED:
                return f"line {self.trail_id} was put elsewhere: it is not in its place before number {self.number}"
            case Breach.UNSEALED:
                return f"the seal of line number {self.number} was removed, before that of line {self.trail_id}"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the chain: a head, and the id of its line."""

    head: Head
    trail_id: int


#: Ids begin at 1; what somebody puts in by hand may have any.
START = Place(BEGINNING, -(2**63))


def follow(start: Place, seals: Iterable[Seal], lines: Iterable[Line]) -> Place | Break:
    """How far the chain holds from a place on, each hash computed anew: to the last of the seals, or to a break.

    `lines`: those after the start, by id, at least to the last one sealed.
    """
    head, trail_id = start.head, start.trail_id
    remaining = iter(lines)
    line = next(remaining, None)
    for seal in seals:
        if seal.number != head.number + 1:
            return Break(Breach.UNSEALED, head.number + 1, seal.trail_id)
        if seal.trail_id <= trail_id:
            return Break(Breach.MOVED, seal.number, seal.trail_id)
        if line is None or line.id > seal.trail_id:
            return Break(Breach.REMOVED, seal.number, seal.trail_id)
        if line.id < seal.trail_id:
            return Break(Breach.ADDED, seal.number, line.id)
        if sealed(head, line, seal.sealed_us) != seal:
            return Break(Breach.CHANGED, seal.number, seal.trail_id)
        head, trail_id = Head(seal.number, seal.hash), seal.trail_id
        line = next(remaining, None)
    return Place(head, trail_id)


@dataclass(frozen=True, slots=True)
class Look:
    """What of the trail was committed at one moment.

    Attributes:
        newest_id: of all lines that were committed.
        transaction: the number of the one that looked, given to it afterwards. at_us: when that was.
    """

    newest_id: int
    transaction: int
    at_us: int


def settled(look: Look, running: int) -> bool:
    """Whether all lines are there, up to the newest that was seen in a look: none can come before it any more.

    A line has its transaction's number before it has its id. So every smaller id belonged to a transaction whose number
    is below that of the look; once all of those have ended, what is not there never will be.

    Args:
        running: the oldest transaction that is under way now.
    """
    return running >= look.transaction
