"""People, and who of them is on call when."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be told.

    Attributes:
        receivers: by which they are reached; the first, and the next only if that refuses for ever.
        quiet_from, quiet_until: on their own clock; then they hear of critical alerts only. Equal: never.
        mail: by which a calendar's ATTENDEE names them.
    """

    name: str
    zone: ZoneInfo
    receivers: tuple[str, ...]
    quiet_from: time = time(0)
    quiet_until: time = time(0)
    mail: str = ""

    def is_quiet(self, now: datetime) -> bool:
        """Whether these are their quiet hours."""
        clock = now.astimezone(self.zone).time()
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= clock < self.quiet_until
        return clock >= self.quiet_from or clock < self.quiet_until


#: The order of a shift that names none: behind all that do.
LAST_ORDER = 10


@dataclass(frozen=True, slots=True)
class Shift:
    """Who is on call over ``[from_at, until_at)``; where shifts overlap, the one with the smallest `order`."""

    who: tuple[Person, ...]
    from_at: datetime
    until_at: datetime
    order: int = LAST_ORDER


@dataclass(frozen=True, slots=True)
class Rota:
    """A named rota. `shifts(from_at, until_at)` are those that touch that time, in any order."""

    name: str
    shifts: Callable[[datetime, datetime], Sequence[Shift]]


def people_on_call(rota: Rota, now: datetime) -> list[Person]:
    """Who is on call now; nobody where the rota has a hole."""
    return list(_on_call(rota, now))


# A round of the policy asks for each alert, all at the same moment.
@lru_cache(maxsize=64)
def _on_call(rota: Rota, now: datetime) -> tuple[Person, ...]:
    on = [shift for shift in rota.shifts(now, now + _INSTANT) if shift.from_at <= now < shift.until_at]
    return min(on, key=lambda shift: shift.order).who if on else ()


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch in which a rota does not change; `who` is empty in a hole.

    Attributes:
        rivals: shifts of the same order, of which one calls others than another; of one person they are no rivals.
    """

    who: tuple[Person, ...]
    from_at: datetime
    until_at: datetime
    rivals: tuple[Shift, ...] = ()


def turns(rota: Rota, from_at: datetime, until_at: datetime) -> Iterator[Turn]:
    """What a rota says over a time, stretch by stretch."""
    shifts = rota.shifts(from_at, until_at)
    inside = {at for shift in shifts for at in (shift.from_at, shift.until_at) if from_at < at < until_at}
    edges = [from_at, *sorted(inside), until_at]
    for start, end in pairwise(edges):
        on = [shift for shift in shifts if shift.from_at <= start < shift.until_at]
        first = min((shift.order for shift in on), default=LAST_ORDER)
        called = tuple({frozenset(shift.who): shift for shift in reversed(on) if shift.order == first}.values())[::-1]
        yield Turn(called[0].who if called else (), start, end, called if len(called) > 1 else ())
