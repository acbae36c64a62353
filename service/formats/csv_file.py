"""A table of readings as text: cells between commas, semicolons or tabs, their names in the first row.

A file is read in whole or rejected in whole. Two ways of writing a date are never guessed between: `03/04/2026`
is taken only if another row, or the caller's `time_format`, says which number is the month. Dates with points
(`03.04.2026`) are day first, as everywhere they are written.
"""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from service.domain.quality import Quality
from service.formats.berlinger import Localise, cell_temperature, shown, unreadable
from service.formats.reading import LoggerFile, Reading, Rejection

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_UNITS: dict[str, Literal["C", "F"]] = {
    **dict.fromkeys(("c", "°c", "degc", "celsius"), "C"),
    **dict.fromkeys(("f", "°f", "degf", "fahrenheit"), "F"),
}
_TEMPERATURES = {"temperature", "temp", "temperatur", "température", "temperatura"}
_MOMENTS = {"measured at", "timestamp", "time stamp", "datetime", "date time", "recorded at", "logged at"}
_MOMENTS |= {"zeitstempel", "zeitpunkt", "datum zeit", "datum uhrzeit"}
_TIMES = {"time", "zeit", "uhrzeit"}
_DATES = {"date", "datum"}
_PROBES = {"probe", "probe id", "sensor", "sensor id", "channel", "kanal"}
_LOGGERS = {"logger", "logger id", "device id", "serial", "serial number", "serial no"}

_CLOCK = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?\s*(?P<offset>Z|z|UTC|GMT|[+\-−](?:0[0-9]|1[0-4]):?[0-5][0-9])?"
)
_YEAR_FIRST = re.compile(
    r"(?P<year>[0-9]{4})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})(?:[Tt]|,?\s+)" + _CLOCK
)
_YEAR_LAST = re.compile(
    r"(?P<one>[0-9]{1,2})(?P<mark>[-/.])(?P<two>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})(?:[Tt]|,?\s+)" + _CLOCK
)
_UNIX_MS = re.compile(r"[0-9]{13}")
_EXPECTED_TIME = "a date and time such as 2026-04-25T10:00:00+02:00 or 2026-04-25 10:00, or Unix milliseconds"


@dataclass(frozen=True, slots=True)
class CsvColumns:
    """Which column is what, and how it is written. What is None is found by the usual names.

    Attributes:
        measured_at: the column of the time, or of date and time in one.
        date: the column of the date, where `measured_at` holds only the time of day.
        unit: of the temperatures; None: as the header says, and °C if it says nothing.
        time_format: as of `datetime.strptime`, with a full date; `%z` reads an offset.
    """

    measured_at: str | None = None
    temperature: str | None = None
    probe: str | None = None
    date: str | None = None
    logger_id: str | None = None
    unit: Literal["C", "F"] | None = None
    time_format: str | None = None


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where each column is, counted from 0."""

    names: list[str]
    measured_at: int
    temperature: int
    date: int | None
    probe: int | None
    logger_id: int | None
    unit: Literal["C", "F"] | None
    in_utc: bool


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    moment: str
    temperature_c: float | None
    quality: Quality
    probe: str
    logger_id: str


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", name.replace("º", "°").replace("\ufffd", "°")).casefold()
    return [word.replace(" ", "") for word in re.findall(r"°\s*[cf]\b|[^\W_]+", plain)]


def _is_temperature(words: list[str]) -> bool:
    """`temperature`, with a unit or without, or a unit alone if it can be nothing else."""
    if len(words) == 1:
        return words[0] in _TEMPERATURES or (words[0] in _UNITS and len(words[0]) > 1)
    return len(words) == 2 and words[0] in _TEMPERATURES and words[1] in _UNITS


def _moment_name(words: list[str]) -> str:
    return " ".join(words[:-1] if words[1:] and words[-1] in ("utc", "gmt", "ms") else words)


def is_column_name(name: str, asked: CsvColumns) -> bool:
    """Whether a cell of the first row names a time or a temperature, by the usual names or the caller's."""
    words = _words(name)
    wanted = [each.strip().casefold() for each in (asked.measured_at, asked.temperature) if each]
    return _is_temperature(words) or _moment_name(words) in _MOMENTS | _TIMES | _DATES or name.casefold() in wanted


def parse_csv(text: str, delimiter: str, localise: Localise, *, logger_id: str | None, asked: CsvColumns) -> LoggerFile:
    """The readings of one logger, from a table whose first row names its columns (Excel's `sep=;` may precede it)."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = next((row for row in reader if any(row) and not row[0].lower().startswith("sep=")), [])
        layout = _layout([name.strip() for name in header], asked)
        cells = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise unreadable(reader.line_num, "all", str(error), "cells whose quotes open and close") from None
    if not cells:
        raise Rejection("no_readings", "the file names its columns but has no rows. Export it from the logger again.")
    rows = [_row(line, row, layout, delimiter) for line, row in cells]
    loggers = sorted({row.logger_id for row in rows} - {""})
    if len(loggers) > 1:
        raise Rejection(
            "several_loggers",
            f"the file has readings of {len(loggers)} loggers, {shown(loggers[0])} and {shown(loggers[1])} among them. "
            "Give one file for each.",
        )
    own = loggers[0] if loggers else logger_id
    instants = _instants(rows, layout, asked.time_format, localise)
    return LoggerFile(
        logger_id=own,
        model="",
        readings=[
            Reading(own or "", row.probe, at, row.temperature_c, row.quality)
            for at, row in zip(instants, rows, strict=True)
        ],
    )


def _layout(names: list[str], asked: CsvColumns) -> _Layout:
    moments = [_moment_name(_words(name)) for name in names]
    measured_at = _place(names, "time", asked.measured_at, [name in _MOMENTS for name in moments])
    date = None
    if measured_at is None:
        measured_at = _place(names, "time", None, [name in _TIMES for name in moments])
        date = _place(names, "date", asked.date, [name in _DATES for name in moments])
        if measured_at is None:
            measured_at, date = date, None
    elif asked.date:
        date = _place(names, "date", asked.date, [])
    temperature = _place(names, "temperature", asked.temperature, [_is_temperature(_words(name)) for name in names])
    if measured_at is None or temperature is None:
        raise Rejection(
            "columns_unknown",
            f"no column is known to be the {'time' if measured_at is None else 'temperature'}; the first row names "
            f"{', '.join(shown(name) for name in names[:12])}. Say which column it is.",
        )
    last = (_words(names[temperature]) or [""])[-1]  # the F of a column "Channel F" is no unit
    unit = _UNITS.get(last) if len(last) > 1 or _is_temperature(_words(names[temperature])) else None
    if unit and asked.unit and unit != asked.unit:
        raise Rejection(
            "unit_contradicted",
            f"column {shown(names[temperature])} is in °{unit}, but °{asked.unit} was asked for. Leave the unit out.",
        )
    return _Layout(
        names=names,
        measured_at=measured_at,
        temperature=temperature,
        date=date,
        probe=_place(names, "probe", asked.probe, [" ".join(_words(name)) in _PROBES for name in names]),
        logger_id=_place(names, "logger", asked.logger_id, [" ".join(_words(name)) in _LOGGERS for name in names]),
        unit=asked.unit or unit,
        in_utc="utc" in _words(names[measured_at]),
    )


def _place(names: list[str], what: str, wanted: str | None, usual: list[bool]) -> int | None:
    """Where the column is that is wanted by name, else the one with a usual name; None: there is none."""
    if wanted is not None:
        usual = [name.casefold() == wanted.strip().casefold() for name in names]
    places = [at for at, is_it in enumerate(usual) if is_it]
    if len(places) > 1:
        several = " and ".join(shown(names[at]) for at in places)
        raise Rejection("columns_ambiguous", f"{several} may each be the {what} column. Say which one is meant.")
    if wanted is not None and not places:
        raise Rejection(
            "columns_unknown",
            f"no column is named {shown(wanted)}, wanted as the {what}; the first row names "
            f"{', '.join(shown(name) for name in names[:12])}.",
        )
    return places[0] if places else None


def _row(line: int, cells: list[str], layout: _Layout, delimiter: str) -> _Row:
    names = layout.names
    if len(cells) < len(names) or any(cell.strip() for cell in cells[len(names) :]):
        hint = " Is ',' the decimal sign? Then put ';' between the cells." if delimiter == "," else ""
        raise unreadable(line, "all", delimiter.join(cells), f"{len(names)} cells, not {len(cells)}.{hint}")
    if any("\n" in cell or "\r" in cell for cell in cells):
        raise unreadable(line, "all", delimiter.join(cells), "one line a row, with no line break inside quotes")
    text = cells[layout.temperature]
    number = cell_temperature(text, layout.unit, decimal_comma=delimiter != ",")
    if number is None:
        raise unreadable(line, names[layout.temperature], text, f"a number in °{layout.unit or 'C'}, HI, LO or nothing")
    date, moment, probe, logger_id = (
        "" if at is None else cells[at].strip()
        for at in (layout.date, layout.measured_at, layout.probe, layout.logger_id)
    )
    return _Row(line, f"{date} {moment}".strip(), *number, probe, logger_id)


def _instants(rows: list[_Row], layout: _Layout, time_format: str | None, localise: Localise) -> list[int]:
    """Microseconds since 1970, UTC, of each row. Times without an offset go by the zone, each probe's on their own."""
    month_first = time_format is None and _month_first(rows)
    instants: dict[int, int] = {}
    walls: dict[str, dict[int, datetime]] = {}
    for at, row in enumerate(rows):
        moment = _moment(row.moment, month_first) if time_format is None else _formatted(row.moment, time_format)
        if moment is None:
            expected = f"a time in the format {shown(time_format)}" if time_format else _EXPECTED_TIME
            raise unreadable(row.line, layout.names[layout.measured_at], row.moment, expected)
        if isinstance(moment, int):
            instants[at] = moment
        elif layout.in_utc:
            instants[at] = (moment - _EPOCH) // _US
        else:
            walls.setdefault(row.probe, {})[at] = moment
    for series in walls.values():
        instants.update(zip(series, localise(list(series.values()), None), strict=True))
    return [instants[at] for at in range(len(rows))]


def _formatted(text: str, time_format: str) -> int | datetime | None:
    try:
        moment = datetime.strptime(text, time_format)  # noqa: DTZ007  it has an offset only if the format says so
    except (ValueError, re.error):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else (moment - _EPOCH) // _US


def _month_first(rows: list[_Row]) -> bool:
    """Whether dates such as 04/25/2026 are month first: the whole file is of one order, and some row must show it."""
    shows: dict[bool, str] = {}
    unclear = None
    for row in rows:
        match = _YEAR_LAST.fullmatch(row.moment)
        if match is None or match["mark"] == ".":
            continue
        one, two = int(match["one"]), int(match["two"])
        if (one > 12) != (two > 12):
            shows.setdefault(two > 12, f"line {row.line}: {shown(row.moment)}")
        elif one != two and unclear is None:
            unclear = f"line {row.line}: {shown(row.moment)}"
    if len(shows) > 1:
        raise Rejection(
            "date_contradictory",
            f"{shows[False]} can only be day first, {shows[True]} only month first. Export the file again in one "
            "format, best with the year first.",
        )
    if unclear and not shows:
        raise Rejection(
            "date_ambiguous",
            f"{unclear} may be day first or month first, and no row of the file shows which. Give the time format, "
            "e.g. %d/%m/%Y %H:%M, or export the file with the year first.",
        )
    return True in shows


def _moment(text: str, month_first: bool) -> int | datetime | None:
    """An instant if the text carries an offset, else what the clock showed; None: it is no time."""
    if _UNIX_MS.fullmatch(text):
        return int(text) * 1000
    match = _YEAR_FIRST.fullmatch(text) or _YEAR_LAST.fullmatch(text)
    if match is None:
        return None
    if match.re is _YEAR_FIRST:
        month, day = int(match["month"]), int(match["day"])
    elif month_first and match["mark"] != ".":
        month, day = int(match["one"]), int(match["two"])
    else:
        day, month = int(match["one"]), int(match["two"])
    hour, micros = int(match["hour"]), int((match["fraction"] or "0")[:6].ljust(6, "0"))
    if match["half"]:  # 12 am is midnight; 13 pm is no hour, nor is 24
        hour = hour % 12 + (12 if match["half"] in "Pp" else 0) if 1 <= hour <= 12 else 24
    clock = (hour, int(match["minute"]), int(match["second"] or 0), micros)
    try:
        wall = datetime(int(match["year"]), month, day, *clock, tzinfo=UTC)
    except ValueError:
        return None
    if (offset := match["offset"]) is None:
        return wall
    ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:])) if offset[-1].isdigit() else timedelta()
    return (wall - _EPOCH - (ahead if offset[0] == "+" else -ahead)) // _US
