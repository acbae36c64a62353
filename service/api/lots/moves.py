"""Moves of everything in a container; those that a signed link recorded, to be confirmed or struck."""

from dataclasses import asdict, replace
from typing import Annotated

from fastapi import APIRouter, Path, Query

from service.acts import moves as acts
from service.acts.move_reviews import confirm, strike
from service.acts.moves import Thing
from service.answers.judging import lost_since
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now, Recorded, TheSettings
from service.api.future import refuse_future
from service.api.paging import Page, Paging, page
from service.api.permitted import TheAccess, TheSites
from service.api.schemas.fields import LARGEST_ID
from service.api.schemas.lots import moves as schemas
from service.store.lots.lots import lots_now_in
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


@router.post("", status_code=201)
def move_things(
    move: schemas.ThingsMoved,
    connection: Database,
    access: TheAccess,
    settings: TheSettings,
    now: Now,
    recorded: Recorded,
) -> schemas.Moved:
    """Put lots, and containers with all that is in them, into one container: all of them, or none."""
    refuse_future("at", move.at, now)
    access.refuse_elsewhere(connection, "container", move.to_id, "to_id")
    lots = [one.lot_id for one in move.items if one.lot_id is not None]
    boxes = [one.container_id for one in move.items if one.container_id is not None]
    for lot_id in lots:
        access.refuse_elsewhere(connection, "lot", lot_id, "items.lot_id")
    for box_id in boxes:
        access.refuse_elsewhere(connection, "container", box_id, "items.container_id")
    concerned = [*lots, *(lot_id for box_id in boxes for lot_id in lots_now_in(connection, box_id))]
    lost = lost_since(connection, concerned, settings, now)
    things = [
        Thing("container", one.container_id, one.position)
        if one.container_id is not None
        else Thing("lot", one.lot_id or "", one.position)
        for one in move.items
    ]
    word = replace(recorded, reason=move.reason, lost_since=lost)
    acts.move_things(connection, move.id, things, move.to_id, at=move.at, word=word)
    return schemas.Moved(id=move.id, to_id=move.to_id, at=move.at, lot_ids=lots, container_ids=boxes)


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
