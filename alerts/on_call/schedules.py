"""Shifts by the clock on the wall: tables that repeat each week, people taking turns, and dated lists.

A shift that begins at 08:00 begins at 08:00 in summer and in winter; instants are UTC, so that they can be compared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from alerts.on_call.rota import LAST_ORDER, Person, Shift

Shifts = Callable[[datetime, datetime], list[Shift]]

_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Weekly:
    """A shift of each week: from and until are how long after Monday, 00:00."""

    who: tuple[Person, ...]
    from_monday: timedelta
    until_monday: timedelta
    order: int = LAST_ORDER


def instant(wall: datetime, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which clocks in a zone show this."""
    return wall.replace(tzinfo=zone).astimezone(UTC)


def wall(at: datetime, zone: tzinfo) -> datetime:
    """What clocks in a zone show at an instant."""
    return at.astimezone(zone).replace(tzinfo=None)


def weekly(table: Sequence[Weekly], zone: ZoneInfo) -> Shifts:
    """Shifts of a table that repeats each week. One that ends when it begins lasts all week."""

    def shifts(from_at: datetime, until_at: datetime) -> list[Shift]:
        day = wall(from_at, zone).date()
        monday = day - timedelta(days=day.weekday()) - _WEEK
        found = []
        while instant(datetime.combine(monday, time()), zone) < until_at:
            found += [_of_week(one, monday, zone) for one in table]
            monday += _WEEK
        return [shift for shift in found if shift.until_at > from_at and shift.from_at < until_at]

    return shifts


def _of_week(one: Weekly, monday: date, zone: ZoneInfo) -> Shift:
    start = datetime.combine(monday, time())
    until = one.until_monday if one.until_monday > one.from_monday else one.until_monday + _WEEK
    return Shift(one.who, instant(start + one.from_monday, zone), instant(start + until, zone), one.order)


def taking_turns(teams: Sequence[tuple[Person, ...]], starting: datetime, every: timedelta, zone: ZoneInfo) -> Shifts:
    """One after another, each for `every`, from `starting` (on the wall) on."""

    def shifts(from_at: datetime, until_at: datetime) -> list[Shift]:
        number = max(0, (wall(from_at, zone) - starting) // every - 1)
        found = []
        while instant(starting + number * every, zone) < until_at:
            begins, ends = starting + number * every, starting + (number + 1) * every
            found.append(Shift(teams[number % len(teams)], instant(begins, zone), instant(ends, zone)))
            number += 1
        return [shift for shift in found if shift.until_at > from_at]

    return shifts


def listed(shifts: Sequence[Shift]) -> Shifts:
    """Shifts written down one by one."""
    return lambda from_at, until_at: [one for one in shifts if one.until_at > from_at and one.from_at < until_at]


def together(*parts: Shifts) -> Shifts:
    """The shifts of all of them."""
    return lambda from_at, until_at: [shift for part in parts for shift in part(from_at, until_at)]
