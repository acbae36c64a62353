"""What lots had used of their limits before our readings begin."""

from dataclasses import asdict

from fastapi import APIRouter

from service.acts.carried_in import carry_in
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.future import refuse_future
from service.api.paging import Page, Paging, page
from service.api.schemas.fields import Id
from service.api.schemas.lots import carried_in as schemas
from service.store.lots.carried_in import KeptCarriedIn, NewCarriedIn, carried_in, used_document
from service.store.lots.lots import lot
from service.store.paging import NEWEST_FIRST

router = APIRouter(prefix="/v1/lots", tags=["papers"], route_class=ActRoute)


@router.post("/{lot_id}/carried-in", status_code=201)
def record_carried_in(
    lot_id: Id, asked: schemas.CarriedInIn, connection: Database, now: Now, actor: TheActor
) -> schemas.CarriedIn:
    """Record what a lot had used before our readings begin: it counts, and waits for another account's signature."""
    refuse_future("until", asked.until, now)
    used = [((one.direction, one.threshold_c), one.used_s) for one in asked.used]
    new = NewCarriedIn(lot_id, asked.until, used, asked.evidence, asked.document_sha256)
    return _carried_in(carry_in(connection, actor, new, asked.reason))


@router.get("/{lot_id}/carried-in")
def list_carried_in(lot_id: Id, connection: Database, asked: Paging) -> Page[schemas.CarriedIn]:
    """What was recorded of that, newest first: the newest counts."""
    lot(connection, lot_id)
    return page(asked, NEWEST_FIRST, carried_in(connection, lot_id, asked.part(NEWEST_FIRST)), _carried_in)


def _carried_in(kept: KeptCarriedIn) -> schemas.CarriedIn:
    used = [schemas.Used(**one) for one in used_document(kept.used)]
    told = {**asdict(kept), "until": kept.until_at, "used": used, "signed_by": list(kept.signed_by)}
    return schemas.CarriedIn(**told)
