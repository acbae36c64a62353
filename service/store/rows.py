"""What a query returns, as typed rows: frozen dataclasses, or single values."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from psycopg.rows import class_row, scalar_row

from service.store.pool import Connection

T = TypeVar("T")
Parameters = Sequence[Any] | Mapping[str, Any]


def all_rows(connection: Connection, row: type[T], query: str, parameters: Parameters = ()) -> list[T]:
    """Every row of a query. Each column is a field of `row`, by name."""
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(query, parameters).fetchall()


def one_row(connection: Connection, row: type[T], query: str, parameters: Parameters = ()) -> T | None:
    """The first row of a query, or None. Each column is a field of `row`, by name."""
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(query, parameters).fetchone()


def all_values(connection: Connection, query: str, parameters: Parameters = ()) -> list[Any]:
    """The first column of every row. What type it has, the caller knows."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(query, parameters).fetchall()


def one_value(connection: Connection, query: str, parameters: Parameters = ()) -> Any:
    """The first column of the first row; None if there is no row. What type it has, the caller knows."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(query, parameters).fetchone()
