"""The sheets of an Excel workbook as lines of a table, a row at a time; read by openpyxl, which is an extra.

Its cells are read as a person sees them: a date by its format, a number without what binary fractions add to it.
"""

import csv
import importlib
import io
import warnings
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any, BinaryIO

from service.formats.reading import Rejection
from service.formats.text import MOST_BLANK_LINES
from service.formats.wording import shown, unreadable

DELIMITER = "\t"
#: What is inside may be a hundred times larger than the file; ten years at ten minutes are 70 MB.
_LARGEST_BYTES = 192 << 20
#: Texts that cells share are kept, all of them, and each style of a cell becomes an object.
_LARGEST_TEXTS_BYTES = 48 << 20
_LARGEST_STYLES_BYTES = 1 << 20
#: A row may claim to be as wide as Excel allows.
_MOST_CELLS = 8_000_000
_MOST_SHEETS = 50


class Workbook:
    """A workbook that is open."""

    def __init__(self, book: Any) -> None:
        self._book = book

    @property
    def sheets(self) -> list[str]:
        """Their names; sheets of charts are none."""
        return [sheet.title for sheet in self._book.worksheets]

    def lines(self, name: str) -> Generator[str]:
        """The rows of a sheet, each a line of cells between tabs.

        Raises:
            Rejection: ``row_unreadable``, ``too_large`` or ``unknown_layout``.
        """
        cells = blank = 0
        sheet = self._book[name]
        sheet.reset_dimensions()  # what it says of its size may be wrong
        with _readable():
            for number, row in enumerate(sheet.iter_rows(), 1):
                cells += len(row)
                if cells > _MOST_CELLS:
                    raise Rejection("too_large", f"sheet {shown(name)} has more than {_MOST_CELLS:,} cells; split it")
                texts = [_text(cell) for cell in row]
                blank = 0 if any(texts) else blank + 1
                if blank > MOST_BLANK_LINES:
                    raise unreadable(number, "all", "", f"a row within {MOST_BLANK_LINES:,} empty ones")
                yield _line(texts)


@contextmanager
def opened(file: BinaryIO) -> Iterator[Workbook]:
    """A workbook, closed behind.

    Raises:
        Rejection: ``unknown_layout``: it is none, is damaged, or its reader is not installed; ``too_large``.
    """
    with _readable():
        _refuse_large(file)
        try:
            openpyxl = importlib.import_module("openpyxl")
        except ImportError:
            raise Rejection(
                "unknown_layout",
                "this is an Excel file, and its reader is not installed. Save the sheet as CSV and give that, or "
                "install it: pip install 'unbroken[xlsx]'.",
            ) from None
        file.seek(0)
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    try:
        yield Workbook(book)
    finally:
        book.close()


@contextmanager
def _readable() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it leaves out, such as styles and checks of cells
            yield
    except Rejection:
        raise
    except Exception as error:
        raise Rejection(
            "unknown_layout",
            f"the Excel file cannot be read ({shown(str(error) or type(error).__name__, 80)}). Copy it again, or save "
            "the sheet as CSV and give that.",
        ) from error


def _refuse_large(file: BinaryIO) -> None:
    """Refuse an archive that is no workbook, or whose contents are larger than any logger's."""
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        # Of each no more is read than is said here.
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    if "xl/workbook.xml" not in sizes:
        raise Rejection(
            "unknown_layout",
            "this is a zip archive and no Excel workbook (.xlsx). Unpack it, and give the file inside; of another "
            "spreadsheet, save the sheet as CSV.",
        )
    sheets = [name for name in sizes if name.startswith("xl/worksheets/")]
    if (
        sum(size for name, size in sizes.items() if name.endswith((".xml", ".rels"))) > _LARGEST_BYTES
        or sizes.get("xl/sharedStrings.xml", 0) > _LARGEST_TEXTS_BYTES
        or sizes.get("xl/styles.xml", 0) > _LARGEST_STYLES_BYTES
        or len(sheets) > 2 * _MOST_SHEETS
    ):
        raise Rejection(
            "too_large",
            f"unpacked, the workbook has more than {_LARGEST_BYTES >> 20} MB, {_MOST_SHEETS} sheets or an unusual "
            "number of texts or styles. Save the sheet as CSV, and give that.",
        )


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        shows_time = value.time() != time() or any(letter in str(cell.number_format).lower() for letter in "hs")
        return value.isoformat(" ") if shows_time else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.15g}"  # as many digits as Excel keeps
    return " ".join(str(value).split("\n"))


def _line(texts: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=DELIMITER, lineterminator="\n").writerow(texts)
    return line.getvalue()
