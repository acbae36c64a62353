"""A logger's own file, whichever it is: which letters, which layout, whose, and by which clock."""

import io
from contextlib import closing
from dataclasses import replace
from datetime import tzinfo
from itertools import islice
from typing import BinaryIO

from service.errors import RefusedError
from service.formats.berlinger import is_berlinger, parse_berlinger
from service.formats.csv_columns import CsvColumns
from service.formats.csv_file import parse_csv
from service.formats.logger_file import LoggerFile
from service.formats.message_log import is_message_log, parse_message_log
from service.formats.reading import Rejection
from service.formats.table_start import TableStart, table_start
from service.formats.text import encoding_of, lines_of
from service.formats.units import Unit, one_unit
from service.formats.wording import shown
from service.formats.workbook import opened
from service.formats.zones import zone_of

__all__ = ["CsvColumns", "parse_file", "refuse_too_large", "zone_of"]

_LAYOUTS = (
    "Known are the text file of a Berlinger device (it begins with 'Device:'), CSV and Excel's .xlsx "
    "(its first row names a time and a temperature column, such as measured_at,temperature_c), and a log of messages "
    "with their topics."
)
_WORKBOOK = b"PK\x03\x04"
_FOREIGN = {
    b"%PDF": "a PDF, which is for people. Give the device's own data file: a .txt, .csv or .xlsx.",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls), or a locked one. Save the sheet as CSV, and give that.",
    b"\x1f\x8b": "a gzip archive. Unpack it, and give the file inside.",
    b"\x89PNG": "a picture. Give the device's own data file: a .txt, .csv or .xlsx.",
    b"\xff\xd8\xff": "a picture. Give the device's own data file: a .txt, .csv or .xlsx.",
}
#: Rows of a sheet without a table that are looked at for what they say of the logger.
_MOST_ABOVE = 200
#: A PDF may have something before it.
_HEAD_BYTES = 1 << 10
#: A device of this kind keeps some thousand readings: a hundred times of what the largest writes.
_LARGEST_BERLINGER = 4 << 20


def parse_file(
    content: bytes | BinaryIO,
    zone: str | None,
    *,
    logger_id: str | None = None,
    columns: CsvColumns | None = None,
    unit: Unit | None = None,
    time_format: str | None = None,
    model: str = "",
) -> LoggerFile:
    """All readings of one logger's file, in the file's order, duplicates kept; or a Rejection, and nothing.

    Args:
        content: a file is read a piece at a time, more than once, from its beginning.
        zone: of the logger's clock: an IANA name, "UTC" or an offset such as "+01:00". Times that carry their own
            offset need none, and a file that states its clock takes no other.
        logger_id: required where the file names no logger; where it does, they must agree.
        columns: what the columns of a CSV are, where their names do not say it.
        unit: of the temperatures, where the file does not say it.
        time_format: how times are written, where the file leaves it open; instead of that of `columns`.
        model: the logger's, where the file does not say it.
    """
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    file.seek(0)
    head = file.read(_HEAD_BYTES).lstrip(b"\xef\xbb\xbf\0 \t\r\n")
    for beginning, what in _FOREIGN.items():
        if head.startswith(beginning):
            raise Rejection("unknown_layout", f"this is {what}")
    asked_zone = zone_of(zone) if zone and zone.strip() else None
    logger_id = (logger_id or "").strip() or None
    asked = columns or CsvColumns()
    asked = replace(asked, unit=one_unit(asked.unit, unit), time_format=time_format or asked.time_format)
    if head.startswith(_WORKBOOK):
        parsed = _of_workbook(file, columns, asked_zone, logger_id, asked)
    else:
        parsed = _of_text(file, columns, asked_zone, logger_id, asked, unit)
    if parsed.logger_id is None:
        raise Rejection("logger_required", "the file does not say which logger wrote it. Give the logger's id.")
    if logger_id is not None and parsed.logger_id != logger_id:
        raise Rejection(
            "logger_mismatch",
            f"the file is from logger {shown(parsed.logger_id)}, not {shown(logger_id)}. "
            "Give that logger's file, or leave the logger out.",
        )
    return parsed if parsed.model else replace(parsed, model=model)


def _of_text(
    file: BinaryIO,
    columns: CsvColumns | None,
    asked_zone: tzinfo | None,
    logger_id: str | None,
    asked: CsvColumns,
    unit: Unit | None,
) -> LoggerFile:
    try:
        encoding = encoding_of(file)
    except Rejection as rejection:
        raise Rejection(rejection.code, f"{rejection} {_LAYOUTS}") from None
    with closing(lines_of(file, encoding)) as lines:
        first_line = next((line.rstrip("\r\n") for line in lines if line.strip()), None)
    if first_line is None:
        raise Rejection("no_readings", "the file is empty. Read the logger out again.")
    if is_berlinger(first_line):
        return parse_berlinger(_whole(file, encoding), asked_zone, logger_id=logger_id, unit=unit)
    if _is_message_log(file, encoding):
        if unit is not None:
            raise Rejection(
                "unit_contradicted", "each message of a log says its own unit, as over MQTT. Leave the unit out."
            )
        with closing(lines_of(file, encoding)) as lines:
            return parse_message_log(lines, asked_zone, logger_id=logger_id)
    with closing(lines_of(file, encoding)) as lines:
        start = table_start(lines, columns)
    if start is None:
        raise Rejection(
            "unknown_layout", f"the file's first line is {shown(first_line, 60)}, which is no known layout. {_LAYOUTS}"
        )
    with closing(lines_of(file, encoding)) as lines:
        return parse_csv(lines, start, asked_zone, logger_id=logger_id, asked=asked)


def _of_workbook(
    file: BinaryIO, columns: CsvColumns | None, asked_zone: tzinfo | None, logger_id: str | None, asked: CsvColumns
) -> LoggerFile:
    """The table of the one sheet that has one; what other sheets say of the logger stands above it."""
    with opened(file) as book:
        first, others, starts = "", list[str](), dict[str, TableStart]()
        for name in book.sheets:
            with closing(book.lines(name)) as lines:
                start = table_start(lines, columns)
            if start is not None and start.is_whole:
                starts[name] = start
                continue
            with closing(book.lines(name)) as lines:
                above = [line for line in islice(lines, _MOST_ABOVE) if line.strip()]
            others += above
            first = first or next((line.rstrip() for line in above), "")
        if len(starts) > 1:
            several = " and ".join(map(shown, starts))
            raise Rejection(
                "columns_ambiguous", f"the sheets {several} have a table each. Save the one that is meant as CSV."
            )
        if not starts:
            raise Rejection(
                "unknown_layout",
                f"no sheet names a time and a temperature; the first row is {shown(first)}. {_LAYOUTS}",
            )
        name = next(iter(starts))
        with closing(book.lines(name)) as lines:
            start = table_start(lines, columns, others)
        with closing(book.lines(name)) as lines:
            return parse_csv(lines, start or starts[name], asked_zone, logger_id=logger_id, asked=asked)


def _is_message_log(file: BinaryIO, encoding: str) -> bool:
    with closing(lines_of(file, encoding)) as lines:
        return is_message_log(lines)


def refuse_too_large(file: BinaryIO, largest_bytes: int) -> None:
    """Refuse a file before any of it is read.

    Raises:
        RefusedError: of the field ``file``.
    """
    if file.seek(0, io.SEEK_END) > largest_bytes:
        raise RefusedError("file", f"it is larger than {largest_bytes >> 20} MB; split it")


def _whole(file: BinaryIO, encoding: str) -> str:
    file.seek(0)
    content = file.read(_LARGEST_BERLINGER + 1)
    if len(content) > _LARGEST_BERLINGER:
        raise Rejection(
            "too_large", f"a Berlinger device's file is never larger than {_LARGEST_BERLINGER >> 20} MB; copy it again."
        )
    return content.decode(encoding)
