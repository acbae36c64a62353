"""What a table can hold: for each kind the columns, which are the fields of the single act, and that act."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from service.acts.containers import add_container
from service.acts.loggers import register_logger
from service.acts.lots import register_lot
from service.acts.master_data import Entry, Outcome, SeveralProblemsError, register_all
from service.acts.products import add_product
from service.acts.sites import add_site
from service.api.field_problems import field_problem
from service.api.lots.lots import refuse_unregistrable
from service.api.schemas.lots.lots import LotIn
from service.api.schemas.registry.containers import ContainerIn
from service.api.schemas.registry.loggers import LoggerIn
from service.api.schemas.registry.products import ProductIn
from service.api.schemas.registry.sites import SiteIn
from service.auth.access import Access
from service.domain.corrections import Word
from service.errors import NotFoundError
from service.formats.table import CellProblem, TableRow, read_table
from service.store.lots.lots import NewLot, lot
from service.store.pool import Connection
from service.store.registry.containers import container
from service.store.registry.loggers import logger
from service.store.registry.products import product
from service.store.registry.sites import site
from service.store.visible import is_seen


class MasterKind(StrEnum):
    """What the rows of a table are, in the order in which one needs the other."""

    SITES = "sites"
    PRODUCTS = "products"
    CONTAINERS = "containers"
    LOGGERS = "loggers"
    LOTS = "lots"


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of rows.

    Attributes:
        row: the body of the single act: its fields are the columns.
        route: the single act's, whose permission is asked.
        thing: what belongs to a site, and names it in `site_id`; None: what belongs to none.
        told: fields that the thing itself tells better than whoever registered it.
    """

    row: type[BaseModel]
    route: str
    add: Callable[[Connection, Any, Word], object]
    recorded: Callable[[Connection, str], object]
    thing: Literal["container", "logger"] | None = None
    told: frozenset[str] = frozenset()


def _add_site(connection: Connection, row: SiteIn, word: Word) -> None:
    add_site(connection, word.actor, row.id, row.name, row.time_zone)


def _add_product(connection: Connection, row: ProductIn, word: Word) -> None:
    add_product(connection, word.actor, row.id, **row.model_dump(exclude={"id"}))


def _add_container(connection: Connection, row: ContainerIn, word: Word) -> None:
    add_container(connection, word.actor, row.id, **row.model_dump(exclude={"id"}))


def _register_logger(connection: Connection, row: LoggerIn, word: Word) -> None:
    register_logger(connection, word.actor, row.id, **row.model_dump(exclude={"id"}))


def _register_lot(connection: Connection, row: LotIn, word: Word) -> None:
    refuse_unregistrable(row, word.now)
    register_lot(connection, NewLot(**dict(row)), word)


def _registered_logger(connection: Connection, logger_id: str) -> object:
    known = logger(connection, logger_id)
    if known.registered_at is None:
        raise NotFoundError(f"logger {logger_id!r} was merely heard")
    return known


_KINDS: Mapping[MasterKind, _Kind] = {
    MasterKind.SITES: _Kind(SiteIn, "add_site", _add_site, site),
    MasterKind.PRODUCTS: _Kind(
        ProductIn, "add_product", _add_product, product, told=frozenset({"specification_id", "release_signatures"})
    ),
    MasterKind.CONTAINERS: _Kind(ContainerIn, "add_container", _add_container, container, "container"),
    MasterKind.LOGGERS: _Kind(
        LoggerIn, "register_logger", _register_logger, _registered_logger, "logger", frozenset({"firmware"})
    ),
    MasterKind.LOTS: _Kind(LotIn, "add_lot", _register_lot, lot),
}


def route_of(kind: MasterKind) -> str:
    """The route that registers one thing of this kind: whoever may use it may import many."""
    return _KINDS[kind].route


def columns_of(kind: MasterKind) -> dict[str, bool]:
    """The columns that a table of this kind may have, and whether it must have them."""
    return {name: field.is_required() for name, field in _KINDS[kind].row.model_fields.items()}


def import_table(
    connection: Connection, kind: MasterKind, content: bytes, word: Word, access: Access | None, *, dry_run: bool
) -> Outcome:
    """Register what a table lists: all of it or, where anything is wrong, nothing.

    Args:
        access: what the caller may do by the single act's route; None: everything.
    """
    of = _KINDS[kind]
    columns = columns_of(kind)
    table = read_table(content, list(columns), [name for name, must in columns.items() if must])
    problems, entries = table.problems, []
    seen: dict[str, int] = {}
    for row in table.rows:
        before = seen.setdefault(row.cells.get("id", ""), row.number)
        if "id" in row.cells and before != row.number:
            words = f"row {before} has the same id; list each thing once"
            problems.append(CellProblem(row.number, "id", words, row.cells["id"]))
        try:
            read = of.row.model_validate(dict(row.cells))
        except ValidationError as error:
            problems += _wrong_cells(row, error.errors())
            continue
        if before == row.number:
            registers = partial(_registers, kind=kind, of=of, row=read, word=word, access=access)
            entries.append(Entry(row.number, row.cells["id"], registers, frozenset(columns)))
    outcome = register_all(connection, entries, problems, dry_run=dry_run)
    cells = {row.number: row.cells for row in table.rows}
    outcome.problems = [
        replace(one, given=one.given or cells.get(one.row, {}).get(one.field)) for one in outcome.problems
    ]
    return outcome


def _wrong_cells(row: TableRow, errors: Sequence[Any]) -> list[CellProblem]:
    found = []
    for error in errors:
        # Of a body the first part of a place says that it is one.
        wrong = field_problem({**error, "loc": ("body", *error["loc"])})
        name = wrong["field"]
        given = row.cells.get(name)
        problem = wrong["problem"]
        if given is not None and error["type"] in {"float_parsing", "int_parsing"} and "," in given:
            problem = "is ',' the decimal sign here? Write it as '.', and leave thousands unmarked"
        found.append(CellProblem(row.number, name, problem, given))
    return found


def _registers(
    connection: Connection, *, kind: MasterKind, of: _Kind, row: Any, word: Word, access: Access | None
) -> bool:
    """Whether a row was registered; False: it is there already, and the same.

    Raises:
        SeveralProblemsError: it is there already, and differs.
        UnbrokenError: it is refused as it would be alone.
    """
    if access is not None and of.thing is not None:
        access.refuse_elsewhere(connection, "site", row.site_id, "site_id")
    hidden = access is not None and of.thing is not None and not is_seen(connection, of.thing, row.id, access.sees)
    try:
        # What the caller may not see is told by its id alone, as if it were registered singly.
        known = None if hidden else of.recorded(connection, row.id)
    except NotFoundError:
        known = None
    if known is None:
        if access is not None and of.thing == "logger":
            access.refuse_taken_elsewhere(connection, "logger", row.id)
        of.add(connection, row, word)
        return True
    different = []
    for name in row.model_fields_set - of.told:
        is_now, given = getattr(known, name), getattr(row, name)
        if is_now != given:
            words = f"{row.id!r} is there already, with {_written(is_now)} here; change it by PATCH /v1/{kind}/{row.id}"
            different.append((name, f"{words}, which asks for a reason, or write what is recorded"))
    if different:
        raise SeveralProblemsError(different)
    return False


def _written(value: object) -> str:
    """A value as a table has it."""
    if value is None or value == "":
        return "nothing"
    return value.isoformat() if isinstance(value, date) else f"{value}"
