"""A certificate as a table: a line an item, ``item,value,unit``; so is what the certificate states of itself."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from service.domain.answers.results import is_missing
from service.domain.answers.specification import OWN_FIELDS
from service.errors import RefusedError

_COLUMNS = ["item", "value", "unit"]
_MOST_COLUMNS = len(_COLUMNS)


@dataclass(frozen=True, slots=True)
class CertificateTable:
    """A certificate as it stands in a table: what it states of itself, and of its items, by name."""

    own: dict[str, str]
    items: dict[str, str]


def stated_with_unit(value: str, unit: str) -> str:
    """What is stated of an item, with the unit that stands beside it, if it has one."""
    value, unit = value.strip(), unit.strip()
    return value if is_missing(value) or is_missing(unit) else f"{value} {unit}"


def parse_certificate(content: bytes) -> CertificateTable:
    """Read a certificate from a table with columns item, value and unit, apart by commas or semicolons.

    Raises:
        RefusedError: it is no such table, or names an item twice.
    """
    own: dict[str, str] = {}
    items: dict[str, str] = {}
    for line, (name, value, unit) in _rows(content):
        if name in own or name in items:
            raise RefusedError(f"line {line}", f"{name!r} stands there a second time; state each item once")
        if name in OWN_FIELDS:
            own[name] = value.strip()
        else:
            items[name] = stated_with_unit(value, unit)
    return CertificateTable(own, items)


def _rows(content: bytes) -> Iterator[tuple[int, tuple[str, str, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RefusedError("body", "it is not in UTF-8; save the table as 'CSV UTF-8', and send it again") from None
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
    try:
        header = [cell.strip().casefold() for cell in next(reader, [])]
        if header not in (_COLUMNS, _COLUMNS[:2]):
            raise RefusedError("line 1", f"the first line names the columns: write {','.join(_COLUMNS)} there")
        for cells in reader:
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            if len(row) > _MOST_COLUMNS and any(row[_MOST_COLUMNS:]):
                raise RefusedError(
                    f"line {reader.line_num}",
                    f"it has {len(row)} cells; put a value with a comma in it between quotes, and have three at most",
                )
            name, value, unit = (*row[:_MOST_COLUMNS], "", "")[:_MOST_COLUMNS]
            if not name:
                raise RefusedError(f"line {reader.line_num}", "it names no item; write its name in the first cell")
            yield reader.line_num, (name, value, unit)
    except csv.Error:
        raise RefusedError(
            f"line {reader.line_num}", "it cannot be read as CSV; look for a quote that is not closed"
        ) from None
