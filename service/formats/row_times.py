"""The times of a table's rows, kept small: what each row shows, until the whole file says how it is to be read.

Three things are never guessed. Which number of `03/04/2026` or `05/03/26` is the month or the year is taken from the
file only if a single order fits all of its dates. A 12-hour clock without AM and PM is noticed by its turning back.
What a clock shows becomes an instant by what the file states or the caller says (`clocks`).
"""

import re
from array import array
from datetime import UTC, date, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from service.domain.instant import SECOND_US
from service.formats.clocks import instants_of, refuse_other_clock
from service.formats.reading import Rejection
from service.formats.wording import shown
from service.formats.zones import Stated, stated_in

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_DAY_US = 86_400 * SECOND_US
_HALF_DAY_US = _DAY_US // 2
_HOUR_US = _DAY_US // 24
_PIECE = 1 << 18
#: More days than any logger has, and more times of day than any cache need keep.
_MOST_DATES = 50_000
_MOST_CLOCKS = 100_000
_INSTANT, _LOCAL = -1, -2
_YEARS = range(1900, 2200)

_DATE = re.compile(r"(?P<one>[0-9]{1,4})(?P<mark>[-/.])(?P<two>[0-9]{1,2})(?P=mark)(?P<three>[0-9]{1,4}),?")
_NAMED_MONTH = re.compile(r"(?P<day>[0-9]{1,2})(?P<mark>[-/.])(?P<month>[A-Za-z]{3})(?P=mark)(?P<year>[0-9]{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = re.compile(
    r"\s*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?\s?[Mm]\.?)?(?P<zone>\s*[^\s0-9:.].*)?"
)
_UNIX_MS = re.compile(r"[0-9]{13}")
_ORDERS = ("DMY", "MDY", "YMD")


class RowTimes:
    """What the rows of a file show as their times, in order."""

    def __init__(self, time_format: str | None = None) -> None:
        """`time_format`: as of `datetime.strptime`, if the caller says how times are written.

        Raises:
            Rejection: ``time_format_unusable``.
        """
        self._format = None if time_format is None else _usable(time_format)
        self._day = array("i")
        self._us = array("q")
        self._offset = array("h")
        self._dates: dict[str, int] = {}
        self._days: list[dict[str, int]] = []  # of each date, the days since 1970 it is in the orders it may be in
        self._lines: list[int] = []
        self._clocks: dict[str, tuple[int, int]] = {}
        self._offsets_us = [0]
        self._offset_of: dict[int, int] = {}
        self._hours: dict[bool, set[int]] = {True: set(), False: set()}  # with AM or PM, and without

    def add(self, day: str, clock: str, line: int) -> bool:
        """Take the time of the next row; False: it is none."""
        if self._format is not None:
            return self._add_formatted(f"{day} {clock}".strip())
        if not day:
            day, space, clock = clock.partition(" ")
            if not space and _UNIX_MS.fullmatch(day):
                self._append(_INSTANT, int(day) * 1000, 0)
                return True
            if not space:
                day, _, clock = day.replace("t", "T", 1).partition("T")
        at = self._dates.get(day)
        if at is None and (at := self._new_date(day, line)) is None:
            return False
        shows = self._clocks.get(clock)
        if shows is None and (shows := self._new_clock(clock)) is None:
            return False
        self._append(at, *shows)
        return True

    @property
    def expected(self) -> str | None:
        """How times are to be written, if the caller says it."""
        return None if self._format is None else f"a time in the format {shown(self._format)}"

    def _append(self, day: int, us: int, offset: int) -> None:
        self._day.append(day)
        self._us.append(us)
        self._offset.append(offset)

    def _add_formatted(self, text: str) -> bool:
        try:
            moment = datetime.strptime(text, self._format or "")  # noqa: DTZ007  its offset is in the format or nowhere
            if moment.year not in _YEARS:
                return False
            if moment.tzinfo is None:
                self._append(_LOCAL, (moment.replace(tzinfo=UTC) - _EPOCH) // _US, 0)
            else:
                self._append(_INSTANT, (moment - _EPOCH) // _US, 0)
        except (ValueError, OverflowError, re.error):
            return False
        return True

    def _new_date(self, text: str, line: int) -> int | None:
        if (named := _NAMED_MONTH.fullmatch(text)) and named["month"].lower() in _MONTHS:
            match = _DATE.fullmatch(f"{named['year']}-{_MONTHS.index(named['month'].lower()) + 1}-{named['day']}")
        else:
            match = _DATE.fullmatch(text)
        days = _days(match) if match else {}
        if not days or len(self._days) >= _MOST_DATES:
            return None
        self._dates[text] = len(self._days)
        self._days.append(days)
        self._lines.append(line)
        return len(self._days) - 1

    def _new_clock(self, text: str) -> tuple[int, int] | None:
        match = _CLOCK.fullmatch(text)
        if match is None:
            return None
        hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
        halved = match["half"] is not None
        if halved and not 1 <= hour <= 12:
            return None
        self._hours[halved].add(hour)
        if halved:  # 12 am is midnight
            hour = hour % 12 + (12 if match["half"] in "Pp" else 0)
        if hour > 23 or minute > 59 or second > 59:
            return None
        offset = self._new_offset(match["zone"] or "")
        if offset is None:
            return None
        micros = int((match["fraction"] or "0")[:6].ljust(6, "0"))
        if len(self._clocks) >= _MOST_CLOCKS:
            self._clocks.clear()
        found = self._clocks[text] = ((hour * 3600 + minute * 60 + second) * SECOND_US + micros, offset)
        return found

    def _new_offset(self, text: str) -> int | None:
        """The number of the offset that a time carries, 0 if it carries none; None: it is not understood."""
        if not text.strip():
            return 0
        stated, rest = stated_in(re.sub(r"([+\-−][01][0-9])$", r"\1:00", text))
        if len(stated) != 1 or rest.strip() or len(stated[0].zones) != 1:
            return None
        ahead = stated[0].zones[0].utcoffset(None)
        if ahead is None:
            return None
        offset_us = ahead // _US
        if offset_us not in self._offset_of:
            self._offset_of[offset_us] = len(self._offsets_us)
            self._offsets_us.append(offset_us)
        return self._offset_of[offset_us]

    def instants(
        self, probe: NDArray[np.int32], count: int, stated: Stated | None, asked: tzinfo | None
    ) -> NDArray[np.int64]:
        """Microseconds since 1970, UTC, of each row, shape (n,); each of the `count` probes goes by its own order.

        Args:
            stated: the clock that the file states for all of its times.
            asked: the zone that the caller says.

        Raises:
            Rejection: ``date_ambiguous``, ``date_contradictory``, ``clock_ambiguous`` and what `clocks` finds.
        """
        self._refuse_half_marked()
        local_us = self._shown_times()
        day, offset = (np.frombuffer(column, dtype=column.typecode) for column in (self._day, self._offset))
        without_offset = (offset == 0) & (day != _INSTANT)
        in_halves = not self._hours[True] and bool(self._hours[False]) and self._hours[False] <= set(range(1, 13))
        instants = local_us
        if not without_offset.all():
            instants = local_us - np.array(self._offsets_us, dtype=np.int64)[offset]
            of_rows = ~without_offset & (day != _INSTANT)
            if stated is not None and len(stated.zones) == 1 and of_rows.any():
                refuse_other_clock(stated.zones[0], local_us[of_rows], instants[of_rows], stated, asked=False)
        for number in range(count):
            own = without_offset if count == 1 else without_offset & (probe == number)
            rows = slice(None) if own.all() else np.flatnonzero(own)
            if own.any():
                if in_halves:
                    _refuse_turning_back(local_us[rows])
                instants[rows] = instants_of(local_us[rows], stated, asked)
        return instants

    def _shown_times(self) -> NDArray[np.int64]:
        """What each row's clock showed, as microseconds since 1970; of a row that says its instant, that."""
        order = self._order()
        of_date = np.array([days.get("plain", days.get(order)) for days in self._days] or [0], dtype=np.int64) * _DAY_US
        local_us = np.frombuffer(self._us, dtype=np.int64)
        day = np.frombuffer(self._day, dtype=np.int32)
        for start in range(0, len(local_us), _PIECE):
            piece = day[start : start + _PIECE]
            local_us[start : start + _PIECE] += np.where(piece >= 0, of_date[np.maximum(piece, 0)], 0)
        return local_us

    def _order(self) -> str:
        """The order that fits all dates of the file of which it is not plain."""
        orders = set(_ORDERS)
        against: dict[str, str] = {}
        texts = list(self._dates)
        unclear = [at for at, days in enumerate(self._days) if "plain" not in days]
        for at in unclear:
            said = f"line {self._lines[at]}: {shown(texts[at])}"
            for order in orders - self._days[at].keys():
                against.setdefault(order, said)
            orders &= self._days[at].keys()
            if not orders:
                raise Rejection(
                    "date_contradictory",
                    f"{' and '.join(dict.fromkeys(against.values()))} are in no one order of day, month and year. "
                    "Export the file again in one format, best with the year first.",
                )
        for at in unclear:
            if len({self._days[at][order] for order in orders}) > 1:
                raise Rejection(
                    "date_ambiguous",
                    f"line {self._lines[at]}: {shown(texts[at])} may be day first, month first or year first, and no "
                    "row of the file shows which. Give the time format, such as '%d/%m/%Y %H:%M', or export "
                    "the file with a year of four digits first.",
                )
        return min(orders)

    def _refuse_half_marked(self) -> None:
        if self._hours[True] and self._hours[False]:
            raise Rejection(
                "clock_ambiguous",
                "some of the file's times say AM or PM and others do not. Export it again in one format.",
            )


def _days(match: re.Match[str]) -> dict[str, int]:
    """Days since 1970 of a date in each order it may be in; `plain` where there is but one."""
    one, two, three = match["one"], match["two"], match["three"]
    if len(one) == 4 and len(three) <= 2:
        orders = {"plain": (one, two, three)}
    elif len(one) <= 2 and len(three) == 4:
        orders = {"DMY": (three, two, one), "MDY": (three, one, two)}
        if match["mark"] == ".":  # day first, as everywhere it is written
            orders = {"plain": (three, two, one)}
    elif len(one) == len(three) == 2 or (len(one) <= 2 and len(three) == 2):
        orders = {"DMY": (three, two, one), "MDY": (three, one, two), "YMD": (one, two, three)}
        if match["mark"] == ".":
            del orders["MDY"]
        if len(one) == 1:
            del orders["YMD"]
    else:
        return {}
    found = {}
    for order, (year, month, day) in orders.items():
        try:
            whole = date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
        except ValueError:
            continue
        if whole.year in _YEARS:
            found[order] = whole.toordinal() - date(1970, 1, 1).toordinal()
    return found


def _usable(time_format: str) -> str:
    """A format by which a text can mean one moment alone."""
    directives = set(re.findall(r"%([A-Za-z%])", time_format))
    if "Z" in directives or ("I" in directives and "p" not in directives):
        raise Rejection(
            "time_format_unusable",
            f"{shown(time_format)} has %Z, which names no offset, or %I without %p. Give the zone beside the format, "
            "write %z for an offset, and %p for AM and PM.",
        )
    return time_format


def _refuse_turning_back(local_us: NDArray[np.int64]) -> None:
    """All hours lie in 1 to 12: a clock of 24 hours goes back by an hour in autumn, and never from 12:50 to 3:00."""
    steps = np.diff(local_us)
    if np.count_nonzero(steps < 0) > np.count_nonzero(steps > 0):
        steps = -steps
    if np.any((steps < -_HOUR_US) & (steps >= -_HALF_DAY_US)):
        raise Rejection(
            "clock_ambiguous",
            "the file's times have no hour beyond 12 and go back within a day, as on a clock of 12 hours without AM "
            "and PM. Export the file again with 24 hours, or with AM and PM.",
        )
