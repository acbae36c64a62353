"""The audit trail as a table for a spreadsheet, a piece at a time."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime

from service.domain.instant import rfc3339
from service.store.audit.trail import Chosen, TrailLine, trail_lines
from service.store.paging import NEWEST_FIRST, Key, Part
from service.store.pool import Pool

_COLUMNS = [field.name for field in fields(TrailLine)]

#: With these a spreadsheet takes a cell for a formula, and does what somebody typed into a name.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_AT_ONCE = 1_000


def trail_csv(connections: Pool, chosen: Chosen) -> Iterator[str]:
    """All lines that are wanted, newest first. Between pieces no connection is held, however slowly they are read."""
    yield _rows([_COLUMNS])
    after: Key | None = None
    while True:
        with connections.connection() as connection:
            found = trail_lines(connection, chosen, Part(_AT_ONCE, after))
        if found:
            yield _rows([[_cell(getattr(line, column)) for column in _COLUMNS] for line in found])
        if len(found) < _AT_ONCE:
            return
        after = NEWEST_FIRST.key(found[-1])


def _rows(rows: list[list[str]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    said = str(value)
    return f"'{said}" if said.startswith(_FORMULA) else said
