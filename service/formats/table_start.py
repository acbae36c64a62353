"""Where the table begins in a logger's file: many write of themselves first, some for a page."""

import csv
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from service.formats.cells import cell_of
from service.formats.csv_columns import MOST_COLUMNS, CsvColumns, is_column_name, names_a_table
from service.formats.preamble import Preamble, preamble_of
from service.formats.reading import Rejection
from service.formats.wording import shown

#: What is looked at in search of the names; no device writes more of itself before its readings.
_MOST_LINES = 200
_MOST_LETTERS = 1 << 15
_DELIMITERS = ",;\t"
_DATED = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?![0-9])")


@dataclass(frozen=True, slots=True)
class TableStart:
    """Where the names of the columns stand.

    Attributes:
        line: how many lines come before them.
        above: what the lines above say of the logger.
        is_whole: both a time and a temperature are named.
    """

    line: int
    delimiter: str
    above: Preamble
    is_whole: bool = True


def table_start(lines: Iterable[str], columns: CsvColumns | None, before: Sequence[str] = ()) -> TableStart | None:
    """The first line that names a time and a temperature; else the first line of all, if it names one of them.

    Args:
        columns: as the caller names them; a line of several cells may be their names then.
        before: what else is said of the logger, on other sheets.

    Returns:
        None: this is no table.
    """
    above: list[str] = []
    first: TableStart | None = None
    forced = ""
    letters = 0
    rest = iter(lines)
    for at, line in enumerate(rest):
        text = line.strip("\r\n").removeprefix("\ufeff")
        if not text.strip(" ,;\t"):
            continue
        letters += len(text)
        if len(above) >= _MOST_LINES or (above and letters > _MOST_LETTERS):
            break
        if not forced and not above and (found := re.fullmatch(r"(?i)sep=([,;\t])", text.strip(" "))):
            forced = found[1]  # Excel's own line, which it shows nobody
            first = TableStart(at, forced, preamble_of(before), is_whole=False)
            continue
        delimiters = _delimiters(text, forced or _DELIMITERS, columns or CsvColumns(), whole=True)
        if delimiters:
            delimiter = _which_fits(delimiters, text, next((line for line in rest if line.strip()), ""))
            _refuse_readings([*before, *above], text, delimiter)
            return TableStart(at, delimiter, preamble_of([*before, *above]))
        if not above and (forced or first is None):
            likely = [forced] if forced else _delimiters(text, _DELIMITERS, columns or CsvColumns(), whole=False)
            if not likely and columns is not None and any(map(text.count, _DELIMITERS)):
                likely = [max(_DELIMITERS, key=text.count)]
            first = TableStart(at, likely[0], preamble_of(before), is_whole=False) if likely else None
        above.append(text)
    return first


def _refuse_readings(above: Sequence[str], header: str, delimiter: str) -> None:
    """Lines above the names are about the device, unless they look like rows of the table."""
    width = header.count(delimiter)
    for line in above:
        cells = [cell.strip(' "') for cell in line.split(delimiter)]
        if line.count(delimiter) != width or not cells[0][:1].isdigit():
            continue
        dated = [cell for cell in cells if _DATED.match(cell)]
        numbers = [
            cell for cell in cells if cell not in dated and (found := cell_of(cell)) and found.number is not None
        ]
        if dated and numbers:
            raise Rejection(
                "row_unreadable",
                f"{shown(line)} stands above the names of the columns, and looks like a reading. Nothing of this file "
                "was imported; put the names first.",
            )


def _delimiters(line: str, delimiters: str, columns: CsvColumns, *, whole: bool) -> list[str]:
    """What may be between the cells, that which shows most known names first; `whole`: those of a time and a
    temperature."""
    scores = []
    for delimiter in delimiters:
        with suppress(csv.Error):
            names = [name.strip() for name in _cells(line, delimiter)]
            if len(names) <= MOST_COLUMNS and (not whole or names_a_table(names, columns)):
                known = sum(is_column_name(name, columns) for name in names)
                if known or whole:
                    scores.append((known, len(names), delimiter))
    return [delimiter for _, _, delimiter in sorted(scores, reverse=True)]


def _which_fits(delimiters: Sequence[str], header: str, row: str) -> str:
    """In `Time, GMT-08:00;Temp, °C` both signs show names; the row below has as many cells by one of them."""
    for delimiter in delimiters if len(delimiters) > 1 else ():
        with suppress(csv.Error):
            if len(_cells(row, delimiter)) == len(_cells(header, delimiter)):
                return delimiter
    return delimiters[0]


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter, strict=True), [])
