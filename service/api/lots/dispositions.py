"""What quality decides about lots: released, quarantined, rejected."""

from dataclasses import asdict

from fastapi import APIRouter

from service.acts.dispositions import decide
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now, TheSettings
from service.api.paging import Page, Paging, page
from service.api.schemas.fields import Id
from service.api.schemas.lots import dispositions as schemas
from service.store.lots.dispositions import KeptDisposition, dispositions
from service.store.lots.lots import lot
from service.store.paging import NEWEST_FIRST

router = APIRouter(prefix="/v1/lots", tags=["papers"], route_class=ActRoute)


@router.post("/{lot_id}/disposition", status_code=201)
def add_disposition(
    lot_id: Id,
    disposition: schemas.DispositionIn,
    connection: Database,
    actor: TheActor,
    settings: TheSettings,
    now: Now,
) -> schemas.Disposition:
    """Release a lot, set it apart or reject it. A release counts once as many have signed it as its product asks for.

    Only what nothing else stands against is released: 409 says what does, the worst first.
    """
    return _disposition(decide(connection, actor, lot_id, disposition.decision, disposition.reason, settings, now))


@router.get("/{lot_id}/dispositions")
def list_dispositions(lot_id: Id, connection: Database, asked: Paging) -> Page[schemas.Disposition]:
    """What quality decided about a lot, newest first, and what each decision is worth now."""
    lot(connection, lot_id)
    return page(asked, NEWEST_FIRST, dispositions(connection, lot_id, asked.part(NEWEST_FIRST)), _disposition)


def _disposition(one: KeptDisposition) -> schemas.Disposition:
    return schemas.Disposition(**asdict(one))
