"""Aliases: codes of other kinds than GS1's, exactly as they are read, and what each stands for."""

from dataclasses import dataclass
from datetime import datetime

from service.domain.identity.caller import Sites
from service.store.new_rows import new_row
from service.store.paging import NEWEST_FIRST, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import columns, found, one_row, one_value
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class Alias:
    """What a code stands for: a lot, a container or a logger; the others are None.

    Attributes:
        struck_at: since when it stands for nothing; None: it counts.
    """

    id: int
    code: str
    lot_id: str | None
    container_id: str | None
    logger_id: str | None
    recorded_by: str
    recorded_at: datetime
    struck_at: datetime | None
    struck_reason: str | None


def add_alias(connection: Connection, code: str, thing: str, thing_id: str) -> int:
    """A code stands for a thing from now on; returns its number.

    Args:
        thing: lot, container or logger.

    Raises:
        RefusedError: there is no such thing.
        ConflictError: the code stands for something already.
    """
    column = {"lot": "lot_id", "container": "container_id", "logger": "logger_id"}[thing]
    taken = {"aliases_by_code": f"the code {code!r} stands for something already; strike that first"}
    with new_row("alias", code, taken=taken, **{column: thing_id}):
        added: int = one_value(
            connection, f"INSERT INTO aliases (code, {column}) VALUES (%s, %s) RETURNING id", [code, thing_id]
        )
    return added


def strike_alias(connection: Connection, number: int, reason: str) -> None:
    """A code stands for nothing any more."""
    connection.execute(
        "UPDATE aliases SET struck_at = now(), struck_reason = %s WHERE id = %s AND struck_at IS NULL", [reason, number]
    )


def locked_alias(connection: Connection, number: int) -> Alias:
    """One alias, which nobody else changes until the transaction ends.

    Raises:
        NotFoundError: there is none of that number.
    """
    query = f"SELECT {columns(Alias)} FROM aliases WHERE id = %s FOR UPDATE"
    return found(one_row(connection, Alias, query, [number]), "alias", number)


def alias(connection: Connection, number: int) -> Alias:
    """One alias.

    Raises:
        NotFoundError: there is none of that number.
    """
    query = f"SELECT {columns(Alias)} FROM aliases WHERE id = %s"
    return found(one_row(connection, Alias, query, [number]), "alias", number)


def aliases(
    connection: Connection, part: Part = WHOLE, seen_at: Sites = None, *, code: str | None = None
) -> list[Alias]:
    """Aliases, newest first, struck ones too. `seen_at`: only of what may be seen there."""
    query = (
        f"SELECT {columns(Alias)} FROM aliases WHERE (%(code)s::text IS NULL OR code = %(code)s) "
        f"AND {visible('alias', 'aliases.id', seen_at)}"
    )
    return rows_of_part(connection, Alias, query, {"code": code, **visible_at(seen_at)}, NEWEST_FIRST, part)
