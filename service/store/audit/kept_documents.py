"""Kept bytes, held against their SHA-256: they have no lines in the trail, but what rests on them has."""

from dataclasses import dataclass

from psycopg import sql

from service.store.pool import Connection
from service.store.rows import all_rows, all_values


@dataclass(frozen=True, slots=True)
class _Reference:
    table_name: str
    column_name: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A document that is gone, by its SHA-256 in hexadecimal, and the table whose row rests on it."""

    sha256: str
    table_name: str


def unfit_documents(connection: Connection, most: int) -> list[str]:
    """Documents whose bytes are not what their SHA-256 says, by that in hexadecimal."""
    return all_values(
        connection,
        "SELECT encode(sha256, 'hex') FROM documents WHERE content IS NOT NULL "
        "AND (sha256(content) <> documents.sha256 OR octet_length(content) <> size) LIMIT %s",
        [most],
    )


def missing_documents(connection: Connection, most: int) -> list[Missing]:
    """Documents that rows name and that are not there: past the triggers, nothing keeps them."""
    names = all_rows(
        connection,
        _Reference,
        "SELECT relname AS table_name, attname AS column_name FROM pg_constraint "
        "JOIN pg_class ON pg_class.oid = conrelid JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1] "
        "WHERE contype = 'f' AND confrelid = 'documents'::regclass ORDER BY relname",
    )
    found: list[Missing] = []
    for one in names:
        query = sql.SQL(
            "SELECT DISTINCT encode({column}, 'hex') AS sha256, {name} AS table_name FROM {table} AS resting "
            "WHERE {column} IS NOT NULL AND NOT EXISTS (SELECT FROM documents WHERE documents.sha256 = {column}) "
            "LIMIT {most}"
        ).format(
            column=sql.Identifier("resting", one.column_name),
            table=sql.Identifier(one.table_name),
            name=sql.Literal(one.table_name),
            most=sql.Literal(most),
        )
        found += all_rows(connection, Missing, query.as_string(connection))
    return found[:most]
