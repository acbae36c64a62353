"""The rotas of an on-call file."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.on_call.calendar_file import RotaCalendar, read_calendar, same_name
from alerts.on_call.config import CalendarFile
from alerts.on_call.rota import LAST_ORDER, Person, Rota, Shift, Turn, turns
from alerts.on_call.schedules import Shifts, Weekly, instant, listed, taking_turns, together, weekly
from alerts.on_call.yaml_lines import Part
from service.domain.wall_clock import known_zone
from service.errors import SettingError

#: A rota must name somebody at every moment from now until this far ahead.
AHEAD = timedelta(days=60)

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
_EVERY = re.compile(r"(\d{1,4}) (hour|day|week)s?")
_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")

#: Shifts that are written down as exceptions go before all others.
_INSTEAD = 0


def zone_of(part: Part) -> ZoneInfo:
    """A time zone by its name.

    Raises:
        SettingError: there is none of that name.
    """
    name = part.text()
    zone = known_zone(name)
    if zone is None:
        raise part.wrong(f"there is no time zone '{name}'; write one such as Europe/Zurich")
    return zone


def clock_of(part: Part, text: str) -> timedelta:
    """How long after midnight a clock shows this.

    Raises:
        SettingError: no clock does.
    """
    found = _CLOCK.fullmatch(text.strip())
    since_midnight = timedelta(hours=int(found[1]), minutes=int(found[2])) if found else timedelta(days=2)
    if since_midnight > timedelta(days=1):
        raise part.wrong(f"'{text}' is no time of day; write one such as 08:00")
    return since_midnight


class CalendarError(SettingError):
    """A calendar cannot be used."""


@dataclass(frozen=True, slots=True)
class Calendars:
    """Where the calendars of an on-call file are, what was in them when they could last be used, and those read."""

    folder: Path
    last_good: Mapping[str, bytes]
    found: list[CalendarFile] = field(default_factory=list)


def read_rota(name: str, part: Part, people: Mapping[str, Person], calendars: Calendars, now: datetime) -> Rota:
    """One rota.

    Raises:
        CalendarError: its calendar cannot be used, and there was none before.
        SettingError: it is wrong, has a hole within `AHEAD`, or shifts that contradict each other.
    """
    what = f"rota '{name}'"
    kinds = ("week", "shifts", "every", "ical")
    fields = part.fields(what, needs=("zone",), may=(*kinds, "starting", "people", "instead"))
    zone = zone_of(fields["zone"])
    given = [kind for kind in kinds if kind in fields]
    if len(given) != 1:
        raise part.wrong(f"{what} needs one of {', '.join(kinds)}")
    if given != ["every"] and {"starting", "people"} & set(fields):
        raise part.wrong(f"{what}: 'starting' and 'people' go with 'every'")
    instead = [_dated(one, zone, people, _INSTEAD) for one in fields["instead"].each()] if "instead" in fields else []

    def rota_of(shifts: Shifts) -> Rota:
        rota = Rota(name, together(shifts, listed(instead)))
        for turn in turns(rota, now, now + AHEAD):
            _check(what, fields[given[0]], turn, zone)
        return rota

    if given == ["ical"]:
        return _of_calendar(name, fields["ical"], zone, people, calendars, rota_of, listed(instead))
    return rota_of(_shifts(what, part, fields, given[0], zone, people))


def _shifts(
    what: str,
    part: Part,
    fields: Mapping[str, Part],
    kind: str,
    zone: ZoneInfo,
    people: Mapping[str, Person],
) -> Shifts:
    if kind == "week":
        return weekly([_of_week(one, people) for one in fields["week"].each()], zone)
    if kind == "shifts":
        return listed([_dated(one, zone, people, LAST_ORDER) for one in fields["shifts"].each()])
    for needed in ("starting", "people"):
        if needed not in fields:
            raise part.wrong(f"{what}: 'every' needs '{needed}'")
    teams = [_people(one, people) for one in fields["people"].each()]
    if not teams:
        raise fields["people"].wrong(f"{what}: nobody takes turns")
    return taking_turns(teams, _wall(fields["starting"]), _every(fields["every"]), zone)


def _of_calendar(
    name: str,
    part: Part,
    zone: ZoneInfo,
    people: Mapping[str, Person],
    calendars: Calendars,
    rota_of: Callable[[Shifts], Rota],
    instead: Shifts,
) -> Rota:
    """The rota of a calendar as it is, or as it was when it could last be used: that is not held against a hole."""
    known = {same_name(person.name): person for person in people.values()}
    known |= {same_name(person.mail): person for person in people.values() if person.mail}
    path = calendars.folder / part.text()

    def read(content: bytes) -> RotaCalendar:
        try:
            return read_calendar(content, zone, lambda called: known.get(same_name(called)))
        except (SettingError, ValueError, TypeError, OverflowError) as error:
            raise CalendarError(f"{part.wrong(f'the calendar {path.name}: {error}')}") from error

    try:
        content = path.read_bytes()
        found = read(content)
        rota = rota_of(found.shifts)
    except (OSError, SettingError, OverflowError) as error:
        known_why = isinstance(error, SettingError)
        wrong = CalendarError(str(error if known_why else part.wrong(f"the calendar cannot be read: {error}")))
        last = calendars.last_good.get(part.text())
        if last is None:
            raise wrong from error
        found = read(last)
        calendars.found.append(CalendarFile(part.text(), path, last, found.found, str(wrong)))
        return Rota(name, together(found.shifts, instead))
    calendars.found.append(CalendarFile(part.text(), path, content, found.found))
    return rota


def _of_week(part: Part, people: Mapping[str, Person]) -> Weekly:
    fields = part.fields("a shift", needs=("from", "until", "who"), may=("order",))
    return Weekly(
        _people(fields["who"], people),
        _day_and_clock(fields["from"]),
        _day_and_clock(fields["until"]),
        _order(fields, LAST_ORDER),
    )


def _dated(part: Part, zone: ZoneInfo, people: Mapping[str, Person], order: int) -> Shift:
    fields = part.fields("a shift", needs=("from", "until", "who"), may=("order",))
    from_at, until_at = instant(_wall(fields["from"]), zone), instant(_wall(fields["until"]), zone)
    if until_at <= from_at:
        raise part.wrong("a shift ends after it begins")
    return Shift(_people(fields["who"], people), from_at, until_at, _order(fields, order))


def _order(fields: Mapping[str, Part], default: int) -> int:
    return int(fields["order"].number()) if "order" in fields else default


def _people(part: Part, people: Mapping[str, Person]) -> tuple[Person, ...]:
    found = []
    for one in part.each():
        name = one.text()
        if name not in people:
            raise one.wrong(f"there is no person '{name}'; there is {', '.join(people) or 'nobody'}")
        found.append(people[name])
    if not found:
        raise part.wrong("nobody is named here")
    return tuple(found)


def _wall(part: Part) -> datetime:
    text = part.text()
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        wall = datetime.max.replace(tzinfo=UTC)
    if wall.tzinfo is not None:
        raise part.wrong(f"'{text}' is no time in the rota's zone; write one such as 2026-03-02 08:00")
    return wall


def _day_and_clock(part: Part) -> timedelta:
    text = part.text()
    day, _, clock = text.partition(" ")
    if day[:3].lower() not in _DAYS:
        raise part.wrong(f"'{text}' is no time of a week; write one such as Mon 08:00")
    return timedelta(days=_DAYS.index(day[:3].lower())) + clock_of(part, clock)


def _every(part: Part) -> timedelta:
    text = part.text()
    found = _EVERY.fullmatch(text)
    if found is None or not int(found[1]):
        raise part.wrong(f"'{text}' is no length of a turn; write one such as 1 week, 3 days or 12 hours")
    return int(found[1]) * _UNITS[found[2]]


def _check(what: str, part: Part, turn: Turn, zone: ZoneInfo) -> None:
    from_text, until_text = (f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}" for at in (turn.from_at, turn.until_at))
    when = f"from {from_text} to {until_text} ({zone.key})"
    if not turn.who:
        raise part.wrong(f"{what}: nobody is on call {when}")
    if turn.rivals:
        names = " and ".join(" with ".join(person.name for person in shift.who) for shift in turn.rivals)
        raise part.wrong(f"{what}: {names} are both on call {when}; give one of the shifts a smaller `order`")
