"""A rota kept in a calendar: the events of an iCalendar file (RFC 5545, 5546) as shifts."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from alerts.on_call.calendar_events import Dates, Times, named, times
from alerts.on_call.calendar_lines import Component, Line, read_calendars
from alerts.on_call.calendar_zones import Zones
from alerts.on_call.rota import LAST_ORDER, Person, Shift
from alerts.on_call.schedules import Shifts
from service.errors import SettingError

#: What says which version of an event this is, and nothing of the event.
_OF_THE_VERSION = frozenset({"DTSTAMP", "LAST-MODIFIED", "CREATED", "SEQUENCE"})

_MAIL = "mailto:"


@dataclass(frozen=True, slots=True)
class RotaCalendar:
    """A calendar as a rota takes it; `found`: what was in it, in words."""

    shifts: Shifts
    found: str


@dataclass(frozen=True, slots=True)
class _Version:
    """One VEVENT. `repetition`: which of its series it stands in the place of; None: it is the series, or alone."""

    event: Component
    dates: Dates
    uid: str
    repetition: date | datetime | None
    age: tuple[int, str, str]
    is_cancelled: bool

    @property
    def says(self) -> list[tuple[str, tuple[tuple[str, str], ...], str]]:
        """What it says of the event."""
        lines = [line for line in self.event.lines if line.name not in _OF_THE_VERSION]
        return sorted((line.name, tuple(sorted(line.params.items())), line.value) for line in lines)


def read_calendar(text: bytes, zone: ZoneInfo, person_of: Callable[[str], Person | None]) -> RotaCalendar:
    """The shifts of a calendar.

    Whoever SUMMARY names is on call, or else whom ATTENDEE names; PRIORITY is the order of events that overlap, 1
    before 9. Of several versions of an event the newest counts. Days without a time begin at midnight in `zone`, and a
    time that names no zone is one of `zone`.

    Raises:
        SettingError: the calendar cannot be read, or an event names nobody, or changes all that follow it.
    """
    versions = _versions(text, zone)
    newest = _newest(versions)
    counted = [one for one in newest if not one.is_cancelled]
    shifts = [(_who(one.event, person_of), _times(one, newest), _order(one.event)) for one in counted]

    def touching(from_at: datetime, until_at: datetime) -> list[Shift]:
        return [
            Shift(who, begins, ends, order)
            for who, times, order in shifts
            for begins, ends in times.between(from_at, until_at)
        ]

    return RotaCalendar(touching, _in_words(versions, newest))


def same_name(name: str) -> str:
    """A name or address as one that is written otherwise is the same."""
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold().removeprefix(_MAIL)


def _versions(text: bytes, zone: ZoneInfo) -> list[_Version]:
    found = []
    for calendar in read_calendars(text):
        dates, method = Dates(Zones(calendar), zone), calendar.first("METHOD")
        all_cancelled = method is not None and method.value.upper() == "CANCEL"
        found += [_version(event, dates, all_cancelled=all_cancelled) for event in calendar.parts_named("VEVENT")]
    of_days = {one.uid for one in found if one.repetition is None and _is_of_days(one)}
    return [
        replace(one, repetition=one.dates.day(one.repetition)) if one.repetition and one.uid in of_days else one
        for one in found
    ]


def _version(event: Component, dates: Dates, *, all_cancelled: bool) -> _Version:
    uid, start, repetition, status = (event.first(name) for name in ("UID", "DTSTART", "RECURRENCE-ID", "STATUS"))
    within = dates if start is None or repetition is None else dates.within(dates.at(start))
    stamps = [line.value if (line := event.first(name)) else "" for name in ("DTSTAMP", "LAST-MODIFIED")]
    return _Version(
        event,
        dates,
        # One without a name of its own is no version of any other.
        uid.value if uid else f"line {event.number}",
        None if repetition is None else within.at(repetition),
        (_number(event, "SEQUENCE"), stamps[0], stamps[1]),
        all_cancelled or (status is not None and status.value.upper() == "CANCELLED"),
    )


def _is_of_days(one: _Version) -> bool:
    start = one.event.first("DTSTART")
    return start is not None and not isinstance(one.dates.at(start), datetime)


def _newest(versions: Iterable[_Version]) -> list[_Version]:
    """Of each event, and each changed repetition, the newest version; none of what was cancelled with its series."""
    by_event: dict[tuple[str, date | datetime | None], list[_Version]] = defaultdict(list)
    for one in versions:
        at = one.repetition
        by_event[one.uid, at.astimezone(UTC) if isinstance(at, datetime) else at].append(one)
    newest = [_newest_of(some) for some in by_event.values()]
    for one in newest:
        _check_changes_one(one)
    ended = {one.uid: one.age[0] for one in newest if one.is_cancelled and one.repetition is None}
    return [one for one in newest if one.repetition is None or one.age[0] > ended.get(one.uid, -1)]


def _newest_of(versions: Sequence[_Version]) -> _Version:
    *_, last = sorted(versions, key=lambda one: one.age)
    for one in versions:
        if one.age == last.age and (one.is_cancelled, one.says) != (last.is_cancelled, last.says):
            raise SettingError(
                f"its events {named(one.event)} in line {one.event.number} and {named(last.event)} in line "
                f"{last.event.number} are versions of one (UID {one.uid}), and none of them is newer (SEQUENCE, "
                "DTSTAMP, LAST-MODIFIED)"
            )
    return last


def _check_changes_one(one: _Version) -> None:
    """RANGE=THISANDFUTURE would change the rest of a series; taken for a change of one, it would end after that one."""
    line = one.event.first("RECURRENCE-ID")
    if line is not None and "RANGE" in line.params:
        raise SettingError(
            f"its event {named(one.event)} changes all repetitions from then on (RANGE in line {line.number}), which "
            "cannot be read here; "
            "end the old series before it, and make a new series from there"
        )


def _times(one: _Version, newest: Sequence[_Version]) -> Times:
    alone = one.repetition is not None
    # An event that was moved stands in the place of the repetition it names.
    moved = [other.repetition for other in newest if other.uid == one.uid and other.repetition and not alone]
    return times(one.event, one.dates, moved, alone=alone)


def _who(event: Component, person_of: Callable[[str], Person | None]) -> tuple[Person, ...]:
    summary = event.first("SUMMARY")
    person = person_of(summary.text) if summary else None
    if person is not None:
        return (person,)
    coming = [line for line in event.all("ATTENDEE") if line.params.get("PARTSTAT", "").upper() != "DECLINED"]
    found = (person_of(name) for line in coming for name in _names(line))
    people = tuple(dict.fromkeys(person for person in found if person is not None))
    if not people:
        raise SettingError(f"its event {named(event)} in line {event.number} names none of the people of this file")
    return people


def _names(attendee: Line) -> list[str]:
    return [attendee.params.get("CN", ""), attendee.params.get("EMAIL", ""), attendee.value]


def _order(event: Component) -> int:
    return _number(event, "PRIORITY") or LAST_ORDER


def _number(event: Component, name: str) -> int:
    line = event.first(name)
    if line is not None and not line.value.isdecimal():
        raise line.wrong(f"{name} is '{line.value}', which is no number")
    return 0 if line is None else int(line.value)


def _in_words(versions: Sequence[_Version], newest: Sequence[_Version]) -> str:
    in_force = [one for one in newest if not one.is_cancelled]
    changed = sum(one.repetition is not None for one in in_force)
    counted = [
        (len(in_force) - changed, "event", "events"),
        (changed, "changed repetition", "changed repetitions"),
        (len(newest) - len(in_force), "cancelled", "cancelled"),
        (len(versions) - len(newest), "older version", "older versions"),
    ]
    return (
        ", ".join(f"{number} {one if number == 1 else many}" for number, one, many in counted if number) or "no event"
    )
