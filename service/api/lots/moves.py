"""Moves of everything in a container; those that a signed link recorded, to be confirmed or struck."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query

from service.acts.move_reviews import confirm, strike
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database
from service.api.paging import Page, Paging, page
from service.api.permitted import TheSites
from service.api.schemas.fields import LARGEST_ID
from service.api.schemas.lots import moves as schemas
from service.store.lots.moves import Move, moves
from service.store.paging import NEWEST_FIRST

router = APIRouter(prefix="/v1/moves", tags=["lots"], route_class=ActRoute)

MoveId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@router.get("")
def list_moves(
    connection: Database,
    asked: Paging,
    sites: TheSites,
    unconfirmed: Annotated[
        bool | None, Query(description="True: those that a link recorded and nobody confirmed or struck.")
    ] = None,
) -> Page[schemas.RecordedMove]:
    """Everything in a container that was moved to another, newest first."""
    found = moves(connection, asked.part(NEWEST_FIRST), sites, unconfirmed=unconfirmed)
    return page(asked, NEWEST_FIRST, found, _move)


@router.post("/{move_id}/confirm")
def confirm_move(move_id: MoveId, connection: Database, actor: TheActor) -> schemas.RecordedMove:
    """Say that a move which a link recorded happened. Until then its lots are shown as moved, and as unconfirmed."""
    return _move(confirm(connection, actor, move_id))


@router.post("/{move_id}/strike")
def strike_move(
    move_id: MoveId, struck: schemas.StrikeIn, connection: Database, actor: TheActor
) -> schemas.RecordedMove:
    """Say that a move which a link recorded never happened: its lots stayed where they were. Each is a correction."""
    return _move(strike(connection, actor, move_id, struck.reason))


def _move(one: Move) -> schemas.RecordedMove:
    return schemas.RecordedMove(**asdict(one), at=one.moved_at, unconfirmed=one.unconfirmed)
