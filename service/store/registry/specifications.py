"""Specifications as stored: one immutable JSON document a version; and those that come with the software."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import resources
from typing import Any

from psycopg.types.json import Jsonb

from service.domain.answers.specification import Item, ItemKind, Specification
from service.errors import ConflictError, RefusedError
from service.store.paging import WHOLE, Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import found, one_row


@dataclass(frozen=True, slots=True)
class StoredSpecification:
    """A version of a specification, and who stored it when."""

    specification: Specification
    recorded_by: str
    recorded_at: datetime

    @property
    def id(self) -> str:
        """As in the order of lists."""
        return self.specification.id

    @property
    def version(self) -> int:
        """As in the order of lists."""
        return self.specification.version


def specification_of(document: Mapping[str, Any]) -> Specification:
    """The specification that a document describes."""
    items = tuple(_item(item) for item in document["items"])
    return Specification(**{**document, "items": items})


def _item(document: Mapping[str, Any]) -> Item:
    kind, allowed = ItemKind(document["kind"]), tuple(document.get("allowed", ()))
    return Item(**{**document, "kind": kind, "allowed": allowed})


def _built_in() -> tuple[Specification, ...]:
    folder = resources.files("service.store.registry")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return tuple(specification_of(tomllib.loads(file.read_text(encoding="utf-8"))) for file in files)


#: What comes with the software.
BUILT_IN = _built_in()


def why_not_stored(specification_id: str) -> ConflictError | None:
    """Why people cannot store a version of a specification of this id; None: they can."""
    if specification_id not in {ours.id for ours in BUILT_IN}:
        return None
    return ConflictError(f"specification {specification_id!r} comes with the software; choose another id")


def add_specification_if_new(connection: Connection, specification: Specification) -> bool:
    """Store a version of a specification; False if it is there already, which is then left as it is."""
    added = connection.execute(
        "INSERT INTO specifications (id, version, document) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [specification.id, specification.version, Jsonb(asdict(specification))],
    )
    return added.rowcount == 1


_SELECT = "SELECT id, version, document, recorded_by, recorded_at FROM specifications"

#: The order in which specifications are listed.
BY_VERSION = Order({"id": str, "version": int})


def specifications(connection: Connection, part: Part = WHOLE) -> list[StoredSpecification]:
    """Every version of specifications, by id and version."""
    return rows_of_part(connection, _stored, _SELECT, {}, BY_VERSION, part)


def stored_specification(
    connection: Connection, specification_id: str, version: int | None = None
) -> StoredSpecification:
    """A version of a specification; None: its newest.

    Raises:
        NotFoundError: there is none.
    """
    row = _row(connection, specification_id, version)
    return found(row, "specification", specification_id if version is None else f"{specification_id}/{version}")


def specification_named(connection: Connection, specification_id: str, version: int | None = None) -> Specification:
    """A version of a specification that something new is to be held against; None: its newest.

    Raises:
        RefusedError: there is none.
    """
    row = _row(connection, specification_id, version)
    if row is None:
        which = f"{specification_id!r}" if version is None else f"{specification_id!r} version {version}"
        raise RefusedError("specification_id", f"there is no specification {which}; GET /v1/specifications lists them")
    return row.specification


def _row(connection: Connection, specification_id: str, version: int | None) -> StoredSpecification | None:
    return one_row(
        connection,
        _stored,
        f"{_SELECT} WHERE id = %(id)s AND (%(version)s::integer IS NULL OR version = %(version)s) "
        "ORDER BY version DESC LIMIT 1",
        {"id": specification_id, "version": version},
    )


def _stored(document: dict[str, Any], recorded_by: str, recorded_at: datetime, **_: Any) -> StoredSpecification:
    return StoredSpecification(specification_of(document), recorded_by, recorded_at)
