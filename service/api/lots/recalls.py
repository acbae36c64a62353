"""Lots called back, where they are, and the end of a recall."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query

from service.acts import recalls as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database
from service.api.paging import Page, Paging, page
from service.api.permitted import TheAccess, TheSites
from service.api.schemas.fields import LARGEST_ID, Id
from service.api.schemas.lots import recalls as schemas
from service.auth.access import Access
from service.domain.identity.caller import Sites
from service.errors import ConflictError, RefusedError
from service.store.lots.recalls import KeptRecall, lots_of_number, recall, recalls, whereabouts
from service.store.paging import NEWEST_FIRST
from service.store.pool import Connection
from service.store.visible import is_there

router = APIRouter(prefix="/v1/recalls", tags=["papers"], route_class=ActRoute)

RecallId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@router.post("", status_code=201)
def recall_lot(
    asked: schemas.RecallIn, connection: Database, access: TheAccess, actor: TheActor
) -> schemas.RecallTally:
    """Call a lot back: at once nothing of it, or of its parts, may be used. The answer says where each of them is."""
    lot_id = _named(connection, access, asked)
    return _tally(connection, acts.recall_lot(connection, actor, lot_id, asked.reason), access.sees)


def _named(connection: Connection, access: Access, asked: schemas.RecallIn) -> str:
    by_number = (asked.product_id, asked.gtin, asked.lot_number)
    if asked.lot_id is not None:
        if any(one is not None for one in by_number):
            raise RefusedError("lot_id", "name the lot by its id alone, or by its number and its product")
        access.refuse_elsewhere(connection, "lot", asked.lot_id, "lot_id")
        if not is_there(connection, "lot", asked.lot_id):
            raise RefusedError("lot_id", f"there is no lot {asked.lot_id!r}; register it first")
        return asked.lot_id
    if asked.lot_number is None or (asked.product_id is None) == (asked.gtin is None):
        raise RefusedError("lot_id", "name a lot: by its id, or by lot_number with one of product_id and gtin")
    found = lots_of_number(connection, asked.product_id, asked.gtin, asked.lot_number, access.sees)
    if not found:
        raise RefusedError("lot_number", f"there is no lot {asked.lot_number!r} of that product; give another number")
    if len(found) > 1:
        raise ConflictError(
            f"several lots of that product bear the number {asked.lot_number!r}: {', '.join(found)}; "
            "recall each by its lot_id"
        )
    access.refuse_elsewhere(connection, "lot", found[0], "lot_number")
    return found[0]


@router.get("")
def list_recalls(
    connection: Database,
    asked: Paging,
    sites: TheSites,
    is_open: Annotated[bool | None, Query(alias="open", description="True: those that count.")] = None,
    lot_id: Annotated[Id | None, Query(description="Only of this lot.")] = None,
) -> Page[schemas.Recall]:
    """Lots that were called back, newest first."""
    found = recalls(connection, asked.part(NEWEST_FIRST), sites, is_open=is_open, lot_id=lot_id)
    return page(asked, NEWEST_FIRST, found, lambda one: schemas.Recall(**asdict(one), state=one.state))


@router.get("/{recall_id}")
def get_recall(recall_id: RecallId, connection: Database, sites: TheSites) -> schemas.RecallTally:
    """One recall, and where everything is that it is of."""
    return _tally(connection, recall(connection, recall_id), sites)


@router.post("/{recall_id}/lift", status_code=201)
def lift_recall(
    recall_id: RecallId, lifted: schemas.LiftIn, connection: Database, actor: TheActor, sites: TheSites
) -> schemas.RecallTally:
    """Ask for the end of a recall: it ends once another account of quality has signed that."""
    return _tally(connection, acts.lift(connection, actor, recall_id, lifted.reason), sites)


def _tally(connection: Connection, one: KeptRecall, sites: Sites) -> schemas.RecallTally:
    where = [schemas.Whereabouts(**asdict(row)) for row in whereabouts(connection, one.id, sites)]
    return schemas.RecallTally(**asdict(one), state=one.state, tally=where)
