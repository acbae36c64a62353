"""Tables of master data: which there are, with which columns, and how one is read and registered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ValidationError

from service.acts.master_data import Entry, Outcome, register_all
from service.api.field_problems import field_problem
from service.api.registry import thing_tables as things
from service.api.registry.certificate_table import certificate_entries
from service.api.schemas.lots.certificate_rows import CertificateRow
from service.auth.access import Access
from service.domain.corrections import Word
from service.formats.table import CellProblem, TableRow, read_table
from service.store.pool import Connection


class MasterKind(StrEnum):
    """What a table lists, in the order in which one needs the other."""

    SITES = "sites"
    PRODUCTS = "products"
    CONTAINERS = "containers"
    LOGGERS = "loggers"
    LOTS = "lots"
    CERTIFICATES = "certificates"


_Entries = Callable[[Sequence[tuple[int, Any]], Word, Access | None], tuple[list[Entry], list[CellProblem]]]


@dataclass(frozen=True, slots=True)
class _Table:
    """A kind of table.

    Attributes:
        row: its fields are the columns.
        route: the single act's, whose permission is asked.
        entries: what is to be registered by its rows, each with its number; and what is wrong between them.
    """

    row: type[BaseModel]
    route: str
    entries: _Entries


def _of_things(thing: things.Thing, route: str) -> _Table:
    return _Table(thing.row, route, lambda rows, word, access: (things.thing_entries(thing, rows, word, access), []))


_TABLES: Mapping[MasterKind, _Table] = {
    MasterKind.SITES: _of_things(things.SITES, "add_site"),
    MasterKind.PRODUCTS: _of_things(things.PRODUCTS, "add_product"),
    MasterKind.CONTAINERS: _of_things(things.CONTAINERS, "add_container"),
    MasterKind.LOGGERS: _of_things(things.LOGGERS, "register_logger"),
    MasterKind.LOTS: _of_things(things.LOTS, "add_lot"),
    MasterKind.CERTIFICATES: _Table(CertificateRow, "enter_certificate", certificate_entries),
}


def route_of(kind: MasterKind) -> str:
    """The route that registers one thing of this kind: whoever may use it may import many."""
    return _TABLES[kind].route


def columns_of(kind: MasterKind) -> dict[str, bool]:
    """The columns that a table of this kind may have, and whether it must have them."""
    return {name: field.is_required() for name, field in _TABLES[kind].row.model_fields.items()}


def import_table(
    connection: Connection, kind: MasterKind, content: bytes, word: Word, access: Access | None, *, dry_run: bool
) -> Outcome:
    """Register what a table lists: all of it or, where anything is wrong, nothing.

    Args:
        access: what the caller may do by the single act's route; None: everything.
    """
    of, columns = _TABLES[kind], columns_of(kind)
    table = read_table(content, list(columns), [name for name, must in columns.items() if must])
    doubles = _doubles(table.rows)
    problems = [*table.problems, *doubles]
    rows: list[tuple[int, Any]] = []
    for row in table.rows:
        try:
            rows.append((row.number, of.row.model_validate(dict(row.cells))))
        except ValidationError as error:
            problems += _wrong_cells(row, error.errors())
    twice = {one.row for one in doubles}
    entries, between = of.entries([row for row in rows if row[0] not in twice], word, access)
    outcome = register_all(connection, entries, [*problems, *between], dry_run=dry_run)
    cells = {row.number: row.cells for row in table.rows}
    outcome.problems = [replace(one, given=cells.get(one.row, {}).get(one.field)) for one in outcome.problems]
    return outcome


def _doubles(rows: Sequence[TableRow]) -> list[CellProblem]:
    """Rows with the id of one before."""
    found = []
    seen: dict[str, int] = {}
    for row in rows:
        if (its_id := row.cells.get("id")) is None:
            continue
        before = seen.setdefault(its_id, row.number)
        if before != row.number:
            found.append(CellProblem(row.number, "id", f"row {before} has the same id; list each thing once"))
    return found


def _wrong_cells(row: TableRow, errors: Sequence[Any]) -> list[CellProblem]:
    found = []
    for error in errors:
        # Of a body the first part of a place says that it is one.
        wrong = field_problem({**error, "loc": ("body", *error["loc"])})
        problem = wrong["problem"]
        if error["type"] in {"float_parsing", "int_parsing"} and "," in row.cells.get(wrong["field"], ""):
            problem = "is ',' the decimal sign here? Write it as '.', and leave thousands unmarked"
        found.append(CellProblem(row.number, wrong["field"], problem))
    return found
