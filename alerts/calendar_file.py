"""A rota kept in a calendar: the events of an iCalendar file (RFC 5545) as shifts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr
from icalendar import Calendar, Event

from alerts.rota import LAST_ORDER, Person, Shift
from alerts.schedules import Shifts, instant
from service.errors import SettingError

#: A rule that repeats more often than this is no rota, and would take for ever to count.
_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY"})


@dataclass(frozen=True, slots=True)
class _Series:
    """An event and all its repetitions: when each begins, on the wall of its zone, but for whole days left out."""

    who: tuple[Person, ...]
    begins: rruleset
    days_off: frozenset[date]
    lasts: timedelta
    zone: ZoneInfo
    order: int

    def shifts(self, from_at: datetime, until_at: datetime) -> list[Shift]:
        """Those that touch this time."""
        day = timedelta(days=1)
        first = from_at.astimezone(self.zone).replace(tzinfo=None) - self.lasts - day
        last = until_at.astimezone(self.zone).replace(tzinfo=None) + day
        found = [
            Shift(self.who, instant(begin, self.zone), instant(begin + self.lasts, self.zone), self.order)
            for begin in self.begins.between(first, last, inc=True)
            if begin.date() not in self.days_off
        ]
        return [shift for shift in found if shift.until_at > from_at and shift.from_at < until_at]


def calendar_shifts(text: bytes, zone: ZoneInfo, person_of: Callable[[str], Person | None]) -> Shifts:
    """The shifts of a calendar.

    Whoever SUMMARY names is on call, or else whom ATTENDEE names; PRIORITY is the order of events that overlap, 1
    before 9. RRULE, RDATE, EXDATE and RECURRENCE-ID count; days without a time begin at midnight in `zone`.

    Raises:
        SettingError: the calendar cannot be read, or an event names nobody, or changes all that follow it.
    """
    try:
        events = [event for event in Calendar.from_ical(text).walk("VEVENT") if isinstance(event, Event)]
        for event in events:
            _check_changes_one(event)
        series = [_series(event, events, zone, person_of) for event in events if not _is_cancelled(event)]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise SettingError(f"it cannot be read as a calendar: {error}") from error
    return lambda from_at, until_at: [shift for one in series for shift in one.shifts(from_at, until_at)]


def _check_changes_one(event: Event) -> None:
    """RANGE=THISANDFUTURE would change the rest of a series; taken for a change of one, it would end after that one."""
    if event.RECURRENCE_ID is not None and "RANGE" in event["RECURRENCE-ID"].params:
        raise SettingError(
            f"its event {_named(event)} changes all repetitions from then on (RANGE), which cannot be read here; "
            "end the old series before it, and make a new series from there"
        )


def _is_cancelled(event: Event) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _series(
    event: Event, events: Sequence[Event], rota_zone: ZoneInfo, person_of: Callable[[str], Person | None]
) -> _Series:
    own = getattr(event.start, "tzinfo", None)
    zone = own if isinstance(own, ZoneInfo) else rota_zone
    begins, ends = _on_the_wall(event.start, zone), _on_the_wall(event.end, zone)
    if ends <= begins:
        raise SettingError(f"its event {_named(event)} ends before it begins")
    priority = int(event.get("PRIORITY") or 0)
    off = _off(event, events)
    return _Series(
        _who(event, person_of),
        _begins(event, begins, [_on_the_wall(at, zone) for at in off if isinstance(at, datetime)], zone),
        frozenset(at for at in off if not isinstance(at, datetime)),
        ends - begins,
        zone,
        priority or LAST_ORDER,
    )


def _off(event: Event, events: Sequence[Event]) -> list[date]:
    """Which repetitions are left out; a day without a time: all of that day."""
    # An event that was moved stands in the place of the repetition it names.
    moved = [other.RECURRENCE_ID for other in events if other.get("UID") == event.get("UID")]
    return [*event.exdates, *(at for at in moved if at is not None and event.RECURRENCE_ID is None)]


def _begins(event: Event, begins: datetime, off: Sequence[datetime], zone: ZoneInfo) -> rruleset:
    found = rruleset(cache=True)
    if not event.rrules:
        found.rdate(begins)
    for rule in event.rrules:
        if set(rule["FREQ"]) & _TOO_OFTEN:
            raise SettingError(f"its event {_named(event)} repeats too often for a shift")
        plain = rule.copy()
        # The rule is counted on the wall, so its end is to be there too. A day counts to its end.
        plain["UNTIL"] = [
            _on_the_wall(until, zone) if isinstance(until, datetime) else datetime.combine(until, time.max)
            for until in rule.get("UNTIL", [])
        ]
        if not plain["UNTIL"]:
            del plain["UNTIL"]
        found.rrule(cast(rrule, rrulestr(plain.to_ical().decode(), dtstart=begins)))
    for at, _ in event.rdates:
        # A day alone is one more repetition, at the hour of the others.
        found.rdate(_on_the_wall(at, zone) if isinstance(at, datetime) else datetime.combine(at, begins.time()))
    for at in off:
        found.exdate(at)
    return found


def _on_the_wall(at: date, zone: ZoneInfo) -> datetime:
    """What clocks in a zone show at a time of a calendar; a day begins at midnight, and a time may name no zone."""
    if not isinstance(at, datetime):
        return datetime.combine(at, time())
    return at if at.tzinfo is None else at.astimezone(zone).replace(tzinfo=None)


def _who(event: Event, person_of: Callable[[str], Person | None]) -> tuple[Person, ...]:
    person = person_of(str(event.get("SUMMARY", "")).strip())
    if person is not None:
        return (person,)
    found = [_attending(attendee, person_of) for attendee in event.attendees]
    people = tuple(person for person in found if person is not None)
    if not people:
        raise SettingError(f"its event {_named(event)} names none of the people of this file")
    return people


def _attending(attendee: Any, person_of: Callable[[str], Person | None]) -> Person | None:
    name = str(attendee.params.get("CN", ""))
    return person_of(name) or person_of(str(attendee).lower().removeprefix("mailto:"))


def _named(event: Event) -> str:
    return f"'{event.get('SUMMARY', '')}' of {event.start.isoformat()}"
