"""Who answers for a lot, and how that is handed over: offered by one side, confirmed by the other."""

from dataclasses import asdict, replace
from typing import Annotated

from fastapi import APIRouter, Path, Query

from service.acts import custody as acts
from service.api.acts import ActRoute
from service.api.database import Database, Now, Recorded
from service.api.future import refuse_future
from service.api.paging import Page, Paging, page
from service.api.permitted import TheAccess, TheSites
from service.api.schemas.custody import custody as schemas
from service.api.schemas.fields import LARGEST_ID, Id
from service.auth.access import Access
from service.domain.custody.handover import Offer, Party
from service.store.custody.custody import CustodyLine, custody_lines
from service.store.custody.handovers import Handover, handover, handovers, organisations_of
from service.store.lots.lots import lot
from service.store.paging import IN_TIME, NEWEST_FIRST
from service.store.pool import Connection

router = APIRouter(prefix="/v1", tags=["custody"], route_class=ActRoute)

HandoverId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@router.post("/lots/{lot_id}/custody", status_code=201)
def offer_lot(
    lot_id: Id, asked: schemas.CustodyIn, connection: Database, access: TheAccess, now: Now, recorded: Recorded
) -> schemas.Handover:
    """Offer a lot to another organisation. Where nobody answers for it, take custody in the name of one's own.

    Until the other side confirms it, who offers it answers for it; with a carrier, the carrier does.
    """
    refuse_future("at", asked.at, now)
    done = acts.offer_lot(
        connection,
        lot_id,
        Offer(asked.organisation_id, asked.at or now, asked.carrier, asked.waybill),
        organisations_of(connection, access.acts),
        replace(recorded, reason=asked.reason),
        asked.account,
    )
    return _handover(done)


@router.post("/containers/{container_id}/custody", status_code=201)
def offer_container(
    container_id: Id, asked: schemas.CustodyIn, connection: Database, access: TheAccess, now: Now, recorded: Recorded
) -> schemas.Handover:
    """Likewise all lots that are in a container now. What is put into it later stays whose it is."""
    refuse_future("at", asked.at, now)
    done = acts.offer_container(
        connection,
        container_id,
        Offer(asked.organisation_id, asked.at or now, asked.carrier, asked.waybill),
        organisations_of(connection, access.acts),
        replace(recorded, reason=asked.reason),
        asked.account,
    )
    return _handover(done)


@router.get("/lots/{lot_id}/custody")
def list_custody(lot_id: Id, connection: Database, asked: Paging) -> Page[schemas.Custody]:
    """Who answered for a lot, in order of time; of a part, its lot's custody up to the split."""
    lot(connection, lot_id)
    return page(asked, IN_TIME, custody_lines(connection, lot_id, asked.part(IN_TIME)), _custody)


@router.get("/handovers")
def list_handovers(
    connection: Database,
    asked: Paging,
    sites: TheSites,
    waiting: Annotated[bool, Query(description="Those alone that nobody confirmed, refused or withdrew.")] = False,
) -> Page[schemas.Handover]:
    """Handovers by or to the organisations of one's sites, newest first."""
    found = handovers(connection, asked.part(NEWEST_FIRST), sites, waiting=waiting)
    return page(asked, NEWEST_FIRST, found, _handover)


@router.get("/handovers/{handover_id}")
def get_handover(handover_id: HandoverId, connection: Database) -> schemas.Handover:
    """One handover."""
    return _handover(handover(connection, handover_id))


@router.post("/handovers/{handover_id}/confirm")
def confirm_handover(
    handover_id: HandoverId,
    said: schemas.HandoverWordIn,
    connection: Database,
    access: TheAccess,
    now: Now,
    recorded: Recorded,
) -> schemas.Handover:
    """Say that one has what was offered: from then on one answers for it. Not by the account that offered it."""
    refuse_future("at", said.at, now)
    word = replace(recorded, reason=said.reason)
    return _handover(acts.confirm_handover(connection, handover_id, _party(connection, access), word, said.at))


@router.post("/handovers/{handover_id}/refuse")
def refuse_handover(
    handover_id: HandoverId,
    said: schemas.HandoverRefusalIn,
    connection: Database,
    access: TheAccess,
    recorded: Recorded,
) -> schemas.Handover:
    """Say that one does not take what was offered, and why: who offered it answers for it as before."""
    word = replace(recorded, reason=said.reason)
    return _handover(acts.refuse_handover(connection, handover_id, _party(connection, access), word))


@router.post("/handovers/{handover_id}/withdraw")
def withdraw_handover(
    handover_id: HandoverId,
    said: schemas.HandoverWordIn,
    connection: Database,
    access: TheAccess,
    now: Now,
    recorded: Recorded,
) -> schemas.Handover:
    """Take an offer back; of what a carrier has, say that one has it back."""
    refuse_future("at", said.at, now)
    word = replace(recorded, reason=said.reason)
    return _handover(acts.withdraw_handover(connection, handover_id, _party(connection, access), word, said.at))


def _party(connection: Connection, access: Access) -> Party:
    return Party(organisations_of(connection, access.acts), access.caller.account_id)


def _custody(row: CustodyLine) -> schemas.Custody:
    return schemas.Custody(**asdict(row), **{"from": row.from_at}, until=row.until_at)


def _handover(row: Handover) -> schemas.Handover:
    return schemas.Handover.model_validate(row, from_attributes=True)
