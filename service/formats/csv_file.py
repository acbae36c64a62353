"""A table of readings as text: cells between commas, semicolons or tabs, their names in the first row.

A file is read in whole or rejected in whole, a row at a time: of each only its numbers are kept. What its times mean
is for ``row_times`` to say, and what its columns are for ``csv_columns``.
"""

import csv
from array import array
from collections.abc import Iterator
from datetime import tzinfo

import numpy as np

from service.formats.cells import cell_of, in_celsius
from service.formats.csv_columns import CsvColumns, Layout, layout_of
from service.formats.logger_file import LoggerFile, Readings
from service.formats.reading import Rejection
from service.formats.row_times import RowTimes
from service.formats.text import MOST_BLANK_LINES
from service.formats.units import one_unit, unit_of
from service.formats.wording import shown, unreadable

_EXPECTED_TIME = "a date and time such as 2026-04-25T10:00:00+02:00 or 2026-04-25 10:00, or Unix milliseconds"
_MOST_TEXTS = 20_000
#: More probes than any logger has; each is a series of its own, for ever.
_MOST_PROBES = 1_000

_Shown = tuple[float, int]


def parse_csv(
    lines: Iterator[str], delimiter: str, asked_zone: tzinfo | None, *, logger_id: str | None, asked: CsvColumns
) -> LoggerFile:
    """The readings of one logger, from a table whose first row names its columns (Excel's `sep=;` may precede it)."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = next((row for row in reader if any(row) and not row[0].lower().startswith("sep=")), [])
        table = _Table(layout_of([name.strip() for name in header], asked), delimiter, asked.time_format)
        last = reader.line_num
        for row in reader:
            table.add(row, reader.line_num, whole=reader.line_num == last + 1)
            last = reader.line_num
    except csv.Error as error:
        raise unreadable(reader.line_num, "all", str(error), "cells whose quotes open and close") from None
    if not table.quality:
        raise Rejection("no_readings", "the file names its columns but has no rows. Export it from the logger again.")
    own = next(iter(table.loggers), logger_id)
    return LoggerFile(logger_id=own, model="", readings=table.readings(own or "", asked_zone))


class _Table:
    """The rows read so far."""

    def __init__(self, layout: Layout, delimiter: str, time_format: str | None) -> None:
        self._layout = layout
        self._delimiter = delimiter
        self._times = RowTimes(time_format)
        self._shown: dict[tuple[str, str], _Shown] = {}
        self._temperature_c = array("d")
        self._probe = array("i")
        self._blank = 0  # rows with nothing in them, since the last that had something
        self._probes: dict[str, int] = {}
        self.quality = array("b")
        self.loggers: set[str] = set()

    def add(self, row: list[str], line: int, *, whole: bool) -> None:
        """Take a row; `whole`: it is one line. A row without anything in it is none."""
        layout = self._layout
        width = len(layout.names)
        if len(row) != width or not whole or not row[layout.measured_at]:
            if not any(cell.strip() for cell in row):
                self._blank += 1
                if self._blank > MOST_BLANK_LINES:
                    raise unreadable(line, "all", "", f"a row within {MOST_BLANK_LINES:,} empty lines")
                return
            self._refuse_misshapen(row, line, whole=whole)
        self._blank = 0
        text = row[layout.temperature]
        unit_text = "" if layout.unit_column is None else row[layout.unit_column]
        shows = self._shown.get((text, unit_text))
        if shows is None:
            shows = self._new_temperature(text, unit_text, line)
        if layout.date is None and layout.zone is None:
            day, moment = "", row[layout.measured_at].strip()
        else:
            day = "" if layout.date is None else row[layout.date].strip()
            zone = "" if layout.zone is None else row[layout.zone].strip()
            moment = f"{row[layout.measured_at].strip()} {zone}".rstrip()
        if not self._times.add(day, moment, line):
            written = layout.names[layout.measured_at]
            raise unreadable(line, written, f"{day} {moment}".strip(), self._times.expected or _EXPECTED_TIME)
        self._temperature_c.append(shows[0])
        self.quality.append(shows[1])
        probe = "" if layout.probe is None else row[layout.probe].strip()
        self._probe.append(self._probes.setdefault(probe, len(self._probes)))
        if len(self._probes) > _MOST_PROBES:
            raise Rejection(
                "too_many_probes",
                f"the file has more than {_MOST_PROBES:,} probes by line {line}. Is {shown(probe)} the name of one? "
                "Say which column names the probe.",
            )
        if layout.logger_id is not None and (logger_id := row[layout.logger_id].strip()):
            self._take_logger(logger_id)

    def _refuse_misshapen(self, row: list[str], line: int, *, whole: bool) -> None:
        width, text = len(self._layout.names), self._delimiter.join(row)
        if len(row) < width or any(cell.strip() for cell in row[width:]):
            hint = " Is ',' the decimal sign? Then put ';' between the cells." if self._delimiter == "," else ""
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

    def _new_temperature(self, text: str, unit_text: str, line: int) -> _Shown:
        layout = self._layout
        name = layout.names[layout.temperature]
        # Between commas, only quotes can have kept a comma inside a cell: it can be nothing but the decimal sign.
        cell = cell_of(text, decimal_comma=True)
        if cell is None or (cell.unit and layout.unit and cell.unit != layout.unit):
            expected = f"a number in °{layout.unit}" if layout.unit else "a number with its unit"
            raise unreadable(line, name, text, f"{expected}, HI, LO or nothing")
        if cell.number is None:
            found = float("nan"), int(cell.quality)
        else:
            try:
                unit = one_unit(layout.unit, cell.unit, unit_of(unit_text))
            except Rejection as rejection:
                raise Rejection(rejection.code, f"line {line}: {rejection}") from None
            if unit is None:
                raise Rejection(
                    "unit_required",
                    f"line {line}, column {shown(name)}: {shown(text)} has no unit, and neither the column's name nor "
                    "another column says it. Give the unit that the logger writes: C, F or K.",
                )
            celsius, quality = in_celsius(cell.number, unit)
            found = celsius, int(quality)
        if len(self._shown) >= _MOST_TEXTS:
            self._shown.clear()
        self._shown[text, unit_text] = found
        return found

    def readings(self, logger_id: str, asked_zone: tzinfo | None) -> Readings:
        """All rows, with their instants."""
        probe = np.frombuffer(self._probe, dtype=np.int32)
        instants = self._times.instants(probe, len(self._probes), self._layout.stated, asked_zone)
        return Readings(
            logger_id,
            list(self._probes),
            probe,
            instants,
            np.frombuffer(self._temperature_c, dtype=np.float64),
            np.frombuffer(self.quality, dtype=np.int8),
        )
