"""Tables with a thing a row: sites, products, containers, loggers, lots. Each is registered by the act of its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel

from service.acts.containers import add_container
from service.acts.loggers import register_logger
from service.acts.lots import register_lot
from service.acts.master_data import Entry
from service.acts.products import add_product
from service.acts.sites import add_site
from service.api.lots.lots import refuse_unregistrable
from service.api.schemas.lots.lots import LotIn
from service.api.schemas.registry.containers import ContainerIn
from service.api.schemas.registry.loggers import LoggerIn
from service.api.schemas.registry.products import ProductIn
from service.api.schemas.registry.sites import SiteIn
from service.auth.access import Access
from service.domain.corrections import Word
from service.errors import NotFoundError, RefusedError
from service.formats.table import WHOLE_ROW
from service.store.lots.lots import NewLot, lot
from service.store.pool import Connection
from service.store.registry.adoptions import adoptions_now
from service.store.registry.containers import container
from service.store.registry.loggers import logger
from service.store.registry.products import product
from service.store.registry.sites import site
from service.store.visible import is_seen


@dataclass(frozen=True, slots=True)
class Thing:
    """A kind of things with an id each.

    Attributes:
        row: the body of the act's route: its fields are the columns.
        add: the act.
        registered: what is there of an id; it is not, where that is not found.
        path: of the route that changes one.
        of_site: what belongs to a site, and names it in `site_id`; None: what belongs to none.
        told: fields that the thing itself tells better than whoever registered it.
    """

    row: type[BaseModel]
    add: Callable[[Connection, Any, Word], object]
    registered: Callable[[Connection, str], object]
    path: str
    of_site: Literal["container", "logger"] | None = None
    told: frozenset[str] = frozenset()


def thing_entries(of: Thing, rows: Iterable[tuple[int, Any]], word: Word, access: Access | None) -> list[Entry]:
    """The things that rows are, each row with its number."""
    return [
        Entry(number, partial(_register, of=of, row=row, word=word, access=access), partial(_place, number, of))
        for number, row in rows
    ]


def _place(number: int, of: Thing, field: str) -> tuple[int, str]:
    return number, field if field in of.row.model_fields else WHOLE_ROW


def _register(connection: Connection, *, of: Thing, row: Any, word: Word, access: Access | None) -> tuple[str, bool]:
    """Register what a row says; False: it is there already, and the same.

    Raises:
        RefusedError: it is there already, and differs; or as it would be refused alone.
    """
    seen = True
    if access is not None and of.of_site is not None:
        access.refuse_elsewhere(connection, "site", row.site_id, "site_id")
        # What the caller may not see is told by its id alone, as if it were registered singly.
        seen = is_seen(connection, of.of_site, row.id, access.sees)
        if of.of_site == "logger" and not seen:
            access.refuse_taken_elsewhere(connection, "logger", row.id)
    known = _registered(connection, of, row.id) if seen else None
    if known is None:
        of.add(connection, row, word)
        return row.id, True
    if different := _differences(of, row, known):
        (name, words), *others = different
        raise RefusedError(name, words, *others)
    return row.id, False


def _registered(connection: Connection, of: Thing, thing_id: str) -> object | None:
    try:
        return of.registered(connection, thing_id)
    except NotFoundError:
        return None


def _differences(of: Thing, row: Any, known: object) -> list[tuple[str, str]]:
    """Where a row says something else than is recorded. An empty cell says nothing."""
    found = []
    for name in of.row.model_fields:
        if name not in row.model_fields_set - of.told:
            continue
        is_now = getattr(known, name)
        if is_now != getattr(row, name):
            words = f"{row.id!r} is there already, with {_written(is_now)} here; write that, or leave the cell empty"
            found.append((name, f"{words}. What can be changed, PATCH /v1/{of.path}/{row.id} does, with a reason"))
    return found


def _written(value: object) -> str:
    """A value as a table has it."""
    if value is None or value == "":
        return "nothing"
    return value.isoformat() if isinstance(value, date) else f"{value}"


def _add_site(connection: Connection, row: SiteIn, word: Word) -> None:
    add_site(connection, word.actor, row.id, row.name, row.time_zone)


def _add_product(connection: Connection, row: ProductIn, word: Word) -> None:
    add_product(connection, word.actor, row.id, **row.model_dump(exclude={"id"}))


@dataclass(frozen=True, slots=True)
class _RegisteredProduct:
    """A product with what it asks for, signed or not."""

    id: str
    name: str
    gtin: str | None
    profile_id: str
    specification_id: str | None
    release_signatures: int | None


def _registered_product(connection: Connection, product_id: str) -> _RegisteredProduct:
    known = product(connection, product_id)
    # Later ones, which may wait, come last.
    newest = {one.kind: one for one in adoptions_now(connection, [product_id])}
    specification, release = newest.get("specification"), newest.get("release")
    return _RegisteredProduct(
        known.id,
        known.name,
        known.gtin,
        known.profile_id,
        None if specification is None else specification.specification_id,
        None if release is None else release.release_signatures,
    )


def _add_container(connection: Connection, row: ContainerIn, word: Word) -> None:
    add_container(connection, word.actor, row.id, **row.model_dump(exclude={"id"}))


def _register_logger(connection: Connection, row: LoggerIn, word: Word) -> None:
    register_logger(connection, word.actor, row.id, **row.model_dump(exclude={"id"}))


def _registered_logger(connection: Connection, logger_id: str) -> object:
    known = logger(connection, logger_id)
    if known.registered_at is None:
        raise NotFoundError(f"logger {logger_id!r} was merely heard")
    return known


def _register_lot(connection: Connection, row: LotIn, word: Word) -> None:
    refuse_unregistrable(row, word.now)
    register_lot(connection, NewLot(**dict(row)), word)


SITES = Thing(SiteIn, _add_site, site, "sites")
PRODUCTS = Thing(ProductIn, _add_product, _registered_product, "products")
CONTAINERS = Thing(ContainerIn, _add_container, container, "containers", "container")
LOGGERS = Thing(LoggerIn, _register_logger, _registered_logger, "loggers", "logger", frozenset({"firmware"}))
LOTS = Thing(LotIn, _register_lot, lot, "lots")
