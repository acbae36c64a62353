"""What a query returns, as typed rows: frozen dataclasses, or single values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, TypeVar

from psycopg import Cursor
from psycopg.rows import kwargs_row, scalar_row, tuple_row

from service.errors import NotFoundError
from service.store.pool import Connection

T = TypeVar("T")
Parameters = Sequence[Any] | Mapping[str, Any]


def columns(row: type, of: str | None = None) -> str:
    """The columns of a query whose rows are `row`: one a field, by its name. `of`: the table they are all of."""
    prefix = "" if of is None else f"{of}."
    return ", ".join(f"{prefix}{field.name}" for field in fields(row))


def values(row: type) -> str:
    """The values of a row to be stored, each by the name of its field: beside `columns`, with ``asdict(row)``."""
    return ", ".join(f"%({field.name})s" for field in fields(row))


def by_name(row: Any) -> dict[str, Any]:
    """The fields of a row, by name. Unlike ``asdict`` it copies no document, which takes longer than to store it."""
    return {field.name: getattr(row, field.name) for field in fields(row)}


def found(row: T | None, what: str, identifier: object) -> T:
    """The row, if there is one.

    Raises:
        NotFoundError: there is none.
    """
    if row is None:
        raise NotFoundError(f"there is no {what} {identifier!r}; give the id of one that is registered")
    return row


@lru_cache(maxsize=1_000)
def _names_of(row: Callable[..., Any]) -> tuple[bytes | None, ...] | None:
    """The fields of a dataclass, as the columns of a result are named; of anything else None."""
    return tuple(field.name.encode() for field in fields(row)) if is_dataclass(row) else None


def _rows_of(row: Callable[..., T]) -> Callable[[Cursor[Any]], Callable[[Sequence[Any]], T]]:
    """A row factory. Where the columns are the fields in order, they are given by their places, which is faster."""
    names = _names_of(row)

    def make(cursor: Cursor[Any]) -> Callable[[Sequence[Any]], T]:
        # Not by `cursor.description`, which makes an object of each column for every result.
        result = cursor.pgresult
        if names and result is not None and names == tuple(map(result.fname, range(result.nfields))):
            return lambda found: row(*found)
        return kwargs_row(row)(cursor)

    return make


def all_rows(
    connection: Connection,
    row: Callable[..., T],
    query: str,
    parameters: Parameters = (),
    *,
    prepare: bool | None = None,
) -> list[T]:
    """Every row of a query. Each column is a field of `row`, or an argument of what makes one, by name.

    Args:
        prepare: False: the query is planned anew each time; None: it is prepared once it comes often.
    """
    with connection.cursor(row_factory=_rows_of(row)) as cursor:
        return cursor.execute(query, parameters, prepare=prepare).fetchall()


def one_row(connection: Connection, row: Callable[..., T], query: str, parameters: Parameters = ()) -> T | None:
    """The first row of a query, or None. Each column is a field of `row`, or an argument of what makes one, by name."""
    with connection.cursor(row_factory=_rows_of(row)) as cursor:
        return cursor.execute(query, parameters).fetchone()


def all_values(connection: Connection, query: str, parameters: Parameters = ()) -> list[Any]:
    """The first column of every row. What type it has, the caller knows."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(query, parameters).fetchall()


def one_value(connection: Connection, query: str, parameters: Parameters = ()) -> Any:
    """The first column of the first row; None if there is no row. What type it has, the caller knows."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(query, parameters).fetchone()


def tuples(connection: Connection, query: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
    """Rows that come by the thousand, as plain tuples: for within the store alone.

    They come as the database holds them: to write numbers as texts, and to read these, takes longer.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(query, parameters, binary=True).fetchall()
