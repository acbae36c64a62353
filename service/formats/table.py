"""A table as a spreadsheet saves it: a row of names, and rows of cells between commas, semicolons or tabs."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from service.formats.reading import Rejection
from service.formats.text import encoding_of
from service.formats.wording import shown

MOST_BYTES = 4 << 20
#: So many lots take a machine that does nothing else some ten seconds, in one transaction.
MOST_ROWS = 2_000
#: The row that names the columns: rows are counted as a spreadsheet counts them.
HEADER = 1
#: In whose place stands a cell of which the table has no column, as when a whole row cannot be read.
WHOLE_ROW = "row"

_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong with a cell, and what to do.

    Attributes:
        row: as a spreadsheet counts: the row with the names of columns is 1.
        field: the column; `WHOLE_ROW`: it is about all of the row.
        given: what stands there, if anything does.
    """

    row: int
    field: str
    problem: str
    given: str | None = None

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        return f"row {self.row}" if self.field == WHOLE_ROW else f"row {self.row}, {self.field}"


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of a row that are not empty, by column."""

    number: int
    cells: Mapping[str, str]


@dataclass(slots=True)
class Table:
    """The rows that can be read, and what is wrong with the others."""

    rows: list[TableRow] = field(default_factory=list)
    problems: list[CellProblem] = field(default_factory=list)


def read_table(content: bytes, known: Sequence[str], required: Iterable[str]) -> Table:
    """The rows of a table; what is wrong is told by row and column, all of it at once.

    Args:
        known: the columns that there may be.
        required: those that must be there.
    """
    table = Table()
    there_are = f"the columns are {', '.join(known)}"
    if len(content) > MOST_BYTES:
        size = f"it is {len(content) / (1 << 20):.1f} MiB large, and at most {MOST_BYTES >> 20} MiB are taken; split it"
        table.problems.append(CellProblem(HEADER, WHOLE_ROW, size))
        return table
    try:
        encoding = encoding_of(io.BytesIO(content))
        # What is not UTF-8 is most likely what Excel writes in western Europe, with its own dashes and quotes.
        text = content.decode("cp1252" if encoding == "latin-1" else encoding).removeprefix("\ufeff")
    except (Rejection, UnicodeDecodeError):
        table.problems.append(CellProblem(HEADER, WHOLE_ROW, "this is no text; save the table as CSV (UTF-8)"))
        return table
    rows = _rows(text, table)
    names = [name.strip() for name in next(rows, (HEADER, []))[1]]
    while names and not names[-1]:
        names.pop()
    if not names:
        empty = f"the file is empty; its first row names the columns: {there_are}"
        table.problems.append(CellProblem(HEADER, WHOLE_ROW, empty))
    else:
        by_name = {name.casefold(): name for name in known}
        columns = [by_name.get(name.casefold(), name) for name in names]
        table.problems += _wrong_columns(columns, known, required, there_are)
        if not table.problems:
            _read_rows(rows, columns, table)
    return table


def _rows(text: str, table: Table) -> Iterator[tuple[int, list[str]]]:
    """Rows with something in them, each with its number."""
    first = text.lstrip("\r\n").partition("\n")[0].strip()
    delimiter = max(_DELIMITERS, key=first.count)
    number = 0
    if first.lower().startswith("sep=") and len(first) == 5:
        # Excel's own line, which it shows nobody.
        delimiter, text = first[4], text.lstrip("\r\n").partition("\n")[2]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            number += 1
            if any(cell.strip() for cell in row):
                yield number, row
    except csv.Error as error:
        problem = f"from here on nothing can be read ({error}); does each quote that opens a cell close it?"
        table.problems.append(CellProblem(number + 1, WHOLE_ROW, problem))


def _wrong_columns(
    columns: list[str], known: Sequence[str], required: Iterable[str], there_are: str
) -> Iterator[CellProblem]:
    for at, name in enumerate(columns):
        if name not in known:
            which = f"there is no column {shown(name)}" if name else f"column {at + 1} has no name"
            yield CellProblem(HEADER, shown(name)[1:-1] or WHOLE_ROW, f"{which}; {there_are}")
        elif name in columns[:at]:
            yield CellProblem(HEADER, name, "the column is there twice; leave one of them out")
    for name in required:
        if name not in columns:
            yield CellProblem(HEADER, name, f"the column is missing; {there_are}")


def _read_rows(rows: Iterator[tuple[int, list[str]]], columns: list[str], table: Table) -> None:
    width = len(columns)
    any_row = False
    for number, row in rows:
        any_row = True
        if len(table.rows) >= MOST_ROWS:
            table.problems.append(
                CellProblem(number, WHOLE_ROW, f"at most {MOST_ROWS:,} rows are taken; split the file")
            )
            return
        if len(row) < width or any(cell.strip() for cell in row[width:]):
            problem = f"it has {len(row)} cells, and the first row names {width} columns; put a cell with a comma, a "
            problem += "semicolon or a tab in it into quotes"
            table.problems.append(CellProblem(number, WHOLE_ROW, problem))
            continue
        cells = {name: cell.strip() for name, cell in zip(columns, row, strict=False) if cell.strip()}
        table.rows.append(TableRow(number, cells))
    if not any_row and not table.problems:
        table.problems.append(CellProblem(HEADER, WHOLE_ROW, "the file names its columns, and has no rows below them"))
