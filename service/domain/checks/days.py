"""Days of a site, and which of them had their morning check."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

#: Of a day: it had checks; it had none; it was before the first; today's may still come; it is to come.
State = Literal["checked", "missing", "before", "open", "to come"]


def day_of(at: datetime, zone: tzinfo) -> date:
    """The day of an instant, by the clock of the site."""
    return at.astimezone(zone).date()


def begins(day: date, zone: tzinfo) -> datetime:
    """When a day begins there."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def states(days: Sequence[date], checked: frozenset[date], first: date | None, today: date) -> list[State]:
    """What is so of each of these days. `first`: the day of the first check ever; None: there was none yet."""

    def state(day: date) -> State:
        if day in checked:
            return "checked"
        if day >= today:
            return "open" if day == today else "to come"
        return "before" if first is None or day < first else "missing"

    return [state(day) for day in days]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a calendar."""

    year: int
    month: int

    @property
    def text(self) -> str:
        """As an address has it: ``'2026-03'``."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def days(self) -> list[date]:
        """Its days, in order."""
        first = date(self.year, self.month, 1)
        return [first + timedelta(n) for n in range((self.later.first - first).days)]

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def later(self) -> "Month":
        """The next one."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def earlier(self) -> "Month":
        """The one before."""
        return Month(self.year, self.month - 1) if self.month > 1 else Month(self.year - 1, 12)


def month_of(day: date) -> Month:
    """The month of a day."""
    return Month(day.year, day.month)


def month_named(text: str) -> Month | None:
    """The month of an address; None: it is none of the years 1900 to 2199."""
    year, dash, month = text.partition("-")
    if not (dash and len(text) == 7 and text.isascii() and year.isdigit() and month.isdigit()):
        return None
    return Month(int(year), int(month)) if 1 <= int(month) <= 12 and 1900 <= int(year) < 2200 else None
