"""Everything in a container moved to another, by one act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.store.pool import Connection
from service.store.rows import all_rows, one_row


@dataclass(frozen=True, slots=True)
class Move:
    """All lots that were in a container, moved to another."""

    id: int
    container_id: str
    to_id: str
    to_name: str
    moved_at: datetime
    lot_ids: list[str]
    recorded_by: str
    recorded_at: datetime


_COLUMNS = (
    "moves.id, container_id, to_id, containers.name AS to_name, moved_at, lot_ids, recorded_by, moves.recorded_at"
)
_SELECT = f"SELECT {_COLUMNS} FROM moves JOIN containers ON containers.id = to_id "


def moves_from(connection: Connection, container_id: str, since: datetime) -> list[Move]:
    """What was moved out of a container since then, in order."""
    query = _SELECT + "WHERE container_id = %s AND moved_at >= %s ORDER BY moves.id"
    return all_rows(connection, Move, query, [container_id, since])


def last_move(connection: Connection, container_id: str, to_id: str, moved_at: datetime) -> Move | None:
    """The last move from one container to another at an instant; None: there was none."""
    query = _SELECT + "WHERE (container_id, to_id, moved_at) = (%s, %s, %s) ORDER BY moves.id DESC LIMIT 1"
    return one_row(connection, Move, query, [container_id, to_id, moved_at])


def add_move(
    connection: Connection, *, container_id: str, to_id: str, moved_at: datetime, lot_ids: Sequence[str]
) -> Move:
    """Add a move. Where each of the lots then is, is recorded as its placement."""
    [added] = all_rows(
        connection,
        Move,
        "WITH moves AS (INSERT INTO moves (container_id, to_id, moved_at, lot_ids) "
        f"VALUES (%s, %s, %s, %s) RETURNING *) {_SELECT}",
        [container_id, to_id, moved_at, list(lot_ids)],
    )
    return added
