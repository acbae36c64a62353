"""One event of a calendar, and the times it stands for: its repetitions, less those left out, and those added."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import cast
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

from alerts.on_call.calendar_lines import Component, Line
from alerts.on_call.calendar_zones import Zones
from alerts.on_call.schedules import instant, wall
from service.errors import SettingError

#: A rule that repeats more often than this is no rota, and would take for ever to count.
_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY"})

_TIME = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
_DURATION = re.compile(r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")

_POSITIVE = re.compile(r"0*[1-9]\d*")

_DAY = timedelta(days=1)
_LAST_MINUTE = time(23, 59)


@dataclass(frozen=True, slots=True)
class Dates:
    """How the times of one calendar are read.

    Attributes:
        rota: the zone of days; floating: that of times that name none, None: the rota's too.
    """

    zones: Zones
    rota: ZoneInfo
    floating: tzinfo | None = None

    def within(self, start: date) -> "Dates":
        """How the other times of an event are read: where they name no zone, they are told by the clock of its start.

        Many programs write a zone to DTSTART alone.
        """
        return replace(self, floating=start.tzinfo) if isinstance(start, datetime) else self

    def at(self, line: Line, text: str | None = None) -> date | datetime:
        """A day, or an instant in the zone it is told in.

        Raises:
            SettingError: it is neither, or there is no such zone.
        """
        text = (line.value if text is None else text).strip()
        found = _TIME.fullmatch(text)
        try:
            # A day has no zone, and the zone of a time is read apart.
            told = datetime.strptime(f"{found[1]}{found[2] or '000000'}", "%Y%m%d%H%M%S") if found else None  # noqa: DTZ007
        except ValueError:
            told = None
        if found is None or told is None:
            raise line.wrong(f"'{text}' is no time of a calendar, such as 20260302T080000")
        if found[2] is None:
            return told.date()
        zone = self.zones.named(line)
        if not found[3]:
            return told.replace(tzinfo=zone or self.floating or self.rota)
        if zone is not None and told.replace(tzinfo=zone).utcoffset() != timedelta():
            raise line.wrong(f"'{text}' is told in UTC and in the zone {line.params['TZID']} at once")
        return told.replace(tzinfo=UTC)

    def each(self, lines: Iterable[Line]) -> list[date | datetime]:
        """All in these lists."""
        return [self.at(line, text) for line in lines for text in line.value.split(",") if text.strip()]

    def day(self, at: date | datetime) -> date:
        """The day that is meant where only days can be: programs write its first or last moment, in UTC or there."""
        if not isinstance(at, datetime):
            return at
        is_edge = at.time() == time() or at.time() >= _LAST_MINUTE
        return at.date() if is_edge else wall(at, self.rota).date()


@dataclass(frozen=True, slots=True)
class Length:
    """How long an event lasts: a number of days by the calendar, then a time by a watch."""

    days: timedelta
    exact: timedelta = timedelta()

    def end(self, begins: datetime, zone: tzinfo) -> datetime:
        """When it ends, if it begins when clocks show this."""
        return instant(begins + self.days, zone) + self.exact


@dataclass(frozen=True, slots=True)
class Times:
    """When an event is, with all its repetitions.

    Attributes:
        begins: on the wall of `zone`; days_off, off: days, and instants, that are left out.
        periods: those added that have an end of their own.
    """

    zone: tzinfo
    begins: rruleset
    length: Length
    days_off: frozenset[date]
    off: frozenset[datetime]
    periods: tuple[tuple[datetime, datetime], ...]

    def between(self, from_at: datetime, until_at: datetime) -> list[tuple[datetime, datetime]]:
        """From and until of those that touch this time, in UTC."""
        first = wall(from_at, self.zone) - self.length.days - self.length.exact - _DAY
        walls = self.begins.between(first, wall(until_at, self.zone) + _DAY, inc=True)
        found = {instant(begin, self.zone): self.length.end(begin, self.zone) for begin in walls} | dict(self.periods)
        return [
            (begin, end)
            for begin, end in found.items()
            if end > from_at
            and begin < until_at
            and begin not in self.off
            and wall(begin, self.zone).date() not in self.days_off
        ]


def named(event: Component) -> str:
    """An event as errors call it."""
    summary, start = event.first("SUMMARY"), event.first("DTSTART")
    told = "" if start is None else start.value
    on = f"{told[:4]}-{told[4:6]}-{told[6:8]}" if told[:8].isdigit() else "no time"
    return f"'{summary.text if summary else ''}' of {on}"


def times(event: Component, dates: Dates, replaced: Iterable[date | datetime], *, alone: bool) -> Times:
    """When an event is.

    Args:
        replaced: the repetitions that other events stand in the place of.
        alone: it stands in the place of one repetition itself: the rule that some programs write to it is that of the
            series.

    Raises:
        SettingError: it cannot be told; it names the line.
    """
    start_line = event.first("DTSTART")
    if start_line is None:
        raise SettingError(f"it cannot be read as a calendar: line {event.number}: an event has no DTSTART")
    start = dates.at(start_line)
    dates = dates.within(start)
    whole_days = not isinstance(start, datetime)
    zone = start.tzinfo if isinstance(start, datetime) and start.tzinfo else dates.rota
    begins = _on_the_wall(start, zone)
    length = _length(event, dates, start, begins, zone)
    if length.days + length.exact <= timedelta():
        raise SettingError(f"its event {named(event)} in line {event.number} ends before it begins, or at once")
    found, periods = rruleset(cache=True), list[tuple[datetime, datetime]]()
    found.rdate(begins)
    exrule = event.first("EXRULE")
    if exrule is not None and not alone:
        raise exrule.wrong("EXRULE is no longer part of the standard; have the programme leave out dates by EXDATE")
    if not alone:
        for line in event.all("RRULE"):
            _repeat(found, event, line, begins, zone, dates, whole_days=whole_days)
        periods = _added(found, event, begins, zone, dates, whole_days=whole_days)
    off = [*(() if alone else dates.each(event.all("EXDATE"))), *replaced]
    instants = () if whole_days else (at.astimezone(UTC) for at in off if isinstance(at, datetime))
    days_off = (dates.day(at) for at in off if whole_days or not isinstance(at, datetime))
    return Times(zone, found, length, frozenset(days_off), frozenset(instants), tuple(periods))


def _length(event: Component, dates: Dates, start: date, begins: datetime, zone: tzinfo) -> Length:
    end_line, duration = event.first("DTEND"), event.first("DURATION")
    if end_line is not None:
        end = dates.at(end_line)
        if isinstance(end, datetime) is not isinstance(start, datetime):
            raise end_line.wrong("DTSTART and DTEND must both be days, or both be times")
        return Length(_on_the_wall(end, zone) - begins)
    if duration is not None:
        return _lasting(duration, duration.value)
    return Length(timedelta() if isinstance(start, datetime) else _DAY)


def _lasting(line: Line, text: str) -> Length:
    """A day of a duration ends at the same time of day; 24 hours of it are 24 hours, whatever clocks do."""
    found = _DURATION.fullmatch(text.strip().upper())
    if found is None or not any(found.groups()[1:]):
        raise line.wrong(f"'{text}' is no duration such as P1D or PT8H")
    weeks, days, hours, minutes, seconds = (int(number or 0) for number in found.groups()[1:])
    sign = -1 if found[1] == "-" else 1
    return Length(
        sign * timedelta(weeks=weeks, days=days), sign * timedelta(hours=hours, minutes=minutes, seconds=seconds)
    )


def _repeat(
    found: rruleset, event: Component, line: Line, begins: datetime, zone: tzinfo, dates: Dates, *, whole_days: bool
) -> None:
    rule = dict(part.partition("=")[::2] for part in line.value.upper().split(";") if part.strip())
    if rule.get("FREQ") in _TOO_OFTEN:
        raise line.wrong(f"its event {named(event)} repeats too often for a shift")
    if {"UNTIL", "COUNT"} <= rule.keys() or not _POSITIVE.fullmatch(rule.get("INTERVAL", "1")):
        raise line.wrong(f"the rule {line.value} contradicts itself")
    if "UNTIL" in rule:
        # The rule is counted on the wall, so its end is to be there too. A day counts to its end.
        last = dates.at(Line(line.number, line.name, {}, rule["UNTIL"]))
        timed = isinstance(last, datetime) and not whole_days
        until = _on_the_wall(last, zone) if timed else datetime.combine(dates.day(last), time(23, 59, 59))
        rule["UNTIL"] = f"{until:%Y%m%dT%H%M%S}"
    try:
        counted = _rrule(rule, begins)
        if "COUNT" in rule and next(iter(counted), None) != begins:
            # The event itself is the first that COUNT counts, whether or not the rule would have come upon it.
            rule["COUNT"] = str(int(rule["COUNT"]) - 1)
            counted = _rrule(rule, begins)
    except (ValueError, TypeError, IndexError, KeyError) as error:
        raise line.wrong(f"the rule {line.value} cannot be read: {error}") from error
    found.rrule(counted)


def _rrule(rule: Mapping[str, str], begins: datetime) -> rrule:
    return cast(rrule, rrulestr(";".join(f"{key}={value}" for key, value in rule.items()), dtstart=begins, cache=True))


def _added(
    found: rruleset, event: Component, begins: datetime, zone: tzinfo, dates: Dates, *, whole_days: bool
) -> list[tuple[datetime, datetime]]:
    """Add further repetitions; gives those that have an end of their own."""
    periods = []
    for line in event.all("RDATE"):
        for text in line.value.split(","):
            first, slash, last = text.strip().partition("/")
            at = dates.at(line, first)
            if whole_days:
                at = dates.day(at)
            # A day alone is one more repetition, at the hour of the others.
            at_wall = _on_the_wall(at, zone) if isinstance(at, datetime) else datetime.combine(at, begins.time())
            if not slash:
                found.rdate(at_wall)
                continue
            if last.startswith(("P", "+", "-")):
                end = _lasting(line, last).end(at_wall, zone)
            else:
                ends = dates.at(line, last)
                end = ends.astimezone(UTC) if isinstance(ends, datetime) else instant(_on_the_wall(ends, zone), zone)
            if end <= instant(at_wall, zone):
                raise line.wrong(f"the period {text} ends before it begins")
            periods.append((instant(at_wall, zone), end))
    return periods


def _on_the_wall(at: date, zone: tzinfo) -> datetime:
    """What clocks in a zone show at a time of a calendar; a day begins at midnight."""
    return wall(at, zone) if isinstance(at, datetime) else datetime.combine(at, time())
