"""Everything in a container moved to another, by one act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain.identity.caller import Sites
from service.domain.instant import from_datetime
from service.domain.lots.moves import Outcome, UnconfirmedMove
from service.store.paging import NEWEST_FIRST, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, found, one_row
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class Move:
    """All that was in a container, moved to another. `lot_ids`: all lots; `container_ids`: the boxes some are in."""

    id: int
    container_id: str
    to_id: str
    to_name: str
    moved_at: datetime
    lot_ids: list[str]
    container_ids: list[str]
    recorded_by: str
    recorded_at: datetime
    by_link: bool
    outcome: Outcome | None
    reviewed_by: str | None

    @property
    def unconfirmed(self) -> bool:
        """Whether a link recorded it, and nobody with an account has said whether it happened."""
        return self.by_link and self.outcome is None


_COLUMNS = (
    "moves.id, container_id, to_id, containers.name AS to_name, moved_at, lot_ids, container_ids, moves.recorded_by, "
    "moves.recorded_at, by_link, outcome, move_reviews.recorded_by AS reviewed_by"
)
_SELECT = (
    f"SELECT {_COLUMNS} FROM moves JOIN containers ON containers.id = to_id "
    "LEFT JOIN move_reviews ON move_id = moves.id "
)
_UNCONFIRMED = "by_link AND outcome IS NULL"


def moves(connection: Connection, part: Part, sites: Sites = None, *, unconfirmed: bool | None = None) -> list[Move]:
    """Moves out of or into containers of these sites, newest first; those that are unconfirmed or not, if asked."""
    state = {None: "true", True: _UNCONFIRMED, False: f"NOT ({_UNCONFIRMED})"}[unconfirmed]
    query = f"SELECT * FROM ({_SELECT} WHERE {state}) AS asked WHERE {visible('move', 'asked.id', sites)}"
    return rows_of_part(connection, Move, query, visible_at(sites), NEWEST_FIRST, part)


def move_of(connection: Connection, move_id: int) -> Move:
    """One of them.

    Raises:
        NotFoundError: there is none of this number.
    """
    return found(one_row(connection, Move, _SELECT + "WHERE moves.id = %s", [move_id]), "move", move_id)


def add_review(connection: Connection, move_id: int, outcome: Outcome, reason: str | None) -> None:
    """Say what became of a move."""
    connection.execute(
        "INSERT INTO move_reviews (move_id, outcome, reason) VALUES (%s, %s, %s)", [move_id, outcome, reason]
    )


def unconfirmed_moves(connection: Connection, lot_ids: Sequence[str]) -> dict[str, list[UnconfirmedMove]]:
    """By lot, the moves of it that a link recorded and nobody confirmed; lots without one are left out."""
    query = f"{_SELECT} WHERE {_UNCONFIRMED} AND lot_ids && %s ORDER BY moves.id"
    asked_for = set(lot_ids)
    told: dict[str, list[UnconfirmedMove]] = {}
    for one in all_rows(connection, Move, query, [list(lot_ids)]):
        said = UnconfirmedMove(one.id, one.to_id, one.to_name, from_datetime(one.moved_at), one.recorded_by)
        for lot_id in asked_for.intersection(one.lot_ids):
            told.setdefault(lot_id, []).append(said)
    return told


def moves_from(connection: Connection, container_id: str, since: datetime) -> list[Move]:
    """What was moved out of a container since then, in order."""
    query = _SELECT + "WHERE container_id = %s AND moved_at >= %s ORDER BY moves.id"
    return all_rows(connection, Move, query, [container_id, since])


def last_move(connection: Connection, container_id: str, to_id: str, moved_at: datetime) -> Move | None:
    """The last move from one container to another at an instant; None: there was none."""
    query = _SELECT + "WHERE (container_id, to_id, moved_at) = (%s, %s, %s) ORDER BY moves.id DESC LIMIT 1"
    return one_row(connection, Move, query, [container_id, to_id, moved_at])


def add_move(
    connection: Connection,
    *,
    container_id: str,
    to_id: str,
    moved_at: datetime,
    lot_ids: Sequence[str],
    container_ids: Sequence[str] = (),
) -> Move:
    """Add a move. Where each of the lots then is, is recorded as its placement."""
    [added] = all_rows(
        connection,
        Move,
        "WITH moves AS (INSERT INTO moves (container_id, to_id, moved_at, lot_ids, container_ids) "
        f"VALUES (%s, %s, %s, %s, %s) RETURNING *) {_SELECT}",
        [container_id, to_id, moved_at, list(lot_ids), list(container_ids)],
    )
    return added
