"""The time zones of a calendar: those it defines itself, and those it names."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from itertools import islice, takewhile

from dateutil.rrule import rrulestr
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from alerts.on_call.calendar_lines import Component, Line
from service.domain.wall_clock import known_zone
from service.errors import SettingError

#: No rota is asked for what lies farther ahead; the rules of zones have no end.
_LAST = datetime(2100, 1, 1)  # noqa: DTZ001  on the wall of the zone itself

#: A zone that changes its clocks more often than this is none.
_MOST_ONSETS = 5_000

_OFFSET = re.compile(r"(?:GMT|UTC|UT)? ?([+−-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_RULE_OFFSET = re.compile(r"([+-])([01]\d|2[0-3]):?([0-5]\d)([0-5]\d)?")
_FARTHEST = timedelta(hours=15)

#: Exchange writes UTC so; what else it writes like that names no zone.
_EXCHANGE_UTC = "tzone://microsoft/utc"


class RuledZone(tzinfo):
    """A zone by its own rules, whatever other zones bear its name.

    A time that clocks show twice is the first of them; one that they leave out is told by the offset before: as
    RFC 5545 has it, and `zoneinfo` too.
    """

    def __init__(self, name: str, onsets: Sequence[tuple[datetime, timedelta, timedelta]]) -> None:
        """`onsets`: when clocks change, in UTC without a zone, from which offset to which; at least one."""
        ordered = sorted(onsets)
        self._name = name
        self._at = [at for at, _, _ in ordered]
        self._offsets = [ordered[0][1], *(after for _, _, after in ordered)]
        steps = list(zip(self._at, self._offsets, self._offsets[1:], strict=False))
        self._walls = (
            [at + max(before, after) for at, before, after in steps],
            [at + min(before, after) for at, before, after in steps],
        )

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        """By what clocks show then."""
        if at is None:
            return None
        return self._offsets[bisect_right(self._walls[at.fold], at.replace(tzinfo=None))]

    def dst(self, at: datetime | None) -> timedelta | None:  # noqa: ARG002  what it is asked with is given
        """Not known: an offset is an offset."""
        return None

    def tzname(self, at: datetime | None) -> str:  # noqa: ARG002  likewise
        """As the calendar calls it."""
        return self._name

    def fromutc(self, at: datetime) -> datetime:
        """What clocks show at an instant."""
        utc = at.replace(tzinfo=None)
        number = bisect_right(self._at, utc)
        wall = utc + self._offsets[number]
        again = number > 0 and wall < self._walls[0][number - 1]
        return wall.replace(tzinfo=self, fold=int(again))


class Zones:
    """The zones that one calendar can name."""

    def __init__(self, calendar: Component) -> None:
        self._defined = {
            _plain(tzid.text): part
            for part in calendar.parts_named("VTIMEZONE")
            if (tzid := part.first("TZID")) is not None
        }
        self._known: dict[str, tzinfo] = {}

    def named(self, line: Line) -> tzinfo | None:
        """The zone that a property names; None: it names none.

        Raises:
            SettingError: there is no such zone, or its rules cannot be read.
        """
        name = _plain(line.params.get("TZID", ""))
        if not name:
            return None
        if name not in self._known:
            defined = self._defined.get(name)
            zone = _by_name(name) if defined is None else _by_rules(name, defined)
            if zone is None:
                raise line.wrong(
                    f"there is no time zone '{name}', and the calendar does not define it (VTIMEZONE); "
                    "have it name a zone such as Europe/Zurich"
                )
            self._known[name] = zone
        return self._known[name]


def _plain(tzid: str) -> str:
    return tzid.strip().strip('"').replace("\\,", ",").replace("\\;", ";").strip()


def _by_name(name: str) -> tzinfo | None:
    """By its name in the zone database, in Windows, or after the prefix of a program's own; or by its offset."""
    zone = known_zone(name) or known_zone(WINDOWS_TO_OLSON.get(name, ""))
    if zone is None and name.startswith("/"):
        parts = name.strip("/").split("/")
        zone = next((found for at in range(len(parts)) if (found := known_zone("/".join(parts[at:])))), None)
    return zone or _by_offset(name)


def _by_offset(name: str) -> tzinfo | None:
    if name.lower() == _EXCHANGE_UTC or name == "Z":
        return UTC
    found = _OFFSET.fullmatch(name)
    if found is None:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(offset if found[1] == "+" else -offset) if offset < _FARTHEST else None


def _by_rules(name: str, defined: Component) -> tzinfo:
    onsets = [onset for part in defined.parts_named("STANDARD", "DAYLIGHT") for onset in _onsets(name, part)]
    if not onsets:
        raise SettingError(f"line {defined.number}: the time zone '{name}' has no rule")
    return RuledZone(name, onsets)


def _onsets(name: str, part: Component) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    start, before, after = (part.first(wanted) for wanted in ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"))
    if start is None or before is None or after is None:
        raise SettingError(f"line {part.number}: a rule of the time zone '{name}' is not whole")
    offset = _offset(before)
    first = _on_its_wall(start, start.value, offset)
    walls = {first}
    for line in part.all("RDATE"):
        walls |= {_on_its_wall(line, one.partition("/")[0], offset) for one in line.value.split(",")}
    for line in part.all("RRULE"):
        walls.update(_repeated(line, first, offset))
        if len(walls) > _MOST_ONSETS:
            raise line.wrong(f"the time zone '{name}' changes its clocks too often")
    for wall in walls:
        yield wall - offset, offset, _offset(after)


def _offset(line: Line) -> timedelta:
    found = _RULE_OFFSET.fullmatch(line.value)
    if found is None:
        raise line.wrong(f"'{line.value}' is no offset such as +0100")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -offset if found[1] == "-" else offset


def _on_its_wall(line: Line, text: str, before: timedelta) -> datetime:
    """When a rule sets in, by the clocks that it changes."""
    try:
        at = datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S" if "T" in text else "%Y%m%d")  # noqa: DTZ007  likewise
    except ValueError as error:
        raise line.wrong(f"'{text}' is no time such as 19701025T030000") from error
    return at + before if text.endswith("Z") else at


def _repeated(line: Line, first: datetime, before: timedelta) -> Iterator[datetime]:
    parts = dict(part.partition("=")[::2] for part in line.value.upper().split(";") if part)
    if "UNTIL" in parts:
        last = _on_its_wall(line, parts["UNTIL"], before)
        last = last if "T" in parts["UNTIL"] else datetime.combine(last, time.max)
        parts["UNTIL"] = f"{last:%Y%m%dT%H%M%S}"
    try:
        rule = rrulestr(";".join(f"{key}={value}" for key, value in parts.items()), dtstart=first)
        return islice(takewhile(lambda wall: wall < _LAST, rule), _MOST_ONSETS + 1)
    except ValueError as error:
        raise line.wrong(f"this rule cannot be read: {error}") from error
