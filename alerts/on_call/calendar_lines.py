"""The lines of an iCalendar file (RFC 5545) in their components, each with where it stands.

A library that reads them leaves out what it cannot read, and does not say where that was: a shift that is missing is a
person who is not called.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from icalendar.prop import vText

from service.errors import SettingError

#: Parameters, apart at semicolons that are not quoted.
_OUTSIDE_QUOTES = re.compile(r'(?:"[^"]*"?|[^;"])+')

_NEWLINE = re.compile(rb"\r\n|\n|\r")

#: Their values hold no colon; a zone that is not quoted, such as ``tzone://Microsoft/Custom``, may.
_DATED = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"})


@dataclass(frozen=True, slots=True)
class Line:
    """One property. `number`: of the line in which it begins, from 1; `params`: names in capitals, values unquoted."""

    number: int
    name: str
    params: Mapping[str, str]
    value: str

    @property
    def text(self) -> str:
        """Its value, if that is a text."""
        return str(vText.from_ical(self.value)).strip()

    def wrong(self, what: str) -> SettingError:
        """The error that says what is wrong here."""
        return SettingError(f"line {self.number}: {what}")


@dataclass(slots=True)
class Component:
    """What stands between a BEGIN and its END. `number`: of the line of BEGIN."""

    name: str
    number: int
    lines: list[Line] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> list[Line]:
        """Its properties of a name, in order."""
        return [line for line in self.lines if line.name == name]

    def first(self, name: str) -> Line | None:
        """Its property of a name; None: it has none."""
        return next((line for line in self.lines if line.name == name), None)

    def parts_named(self, *names: str) -> list["Component"]:
        """The components of these names in it."""
        return [part for part in self.parts if part.name in names]


def read_calendars(text: bytes) -> list[Component]:
    """The calendars of a file.

    Raises:
        SettingError: it is none, or not whole; it names the line.
    """
    try:
        return _read(text)
    except SettingError as error:
        raise SettingError(f"it cannot be read as a calendar: {error}") from error


def _read(text: bytes) -> list[Component]:
    root = Component("", 0)
    within = [root]
    for line in _lines(text):
        if line.name == "BEGIN":
            begun = Component(line.value.strip().upper(), line.number)
            within[-1].parts.append(begun)
            within.append(begun)
        elif line.name == "END":
            if len(within) == 1 or within[-1].name != line.value.strip().upper():
                raise line.wrong(f"END:{line.value} ends nothing that was begun")
            within.pop()
        elif len(within) == 1:
            raise line.wrong("this stands before BEGIN:VCALENDAR")
        else:
            within[-1].lines.append(line)
    if len(within) > 1:
        raise SettingError(f"line {within[-1].number}: BEGIN:{within[-1].name} has no END; the file is not whole")
    calendars = root.parts_named("VCALENDAR")
    if not calendars:
        raise SettingError("there is no BEGIN:VCALENDAR in it")
    return calendars


def _lines(text: bytes) -> Iterator[Line]:
    for number, folded in _unfolded(text.removeprefix(b"\xef\xbb\xbf")):
        try:
            yield _line(number, folded.decode())
        except ValueError as error:
            raise SettingError(f"line {number}: {error}") from error


def _unfolded(text: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines may be folded in the middle of a letter, so they are joined before they are decoded."""
    begun: tuple[int, bytes] | None = None
    for number, line in enumerate(_NEWLINE.split(text), 1):
        if begun is not None and line[:1] in (b" ", b"\t"):
            begun = begun[0], begun[1] + line[1:]
            continue
        if begun is not None and begun[1].strip():
            yield begun
        begun = number, line
    if begun is not None and begun[1].strip():
        yield begun


def _line(number: int, text: str) -> Line:
    head, colon, value = _parted(text)
    name, *params = _OUTSIDE_QUOTES.findall(head)
    if not colon or not name.strip():
        raise ValueError("this is no line of a calendar")
    given = (param.partition("=")[::2] for param in params)
    return Line(
        number,
        name.strip().upper(),
        {key.strip().upper(): text.strip().strip('"') for key, text in given},
        value.strip(),
    )


def _parted(text: str) -> tuple[str, str, str]:
    """Name and parameters, the colon, and the value."""
    if re.split("[;:]", text, maxsplit=1)[0].strip().upper() in _DATED:
        return text.rpartition(":")
    quoted = False
    for at, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter == ":" and not quoted:
            return text[:at], ":", text[at + 1 :]
    return text, "", ""
