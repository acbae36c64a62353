"""A table of readings as text: cells between commas, semicolons or tabs, their names in the first row.

A file is read in whole or rejected in whole, a row at a time: of each only its numbers are kept. What its times mean
is for ``row_times`` to say, and what its columns are for ``csv_columns``.
"""

import csv
import re
from array import array
from collections.abc import Iterator
from dataclasses import replace
from datetime import tzinfo
from itertools import islice

import numpy as np

from service.formats.cells import cell_of, in_celsius, is_word
from service.formats.channels import Channel
from service.formats.csv_columns import CsvColumns, Layout, layout_of
from service.formats.logger_file import LoggerFile, Readings
from service.formats.reading import Rejection
from service.formats.row_times import RowTimes
from service.formats.table_start import TableStart
from service.formats.text import MOST_BLANK_LINES, Taken
from service.formats.understood import Understood
from service.formats.units import Unit, one_unit, unit_of, unit_written
from service.formats.unread import Unread
from service.formats.wording import shown, unreadable

_EXPECTED_TIME = "a date and time such as 2026-04-25T10:00:00+02:00 or 2026-04-25 10:00, or Unix milliseconds"
_MOST_TEXTS = 20_000
#: More probes than any logger has; each is a series of its own, for ever.
_MOST_PROBES = 1_000

#: Rows that are no readings, in words that follow their number.
_ABOVE, _NAMES = "lines above the table", "rows that name the columns again"
_EVENTS, _BELOW = "rows of events without a measurement", "rows below the readings"

_UNITS = "rows of units below the names"
_NOTHING = " ,;\t"
_OF_TIME = re.compile(r"[0-9]:[0-9]|[0-9][-/.][0-9]{1,2}[-/.][0-9]")

#: In place of a quality: it is a word, and no reading.
_UNREAD = -1

_Shown = tuple[float, int]


def parse_csv(
    lines: Iterator[str], start: TableStart, asked_zone: tzinfo | None, *, logger_id: str | None, asked: CsvColumns
) -> LoggerFile:
    """The readings of one logger, from a table of which is known where it starts."""
    taken = Taken(islice(lines, start.line, None))
    reader = csv.reader(taken, delimiter=start.delimiter, strict=True)
    try:
        header = next((row for row in reader if any(row) and not row[0].lower().startswith("sep=")), [])
        layout = layout_of([name.strip() for name in header], asked, start.above)
        table = _Table(layout, start, asked.time_format, taken)
        last = reader.line_num
        for row in reader:
            table.add(row, start.line + reader.line_num, whole=reader.line_num == last + 1)
            last = reader.line_num
    except csv.Error as error:
        raise unreadable(start.line + reader.line_num, "all", str(error), "cells whose quotes open and close") from None
    table.refuse_unread()
    if not table.quality:
        raise Rejection("no_readings", "the file names its columns but has no rows. Export it from the logger again.")
    own = next(iter(table.loggers), logger_id)
    readings = table.readings(own or "", asked_zone)
    return LoggerFile(logger_id=own, model="", readings=readings, understood=table.understood())


class _Table:
    """The rows read so far."""

    def __init__(self, layout: Layout, start: TableStart, time_format: str | None, taken: Taken) -> None:
        self._layout = layout
        self._delimiter = start.delimiter
        self._taken = taken
        self._times = RowTimes(time_format)
        self._shown: dict[tuple[Unit | None, str, str], _Shown] = {}
        self._units: dict[Unit, None] = {}
        self._skipped = {_ABOVE: start.above.rows, _NAMES: 0, _EVENTS: 0, _BELOW: 0}
        self._below: tuple[list[str], int] | None = None  # the first row that seems to stand below the table
        self._read = dict.fromkeys((channel.place for channel in layout.channels), 0)
        self._unread = {place: Unread("cells that are no temperature") for place in self._read}
        self._first: tuple[int, list[str]] | None = None
        self._last: tuple[int, list[str]] | None = None
        self._temperature_c = array("d")
        self._probe = array("i")
        self._blank = 0  # rows with nothing in them, since the last that had something
        self._probes: dict[str, int] = {}
        self.quality = array("b")
        self.loggers: set[str] = {layout.serial} if layout.serial else set()

    def add(self, row: list[str], line: int, *, whole: bool) -> None:
        """Take a row; `whole`: it is one line. A row without anything in it is none."""
        layout = self._layout
        width = len(layout.names)
        if len(row) != width or not whole or not row[layout.measured_at]:
            if not any(cell.strip(_NOTHING) for cell in row):
                self._blank += 1
                if self._blank > MOST_BLANK_LINES:
                    raise unreadable(line, "all", "", f"a row within {MOST_BLANK_LINES:,} empty lines")
                return
            if self._is_below(row, line):
                return
            self._refuse_misshapen(row, line, whole=whole)
            row = row + [""] * (width - len(row))
        elif not row[layout.measured_at][0].isdigit() and self._is_below(row, line):
            return
        if self._below is not None:
            cells, first = self._below
            expected = f"a row with a time, for readings follow in line {line}"
            raise unreadable(first, "all", self._delimiter.join(cells), expected)
        self._blank = 0
        if not self.quality and all(unit_written(row[channel.place].strip()) for channel in layout.channels):
            self._take_units(row)
            return
        if layout.events and self._is_event(row):
            self._skipped[_EVENTS] += 1
            return
        for channel in layout.channels:
            self._take(row, channel, line)
        said = line, row
        self._first, self._last = self._first or said, said
        if layout.logger_id is not None and (logger_id := row[layout.logger_id].strip()):
            self._take_logger(logger_id)

    def _take_units(self, row: list[str]) -> None:
        """The row below the names says the units."""
        channels = [
            replace(channel, unit=one_unit(channel.unit, unit_written(row[channel.place].strip())))
            for channel in self._layout.channels
        ]
        self._layout = replace(self._layout, channels=tuple(channels))
        self._skipped[_UNITS] = 1

    def _is_event(self, row: list[str]) -> bool:
        """Whether a row tells what happened to the device, and nothing that it measured."""
        if any(row[channel.place].strip() for channel in self._layout.channels):
            return False
        return any(row[place].strip() for place in self._layout.events)

    def _is_below(self, row: list[str], line: int) -> bool:
        """Whether a row is the names again, or stands below the readings: where its time belongs are words alone."""
        if [cell.strip() for cell in row] == self._layout.names:
            self._skipped[_NAMES] += 1
            return True
        places = [place for place in (self._layout.date, self._layout.measured_at) if place is not None]
        cells = [row[place].strip() for place in places if place < len(row)]
        first = next((cell.strip() for cell in row if cell.strip()), "")
        words = cells[0] if cells and cells[0] else first
        if sum(bool(cell.strip()) for cell in row) == 1:  # a line of text; a reading has a temperature beside its time
            is_text = not words[:1].isdigit() and not _OF_TIME.search(words)
        else:
            is_text = words[:1].isalpha() and not any(map(str.isdigit, "".join(cells)))
        if not is_text or not self.quality:
            return False
        self._below = self._below or (row, line)
        self._skipped[_BELOW] += 1
        return True

    def _take(self, row: list[str], channel: Channel, line: int) -> None:
        layout = self._layout
        text = row[channel.place]
        unit_text = "" if layout.unit_column is None else row[layout.unit_column]
        shows = self._shown.get((channel.unit, text, unit_text))
        if shows is None:
            shows = self._new_temperature(channel, text, unit_text, line)
        if layout.date is None and layout.zone is None:
            day, moment = "", row[layout.measured_at].strip()
        else:
            day = "" if layout.date is None else row[layout.date].strip()
            zone = "" if layout.zone is None else row[layout.zone].strip()
            moment = f"{row[layout.measured_at].strip()} {zone}".rstrip()
        if not self._times.add(day, moment, line):
            written = layout.names[layout.measured_at]
            raise unreadable(line, written, f"{day} {moment}".strip(), self._times.expected or _EXPECTED_TIME)
        if shows[1] == _UNREAD:
            place = f"line {line}, column {shown(layout.names[channel.place])}: found {shown(text)}"
            self._unread[channel.place].add(place, "row_unreadable")
        else:
            self._read[channel.place] += 1
        self._temperature_c.append(shows[0])
        self.quality.append(shows[1])
        probe = channel.probe if layout.probe is None else row[layout.probe].strip()
        self._probe.append(self._probes.setdefault(probe, len(self._probes)))
        if len(self._probes) > _MOST_PROBES:
            raise Rejection(
                "too_many_probes",
                f"the file has more than {_MOST_PROBES:,} probes by line {line}. Is {shown(probe)} the name of one? "
                "Say which column names the probe.",
            )

    def _refuse_misshapen(self, row: list[str], line: int, *, whole: bool) -> None:
        """Refuse a row that is too long or lacks what it needs; cells beyond, such as the serial number's, it may."""
        width, text = len(self._layout.names), self._delimiter.join(row)
        needed = self._layout.needed
        if needed == len(row) < width and not self._taken.ended:
            raise Rejection(
                "file_truncated", f"the file ends in the middle of line {line}, {shown(text)}. Copy it again."
            )
        if len(row) < needed or any(cell.strip() for cell in row[width:]):
            hint = " Is ',' the decimal sign? Then put ';' between the cells" if self._delimiter == "," else ""
            raise unreadable(line, "all", text, f"{width} cells, not {len(row)}.{hint}")
        if not whole:
            raise unreadable(line, "all", text, "one line a row, with no line break inside quotes")

    def _take_logger(self, logger_id: str) -> None:
        self.loggers.add(logger_id)
        if len(self.loggers) > 1:
            one, other = sorted(self.loggers)
            raise Rejection(
                "several_loggers",
                f"the file has readings of several loggers, {shown(one)} and {shown(other)} among them. "
                "Give one file for each.",
            )

    def _new_temperature(self, channel: Channel, text: str, unit_text: str, line: int) -> _Shown:
        name = self._layout.names[channel.place]
        # Between commas, only quotes can have kept a comma inside a cell: it can be nothing but the decimal sign.
        cell = cell_of(text, decimal_comma=True)
        if cell is None and is_word(text):
            return float("nan"), _UNREAD
        if cell is None or (cell.unit and channel.unit and cell.unit != channel.unit):
            expected = f"a number in °{channel.unit}" if channel.unit else "a number with its unit"
            raise unreadable(line, name, text, f"{expected}, HI, LO or nothing")
        if cell.number is None:
            found = float("nan"), int(cell.quality)
        else:
            try:
                unit = one_unit(channel.unit, cell.unit, unit_of(unit_text))
            except Rejection as rejection:
                raise Rejection(rejection.code, f"line {line}: {rejection}") from None
            if unit is None:
                raise Rejection(
                    "unit_required",
                    f"line {line}, column {shown(name)}: {shown(text)} has no unit, and neither the column's name nor "
                    "another column says it. Give the unit that the logger writes: C, F or K.",
                )
            self._units[unit] = None
            celsius, quality = in_celsius(cell.number, unit)
            found = celsius, int(quality)
        if len(self._shown) >= _MOST_TEXTS:
            self._shown.clear()
        self._shown[channel.unit, text, unit_text] = found
        return found

    def readings(self, logger_id: str, asked_zone: tzinfo | None) -> Readings:
        """All rows, with their instants."""
        probe = np.frombuffer(self._probe, dtype=np.int32)
        instants = self._times.instants(probe, len(self._probes), self._layout.stated, asked_zone)
        temperature_c = np.frombuffer(self._temperature_c, dtype=np.float64)
        quality = np.frombuffer(self.quality, dtype=np.int8)
        found = Readings(logger_id, list(self._probes), probe, instants, temperature_c, quality)
        return found if (quality != _UNREAD).all() else found[quality != _UNREAD]

    def refuse_unread(self) -> None:
        """Refuse a column of which much is words: it is another than was thought, or its probe is not there.

        Raises:
            Rejection: ``row_unreadable``.
        """
        for place, unread in self._unread.items():
            unread.refuse_if_many(self._read[place])

    def understood(self) -> Understood:
        """How the table was read."""
        layout = self._layout
        times = [layout.names[place] for place in (layout.date, layout.measured_at) if place is not None]
        return Understood(
            " and ".join(times),
            tuple(layout.names[channel.place] for channel in layout.channels),
            tuple(self._units),
            layout.stated.text if layout.stated else None,
            tuple(layout.passed_over),
            {what: count for what, count in self._skipped.items() if count},
            tuple(self._row(row) for row in (self._first, self._last) if row),
            tuple(sentence for unread in self._unread.values() for sentence in unread.sentences()),
        )

    def _row(self, row: tuple[int, list[str]]) -> str:
        return f"line {row[0]}: {shown(self._delimiter.join(row[1]).strip(), 80)}"
